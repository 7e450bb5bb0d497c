"""`distcore adjust`: give or take an amount by decision."""

import click

from distcore import engine
from distcore.kernel import Actor, Currency, Instant, MemberId, format_instant, format_minor
from distcore.ports import Transaction
from distcore.settlement import Adjustment
from distcore_cli import options
from distcore_cli.money import amount_in, currency_or_only
from distcore_cli.render import Table, columns, show
from distcore_cli.settings import Settings
from distcore_cli.tally import say_dry_run
from distcore_cli.wiring import changing

COLUMNS = columns("adjustment payee amount currency reason authority valid_at", "amount")


@click.command()
@click.argument("adjustment", metavar="ADJUSTMENT", callback=options.id_of)
@click.option(
    "--payee", metavar="MEMBER", required=True, callback=options.id_of, help="Who gets it, or gives it."
)
@click.option(
    "--amount", metavar="AMOUNT", required=True, help="How much, like 12.34; with a minus it is taken."
)
@click.option(
    "--currency",
    metavar="CURRENCY",
    callback=options.currency_of,
    help="In which currency; POINT for points.  [default: the only one that is settled]",
)
@click.option("--reason", metavar="TEXT", required=True, callback=options.text_of, help="Why.")
@click.option(
    "--authority",
    metavar="ID",
    required=True,
    callback=options.id_of,
    help="Who allowed it: somebody else than --actor.",
)
@click.option(
    "--valid-at", metavar="INSTANT", callback=options.instant_of, help="When it happened.  [default: --at]"
)
@click.pass_obj
def adjust(
    settings: Settings,
    adjustment: str,
    payee: MemberId,
    amount: str,
    currency: Currency | None,
    reason: str,
    authority: Actor,
    valid_at: Instant | None,
) -> None:
    """Give or take an amount by decision, under an id of its own.

    It is released at once and stands on the next statement, under its reason; points go to the member's
    points.  Of many in a file, see import adjustments.
    """
    with changing(settings) as tx:
        of = currency_or_only(tx, currency)
        minor = amount_in(amount, of, "--amount")
        happened_at = valid_at or _before(tx, adjustment) or settings.at
        wanted = Adjustment(adjustment, payee, of, minor, reason, authority, happened_at)
        key = settings.key_of("adjust", wanted)
        posted = engine.adjust(tx, wanted, at=settings.at, actor=settings.actor, key=key)
    row = (
        posted.id,
        posted.payee,
        format_minor(posted.amount_minor, posted.currency),
        posted.currency,
        posted.reason,
        posted.authority,
        format_instant(posted.valid_at),
    )
    show([Table("adjustment", COLUMNS, [row])], settings.format)
    say_dry_run(settings)


def _before(tx: Transaction, adjustment: str) -> Instant | None:
    """Return when an adjustment of this id is said to have happened: to post it again says the same."""
    found = tx.adjustments.find([adjustment]).get(adjustment)
    return None if found is None else found.valid_at
