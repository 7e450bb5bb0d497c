"""Named builders of products.

>>> a_product("cup", 1_500).list_minor
1500
"""

from typing import Any

from distcore.catalog import Product
from distcore.kernel import Sku
from distcore.testing.carts import CNY


def a_product(sku: str = "tea", list_minor: int = 10_000, **more: Any) -> Product:
    """Return a product that is on the shelf."""
    return Product(Sku(sku), more.pop("currency", CNY), list_minor, **more)
