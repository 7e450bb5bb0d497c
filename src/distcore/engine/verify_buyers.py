"""Compare the sums of what buyers have bought with their sales.

Only what is kept is compared: whoever was never asked for has no sums.
"""

from collections.abc import Iterable, Iterator

from attrs import evolve

from distcore.commission import Bought, Buyer, SaleRecord, with_sale
from distcore.kernel import Problem, SaleId
from distcore.ports import Transaction


class Buyers:
    """What is kept of buyers, and what their sales add up to."""

    def __init__(self, tx: Transaction) -> None:
        """Load what is kept."""
        self._kept = dict(tx.buyers.all())
        self._found: dict[Buyer, Bought] = {}
        self._firsts: dict[Buyer, set[SaleId]] = {}

    def add(self, records: Iterable[SaleRecord]) -> None:
        """Count some sales."""
        for booking in (record.booking for record in records) if self._kept else ():
            sale, past = booking.sale, booking.past
            buyer = (sale.buyer, sale.currency)
            self._found[buyer] = with_sale(self._found.get(buyer, Bought()), sale, None)
            if past is not None and past.first_is_free:
                self._firsts.setdefault(buyer, set()).add(sale.id)

    def finish(self) -> Iterator[Problem]:
        """Compare."""
        for buyer, kept in self._kept.items():
            where = f"buyer {buyer[0]}, {buyer[1]}"
            found, firsts = self._found.get(buyer, Bought()), self._firsts.get(buyer, set())
            if evolve(kept, first_sale=None) != found:
                yield Problem(
                    where,
                    f"{kept.orders} orders of {kept.spent_minor} minor units are kept, "
                    f"the sales are {found.orders} of {found.spent_minor}",
                )
            is_first = kept.first_sale in firsts if firsts else kept.first_sale is None
            if not is_first:
                yield Problem(where, f"{kept.first_sale} is kept as the first order, and is none")
