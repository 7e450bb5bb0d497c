"""What one unit costs before any offer, and why.

The rule this file protects: the price list of the highest priority that names a price decides; of several of
the same priority the cheapest.  Without any, it is the list price.  Where only so many units are sold at a
price, either all units of the product in the cart have it or none.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from enum import Enum
from functools import cached_property
from types import MappingProxyType
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

from attrs import frozen

from distcore.kernel import Count, Currency, Instant, MemberId, Sku, Taking
from distcore.pricing.audience import ALWAYS, ANYBODY, Audience, Barred, Schedule, barred
from distcore.pricing.cart import Cart, CartLine


@frozen
class Break:
    """The price of each unit, from so many units of the product in the cart on."""

    from_units: int
    price_minor: int


@frozen
class PriceOf:
    """The price of a product, by quantity: breaks in rising order.

    So many units are sold at it: `total_max` in all, `per_member_max` to one member; None is as many as are
    wanted.
    """

    sku: Sku
    breaks: tuple[Break, ...]
    total_max: int | None = None
    per_member_max: int | None = None


@frozen
class PriceList:
    """Prices for some buyers at some times: a flash sale, a tier of members, a channel.

    Of the lists that name a price for a product the one of the highest priority decides.
    """

    id: str
    currency: Currency
    prices: tuple[PriceOf, ...]
    priority: int = 0
    audience: Audience = ANYBODY
    schedule: Schedule = ALWAYS

    @cached_property
    def by_sku(self) -> Mapping[str, PriceOf]:
        """The price of each product."""
        return {each.sku: each for each in self.prices}


class NoPrice(Enum):
    """Why a price list that is for the cart gives a line no price, or not the one that counts."""

    TOO_FEW_UNITS = "too_few_units"
    TOO_FEW_LEFT = "too_few_left"
    MEMBER_HAD_ENOUGH = "member_had_enough"
    MEMBERS_ONLY = "members_only"
    LOWER_PRIORITY = "lower_priority"
    DEARER = "dearer"


@frozen
class Passed:
    """A price list that names a product and does not price it, and why.

    `units` is how many more it takes, or where there are not enough, how many fewer: all that the cart has
    where none is left.  What is left may be less than the list begins with: then fewer units don't help.
    """

    price_list: str
    reason: Barred | NoPrice
    units: int = 0


@frozen
class Sold:
    """Units that were sold at the price of a list so far: in all, and to the buyer."""

    units: int = 0
    to_member: int = 0


@frozen
class Priced:
    """What one unit of a line costs, by which list (None: the list price), and why not by others."""

    price_minor: int
    price_list: str | None = None
    passed: tuple[Passed, ...] = ()


SoldOf: TypeAlias = Mapping[tuple[str, str], Sold]
"""What was sold so far of prices that are limited, by price list and SKU."""

COUNTED: Final = "price"
"""The kind of what is counted at prices: units of each product of a list, in all and by member."""

NOTHING_SOLD: Final[SoldOf] = MappingProxyType({})

_NONE: Final = Sold()


def priced(
    cart: Cart, lists: Iterable[PriceList], at: Instant, zone: ZoneInfo, sold: SoldOf = NOTHING_SOLD
) -> list[Priced]:
    """Return what one unit of each line of a cart costs, in the order of the lines."""
    units = units_of(cart)
    ranked = sorted(lists, key=lambda each: (-each.priority, each.id))
    asked = [(each, barred(each.audience, each.schedule, cart, at, zone)) for each in ranked]
    member = cart.shopper.member
    return [_price(line, units[line.goods.sku], asked, member, sold) for line in cart.lines]


def units_of(cart: Cart) -> Counter[str]:
    """Return how many units of each product a cart has."""
    units: Counter[str] = Counter()
    for line in cart.lines:
        units[line.goods.sku] += line.units
    return units


def takings_of(cart: Cart, lists: Iterable[PriceList], prices: Iterable[Priced]) -> tuple[Taking, ...]:
    """Return what a cart counts towards where only so many units are sold at its prices, by count."""
    units, by_id, member = units_of(cart), {each.id: each for each in lists}, cart.shopper.member
    found: set[Taking] = set()
    for line, price in zip(cart.lines, prices, strict=True):
        sku = line.goods.sku
        if price.price_list is not None:
            of = by_id[price.price_list].by_sku[sku]
            if of.total_max is not None:
                found.add(Taking(Count(COUNTED, price.price_list, sku), units[sku], of.total_max))
            if of.per_member_max is not None:
                assert member is not None, "a price for members is for nobody else"
                count = Count(COUNTED, price.price_list, sku, member)
                found.add(Taking(count, units[sku], of.per_member_max))
    return tuple(sorted(found, key=lambda each: each.count))


def _price(
    line: CartLine,
    units: int,
    lists: Iterable[tuple[PriceList, Barred | None]],
    member: MemberId | None,
    sold: SoldOf,
) -> Priced:
    won: tuple[int, str, int] | None = None  # priority, list and price
    passed: list[Passed] = []
    for each, why_not in lists:
        price = each.by_sku.get(line.goods.sku)
        if price is None:
            continue
        reached = [step for step in price.breaks if step.from_units <= units]
        short = _short(price, units, member, sold.get((each.id, price.sku), _NONE))
        if why_not is not None:
            passed.append(Passed(each.id, why_not))
        elif not reached:
            passed.append(Passed(each.id, NoPrice.TOO_FEW_UNITS, price.breaks[0].from_units - units))
        elif short is not None:
            passed.append(Passed(each.id, *short))
        elif won is not None and each.priority < won[0]:
            passed.append(Passed(each.id, NoPrice.LOWER_PRIORITY))
        elif won is not None and reached[-1].price_minor >= won[2]:
            passed.append(Passed(each.id, NoPrice.DEARER))
        else:
            if won is not None:
                passed.append(Passed(won[1], NoPrice.DEARER))
            won = (each.priority, each.id, reached[-1].price_minor)
    if won is None:
        return Priced(line.goods.list_minor, None, tuple(passed))
    return Priced(won[2], won[1], tuple(passed))


def _short(price: PriceOf, units: int, member: MemberId | None, sold: Sold) -> tuple[NoPrice, int] | None:
    """Return why so many units can't be had at a price, by the tighter limit, and how many fewer could."""
    if price.per_member_max is not None and member is None:
        return NoPrice.MEMBERS_ONLY, 0
    in_all = 0 if price.total_max is None else sold.units + units - price.total_max
    to_one = 0 if price.per_member_max is None else sold.to_member + units - price.per_member_max
    if in_all <= 0 and to_one <= 0:
        return None
    fewer = min(units, max(in_all, to_one))  # a limit that was lowered may be below what was sold
    return NoPrice.TOO_FEW_LEFT if in_all >= fewer else NoPrice.MEMBER_HAD_ENOUGH, fewer
