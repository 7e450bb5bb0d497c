"""Coupons: rights to use an offer, claimed by members, each used by one order at a time.

A merchant sets a `CouponTemplate`: which offer, how many there are, for how long each is good.  A member
claims one, by a word that everybody may know or by a code that nobody can guess.  An order locks it when it
is placed and uses it when it is paid; cancelled, the order frees it.

>>> from datetime import datetime, UTC
>>> from zoneinfo import ZoneInfo
>>> day = lambda n: datetime(2026, 11, n, tzinfo=UTC)
>>> welcome = CouponTemplate("welcome", "CNY", "ten-off", DaysFromClaim(7), total_max=100)
>>> coupon = unclaimed(welcome, 1, "key", day(1))
>>> mine = claimed(coupon, welcome, 1, "ann", day(1), ZoneInfo("Asia/Shanghai"))
>>> [is_usable(mine, "ann", day(n)) for n in (1, 7, 8)], is_usable(mine, "ben", day(1))
([True, True, False], False)

While an order has it, no other one can:

>>> held = locked(mine, mine.id, "ann", "order 1", day(2))
>>> print(locked(held, mine.id, "ann", "order 2", day(2)).code)
coupon_not_usable
>>> is_usable(freed(held, day(3)), "ann", day(3))
True
"""

from distcore.coupons.coupon import (
    Coupon,
    CouponId,
    CouponStats,
    CouponUse,
    claimed,
    freed,
    given_to,
    is_usable,
    issued,
    locked,
    opens,
    unclaimed,
    used,
    withdrawn,
)
from distcore.coupons.lifecycle import COUPON_TRANSITIONS, CouponState
from distcore.coupons.ports import Attempts, Coupons, CouponTemplates
from distcore.coupons.template import (
    COUNTED,
    BetweenDates,
    CouponTemplate,
    DaysFromClaim,
    TemplateId,
    Validity,
    coupon_template_problems,
    is_claimable,
    taking_in_total,
    taking_of_day,
    taking_of_member,
    window_of,
)

__all__ = [
    "COUNTED",
    "COUPON_TRANSITIONS",
    "Attempts",
    "BetweenDates",
    "Coupon",
    "CouponId",
    "CouponState",
    "CouponStats",
    "CouponTemplate",
    "CouponTemplates",
    "CouponUse",
    "Coupons",
    "DaysFromClaim",
    "TemplateId",
    "Validity",
    "claimed",
    "coupon_template_problems",
    "freed",
    "given_to",
    "is_claimable",
    "is_usable",
    "issued",
    "locked",
    "opens",
    "taking_in_total",
    "taking_of_day",
    "taking_of_member",
    "unclaimed",
    "used",
    "window_of",
    "withdrawn",
]
