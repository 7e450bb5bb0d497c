"""A coupon: a right to use an offer once, and who has it.

The rule this file protects: a coupon is used by one order at a time; and whether it is unknown, somebody
else's, used, locked or over, the answer is the same.
"""

import hmac
from typing import NewType
from zoneinfo import ZoneInfo

from attrs import evolve, field, frozen

from distcore.coupons import refusals as no
from distcore.coupons.lifecycle import COUPON_TRANSITIONS, CouponState
from distcore.coupons.template import CouponTemplate, TemplateId, window_of
from distcore.kernel import (
    Currency,
    Instant,
    Key,
    MemberId,
    Refusal,
    SaleId,
    fact_id,
    letters_of,
    secret_hash,
)

CouponId = NewType("CouponId", str)


def _beginning(ref: str) -> str:
    return f"{ref[:8]}…" if ref else ""


@frozen
class Coupon:
    """A right to use the offer of a template, as the template was at its so-manyth setting.

    `ref` is the hash of its own code, or empty.  From its claim on it has an owner, and is good in
    `[valid_from, valid_until)`; it has an `order` while that holds or has used it.  Of an order that used it,
    `revenue_minor` is what was paid for the goods, and `cost_minor` what the coupon took off.  Each change is
    the next `revision`.
    """

    id: CouponId
    template: TemplateId
    number: int
    offer: str
    currency: Currency
    transferable: bool
    state: CouponState
    changed_at: Instant
    ref: str = field(default="", repr=_beginning)
    owner: MemberId | None = None
    claimed_at: Instant | None = None
    valid_from: Instant | None = None
    valid_until: Instant | None = None
    order: SaleId | None = None
    revenue_minor: int = 0
    cost_minor: int = 0
    revision: int = 1


@frozen
class CouponUse:
    """What a coupon took off an order."""

    coupon: CouponId
    cost_minor: int


@frozen
class CouponStats:
    """What became of the coupons of a template: how many there are in each state, and what orders used.

    `claimed` are all that somebody ever claimed and that are not withdrawn; `expired` those of them that are
    over and were not used.  `revenue_minor` is what the orders that used them were paid for goods, an order
    once for each coupon, and `cost_minor` what the coupons took off.
    """

    template: TemplateId
    issued: int = 0
    claimed: int = 0
    locked: int = 0
    used: int = 0
    expired: int = 0
    withdrawn: int = 0
    revenue_minor: int = 0
    cost_minor: int = 0


def issued(template: CouponTemplate, number: int, bits: bytes, at: Instant) -> tuple[Coupon, str]:
    """Return a coupon of a template with a code of its own, and the code, which nobody can show again."""
    code = letters_of(bits)
    ref = secret_hash(code)
    id = CouponId(fact_id("coupon", ref).hex())
    return _new(id, template, number, at, ref), code


def unclaimed(template: CouponTemplate, number: int, key: Key, at: Instant) -> Coupon:
    """Return a coupon that a member takes from a template; its id derives from the command's key."""
    return _new(CouponId(fact_id("claim", key).hex()), template, number, at, "")


def _new(id: CouponId, template: CouponTemplate, number: int, at: Instant, ref: str) -> Coupon:
    return Coupon(
        id,
        template.id,
        number,
        template.offer,
        template.currency,
        template.transferable,
        CouponState.ISSUED,
        at,
        ref,
    )


def opens(coupon: Coupon | None, ref: str) -> bool:
    """Say whether a code is that of a coupon that nobody has claimed.

    Hashes are compared in a time that does not depend on what they have in common.
    """
    if coupon is None or not hmac.compare_digest(coupon.ref.encode(), ref.encode()):
        return False
    return coupon.state is CouponState.ISSUED


def claimed(
    coupon: Coupon, template: CouponTemplate, number: int, owner: MemberId, at: Instant, zone: ZoneInfo
) -> Coupon:
    """Return the coupon of whoever claims it, with all that its template promises now."""
    valid_from, valid_until = window_of(template, at, zone)
    kept = evolve(
        coupon,
        number=number,
        offer=template.offer,
        transferable=template.transferable,
        owner=owner,
        claimed_at=at,
        valid_from=valid_from,
        valid_until=valid_until,
    )
    return _moved(kept, CouponState.CLAIMED, at)


def is_usable(coupon: Coupon | None, owner: MemberId, at: Instant) -> bool:
    """Say whether somebody may use a coupon at an instant."""
    if coupon is None or coupon.state is not CouponState.CLAIMED or coupon.owner != owner:
        return False
    assert coupon.valid_from is not None, "a claimed coupon has dates"
    assert coupon.valid_until is not None, "a claimed coupon has dates"
    return coupon.valid_from <= at < coupon.valid_until


def locked(
    coupon: Coupon | None, id: CouponId, owner: MemberId, order: SaleId, at: Instant
) -> Coupon | Refusal:
    """Return the coupon of an order that is placed; whatever keeps it from that, the refusal is the same."""
    if coupon is None or not is_usable(coupon, owner, at):
        return no.NOT_USABLE.refuse(coupon=id)
    return _moved(evolve(coupon, order=order), CouponState.LOCKED, at)


def used(coupon: Coupon, *, revenue_minor: int, cost_minor: int, at: Instant) -> Coupon:
    """Return a locked coupon that its order has used; it may be over by now."""
    return _moved(evolve(coupon, revenue_minor=revenue_minor, cost_minor=cost_minor), CouponState.USED, at)


def freed(coupon: Coupon, at: Instant) -> Coupon:
    """Return the coupon of an order that was cancelled: its owner's as before, for as long as it is good."""
    return _moved(evolve(coupon, order=None, revenue_minor=0, cost_minor=0), CouponState.CLAIMED, at)


def given_to(
    coupon: Coupon | None, id: CouponId, owner: MemberId, to: MemberId, at: Instant
) -> Coupon | Refusal:
    """Return the coupon of another member, good for as long as before."""
    if coupon is None or not is_usable(coupon, owner, at):
        return no.NOT_USABLE.refuse(coupon=id)
    if not coupon.transferable or to == owner:
        return no.NOT_TRANSFERABLE.refuse(coupon=id)
    return evolve(coupon, owner=to, changed_at=at, revision=coupon.revision + 1)


def withdrawn(coupon: Coupon | None, id: CouponId, at: Instant) -> Coupon | Refusal:
    """Return a coupon that nobody can use any more; not while an order has it."""
    if coupon is None:
        return no.NOT_USABLE.refuse(coupon=id)
    if CouponState.WITHDRAWN not in COUPON_TRANSITIONS[coupon.state]:
        return no.NOT_WITHDRAWABLE.refuse(coupon=id, state=coupon.state)
    return _moved(coupon, CouponState.WITHDRAWN, at)


def _moved(coupon: Coupon, state: CouponState, at: Instant) -> Coupon:
    assert state in COUPON_TRANSITIONS[coupon.state], f"{coupon.state} never becomes {state}"
    return evolve(coupon, state=state, changed_at=at, revision=coupon.revision + 1)
