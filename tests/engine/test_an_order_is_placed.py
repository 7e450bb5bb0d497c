"""An order is placed at the price that was agreed to, holds what it was promised, and gives it back once."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from attrs import evolve

from distcore import engine
from distcore.coupons import CouponId, CouponState, CouponTemplate, DaysFromClaim, TemplateId
from distcore.kernel import Count, InputError, Instant, MemberId, RefusedError, SaleId, Sku
from distcore.memory import MemoryStore
from distcore.pricing import (
    COUNTED,
    Break,
    PlacedOrder,
    PriceList,
    PriceOf,
    Quote,
    Shopper,
    Sold,
    Wanted,
    plan_return,
    terms_of,
)
from distcore.testing.builders import Shop, a_policy
from distcore.testing.canaries import swapped
from distcore.testing.carts import AT, CNY, an_offer, percent
from distcore.testing.catalog import a_product, some_units

ONE, TWO = SaleId("order 1"), SaleId("order 2")
ANN = Shopper(MemberId("ann"))
TEA = PriceOf(Sku("tea"), (Break(1, 60),), total_max=5, per_member_max=3)
TWO_TEAS = some_units(("tea", 2), shopper=ANN)


@pytest.fixture(name="shop")
def a_shop() -> Shop:
    """A shop with a flash sale of five, three to a member, and coupons for ten percent off."""
    shop = Shop(MemoryStore("shop"))
    shop.do(engine.set_policy, a_policy(currencies=("CNY", "USD")))
    shop.do(engine.put_products, [a_product("tea", 100), a_product("cup", 50)])
    shop.do(engine.set_price_list, PriceList("flash", CNY, (TEA,)))
    shop.do(engine.set_offer, evolve(an_offer(percent("10%"), "ten off"), by_coupon=True))
    template = CouponTemplate(TemplateId("ten"), CNY, "ten off", DaysFromClaim(7), 9, 9)
    shop.do(engine.set_coupon_template, template)
    return shop


def place(shop: Shop, order: SaleId, wanted: Wanted, *, at: Instant = AT, **more: Any) -> Quote:
    """Quote a cart, and place it as it was quoted."""
    with shop.store.begin() as tx:
        seen = engine.quote_cart(tx, wanted, at=at)
    found: Quote = shop.do(
        engine.place_order,
        order,
        wanted,
        terms_of(seen),
        **{"agreed_minor": seen.payable_minor, "at": at, **more},
    )
    return found


def refused(ask: Callable[[], object]) -> str:
    with pytest.raises(RefusedError) as caught:
        ask()
    return caught.value.refusal.code


def counted(shop: Shop) -> dict[str, int]:
    with shop.store.begin() as tx:
        return {count.member: units for count, units in tx.counts.all() if count.kind == COUNTED}


def placed(shop: Shop, order: SaleId) -> PlacedOrder:
    with shop.store.begin() as tx:
        return engine.placed_order(tx, order)


def a_coupon(shop: Shop) -> CouponId:
    found: CouponId = shop.do(engine.claim_coupon, "ten", "ann", at=AT)
    return found


def test_what_others_buy_changes_nothing_of_another_price(shop: Shop) -> None:
    """Why a price list is passed by is not what a buyer agrees to; and an order is not placed twice."""
    for number, name in enumerate(("ann", "cai")):
        place(shop, SaleId(f"order {number}"), evolve(TWO_TEAS, shopper=Shopper(MemberId(name))))
    ben = evolve(TWO_TEAS, shopper=Shopper(MemberId("ben")))
    with shop.store.begin() as tx:
        seen = engine.quote_cart(tx, ben, at=AT)
    place(shop, SaleId("last"), some_units(("tea", 1), shopper=Shopper(MemberId("dan"))))
    ask = (engine.place_order, "ben's", ben, terms_of(seen))
    assert shop.do(*ask, agreed_minor=200, at=AT).payable_minor == 200
    assert shop.refused(*ask, agreed_minor=200, at=AT) == "order_placed"


def test_units_are_sold_once_and_the_quote_is_kept(shop: Shop) -> None:
    found = place(shop, ONE, TWO_TEAS)
    assert (found.payable_minor, counted(shop)) == (120, {"": 2, "ann": 2})
    assert placed(shop, ONE) == PlacedOrder(ONE, ANN.member, found, AT)
    shop.assert_sound()

    again = place(shop, TWO, TWO_TEAS)
    assert [line.price_list for line in again.lines] == [None], "ann may have one more"
    assert counted(shop) == {"": 2, "ann": 2}


def test_whoever_was_slower_is_told_what_it_costs_now(shop: Shop) -> None:
    ben = evolve(TWO_TEAS, shopper=Shopper(MemberId("ben")))
    with shop.store.begin() as tx:
        seen = engine.quote_cart(tx, ben, at=AT)
    for order, name in ((ONE, "ann"), (TWO, "cai")):
        place(shop, order, evolve(TWO_TEAS, shopper=Shopper(MemberId(name))))
    before = shop.dump()
    ask = (engine.place_order, "late", ben, terms_of(seen))
    assert shop.refused(*ask, agreed_minor=120, at=AT) == "price_changed"
    assert shop.dump() == before


def test_an_amount_that_nobody_agreed_to_is_refused(shop: Shop) -> None:
    """Also where the terms hold: one of both was told wrong."""
    with shop.store.begin() as tx:
        seen = engine.quote_cart(tx, TWO_TEAS, at=AT)
    ask = (engine.place_order, ONE, TWO_TEAS, terms_of(seen))
    for agreed_minor in (seen.payable_minor - 1, seen.payable_minor + 1):
        before = shop.dump()
        assert shop.refused(*ask, agreed_minor=agreed_minor, at=AT) == "price_changed"
        assert shop.dump() == before


def test_an_order_that_is_dropped_gives_back_once(shop: Shop) -> None:
    mine = a_coupon(shop)
    with_coupon = evolve(TWO_TEAS, coupons=("ten off",))
    assert place(shop, ONE, with_coupon, coupons=[mine]).payable_minor == 108
    with shop.store.begin() as tx:
        assert [each.id for each in tx.coupons.of_order(ONE)] == [mine]

    later = AT + timedelta(hours=1)
    for key in ("drop", "drop", "again"):
        dropped = shop.do(engine.drop_order, ONE, at=later, key=key)
        assert dropped.dropped_at == later
        assert counted(shop) == {}
    with shop.store.begin() as tx:
        assert tx.coupons.of([mine])[mine].state is CouponState.CLAIMED
    shop.assert_sound()
    assert refused(lambda: place(shop, ONE, TWO_TEAS)) == "order_placed"
    assert place(shop, TWO, with_coupon, coupons=[mine]).payable_minor == 108


def test_the_same_key_gives_the_same_quote(shop: Shop) -> None:
    """Also if it would be refused by now."""
    first = place(shop, ONE, TWO_TEAS, key="k")
    before = shop.dump()
    terms = terms_of(first)
    again = shop.do(engine.place_order, ONE, TWO_TEAS, terms, agreed_minor=120, key="k", at=AT)
    assert (again, shop.dump()) == (first, before)
    ask = (engine.place_order, TWO, TWO_TEAS, terms)
    assert shop.refused(*ask, agreed_minor=120, key="k", at=AT) == "key_reused"


def test_an_order_is_told_from_another_whatever_it_would_cost_by_now(shop: Shop) -> None:
    """By its cart, in any order of lines, and by its coupons, for as long as it has them."""
    mine, other = a_coupon(shop), a_coupon(shop)
    wanted = some_units(("tea", 2), ("cup", 1), shopper=ANN, coupons=("ten off",))
    place(shop, ONE, wanted, coupons=[mine])
    shop.do(engine.put_products, [a_product("tea", 120), a_product("cup", 1), a_product("pot", 9)])
    kept = placed(shop, ONE)
    more, pot = some_units(("tea", 3), ("cup", 1)).lines, some_units(("tea", 2), ("pot", 1)).lines
    differs = [
        (evolve(wanted, lines=more), [mine]),
        (evolve(wanted, lines=pot), [mine]),
        (evolve(wanted, lines=wanted.lines[:1]), [mine]),
        (evolve(wanted, shopper=Shopper(MemberId("ben"))), [mine]),
        (evolve(wanted, points=1), [mine]),
        (evolve(wanted, coupons=()), [mine]),
        (wanted, []),
        (wanted, [other]),
        (wanted, [mine, other]),
    ]
    with shop.store.begin() as tx:
        assert engine.placed_as(tx, ONE, wanted, [mine]) == kept
        assert engine.placed_as(tx, ONE, evolve(wanted, lines=wanted.lines[::-1]), (mine,)) == kept
        assert engine.placed_as(tx, TWO, wanted, [mine]) is None
    for cart, coupons in differs:
        with shop.store.begin() as tx:
            code = refused(partial(engine.placed_as, tx, ONE, cart, coupons))
        assert code == "order_differs"
    shop.do(engine.drop_order, ONE, at=AT)
    with shop.store.begin() as tx:
        assert engine.placed_as(tx, ONE, wanted, [other]) == engine.placed_order(tx, ONE)
        with pytest.raises(InputError) as caught:
            engine.placed_as(tx, SaleId(""), evolve(wanted, lines=()), [CouponId("")])
    assert [each.where for each in caught.value.problems] == ["order", "coupons[0]", "$.lines"]


def test_a_return_is_planned_by_what_was_placed(shop: Shop) -> None:
    place(shop, ONE, TWO_TEAS)
    shop.do(engine.set_price_list, PriceList("flash", CNY, ()))
    plan = plan_return(placed(shop, ONE).quote, {TWO_TEAS.lines[0].id: 1})
    assert not isinstance(plan, str)
    assert plan.amount_minor == 60  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("named", "of_whom", "code"),
    [
        ((), "ann", "coupons_differ"),
        (("ten off",), "ben", "coupon_not_usable"),
        (("ten off",), None, "coupon_not_usable"),
    ],
)
def test_a_cart_has_the_coupons_that_it_names(
    shop: Shop, named: tuple[str, ...], of_whom: str | None, code: str
) -> None:
    mine, before = a_coupon(shop), shop.dump()
    shopper = Shopper(None if of_whom is None else MemberId(of_whom))
    wanted = some_units(("cup", 1), shopper=shopper, coupons=named)
    assert refused(lambda: place(shop, ONE, wanted, coupons=[mine])) == code
    wanted = some_units(("cup", 1), shopper=shopper, coupons=("ten off",))
    assert refused(lambda: place(shop, ONE, wanted)) == "coupons_differ"
    assert shop.dump() == before


def test_what_others_took_in_between_is_refused(shop: Shop) -> None:
    """What a quote has read can be old, where a database shows an instant of its own."""
    place(shop, ONE, TWO_TEAS)
    with swapped("distcore.memory.pricing:MemoryTerms._sold", lambda *_: Sold()):
        with pytest.raises(RefusedError) as caught:
            place(shop, TWO, TWO_TEAS)
        facts = (("member", "ann"), ("most", 3), ("price_list", "flash"), ("sku", "tea"))
        assert caught.value.refusal.code == "price_gone_for_member"
        assert caught.value.refusal.facts == facts
        four = some_units(("tea", 3), shopper=Shopper(MemberId("ben")))
        assert place(shop, TWO, four).payable_minor == 180
        shop.do(engine.drop_order, TWO, at=AT)
        for_all = evolve(TEA, per_member_max=None)
        shop.do(engine.set_price_list, PriceList("flash", CNY, (for_all,)))
        assert refused(lambda: place(shop, SaleId("o"), some_units(("tea", 4)))) == "price_gone"
        with_coupon, mine = some_units(("tea", 4), shopper=ANN, coupons=("ten off",)), a_coupon(shop)
        before = shop.dump()
        ask = partial(engine.place_order, coupons=[mine], agreed_minor=216)
        with shop.store.begin() as tx:
            terms = terms_of(engine.quote_cart(tx, with_coupon, at=AT))
        assert shop.refused(ask, "with coupon", with_coupon, terms, at=AT) == "price_gone"
        assert shop.dump() == before, "its coupon is not locked"
    shop.assert_sound()


def test_no_order_is_dropped_that_was_not_placed(shop: Shop) -> None:
    assert shop.refused(engine.drop_order, ONE) == "order_unknown"
    assert refused(lambda: placed(shop, ONE)) == "order_unknown"


@pytest.mark.parametrize(
    ("more", "where"),
    [
        ({"order": ""}, "order"),
        ({"coupons": "abc"}, "coupons"),
        ({"coupons": [""]}, "coupons[0]"),
        ({"coupons": ["a", "a"]}, "coupons"),
        ({"wanted": evolve(TWO_TEAS, coupons=("ten off", "ten off"))}, "$.coupons"),
        ({"terms_hash": "ab"}, "terms_hash"),
        ({"agreed_minor": -1}, "agreed_minor"),
        ({"agreed_minor": True}, "agreed_minor"),
        ({"wanted": None}, "$"),
    ],
)
def test_what_is_no_order_is_refused_with_its_place(shop: Shop, more: dict[str, Any], where: str) -> None:
    given = {"order": ONE, "wanted": TWO_TEAS, "terms_hash": b"", "agreed_minor": 1, **more}
    arguments = [given.pop(name) for name in ("order", "wanted", "terms_hash")]
    before = shop.dump()
    with pytest.raises(InputError) as caught:
        shop.do(engine.place_order, *arguments, **given)
    assert [each.where for each in caught.value.problems] == [where]
    assert shop.dump() == before


def test_verify_finds_units_that_nobody_has(shop: Shop) -> None:
    place(shop, ONE, TWO_TEAS)
    with shop.store.begin() as tx:
        tx.counts.give_back({Count(COUNTED, "flash", "tea"): 1})
        found = engine.verify(tx)
        tx.counts.give_back({Count(COUNTED, "flash", "tea", "ann"): 2})
        more = engine.verify(tx)
    (problem,) = found.problems
    assert str(problem).startswith("units of 'tea' at the price of 'flash': 1 are counted, and orders hold 2")
    assert str(more.problems[1]).startswith("units of 'tea' at the price of 'flash' for 'ann': 0 are counted")
