"""What a merchant decides about prices, in memory."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain
from typing import Generic, TypeVar

from attrs import evolve

from distcore.kernel import Instant, Sku
from distcore.memory.journal import Journal
from distcore.pricing import (
    Current,
    FreightTemplate,
    Numbered,
    Offer,
    PointsIn,
    PriceList,
    PriceOf,
    Term,
)

T = TypeVar("T")


class _Kept(Generic[T]):
    """Everything of one kind, by id and number, and the newest number of each id."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.values: dict[tuple[str, int], T] = {}
        self._newest: dict[str, int] = {}

    def put(self, id: str, number: int, value: T) -> None:
        self._journal.insert(self.values, (id, number), value)
        self._journal.put(self._newest, id, max(number, self._newest.get(id, 0)))

    def newest(self) -> tuple[Numbered[T], ...]:
        found = sorted(self._newest.items())
        return tuple([Numbered(number, self.values[id, number]) for id, number in found])

    def all(self) -> Iterator[Numbered[T]]:
        for key in sorted(self.values):
            yield Numbered(key[1], self.values[key])


class MemoryTerms:
    """`distcore.pricing.Terms` in dictionaries; the prices of a list beside it."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._offers: _Kept[Offer] = _Kept(journal)
        self._lists: _Kept[PriceList] = _Kept(journal)
        self._templates: _Kept[FreightTemplate] = _Kept(journal)
        self._points: _Kept[PointsIn] = _Kept(journal)
        self._prices: dict[tuple[str, int], Mapping[Sku, PriceOf]] = {}

    def put_offer(self, offer: Offer, number: int, *, at: Instant) -> None:
        """Write the next number of an offer."""
        self._offers.put(offer.id, number, offer)

    def put_list(self, prices: PriceList, number: int, *, at: Instant) -> None:
        """Write the next number of a price list, with all its prices."""
        self._lists.put(prices.id, number, evolve(prices, prices=()))
        by_sku = {each.sku: each for each in sorted(prices.prices, key=lambda each: each.sku)}
        self._journal.insert(self._prices, (prices.id, number), by_sku)

    def put_template(self, template: FreightTemplate, number: int, *, at: Instant) -> None:
        """Write the next number of a freight template."""
        self._templates.put(template.id, number, template)

    def put_points(self, points: PointsIn, number: int, *, at: Instant) -> None:
        """Write the next number of what points are worth in a currency."""
        self._points.put(points.currency, number, points)

    def current(self) -> Current:
        """Return the newest number of everything; price lists without their prices."""
        return Current(
            self._offers.newest(), self._lists.newest(), self._templates.newest(), self._points.newest()
        )

    def prices(self, lists: Mapping[str, int], skus: Collection[Sku]) -> Mapping[str, Sequence[PriceOf]]:
        """Return what these numbers of these lists say of these SKUs."""
        asked = sorted(set(skus))
        found: dict[str, Sequence[PriceOf]] = {}
        for key in lists.items():
            by_sku = self._prices.get(key, {})
            named = [by_sku[sku] for sku in asked if sku in by_sku]
            if named:
                found[key[0]] = named
        return found

    def prices_of(self, price_list: str, number: int) -> Iterator[PriceOf]:
        """Yield all prices of a number of a list in order of SKU."""
        return iter(self._prices.get((price_list, number), {}).values())

    def all(self) -> Iterator[Numbered[Term]]:
        """Yield all that was ever decided, price lists without their prices."""
        return chain(self._offers.all(), self._lists.all(), self._templates.all(), self._points.all())
