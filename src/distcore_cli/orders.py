"""`distcore complete` and `distcore release`: orders reach their end, and what was frozen is released."""

import click

from distcore.engine import Completion, complete_all
from distcore.engine import release as release_all
from distcore.kernel import Instant, SaleId, format_instant
from distcore_cli import options
from distcore_cli.csv_reader import Problems
from distcore_cli.render import Table, columns, show
from distcore_cli.settings import Settings
from distcore_cli.tally import Tally
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
    tally = Tally("complete", Problems())
    tally.add(report)
    tally.finish(settings)


@click.command()
@click.pass_obj
def release(settings: Settings) -> None:
    """Release every order whose freeze is over.

    Over at --at, that is.  It counts as released since its freeze ended, at whatever hour this runs.
    """
    key = settings.key_or(f"release:{format_instant(settings.at)}")
    with changing(settings) as tx:
        released = release_all(tx, at=settings.at, actor=settings.actor, key=key)
    rows = [(format_instant(settings.at), released.orders)]
    show([Table("released", columns("at orders", "orders"), rows)], settings.format)
