"""Payouts: requested, approved by somebody else, submitted, and what the provider says came of it.

The one rule this file protects: an approval is for one payee, account, amount and currency, and is used
once.  Whoever changes the account afterwards has voided it.
"""

from enum import Enum
from typing import NewType
from zoneinfo import ZoneInfo

from attrs import field, frozen

from distcore.kernel import (
    Actor,
    Currency,
    Instant,
    MemberId,
    Problem,
    Refusal,
    currency_problem,
    digest,
    format_instant,
    format_minor,
    id_problem,
    int_problem,
    limits,
    shape_problems,
    text_problem,
    utc,
)
from distcore.payout import refusals
from distcore.payout.account import PayeeAccount, usable_from
from distcore.payout.lifecycle import OUTSIDE, TRANSITIONS, PayoutState

PayoutId = NewType("PayoutId", str)
EventId = NewType("EventId", str)
"""The provider's own name for what it told; the same one counts once."""


@frozen
class Payout:
    """An amount on its way to one account of a payee, in minor units; nothing of it ever changes."""

    id: PayoutId
    payee: MemberId
    currency: Currency
    amount_minor: int
    account: int
    channel: str
    requested_at: Instant
    requested_by: Actor


@frozen
class Step:
    """A payout reached a state; steps count from 1, which is the request.

    `content` is what an approval was given for; `event` is the provider's, where it told, and `happened_at`
    when it says that it happened.
    """

    number: int
    state: PayoutState
    at: Instant
    actor: Actor
    reason: str = ""
    content: bytes | None = None
    event: EventId | None = None
    happened_at: Instant | None = None

    @property
    def valid_at(self) -> Instant:
        """When it happened; `at` is when we learnt of it."""
        return self.at if self.happened_at is None else self.happened_at


@frozen
class PayoutRecord:
    """A payout and its life so far."""

    payout: Payout
    steps: tuple[Step, ...]

    @property
    def state(self) -> PayoutState:
        """Where the payout stands."""
        return self.steps[-1].state


class Outcome(Enum):
    """What a provider says of a payout."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNKNOWN = "unknown"


def _happened_at(value: Instant) -> Instant:
    return utc(value, "happened_at")


@frozen
class ProviderEvent:
    """What a provider told about a payout: everything in it must be as the payout says."""

    id: EventId
    payout: PayoutId
    payee: MemberId
    currency: Currency
    amount_minor: int
    outcome: Outcome
    happened_at: Instant = field(converter=_happened_at)
    reason: str = ""


def content_of(payout: Payout) -> bytes:
    """Return the hash of what an approval is for."""
    return digest((payout.id, payout.payee, payout.account, payout.amount_minor, payout.currency))


def payout_problems(id: object, payee: object, currency: object, amount_minor: object) -> tuple[Problem, ...]:
    """Return what is malformed about a request."""
    found = (
        id_problem(id, "payout"),
        id_problem(payee, "payee"),
        currency_problem(currency, "currency"),
        int_problem(amount_minor, "amount_minor", least=1, most=limits.AMOUNT_MINOR_MAX),
    )
    return tuple(problem for problem in found if problem is not None)


def event_problems(event: ProviderEvent) -> tuple[Problem, ...]:
    """Return what is malformed about what a provider told."""
    misshapen = tuple(shape_problems(event, ProviderEvent, ""))
    if misshapen:
        return misshapen
    found = (
        id_problem(event.id, "id"),
        *payout_problems(event.payout, event.payee, event.currency, event.amount_minor),
        text_problem(event.reason, "reason"),
    )
    return tuple(problem for problem in found if problem is not None)


def account_refusal(
    payee: MemberId,
    account: PayeeAccount | None,
    hold_days: int,
    at: Instant,
    zone: ZoneInfo | None = None,
) -> Refusal | None:
    """Return why no payout may go to a payee's account now, or None; days are those of `usable_from`."""
    if account is None:
        return refusals.NO_ACCOUNT.refuse(payee=payee)
    if account.verified_at is None:
        return refusals.ACCOUNT_NOT_VERIFIED.refuse(payee=payee, account=account.number)
    until = usable_from(account, hold_days, zone)
    if at < until:
        return refusals.ACCOUNT_ON_HOLD.refuse(
            payee=payee, account=account.number, until=format_instant(until)
        )
    return None


def approval_refusal(record: PayoutRecord, actor: Actor) -> Refusal | None:
    """Return why somebody can't approve a payout, or None: nobody approves an own request."""
    refusal = step_refusal(record, PayoutState.APPROVED)
    if refusal is None and actor == record.payout.requested_by:
        return refusals.SAME_APPROVER.refuse(payout=record.payout.id, actor=actor)
    return refusal


def submission_refusal(
    record: PayoutRecord,
    account: PayeeAccount | None,
    hold_days: int,
    at: Instant,
    zone: ZoneInfo | None = None,
) -> Refusal | None:
    """Return why a payout can't be submitted, or None: its approval must still be for what it says."""
    payout = record.payout
    refusal = step_refusal(record, PayoutState.SUBMITTED)
    if refusal is not None:
        return refusal
    if record.steps[-1].content != content_of(payout):
        return refusals.APPROVAL_VOID.refuse(payout=payout.id, why="it was given for something else")
    return sending_refusal(payout, account, hold_days, at, zone)


def sending_refusal(
    payout: Payout,
    account: PayeeAccount | None,
    hold_days: int,
    at: Instant,
    zone: ZoneInfo | None = None,
) -> Refusal | None:
    """Return why nothing may be sent now, or None: the payee's account must be the one that was approved."""
    if account is not None and account.number != payout.account:
        return refusals.APPROVAL_VOID.refuse(
            payout=payout.id,
            why=f"{payout.payee} has account {account.number} now, it was given for account {payout.account}",
        )
    return account_refusal(payout.payee, account, hold_days, at, zone)


def event_refusal(record: PayoutRecord | None, event: ProviderEvent, at: Instant) -> Refusal | None:
    """Return why what a provider told can't be taken, or None: nothing in it may differ from the payout.

    It happened after the submission, and before it is told; many providers tell whole seconds.
    """
    if record is None:
        return refusals.PAYOUT_UNKNOWN.refuse(payout=event.payout)
    payout = record.payout
    for what, told, known in (
        ("payee", event.payee, payout.payee),
        ("currency", event.currency, payout.currency),
        (
            "amount",
            format_minor(event.amount_minor, event.currency),
            format_minor(payout.amount_minor, payout.currency),
        ),
    ):
        if told != known:
            return refusals.EVENT_DIFFERS.refuse(
                event=event.id, payout=payout.id, what=what, told=told, known=known
            )
    if record.state not in OUTSIDE:
        return refusals.EVENT_TOO_LATE.refuse(
            event=event.id, payout=payout.id, outcome=event.outcome, state=record.state
        )
    submitted_at = next(step.at for step in record.steps if step.state is PayoutState.SUBMITTED)
    if submitted_at.replace(microsecond=0) <= event.happened_at <= at:
        return None
    return refusals.EVENT_DIFFERS.refuse(
        event=event.id,
        payout=payout.id,
        what="happened_at",
        told=format_instant(event.happened_at),
        known=f"{format_instant(submitted_at)} to {format_instant(at)}",
    )


def step_refusal(record: PayoutRecord, wanted: PayoutState) -> Refusal | None:
    """Return why a payout can't come to a state, or None."""
    if wanted in TRANSITIONS[record.state]:
        return None
    allowed = ", ".join(sorted(each.value for each in TRANSITIONS[record.state])) or "nothing"
    return refusals.STATE_NOT_REACHABLE.refuse(
        payout=record.payout.id, state=record.state, wanted=wanted, allowed=allowed
    )
