"""Named builders and random worlds for pricing: carts, offers, price lists and what comes back.

>>> from distcore.pricing import AmountOff, FromAmount
>>> quoted(a_cart(goods("tea", 29_000), goods("cup", 1_000)), an_offer(
...     AmountOff(10_000), threshold=FromAmount(30_000))).payable_minor
20000
"""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from random import Random
from typing import Any, Final

from attrs import evolve

from distcore.kernel import Currency, Instant, LineId, Rate, Sku, Weekday, limits, zone_of
from distcore.pricing import (
    ALWAYS,
    ANYBODY,
    AllOf,
    AmountCharge,
    AmountOff,
    AmountStep,
    AmountSteps,
    AnyOf,
    Audience,
    Basis,
    Book,
    BrandIn,
    Break,
    Bundle,
    BuyGet,
    ByAmount,
    ByPieces,
    ByWeight,
    Cart,
    CartLine,
    CategoryIs,
    Charge,
    Effect,
    EveryAmount,
    EveryUnits,
    ExtraPoints,
    FixedPrice,
    FreightTemplate,
    FromAmount,
    FromUnits,
    Gift,
    Goods,
    Hours,
    LaterCoupon,
    Not,
    NthUnit,
    Offer,
    PercentOff,
    PriceList,
    PriceOf,
    Products,
    Quote,
    Schedule,
    ShippingOff,
    SkuIn,
    Stage,
    TagIn,
    Tax,
    UnitStep,
    UnitSteps,
    Which,
    Zone,
    offer_problems,
    quote,
)

CNY: Final = Currency("CNY")
AT: Final = datetime(2026, 11, 11, 12, tzinfo=UTC)
BOOK: Final = Book(CNY, zone_of("Asia/Shanghai"))


def goods(sku: str = "tea", list_minor: int = 10_000, **more: Any) -> Goods:
    """Return a product."""
    return Goods(Sku(sku), list_minor, **more)


def a_cart(*lines: Goods | tuple[Goods, int], **more: Any) -> Cart:
    """Return a cart with a line for each product, of one unit if no number is given."""
    each = [line if isinstance(line, tuple) else (line, 1) for line in lines]
    held = tuple(CartLine(LineId(f"{place:03}"), *line) for place, line in enumerate(each, 1))
    return Cart(CNY, held, **more)


def an_offer(effect: Effect, name: str = "offer", **more: Any) -> Offer:
    """Return an offer for everything, everybody and all times."""
    return evolve(Offer(name, CNY, effect), **more)


def percent(rate: str) -> PercentOff:
    """Return an effect like `percent("10%")`."""
    return PercentOff(Rate.parse(rate))


def quoted(cart: Cart, *offers: Offer, book: Book = BOOK, at: Instant = AT) -> Quote:
    """Return the quote of a cart at noon of a great day, good for half an hour."""
    return quote(cart, book, offers, at=at, valid_until=at + timedelta(minutes=30))


# ---- random worlds

_CATEGORIES: Final = ("", "food", "food/tea", "home")
_BRANDS: Final = ("", "lu", "mo")
_TAGS: Final = ((), ("new",), ("new", "gift"))
_TAXES: Final = (None, Tax(Rate.parse("13%")), Tax(Rate.parse("13%"), included=False))


def random_goods(random: Random, sku: str) -> Goods:
    """Return a product of any price, often with a floor."""
    list_minor = random.choice([0, 1, 99, 100, 333, 1_000, random.randrange(20_000)])
    return Goods(
        Sku(sku),
        list_minor,
        random.choice([0, 0, list_minor // 2, list_minor, list_minor + 5]),
        random.choice(_CATEGORIES),
        random.choice(_BRANDS),
        random.choice(_TAGS),
        tax=random.choice(_TAXES),
    )


def random_cart(random: Random, lines_max: int = 5) -> Cart:
    """Return a cart of some lines, now and then two of one product."""
    known = [random_goods(random, f"sku {place}") for place in range(lines_max)]
    lines = [
        CartLine(LineId(str(place)), random.choice(known), random.choice([1, 1, 2, 3, 7, 100]))
        for place in range(random.randrange(1, lines_max + 1))
    ]
    random.shuffle(lines)
    return Cart(CNY, tuple(lines))


_SETS: Final[tuple[Products, ...]] = (
    SkuIn(("sku 0", "sku 2")),
    SkuIn(("sku 1",)),
    CategoryIs("food"),
    CategoryIs("food/tea"),
    BrandIn(("lu",)),
    TagIn(("new", "gift")),
)


def random_products(random: Random) -> Products | None:
    """Return a set of products; half of the offers are for everything."""
    kind = random.randint(0, 9)
    if kind > 4:
        return None
    one, other = random.choice(_SETS), random.choice(_SETS)
    return (one, other, Not(one), AllOf((one, Not(other))), AnyOf((one, other)))[kind]


def random_off(random: Random, most_minor: int) -> PercentOff | AmountOff:
    """Return a share, perhaps a capped one, or an amount."""
    rate = Rate(random.choice([1, 50_000, 100_000, 333_333, 1_000_000]))
    amount = random.randint(1, most_minor)
    each: tuple[PercentOff | AmountOff, ...] = (PercentOff(rate), PercentOff(rate, amount), AmountOff(amount))
    return random.choice(each)


def random_discount(random: Random) -> Effect:
    """Return an effect that takes something off goods, each kind as often as the others."""
    rate, which = Rate(random.choice([500_000, 300_001, 1_000_000])), random.choice(list(Which))
    times_max, count = random.choice([None, 1, 3]), random.randint(1, 5)
    amount, steps = random.randint(100, 20_000), range(1, random.randint(2, 4))
    each: tuple[Effect, ...] = (
        random_off(random, 3_000),
        FixedPrice(random.choice([0, 50, 999])),
        AmountSteps(tuple(AmountStep(amount * place, random_off(random, amount)) for place in steps)),
        UnitSteps(tuple(UnitStep(count * place, random_off(random, 3_000)) for place in steps)),
        EveryAmount(amount, random.randint(1, amount), times_max),
        EveryUnits(count, random.randint(1, 2_000), times_max),
        NthUnit(random.randint(2, 4), rate, which),
        BuyGet(random.randint(1, 3), random.randint(1, 3), rate, which, random_products(random), times_max),
        Bundle(random.randint(2, 4), random.choice([0, 100, 2_500]), times_max),
    )
    return random.choice(each)


def random_offer(random: Random, name: str) -> Offer:
    """Return an offer of any kind that may be published: what is impossible is drawn again."""
    found = _drawn_offer(random, name)
    while offer_problems(found):
        found = _drawn_offer(random, name)
    return found


def _drawn_offer(random: Random, name: str) -> Offer:
    """Return an offer of any kind, with or without a threshold, alone, in a group, or for everybody."""
    gives = (Gift(Sku("spoon")), ShippingOff(random_off(random, 500)), ExtraPoints(3, 1_000))
    of = random_products(random)
    amount, units = FromAmount(random.randint(1, 20_000), of), FromUnits(random.randint(1, 6), of)
    threshold = random.choice([None, None, None, None, amount, units])
    return Offer(
        name,
        CNY,
        random.choice(gives) if not random.randrange(6) else random_discount(random),
        random_products(random),
        threshold,
        random.choice(list(Basis)),
        random.choice(list(Stage)),
        random.randint(0, 2),
        random.choice(["", "", "", "a", "b"]),
        not random.randrange(10),
        worth_minor=random.choice([0, 0, 0, 700]),
    )


def random_offers(random: Random, offers_max: int) -> list[Offer]:
    """Return some offers, in any order."""
    found = [random_offer(random, f"offer {place}") for place in range(random.randint(1, offers_max))]
    random.shuffle(found)
    return found


def in_turn(offers: Sequence[Offer]) -> list[Offer]:
    """Return the same offers, no two of one priority: their order is settled."""
    return [evolve(each, priority=place) for place, each in enumerate(offers)]


# ---- random documents: all of them are legal

_TIERS: Final = ((), ("gold",), ("", "gold", "特级"))
_GROUPS: Final = ((), ("staff",), ("staff", "Staff "))
_CHANNELS: Final = ((), ("app",), ("app", "小程序"))
_REGIONS: Final = ((), ("cn",), ("cn/zj/hangzhou", "cn/sh"))
_AMOUNTS_MINOR: Final = (0, 1, 99, 100, 1_250, limits.AMOUNT_MINOR_MAX)


def random_audience(random: Random) -> Audience:
    """Return for whom something is; every second time for everybody."""
    if random.randrange(2):
        return ANYBODY
    return Audience(
        random.choice(_TIERS),
        random.choice(_GROUPS),
        random.choice(_CHANNELS),
        random.choice(_REGIONS),
        newcomers=random.choice([False, True]),
    )


def random_schedule(random: Random) -> Schedule:
    """Return when something is; every second time always."""
    if random.randrange(2):
        return ALWAYS
    return Schedule(
        random.choice([None, AT, AT - timedelta(days=1, microseconds=1)]),
        random.choice([None, AT + timedelta(microseconds=1), AT + timedelta(days=1)]),
        tuple([random_hours(random) for _ in range(random.randrange(3))]),
    )


def random_hours(random: Random) -> Hours:
    """Return some hours of some days, to the second."""
    start, end = sorted(random.sample(range(0, 24 * 60 * 60, random.choice([1, 15 * 60])), 2))
    days = random.sample(list(Weekday), random.randint(1, 7))
    return Hours(tuple(days), random.choice([time(), _clock(start)]), random.choice([None, _clock(end)]))


def _clock(seconds: int) -> time:
    return (AT.replace(hour=0) + timedelta(seconds=seconds)).time()


def random_offer_for_some(random: Random, name: str = "offer") -> Offer:
    """Return an offer that may also be for some buyers, at some times, by a coupon, or of later coupons."""
    offer = random_offer(random, name)
    return evolve(
        offer,
        effect=offer.effect if random.randrange(10) else LaterCoupon("thanks", random.randint(1, 3)),
        by_coupon=not random.randrange(4),
        audience=random_audience(random),
        schedule=random_schedule(random),
    )


def random_price_list(random: Random, name: str = "list") -> PriceList:
    """Return up to five prices by quantity, of products that random carts have."""
    prices = [_random_price(random, f"sku {place}") for place in range(random.randrange(6))]
    return PriceList(
        name,
        CNY,
        tuple(prices),
        random.randint(-2, 2),
        random_audience(random),
        random_schedule(random),
    )


def _random_price(random: Random, sku: str) -> PriceOf:
    """Return breaks in rising order; dearer by the dozen is legal, too.  At some only so many are sold."""
    units = sorted(random.sample([1, 2, 3, 12, 100, limits.UNITS_MAX], random.randint(1, 3)))
    breaks = tuple([Break(each, random.choice(_AMOUNTS_MINOR)) for each in units])
    most = [None, None, None, units[0], max(units[0], 7), limits.UNITS_MAX]
    return PriceOf(Sku(sku), breaks, random.choice(most), random.choice(most))


def random_template(random: Random, name: str = "freight") -> FreightTemplate:
    """Return a template of up to three zones that name regions, and perhaps one for everywhere else."""
    named = [_random_zone(random, random.choice(_REGIONS[1:])) for _ in range(random.randrange(4))]
    rest = [_random_zone(random, ())] if not named or random.randrange(2) else []
    return FreightTemplate(name, CNY, (*named, *rest))


def _random_zone(random: Random, regions: tuple[str, ...]) -> Zone:
    return Zone(_random_charge(random), regions, random.choice([None, *_AMOUNTS_MINOR]))


def _random_charge(random: Random) -> Charge:
    first, each = random.choice([0, 1, 1_000]), random.choice([1, 500])
    one, other = random.choice(_AMOUNTS_MINOR), random.choice(_AMOUNTS_MINOR)
    rising = sorted(random.sample(_AMOUNTS_MINOR, random.randint(1, 3)))
    charges: tuple[Charge, ...] = (
        ByWeight(first, one, each, other),
        ByPieces(first, one, each, other),
        ByAmount(tuple([AmountCharge(least, random.choice(_AMOUNTS_MINOR)) for least in rising])),
    )
    return random.choice(charges)
