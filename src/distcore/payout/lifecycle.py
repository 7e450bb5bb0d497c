"""The life of a payout: one table, and nothing else decides.

The amount is reserved when a payout is requested, and given back when it is cancelled or has failed.  Once
it was submitted only the provider knows what became of it: an answer that never came makes it `unknown`,
and then it is asked for again under the same id, never paid a second time.  Told once more that nobody knows,
it stays unknown, and the event is kept, because each counts once.
"""

from collections.abc import Mapping
from enum import Enum


class PayoutState(Enum):
    """Where a payout stands."""

    REQUESTED = "requested"
    APPROVED = "approved"
    SUBMITTED = "submitted"
    UNKNOWN = "unknown"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


_REQUESTED, _APPROVED, _SUBMITTED = PayoutState.REQUESTED, PayoutState.APPROVED, PayoutState.SUBMITTED
_UNKNOWN, _SUCCEEDED, _FAILED = PayoutState.UNKNOWN, PayoutState.SUCCEEDED, PayoutState.FAILED
_CANCELLED = PayoutState.CANCELLED

TRANSITIONS: Mapping[PayoutState, frozenset[PayoutState]] = {
    _REQUESTED: frozenset({_APPROVED, _CANCELLED}),
    _APPROVED: frozenset({_SUBMITTED, _CANCELLED}),
    _SUBMITTED: frozenset({_SUCCEEDED, _FAILED, _UNKNOWN}),
    _UNKNOWN: frozenset({_UNKNOWN, _SUCCEEDED, _FAILED}),
    _SUCCEEDED: frozenset(),
    _FAILED: frozenset(),
    _CANCELLED: frozenset(),
}

LIVE = frozenset({_REQUESTED, _APPROVED, _SUBMITTED, _UNKNOWN})
"""States in which the amount is reserved."""

OUTSIDE = frozenset({_SUBMITTED, _UNKNOWN})
"""States in which the provider decides what happens next."""
