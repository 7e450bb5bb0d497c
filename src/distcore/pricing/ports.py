"""What must be remembered about prices: all that a merchant decides about them, and what buyers agreed to.

The rule this file protects: whatever was decided once stays as it was.  A change is the next number of the
same id, and the newest number holds.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Generic, Protocol, TypeAlias, TypeVar

from attrs import frozen

from distcore.kernel import Currency, Instant, MemberId, SaleId, Sku
from distcore.pricing.freight import FreightTemplate
from distcore.pricing.kept import OrderStep, PlacedOrder
from distcore.pricing.offer import Offer
from distcore.pricing.price import PriceList, PriceOf, Sold
from distcore.pricing.tender import PointsPolicy

T_co = TypeVar("T_co", covariant=True)


@frozen
class PointsIn:
    """What points are worth where prices are in a currency; the currency is their id."""

    currency: Currency
    policy: PointsPolicy


@frozen
class Numbered(Generic[T_co]):
    """What was decided under an id for the so-manyth time, from 1 on."""

    number: int
    value: T_co


@frozen
class Current:
    """What holds now, each in order of id; price lists are without their prices."""

    offers: tuple[Numbered[Offer], ...] = ()
    lists: tuple[Numbered[PriceList], ...] = ()
    templates: tuple[Numbered[FreightTemplate], ...] = ()
    points: tuple[Numbered[PointsIn], ...] = ()


@frozen
class Asked:
    """What a price list asks for a product, and what was sold at that so far."""

    price_list: str
    price: PriceOf
    sold: Sold


Term: TypeAlias = Offer | PriceList | FreightTemplate | PointsIn


class PlacedOrders(Protocol):
    """The quotes that orders were placed by, and what became of them; nothing is ever overwritten."""

    def put(self, placed: PlacedOrder) -> None:
        """Write an order of which nothing became yet; one that is there is a conflict: `RetryableError`."""
        ...

    def of(self, order: SaleId) -> PlacedOrder | None:
        """Return an order, or None."""
        ...

    def step(self, placed: PlacedOrder, step: OrderStep, *, at: Instant) -> None:
        """Write the next step of an order as it was read.

        It is a conflict if somebody else has written one since, at whatever level of isolation:
        `RetryableError`.
        """
        ...

    def all(self) -> Iterator[PlacedOrder]:
        """Yield every order by id."""
        ...


class Terms(Protocol):
    """Offers, price lists, freight templates, and what points are worth; nothing is ever overwritten.

    A number that is taken is a conflict: `RetryableError`.
    """

    def put_offer(self, offer: Offer, number: int, *, at: Instant) -> None:
        """Write the next number of an offer."""
        ...

    def put_list(self, prices: PriceList, number: int, *, at: Instant) -> None:
        """Write the next number of a price list, with all its prices."""
        ...

    def put_template(self, template: FreightTemplate, number: int, *, at: Instant) -> None:
        """Write the next number of a freight template."""
        ...

    def put_points(self, points: PointsIn, number: int, *, at: Instant) -> None:
        """Write the next number of what points are worth in a currency."""
        ...

    def current(self, *, at: Instant | None = None, also: Collection[str] = ()) -> Current:
        """Return the newest number of everything, by one statement; price lists without their prices.

        Given an instant, without the offers and price lists that are over by then, other than those `also`
        named; it then costs what is not over, however much ever was.
        """
        ...

    def prices(
        self, lists: Mapping[str, int], skus: Collection[Sku], member: MemberId | None
    ) -> Sequence[Asked]:
        """Return what these numbers of these lists ask for these SKUs, by one statement, by list and SKU.

        With what is counted at each price so far, in all and by the member.  Whoever names the numbers that
        `current` gave reads what belongs together, whatever was written in between.
        """
        ...

    def prices_of(self, price_list: str, number: int) -> Iterator[PriceOf]:
        """Yield all prices of a number of a list in order of SKU, without holding all of them."""
        ...

    def all(self) -> Iterator[Numbered[Term]]:
        """Yield all that was ever decided, price lists without their prices.

        Offers come first, then price lists, freight templates and points, each by id and number.
        """
        ...
