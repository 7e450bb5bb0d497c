"""Coupons are locked, used and freed by orders; one order at a time has one, whatever is tried."""

from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve
from tests.engine.test_coupons_are_claimed import (
    ANN,
    BEN,
    DAY,
    OFFER,
    WELCOME,
    assert_refused_at,
    coupon,
    stats,
)

from distcore import engine
from distcore.coupons import CouponId, CouponState, CouponStats, CouponUse, TemplateId
from distcore.kernel import Currency, SaleId, limits
from distcore.memory import MemoryStore
from distcore.testing.builders import LATER, Shop, a_policy
from distcore.testing.carts import CNY

ONE, TWO = SaleId("order 1"), SaleId("order 2")


@pytest.fixture(name="shop")
def a_shop() -> Shop:
    shop = Shop.open(MemoryStore("shop"))
    shop.do(engine.set_offer, OFFER)
    shop.do(engine.set_coupon_template, evolve(WELCOME, per_member_max=3))
    return shop


@pytest.fixture(name="mine")
def two_coupons(shop: Shop) -> tuple[CouponId, ...]:
    return tuple(sorted([shop.do(engine.claim_coupon, WELCOME.id, ANN) for _ in range(2)]))


def test_an_order_locks_all_or_none(shop: Shop, mine: tuple[CouponId, ...]) -> None:
    theirs = shop.do(engine.claim_coupon, WELCOME.id, BEN)
    before = shop.dump()
    assert shop.refused(engine.lock_coupons, [*mine, theirs], ANN, ONE) == "coupon_not_usable"
    assert shop.dump() == before

    for _ in range(2):
        assert shop.do(engine.lock_coupons, mine[::-1], ANN, ONE, key="lock") == mine
    assert shop.refused(engine.lock_coupons, mine[:1], ANN, TWO) == "coupon_not_usable"
    assert shop.refused(engine.lock_coupons, mine[:1], ANN, ONE) == "coupon_not_usable"
    assert coupon(shop, mine[0]).order == ONE


def test_an_order_has_only_so_many(shop: Shop) -> None:
    most = limits.CART_COUPONS_MAX
    shop.do(engine.set_coupon_template, evolve(WELCOME, total_max=100, per_member_max=100))
    many = [shop.do(engine.claim_coupon, WELCOME.id, ANN) for _ in range(most + 1)]
    shop.do(engine.lock_coupons, many[:most], ANN, ONE)
    assert shop.refused(engine.lock_coupons, many[most:], ANN, ONE) == "too_many_coupons"
    assert len(shop.do(engine.free_coupons, ONE)) == most


def test_an_order_has_coupons_of_one_currency() -> None:
    """At once, or one after the other."""
    jpy = Currency("JPY")
    shop = Shop(MemoryStore("both"))
    shop.do(engine.set_policy, evolve(a_policy(), currencies=(CNY, jpy)))
    yen = evolve(WELCOME, id=TemplateId("yen"), offer="yen", currency=jpy, word="")
    for offer, template in ((OFFER, WELCOME), (evolve(OFFER, id="yen", currency=jpy), yen)):
        shop.do(engine.set_offer, offer)
        shop.do(engine.set_coupon_template, template)
    both = [shop.do(engine.claim_coupon, each.id, ANN) for each in (WELCOME, yen)]
    assert shop.refused(engine.lock_coupons, both, ANN, ONE) == "coupon_currencies_mixed"
    shop.do(engine.lock_coupons, both[:1], ANN, ONE)
    assert shop.refused(engine.lock_coupons, both[1:], ANN, ONE) == "coupon_currencies_mixed"


def test_what_an_order_does_not_use_it_frees(shop: Shop, mine: tuple[CouponId, ...]) -> None:
    shop.do(engine.lock_coupons, mine, ANN, ONE)
    uses = [CouponUse(mine[0], 1000)]
    for _ in range(2):
        found = shop.do(engine.use_coupons, ONE, uses, revenue_minor=9000, key="use", at=LATER + 30 * DAY)
        assert found == mine[:1]
    assert [coupon(shop, each).state for each in mine] == [CouponState.USED, CouponState.CLAIMED]
    assert stats(shop) == CouponStats(
        WELCOME.id, issued=2, claimed=2, used=1, revenue_minor=9000, cost_minor=1000
    )
    again = shop.refused(engine.use_coupons, ONE, uses, revenue_minor=9000)
    assert again == "coupon_not_usable"


def test_an_order_that_uses_none_frees_all(shop: Shop, mine: tuple[CouponId, ...]) -> None:
    shop.do(engine.lock_coupons, mine, ANN, ONE)
    assert shop.do(engine.use_coupons, ONE, [], revenue_minor=9000) == ()
    assert shop.do(engine.lock_coupons, mine, ANN, TWO) == mine
    with shop.store.begin() as tx:
        assert tx.coupons.of_order(ONE) == []


@pytest.mark.parametrize("used", [False, True])
def test_a_cancelled_order_frees_once(shop: Shop, mine: tuple[CouponId, ...], used: bool) -> None:
    shop.do(engine.lock_coupons, mine[:1], ANN, ONE)
    if used:
        shop.do(engine.use_coupons, ONE, [CouponUse(mine[0], 5)], revenue_minor=10)
    for _ in range(2):
        assert shop.do(engine.free_coupons, ONE, key="free") == mine[:1]
    shop.do(engine.lock_coupons, mine[:1], ANN, TWO)
    assert shop.do(engine.free_coupons, ONE) == ()
    assert coupon(shop, mine[0]).order == TWO
    assert (stats(shop).revenue_minor, stats(shop).locked) == (0, 1)


def test_a_freed_coupon_that_is_over_stays_over(shop: Shop, mine: tuple[CouponId, ...]) -> None:
    shop.do(engine.lock_coupons, mine[:1], ANN, ONE)
    late = LATER + 7 * DAY
    shop.do(engine.free_coupons, ONE, at=late)
    assert shop.refused(engine.lock_coupons, mine[:1], ANN, TWO, at=late) == "coupon_not_usable"
    with shop.store.begin() as tx:
        assert engine.coupon_stats(tx, WELCOME.id, at=late).expired == 2


C = CouponId("c")
USE = CouponUse(C, 1)
BIG = limits.AMOUNT_MINOR_MAX + 1
HOSTILE: list[tuple[Callable[..., object], tuple[object, ...], dict[str, Any], str]] = [
    (engine.lock_coupons, ([], ANN, ONE), {}, "coupons"),
    (engine.lock_coupons, ([C, C], ANN, ONE), {}, "coupons"),
    (engine.lock_coupons, ([C] * (limits.CART_COUPONS_MAX + 1), ANN, ONE), {}, "coupons"),
    (engine.lock_coupons, ("c", ANN, ONE), {}, "coupons"),
    (engine.lock_coupons, ([""], ANN, ONE), {}, "coupons[0]"),
    (engine.lock_coupons, ([C], ANN, ""), {}, "order"),
    (engine.use_coupons, (ONE, [C]), {"revenue_minor": 1}, "uses[0]"),
    (engine.use_coupons, (ONE, [USE, USE]), {"revenue_minor": 1}, "coupons"),
    (engine.use_coupons, (ONE, [CouponUse(C, -1)]), {"revenue_minor": 1}, "uses[0].cost_minor"),
    (engine.use_coupons, (ONE, [USE]), {"revenue_minor": -1}, "revenue_minor"),
    (engine.use_coupons, (ONE, [USE]), {"revenue_minor": BIG}, "revenue_minor"),
    (engine.use_coupons, (ONE, [USE]), {"revenue_minor": 1.5}, "revenue_minor"),
    (engine.free_coupons, (None,), {}, "order"),
]


@pytest.mark.parametrize(("verb", "arguments", "options", "where"), HOSTILE)
def test_hostile_values_are_refused(
    shop: Shop,
    verb: Callable[..., object],
    arguments: tuple[object, ...],
    options: dict[str, Any],
    where: str,
) -> None:
    assert_refused_at(where, shop, verb, *arguments, **options)


def test_coupons_nobody_has_are_refused_in_the_same_words(shop: Shop) -> None:
    assert shop.refused(engine.use_coupons, ONE, [USE], revenue_minor=1) == "coupon_not_usable"
    assert shop.refused(engine.give_coupon, C, ANN, BEN) == "coupon_not_usable"
    assert shop.refused(engine.withdraw_coupon, C) == "coupon_not_usable"
