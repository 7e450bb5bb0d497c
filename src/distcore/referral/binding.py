"""Whom a customer belongs to after a touch: policy × what is known × touch → outcome.

Pure: the same arguments give the same answer, for ever.  The one rule this file protects: a binding that is
protected does not change before its time, whoever touches the customer, and however often.
"""

from collections.abc import Iterator
from itertools import takewhile, zip_longest
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
from distcore.referral.touch import Outcome, Result, Why
from distcore.referral.upline import Bound, placed, seat_of


@frozen
class Customer:
    """What is known of a customer when a touch comes.

    `bound` is None for one who never joined; `ends` is when that binding ends, if it does.  A distributor
    has a tier, an approved application, or had members below: a touch moves no team.
    """

    id: MemberId
    bound: Bound | None = None
    ends: Instant | None = None
    state: State = State.ACTIVE
    has_orders: bool = False
    is_distributor: bool = False


def placements_of(member: Member, *, revision: int) -> tuple[Bound, ...]:
    """Return where a member was placed by joining, by moves and where bindings end, also in time to come."""
    return tuple(bound for bound, _, _ in stretches_of(member, revision=revision))


def stretches_of(member: Member, *, revision: int) -> Iterator[tuple[Bound, Instant | None, bool]]:
    """Yield each place of a member, when the next one begins, and whether a binding ends there.

    Of two places that hold from the same instant the one that was told later holds.
    """
    found: list[tuple[Aspect, Bound]] = []
    for aspect, each in placed(member, revision=revision):
        if found and each.since == found[-1][1].since:
            found.pop()
        found.append((aspect, each))
    for (_, bound), after in zip_longest(found, found[1:]):
        yield bound, None if after is None else after[1].since, after is not None and after[0] is Aspect.ENDS


def bound_at(member: Member, *, valid_at: Instant, revision: int) -> Bound:
    """Return who sponsors a member at an instant, no earlier than joining, and since when without a break."""
    found = [each for each in placements_of(member, revision=revision) if each.since <= valid_at]
    sponsor = found[-1].sponsor
    unbroken = takewhile(lambda each: each.sponsor == sponsor, reversed(found))
    return Bound(sponsor, min(each.since for each in unbroken))


def binding_end(member: Member, *, valid_at: Instant, revision: int) -> Instant | None:
    """Return when the binding of an instant, no earlier than joining, ends, if it does."""
    stretches = stretches_of(member, revision=revision)
    return [until if ends else None for bound, until, ends in stretches if bound.since <= valid_at][-1]


def lasting(member: Member, *, after: Instant) -> tuple[Bound, ...]:
    """Return the places that a binding ends, by all that is known, after an instant.

    Told once more they stay: until the next place that is planned, if any is.
    """
    found: list[Bound] = []
    last = Bound(None, member.joined_at)
    for aspect, each in placed(member):
        if aspect is Aspect.ENDS and each.since > after and last.sponsor is not None:
            found.append(last)
        last = each
    return tuple(found)


def is_let_go(member: Member, *, at: Instant, until: Instant, revision: int) -> bool:
    """Return whether a binding from an instant on lets go of a member where it ends.

    Not where another place is planned before, nor whoever is to have a tier by then.
    """
    places = [each.since for aspect, each in placed(member, revision=revision) if aspect is Aspect.SPONSOR]
    moments = (each.valid_from for each in member.changes if each.aspect is Aspect.TIER)
    tiers = (seat_of(member, valid_at=each, revision=revision).tier for each in moments if at < each < until)
    return not any(tiers) and not any(at < each <= until for each in places)


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
    kept = _kept(policy, bound, customer.ends, at, zone)
    return kept or Outcome(Result.BOUND, Why.TAKEN_OVER, ends)


def _kept(
    policy: BindingPolicy, bound: Bound, ends: Instant | None, at: Instant, zone: ZoneInfo | None
) -> Outcome | None:
    """Return why a binding stands against another promoter, or None if it does not."""
    match policy:
        case FirstTouchForEver():
            return Outcome(Result.KEPT, Why.BOUND_FOR_EVER)
        case LastTouch():
            return None
        case FirstTouchForDays(days) | ProtectedForDays(days):
            until = add_days(bound.since, days, zone)
            until = until if ends is None else min(until, ends)
            return Outcome(Result.KEPT, Why.PROTECTED, until) if at < until else None
        case _:
            assert_never(policy)
