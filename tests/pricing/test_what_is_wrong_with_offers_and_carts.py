"""All that is wrong is said at once, with paths; and quickly, however much there is."""

from datetime import UTC, time, timedelta
from time import process_time
from typing import Any, cast

import pytest
from attrs import evolve

from distcore.kernel import Currency, LineId, Problem, Rate, Sku, Weekday, limits
from distcore.pricing import (
    AllOf,
    AmountCharge,
    AmountOff,
    AmountStep,
    AmountSteps,
    AnyOf,
    Audience,
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
    Effect,
    EveryAmount,
    EveryUnits,
    ExtraPoints,
    FixedPrice,
    FreightTemplate,
    FromAmount,
    Gift,
    Hours,
    LaterCoupon,
    Not,
    NthUnit,
    PercentOff,
    PointsPolicy,
    PriceList,
    PriceOf,
    Products,
    Schedule,
    ShippingOff,
    Shopper,
    SkuIn,
    TagIn,
    UnitStep,
    UnitSteps,
    Zone,
    cart_problems,
    offer_problems,
    points_problems,
    price_list_problems,
    template_problems,
)
from distcore.testing.carts import AT, CNY, a_cart, an_offer, goods, percent

ZERO = Rate.parse("0%")
CART = a_cart(goods())
WEEK = tuple(Weekday)


def places(problems: tuple[Problem, ...]) -> list[str]:
    return [problem.where for problem in problems]


@pytest.mark.parametrize(
    ("effect", "where"),
    [
        (PercentOff(ZERO), "$.effect.rate"),
        (PercentOff(Rate.parse("1%"), 0), "$.effect.most"),
        (AmountOff(0), "$.effect.amount"),
        (AmountOff(10**30), "$.effect.amount"),
        (FixedPrice(-1), "$.effect.price"),
        (AmountSteps(()), "$.effect.steps"),
        (
            AmountSteps((AmountStep(200, AmountOff(10)), AmountStep(100, AmountOff(20)))),
            "$.effect.steps[1].least",
        ),
        (
            AmountSteps((AmountStep(100, AmountOff(10)), AmountStep(100, AmountOff(20)))),
            "$.effect.steps[1].least",
        ),
        (AmountSteps((AmountStep(100, AmountOff(101)),)), "$.effect.steps[0].off.amount"),
        (EveryUnits(0, 1), "$.effect.every"),
        (EveryAmount(100, 101), "$.effect.amount"),
        (EveryAmount(0, 101), "$.effect.every"),
        (EveryAmount(100, 1, times_max=0), "$.effect.times_max"),
        (NthUnit(1, Rate.parse("50%")), "$.effect.nth"),
        (NthUnit(2, ZERO), "$.effect.rate"),
        (BuyGet(0, 1), "$.effect.buy"),
        (BuyGet(3, 0), "$.effect.get"),
        (BuyGet(3, 1, of=SkuIn(())), "$.effect.of.skus"),
        (Bundle(1, 100), "$.effect.units"),
        (Gift(Sku(""), 1), "$.effect.sku"),
        (Gift(Sku("spoon"), 0), "$.effect.units"),
        (ShippingOff(AmountOff(-5)), "$.effect.off.amount"),
        (ExtraPoints(0), "$.effect.points"),
        (ExtraPoints(1, 0), "$.effect.every"),
        (LaterCoupon("x", 10**6), "$.effect.coupons"),
        (LaterCoupon("x", True), "$.effect.coupons"),
        ("10%", "$.effect"),
    ],
)
def test_an_effect_that_is_impossible_is_named(effect: Effect, where: str) -> None:
    assert places(offer_problems(an_offer(effect))) == [where]


@pytest.mark.parametrize(
    ("products", "where"),
    [
        (SkuIn(()), "$.products.skus"),
        (SkuIn(("tea", "")), "$.products.skus[1]"),
        (BrandIn((" ",)), "$.products.brands[0]"),
        (TagIn(()), "$.products.tags"),
        (CategoryIs("/food"), "$.products.category"),
        (AllOf(()), "$.products.sets"),
        (AnyOf((SkuIn(("tea",)), Not(SkuIn(())))), "$.products.sets[1].set.skus"),
    ],
)
def test_a_set_that_holds_nothing_is_named(products: Products, where: str) -> None:
    assert places(offer_problems(an_offer(AmountOff(1), products=products))) == [where]


TEA, CUP = SkuIn(("tea",)), SkuIn(("cup",))


@pytest.mark.parametrize(
    ("products", "effect", "of", "where"),
    [
        (AllOf((TEA, Not(TEA))), AmountOff(1), None, "$.products"),
        (AllOf((TEA, CUP)), AmountOff(1), None, "$.products"),
        (None, BuyGet(3, 1, of=AllOf((TEA, Not(TEA)))), None, "$.effect.of"),
        (None, AmountOff(1), AllOf((TEA, CUP)), "$.threshold.of"),
        (TEA, BuyGet(3, 1, of=TEA), None, "$.effect.of"),
        (TEA, BuyGet(3, 1, of=SkuIn(("cup", "tea"))), None, "$.effect.of"),
        (None, BuyGet(3, 1, of=AnyOf((TEA, Not(TEA)))), None, "$.effect.of"),
        (TEA, AmountOff(101), TEA, "$.effect.amount"),
        (None, AmountOff(101), None, "$.effect.amount"),
    ],
)
def test_what_leaves_an_offer_nothing_to_do_is_named(
    products: Products | None, effect: Effect, of: Products | None, where: str
) -> None:
    offer = an_offer(effect, products=products, threshold=FromAmount(100, of))
    assert places(offer_problems(offer)) == [where]


@pytest.mark.parametrize(
    ("products", "effect", "of"),
    [
        (SkuIn(("tea", "cup")), BuyGet(3, 1, of=TEA), None),
        (None, BuyGet(3, 1, of=TEA), None),
        (TEA, AmountOff(101), CUP),
        (None, AmountOff(100), None),
        (None, ShippingOff(AmountOff(101)), None),
    ],
)
def test_what_leaves_it_something_is_not(
    products: Products | None, effect: Effect, of: Products | None
) -> None:
    assert offer_problems(an_offer(effect, products=products, threshold=FromAmount(100, of))) == ()


def test_a_mistake_elsewhere_hides_nothing() -> None:
    offer = an_offer(AmountOff(101), threshold=FromAmount(100), audience=Audience(("\n",)))
    assert places(offer_problems(offer)) == ["$.effect.amount", "$.audience.tiers[0]"]


def test_amounts_are_told_as_they_are_written() -> None:
    steps = AmountSteps((AmountStep(20_000, AmountOff(1)), AmountStep(10_000, AmountOff(20_000))))
    assert list(map(str, offer_problems(an_offer(steps)))) == [
        "$.effect.steps[1].least: 100.00 CNY does not come after 200.00 CNY (let them rise)",
        "$.effect.steps[1].off.amount: more than what it is taken off (at most 100.00 CNY)",
    ]
    yen = an_offer(FixedPrice(-1), currency=Currency("JPY"))
    told = "$.effect.price: out of range: -1 JPY (from 0 JPY to 1000000000000000 JPY)"
    assert list(map(str, offer_problems(yen))) == [told]
    unknown = an_offer(FixedPrice(-1), currency=Currency("?"))
    assert [each.message for each in offer_problems(unknown)][1] == "out of range: -1 minor units"
    (huge,) = offer_problems(an_offer(FixedPrice(10**5_000)))
    assert huge.message == "out of range: <int> minor units"
    gold = a_cart((goods("gold", 10**14), 11))
    (dear,) = cart_problems(gold)
    assert str(dear) == (
        "lines: they cost 11000000000000.00 CNY at list prices (at most 10000000000000.00 CNY)"
    )
    (amount,) = points_problems(PointsPolicy(1, 0), "CNY")
    assert amount.message == "out of range: 0.00 CNY"
    assert points_problems(PointsPolicy(1, 0))[0].message == "out of range: 0 minor units"


def test_all_that_is_wrong_with_an_offer_is_said_at_once() -> None:
    offer = an_offer(
        AmountOff(0),
        "",
        currency="XXX",
        priority=10**9,
        worth_minor=-1,
        group="\x00",
        threshold=FromAmount(0, of=SkuIn(())),
        audience=Audience(tiers=("\n",), regions=("cn/",)),
        schedule=Schedule(AT, AT, (Hours((), time(1), time(1)),)),
    )
    assert places(offer_problems(offer)) == [
        "$.id",
        "$.currency",
        "$.priority",
        "$.worth",
        "$.group",
        "$.effect.amount",
        "$.threshold.least",
        "$.threshold.of.skus",
        "$.audience.tiers[0]",
        "$.audience.regions[0]",
        "$.schedule.valid_until",
        "$.schedule.hours[0].weekdays",
        "$.schedule.hours[0].end",
    ]


@pytest.mark.parametrize(
    ("hours", "where"),
    [
        (Hours(WEEK, time(20), time(20)), ["end"]),
        (Hours(WEEK, time(20), time()), ["end"]),
        (Hours(WEEK, time(20, tzinfo=UTC), time(21)), ["start"]),
        (Hours(WEEK, time(20), time(19, tzinfo=UTC)), ["end"]),
        (Hours(WEEK, time(20, tzinfo=UTC), time(19, tzinfo=UTC)), ["start", "end"]),
        (Hours(WEEK, time(20, 0, 0, 1)), ["start"]),
        (Hours(WEEK, cast(Any, "20:00")), ["start"]),
        (Hours(WEEK, time(20), cast(Any, AT)), ["end"]),
    ],
)
def test_hours_are_those_of_the_clock_of_the_shop(hours: Hours, where: list[str]) -> None:
    offer = an_offer(AmountOff(1), schedule=Schedule(hours=(hours,)))
    assert places(offer_problems(offer)) == [f"$.schedule.hours[0].{name}" for name in where]


def test_a_good_offer_has_no_problem() -> None:
    products = AllOf((CategoryIs("food"), Not(TagIn(("new",)))))
    hours = (Hours((Weekday.MONDAY,), time(9), time(9, 30)),)
    offer = an_offer(
        UnitSteps((UnitStep(1, percent("1%")), UnitStep(2, AmountOff(300)))),
        products=products,
        threshold=FromAmount(1),
        group="g",
        audience=Audience(("gold",), regions=("cn",)),
        schedule=Schedule(AT, AT + timedelta(days=1), hours),
    )
    assert offer_problems(offer) == ()


def test_a_price_list_is_checked_whole() -> None:
    breaks = (Break(0, -1), Break(5, 10), Break(5, 9))
    prices = (PriceOf(Sku("tea"), breaks), PriceOf(Sku("tea"), ()), PriceOf(Sku(" "), (Break(1, 1),)))
    assert places(price_list_problems(PriceList("", CNY, prices, 10**9))) == [
        "$.id",
        "$.priority",
        "$.prices[1].sku",
        "$.prices[0].breaks[0].from_units",
        "$.prices[0].breaks[2].from_units",
        "$.prices[0].breaks[0].price",
        "$.prices[1].breaks",
        "$.prices[2].sku",
    ]
    assert places(price_list_problems(PriceList("a", CNY, [Break(1, 1)]))) == ["$.prices"]  # type: ignore[arg-type]
    too_many = (PriceOf(Sku("tea"), (Break(1, 1),)),) * (limits.PRICES_MAX + 1)
    assert places(price_list_problems(PriceList("a", CNY, too_many))) == ["$.prices"]
    assert price_list_problems(PriceList("a", CNY, prices[2:0])) == ()


def test_templates_and_points_are_checked_whole() -> None:
    steps = (AmountCharge(5, 1), AmountCharge(5, -1))
    zones = (
        Zone(ByWeight(-1, -1, 0, -1), free_from_minor=-1),
        Zone(ByPieces(-1, -1, 0, -1), ("/",)),
        Zone(ByAmount(steps), ("cn",)),
    )
    assert places(template_problems(FreightTemplate("", Currency("x"), zones))) == [
        "$.id",
        "$.currency",
        "$.zones[0].charge.first_grams",
        "$.zones[0].charge.each_grams",
        "$.zones[0].charge.first",
        "$.zones[0].charge.each",
        "$.zones[0].free_from",
        "$.zones[0].regions",
        "$.zones[1].regions[0]",
        "$.zones[1].charge.first_units",
        "$.zones[1].charge.each_units",
        "$.zones[1].charge.first",
        "$.zones[1].charge.each",
        "$.zones[2].charge.steps[1].from",
        "$.zones[2].charge.steps[1].charge",
    ]
    assert places(template_problems(FreightTemplate("a", CNY, ()))) == ["$.zones"]
    assert places(template_problems(FreightTemplate("a", CNY, cast(Any, "all")))) == ["$.zones"]
    assert template_problems(FreightTemplate("a", CNY, (Zone(ByAmount((AmountCharge(0, 5),))),))) == ()
    assert places(points_problems(PointsPolicy(0, 0, ZERO, -1))) == ["$.points", "$.amount", "$.least"]
    assert places(points_problems(PointsPolicy(True))) == ["$.points"]
    assert points_problems(PointsPolicy()) == ()


def with_units(units: Any) -> Cart:
    return evolve(CART, lines=(evolve(CART.lines[0], units=units),))


@pytest.mark.parametrize("units", [0, -1, 1.5, True, "3", 10**30, None])
def test_units_that_are_none_are_refused(units: object) -> None:
    assert places(cart_problems(with_units(units))) == ["lines[0].units"]


@pytest.mark.parametrize(
    ("cart", "where"),
    [
        (evolve(CART, lines=()), ["lines"]),
        (evolve(CART, lines=CART.lines * 2), ["lines[1].id"]),
        (
            evolve(CART, currency=Currency("cny"), points=-1, stored_value_minor=-1),
            ["currency", "points", "stored_value_minor"],
        ),
        (evolve(CART, region="cn/", channel="\n", coupons=("",)), ["coupons[0]", "channel", "region"]),
        (
            a_cart(goods("", -1, floor_minor=-1, category="/", weight_grams=-1)),
            [
                "lines[0].goods.sku",
                "lines[0].goods.list_minor",
                "lines[0].goods.floor_minor",
                "lines[0].goods.weight_grams",
                "lines[0].goods.category",
            ],
        ),
        (a_cart((goods("tea", 10**10), 10**9)), ["lines"]),
        (evolve(CART, lines=cast(Any, "all")), ["lines"]),
    ],
)
def test_a_cart_that_is_impossible_is_named(cart: Cart, where: list[str]) -> None:
    assert places(cart_problems(cart)) == where


def test_a_good_cart_has_no_problem() -> None:
    assert cart_problems(evolve(CART, region="cn/zj", coupons=("a",), points=3)) == ()


def test_ten_thousand_lines_or_coupons_are_refused_at_once() -> None:
    lines = tuple(CartLine(LineId(str(place)), goods(), 1) for place in range(10_000))
    start = process_time()
    assert places(cart_problems(evolve(CART, lines=lines))) == ["lines"]
    assert places(cart_problems(evolve(CART, coupons=tuple(map(str, range(10_000)))))) == ["coupons"]
    assert process_time() - start < 0.1
    full = lines[: limits.CART_LINES_MAX]
    assert cart_problems(evolve(CART, lines=full)) == ()


def test_of_too_many_that_are_named_only_that_is_said() -> None:
    """And no list is without a bound: at its edge it is good."""
    most, hours = limits.AUDIENCE_MAX, Hours(WEEK)
    for name in ("tiers", "groups", "channels", "regions", "group_sales"):
        for count, where in ((most, []), (most + 1, [f"$.audience.{name}"])):
            named: Any = {name: ("cn",) * count}
            audience = Audience(**named)
            assert places(offer_problems(an_offer(AmountOff(1), audience=audience))) == where
            assert places(price_list_problems(PriceList("a", CNY, (), audience=audience))) == where
    for count, where in ((limits.HOURS_MAX, []), (limits.HOURS_MAX + 1, ["$.schedule.hours"])):
        schedule = Schedule(hours=(hours,) * count)
        assert places(offer_problems(an_offer(AmountOff(1), schedule=schedule))) == where
    for count, where in (
        (limits.SHOPPER_GROUPS_MAX, []),
        (limits.SHOPPER_GROUPS_MAX + 1, ["shopper.groups"]),
    ):
        assert places(cart_problems(evolve(CART, shopper=Shopper(groups=("a",) * count)))) == where
    zone = Zone(ByAmount((AmountCharge(0, 5),)), ("cn",) * (most + 1))
    assert places(template_problems(FreightTemplate("a", CNY, (zone,)))) == ["$.zones[0].regions"]


def test_what_is_none_of_these_is_named_as_such() -> None:
    for problems_of in (
        cart_problems,
        price_list_problems,
        offer_problems,
        template_problems,
        points_problems,
    ):
        (problem,) = problems_of(cast(Any, "all"))
        assert problem.message.startswith("not a")
