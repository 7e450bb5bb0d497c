"""What caps leave of what is asked: headroom is granted to a sale once, and frozen with it.

The one rule this file protects: what all sales were granted under a cap is never more than the cap.  A later
refund gives nothing of it to another sale, and a correction asks for no more than was granted.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from attrs import evolve, frozen

from distcore.commission.accrual import Accrual
from distcore.commission.past import Grant
from distcore.commission.plan import Cap, Per, Plan
from distcore.commission.sale import Sale
from distcore.kernel import (
    Calendar,
    CapId,
    MemberId,
    PlanId,
    Problem,
    int_problem,
    limits,
    period_of,
    split,
)

TallyKey: TypeAlias = tuple[PlanId, CapId, MemberId, str]
"""What is used up together: a cap of a plan, whatever its version, for one member, in a period."""

Granted: TypeAlias = Mapping[tuple[CapId, MemberId], int]
"""The most that a sale may pay under a cap for a member, in minor units; who is not named has nothing."""


@frozen
class Capped:
    """What one member asked for under a cap: the shares at these places, with what the caps before left."""

    cap: Cap
    member: MemberId
    at: tuple[int, ...]
    asked: tuple[int, ...]
    most_minor: int

    @property
    def granted_minor(self) -> int:
        """What it comes to."""
        return min(sum(self.asked), self.most_minor)

    @property
    def granted(self) -> list[int]:
        """What each share comes to: what is too much shrinks all of them in proportion."""
        return list(split(self.granted_minor, self.asked) if self.is_bound else self.asked)

    @property
    def is_bound(self) -> bool:
        """Whether the cap takes anything away."""
        return sum(self.asked) > self.most_minor


def within_caps(
    plan: Plan, sale: Sale, accruals: Sequence[Accrual], granted: Granted | None
) -> Sequence[Accrual]:
    """Shrink what exceeds a cap, cap by cap; None: as if nothing had been granted to anybody before."""
    if not plan.caps:
        return accruals
    amounts = [each.amount_minor for each in accruals]
    for capped in caps_met(plan, sale, accruals, granted):
        for place, amount in zip(capped.at, capped.granted, strict=True):
            amounts[place] = amount
    return [evolve(each, amount_minor=amount) for each, amount in zip(accruals, amounts, strict=True)]


def caps_met(
    plan: Plan, sale: Sale, accruals: Sequence[Accrual], granted: Granted | None
) -> Iterator[Capped]:
    """Yield what is asked under each cap, by member in order of appearance, less what caps before took."""
    amounts = [each.amount_minor for each in accruals]
    for cap in plan.caps:
        shares: dict[MemberId, list[int]] = {}
        for place, each in enumerate(accruals):
            if cap.is_for(each.component):
                shares.setdefault(each.payee if cap.per is Per.EARNER else sale.buyer, []).append(place)
        for member, at in shares.items():
            most = cap.amount_minor if granted is None else granted.get((cap.id, member), 0)
            capped = Capped(cap, member, tuple(at), tuple([amounts[place] for place in at]), most)
            for place, amount in zip(at, capped.granted, strict=True):
                amounts[place] = amount
            yield capped


def tally_key(plan: Plan, cap: Cap, member: MemberId, sale: Sale, calendar: Calendar) -> TallyKey:
    """Return what a sale uses up of a cap for a member; a cap without periods has one without a name."""
    period = "" if cap.within is None else period_of(sale.paid_at, cap.within, calendar).label
    return (plan.id, cap.id, member, period)


def tally_problems(used: Mapping[TallyKey, int]) -> Iterator[Problem]:
    """Yield what is wrong with sums: a cap bounds its own, what somebody earned is bounded by what fits."""
    for key, minor in used.items():
        problem = int_problem(minor, f"tallies[{'/'.join(key)}]", least=0, most=limits.TOTAL_MINOR_MAX)
        if problem is not None:
            yield problem


def grants_of(
    plan: Plan, sale: Sale, accruals: Sequence[Accrual], used: Mapping[TallyKey, int], calendar: Calendar
) -> tuple[Grant, ...]:
    """Return what a sale is granted under each cap, given what others were granted before.

    `accruals` are what is asked of the sale as it was sold.
    """
    keys = {
        (cap.id, member): tally_key(plan, cap, member, sale, calendar)
        for cap in plan.caps
        for member in _members(cap, sale, accruals)
    }
    caps = {cap.id: cap for cap in plan.caps}
    headroom = {of: max(0, caps[of[0]].amount_minor - used.get(key, 0)) for of, key in keys.items()}
    return tuple(
        Grant(capped.cap.id, capped.member, keys[capped.cap.id, capped.member][-1], capped.granted_minor)
        for capped in caps_met(plan, sale, accruals, headroom)
        if capped.granted_minor
    )


def _members(cap: Cap, sale: Sale, accruals: Sequence[Accrual]) -> set[MemberId]:
    payees = {each.payee for each in accruals if cap.is_for(each.component)}
    return payees if cap.per is Per.EARNER else {sale.buyer}


def granted_of(grants: Sequence[Grant] | None) -> Granted | None:
    """Return what was granted to a sale, by cap and member; None where nothing was decided."""
    return None if grants is None else {(each.cap, each.member): each.granted_minor for each in grants}
