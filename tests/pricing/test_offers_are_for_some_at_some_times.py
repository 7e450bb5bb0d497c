"""For whom, and when: every reason why an offer is not for a cart, and why it is not applied."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from attrs import evolve

from distcore.kernel import Currency, InputError, Sku, Weekday, zone_of
from distcore.pricing import (
    AmountOff,
    Audience,
    Barred,
    EveryUnits,
    ExtraPoints,
    FromAmount,
    Gift,
    Given,
    Hours,
    LaterCoupon,
    LeftOut,
    Measure,
    Offer,
    Schedule,
    Shopper,
    SkuIn,
    Verdict,
)
from distcore.testing.carts import AT, a_cart, an_offer, goods, percent, quoted

EVENING = Hours((Weekday.FRIDAY, Weekday.SATURDAY), time(20))
CART = a_cart(
    goods("tea", 10_000), channel="app", region="cn/zj", shopper=Shopper(tier="gold", groups=("vip",))
)


@pytest.mark.parametrize(
    ("barred", "more"),
    [
        (Barred.NOT_YET, {"schedule": Schedule(valid_from=AT + timedelta(microseconds=1))}),
        (Barred.OVER, {"schedule": Schedule(valid_until=AT)}),
        (Barred.NOT_AT_THIS_HOUR, {"schedule": Schedule(hours=(EVENING,))}),
        (Barred.OTHER_TIER, {"audience": Audience(tiers=("silver",))}),
        (Barred.OTHER_GROUP, {"audience": Audience(groups=("staff",))}),
        (Barred.OTHER_CHANNEL, {"audience": Audience(channels=("web",))}),
        (Barred.OTHER_REGION, {"audience": Audience(regions=("cn/z",))}),
        (Barred.NOT_A_NEWCOMER, {"audience": Audience(newcomers=True)}),
    ],
)
def test_what_is_not_for_a_cart_says_why(barred: Barred, more: dict[str, Any]) -> None:
    shopper = evolve(CART.shopper, orders_before=1)
    (verdict,) = quoted(evolve(CART, shopper=shopper), an_offer(AmountOff(1), **more)).verdicts
    assert verdict == Verdict("offer", barred)


def test_what_is_for_it_is_applied() -> None:
    audience = Audience(("gold",), ("vip", "staff"), ("app",), ("us", "cn"), newcomers=True)
    schedule = Schedule(AT, AT + timedelta(microseconds=1))
    (verdict,) = quoted(CART, an_offer(AmountOff(1), audience=audience, schedule=schedule)).verdicts
    assert verdict == Verdict("offer", None, amount_minor=1)


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        (datetime(2026, 11, 13, 11, 59, 59, tzinfo=UTC), False),
        (datetime(2026, 11, 13, 12, tzinfo=UTC), True),  # 20:00 of a Friday in Shanghai
        (datetime(2026, 11, 13, 15, 59, 59, tzinfo=UTC), True),
        (datetime(2026, 11, 13, 16, tzinfo=UTC), False),  # midnight
        (datetime(2026, 11, 15, 12, tzinfo=UTC), False),
    ],
)
def test_hours_are_those_of_the_shop(at: datetime, is_open: bool) -> None:
    found = quoted(CART, an_offer(AmountOff(1), schedule=Schedule(hours=(EVENING,))), at=at)
    assert bool(found.offers) is is_open
    assert zone_of("Asia/Shanghai").key == "Asia/Shanghai"


def reasons(*offers: Offer) -> dict[str, tuple[LeftOut | Barred | None, int]]:
    return {each.offer: (each.reason, each.missing) for each in quoted(CART, *offers).verdicts}


def test_what_is_missing_is_said() -> None:
    found = quoted(CART, an_offer(AmountOff(100), threshold=FromAmount(11_200)))
    assert found.verdicts == (Verdict("offer", LeftOut.BELOW_THRESHOLD, 1_200, Measure.AMOUNT),)
    found = quoted(CART, an_offer(EveryUnits(3, 100)))
    assert found.verdicts == (Verdict("offer", LeftOut.BELOW_THRESHOLD, 2, Measure.UNITS),)


def test_every_other_reason_is_told() -> None:
    other = evolve(an_offer(AmountOff(1), "yen"), currency=Currency("JPY"))
    coupon = an_offer(AmountOff(1), "coupon", by_coupon=True)
    nothing = an_offer(AmountOff(1), "cups", products=SkuIn(("cup",)))
    assert reasons(other, coupon, nothing) == {
        "yen": (LeftOut.OTHER_CURRENCY, 0),
        "coupon": (LeftOut.NEEDS_COUPON, 0),
        "cups": (LeftOut.NO_PRODUCTS, 0),
    }
    one, two = (an_offer(AmountOff(off), name, group="g") for name, off in (("one", 10), ("two", 20)))
    assert reasons(one, two) == {"one": (LeftOut.GROUP_TAKEN, 0), "two": (None, 0)}
    alone = an_offer(AmountOff(50), "alone", exclusive=True)
    assert reasons(one, two, alone) == {
        "alone": (None, 0),
        "one": (LeftOut.STANDS_ALONE, 0),
        "two": (LeftOut.STANDS_ALONE, 0),
    }
    assert reasons(evolve(alone, effect=AmountOff(5)), two)["alone"] == (LeftOut.BETTER_WITHOUT, 0)
    all_of_it = an_offer(percent("100%"), "all", priority=1)
    assert reasons(all_of_it, two)["two"] == (LeftOut.NOTHING_LEFT, 0)


def test_an_offer_that_stands_in_the_way_of_a_better_one_is_left_out() -> None:
    first = an_offer(AmountOff(100), "first", priority=1)
    second = an_offer(AmountOff(900), "second", threshold=FromAmount(10_000))
    assert reasons(first, second) == {"first": (LeftOut.BETTER_WITHOUT, 0), "second": (None, 0)}


def test_a_coupon_gives_the_right_to_its_offer() -> None:
    offer = an_offer(AmountOff(100), "coupon", by_coupon=True)
    assert quoted(evolve(CART, coupons=("coupon",)), offer).payable_minor == 9_900


def test_what_is_given_beside_the_goods_is_told() -> None:
    found = quoted(
        CART,
        an_offer(Gift(Sku("spoon"), 2), "a"),
        an_offer(ExtraPoints(3, 4_000), "b"),
        an_offer(ExtraPoints(3, 40_000), "c"),
        an_offer(LaterCoupon("next time", 2), "d"),
    )
    assert [(each.offer, each.count) for each in found.given] == [("a", 2), ("b", 6), ("d", 2)]
    assert found.given[0] == Given("a", Gift(Sku("spoon"), 2), 2)
    assert found.verdicts[2] == Verdict("c", LeftOut.BELOW_THRESHOLD, 30_000, Measure.AMOUNT)
    assert found.payable_minor == 10_000


@pytest.mark.parametrize("more", [{}, {"worth_minor": 1}, {"group": "gifts"}])
@pytest.mark.parametrize("name", ["a", "z"])
@pytest.mark.parametrize(("priority", "is_given"), [(1, True), (0, True), (-1, False)])
def test_what_is_given_counts_what_is_there_before_its_priority(
    more: dict[str, Any], name: str, priority: int, is_given: bool
) -> None:
    ten = an_offer(percent("10%"), "m")
    gift = an_offer(Gift(Sku("spoon")), name, threshold=FromAmount(10_000), priority=priority, **more)
    points = an_offer(ExtraPoints(3, 10_000), f"{name} points", priority=priority, **more)
    for each in (gift, points):
        found = quoted(a_cart(goods("tea", 10_500)), ten, each)
        assert (len(found.given), found.goods_minor) == (is_given, 9_450)


def test_a_gift_that_is_worth_more_wins_its_group() -> None:
    gift = an_offer(Gift(Sku("spoon")), "gift", group="g", worth_minor=500)
    less = an_offer(AmountOff(499), "less", group="g")
    assert reasons(gift, less) == {"gift": (None, 0), "less": (LeftOut.GROUP_TAKEN, 0)}


def test_of_equal_choices_the_one_with_more_offers_is_taken() -> None:
    nothing = an_offer(Gift(Sku("spoon")), "gift", group="g")
    assert reasons(nothing) == {"gift": (None, 0)}
    assert reasons(evolve(nothing, group="", exclusive=True)) == {"gift": (None, 0)}


def test_an_offer_for_buyers_in_a_group_is_for_no_others() -> None:
    offer = an_offer(AmountOff(1), audience=Audience(group_sales=("tea for two",)))
    assert quoted(CART, offer).verdicts == (Verdict("offer", Barred.NOT_IN_A_GROUP),)
    assert quoted(evolve(CART, group_sale="tea for two"), offer).offers == (offer,)


@pytest.mark.parametrize(("minute", "is_open"), [(59, True), (60, False)])
def test_hours_end_before_their_end(minute: int, is_open: bool) -> None:
    """From 19:00 to 20:00 of the clock of the shop."""
    hour = Hours(tuple(Weekday), time(19), time(20))
    at = datetime(2026, 11, 13, 11, tzinfo=UTC) + timedelta(minutes=minute)
    found = quoted(CART, an_offer(AmountOff(1), schedule=Schedule(hours=(hour,))), at=at)
    assert bool(found.offers) is is_open


@pytest.mark.parametrize("name", ["valid_from", "valid_until"])
def test_an_instant_of_a_schedule_is_named(name: str) -> None:
    no_instant: Any = "noon"
    with pytest.raises(InputError) as caught:
        Schedule(**{name: no_instant})
    assert [each.where for each in caught.value.problems] == [name]


def test_what_is_given_says_what_it_is() -> None:
    effects: tuple[Gift | ExtraPoints | LaterCoupon, ...] = (
        Gift(Sku("spoon"), 2),
        ExtraPoints(10, 3_000),
        LaterCoupon("later", 3),
    )
    offers = [an_offer(effect, f"{place}") for place, effect in enumerate(effects)]
    found = quoted(CART, *offers, an_offer(percent("1%"), "off"))
    counts = (2, 30, 3)
    assert found.given == tuple(
        Given(f"{place}", effect, count)
        for place, (effect, count) in enumerate(zip(effects, counts, strict=True))
    )
