"""`distcore verify`: says whether everything that is stored is still true."""

from typing import Final

import click

from distcore import engine
from distcore.commission import Formulas
from distcore.ledger import Anchor
from distcore.ports import Transaction
from distcore_cli import options, progress
from distcore_cli.failures import UNSOUND
from distcore_cli.formulas import formulas_of
from distcore_cli.render import Table, columns, problem_table, say, show
from distcore_cli.settings import Settings
from distcore_cli.wiring import reading

NUMBERS: Final = "members sales facts sealed tail problems"
VERIFIED = columns(f"{NUMBERS} sound anchor", NUMBERS)
UNCOMPARED = columns("sales formulas", "sales")


@click.command()
@click.option(
    "--anchor",
    metavar="N:HEX",
    callback=options.anchor_of,
    help="What a seal printed and you kept elsewhere: finds what was cut off.",
)
@click.pass_context
def verify(context: click.Context, anchor: Anchor | None) -> None:
    """Recompute everything that is stored, and compare.

    Every sale is calculated again from what was frozen with it, every fact is traced, every account is
    added up again from the facts, and what is sealed is compared with its seals; the tail is not sealed
    yet.  Of sales that are paid by a formula of the shop only the gifts are calculated again, and it is said
    how many these are.  The exit code is 3 where something is not sound.
    """
    settings: Settings = context.obj
    with reading(settings) as tx:
        found = _verified(tx, anchor, formulas_of(settings))
    counts = (found.members, found.sales, found.facts, found.sealed, found.tail, found.problem_count)
    newest = None if found.anchor is None else str(found.anchor)
    row = (*counts, "yes" if found.sound else "no", newest)
    tables = [Table("verified", VERIFIED, [row])]
    if found.problems:
        tables.append(problem_table(found.problems))
    if found.uncompared:
        tables.append(
            Table("uncompared", UNCOMPARED, [(found.uncompared, ", ".join(found.formulas_missing))])
        )
    show(tables, settings.format)
    if found.uncompared:
        say(f"of {found.uncompared} sales only the gifts were calculated again: their formula is not here")
    if not found.sound:
        say(f"{found.problem_count} problems: what is stored is not what it should be")
        context.exit(UNSOUND)


def _verified(tx: Transaction, anchor: Anchor | None, formulas: Formulas) -> engine.Verified:
    """Verify, and show how far it is."""
    with progress.shown("sales verified", tx.sales.count()) as steps:
        return engine.verify(tx, progress=steps.reached, anchor=anchor, formulas=formulas)
