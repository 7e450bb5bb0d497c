"""What the buyers of a batch had bought before: gathered once, and kept up to date sale by sale.

Nothing is asked for, and nothing is kept, in a shop where no plan depends on it.  The one rule this file
protects: an order is counted, or it is booked before the first plan is published that asks.
"""

from collections.abc import Collection, Iterable, Sequence

from distcore.commission import (
    Booking,
    Bought,
    Buyer,
    Past,
    Plan,
    Sale,
    SaleRecord,
    left_of,
    past_of,
    with_sale,
)
from distcore.kernel import SaleId, ShopPolicy
from distcore.ports import Transaction


class History:
    """The buyers of a batch: what each had bought, and what is left of the order that has the first."""

    def __init__(
        self, tx: Transaction, sales: Sequence[Sale], plans: Sequence[Plan], *, for_change: bool
    ) -> None:
        """Load the buyers of these sales, if any plan asks for them; those who write lock them."""
        self._tx = tx
        self._bought: dict[Buyer, Bought] = {}
        self._gone: set[SaleId] = set()
        if any(plan.asks_past for plan in plans):
            buyers = {(sale.buyer, sale.currency) for sale in sales}
            self._bought = tx.buyers.of(buyers, for_change=for_change)
            firsts = [each.first_sale for each in self._bought.values() if each.first_sale is not None]
            self._gone = _gone(tx, firsts)
            if for_change:  # whoever sees a state of before finds out here that it comes second
                self._gone = _gone(tx, self._gone, for_change=True)
        elif for_change:
            tx.buyers.leave_uncounted()
        self._changed: set[Buyer] = set()

    def past_of(self, sale: Sale, plan: Plan, policy: ShopPolicy) -> Past | None:
        """Return the past of a sale, None if its plan does not ask for it."""
        if not plan.asks_past:
            return None
        bought = self._bought[sale.buyer, sale.currency]
        return past_of(sale, bought, policy.zone, first_is_gone=bought.first_sale in self._gone)

    def add(self, sale: Sale, past: Past | None) -> None:
        """Count a sale that was decided."""
        buyer = (sale.buyer, sale.currency)
        if buyer in self._bought:
            self._bought[buyer] = with_sale(self._bought[buyer], sale, past)
            self._changed.add(buyer)
            if not sale.net_minor:
                self._gone.add(sale.id)

    def write(self) -> None:
        """Write what the buyers have bought by now."""
        if self._changed:
            self._tx.buyers.put({buyer: self._bought[buyer] for buyer in sorted(self._changed)})


class Firsts:
    """Which orders have what is paid for a first one, of the buyers of sales that are corrected.

    The one rule it protects: it is paid once.  What has passed it on, since nothing was left of it, does not
    come back.
    """

    def __init__(self, tx: Transaction, sales: Collection[SaleId], plans: Iterable[Plan]) -> None:
        """Lock the buyers of those of these sales that may have passed it on, if a plan lets them."""
        self._bought: dict[Buyer, Bought] = {}
        if sales and any(plan.passes_first_on for plan in plans):
            booked = [record.booking for record in tx.sales.find(sales).values()]
            had_it = [each.sale for each in booked if each.past is not None and each.past.first_is_free]
            self._bought = tx.buyers.of({(each.buyer, each.currency) for each in had_it}, for_change=True)

    def taken_by(self, booking: Booking) -> SaleId | None:
        """Return the order that has what is paid for a first one instead of one that had it, if any."""
        if booking.past is None or not booking.past.first_is_free:
            return None
        bought = self._bought.get((booking.sale.buyer, booking.sale.currency), Bought())
        return None if bought.first_sale == booking.sale.id else bought.first_sale


def _gone(tx: Transaction, sales: Collection[SaleId], *, for_change: bool = False) -> set[SaleId]:
    """Return those of these sales of which nothing is left."""
    found = tx.sales.find(sorted(sales), for_change=for_change) if sales else {}
    return {id for id, record in found.items() if is_gone(record)}


def is_gone(record: SaleRecord) -> bool:
    """Say whether nothing is left of a sale."""
    return not any(part.net_minor for part in left_of(record.booking.sale, record.corrections))
