"""Touches: a promoter brought a customer, and what became of it.

The one rule this file protects: a touch changes nothing.  It is written down with what was decided about it,
for ever, and with the reason.
"""

from enum import Enum

from attrs import field, frozen

from distcore.kernel import Actor, Instant, MemberId
from distcore.referral.code import shown_ref


class Via(Enum):
    """How a promoter is named by a touch."""

    CODE = "code"
    LINK = "link"
    CALL = "call"
    """By id, in an explicit call."""


class Result(Enum):
    """What became of a touch."""

    BOUND = "bound"
    KEPT = "kept"
    """The customer stays with whom the customer is with."""
    REFUSED = "refused"
    """The touch binds nobody, whatever the policy."""


class Why(Enum):
    """The reason for what became of a touch."""

    FIRST_TOUCH = "first_touch"
    TAKEN_OVER = "taken_over"

    SAME_PROMOTER = "same_promoter"
    BOUND_FOR_EVER = "bound_for_ever"
    PROTECTED = "protected"
    IS_DISTRIBUTOR = "is_distributor"

    CODE_NOT_VALID = "code_not_valid"
    PROMOTER_UNKNOWN = "promoter_unknown"
    PROMOTER_NOT_ACTIVE = "promoter_not_active"
    SELF = "self"
    SAME_PERSON = "same_person"
    HAS_ORDERS = "has_orders"
    CUSTOMER_TERMINATED = "customer_terminated"

    SPONSOR_JOINED_LATER = "sponsor_joined_later"
    WOULD_FORM_CYCLE = "would_form_cycle"
    UPLINE_TOO_DEEP = "upline_too_deep"
    FAN_OUT_TOO_WIDE = "fan_out_too_wide"


@frozen
class Outcome:
    """What became of a touch, and why; `until` says when a binding or a protection ends, if it does."""

    result: Result
    why: Why
    until: Instant | None = None


@frozen
class Touch:
    """A promoter brought a customer; `number` counts the touches of a customer from 1.

    Without a promoter the code or link stood for nobody; `ref` says which code stood for the promoter.
    `channel` is a word of the shop: a poster, a chat.
    """

    customer: MemberId
    number: int
    promoter: MemberId | None
    via: Via
    channel: str
    touched_at: Instant
    actor: Actor
    outcome: Outcome
    ref: str = field(default="", repr=shown_ref)
