"""What is impossible about carts, price lists, offers and freight templates.

The rule this file protects: an offer that is published can apply and takes off what it says, and all that is
wrong is said at once, with paths.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import assert_never

from distcore.kernel import (
    Problem,
    Rate,
    currency_problem,
    id_problem,
    int_problem,
    limits,
    path_problem,
    shape_problems,
    shown,
    text_problem,
    time_problem,
)
from distcore.pricing.audience import Audience, Hours, Schedule
from distcore.pricing.cart import Cart, CartLine
from distcore.pricing.freight import ByAmount, ByPieces, ByWeight, Charge, FreightTemplate
from distcore.pricing.offer import (
    AmountOff,
    AmountSteps,
    Bundle,
    BuyGet,
    Discount,
    Effect,
    EveryAmount,
    EveryUnits,
    Extra,
    ExtraPoints,
    FixedPrice,
    FromAmount,
    FromUnits,
    Gift,
    LaterCoupon,
    NthUnit,
    Offer,
    PercentOff,
    ShippingOff,
    UnitSteps,
)
from distcore.pricing.price import PriceList
from distcore.pricing.products import (
    AllOf,
    AnyOf,
    BrandIn,
    CategoryIs,
    Goods,
    Not,
    Products,
    SkuIn,
    TagIn,
)
from distcore.pricing.tender import PointsPolicy

_AMOUNT_MAX = limits.AMOUNT_MINOR_MAX


def cart_problems(cart: Cart) -> tuple[Problem, ...]:
    """Return all that is impossible about a cart; of one that is too long only that."""
    too_many = (
        *_too_many(getattr(cart, "lines", ()), "lines", limits.CART_LINES_MAX),
        *_too_many(getattr(cart, "coupons", ()), "coupons", limits.CART_COUPONS_MAX),
    )
    misshapen = too_many or tuple(shape_problems(cart, Cart, ""))
    if misshapen:
        return misshapen
    found = [
        currency_problem(cart.currency, "currency"),
        None if cart.lines else Problem("lines", "there are none", "put something into the cart"),
        *_twice("lines", [line.id for line in cart.lines]),
        *(each for place, line in enumerate(cart.lines) for each in _line(line, f"lines[{place}]")),
        *(id_problem(each, f"coupons[{place}]") for place, each in enumerate(cart.coupons)),
        int_problem(cart.points, "points", least=0, most=_AMOUNT_MAX),
        int_problem(cart.stored_value_minor, "stored_value_minor", least=0, most=_AMOUNT_MAX),
        int_problem(cart.shopper.orders_before, "shopper.orders_before", least=0, most=limits.UNITS_MAX),
        text_problem(cart.channel, "channel"),
        None if not cart.region else path_problem(cart.region, "region"),
    ]
    return _only(found) or _too_dear(cart)


def _line(line: CartLine, where: str) -> Iterator[Problem | None]:
    yield id_problem(line.id, f"{where}.id")
    yield int_problem(line.units, f"{where}.units", least=1, most=limits.UNITS_MAX)
    yield from _goods(line.goods, f"{where}.goods")


def _goods(goods: Goods, where: str) -> Iterator[Problem | None]:
    yield id_problem(goods.sku, f"{where}.sku")
    yield int_problem(goods.list_minor, f"{where}.list_minor", least=0, most=_AMOUNT_MAX)
    yield int_problem(goods.floor_minor, f"{where}.floor_minor", least=0, most=_AMOUNT_MAX)
    yield int_problem(goods.weight_grams, f"{where}.weight_grams", least=0, most=limits.UNITS_MAX)
    yield None if not goods.category else path_problem(goods.category, f"{where}.category")


def _too_dear(cart: Cart) -> tuple[Problem, ...]:
    together = sum([line.goods.list_minor * line.units for line in cart.lines])
    if together <= _AMOUNT_MAX:
        return ()
    return (Problem("lines", f"they cost {together} at list prices", f"at most {_AMOUNT_MAX} minor units"),)


def offer_problems(offer: Offer) -> tuple[Problem, ...]:
    """Return all that is impossible about an offer, with paths into its document."""
    misshapen = tuple(shape_problems(offer, Offer, "$"))
    if misshapen:
        return misshapen
    found = [
        id_problem(offer.id, "$.id"),
        currency_problem(offer.currency, "$.currency"),
        int_problem(offer.priority, "$.priority", least=-limits.PRIORITY_MAX, most=limits.PRIORITY_MAX),
        int_problem(offer.worth_minor, "$.worth", least=0, most=_AMOUNT_MAX),
        None if not offer.group else id_problem(offer.group, "$.group"),
        *_products(offer.products, "$.products"),
        *_effect(offer.effect, "$.effect"),
        *_audience(offer.audience, "$.audience"),
        *_schedule(offer.schedule, "$.schedule"),
    ]
    match offer.threshold:
        case FromAmount(least, of) | FromUnits(least, of):
            found.append(_at_least_one(least, "$.threshold.least"))
            found.extend(_products(of, "$.threshold.of"))
        case None:
            pass
        case _:
            assert_never(offer.threshold)
    return _only(found)


def price_list_problems(prices: PriceList) -> tuple[Problem, ...]:
    """Return all that is impossible about a price list, with paths into its document."""
    too_many = tuple(_too_many(getattr(prices, "prices", ()), "$.prices", limits.PRICES_MAX))
    misshapen = too_many or tuple(shape_problems(prices, PriceList, "$"))
    if misshapen:
        return misshapen
    found = [
        id_problem(prices.id, "$.id"),
        currency_problem(prices.currency, "$.currency"),
        int_problem(prices.priority, "$.priority", least=-limits.PRIORITY_MAX, most=limits.PRIORITY_MAX),
        *_twice("$.prices", [each.sku for each in prices.prices], "sku"),
        *_audience(prices.audience, "$.audience"),
        *_schedule(prices.schedule, "$.schedule"),
    ]
    for place, each in enumerate(prices.prices):
        where = f"$.prices[{place}]"
        found.append(id_problem(each.sku, f"{where}.sku"))
        found.extend(_rising([step.from_units for step in each.breaks], f"{where}.breaks", "from_units"))
        for at, step in enumerate(each.breaks):
            path = f"{where}.breaks[{at}].price"
            found.append(int_problem(step.price_minor, path, least=0, most=_AMOUNT_MAX))
    return _only(found)


def template_problems(template: FreightTemplate) -> tuple[Problem, ...]:
    """Return all that is impossible about a freight template, with paths into its document."""
    misshapen = tuple(shape_problems(template, FreightTemplate, "$"))
    if misshapen:
        return misshapen
    found = [
        id_problem(template.id, "$.id"),
        currency_problem(template.currency, "$.currency"),
        *_some(template.zones, "$.zones", limits.BREAKS_MAX),
    ]
    for place, zone in enumerate(template.zones):
        where = f"$.zones[{place}]"
        found.extend(path_problem(each, f"{where}.regions[{at}]") for at, each in enumerate(zone.regions))
        found.extend(_charge(zone.charge, f"{where}.charge"))
        if zone.free_from_minor is not None:
            found.append(int_problem(zone.free_from_minor, f"{where}.free_from", least=0, most=_AMOUNT_MAX))
        if not zone.regions and place < len(template.zones) - 1:
            everywhere = "put the one for everywhere last"
            found.append(Problem(f"{where}.regions", "no zone behind it is reached", everywhere))
    return _only(found)


def points_problems(policy: PointsPolicy) -> tuple[Problem, ...]:
    """Return all that is impossible about what points are worth."""
    misshapen = tuple(shape_problems(policy, PointsPolicy, "$"))
    if misshapen:
        return misshapen
    return _only(
        [
            _at_least_one(policy.points, "$.points"),
            _at_least_one(policy.amount_minor, "$.amount"),
            int_problem(policy.least, "$.least", least=0, most=_AMOUNT_MAX),
        ]
    )


# ---- parts


def _charge(charge: Charge, where: str) -> Iterator[Problem | None]:
    match charge:
        case ByWeight(first, first_minor, each, each_minor):
            yield int_problem(first, f"{where}.first_grams", least=0, most=limits.UNITS_MAX)
            yield int_problem(each, f"{where}.each_grams", least=1, most=limits.UNITS_MAX)
            yield from (
                _amount(each, where, name) for name, each in (("first", first_minor), ("each", each_minor))
            )
        case ByPieces(first, first_minor, each, each_minor):
            yield int_problem(first, f"{where}.first_units", least=0, most=limits.UNITS_MAX)
            yield int_problem(each, f"{where}.each_units", least=1, most=limits.UNITS_MAX)
            yield from (
                _amount(each, where, name) for name, each in (("first", first_minor), ("each", each_minor))
            )
        case ByAmount(steps):
            yield from _rising([step.from_minor for step in steps], f"{where}.steps", "from", least=0)
            for place, step in enumerate(steps):
                yield _amount(step.charge_minor, f"{where}.steps[{place}]", "charge")
        case _:
            assert_never(charge)


def _amount(value: int, where: str, name: str) -> Problem | None:
    return int_problem(value, f"{where}.{name}", least=0, most=_AMOUNT_MAX)


def _effect(effect: Effect, where: str) -> Iterator[Problem | None]:
    if isinstance(effect, Extra):
        yield from _extra(effect, where)
    else:
        yield from _discount(effect, where)


def _extra(effect: Extra, where: str) -> Iterator[Problem | None]:
    match effect:
        case Gift(sku, units):
            yield id_problem(sku, f"{where}.sku")
            yield _at_least_one(units, f"{where}.units")
        case ShippingOff(off):
            yield from _off(off, f"{where}.off")
        case ExtraPoints(points, every_minor):
            yield int_problem(points, f"{where}.points", least=1, most=limits.POINTS_MAX)
            yield _maybe(every_minor, f"{where}.every")
        case LaterCoupon(template, coupons):
            yield id_problem(template, f"{where}.template")
            yield int_problem(coupons, f"{where}.coupons", least=1, most=limits.COUPONS_MAX)
        case _:
            assert_never(effect)


def _discount(effect: Discount, where: str) -> Iterator[Problem | None]:
    match effect:
        case PercentOff() | AmountOff():
            yield from _off(effect, where)
        case FixedPrice(price_minor):
            yield int_problem(price_minor, f"{where}.price", least=0, most=_AMOUNT_MAX)
        case AmountSteps() | UnitSteps() | EveryAmount() | EveryUnits():
            yield from _by_thresholds(effect, where)
        case NthUnit(nth, rate):
            yield int_problem(nth, f"{where}.nth", least=2, most=limits.UNITS_MAX)
            yield _above_zero(rate, f"{where}.rate")
        case BuyGet():
            yield from _buy_get(effect, where)
        case Bundle(units, price_minor, times_max):
            yield int_problem(units, f"{where}.units", least=2, most=limits.UNITS_MAX)
            yield int_problem(price_minor, f"{where}.price", least=0, most=_AMOUNT_MAX)
            yield _maybe(times_max, f"{where}.times_max")
        case _:
            assert_never(effect)


def _by_thresholds(
    effect: AmountSteps | UnitSteps | EveryAmount | EveryUnits, where: str
) -> Iterator[Problem | None]:
    match effect:
        case AmountSteps(steps):
            yield from _rising([step.least_minor for step in steps], f"{where}.steps", "least")
            for place, step in enumerate(steps):
                yield from _off(step.off, f"{where}.steps[{place}].off", most=step.least_minor)
        case UnitSteps(steps):
            yield from _rising([step.least for step in steps], f"{where}.steps", "least")
            for place, by_units in enumerate(steps):
                yield from _off(by_units.off, f"{where}.steps[{place}].off")
        case EveryAmount(every_minor, amount_minor, times_max):
            yield _at_least_one(every_minor, f"{where}.every")
            yield from _off(AmountOff(amount_minor), where, most=every_minor)
            yield _maybe(times_max, f"{where}.times_max")
        case EveryUnits(every, amount_minor, times_max):
            yield int_problem(every, f"{where}.every", least=1, most=limits.UNITS_MAX)
            yield from _off(AmountOff(amount_minor), where)
            yield _maybe(times_max, f"{where}.times_max")
        case _:
            assert_never(effect)


def _buy_get(effect: BuyGet, where: str) -> Iterator[Problem | None]:
    yield _at_least_one(effect.buy, f"{where}.buy")
    yield _at_least_one(effect.get, f"{where}.get")
    yield _above_zero(effect.rate, f"{where}.rate")
    yield _maybe(effect.times_max, f"{where}.times_max")
    yield from _products(effect.of, f"{where}.of")


def _off(
    off: PercentOff | AmountOff, where: str, *, most: int = limits.AMOUNT_MINOR_MAX
) -> Iterator[Problem | None]:
    """Yield what is wrong with what is taken off something of which there may be only so much.

    What can't be itself bounds nothing: it is named, and not what is compared with it.
    """
    match off:
        case PercentOff(rate, most_minor):
            yield _above_zero(rate, f"{where}.rate")
            yield _maybe(most_minor, f"{where}.most")
        case AmountOff(amount_minor) if 0 < most < amount_minor:
            yield Problem(f"{where}.amount", "more than what it is taken off", f"at most {most}")
        case AmountOff(amount_minor):
            yield _at_least_one(amount_minor, f"{where}.amount")
        case _:
            assert_never(off)


def _rising(values: Sequence[int], where: str, name: str, *, least: int = 1) -> Iterator[Problem | None]:
    yield from _some(values, where, limits.BREAKS_MAX)
    for place, value in enumerate(values):
        yield int_problem(value, f"{where}[{place}].{name}", least=least, most=_AMOUNT_MAX)
    for place, (low, high) in enumerate(pairwise(values), 1):
        if high <= low:
            yield Problem(f"{where}[{place}].{name}", f"{high} does not come after {low}", "let them rise")


def _products(products: Products | None, where: str) -> Iterator[Problem | None]:
    match products:
        case None:
            return
        case CategoryIs(category):
            yield path_problem(category, f"{where}.category")
        case SkuIn(names):
            yield from _names(names, f"{where}.skus")
        case BrandIn(names):
            yield from _names(names, f"{where}.brands")
        case TagIn(names):
            yield from _names(names, f"{where}.tags")
        case AllOf(sets) | AnyOf(sets):
            yield from _some(sets, f"{where}.sets", limits.BREAKS_MAX)
            for place, each in enumerate(sets):
                yield from _products(each, f"{where}.sets[{place}]")
        case Not(other):
            yield from _products(other, f"{where}.set")
        case _:
            assert_never(products)


def _names(names: Sequence[str], where: str) -> Iterator[Problem | None]:
    yield from _some(names, where, limits.PRICES_MAX)
    yield from (id_problem(name, f"{where}[{place}]") for place, name in enumerate(names))


def _audience(audience: Audience, where: str) -> Iterator[Problem | None]:
    for name in ("tiers", "groups", "channels"):
        for place, each in enumerate(getattr(audience, name)):
            yield text_problem(each, f"{where}.{name}[{place}]")
    for place, each in enumerate(audience.regions):
        yield path_problem(each, f"{where}.regions[{place}]")


def _schedule(schedule: Schedule, where: str) -> Iterator[Problem | None]:
    start, end = schedule.valid_from, schedule.valid_until
    if start is not None and end is not None and end <= start:
        yield Problem(f"{where}.valid_until", "ends before it begins", "it is exclusive, after valid_from")
    for place, hours in enumerate(schedule.hours):
        yield from _hours(hours, f"{where}.hours[{place}]")


def _hours(hours: Hours, where: str) -> Iterator[Problem | None]:
    yield from _some(hours.weekdays, f"{where}.weekdays", 7)
    wrong = [time_problem(hours.start, f"{where}.start")]
    if hours.end is not None:
        wrong.append(time_problem(hours.end, f"{where}.end"))
    yield from wrong
    if hours.end is not None and not any(wrong) and hours.end <= hours.start:
        yield Problem(f"{where}.end", "ends before it begins", "split what goes on past midnight into two")


def _too_many(held: object, where: str, most: int) -> Iterator[Problem]:
    """Say that there are too many to look at each; of what is no tuple its shape is looked at."""
    if isinstance(held, tuple) and len(held) > most:
        yield Problem(where, f"there are {len(held)}", f"give at most {most}")


def _some(held: Sequence[object], where: str, most: int) -> Iterator[Problem]:
    if not 1 <= len(held) <= most:
        yield Problem(where, f"there are {len(held)}", f"give 1 to {most}")


def _twice(where: str, ids: Sequence[str], name: str = "id") -> Iterator[Problem]:
    seen: set[str] = set()
    for place, each in enumerate(ids):
        if each in seen:
            yield Problem(f"{where}[{place}].{name}", f"{shown(each)} stands twice", "give it once")
        seen.add(each)


def _at_least_one(value: int, where: str) -> Problem | None:
    return int_problem(value, where, least=1, most=_AMOUNT_MAX)


def _maybe(value: int | None, where: str) -> Problem | None:
    return None if value is None else _at_least_one(value, where)


def _above_zero(rate: Rate, where: str) -> Problem | None:
    return None if rate.ppm else Problem(where, "takes nothing off", 'a rate above "0%"')


def _only(found: Sequence[Problem | None]) -> tuple[Problem, ...]:
    return tuple([problem for problem in found if problem is not None])
