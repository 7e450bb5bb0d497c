"""Coupons and their templates, as tests have them."""

from typing import Any

from attrs import evolve

from distcore.coupons import Coupon, CouponTemplate, DaysFromClaim, TemplateId, unclaimed
from distcore.kernel import Key
from distcore.testing.builders import LATER
from distcore.testing.carts import CNY

_TEMPLATE = CouponTemplate(TemplateId("welcome"), CNY, "ten off", DaysFromClaim(7), 100)
_COUPON = unclaimed(_TEMPLATE, 1, Key("key"), LATER)


def a_template(**changes: Any) -> CouponTemplate:
    """Return a template of a hundred coupons that are good for a week."""
    return evolve(_TEMPLATE, **changes)


def a_coupon(**changes: Any) -> Coupon:
    """Return a coupon of it that nobody has claimed."""
    return evolve(_COUPON, **changes)
