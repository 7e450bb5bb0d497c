"""`distcore verify`: says whether everything that is stored is still true."""

import click

from distcore import engine
from distcore.ports import Transaction
from distcore_cli import progress
from distcore_cli.failures import UNSOUND
from distcore_cli.render import Table, columns, problem_table, say, show
from distcore_cli.settings import Settings
from distcore_cli.wiring import reading


@click.command()
@click.pass_context
def verify(context: click.Context) -> None:
    """Recompute everything that is stored, and compare.

    Every sale is calculated again from what was frozen with it, every fact is traced, and the sums of
    the reports are compared with the facts.  The exit code is 3 where something is not sound.
    """
    settings: Settings = context.obj
    with reading(settings) as tx:
        found = _verified(tx)
    row = (found.members, found.sales, found.facts, found.problem_count, "yes" if found.sound else "no")
    names = "members sales facts problems sound"
    tables = [Table("verified", columns(names, "members sales facts problems"), [row])]
    if found.problems:
        tables.append(problem_table(found.problems))
    show(tables, settings.format)
    if not found.sound:
        say(f"{found.problem_count} problems: what is stored is not what the plans give")
        context.exit(UNSOUND)


def _verified(tx: Transaction) -> engine.Verified:
    """Verify, and show how far it is."""
    with progress.shown("sales verified", tx.sales.count()) as steps:
        done = 0

        def advanced(sales: int) -> None:
            nonlocal done
            steps.advance(sales - done)
            done = sales

        return engine.verify(tx, progress=advanced)
