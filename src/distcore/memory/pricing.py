"""What a merchant decides about prices, and what buyers agreed to, in memory."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Generic, TypeVar

from attrs import evolve

from distcore.kernel import Count, Instant, MemberId, RetryableError, SaleId, Sku
from distcore.memory.counts import MemoryCounts
from distcore.memory.journal import Journal
from distcore.pricing import (
    COUNTED,
    Asked,
    Current,
    FreightTemplate,
    Numbered,
    Offer,
    OrderStep,
    PlacedOrder,
    PointsIn,
    PriceList,
    PriceOf,
    Sold,
    Term,
)

T = TypeVar("T")
Scheduled = TypeVar("Scheduled", Offer, PriceList)


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


def _is_over(value: Offer | PriceList, at: Instant | None) -> bool:
    until = value.schedule.valid_until
    return at is not None and until is not None and until <= at


class MemoryPlacedOrders:
    """`distcore.pricing.PlacedOrders` in a dictionary."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._placed: dict[SaleId, PlacedOrder] = {}

    def put(self, placed: PlacedOrder) -> None:
        """Write an order."""
        self._journal.insert(self._placed, placed.order, placed)

    def of(self, order: SaleId) -> PlacedOrder | None:
        """Return an order, or None."""
        return self._placed.get(order)

    def step(self, placed: PlacedOrder, step: OrderStep, *, at: Instant) -> None:
        """Write the next step of an order."""
        if self._placed[placed.order].steps != placed.steps:
            raise RetryableError(f"order {placed.order} took a step meanwhile")
        self._journal.put(self._placed, placed.order, placed.after(step, at))

    def all(self) -> Iterator[PlacedOrder]:
        """Yield every order by id."""
        for order in sorted(self._placed):
            yield self._placed[order]


class MemoryTerms:
    """`distcore.pricing.Terms` in dictionaries; the prices of a list beside it, and what was sold at them."""

    def __init__(self, journal: Journal, counts: MemoryCounts) -> None:
        self._journal = journal
        self._counts = counts
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
        by_sku = {each.sku: each for each in prices.prices}
        self._journal.insert(self._prices, (prices.id, number), by_sku)

    def put_template(self, template: FreightTemplate, number: int, *, at: Instant) -> None:
        """Write the next number of a freight template."""
        self._templates.put(template.id, number, template)

    def put_points(self, points: PointsIn, number: int, *, at: Instant) -> None:
        """Write the next number of what points are worth in a currency."""
        self._points.put(points.currency, number, points)

    def current(self, *, at: Instant | None = None, also: Collection[str] = ()) -> Current:
        """Return the newest number of everything that is not over; price lists without their prices."""

        def running(found: Iterable[Numbered[Scheduled]]) -> tuple[Numbered[Scheduled], ...]:
            return tuple([each for each in found if each.value.id in named or not _is_over(each.value, at)])

        named = set(also)
        return Current(
            running(self._offers.newest()),
            running(self._lists.newest()),
            self._templates.newest(),
            self._points.newest(),
        )

    def prices(
        self, lists: Mapping[str, int], skus: Collection[Sku], member: MemberId | None
    ) -> Sequence[Asked]:
        """Return what these numbers of these lists ask for these SKUs, and what was sold so far."""
        wanted = sorted(set(skus))
        by_list = [(id, self._prices.get((id, number), {})) for id, number in sorted(lists.items())]
        return [
            Asked(id, by_sku[sku], self._sold(id, sku, member))
            for id, by_sku in by_list
            for sku in wanted
            if sku in by_sku
        ]

    def _sold(self, price_list: str, sku: Sku, member: MemberId | None) -> Sold:
        of = self._counts.of
        mine = 0 if member is None else of(Count(COUNTED, price_list, sku, member))
        return Sold(of(Count(COUNTED, price_list, sku)), mine)

    def prices_of(self, price_list: str, number: int) -> Iterator[PriceOf]:
        """Yield all prices of a number of a list in order of SKU."""
        prices = self._prices.get((price_list, number), {})
        return (prices[sku] for sku in sorted(prices))

    def all(self) -> Iterator[Numbered[Term]]:
        """Yield all that was ever decided, price lists without their prices."""
        return chain(self._offers.all(), self._lists.all(), self._templates.all(), self._points.all())
