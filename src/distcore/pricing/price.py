"""What one unit costs before any offer, and why.

The rule this file protects: the price list of the highest priority that names a price decides; of several of
the same priority the cheapest.  Without any, it is the list price.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from functools import cached_property
from zoneinfo import ZoneInfo

from attrs import frozen

from distcore.kernel import Currency, Instant, Sku
from distcore.pricing.audience import ALWAYS, ANYBODY, Audience, Barred, Schedule, barred
from distcore.pricing.cart import Cart, CartLine


@frozen
class Break:
    """The price of each unit, from so many units of the product in the cart on."""

    from_units: int
    price_minor: int


@frozen
class PriceOf:
    """The price of a product, by quantity: breaks in rising order."""

    sku: Sku
    breaks: tuple[Break, ...]


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
    def by_sku(self) -> Mapping[str, Sequence[Break]]:
        """The breaks of each product."""
        return {each.sku: each.breaks for each in self.prices}


class NoPrice(Enum):
    """Why a price list that is for the cart gives a line no price, or not the one that counts."""

    TOO_FEW_UNITS = "too_few_units"
    LOWER_PRIORITY = "lower_priority"
    DEARER = "dearer"


@frozen
class Passed:
    """A price list that names a product and does not price it, why, and how many units are missing."""

    price_list: str
    reason: Barred | NoPrice
    missing_units: int = 0


@frozen
class Priced:
    """What one unit of a line costs, by which list (None: the list price), and why not by others."""

    price_minor: int
    price_list: str | None = None
    passed: tuple[Passed, ...] = ()


def priced(cart: Cart, lists: Iterable[PriceList], at: Instant, zone: ZoneInfo) -> list[Priced]:
    """Return what one unit of each line of a cart costs, in the order of the lines."""
    units: Counter[str] = Counter()
    for line in cart.lines:
        units[line.goods.sku] += line.units
    ranked = sorted(lists, key=lambda each: (-each.priority, each.id))
    asked = [(each, barred(each.audience, each.schedule, cart, at, zone)) for each in ranked]
    return [_price(line, units[line.goods.sku], asked) for line in cart.lines]


def _price(line: CartLine, units: int, lists: Iterable[tuple[PriceList, Barred | None]]) -> Priced:
    won: tuple[int, str, int] | None = None  # priority, list and price
    passed: list[Passed] = []
    for each, why_not in lists:
        breaks = each.by_sku.get(line.goods.sku)
        if breaks is None:
            continue
        reached = [step for step in breaks if step.from_units <= units]
        if why_not is not None:
            passed.append(Passed(each.id, why_not))
        elif not reached:
            passed.append(Passed(each.id, NoPrice.TOO_FEW_UNITS, breaks[0].from_units - units))
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
