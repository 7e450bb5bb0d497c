"""`distcore gifts`: which gifts are due, to be handed out or taken back."""

from collections.abc import Sequence

import click

from distcore import engine
from distcore.commission import Coupons, Given
from distcore.engine.accrue import policy_of
from distcore.kernel import Instant, format_instant, instant_of, limits
from distcore_cli import options
from distcore_cli.render import Cell, Table, columns, show
from distcore_cli.settings import Settings
from distcore_cli.wiring import reading

GIFT = "payee gift template count component"
DUE = columns(f"recorded_at order cause {GIFT}", "count")


@click.command()
@click.option(
    "--since", metavar="INSTANT", callback=options.instant_of, help="Due since then.  [default: ever]"
)
@click.option(
    "--until", metavar="INSTANT", callback=options.instant_of, help="Due before then.  [default: --at]"
)
@click.pass_obj
def gifts(settings: Settings, since: Instant | None, until: Instant | None) -> None:
    """Show which gifts are due, to hand out or to take back.

    Those with a negative count are to be taken back.  A gift is due since the instant (--at) at which its
    order was released, or at which it was posted after that.  Whoever asks for one span after the other,
    each until the next one begins, misses none and has none twice, as long as nothing is written any more
    with an instant before the end of a span: let it end before whatever may still be running began.  Points
    are on the account of the payee already; coupons are the shop's to hand out.
    """
    with reading(settings) as tx:
        policy_of(tx)
        found = engine.due_gifts(tx, since or instant_of(limits.INSTANT_MIN), until or settings.at)
    rows = [
        (format_instant(each.recorded_at), each.sale, each.cause, *gift_cells(each.given)) for each in found
    ]
    show([Table("gifts", DUE, rows)], settings.format)


def gift_cells(given: Given) -> Sequence[Cell]:
    """Return what is shown of a gift: what is taken back counts below zero."""
    gift = given.gift
    if isinstance(gift, Coupons):
        return (given.payee, "coupons", gift.template, gift.coupons * given.change, given.component)
    return (given.payee, "points", None, gift.points * given.change, given.component)
