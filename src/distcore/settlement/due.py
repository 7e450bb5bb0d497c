"""What comes to settlement: dues, adjustments, opening balances and holds, as values.

A due is what was released to one payee and is on no statement yet.  Where it comes from is its origin;
settlement asks no further.
"""

from collections.abc import Iterable
from enum import Enum
from typing import TypeAlias

from attrs import field, frozen

from distcore.kernel import (
    Actor,
    Currency,
    Instant,
    MemberId,
    Origin,
    Problem,
    currency_problem,
    id_problem,
    int_problem,
    limits,
    shape_problems,
    text_problem,
    utc,
)
from distcore.settlement.policy import money_problem

DueKey: TypeAlias = tuple[Currency, MemberId, Origin]
"""What tells one due from all others: a fact is due once to each payee."""


@frozen
class Due:
    """An amount that belongs to one payee since `released_at`; below zero it is a clawback.

    `valid_at` is when what it stems from happened: a refund of March that arrives in May says March.
    """

    origin: Origin
    payee: MemberId
    currency: Currency
    amount_minor: int
    valid_at: Instant
    released_at: Instant

    @property
    def key(self) -> DueKey:
        """What tells this due from all others."""
        return self.currency, self.payee, self.origin


def _valid_at(value: Instant) -> Instant:
    return utc(value, "valid_at")


def _frozen_until(value: Instant | None) -> Instant | None:
    return None if value is None else utc(value, "frozen_until")


@frozen
class Adjustment:
    """An amount that somebody gives or takes by decision: why, and by whose authority.

    It is released at once.  In the currency POINT it goes to the member's points, and is never settled.
    """

    id: str
    payee: MemberId
    currency: Currency
    amount_minor: int
    reason: str
    authority: Actor
    valid_at: Instant = field(converter=_valid_at)


@frozen
class Opening:
    """What a payee was owed, or owed, when the shop moved in from another system.

    `provenance` says where the number stands there.  `frozen_until` is the end of a freeze that is still
    running; without one it is released at once.
    """

    id: str
    payee: MemberId
    currency: Currency
    amount_minor: int
    provenance: str
    valid_at: Instant = field(converter=_valid_at)
    frozen_until: Instant | None = field(default=None, converter=_frozen_until)


class HoldOn(Enum):
    """What can be held: a sale is not released and not settled, a payee is not paid."""

    SALE = "sale"
    PAYEE = "payee"


@frozen
class Hold:
    """A sale or a payee that waits until somebody lifts the hold."""

    on: HoldOn
    ref: str
    reason: str


@frozen
class HoldChange:
    """A hold was placed or lifted; `number` counts the changes of one sale or payee from 1."""

    hold: Hold
    number: int
    placed: bool
    changed_at: Instant
    actor: Actor


def adjustment_problems(adjustment: Adjustment) -> tuple[Problem, ...]:
    """Return what is malformed about an adjustment; the reason and the authority are not optional."""
    misshapen = tuple(shape_problems(adjustment, Adjustment, ""))
    return misshapen or _only(
        id_problem(adjustment.id, "id"),
        id_problem(adjustment.payee, "payee"),
        currency_problem(adjustment.currency, "currency"),
        _amount_problem(adjustment.amount_minor),
        *_said(adjustment.reason, "reason"),
        id_problem(adjustment.authority, "authority"),
    )


def opening_problems(opening: Opening) -> tuple[Problem, ...]:
    """Return what is malformed about an opening balance; where it comes from is not optional."""
    misshapen = tuple(shape_problems(opening, Opening, ""))
    return misshapen or _only(
        id_problem(opening.id, "id"),
        id_problem(opening.payee, "payee"),
        money_problem(opening.currency, "currency"),
        _amount_problem(opening.amount_minor),
        *_said(opening.provenance, "provenance"),
    )


def hold_problems(hold: Hold) -> tuple[Problem, ...]:
    """Return what is malformed about a hold."""
    misshapen = tuple(shape_problems(hold, Hold, ""))
    return misshapen or _only(id_problem(hold.ref, "ref"), *_said(hold.reason, "reason"))


def _amount_problem(amount_minor: int) -> Problem | None:
    most = limits.AMOUNT_MINOR_MAX
    if amount_minor == 0:
        return Problem("amount_minor", "nothing is moved", "an amount above or below zero")
    return int_problem(amount_minor, "amount_minor", least=-most, most=most)


def _said(text: str, where: str) -> Iterable[Problem | None]:
    yield text_problem(text, where)
    if not text.strip():
        yield Problem(where, "is blank", "somebody will ask")


def _only(*found: Problem | None) -> tuple[Problem, ...]:
    return tuple(problem for problem in found if problem is not None)
