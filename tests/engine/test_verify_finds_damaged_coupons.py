"""Whatever is impossible about coupons that are stored, or missing, is found and named."""

from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve
from tests.engine.test_coupons_are_claimed import ANN, OFFER, WELCOME

from distcore import engine
from distcore.coupons import CouponId, CouponState, TemplateId, taking_in_total
from distcore.kernel import SaleId
from distcore.memory import MemoryStore, MemoryTransaction
from distcore.testing.builders import LATER, Shop

ONE = SaleId("order 1")


def changed(**changes: Any) -> Callable[[MemoryTransaction], None]:
    """Return what changes the coupon that is there."""

    def change(tx: MemoryTransaction) -> None:
        coupon = next(tx.coupons.all())
        tx.coupons.change([evolve(coupon, revision=coupon.revision + 1, **changes)])

    return change


def counted(tx: MemoryTransaction) -> None:
    tx.counts.take([evolve(taking_in_total(WELCOME), most=9)])


def without_a_number(tx: MemoryTransaction) -> None:
    tx.coupon_templates.put(evolve(WELCOME, total_max=0), 3, at=LATER)


def of_nothing(tx: MemoryTransaction) -> None:
    coupon = next(tx.coupons.all())
    tx.coupons.add([evolve(coupon, id=CouponId("other"), template=TemplateId("gone"))])


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda tx: None, []),
        (counted, ["coupon template 'welcome': 2 are counted, and there are 1"]),
        (
            without_a_number,
            [
                "number 3 of coupon template 'welcome': number 2 is missing",
                "number 3 of coupon template 'welcome', $.total_max: out of range: 0",
            ],
        ),
        (
            of_nothing,
            [
                "coupon 'other': there is no number 1 of its template 'gone'",
                "coupon template 'gone': 0 are counted, and there are 1",
            ],
        ),
        (changed(number=0), ["coupon 'ID': there is no number 0 of its template 'welcome'"]),
        (changed(order=ONE), ["coupon 'ID': it is claimed, and has an order"]),
        (changed(state=CouponState.LOCKED), ["coupon 'ID': it is locked, and has no order"]),
        (changed(owner=None), ["coupon 'ID': it is claimed by half"]),
        (
            changed(owner=None, claimed_at=None, valid_from=None, valid_until=None),
            ["coupon 'ID': it is claimed by half"],
        ),
        (changed(state=CouponState.ISSUED), ["coupon 'ID': it is issued, and has an owner or no code"]),
        (changed(cost_minor=1), ["coupon 'ID': it is claimed, and took something off"]),
    ],
)
def test_damage_is_named(damage: Callable[[MemoryTransaction], None], said: list[str]) -> None:
    store = MemoryStore("shop")
    shop = Shop.open(store)
    shop.do(engine.set_offer, OFFER)
    shop.do(engine.set_coupon_template, WELCOME)
    id = shop.do(engine.claim_coupon, WELCOME.id, ANN)
    with store.begin() as tx:
        damage(tx)
    with store.begin() as tx:
        found = [str(each).partition(" (")[0] for each in engine.verify(tx).problems]
    assert [each.replace(id, "ID") for each in found] == said
