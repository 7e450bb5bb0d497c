"""Whom a customer belongs to after a touch: policy × what is known × touch → outcome.

Pure: the same arguments give the same answer, for ever.  The one rule this file protects: a binding that is
protected does not change before its time, whoever touches the customer, and however often.
"""

from collections.abc import Collection, Iterable
from itertools import takewhile
from typing import assert_never
from zoneinfo import ZoneInfo

from attrs import frozen

from distcore.kernel import (
    BindingPolicy,
    FirstTouchForDays,
    FirstTouchForEver,
    Instant,
    LastTouch,
    MemberId,
    ProtectedForDays,
    add_days,
)
from distcore.referral.identity import Persons, is_same_person
from distcore.referral.lifecycle import State
from distcore.referral.member import Aspect, Member
from distcore.referral.touch import Outcome, Result, Touch, Why
from distcore.referral.upline import seat_of


@frozen
class Bound:
    """Who sponsors a member, and since when without a break; no sponsor: nobody does."""

    sponsor: MemberId | None
    since: Instant


@frozen
class Customer:
    """What is known of a customer when a touch comes.

    `bound` is None for one who never joined.  A distributor has a tier, an approved application, or had
    members below: a touch moves no team.
    """

    id: MemberId
    bound: Bound | None = None
    state: State = State.ACTIVE
    has_orders: bool = False
    is_distributor: bool = False


def placements_of(member: Member, *, revision: int) -> tuple[Bound, ...]:
    """Return where a member was placed, by joining and by each move, also in time to come.

    Of two moves that hold from the same instant the one that was told later holds.
    """
    found = [Bound(member.sponsor, member.joined_at)]
    for change in member.changes:
        if change.aspect is Aspect.SPONSOR and change.revision <= revision:
            if change.valid_from == found[-1].since:
                found.pop()
            sponsor = None if change.value is None else MemberId(change.value)
            found.append(Bound(sponsor, change.valid_from))
    return tuple(found)


def bound_at(member: Member, *, valid_at: Instant, revision: int) -> Bound:
    """Return who sponsors a member at an instant, no earlier than joining, and since when without a break."""
    placed = [each for each in placements_of(member, revision=revision) if each.since <= valid_at]
    sponsor = placed[-1].sponsor
    unbroken = takewhile(lambda each: each.sponsor == sponsor, reversed(placed))
    return Bound(sponsor, min(each.since for each in unbroken))


def is_freed(member: Member, *, after: Instant) -> bool:
    """Return whether a change places a member below nobody from a later instant on."""
    changes = (each for each in member.changes if each.aspect is Aspect.SPONSOR and each.value is None)
    return any(each.valid_from > after for each in changes)


def binding_ends(touches: Iterable[Touch]) -> frozenset[Instant]:
    """Return when the bindings of touches end by themselves."""
    bound = (each.outcome.until for each in touches if each.outcome.result is Result.BOUND)
    return frozenset(until for until in bound if until is not None)


def to_be_placed(
    member: Member,
    sponsor: MemberId,
    *,
    at: Instant,
    until: Instant | None,
    ends: Collection[Instant],
    revision: int,
) -> tuple[Bound, ...]:
    """Return the moves that bind a member from an instant on; `ends` are those of bindings of before.

    None of them ends this one.  Whatever else is planned for the member holds as planned, and ends this one.
    """
    later = [each for each in placements_of(member, revision=revision) if each.since > at]
    planned = next((each.since for each in later if not _is_end(each, ends)), None)
    before = [each.since for each in later if planned is None or each.since < planned]
    found = [Bound(sponsor, at), *(Bound(sponsor, each) for each in before if until is None or each < until)]
    if until is not None and until not in before and (planned is None or until < planned):
        found.append(Bound(None, until))
    return tuple(found)


def lasting(member: Member, *, since: Instant, ends: Collection[Instant], revision: int) -> tuple[Bound, ...]:
    """Return the moves by which none of the ends of bindings that come after an instant ends one.

    Each sponsor stays until the next place that is planned, if any is.
    """
    found: list[Bound] = []
    sponsor: MemberId | None = None
    for each in placements_of(member, revision=revision):
        if each.since > since and sponsor is not None and _is_end(each, ends):
            found.append(Bound(sponsor, each.since))
        else:
            sponsor = each.sponsor
    return tuple(found)


def _is_end(bound: Bound, ends: Collection[Instant]) -> bool:
    return bound.sponsor is None and bound.since in ends


def promoter_outcome(
    promoter: Member | None, customer: MemberId, persons: Persons, *, at: Instant, revision: int
) -> Outcome | None:
    """Return why somebody can't promote to a customer, or None."""
    if promoter is None or promoter.joined_at > at:
        return Outcome(Result.REFUSED, Why.PROMOTER_UNKNOWN)
    if seat_of(promoter, valid_at=at, revision=revision).state is not State.ACTIVE:
        return Outcome(Result.REFUSED, Why.PROMOTER_NOT_ACTIVE)
    if promoter.id == customer:
        return Outcome(Result.REFUSED, Why.SELF)
    if is_same_person(persons, promoter.id, customer, revision):
        return Outcome(Result.REFUSED, Why.SAME_PERSON)
    return None


def decide_binding(
    policy: BindingPolicy, customer: Customer, promoter: MemberId, *, at: Instant, zone: ZoneInfo | None
) -> Outcome:
    """Return what becomes of the touch of a promoter who can promote; what the tree says comes after it.

    With a zone days are calendar days there, without one they are 24 hours.
    """
    if customer.state is State.TERMINATED:
        return Outcome(Result.REFUSED, Why.CUSTOMER_TERMINATED)
    bound = customer.bound
    if bound is not None and bound.sponsor == promoter:
        return Outcome(Result.KEPT, Why.SAME_PROMOTER)
    if customer.is_distributor:
        return Outcome(Result.KEPT, Why.IS_DISTRIBUTOR)
    if policy.only_without_orders and customer.has_orders:
        return Outcome(Result.REFUSED, Why.HAS_ORDERS)
    ends = add_days(at, policy.days, zone) if isinstance(policy, FirstTouchForDays) else None
    if bound is None or bound.sponsor is None:
        return Outcome(Result.BOUND, Why.FIRST_TOUCH, ends)
    kept = _kept(policy, bound, at, zone)
    return kept or Outcome(Result.BOUND, Why.TAKEN_OVER, ends)


def _kept(policy: BindingPolicy, bound: Bound, at: Instant, zone: ZoneInfo | None) -> Outcome | None:
    """Return why a binding stands against another promoter, or None if it does not."""
    match policy:
        case FirstTouchForEver():
            return Outcome(Result.KEPT, Why.BOUND_FOR_EVER)
        case LastTouch():
            return None
        case FirstTouchForDays(days) | ProtectedForDays(days):
            until = add_days(bound.since, days, zone)
            return Outcome(Result.KEPT, Why.PROTECTED, until) if at < until else None
        case _:
            assert_never(policy)
