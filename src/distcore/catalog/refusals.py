"""What the catalog says no to.

The rule this file protects: all that can't be bought is named at once, not the first of it.
"""

from collections.abc import Mapping
from typing import Final

from distcore.catalog.product import OffShelf
from distcore.kernel import Code, Refusal

UNKNOWN_SKU: Final = Code("unknown_sku", "the shop has no product {skus}", "put it into the catalog first")
NOT_ON_SHELF: Final = Code(
    "not_on_shelf", "not for sale now: {products}", "leave it out, or put it on the shelf"
)
_UNKNOWN: Final = "unknown"


def shelf_refusal(missing: Mapping[str, OffShelf | None]) -> Refusal | None:
    """Return the refusal of products that can't be bought: why, or None for those that nobody knows."""
    if not missing:
        return None
    ordered = sorted(missing.items())
    if all(why is None for _, why in ordered):
        return UNKNOWN_SKU.refuse(skus=", ".join([sku for sku, _ in ordered]))
    told = [f"{sku} ({_UNKNOWN if why is None else why.value})" for sku, why in ordered]
    return NOT_ON_SHELF.refuse(products=", ".join(told))
