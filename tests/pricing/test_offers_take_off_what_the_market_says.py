"""Worked numbers: what each effect takes off, to the last minor unit."""

import pytest

from distcore.kernel import Rate, split
from distcore.pricing import (
    AmountOff,
    AmountStep,
    AmountSteps,
    Basis,
    Bundle,
    BuyGet,
    Cart,
    EveryAmount,
    EveryUnits,
    FixedPrice,
    FromAmount,
    Measure,
    NthUnit,
    Offer,
    PercentOff,
    SkuIn,
    Stage,
    Which,
)
from distcore.testing.carts import a_cart, an_offer, goods, percent, quoted

HALF = Rate.parse("50%")
TEA, CUP, POT = goods("tea", 10_000), goods("cup", 5_000), goods("pot", 2_000)
FULL_REDUCTION = AmountSteps((AmountStep(10_000, AmountOff(1_000)), AmountStep(30_000, AmountOff(5_000))))


def nets(cart: Cart, *offers: Offer) -> list[int]:
    return [line.net_minor for line in quoted(cart, *offers).lines]


CASES = [
    ("10 % of 9.99", a_cart(goods("tea", 999)), percent("10%"), [899]),
    ("15 % of three lines of 0.99", a_cart(*[goods(sku, 99) for sku in "abc"]), percent("15%"), [84, 84, 84]),
    ("a share that is capped", a_cart(TEA), PercentOff(HALF, 1_500), [8_500]),
    ("an amount, split by what lines cost", a_cart(TEA, CUP), AmountOff(1_000), [9_333, 4_667]),
    ("no more than there is", a_cart(POT), AmountOff(3_000), [0]),
    ("a fixed price", a_cart((TEA, 2), POT), FixedPrice(6_000), [12_000, 2_000]),
    ("the first step", a_cart((TEA, 2)), FULL_REDUCTION, [19_000]),
    ("the highest step that is reached", a_cart((TEA, 3)), FULL_REDUCTION, [25_000]),
    ("every 100 minus 20, of 350", a_cart((TEA, 3), CUP), EveryAmount(10_000, 2_000), [24_857, 4_143]),
    ("every 100 minus 20, of 250", a_cart((TEA, 2), CUP), EveryAmount(10_000, 2_000), [16_800, 4_200]),
    ("at most once", a_cart((TEA, 3)), EveryAmount(10_000, 2_000, times_max=1), [28_000]),
    ("every two units", a_cart((TEA, 5)), EveryUnits(2, 1_000), [48_000]),
    ("every second unit at half price", a_cart((TEA, 3)), NthUnit(2, HALF), [25_000]),
    ("the cheapest of them", a_cart(TEA, CUP), NthUnit(2, HALF), [10_000, 2_500]),
    ("the dearest of them", a_cart(TEA, CUP), NthUnit(2, HALF, Which.DEAREST), [5_000, 5_000]),
    ("buy two, get one", a_cart((TEA, 3)), BuyGet(2, 1), [20_000]),
    ("buy two, get one: five are one and a half", a_cart((TEA, 5)), BuyGet(2, 1), [40_000]),
    ("buy one, get two", a_cart((TEA, 3)), BuyGet(1, 2), [10_000]),
    ("buy one, get two: one of them is there", a_cart((TEA, 2)), BuyGet(1, 2), [10_000]),
    ("buy one, get one, once", a_cart((TEA, 6)), BuyGet(1, 1, times_max=1), [50_000]),
    ("buy tea, get a cup", a_cart((TEA, 2), (CUP, 3)), BuyGet(1, 1, of=SkuIn(("cup",))), [20_000, 5_000]),
    ("any three for 120", a_cart((TEA, 2), CUP), Bundle(3, 12_000), [9_600, 2_400]),
    ("any three for 120, the dearest", a_cart(TEA, TEA, TEA, POT), Bundle(3, 12_000), [4_000] * 3 + [2_000]),
    ("two bundles, one of two products", a_cart((TEA, 3), (POT, 3)), Bundle(2, 5_000), [9_375, 4_625]),
    ("a bundle that is dearer is none", a_cart((POT, 2)), Bundle(2, 5_000), [4_000]),
    ("bundles, once", a_cart((TEA, 4)), Bundle(2, 5_000, times_max=1), [25_000]),
]


@pytest.mark.parametrize(
    ("cart", "effect", "expected"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)
def test_an_effect_takes_off_what_it_says(cart: Cart, effect: PercentOff, expected: list[int]) -> None:
    assert nets(cart, an_offer(effect)) == expected


@pytest.mark.parametrize(
    ("effect", "units", "missing"),
    [
        (BuyGet(2, 1), 1, 2),
        (BuyGet(2, 1), 2, 1),
        (BuyGet(5, 2), 2, 4),
        (BuyGet(3, 1, of=SkuIn(("cup",))), 1, 2),
        (BuyGet(3, 1, of=SkuIn(("cup",))), 3, 1),
        (Bundle(4, 1), 1, 3),
        (Bundle(4, 1), 3, 1),
    ],
)
def test_what_an_effect_lacks_is_counted_in_units(effect: BuyGet | Bundle, units: int, missing: int) -> None:
    (verdict,) = quoted(a_cart((TEA, units)), an_offer(effect)).verdicts
    assert (verdict.missing, verdict.measure, verdict.amount_minor) == (missing, Measure.UNITS, 0)


def test_at_most_so_often_counts_what_is_got_elsewhere_too() -> None:
    cart = a_cart((TEA, 5), (CUP, 5))
    assert nets(cart, an_offer(BuyGet(1, 1, of=SkuIn(("cup",)), times_max=2))) == [50_000, 15_000]
    assert nets(a_cart((TEA, 5)), an_offer(BuyGet(1, 1, times_max=2))) == [30_000]
    assert nets(a_cart((TEA, 4)), an_offer(BuyGet(1, 1, times_max=2))) == [20_000]


def test_of_what_is_got_the_dearest_is_taken_where_it_is_said() -> None:
    cart = a_cart((TEA, 2), CUP, POT)
    cups = SkuIn(("cup", "pot"))
    assert nets(cart, an_offer(BuyGet(1, 1, which=Which.DEAREST, of=cups, times_max=1)))[1] == 0
    assert nets(cart, an_offer(BuyGet(1, 1, of=cups, times_max=1)))[2] == 0


def test_bundles_of_a_billion_units_are_counted_and_not_walked() -> None:
    cart = a_cart((goods("screw", 3), 10**9), (goods("nut", 2), 10**9))
    assert nets(cart, an_offer(Bundle(4, 9))) == [750_000_000 * 3, 2 * 10**9]


def test_the_best_order_gives_75_60() -> None:
    offers = [an_offer(percent("10%"), "a"), an_offer(percent("20%"), "b", threshold=FromAmount(10_000))]
    found = quoted(a_cart(goods("tea", 10_500)), *offers)
    assert (found.payable_minor, [each.id for each in found.offers]) == (7_560, ["b", "a"])


def test_thresholds_beside_each_other_count_the_price_before_both() -> None:
    def coupon(name: str, amount: int, basis: Basis) -> Offer:
        effect, over = AmountOff(amount), FromAmount(40_000)
        return an_offer(effect, name, threshold=over, basis=basis, stage=Stage.COUPON)

    cart = a_cart(goods("coat", 40_000))
    both = quoted(cart, *[coupon(name, off, Basis.PARALLEL) for name, off in (("a", 38_000), ("b", 5_000))])
    assert both.payable_minor == 0
    assert [(each.amount_minor, each.blocked_minor) for each in both.verdicts] == [
        (38_000, 0),
        (2_000, 3_000),
    ]
    one = quoted(cart, *[coupon(name, off, Basis.RUNNING) for name, off in (("a", 38_000), ("b", 5_000))])
    assert one.payable_minor == 2_000


def test_thresholds_of_list_prices_look_at_no_price_list() -> None:
    found = quoted(
        a_cart(goods("tea", 9_000), goods("cup", 2_000)),
        an_offer(FixedPrice(1_000), "first", priority=1),
        an_offer(AmountOff(500), "second", threshold=FromAmount(11_000), basis=Basis.LIST),
    )
    assert found.goods_minor == 1_500


def test_what_a_floor_blocks_moves_to_the_other_lines() -> None:
    cart = a_cart(goods("tea", 10_000, floor_minor=9_500), goods("cup", 10_000))
    assert nets(cart, an_offer(AmountOff(4_000))) == [9_500, 6_500]
    found = quoted(cart, an_offer(percent("100%")))
    assert [line.net_minor for line in found.lines] == [9_500, 0]
    assert (found.verdicts[0].amount_minor, found.verdicts[0].blocked_minor) == (10_500, 9_500)


def test_a_thousand_yuan_over_many_lines_of_ten() -> None:
    cart = a_cart(*[goods(f"{place:03}", 1_000) for place in range(300)])
    parts = [1_000 - net for net in nets(cart, an_offer(AmountOff(100_000)))]
    assert (sum(parts), set(parts)) == (100_000, {333, 334})


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        (5, [5, 1, 1], (3, 1, 1)),
        (4, [1] * 10, (1, 1, 1, 1, 0, 0, 0, 0, 0, 0)),
        (3, [0, 5, 5], (0, 2, 1)),
        (5, [1, 9, 9, 9], (0, 2, 2, 1)),
        (100, [29, 71], (29, 71)),
    ],
)
def test_the_split_is_that_of_the_market(total: int, weights: list[int], parts: tuple[int, ...]) -> None:
    assert split(total, weights) == parts
    lines = [goods(f"{place:02}", weight) for place, weight in enumerate(weights)]
    assert nets(a_cart(*lines), an_offer(AmountOff(total))) == [
        weight - part for weight, part in zip(weights, parts, strict=True)
    ]
