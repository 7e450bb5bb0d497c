"""Coupons and their templates, as tests have them."""

from typing import Any, Final

from attrs import evolve

from distcore.coupons import Coupon, CouponTemplate, DaysFromClaim, TemplateId, unclaimed
from distcore.kernel import Count, Key, Taking
from distcore.ports import Transaction
from distcore.testing.builders import LATER
from distcore.testing.carts import CNY
from distcore.testing.catalog import a_product

_TEMPLATE = CouponTemplate(TemplateId("welcome"), CNY, "ten off", DaysFromClaim(7), 100)
_COUPON = unclaimed(_TEMPLATE, 1, Key("key"), LATER)


def a_template(**changes: Any) -> CouponTemplate:
    """Return a template of a hundred coupons that are good for a week."""
    return evolve(_TEMPLATE, **changes)


def put_promised(tx: Transaction) -> None:
    """Write what random offers promise: a gift, and a template of coupons."""
    tx.products.put([a_product("spoon")])
    tx.coupon_templates.put(a_template(id=TemplateId("thanks")), 1, at=LATER)


def a_coupon(**changes: Any) -> Coupon:
    """Return a coupon of it that nobody has claimed."""
    return evolve(_COUPON, **changes)


def put_coupon_template(tx: Transaction) -> None:
    """Write a fact: which coupons there are."""
    tx.coupon_templates.put(_TEMPLATE, 1, at=LATER)


def _add_coupon(tx: Transaction) -> None:
    if tx.coupon_templates.newest(_TEMPLATE.id) is None:
        put_coupon_template(tx)
    tx.coupons.add([_COUPON])


def _change_coupon(tx: Transaction) -> None:
    if not tx.coupons.of([_COUPON.id]):
        _add_coupon(tx)
    found = tx.coupons.of([_COUPON.id], for_change=True)[_COUPON.id]
    tx.coupons.change([evolve(found, revision=found.revision + 1)])


_FEW: Final = Count("coupon", "few")


def _count(tx: Transaction) -> None:
    """Take one of three."""
    assert tx.counts.take([Taking(_FEW, 1, 3)]) is None


def _give_back(tx: Transaction) -> None:
    """Take two of what there is enough of, and give one of them back."""
    many = Count("coupon", "many")
    assert tx.counts.take([Taking(many, 2, 100)]) is None
    tx.counts.give_back({many: 1})


COUPONED: Final = (_add_coupon, _change_coupon, _count, _give_back)
"""Every way to write what becomes of coupons, and what is counted."""
