"""Products in memory."""

from collections.abc import Collection, Iterator, Sequence

from distcore.catalog import Product
from distcore.kernel import Sku
from distcore.memory.journal import Journal


class MemoryProducts:
    """`distcore.catalog.Products` in a dictionary."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._products: dict[Sku, Product] = {}

    def put(self, products: Sequence[Product]) -> None:
        """Write products, each in the place of the one with its SKU."""
        for each in products:
            self._journal.put(self._products, each.sku, each)

    def of(self, skus: Collection[Sku]) -> dict[Sku, Product]:
        """Return those of these products that are there."""
        return {sku: self._products[sku] for sku in skus if sku in self._products}

    def all(self) -> Iterator[Product]:
        """Yield every product in order of SKU; the order is made of those that are there at first."""
        return iter([self._products[sku] for sku in sorted(self._products)])
