"""The states of an accrual: derived, never stored.

Facts are immutable; what happens to them later is a row of its own that refers to them.  An order's
freeze starts with its completion or its payment, as the plan says, and `release` writes one row per
order when it is over.  A correction shares the release of what it corrects.
"""

from collections.abc import Mapping
from enum import Enum
from zoneinfo import ZoneInfo

from distcore.commission.plan import Freeze, FreezeFrom
from distcore.kernel import Instant, add_days


class AccrualState(Enum):
    """Where an accrual stands; `VOID` is a share whose facts add up to zero, which a refund may change."""

    FROZEN = "frozen"
    RELEASED = "released"
    HELD = "held"
    SETTLED = "settled"
    PAID = "paid"
    VOID = "void"


_FROZEN, _RELEASED, _HELD = AccrualState.FROZEN, AccrualState.RELEASED, AccrualState.HELD
_SETTLED, _PAID, _VOID = AccrualState.SETTLED, AccrualState.PAID, AccrualState.VOID

TRANSITIONS: Mapping[AccrualState, frozenset[AccrualState]] = {
    _FROZEN: frozenset({_RELEASED, _HELD, _VOID}),
    _RELEASED: frozenset({_SETTLED, _HELD, _VOID}),
    _HELD: frozenset({_FROZEN, _RELEASED, _VOID}),
    _SETTLED: frozenset({_PAID}),
    _PAID: frozenset(),
    _VOID: frozenset({_FROZEN, _RELEASED, _HELD}),
}


def state_of(
    amount_minor: int, *, released: bool, held: bool = False, settled: bool = False, paid: bool = False
) -> AccrualState:
    """Return the state of what was posted at once, given its sum and what became of it since.

    What is on a statement stays there: a later correction is a fact of its own, on a later statement.
    """
    if settled:
        return _PAID if paid else _SETTLED
    if amount_minor == 0:
        return _VOID
    if held:
        return _HELD
    return _RELEASED if released else _FROZEN


def due_of(
    freeze: Freeze, *, paid_at: Instant, completed_at: Instant | None, zone: ZoneInfo | None
) -> Instant | None:
    """Return when the freeze of an order ends; None while its clock has not started.

    With a zone days are calendar days there, without one they are 24 hours.
    """
    start = paid_at if freeze.counts_from is FreezeFrom.PAID else completed_at
    return None if start is None else add_days(start, freeze.days, zone)
