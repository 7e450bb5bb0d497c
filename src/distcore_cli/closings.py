"""`distcore settle`: close periods, approve or reject what was drafted, and show closings."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

import click
from attrs import define

from distcore import engine
from distcore.engine.accrue import policy_of
from distcore.kernel import Currency, format_instant, limits
from distcore.ports import Transaction
from distcore.settlement import Assessment, Closing, ClosingState, Statement
from distcore_cli import options
from distcore_cli.money import currency_or_only, major
from distcore_cli.render import Cell, Table, columns, show
from distcore_cli.settings import Format, Settings
from distcore_cli.tally import say_dry_run
from distcore_cli.wiring import changing, reading

PAGE: Final = 5_000
"""Statements whose assessments are asked for together."""

CLOSINGS = columns(
    "closing currency period starts_at ends_at state policy_version drafted_at drafted_by decided_at "
    "decided_by reason",
    "closing policy_version",
)
CLOSINGS_IN_SHORT = ("closing", "currency", "period", "state", "drafted_by", "decided_by", "reason")
"""What people are shown of closings."""

AMOUNTS: Final = "opening lines gross withheld payable carried"
STATEMENTS = columns(f"payee currency line_count {AMOUNTS} held", f"line_count {AMOUNTS}")
TOTALS = columns(f"statements held line_count {AMOUNTS}", f"statements held line_count {AMOUNTS}")

NUMBER = click.argument("number", metavar="N", callback=options.whole_of(1, limits.TOTAL_MINOR_MAX))


@click.group(cls=options.InOrder)
def settle() -> None:
    """Close periods, approve or reject what was drafted, and show closings."""


@settle.command()
@click.option(
    "--currency",
    metavar="CURRENCY",
    callback=options.currency_of,
    help="Which currency.  [default: the only one that is settled]",
)
@click.option(
    "--period",
    metavar="PERIOD",
    callback=options.text_of,
    help="Which period, like 2017-03.  [default: the next one; at first the last one that is over]",
)
@click.pass_obj
def close(settings: Settings, currency: Currency | None, period: str | None) -> None:
    """Close a period of a currency: state what is due to every payee.

    It takes all that was released before its end and is on no statement yet.  Where the settlement policy
    says so it is a draft, which somebody else approves or rejects.  Periods are closed one by one, when
    they are over; one that is closed already stays as it is.
    """
    with changing(settings) as tx:
        closing = engine.close_period(
            tx,
            currency_or_only(tx, currency),
            period,
            at=settings.at,
            actor=settings.actor,
            key=settings.key_once("close"),
        )
        tables = _summary(tx, closing)
    _show(tables, settings)


@settle.command()
@NUMBER
@click.option(
    "--reason", metavar="TEXT", default="", callback=options.text_of, help="Why, if anybody will ask."
)
@click.pass_obj
def approve(settings: Settings, number: int, reason: str) -> None:
    """Approve a draft: what is due becomes payable, less the tax that is withheld.

    Refused for whoever drafted it: somebody else has to look at it.
    """
    with changing(settings) as tx:
        closing = engine.approve_closing(
            tx,
            number,
            at=settings.at,
            actor=settings.actor,
            key=settings.key_of("approve closing", number),
            reason=reason,
        )
        tables = _summary(tx, closing)
    _show(tables, settings)


@settle.command()
@NUMBER
@click.option("--reason", metavar="TEXT", required=True, callback=options.text_of, help="Why.")
@click.pass_obj
def reject(settings: Settings, number: int, reason: str) -> None:
    """Reject a draft: what it took is due again, and its period can be closed anew."""
    with changing(settings) as tx:
        closing = engine.reject_closing(
            tx,
            number,
            reason,
            at=settings.at,
            actor=settings.actor,
            key=settings.key_of("reject closing", number),
        )
        tables = _summary(tx, closing)
    _show(tables, settings)


@settle.command(name="show")
@click.argument("number", metavar="[N]", required=False, callback=options.whole_of(1, limits.TOTAL_MINOR_MAX))
@click.pass_obj
def show_(settings: Settings, number: int | None) -> None:
    """List the closings, or show what one of them says to every payee.

    What is withheld and payable is decided when a closing is approved.
    """
    with reading(settings) as tx:
        policy_of(tx)
        if number is None:
            tables = [closing_table(list(tx.closings.all()), settings)]
        else:
            closing = engine.closing_of(tx, number)
            totals = Totals()
            rows = [statement_row(closing, *each) for each in stated(tx, closing, totals)]
            tables = [Table("statements", STATEMENTS, rows), closing_table([closing], settings)]
            tables.append(totals.table(closing.currency))
    if settings.format is Format.TABLE:
        tables = [*tables[1:2], *tables[:1], *tables[2:]]
    show(tables, settings.format)


@define
class Totals:
    """What the statements of a closing add up to."""

    statements: int = 0
    held: int = 0
    line_count: int = 0
    amounts: tuple[int | None, ...] = (0,) * len(AMOUNTS.split())

    def add(self, closing: Closing, statement: Statement, assessment: Assessment | None) -> None:
        """Count a statement; what one of them doesn't know, nobody knows of all."""
        self.statements += 1
        self.held += statement.held
        self.line_count += statement.line_count
        more = amounts_of(closing, statement, assessment)
        self.amounts = tuple(
            None if each is None or other is None else each + other
            for each, other in zip(self.amounts, more, strict=True)
        )

    def table(self, currency: Currency) -> Table:
        """Return it as a table of one row."""
        amounts = (major(each, currency) for each in self.amounts)
        return Table("totals", TOTALS, [(self.statements, self.held, self.line_count, *amounts)])


def closing_table(closings: Sequence[Closing], settings: Settings) -> Table:
    """Return closings as a table, in short for people."""
    table = Table("closings", CLOSINGS, [_closing(each) for each in closings])
    return table.only(CLOSINGS_IN_SHORT) if settings.format is Format.TABLE else table


def stated(
    tx: Transaction, closing: Closing, totals: Totals
) -> Iterator[tuple[Statement, Assessment | None]]:
    """Yield the statements of a closing with what was withheld, by payee, and add them up."""
    left = tx.closings.statements(closing.number)
    while page := list(islice(left, PAGE)):
        found = tx.assessments.of(closing.number, [each.payee for each in page])
        for each in page:
            assessment = found.get(each.payee)
            totals.add(closing, each, assessment)
            yield each, assessment


def amounts_of(
    closing: Closing, statement: Statement, assessment: Assessment | None
) -> tuple[int | None, ...]:
    """Return what `AMOUNTS` names, in minor units; nobody knows what a draft withholds."""
    withheld: int | None = None
    payable: int | None = None
    if assessment is not None:
        withheld, payable = assessment.withheld_minor, assessment.payable_minor
    elif closing.state is ClosingState.APPROVED:
        withheld = payable = 0
    return (
        statement.opening_minor,
        statement.lines_minor,
        statement.gross_minor,
        withheld,
        payable,
        statement.closing_minor,
    )


def statement_row(closing: Closing, statement: Statement, assessment: Assessment | None) -> Sequence[Cell]:
    """Return a row of `STATEMENTS`."""
    amounts = amounts_of(closing, statement, assessment)
    return (
        statement.payee,
        statement.currency,
        statement.line_count,
        *(major(each, statement.currency) for each in amounts),
        "yes" if statement.held else "no",
    )


def _summary(tx: Transaction, closing: Closing) -> tuple[Closing, Totals]:
    totals = Totals()
    for _ in stated(tx, closing, totals):
        pass
    return closing, totals


def _show(found: tuple[Closing, Totals], settings: Settings) -> None:
    closing, totals = found
    show([closing_table([closing], settings), totals.table(closing.currency)], settings.format)
    say_dry_run(settings)


def _closing(closing: Closing) -> Sequence[Cell]:
    decision = closing.decision
    return (
        closing.number,
        closing.currency,
        closing.period.label,
        format_instant(closing.period.start),
        format_instant(closing.period.end),
        closing.state.value,
        closing.policy_version,
        format_instant(closing.drafted_at),
        closing.actor,
        None if decision is None else format_instant(decision.decided_at),
        None if decision is None else decision.actor,
        None if decision is None else decision.reason,
    )
