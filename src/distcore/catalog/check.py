"""What is impossible about a product.

The rule this file protects: what a shop keeps of a product can be stored, quoted and sent, and all that is
wrong with it is said at once.
"""

from typing import Final

from distcore.catalog.product import Product
from distcore.kernel import (
    Problem,
    currency_problem,
    id_problem,
    int_problem,
    limits,
    path_problem,
    shape_problems,
    text_problem,
)

_AMOUNTS: Final = ("list_minor", "floor_minor", "cost_minor")


def product_problems(product: Product) -> tuple[Problem, ...]:
    """Return all that is impossible about a product, with the names of its fields."""
    misshapen = tuple(shape_problems(product, Product, ""))
    if misshapen:
        return misshapen
    found = [
        id_problem(product.sku, "sku"),
        currency_problem(product.currency, "currency"),
        *(_amount(getattr(product, name), name) for name in _AMOUNTS),
        path_problem(product.category, "category") if product.category else None,
        text_problem(product.brand, "brand"),
        _too_many_tags(product.tags),
        *(id_problem(tag, f"tags[{place}]") for place, tag in enumerate(product.tags)),
        text_problem(product.unit, "unit"),
        int_problem(product.weight_grams, "weight_grams", least=0, most=limits.UNITS_MAX),
        id_problem(product.freight, "freight") if product.freight else None,
        _shelf(product),
    ]
    return tuple([problem for problem in found if problem is not None])


def _amount(value: int | None, where: str) -> Problem | None:
    return None if value is None else int_problem(value, where, least=0, most=limits.AMOUNT_MINOR_MAX)


def _too_many_tags(tags: tuple[str, ...]) -> Problem | None:
    if len(tags) <= limits.TAGS_MAX:
        return None
    return Problem("tags", f"there are {len(tags)}", f"give at most {limits.TAGS_MAX}")


def _shelf(product: Product) -> Problem | None:
    start, end = product.shelf_from, product.shelf_until
    if start is None or end is None or start < end:
        return None
    return Problem("shelf_until", "ends before it begins", "it is exclusive, after shelf_from")
