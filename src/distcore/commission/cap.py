"""What caps leave of what is asked: headroom is granted to a sale once, and frozen with it.

The one rule this file protects: what all sales were granted under a cap is never more than the cap.  A later
refund gives nothing of it to another sale, and a correction asks for no more than was granted.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

from attrs import frozen

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
    for _ in _met(plan, sale, accruals, amounts, _most_by(granted)):
        pass
    return [
        each if each.amount_minor == amount else with_amount(each, amount)
        for each, amount in zip(accruals, amounts, strict=True)
    ]


def caps_met(
    plan: Plan, sale: Sale, accruals: Sequence[Accrual], granted: Granted | None
) -> Iterator[Capped]:
    """Yield what is asked under each cap, by member in order of appearance, less what caps before took."""
    amounts = [each.amount_minor for each in accruals]
    for cap, member, at, asked, most in _met(plan, sale, accruals, amounts, _most_by(granted)):
        yield Capped(cap, member, tuple(at), tuple(asked), most)


_Most: TypeAlias = Callable[[Cap, MemberId], int]
"""The most that a sale may pay under a cap for a member."""


def _most_by(granted: Granted | None) -> _Most:
    if granted is None:
        return lambda cap, _: cap.amount_minor
    return lambda cap, member: granted.get((cap.id, member), 0)


def _met(
    plan: Plan, sale: Sale, accruals: Sequence[Accrual], amounts: list[int], most_of: _Most
) -> Iterator[tuple[Cap, MemberId, Sequence[int], Sequence[int], int]]:
    """Yield what is asked under each cap at which places, and the most that it may be; shrink the amounts."""
    for cap in plan.caps:
        for member, at in _places(cap, sale, accruals).items():
            most = most_of(cap, member)
            asked = [amounts[place] for place in at]
            if sum(asked) > most:
                for place, amount in zip(at, split(most, asked), strict=True):
                    amounts[place] = amount
            yield cap, member, at, asked, most


def _places(cap: Cap, sale: Sale, accruals: Sequence[Accrual]) -> Mapping[MemberId, Sequence[int]]:
    """Return where each member asks for something under a cap."""
    count = len(accruals)
    named = cap.components
    at = [i for i in range(count) if accruals[i].component in named] if named else range(count)
    if cap.per is Per.BUYER:
        return {sale.buyer: at} if at else {}
    places: dict[MemberId, list[int]] = {}
    for place in at:
        places.setdefault(accruals[place].payee, []).append(place)
    return places


def with_amount(accrual: Accrual, amount_minor: int) -> Accrual:
    """Return what stems from the same with another amount: in a quarter of the time that `evolve` takes."""
    of = accrual
    return Accrual(of.line, of.component, of.rule, of.payee, of.level, amount_minor)


def tally_key(plan: Plan, cap: Cap, member: MemberId, sale: Sale, calendar: Calendar) -> TallyKey:
    """Return what a sale uses up of a cap for a member; a cap without periods has one without a name."""
    return (plan.id, cap.id, member, _period(cap, sale, calendar))


def _period(cap: Cap, sale: Sale, calendar: Calendar) -> str:
    return "" if cap.within is None else period_of(sale.paid_at, cap.within, calendar).label


def tally_problems(used: Mapping[TallyKey, int]) -> Iterator[Problem]:
    """Yield what is wrong with sums: a cap bounds its own, what somebody earned is bounded by what fits."""
    for key, minor in used.items():
        problem = int_problem(minor, f"tallies[{'/'.join(key)}]", least=0, most=limits.TOTAL_MINOR_MAX)
        if problem is not None:
            yield problem


def grants_of(
    plan: Plan, sale: Sale, accruals: Sequence[Accrual], used: Mapping[TallyKey, int], calendar: Calendar
) -> tuple[tuple[Grant, ...], Sequence[int]]:
    """Return what a sale is granted under each cap, given what others were granted before.

    And the amounts that this leaves of `accruals`, which are what is asked of the sale as it was sold.
    """
    periods = {cap.id: _period(cap, sale, calendar) for cap in plan.caps}

    def headroom(cap: Cap, member: MemberId) -> int:
        return max(0, cap.amount_minor - used.get((plan.id, cap.id, member, periods[cap.id]), 0))

    amounts = [each.amount_minor for each in accruals]
    grants = [
        Grant(cap.id, member, periods[cap.id], granted)
        for cap, member, _, asked, most in _met(plan, sale, accruals, amounts, headroom)
        if (granted := min(sum(asked), most))
    ]
    return tuple(grants), amounts


def granted_of(grants: Sequence[Grant] | None) -> Granted | None:
    """Return what was granted to a sale, by cap and member; None where nothing was decided."""
    return None if grants is None else {(each.cap, each.member): each.granted_minor for each in grants}
