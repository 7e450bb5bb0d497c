"""What is impossible about carts, price lists, offers and freight templates.

The rule this file protects: an offer that is published can apply and takes off what it says, and all that is
wrong is said at once, with paths.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, assert_never

from distcore.kernel import (
    Problem,
    Rate,
    currency_problem,
    id_problem,
    int_problem,
    limits,
    path_problem,
    shape_problems,
    size_problems,
    text_problem,
    time_problem,
    twice_problems,
)
from distcore.pricing.amounts import AmountProblem, Found, amount_problem, told
from distcore.pricing.audience import Audience, Hours, Schedule
from distcore.pricing.cart import Cart, CartLine
from distcore.pricing.empty import exclude_each_other
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
    Threshold,
    UnitSteps,
)
from distcore.pricing.price import PriceList, PriceOf
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
    found: list[Found] = [
        currency_problem(cart.currency, "currency"),
        None if cart.lines else Problem("lines", "there are none", "put something into the cart"),
        *twice_problems("lines", [line.id for line in cart.lines], "give it once", ".id"),
        *(each for place, line in enumerate(cart.lines) for each in _line(line, f"lines[{place}]")),
        *(id_problem(each, f"coupons[{place}]") for place, each in enumerate(cart.coupons)),
        int_problem(cart.points, "points", least=0, most=_AMOUNT_MAX),
        amount_problem(cart.stored_value_minor, "stored_value_minor"),
        *_too_many(cart.shopper.groups, "shopper.groups", limits.SHOPPER_GROUPS_MAX),
        int_problem(cart.shopper.orders_before, "shopper.orders_before", least=0, most=limits.UNITS_MAX),
        text_problem(cart.channel, "channel"),
        id_problem(cart.group_sale, "group_sale") if cart.group_sale else None,
        None if not cart.region else path_problem(cart.region, "region"),
    ]
    return told(found, cart.currency) or told(_too_dear(cart), cart.currency)


def _line(line: CartLine, where: str) -> Iterator[Found]:
    yield id_problem(line.id, f"{where}.id")
    yield int_problem(line.units, f"{where}.units", least=1, most=limits.UNITS_MAX)
    yield from _goods(line.goods, f"{where}.goods")


def _goods(goods: Goods, where: str) -> Iterator[Found]:
    yield id_problem(goods.sku, f"{where}.sku")
    yield amount_problem(goods.list_minor, f"{where}.list_minor")
    yield amount_problem(goods.floor_minor, f"{where}.floor_minor")
    yield int_problem(goods.weight_grams, f"{where}.weight_grams", least=0, most=limits.UNITS_MAX)
    yield None if not goods.category else path_problem(goods.category, f"{where}.category")


def _too_dear(cart: Cart) -> Iterator[Found]:
    together = sum([line.goods.list_minor * line.units for line in cart.lines])
    if together > _AMOUNT_MAX:
        yield AmountProblem("lines", "they cost {0} at list prices", "at most {1}", (together, _AMOUNT_MAX))


def offer_problems(offer: Offer) -> tuple[Problem, ...]:
    """Return all that is impossible about an offer, with paths into its document."""
    misshapen = tuple(shape_problems(offer, Offer, "$"))
    if misshapen:
        return misshapen
    parts = [
        *_products(offer.products, "$.products"),
        *_effect(offer.effect, "$.effect"),
        *_threshold(offer.threshold, "$.threshold"),
    ]
    found: list[Found] = [
        id_problem(offer.id, "$.id"),
        currency_problem(offer.currency, "$.currency"),
        int_problem(offer.priority, "$.priority", least=-limits.PRIORITY_MAX, most=limits.PRIORITY_MAX),
        amount_problem(offer.worth_minor, "$.worth"),
        None if not offer.group else id_problem(offer.group, "$.group"),
        *parts,
        *(() if any(parts) else _together(offer)),
        *_audience(offer.audience, "$.audience"),
        *_schedule(offer.schedule, "$.schedule"),
    ]
    return told(found, offer.currency)


def _threshold(threshold: Threshold | None, where: str) -> Iterator[Found]:
    match threshold:
        case None:
            return
        case FromAmount(least_minor):
            yield amount_problem(least_minor, f"{where}.least", least=1)
        case FromUnits(least):
            yield _at_least_one(least, f"{where}.least")
        case _:
            assert_never(threshold)
    yield from _products(threshold.of, f"{where}.of")


def _together(offer: Offer) -> Iterator[Found]:
    """Say which parts of an offer, each sound by itself, leave it nothing to do, or take off too much."""
    products, effect, threshold = offer.products, offer.effect, offer.threshold
    if isinstance(effect, BuyGet) and effect.of is not None:
        bought = Not(effect.of) if products is None else AllOf((products, Not(effect.of)))
        if exclude_each_other(bought):
            message = "all that may be bought may be got, and what may be got does not count as bought"
            yield Problem("$.effect.of", message, "leave it out where both are the same products")
    if (
        isinstance(effect, AmountOff)
        and isinstance(threshold, FromAmount)
        and threshold.of in (None, products)
    ):
        yield from _off(effect, "$.effect", most=threshold.least_minor)


def price_list_problems(prices: PriceList) -> tuple[Problem, ...]:
    """Return all that is impossible about a price list, with paths into its document."""
    too_many = tuple(_too_many(getattr(prices, "prices", ()), "$.prices", limits.PRICES_MAX))
    misshapen = too_many or tuple(shape_problems(prices, PriceList, "$"))
    if misshapen:
        return misshapen
    found: list[Found] = [
        id_problem(prices.id, "$.id"),
        currency_problem(prices.currency, "$.currency"),
        int_problem(prices.priority, "$.priority", least=-limits.PRIORITY_MAX, most=limits.PRIORITY_MAX),
        *twice_problems("$.prices", [each.sku for each in prices.prices], "give it once", ".sku"),
        *_audience(prices.audience, "$.audience"),
        *_schedule(prices.schedule, "$.schedule"),
    ]
    for place, each in enumerate(prices.prices):
        where = f"$.prices[{place}]"
        found.append(id_problem(each.sku, f"{where}.sku"))
        found.extend(
            _rising(
                [step.from_units for step in each.breaks],
                f"{where}.breaks",
                "from_units",
            )
        )
        for at, step in enumerate(each.breaks):
            found.append(amount_problem(step.price_minor, f"{where}.breaks[{at}].price"))
        found.extend(_limits_of_price(each, where))
    return told(found, prices.currency)


def _limits_of_price(price: PriceOf, where: str) -> Iterator[Problem | None]:
    """Say what is wrong with how many units are sold at a price; it must be possible to buy some."""
    least = price.breaks[0].from_units if price.breaks else 1
    for name in ("total_max", "per_member_max"):
        most = getattr(price, name)
        if most is not None:
            wrong = int_problem(most, f"{where}.{name}", least=1, most=limits.UNITS_MAX)
            yield wrong
            if wrong is None and most < least:
                message = f"is {most}, and the price begins at {least} units"
                yield Problem(f"{where}.{name}", message, f"at least {least}")


def template_problems(template: FreightTemplate) -> tuple[Problem, ...]:
    """Return all that is impossible about a freight template, with paths into its document."""
    misshapen = tuple(shape_problems(template, FreightTemplate, "$"))
    if misshapen:
        return misshapen
    found: list[Found] = [
        id_problem(template.id, "$.id"),
        currency_problem(template.currency, "$.currency"),
        *size_problems("$.zones", len(template.zones), limits.BREAKS_MAX),
    ]
    for place, zone in enumerate(template.zones):
        where = f"$.zones[{place}]"
        found.extend(_too_many(zone.regions, f"{where}.regions", limits.AUDIENCE_MAX))
        found.extend(path_problem(each, f"{where}.regions[{at}]") for at, each in enumerate(zone.regions))
        found.extend(_charge(zone.charge, f"{where}.charge"))
        if zone.free_from_minor is not None:
            found.append(amount_problem(zone.free_from_minor, f"{where}.free_from"))
        if not zone.regions and place < len(template.zones) - 1:
            everywhere = "put the one for everywhere last"
            found.append(Problem(f"{where}.regions", "no zone behind it is reached", everywhere))
    return told(found, template.currency)


def points_problems(policy: PointsPolicy, currency: str = "") -> tuple[Problem, ...]:
    """Return all that is impossible about what points are worth; its amount is told in a currency."""
    misshapen = tuple(shape_problems(policy, PointsPolicy, "$"))
    if misshapen:
        return misshapen
    found = [
        _at_least_one(policy.points, "$.points"),
        amount_problem(policy.amount_minor, "$.amount", least=1),
        int_problem(policy.least, "$.least", least=0, most=_AMOUNT_MAX),
    ]
    return told(found, currency)


# ---- parts


def _charge(charge: Charge, where: str) -> Iterator[Found]:
    match charge:
        case ByWeight(first, first_minor, each, each_minor):
            yield int_problem(first, f"{where}.first_grams", least=0, most=limits.UNITS_MAX)
            yield int_problem(each, f"{where}.each_grams", least=1, most=limits.UNITS_MAX)
            yield amount_problem(first_minor, f"{where}.first")
            yield amount_problem(each_minor, f"{where}.each")
        case ByPieces(first, first_minor, each, each_minor):
            yield int_problem(first, f"{where}.first_units", least=0, most=limits.UNITS_MAX)
            yield int_problem(each, f"{where}.each_units", least=1, most=limits.UNITS_MAX)
            yield amount_problem(first_minor, f"{where}.first")
            yield amount_problem(each_minor, f"{where}.each")
        case ByAmount(steps):
            yield from _rising_amounts([step.from_minor for step in steps], f"{where}.steps", "from", least=0)
            for place, step in enumerate(steps):
                yield amount_problem(step.charge_minor, f"{where}.steps[{place}].charge")
        case _:
            assert_never(charge)


def _effect(effect: Effect, where: str) -> Iterator[Found]:
    if isinstance(effect, Extra):
        yield from _extra(effect, where)
    else:
        yield from _discount(effect, where)


def _extra(effect: Extra, where: str) -> Iterator[Found]:
    match effect:
        case Gift(sku, units):
            yield id_problem(sku, f"{where}.sku")
            yield _at_least_one(units, f"{where}.units")
        case ShippingOff(off):
            yield from _off(off, f"{where}.off")
        case ExtraPoints(points, every_minor):
            yield int_problem(points, f"{where}.points", least=1, most=limits.POINTS_MAX)
            yield _maybe_amount(every_minor, f"{where}.every")
        case LaterCoupon(template, coupons):
            yield id_problem(template, f"{where}.template")
            yield int_problem(coupons, f"{where}.coupons", least=1, most=limits.COUPONS_MAX)
        case _:
            assert_never(effect)


def _discount(effect: Discount, where: str) -> Iterator[Found]:
    match effect:
        case PercentOff() | AmountOff():
            yield from _off(effect, where)
        case FixedPrice(price_minor):
            yield amount_problem(price_minor, f"{where}.price")
        case AmountSteps() | UnitSteps() | EveryAmount() | EveryUnits():
            yield from _by_thresholds(effect, where)
        case NthUnit(nth, rate):
            yield int_problem(nth, f"{where}.nth", least=2, most=limits.UNITS_MAX)
            yield _above_zero(rate, f"{where}.rate")
        case BuyGet():
            yield from _buy_get(effect, where)
        case Bundle(units, price_minor, times_max):
            yield int_problem(units, f"{where}.units", least=2, most=limits.UNITS_MAX)
            yield amount_problem(price_minor, f"{where}.price")
            yield _maybe(times_max, f"{where}.times_max")
        case _:
            assert_never(effect)


def _by_thresholds(effect: AmountSteps | UnitSteps | EveryAmount | EveryUnits, where: str) -> Iterator[Found]:
    match effect:
        case AmountSteps(steps):
            yield from _rising_amounts([step.least_minor for step in steps], f"{where}.steps", "least")
            for place, step in enumerate(steps):
                yield from _off(step.off, f"{where}.steps[{place}].off", most=step.least_minor)
        case UnitSteps(steps):
            yield from _rising([step.least for step in steps], f"{where}.steps", "least")
            for place, by_units in enumerate(steps):
                yield from _off(by_units.off, f"{where}.steps[{place}].off")
        case EveryAmount(every_minor, amount_minor, times_max):
            yield amount_problem(every_minor, f"{where}.every", least=1)
            yield from _off(AmountOff(amount_minor), where, most=every_minor)
            yield _maybe(times_max, f"{where}.times_max")
        case EveryUnits(every, amount_minor, times_max):
            yield int_problem(every, f"{where}.every", least=1, most=limits.UNITS_MAX)
            yield from _off(AmountOff(amount_minor), where)
            yield _maybe(times_max, f"{where}.times_max")
        case _:
            assert_never(effect)


def _buy_get(effect: BuyGet, where: str) -> Iterator[Found]:
    yield _at_least_one(effect.buy, f"{where}.buy")
    yield _at_least_one(effect.get, f"{where}.get")
    yield _above_zero(effect.rate, f"{where}.rate")
    yield _maybe(effect.times_max, f"{where}.times_max")
    yield from _products(effect.of, f"{where}.of")


def _off(off: PercentOff | AmountOff, where: str, *, most: int = _AMOUNT_MAX) -> Iterator[Found]:
    """Yield what is wrong with what is taken off something of which there may be only so much.

    What can't be itself bounds nothing: it is named, and not what is compared with it.
    """
    match off:
        case PercentOff(rate, most_minor):
            yield _above_zero(rate, f"{where}.rate")
            yield _maybe_amount(most_minor, f"{where}.most")
        case AmountOff(amount_minor) if 0 < most < amount_minor:
            yield AmountProblem(f"{where}.amount", "more than what it is taken off", "at most {0}", (most,))
        case AmountOff(amount_minor):
            yield amount_problem(amount_minor, f"{where}.amount", least=1)
        case _:
            assert_never(off)


def _rising(values: Sequence[int], where: str, name: str) -> Iterator[Found]:
    """Yield what is wrong with units that begin the steps of something."""
    yield from size_problems(where, len(values), limits.BREAKS_MAX)
    for place, value in enumerate(values):
        yield int_problem(value, f"{where}[{place}].{name}", least=1, most=limits.UNITS_MAX)
    for place, low, high in _falling(values):
        yield Problem(f"{where}[{place}].{name}", _NOT_AFTER.format(high, low), _RISE)


def _rising_amounts(values: Sequence[int], where: str, name: str, *, least: int = 1) -> Iterator[Found]:
    """Yield what is wrong with amounts that begin the steps of something."""
    yield from size_problems(where, len(values), limits.BREAKS_MAX)
    for place, value in enumerate(values):
        yield amount_problem(value, f"{where}[{place}].{name}", least=least)
    for place, low, high in _falling(values):
        yield AmountProblem(f"{where}[{place}].{name}", _NOT_AFTER, _RISE, (high, low))


_NOT_AFTER: Final = "{0} does not come after {1}"
_RISE: Final = "let them rise"


def _falling(values: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """Yield the places at which values do not rise, each with the value before and its own."""
    return ((place, low, high) for place, (low, high) in enumerate(pairwise(values), 1) if high <= low)


def _products(products: Products | None, where: str) -> Iterator[Problem]:
    """Yield what is wrong with a set; of one that is sound, that nothing can belong to it."""
    if products is None:
        return
    wrong = [problem for problem in _parts_of(products, where) if problem is not None]
    yield from wrong
    if not wrong and exclude_each_other(products):
        yield Problem(where, "no product can belong to it", "take out what excludes the rest")


def _parts_of(products: Products, where: str) -> Iterator[Problem | None]:
    match products:
        case CategoryIs(category):
            yield path_problem(category, f"{where}.category")
        case SkuIn(names):
            yield from _names(names, f"{where}.skus")
        case BrandIn(names):
            yield from _names(names, f"{where}.brands")
        case TagIn(names):
            yield from _names(names, f"{where}.tags")
        case AllOf(sets) | AnyOf(sets):
            yield from size_problems(f"{where}.sets", len(sets), limits.BREAKS_MAX)
            for place, each in enumerate(sets):
                yield from _parts_of(each, f"{where}.sets[{place}]")
        case Not(other):
            yield from _parts_of(other, f"{where}.set")
        case _:
            assert_never(products)


def _names(names: Sequence[str], where: str) -> Iterator[Problem | None]:
    yield from size_problems(where, len(names), limits.PRICES_MAX)
    yield from (id_problem(name, f"{where}[{place}]") for place, name in enumerate(names))


def _audience(audience: Audience, where: str) -> Iterator[Problem | None]:
    for name, problem_of in _NAMED_BY_AUDIENCES.items():
        named = getattr(audience, name)
        too_many = [*_too_many(named, f"{where}.{name}", limits.AUDIENCE_MAX)]
        yield from too_many or (problem_of(each, f"{where}.{name}[{at}]") for at, each in enumerate(named))


_NAMED_BY_AUDIENCES: Final = {
    "tiers": text_problem,
    "groups": text_problem,
    "channels": text_problem,
    "regions": path_problem,
    "group_sales": id_problem,
}


def _schedule(schedule: Schedule, where: str) -> Iterator[Problem | None]:
    start, end = schedule.valid_from, schedule.valid_until
    if start is not None and end is not None and end <= start:
        yield Problem(f"{where}.valid_until", "ends before it begins", "it is exclusive, after valid_from")
    yield from _too_many(schedule.hours, f"{where}.hours", limits.HOURS_MAX)
    for place, hours in enumerate(schedule.hours):
        yield from _hours(hours, f"{where}.hours[{place}]")


def _hours(hours: Hours, where: str) -> Iterator[Problem | None]:
    yield from size_problems(f"{where}.weekdays", len(hours.weekdays), 7)
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


def _at_least_one(value: int, where: str) -> Problem | None:
    return int_problem(value, where, least=1, most=_AMOUNT_MAX)


def _maybe(value: int | None, where: str) -> Problem | None:
    return None if value is None else _at_least_one(value, where)


def _maybe_amount(value: int | None, where: str) -> Found:
    return None if value is None else amount_problem(value, where, least=1)


def _above_zero(rate: Rate, where: str) -> Problem | None:
    return None if rate.ppm else Problem(where, "takes nothing off", 'a rate above "0%"')
