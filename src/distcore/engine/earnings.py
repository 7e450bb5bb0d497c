"""Who earned what in a period."""

from collections.abc import Sequence

from distcore.commission import Earning, GroupBy
from distcore.kernel import MemberId, Period
from distcore.ports import Transaction


def earnings(
    tx: Transaction, period: Period, *, by: GroupBy = GroupBy.VALID, payee: MemberId | None = None
) -> Sequence[Earning]:
    """Return what facts of a period add up to, by payee and currency.

    A refund counts when it happened; by `GroupBy.POSTED`, when it was posted.
    """
    return sorted(
        tx.earnings.of(period.start, period.end, by, payee), key=lambda each: (each.payee, each.currency)
    )
