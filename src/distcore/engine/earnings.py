"""Who earned what in a period."""

from collections.abc import Sequence

from distcore.commission import Earning, GroupBy
from distcore.kernel import InputError, MemberId, Period, id_problem, shape_problems
from distcore.ports import Transaction


def earnings(
    tx: Transaction, period: Period, *, by: GroupBy = GroupBy.VALID, payee: MemberId | None = None
) -> Sequence[Earning]:
    """Return what facts of a period add up to, by payee and currency.

    A refund counts when it happened; by `GroupBy.POSTED`, when it was posted.
    """
    misshapen = (*shape_problems(period, Period, "period"), *shape_problems(by, GroupBy, "by"))
    unnamed = None if payee is None else id_problem(payee, "payee")
    if misshapen or unnamed is not None:
        raise InputError((*misshapen, *(() if unnamed is None else (unnamed,))))
    return sorted(
        tx.earnings.of(period.start, period.end, by, payee), key=lambda each: (each.payee, each.currency)
    )
