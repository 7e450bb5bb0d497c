"""What must be remembered about products."""

from collections.abc import Collection, Iterator, Sequence
from typing import Protocol

from distcore.catalog.product import Product
from distcore.kernel import Sku


class Products(Protocol):
    """The products of the shop as they are now; what was sold before keeps its own prices."""

    def put(self, products: Sequence[Product]) -> None:
        """Write products, each in the place of the one with its SKU, if there is any; SKUs differ.

        Where somebody else writes the same at once, it may be a conflict: `RetryableError`.
        """
        ...

    def of(self, skus: Collection[Sku]) -> dict[Sku, Product]:
        """Return those of these products that are there, by one statement, however many are asked for."""
        ...

    def all(self) -> Iterator[Product]:
        """Yield every product in order of SKU, without holding all of them."""
        ...
