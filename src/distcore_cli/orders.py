"""`distcore complete` and `distcore release`: orders reach their end, and what was frozen is released."""

import click
from attrs import evolve

from distcore.commission import refusals as no
from distcore.engine import Completion, complete_all, refusals
from distcore.engine import release as release_all
from distcore.engine.accrue import policy_of
from distcore.kernel import Instant, Refused, Report, SaleId, format_instant
from distcore.ports import Transaction
from distcore_cli import options
from distcore_cli.problems import Problems
from distcore_cli.render import Table, columns, show
from distcore_cli.settings import Settings
from distcore_cli.tally import Tally, say_dry_run
from distcore_cli.wiring import changing


@click.command()
@click.argument("orders", metavar="ORDER...", nargs=-1, required=True, callback=options.ids_of)
@click.option(
    "--completed-at",
    metavar="INSTANT",
    callback=options.instant_of,
    help="When they were completed.  [default: --at]",
)
@click.pass_obj
def complete(settings: Settings, orders: tuple[SaleId, ...], completed_at: Instant | None) -> None:
    """Say that orders are completed: their freeze begins.

    Orders that can't be completed are refused one by one; the others are completed.
    """
    completions = [Completion(order, completed_at or settings.at) for order in orders]
    with changing(settings) as tx:
        report = complete_all(
            tx, completions, at=settings.at, actor=settings.actor, key=settings.prefix("complete")
        )
        report = told_when(tx, report)
    tally = Tally("complete", Problems())
    tally.add(report)
    tally.finish(settings)


def told_when(tx: Transaction, report: Report[Completion]) -> Report[Completion]:
    """Return the report of completions; whatever was completed before says when that was."""
    reused = [each.item for each in report.refused if each.refusal.code == refusals.KEY_REUSED.name]
    timelines = tx.sales.timelines([SaleId(item) for item in reused]) if reused else {}

    def told(refused: Refused) -> Refused:
        timeline = timelines.get(SaleId(refused.item))
        if timeline is None or timeline.completed_at is None:
            return refused
        at = format_instant(timeline.completed_at)
        return Refused(refused.item, no.COMPLETED_ALREADY.refuse(sale=refused.item, completed_at=at))

    return evolve(report, refused=tuple(map(told, report.refused)))


@click.command()
@click.pass_obj
def release(settings: Settings) -> None:
    """Release every order and opening balance whose freeze is over.

    Over at --at, that is.  It counts as released since its freeze ended, at whatever hour this runs.
    Running it again releases what has come since; under the same --key it gives the first answer again.
    """
    # Nothing is released twice anyway, and under one key per instant, what was imported between two runs
    # of that instant would stay frozen.
    key = settings.key_once("release")
    with changing(settings) as tx:
        policy_of(tx)
        released = release_all(tx, at=settings.at, actor=settings.actor, key=key)
    rows = [(format_instant(settings.at), released.orders, released.openings)]
    show([Table("released", columns("at orders openings", "orders openings"), rows)], settings.format)
    say_dry_run(settings)
