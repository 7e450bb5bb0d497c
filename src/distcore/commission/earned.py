"""What earners had earned before a sale: looked up once, when it is first accrued, and frozen with it.

The one rule this file protects: a sale counts for what its first posting pays, whatever becomes of it later.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from distcore.commission import refusals
from distcore.commission.accrual import Accrual, Booking
from distcore.commission.award import may_be_paid
from distcore.commission.cap import TallyKey
from distcore.commission.lineage import Claim
from distcore.commission.past import NOBODY_EARNED, PaidBefore
from distcore.commission.plan import Component, Plan
from distcore.kernel import CapId, Currency, MemberId, PlanId, Refusal, limits

EARNED: Final = CapId("")
"""Stands where a cap does, for all that a plan pays a member: it is no id, so no cap has it."""


def earned_key(plan: PlanId, member: MemberId, currency: Currency) -> TallyKey:
    """Return where it is counted what a plan paid a member in a currency, which stands for a period here."""
    return (plan, EARNED, member, currency)


def keys_of_earners(claims: Iterable[tuple[Component, Sequence[Claim]]], plan: Plan) -> set[TallyKey]:
    """Return where all is counted that a sale may pay; nothing is, where the plan does not ask."""
    if not plan.asks_earned:
        return set()
    return {
        earned_key(plan.id, claim.payee, plan.currency)
        for component, held in claims
        for claim in may_be_paid(component, held)
    }


def earned_before(
    claims: Iterable[tuple[Component, Sequence[Claim]]], plan: Plan, counted: Mapping[TallyKey, int]
) -> tuple[PaidBefore, ...] | None:
    """Return what those had earned whom a rule may ask, by id; None where the plan does not ask.

    `counted` is what others were paid before; who is not named has earned nothing.
    """
    if not plan.asks_earned:
        return None
    asked = {
        claim.payee
        for component, held in claims
        if component.id in plan.asks_earned
        for claim in may_be_paid(component, held)
    }
    found = ((member, counted.get(earned_key(plan.id, member, plan.currency), 0)) for member in sorted(asked))
    return tuple(PaidBefore(member, earned_minor) for member, earned_minor in found if earned_minor)


def counted_of(booking: Booking, accruals: Iterable[Accrual]) -> Counter[TallyKey]:
    """Return what a sale adds by its first posting; nothing where its plan does not ask."""
    counted: Counter[TallyKey] = Counter()
    for each in () if booking.earned is None else accruals:
        counted[earned_key(booking.plan, each.payee, booking.sale.currency)] += each.amount_minor
    return counted


def earned_refusal(
    booking: Booking, accruals: Iterable[Accrual], counted: Mapping[TallyKey, int]
) -> Refusal | None:
    """Return why a sale can't be counted: somebody would have earned more than a store holds.

    `counted` is what was earned before, of all that the sale pays.
    """
    for key, paid_minor in counted_of(booking, accruals).items():
        earned_minor = counted[key] + paid_minor
        if earned_minor > limits.TOTAL_MINOR_MAX:
            plan, _, member, _ = key
            return refusals.EARNED_TOO_LARGE.refuse(
                sale=booking.sale.id,
                plan=plan,
                member=member,
                earned_minor=str(earned_minor),
                earned_minor_max=str(limits.TOTAL_MINOR_MAX),
            )
    return None


def earned_of(earned: Sequence[PaidBefore] | None) -> Mapping[MemberId, int]:
    """Return what was earned before a sale, by member."""
    return {each.member: each.earned_minor for each in earned} if earned else NOBODY_EARNED
