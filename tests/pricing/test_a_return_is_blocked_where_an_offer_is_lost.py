"""A return is blocked by the offers that ask for more than is kept, and by no others."""

from collections.abc import Callable, Iterable
from random import Random

import pytest
from attrs import evolve
from hypothesis import given
from tests.laws.failing import assert_fails_somewhere

from distcore.kernel import LineId, Rate, Refusal, Sku
from distcore.pricing import (
    AmountOff,
    AmountStep,
    AmountSteps,
    Basis,
    Break,
    Bundle,
    BuyGet,
    Cart,
    CartLine,
    Effect,
    EveryAmount,
    EveryUnits,
    ExtraPoints,
    FixedPrice,
    FromAmount,
    FromUnits,
    Gift,
    LaterCoupon,
    LeftOut,
    NthUnit,
    Offer,
    PercentOff,
    PriceList,
    PriceOf,
    Quote,
    ReturnPlan,
    ReturnPolicy,
    ShippingOff,
    SkuIn,
    Stage,
    UnitStep,
    UnitSteps,
    plan_return,
)
from distcore.testing.canaries import swapped
from distcore.testing.carts import (
    BOOK,
    CNY,
    a_cart,
    an_offer,
    goods,
    percent,
    quoted,
    random_cart,
    random_offer,
    random_offers,
)
from distcore.testing.worlds import drawn

BLOCK = ReturnPolicy.BLOCK
HALF = Rate.parse("50%")
FIRST, SECOND = LineId("001"), LineId("002")
Step = dict[LineId, int]


def lost(found: Quote, returning: Step) -> str:
    """Return the offers by which a return is blocked, or nothing."""
    plan = plan_return(found, returning, BLOCK)
    if not isinstance(plan, Refusal):
        return ""
    assert plan.code == "return_blocked"
    return str(dict(plan.facts)["offers"])


def test_below_a_threshold_all_or_nothing_comes_back() -> None:
    offer = an_offer(AmountOff(10_000), "big", threshold=FromAmount(30_000))
    found = quoted(a_cart((goods("tea", 20_000), 2)), offer)
    refused = plan_return(found, {FIRST: 1}, BLOCK)
    assert isinstance(refused, Refusal)
    assert str(refused).startswith("return_blocked: what is kept does not reach big any more")
    whole = plan_return(found, {FIRST: 2}, BLOCK)
    assert isinstance(whole, ReturnPlan)
    assert whole.amount_minor == 30_000


def test_a_return_is_blocked_by_all_offers_that_it_loses() -> None:
    above = {"threshold": FromAmount(20_000), "basis": Basis.PARALLEL}
    offers = [an_offer(AmountOff(100), name, **above) for name in ("b", "a")]
    found = quoted(a_cart((goods("tea", 10_000), 2)), *offers, an_offer(AmountOff(10), "kept"))
    refused = plan_return(found, {FIRST: 1}, BLOCK)
    assert isinstance(refused, Refusal)
    assert dict(refused.facts) == {"offers": "a, b"}
    kept = quoted(a_cart((goods("tea", 10_000), 3)), *offers)
    assert isinstance(plan_return(kept, {FIRST: 1}, BLOCK), ReturnPlan)


def test_an_offer_that_asks_for_nothing_does_not_block() -> None:
    for_tea, for_cup = SkuIn(("tea",)), SkuIn(("cup",))
    offers = [
        an_offer(percent("10%"), "tea", products=for_tea),
        an_offer(percent("5%"), "cup", products=for_cup),
    ]
    found = quoted(a_cart(goods("tea"), goods("cup")), *offers)
    assert [lost(found, {line: 1}) for line in (FIRST, SECOND)] == ["", ""]
    asking = [evolve(each, threshold=FromUnits(1)) for each in offers]
    found = quoted(a_cart(goods("tea"), goods("cup")), *asking)
    assert lost(found, {FIRST: 1}) == "", "of what the offer for tea is taken off nothing is kept"


def test_only_the_offer_that_is_lost_is_named() -> None:
    """What is kept is 90.00 after the ten percent: that is no 100.00, and nothing is wrong with the share."""
    share = an_offer(percent("10%"), "c")
    big = an_offer(AmountOff(2_000), "d", stage=Stage.ORDER, threshold=FromAmount(10_000))
    found = quoted(a_cart((goods("tea", 10_000), 2)), share, big)
    assert [each.id for each in found.offers] == ["c", "d"]
    assert lost(found, {FIRST: 1}) == "d"
    found = quoted(a_cart((goods("tea", 10_000), 3)), share, big)
    assert lost(found, {FIRST: 1}) == ""


def test_what_an_offer_that_is_lost_took_off_is_not_taken_off_what_is_kept() -> None:
    """One is kept at 100.00: the 20.00 from two on are lost, so that the 90.00 are reached."""
    first = an_offer(AmountOff(2_000), "first", threshold=FromUnits(2))
    then = an_offer(AmountOff(500), "then", stage=Stage.ORDER, threshold=FromAmount(9_000))
    assert lost(quoted(a_cart((goods("tea", 10_000), 2)), first, then), {FIRST: 1}) == "first"


def test_what_is_kept_counts_at_its_price_and_not_at_the_list_price() -> None:
    prices = PriceList("cheap", CNY, (PriceOf(Sku("tea"), (Break(1, 8_000),)),))
    offer = an_offer(AmountOff(500), "it", threshold=FromAmount(9_000))
    found = quoted(a_cart((goods("tea", 10_000), 2)), offer, book=evolve(BOOK, lists=(prices,)))
    assert lost(found, {FIRST: 1}) == "it"


def test_an_offer_that_finds_nothing_left_to_take_does_not_block() -> None:
    found = quoted(
        a_cart(goods("tea", 1_000), goods("cup", 500)),
        an_offer(FixedPrice(500), "fixed"),
    )
    assert lost(found, {FIRST: 1}) == ""


@pytest.mark.parametrize(
    ("effect", "units", "blocks"),
    [
        (AmountSteps((AmountStep(20_000, AmountOff(100)), AmountStep(50_000, AmountOff(900)))), 1, True),
        (AmountSteps((AmountStep(20_000, AmountOff(100)), AmountStep(50_000, AmountOff(900)))), 2, False),
        (UnitSteps((UnitStep(2, AmountOff(100)), UnitStep(5, AmountOff(900)))), 1, True),
        (UnitSteps((UnitStep(2, AmountOff(100)), UnitStep(5, AmountOff(900)))), 2, False),
        (EveryAmount(20_000, 100), 1, True),
        (EveryAmount(20_000, 100), 3, False),
        (EveryUnits(2, 100), 1, True),
        (EveryUnits(2, 100), 2, False),
        (NthUnit(2, HALF), 1, True),
        (NthUnit(2, HALF), 3, False),
        (BuyGet(2, 1), 2, True),
        (BuyGet(2, 1), 3, False),
        (Bundle(3, 25_000), 2, True),
        (Bundle(3, 25_000), 4, False),
        (ExtraPoints(1, 20_000), 1, True),
        (ExtraPoints(1, 20_000), 2, False),
        (Gift(Sku("spoon")), 1, False),
    ],
    ids=str,
)
def test_what_an_effect_asks_for_is_reached_by_what_is_kept(effect: Effect, units: int, blocks: bool) -> None:
    found = quoted(a_cart((goods("tea", 10_000), 5)), an_offer(effect, "it"))
    assert lost(found, {FIRST: 5 - units}) == ("it" if blocks else "")


def test_what_is_got_for_something_blocks_where_too_little_of_that_is_kept() -> None:
    """Two teas are bought, and a cup is for nothing: it can't be kept alone, and may come back alone."""
    offer = an_offer(BuyGet(2, 1, of=SkuIn(("cup",))), "cup", products=SkuIn(("tea",)))
    found = quoted(a_cart((goods("tea"), 2), goods("cup"), goods("pot")), offer)
    assert found.goods_minor == 30_000
    assert lost(found, {FIRST: 1}) == "cup"
    assert lost(found, {FIRST: 2}) == "cup"
    assert lost(found, {SECOND: 1}) == ""
    assert lost(found, {FIRST: 1, SECOND: 1}) == ""
    assert lost(found, {FIRST: 2, SECOND: 1}) == ""
    assert lost(found, {LineId("003"): 1}) == ""


def test_of_everything_back_nothing_is_lost() -> None:
    found = quoted(a_cart((goods(), 2)), an_offer(AmountOff(100), threshold=FromUnits(2)))
    assert lost(found, {FIRST: 2}) == ""


World = tuple[Quote, Step]


def some_kept(random: Random, offers: Iterable[Offer]) -> World:
    """Return a quote, and units of it that come back: a part, or all."""
    found = quoted(random_cart(random), *offers)
    units = {line.id: random.choice([0, line.units, random.randint(0, line.units)]) for line in found.lines}
    return found, {line: some for line, some in units.items() if some}


def of_one_offer(random: Random) -> World:
    offer = random_offer(random, "it")
    effect = evolve(offer.effect, of=None) if isinstance(offer.effect, BuyGet) else offer.effect
    return some_kept(random, [evolve(offer, effect=effect)])


def of_some_offers(random: Random) -> World:
    return some_kept(random, random_offers(random, 4))


@given(drawn(of_one_offer))
def test_an_offer_blocks_where_what_is_kept_is_quoted_below_it(world: World) -> None:
    assert_blocked_as_quoted(*world)


def assert_blocked_as_quoted(found: Quote, returning: Step) -> None:
    """Hold what blocks against the verdict of a quote of what is kept."""
    left = [(line, line.units - returning.get(line.id, 0)) for line in found.lines]
    kept = [CartLine(line.id, line.goods, units) for line, units in left if units]
    reasons = [each.reason for each in quoted(Cart(CNY, tuple(kept)), *found.offers).verdicts]
    assert lost(found, returning) == ("it" if LeftOut.BELOW_THRESHOLD in reasons else "")


@given(drawn(of_some_offers))
def test_only_offers_that_ask_for_something_are_named(world: World) -> None:
    found, returning = world
    named = set(lost(found, returning).split(", ")) - {""}
    assert named <= {each.id for each in found.offers if asks(each)}


def asks(offer: Offer) -> bool:
    every = isinstance(offer.effect, ExtraPoints) and offer.effect.every_minor is not None
    free = PercentOff | AmountOff | FixedPrice | Gift | ShippingOff | LaterCoupon | ExtraPoints
    return offer.threshold is not None or every or not isinstance(offer.effect, free)


@pytest.mark.parametrize(
    "defect",
    [
        lambda _, offers, table: [],
        lambda _, offers, table: [each.offer.id for each in offers if not each.at],
        lambda _, offers, table: [each.offer.id for each in offers if each.offer.threshold is not None],
    ],
    ids=["nothing blocks", "what is gone blocks", "every threshold blocks"],
)
def test_that_what_blocks_can_be_wrong(defect: Callable[..., object]) -> None:
    with swapped("distcore.pricing.refund:_lost", defect):
        assert_fails_somewhere(lambda random: assert_blocked_as_quoted(*of_one_offer(random)))
