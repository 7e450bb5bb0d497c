"""Is what the shop sells, and asks for it, still possible?  Products, and all that was decided about prices.

Memory holds the prices of one list at a time.
"""

from collections.abc import Iterator
from typing import Final

from attrs import evolve

from distcore.catalog import product_problems
from distcore.engine.terms import id_of, term_problems
from distcore.kernel import Problem, shown
from distcore.ports import Transaction
from distcore.pricing import PriceList


def pricing_problems(tx: Transaction) -> Iterator[Problem]:
    """Yield what is wrong with products and terms; no number of a term may be missing."""
    for product in tx.products.all():
        yield from _placed(product_problems(product), f"product {shown(product.sku)}")
    last: tuple[type, str] | None = None
    number = 0
    for term in tx.terms.all():
        value, own = term.value, (type(term.value), id_of(term.value))
        where = f"number {term.number} of {_WORDS[type(value).__name__]} {shown(own[1])}"
        number, last = (number + 1 if own == last else 1), own
        if term.number != number:
            yield Problem(where, f"number {number} is missing")
            number = term.number
        if isinstance(value, PriceList):
            value = evolve(value, prices=tuple(tx.terms.prices_of(value.id, term.number)))
        yield from _placed(term_problems(value), where)


_WORDS: Final = {
    "Offer": "offer",
    "PriceList": "price list",
    "FreightTemplate": "freight template",
    "PointsIn": "points in",
}


def _placed(problems: tuple[Problem, ...], where: str) -> Iterator[Problem]:
    yield from (evolve(each, where=f"{where}, {each.where}") for each in problems)
