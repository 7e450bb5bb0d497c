"""A product, as a merchant describes it, and whether it can be bought now.

The rule this file protects: whether a product is on the shelf depends on itself and the instant alone.
"""

from enum import Enum

from attrs import field, frozen

from distcore.kernel import Currency, Instant, Rate, Sku, utc


class OffShelf(Enum):
    """Why a product can't be bought now."""

    OFF = "off"
    NOT_YET = "not_yet"
    OVER = "over"


def _from(value: Instant | None) -> Instant | None:
    return None if value is None else utc(value, "shelf_from")


def _until(value: Instant | None) -> Instant | None:
    return None if value is None else utc(value, "shelf_until")


@frozen
class Product:
    """What one unit costs, what it is, and when it is sold; amounts are of one unit.

    No discount takes a price below `floor_minor`; `cost_minor` is what the shop paid.  `unit` is what one of
    it is called, `freight` names the template that carries it.  It is on the shelf while `on_shelf` and in
    `[shelf_from, shelf_until)`.
    """

    sku: Sku
    currency: Currency
    list_minor: int
    floor_minor: int = 0
    cost_minor: int | None = None
    category: str = ""
    brand: str = ""
    tags: tuple[str, ...] = ()
    unit: str = ""
    weight_grams: int = 0
    freight: str = ""
    tax_rate: Rate | None = None
    tax_included: bool = True
    on_shelf: bool = True
    shelf_from: Instant | None = field(default=None, converter=_from)
    shelf_until: Instant | None = field(default=None, converter=_until)


def off_shelf(product: Product, at: Instant) -> OffShelf | None:
    """Return why a product can't be bought at an instant, or None where it can."""
    if not product.on_shelf:
        return OffShelf.OFF
    if product.shelf_from is not None and at < product.shelf_from:
        return OffShelf.NOT_YET
    if product.shelf_until is not None and at >= product.shelf_until:
        return OffShelf.OVER
    return None
