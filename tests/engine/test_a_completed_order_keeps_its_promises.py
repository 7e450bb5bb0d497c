"""What offers promised for when an order is completed is given once: points, and coupons."""

from collections import Counter
from datetime import timedelta

import pytest
from attrs import evolve
from tests.engine.test_an_order_is_placed import place, placed

from distcore import engine
from distcore.coupons import CouponTemplate, DaysFromClaim, TemplateId
from distcore.kernel import MemberId, SaleId
from distcore.memory import MemoryStore
from distcore.pricing import ExtraPoints, LaterCoupon, OrderStep, Shopper, Wanted
from distcore.testing.builders import Shop, a_policy
from distcore.testing.carts import AT, CNY, an_offer, percent
from distcore.testing.catalog import a_product, some_units

ANN = MemberId("ann")
ONE, TWO = SaleId("order 1"), SaleId("order 2")
SOON = AT + timedelta(days=7)


def cups(member: MemberId | None = ANN) -> Wanted:
    return some_units(("cup", 2), shopper=Shopper(member))


@pytest.fixture(name="shop")
def a_shop() -> Shop:
    """A shop that promises 5 points for every full 30.00, and two coupons of which it has three."""
    shop = Shop(MemoryStore("shop"))
    shop.do(engine.set_policy, a_policy(currencies=("CNY", "USD")))
    shop.do(engine.put_products, [a_product("cup", 5_000)])
    shop.do(engine.set_offer, an_offer(ExtraPoints(5, 3_000), "points"))
    shop.do(engine.set_offer, evolve(an_offer(percent("10%"), "ten off"), by_coupon=True))
    template = CouponTemplate(TemplateId("later"), CNY, "ten off", DaysFromClaim(7), 3, 9)
    shop.do(engine.set_coupon_template, template)
    shop.do(engine.set_offer, an_offer(LaterCoupon("later", 2), "coupons"))
    return shop


def given(shop: Shop) -> tuple[int, Counter[MemberId | None]]:
    """Return the points that Ann holds, and who has how many coupons."""
    with shop.store.begin() as tx:
        coupons = Counter(each.owner for each in tx.coupons.all())
    return shop.accounts("ann", "POINT").get("points", 0), coupons


def test_points_and_coupons_are_given_once(shop: Shop) -> None:
    place(shop, ONE, cups())
    assert placed(shop, ONE).points_promised == 15
    assert placed(shop, ONE).coupons_promised == {"later": 2}
    assert given(shop) == (0, Counter())
    done = shop.do(engine.complete_order, ONE, at=SOON)
    assert done.completed_at == SOON
    assert shop.do(engine.complete_order, ONE, at=SOON, key="again") == done
    assert given(shop) == (15, Counter({ANN: 2}))
    shop.assert_sound()
    assert shop.refused(engine.drop_order, ONE, at=SOON) == "order_completed"


def test_the_same_key_does_it_once(shop: Shop) -> None:
    place(shop, ONE, cups())
    first = shop.do(engine.complete_order, ONE, at=SOON, key="done")
    assert shop.do(engine.complete_order, ONE, at=SOON, key="done") == first
    assert given(shop)[0] == 15


def test_where_a_promise_cannot_be_kept_nothing_is_given(shop: Shop) -> None:
    """Two coupons are promised and one is left; with more of them it is given."""
    for order in (ONE, TWO):
        place(shop, order, cups())
    shop.do(engine.complete_order, ONE, at=SOON)
    before = shop.dump()
    assert shop.refused(engine.complete_order, TWO, at=SOON) == "coupons_used_up"
    assert shop.dump() == before
    with shop.store.begin() as tx:
        found = tx.coupon_templates.newest(TemplateId("later"))
    assert found is not None
    shop.do(engine.set_coupon_template, evolve(found[0], total_max=9))
    shop.do(engine.complete_order, TWO, at=SOON, key="again")
    assert given(shop) == (30, Counter({ANN: 4}))
    shop.assert_sound()


def test_coupons_that_nobody_can_claim_now_are_refused(shop: Shop) -> None:
    """And with them the points: what was promised is kept whole, once the template is open again."""
    place(shop, ONE, cups())
    with shop.store.begin() as tx:
        found = tx.coupon_templates.newest(TemplateId("later"))
    assert found is not None
    shop.do(engine.set_coupon_template, evolve(found[0], claim_until=SOON))
    before = shop.dump()
    assert shop.refused(engine.complete_order, ONE, at=SOON) == "coupon_not_claimable"
    assert shop.dump() == before


def test_nobody_is_given_anything(shop: Shop) -> None:
    place(shop, ONE, cups(None))
    assert shop.do(engine.complete_order, ONE, at=SOON).completed_at == SOON
    assert given(shop) == (0, Counter())
    shop.assert_sound()


def test_an_order_without_promises_is_completed_too(shop: Shop) -> None:
    for name in ("points", "coupons"):
        shop.do(engine.set_offer, evolve(an_offer(percent("1%"), name)), key=name)
    place(shop, ONE, cups())
    shop.do(engine.complete_order, ONE, at=SOON)
    assert given(shop) == (0, Counter())
    shop.assert_sound()


def test_what_is_dropped_or_unknown_or_not_placed_yet_is_refused(shop: Shop) -> None:
    assert shop.refused(engine.complete_order, ONE, at=SOON) == "order_unknown"
    place(shop, ONE, cups())
    early = AT - timedelta(microseconds=1)
    assert shop.refused(engine.complete_order, ONE, at=early, key="early") == "order_newer"
    shop.do(engine.drop_order, ONE, at=AT)
    assert shop.refused(engine.complete_order, ONE, at=SOON, key="late") == "order_dropped"


def test_verify_names_an_order_that_ended_twice(shop: Shop) -> None:
    place(shop, ONE, cups())
    before = placed(shop, ONE)
    with shop.store.begin() as tx:
        for step in (OrderStep.COMPLETED, OrderStep.DROPPED):
            tx.placed_orders.step(before, step, at=SOON)
            before = before.after(step, SOON)
    with shop.store.begin() as tx:
        found = [str(problem) for problem in engine.verify(tx).problems]
    assert "order 'order 1': it was dropped, and it was completed" in found
