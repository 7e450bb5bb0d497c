"""What a shop sells: products as data, and whether one is on the shelf.

>>> from datetime import UTC, datetime
>>> from distcore.kernel import Currency, Sku
>>> opens = datetime(2026, 11, 1, tzinfo=UTC)
>>> tea = Product(Sku("tea"), Currency("CNY"), list_minor=9_000, shelf_from=opens)
>>> off_shelf(tea, datetime(2026, 10, 31, tzinfo=UTC))
<OffShelf.NOT_YET: 'not_yet'>
>>> off_shelf(tea, opens) is None
True
"""

from distcore.catalog.check import product_problems
from distcore.catalog.ports import Products
from distcore.catalog.product import OffShelf, Product, off_shelf
from distcore.catalog.refusals import shelf_refusal

__all__ = ["OffShelf", "Product", "Products", "off_shelf", "product_problems", "shelf_refusal"]
