"""`distcore reconcile`: a provider's statement beside our payouts."""

from collections.abc import Sequence
from pathlib import Path

import click

from distcore import engine
from distcore.engine.accrue import policy_of
from distcore.kernel import Instant, format_instant
from distcore_cli import options
from distcore_cli.failures import UNSOUND
from distcore_cli.importing import of_file
from distcore_cli.money_files import PROVIDER_ROWS, read_provider_rows
from distcore_cli.problems import Problems
from distcore_cli.render import Table, columns, say, show
from distcore_cli.settings import Settings
from distcore_cli.table_file import open_table
from distcore_cli.wiring import reading

COUNTS = columns("channel since until matched mismatches", "matched mismatches")
MISMATCHES = columns("finding payout theirs ours")


@click.command()
@click.argument("channel", metavar="CHANNEL", callback=options.id_of)
@of_file
@click.option(
    "--from", "start", metavar="INSTANT", required=True, callback=options.instant_of, help="Since when."
)
@click.option(
    "--until", "end", metavar="INSTANT", required=True, callback=options.instant_of, help="Until before when."
)
@click.pass_context
def reconcile(
    context: click.Context, channel: str, path: Path, ignored: Sequence[str], start: Instant, end: Instant
) -> None:
    """Hold a provider's statement of a channel against our payouts.

    Columns: payout_id, currency, amount, settled_at.  Whatever stands on one side alone is named, and so is
    what differs: unknown_here, missing_there, amount_differs, paid_twice, not_succeeded; and
    outside_time and other_time, where a row or our payout is not of this time.  Then the exit code is 3.  A
    statement with a row that can't be read is not compared.
    """
    settings: Settings = context.obj
    if start >= end:
        raise click.UsageError("--from must be before --until")
    problems = Problems()
    rows = read_provider_rows(open_table(path, PROVIDER_ROWS, ignored), problems)
    problems.raise_at(1)
    with reading(settings) as tx:
        policy_of(tx)
        found = engine.reconcile_channel(tx, channel, rows, start, end)
    counts = (channel, format_instant(start), format_instant(end), found.matched, len(found.mismatches))
    mismatches = [(each.finding.value, each.payout, each.theirs, each.ours) for each in found.mismatches]
    tables = [Table("mismatches", MISMATCHES, mismatches), Table("reconciled", COUNTS, [counts])]
    show(tables, settings.format)
    if found.mismatches:
        say(f"{len(found.mismatches)} mismatches: ask the provider, and change nothing by guessing")
        context.exit(UNSOUND)
