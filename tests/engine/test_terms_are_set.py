"""What a merchant sets about prices holds from then on; set again unchanged it is left alone."""

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from attrs import evolve
from tests.hostile import CURRENCIES, brief

from distcore import engine
from distcore.kernel import Currency, InputError, Sku, limits
from distcore.memory import MemoryStore
from distcore.pricing import (
    ALWAYS,
    Break,
    Current,
    Gift,
    LaterCoupon,
    PointsIn,
    PointsPolicy,
    PriceList,
    PriceOf,
    Schedule,
)
from distcore.testing.builders import LATER, Shop, a_policy
from distcore.testing.carts import CNY, an_offer, percent, random_template
from distcore.testing.catalog import a_product
from distcore.testing.coupons import a_template

TEA = PriceOf(Sku("tea"), (Break(1, 900), Break(10, 800)))
CUP = PriceOf(Sku("cup"), (Break(1, 90),))
FLASH = PriceList("flash", CNY, (TEA, CUP))
VERBS: dict[str, tuple[Callable[..., object], Any, Any]] = {
    "offer": (engine.set_offer, an_offer(percent("10%")), {"priority": 7}),
    "price list": (engine.set_price_list, FLASH, {"priority": 7}),
    "freight": (engine.set_freight, random_template(Random(1)), {"zones": random_template(Random(2)).zones}),
    "points": (engine.set_points, PointsIn(CNY, PointsPolicy(100, 100)), {"policy": PointsPolicy(50, 100)}),
}


@pytest.fixture(name="shop")
def a_shop() -> Shop:
    shop = Shop(MemoryStore("shop"))
    shop.do(engine.set_policy, a_policy())
    return shop


def numbers(shop: Shop) -> list[int]:
    with shop.store.begin() as tx:
        return [each.number for each in tx.terms.all()]


def current(shop: Shop) -> Current:
    with shop.store.begin() as tx:
        return tx.terms.current()


@pytest.mark.parametrize("name", VERBS)
def test_a_change_is_the_next_number(shop: Shop, name: str) -> None:
    verb, value, change = VERBS[name]
    assert shop.do(verb, value) == value
    assert shop.do(verb, value) == value
    assert numbers(shop) == [1]

    assert shop.do(verb, evolve(value, **change)) == evolve(value, **change)
    assert shop.do(verb, value) == value
    assert numbers(shop) == [1, 2, 3]


@pytest.mark.parametrize("name", VERBS)
def test_the_same_command_is_done_once(shop: Shop, name: str) -> None:
    verb, value, change = VERBS[name]
    shop.do(verb, value, key="k")
    shop.do(verb, evolve(value, **change))
    before = shop.dump()

    assert shop.do(verb, value, key="k") == value
    assert shop.refused(verb, evolve(value, **change), key="k") == "key_reused"
    assert shop.dump() == before


@pytest.mark.parametrize("name", VERBS)
def test_a_currency_is_one_of_the_shop(shop: Shop, name: str) -> None:
    verb, value, _ = VERBS[name]
    assert shop.refused(verb, evolve(value, currency=Currency("USD"))) == "currency_not_of_shop"
    assert Shop(MemoryStore("empty")).refused(verb, value) == "no_policy"
    assert numbers(shop) == []


@pytest.mark.parametrize("name", VERBS)
@pytest.mark.parametrize("currency", CURRENCIES, ids=brief)
def test_what_is_impossible_is_said(shop: Shop, name: str, currency: Any) -> None:
    verb, value, _ = VERBS[name]
    with pytest.raises(InputError, match=r"^\$\.currency"):
        shop.do(verb, evolve(value, currency=currency))


@pytest.mark.parametrize("name", VERBS)
def test_what_is_of_another_kind_is_said(shop: Shop, name: str) -> None:
    strange = [None, 5, "offer", *(value for other, (_, value, _) in VERBS.items() if other != name)]
    for value in strange:
        with pytest.raises(InputError, match=r"^\$: not an? "):
            shop.do(VERBS[name][0], value)


def test_what_points_are_worth_is_said_with_paths(shop: Shop) -> None:
    with pytest.raises(InputError, match=r"\$\.points"):
        shop.do(engine.set_points, PointsIn(CNY, PointsPolicy(0, 100)))


def test_the_order_of_prices_changes_nothing(shop: Shop) -> None:
    shop.do(engine.set_price_list, FLASH)
    shop.do(engine.set_price_list, evolve(FLASH, prices=(CUP, TEA)))
    assert numbers(shop) == [1]

    shop.do(engine.set_price_list, evolve(FLASH, prices=(CUP,)))
    dearer = evolve(CUP, breaks=(Break(1, 91),))
    shop.do(engine.set_price_list, evolve(FLASH, prices=(dearer,)))
    assert numbers(shop) == [1, 2, 3]


def test_a_shop_has_so_many_offers_that_are_not_over(shop: Shop) -> None:
    """One that ends makes room; one that is there may always be changed."""
    offer = an_offer(percent("10%"))
    with shop.store.begin() as tx:
        for place in range(limits.OFFERS_MAX - 1):
            tx.terms.put_offer(evolve(offer, id=f"offer {place}"), 1, at=LATER)
    last = evolve(offer, id="last")
    shop.do(engine.set_offer, last)
    another = evolve(offer, id="another")
    assert shop.refused(engine.set_offer, another) == "too_many_offers"

    ended = evolve(last, schedule=Schedule(valid_until=LATER))
    assert shop.refused(engine.set_offer, ended) == ""
    assert shop.refused(engine.set_offer, another, at=LATER - timedelta(microseconds=1)) == "too_many_offers"
    assert shop.refused(engine.set_offer, another) == ""
    assert len(current(shop).offers) == limits.OFFERS_MAX + 1
    assert evolve(ended, schedule=ALWAYS) == last


def test_a_gift_is_in_the_catalog(shop: Shop) -> None:
    """What nobody could hand over is not promised; what is set already may be set again."""
    offer = an_offer(Gift(Sku("spoon")))
    assert shop.refused(engine.set_offer, offer) == "unknown_sku"
    assert numbers(shop) == []
    shop.do(engine.put_products, [a_product("spoon")])
    assert shop.refused(engine.set_offer, offer) == ""
    other = evolve(offer, effect=Gift(Sku("fork")))
    assert shop.refused(engine.set_offer, other) == "unknown_sku"
    assert numbers(shop) == [1]


def test_coupons_for_later_are_of_a_template_that_is_there(shop: Shop) -> None:
    shop.do(engine.set_offer, evolve(an_offer(percent("10%"), "ten off"), by_coupon=True))
    offer = an_offer(LaterCoupon("welcome"))
    assert shop.refused(engine.set_offer, offer) == "coupon_template_unknown"
    shop.do(engine.set_coupon_template, a_template())
    assert shop.refused(engine.set_offer, offer) == ""
    assert numbers(shop) == [1, 1]
