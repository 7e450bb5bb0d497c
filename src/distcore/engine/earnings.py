"""Who earned what in a period."""

from collections.abc import Iterable, Sequence

from distcore.commission import Earning, GroupBy
from distcore.kernel import Currency, InputError, MemberId, Period, id_problem, shape_problems
from distcore.ports import Transaction


def earnings(
    tx: Transaction, period: Period, *, by: GroupBy = GroupBy.VALID, payee: MemberId | None = None
) -> Sequence[Earning]:
    """Return what facts of a period add up to, by payee and currency: those of sales, and those of periods.

    A refund counts when it happened; by `GroupBy.POSTED`, when it was posted.  What a period of a plan pays
    counts for its last instant.
    """
    misshapen = (*shape_problems(period, Period, "period"), *shape_problems(by, GroupBy, "by"))
    unnamed = None if payee is None else id_problem(payee, "payee")
    if misshapen or unnamed is not None:
        raise InputError((*misshapen, *(() if unnamed is None else (unnamed,))))
    asked = (period.start, period.end, by, payee)
    return _together([*tx.earnings.of(*asked), *tx.period_runs.earned(*asked)])


def _together(found: Iterable[Earning]) -> list[Earning]:
    """Add up what is of the same payee and currency."""
    sums: dict[tuple[MemberId, Currency], Earning] = {}
    for each in found:
        before = sums.get((each.payee, each.currency))
        sums[each.payee, each.currency] = each if before is None else _sum(before, each)
    return [sums[whose] for whose in sorted(sums)]


def _sum(one: Earning, other: Earning) -> Earning:
    return Earning(
        one.payee,
        one.currency,
        one.accrued_minor + other.accrued_minor,
        one.clawed_back_minor + other.clawed_back_minor,
        one.frozen_minor + other.frozen_minor,
        one.released_minor + other.released_minor,
    )
