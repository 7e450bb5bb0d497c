"""What the buyer of each sale had bought before, where a plan that is tried out asks and none was frozen.

The rule this file protects: what was frozen with a sale is its past.  Where its plan did not ask, its past is
what it would be, had each sale been accrued when it was paid, and had each correction come when it happened.
"""

from collections.abc import Collection, Sequence
from zoneinfo import ZoneInfo

from attrs import evolve

from distcore.commission import (
    Booking,
    Bought,
    PaidSale,
    Plan,
    happened_at,
    past_of,
    was_gone,
    with_sale,
)
from distcore.kernel import Instant, MemberId, SaleId
from distcore.ports import Transaction


class SimulatedPast:
    """What buyers have bought so far, of sales that come in the order in which they were paid.

    An order that can't be calculated is an order all the same.  Whoever has a sale that was frozen as a first
    one has no other before it: what is paid for a first order is paid once.
    """

    def __init__(
        self, tx: Transaction, plans: Sequence[Plan], published: Collection[Plan], zone: ZoneInfo
    ) -> None:
        """Begin with no sale; nothing is read or kept where no plan asks, or the past of all was frozen."""
        asking = {plan.asks_past for plan in published if plan.currency == plans[0].currency}
        self.is_counted = False in asking and any(plan.asks_past for plan in plans)
        self._zone = zone
        self._bought: dict[MemberId, Bought] = {}
        self._gone: dict[MemberId, PaidSale] = {}
        self._to_come = _firsts(tx, plans[0]) if self.is_counted and True in asking else {}

    def known_of(self, paid: PaidSale) -> PaidSale:
        """Return a sale with its past, and its corrections as they happened, if that is counted."""
        booking = paid.booking
        if not self.is_counted or booking.past is not None:
            return paid
        sale = booking.sale
        bought = self._bought.get(sale.buyer, Bought())
        first_was_gone = self._first_was_gone(sale.buyer, sale.paid_at)
        past = past_of(sale, bought, self._zone, first_was_gone=first_was_gone)
        if sale.buyer in self._to_come:
            past = evolve(past, orders=max(1, past.orders), first_is_free=False)
        corrections = tuple(sorted(paid.corrections, key=happened_at))
        return evolve(paid, booking=evolve(booking, past=past), corrections=corrections)

    def add(self, paid: PaidSale) -> None:
        """Count a sale of which the past is known, for those that come after it."""
        if not self.is_counted:
            return
        booking: Booking = paid.booking
        sale, past = booking.sale, booking.past
        assert past is not None
        self._bought[sale.buyer] = with_sale(self._bought.get(sale.buyer, Bought()), sale, past)
        if self._to_come.get(sale.buyer) == sale.id:
            del self._to_come[sale.buyer]
        if past.first_is_free:
            self._gone.pop(sale.buyer, None)
            if was_gone(sale, paid.corrections):
                self._gone[sale.buyer] = paid

    def _first_was_gone(self, buyer: MemberId, at: Instant) -> bool:
        """Say whether, at an instant, the order that has what is paid for a first one was gone."""
        first = self._gone.get(buyer)
        if first is None:
            return False
        happened = [each for each in first.corrections if happened_at(each) <= at]
        return was_gone(first.booking.sale, happened)


def _firsts(tx: Transaction, plan: Plan) -> dict[MemberId, SaleId]:
    """Return the last order of each buyer that was frozen as a first one, in the currency of a plan."""
    return {
        buyer: bought.first_sale
        for (buyer, currency), bought in tx.buyers.all()
        if currency == plan.currency and bought.first_sale is not None
    }
