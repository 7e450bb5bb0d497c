"""What may become of a coupon: one table, and nothing else decides.

A coupon with a code of its own is issued before it is anybody's; all others begin when they are claimed.  An
order that is placed locks it, so that no second order can; paid, the order uses it; cancelled before or
after, the order frees it, and it is the member's as before.  That a coupon is over is no state: its dates say
so.
"""

from collections.abc import Mapping
from enum import Enum


class CouponState(Enum):
    """Where a coupon stands."""

    ISSUED = "issued"
    CLAIMED = "claimed"
    LOCKED = "locked"
    USED = "used"
    WITHDRAWN = "withdrawn"


COUPON_TRANSITIONS: Mapping[CouponState, frozenset[CouponState]] = {
    CouponState.ISSUED: frozenset({CouponState.CLAIMED, CouponState.WITHDRAWN}),
    CouponState.CLAIMED: frozenset({CouponState.LOCKED, CouponState.WITHDRAWN}),
    CouponState.LOCKED: frozenset({CouponState.USED, CouponState.CLAIMED}),
    CouponState.USED: frozenset({CouponState.CLAIMED}),
    CouponState.WITHDRAWN: frozenset(),
}
