"""`distcore earnings`: who earned what, period by period."""

from collections.abc import Sequence

import click

from distcore import engine
from distcore.commission import Earning, GroupBy
from distcore.engine.accrue import policy_of
from distcore.kernel import (
    Cadence,
    Currency,
    InputError,
    Instant,
    MemberId,
    Period,
    format_minor,
    last_of,
    period_of,
    periods_between,
)
from distcore.ports import Transaction
from distcore_cli import options
from distcore_cli.render import Cell, Table, columns, show
from distcore_cli.settings import Settings
from distcore_cli.wiring import reading

COLUMNS = columns(
    "period payee currency accrued clawed_back earned frozen released",
    "accrued clawed_back earned frozen released",
)

BY = click.option(
    "--by",
    type=click.Choice([each.value for each in GroupBy]),
    default=GroupBy.VALID.value,
    show_default=True,
    help="A refund counts in the period in which it happened (valid) or was written down (posted).",
)


@click.command()
@click.option(
    "--period",
    "labels",
    multiple=True,
    metavar="PERIOD",
    help="Like 2017, 2017-Q1, 2017-03, 2017-03-H1, 2017-03-05 or week-2017-03-06, in the shop's zone, or as "
    "settle close calls it, like from-2017-03-06; may be repeated; each counts once.  "
    "[default: each month from the first fact to the last]",
)
@click.option(
    "--currency",
    metavar="CURRENCY",
    callback=options.currency_of,
    help="Only what was earned in this currency; PERIOD is as it is settled.",
)
@click.option("--payee", metavar="MEMBER", callback=options.id_of, help="Only what this member earned.")
@BY
@click.pass_obj
def earnings(
    settings: Settings, labels: tuple[str, ...], currency: Currency | None, payee: MemberId | None, by: str
) -> None:
    """Show who earned what, by period.

    accrued is what sales and periods of plans earned, clawed_back what refunds and cancellations took
    back; earned is both together, and so is frozen plus released.
    """
    group = GroupBy(by)
    with reading(settings) as tx:
        rows: list[Sequence[Cell]] = []
        for period in _named(tx, labels, currency) or _months(tx, group, settings.at):
            found = engine.earnings(tx, period, by=group, payee=payee)
            rows += earning_rows(period, [each for each in found if currency in {None, each.currency}])
    show([Table("earnings", COLUMNS, rows)], settings.format)


def earning_rows(period: Period, found: Sequence[Earning]) -> list[Sequence[Cell]]:
    """Return what is shown of the earnings of a period."""
    return [_row(period, each) for each in found]


def _row(period: Period, earning: Earning) -> Sequence[Cell]:
    together = earning.accrued_minor + earning.clawed_back_minor
    amounts = (
        earning.accrued_minor,
        earning.clawed_back_minor,
        together,
        earning.frozen_minor,
        earning.released_minor,
    )
    currency = earning.currency
    return (period.label, earning.payee, currency, *(format_minor(each, currency) for each in amounts))


def _named(tx: Transaction, labels: Sequence[str], currency: Currency | None) -> list[Period]:
    try:
        return list(dict.fromkeys(engine.period_named(tx, label, currency) for label in labels))
    except InputError as error:
        options.refuse(error, hint="--period")


def _months(tx: Transaction, group: GroupBy, at: Instant) -> list[Period]:
    """Return the months from the first fact to the last."""
    calendar = policy_of(tx).calendar
    span = tx.earnings.span()
    if span is None:
        return []
    first, last = span
    last = max([last, *(last_of(each.period) for each in tx.period_runs.all())])
    if group is GroupBy.POSTED:
        last = max(last, at)
    until = period_of(last, Cadence.MONTHLY, calendar).end
    return list(periods_between(first, until, Cadence.MONTHLY, calendar))
