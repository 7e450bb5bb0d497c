"""Coupons and their templates, as tests have them."""

from typing import Any

from attrs import evolve

from distcore.coupons import Coupon, CouponTemplate, DaysFromClaim, TemplateId, unclaimed
from distcore.kernel import Key
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
