"""Is what the shop sells, and asks for it, still possible?  Products, prices, and what orders hold of them.

Memory holds the prices of one list at a time, and what is held of prices that are limited.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from attrs import evolve

from distcore.catalog import product_problems
from distcore.engine.terms import id_of, term_problems
from distcore.kernel import Count, Problem, shown
from distcore.ports import Transaction
from distcore.pricing import COUNTED, SPENT, PriceList


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


def placed_problems(tx: Transaction) -> Iterator[Problem]:
    """Yield what ended twice, and where what is counted of prices, or points, is not what orders hold."""
    held: Counter[Count] = Counter()
    for placed in tx.placed_orders.all():
        if placed.dropped_at is not None and placed.completed_at is not None:
            yield Problem(f"order {shown(placed.order)}", "it was dropped, and it was completed")
        if placed.dropped_at is None:
            held.update(placed.held)
    counted = {count: units for count, units in tx.counts.all() if count.kind in {COUNTED, SPENT}}
    for count in sorted(held.keys() | counted.keys()):
        if held[count] != counted.get(count, 0):
            where = f"units of {shown(count.part)} at the price of {shown(count.of)}"
            if count.kind == SPENT:
                where = "points spent"
            if count.member:
                where += f" for {shown(count.member)}"
            yield Problem(where, f"{counted.get(count, 0)} are counted, and orders hold {held[count]}")


_WORDS: Final = {
    "Offer": "offer",
    "PriceList": "price list",
    "FreightTemplate": "freight template",
    "PointsIn": "points in",
}


def _placed(problems: tuple[Problem, ...], where: str) -> Iterator[Problem]:
    yield from (evolve(each, where=f"{where}, {each.where}") for each in problems)
