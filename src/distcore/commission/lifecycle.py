"""The states of an accrual: derived, never stored.

Facts are immutable; what happens to them later is a row of its own that refers to them.  An order's
freeze starts with its completion or its payment, as the plan says, and `release` writes one row per
order when it is over.  A correction shares the release of what it corrects.
"""

from collections.abc import Mapping
from enum import Enum
from zoneinfo import ZoneInfo

from distcore.commission.accrual import Posting, SaleRecord
from distcore.commission.plan import Freeze, FreezeFrom
from distcore.kernel import Instant, add_days


class AccrualState(Enum):
    """Where an accrual stands; `VOID` is a share whose facts add up to zero, which a refund may change."""

    FROZEN = "frozen"
    RELEASED = "released"
    VOID = "void"


TRANSITIONS: Mapping[AccrualState, frozenset[AccrualState]] = {
    AccrualState.FROZEN: frozenset({AccrualState.RELEASED, AccrualState.VOID}),
    AccrualState.RELEASED: frozenset({AccrualState.VOID}),
    AccrualState.VOID: frozenset({AccrualState.FROZEN, AccrualState.RELEASED}),
}


def state_of(amount_minor: int, *, released: bool) -> AccrualState:
    """Return the state of a share, given the sum of its facts and whether its order was released."""
    if amount_minor == 0:
        return AccrualState.VOID
    return AccrualState.RELEASED if released else AccrualState.FROZEN


def due_of(
    freeze: Freeze, *, paid_at: Instant, completed_at: Instant | None, zone: ZoneInfo | None
) -> Instant | None:
    """Return when the freeze of an order ends; None while its clock has not started.

    With a zone days are calendar days there, without one they are 24 hours.
    """
    start = paid_at if freeze.counts_from is FreezeFrom.PAID else completed_at
    return None if start is None else add_days(start, freeze.days, zone)


def released_at(record: SaleRecord, posting: Posting) -> Instant | None:
    """Return since when a posting is released: the hour at which a batch ran changes nothing."""
    if not record.released or record.due is None:
        return None
    return max(record.due, posting.posted_at)
