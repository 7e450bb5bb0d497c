"""What the buyers of a batch had bought before: gathered once, and kept up to date sale by sale.

Nothing is asked for, and nothing is kept, in a shop where no plan depends on it.  The one rule this file
protects: an order is counted, or it is booked before the first plan is published that asks.
"""

from collections.abc import Sequence

from distcore.commission import Bought, Buyer, Past, Plan, Sale, past_of, was_gone, with_sale
from distcore.kernel import SaleId, ShopPolicy
from distcore.ports import Transaction


class History:
    """The buyers of a batch: what each had bought, and whether the order that has the first was gone."""

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
            found = tx.sales.find(firsts) if firsts else {}
            self._gone = {id for id, each in found.items() if was_gone(each.booking.sale, each.corrections)}
        elif for_change:
            tx.buyers.leave_uncounted()
        self._changed: set[Buyer] = set()

    def past_of(self, sale: Sale, plan: Plan, policy: ShopPolicy) -> Past | None:
        """Return the past of a sale, None if its plan does not ask for it."""
        if not plan.asks_past:
            return None
        bought = self._bought[sale.buyer, sale.currency]
        return past_of(sale, bought, policy.zone, first_was_gone=bought.first_sale in self._gone)

    def add(self, sale: Sale, past: Past | None) -> None:
        """Count a sale that was decided."""
        buyer = (sale.buyer, sale.currency)
        if buyer in self._bought:
            self._bought[buyer] = with_sale(self._bought[buyer], sale, past)
            self._changed.add(buyer)
            if was_gone(sale, ()):
                self._gone.add(sale.id)

    def write(self) -> None:
        """Write what the buyers have bought by now."""
        if self._changed:
            self._tx.buyers.put({buyer: self._bought[buyer] for buyer in sorted(self._changed)})
