"""`distcore statement`: what a payee is told, closing by closing, with every line if asked."""

from collections.abc import Sequence

import click

from distcore import engine
from distcore.engine import PayeeStatement
from distcore.kernel import InputError, MemberId, format_instant, format_minor, limits
from distcore.settlement import Closing, Line
from distcore_cli import options
from distcore_cli.closings import AMOUNTS, amounts_of
from distcore_cli.money import major, require_member
from distcore_cli.render import Cell, Table, columns, say, show, tell
from distcore_cli.settings import Format, Settings
from distcore_cli.wiring import reading

STATEMENTS = columns(
    f"closing period state currency line_count {AMOUNTS} held tax_stays", f"closing line_count {AMOUNTS}"
)
IN_SHORT = ("closing", "period", "state", "currency", *AMOUNTS.split(), "held")
"""What people are shown of statements; what `tax_stays` says they are told in words."""

LINES = columns("closing origin ref number amount currency valid_at released_at", "closing number amount")


@click.command()
@click.argument("payee", metavar="PAYEE", callback=options.id_of)
@click.option(
    "--closing",
    "number",
    metavar="N",
    callback=options.whole_of(1, limits.TOTAL_MINOR_MAX),
    help="Only the statement of this closing.",
)
@click.option(
    "--lines",
    "with_lines",
    is_flag=True,
    help="Show every line: its origin, and when it happened.",
)
@click.pass_obj
def statement(settings: Settings, payee: MemberId, number: int | None, with_lines: bool) -> None:
    """Show the statements of a payee.

    opening + lines - gross = carried, and gross = withheld + payable.  What is below the minimum, held
    or negative is carried into the next period.  --lines with --format csv writes the lines.
    """
    with reading(settings) as tx:
        require_member(tx, payee)
        found = [each for each in engine.statements(tx, payee) if number in {None, each.closing.number}]
        lines = [
            line_row(each.closing, line)
            for each in found
            if with_lines
            for line in engine.statement_lines(tx, each.closing.number, payee)
        ]
    if number is not None and not found:
        raise InputError.of("--closing", f"{payee} has no statement of closing {number}", "leave it out")
    tables = [statement_table(found, settings)]
    if with_lines:
        tables.insert(1 if settings.format is Format.TABLE else 0, Table("lines", LINES, lines))
    show(tables, settings.format)
    for each in found:
        if each.tax_stays:
            (tell if settings.format is Format.TABLE else say)(tax_note(each))


def statement_table(found: Sequence[PayeeStatement], settings: Settings) -> Table:
    """Return statements as a table, in short for people."""
    table = Table("statements", STATEMENTS, [_row(each) for each in found])
    return table.only(IN_SHORT) if settings.format is Format.TABLE else table


def line_row(closing: Closing, line: Line) -> Sequence[Cell]:
    """Return a row of `LINES`."""
    due = line.due
    return (
        closing.number,
        due.origin.kind.value,
        due.origin.ref,
        due.origin.number,
        format_minor(due.amount_minor, due.currency),
        due.currency,
        format_instant(due.valid_at),
        format_instant(due.released_at),
    )


def tax_note(found: PayeeStatement) -> str:
    """Return what is said where more was taken back than was earned."""
    statement = found.statement
    taken = format_minor(-statement.lines_minor, statement.currency)
    return (
        f"closing {statement.closing}: its lines take {taken} {statement.currency} back; "
        "tax that was paid over for it before is not reclaimed"
    )


def _row(found: PayeeStatement) -> Sequence[Cell]:
    closing, statement = found.closing, found.statement
    return (
        closing.number,
        closing.period.label,
        closing.state.value,
        statement.currency,
        statement.line_count,
        *(major(each, statement.currency) for each in amounts_of(closing, statement, found.assessment)),
        "yes" if statement.held else "no",
        "yes" if found.tax_stays else "no",
    )
