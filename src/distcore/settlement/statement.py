"""Closings and statements: what a period adds up to for each payee.

The one rule this file protects: opening + lines − gross = closing, to the cent, and what one statement
carries is what the next one opens with.
"""

from collections.abc import Sequence
from typing import Final

from attrs import frozen

from distcore.kernel import Actor, Currency, Instant, MemberId, Period, Refusal, format_instant
from distcore.settlement import refusals
from distcore.settlement.due import Due
from distcore.settlement.lifecycle import TRANSITIONS, ClosingState
from distcore.settlement.policy import SettlementPolicy


@frozen
class Decision:
    """Who approved or rejected a closing, when, and why."""

    state: ClosingState
    decided_at: Instant
    actor: Actor
    reason: str = ""


@frozen
class Closing:
    """A period that was closed for one currency; closings of a shop count from 1."""

    number: int
    currency: Currency
    period: Period
    policy_version: int
    drafted_at: Instant
    actor: Actor
    decision: Decision | None = None

    @property
    def state(self) -> ClosingState:
        """Where the closing stands."""
        return ClosingState.DRAFT if self.decision is None else self.decision.state


@frozen
class Line:
    """A due that a closing took: where it counts, and where it came from."""

    closing: int
    due: Due


@frozen
class LineTotal:
    """What the lines of one payee in a closing add up to."""

    payee: MemberId
    lines_minor: int
    line_count: int


@frozen
class Statement:
    """What a closing says to one payee, in minor units.

    `gross_minor` is due now, before tax; `held` says that it would be, but for a hold.
    """

    closing: int
    payee: MemberId
    currency: Currency
    opening_minor: int
    lines_minor: int
    line_count: int
    gross_minor: int
    held: bool = False

    @property
    def closing_minor(self) -> int:
        """What is carried into the next period; below zero it is owed by the payee."""
        return self.opening_minor + self.lines_minor - self.gross_minor


@frozen
class Assessment:
    """What of a statement's gross due is withheld, decided in the calendar month of its approval."""

    closing: int
    payee: MemberId
    currency: Currency
    month: str
    gross_minor: int
    withheld_minor: int

    @property
    def payable_minor(self) -> int:
        """What the payee gets: gross less what is withheld, exactly."""
        return self.gross_minor - self.withheld_minor


@frozen
class Assessed:
    """What was assessed for a payee in one calendar month (`2026-03`): due, and withheld of it."""

    month: str
    gross_minor: int
    withheld_minor: int


@frozen
class SoFar:
    """What was assessed for a payee before, in the year of a month: in order, each month once.

    A month in which nothing was due is missing.
    """

    months: tuple[Assessed, ...] = ()


NOTHING_SO_FAR: Final = SoFar()


def stated(
    closing: Closing, total: LineTotal, opening_minor: int, policy: SettlementPolicy, *, held: bool
) -> Statement:
    """Return the statement of one payee: what is above zero and reaches the minimum is due."""
    balance = opening_minor + total.lines_minor
    reaches = balance > 0 and balance >= policy.minimum_minor
    return Statement(
        closing.number,
        total.payee,
        closing.currency,
        opening_minor,
        total.lines_minor,
        total.line_count,
        gross_minor=balance if reaches and not held else 0,
        held=reaches and held,
    )


def closing_refusal(label: str, expected: Period, closings: Sequence[Closing], at: Instant) -> Refusal | None:
    """Return why the period of a label can't be closed now, or None; `expected` is the one that is next."""
    draft = next((each for each in closings if each.state is ClosingState.DRAFT), None)
    if draft is not None:
        return refusals.DRAFT_WAITS.refuse(closing=draft.number, period=draft.period.label)
    if label != expected.label:
        return refusals.OUT_OF_ORDER.refuse(period=label, expected=expected.label)
    if expected.end > at:
        return refusals.PERIOD_NOT_ENDED.refuse(
            period=label, end=format_instant(expected.end), at=format_instant(at)
        )
    return None


def decision_refusal(closing: Closing, wanted: ClosingState, actor: Actor) -> Refusal | None:
    """Return why a closing can't be approved or rejected by somebody, or None."""
    if wanted not in TRANSITIONS[closing.state]:
        return refusals.CLOSING_DECIDED.refuse(closing=closing.number, state=closing.state, wanted=wanted)
    if wanted is ClosingState.APPROVED and actor == closing.actor:
        return refusals.SAME_REVIEWER.refuse(closing=closing.number, actor=actor)
    return None


def drawn(payable_minor: Sequence[int], paid_minor: Sequence[int]) -> list[tuple[int, int, int]]:
    """Return which payments came out of which payable amounts: the oldest money goes first.

    Each part is the place of the payment, the place of the payable amount, and how much; what is paid never
    exceeds what is payable.
    """
    assert sum(paid_minor) <= sum(payable_minor), "no more is paid than is payable"
    found: list[tuple[int, int, int]] = []
    source, left = -1, 0
    for place, paid in enumerate(paid_minor):
        amount = paid
        while amount:
            while not left:
                source += 1
                left = payable_minor[source]
            part = min(amount, left)
            found.append((place, source, part))
            amount, left = amount - part, left - part
    return found
