"""`distcore recompute`: what should have been posted of a period, less what was; and other plan versions."""

from collections.abc import Iterator
from typing import Any

import click

from distcore import engine
from distcore.commission import Posting, points_of
from distcore.kernel import Currency, InputError, MemberId, PlanId, SaleId, format_minor
from distcore_cli import options
from distcore_cli.formulas import formulas_of
from distcore_cli.money import currency_or_only
from distcore_cli.pinning import by_pin, named_as_typed, pin_of
from distcore_cli.problems import Problems
from distcore_cli.render import Cell, Table, columns
from distcore_cli.settings import Settings
from distcore_cli.tally import Tally
from distcore_cli.wiring import batches

POSTED = columns("order cause line payee level amount currency", "level amount")
CHANGES = columns("payee currency amount", "amount")


@click.command()
@click.argument("label", metavar="PERIOD", callback=options.text_of)
@click.option(
    "--currency",
    metavar="CURRENCY",
    callback=options.currency_of,
    help="Which currency.  [default: the only one of the shop]",
)
@by_pin
@click.pass_obj
def recompute(
    settings: Settings,
    label: str,
    currency: Currency | None,
    plan: PlanId | None,
    plan_version: int | None,
    reason: str | None,
    approver: str | None,
) -> None:
    """Calculate every sale paid in a period again, and post what is missing, or too much.

    By what was frozen with each sale there is nothing, unless the store was damaged: it is the check of it,
    and the repair.  With --plan the sales are pinned to another version first, one that is valid when they
    were paid; the tree and the freeze stay.  What is posted is released as its sale is, and so goes to the
    period that is open: closed statements stay.

    The orders go batch by batch, each in a transaction of its own.  With --dry-run nothing is written, and
    what would change is shown, by payee: money and points, no coupons.
    """
    pin = pin_of(plan, plan_version, reason, approver)
    tally, sums = Tally("recompute", Problems(), by_id=False), dict[tuple[MemberId, Currency], int]()
    how: dict[str, Any] = {"at": settings.at, "actor": settings.actor, "key": settings.key_once("recompute")}
    how["formulas"] = formulas_of(settings)
    with batches(settings) as begin:
        after: SaleId | None = SaleId("")
        while after is not None:
            with begin() as tx:
                of = currency_or_only(tx, currency)
                try:
                    period = engine.period_named(tx, label, of)
                except InputError as error:
                    options.refuse(error, hint="PERIOD")
                with named_as_typed():
                    found = engine.recompute(tx, of, period, **how, pin=pin, after=after)
            tally.add(found.report)
            tally.show_first([row for each in found.report.done for row in _posted(each, of)])
            for posting in found.report.done:
                for accrual in posting.accruals:
                    who = (accrual.payee, of)
                    sums[who] = sums.get(who, 0) + accrual.amount_minor
                for who, points in points_of(posting.gifts):
                    sums[who] = sums.get(who, 0) + points
            after = found.last
    rows = [(*who, format_minor(amount, who[1])) for who, amount in sorted(sums.items()) if amount]
    tally.finish(settings, POSTED, Table("changes", CHANGES, rows))


def _posted(posting: Posting, currency: Currency) -> Iterator[tuple[Cell, ...]]:
    for each in posting.accruals:
        amount = format_minor(each.amount_minor, currency)
        yield (posting.sale, posting.cause, each.line, each.payee, each.level, amount, currency)
