"""Tiers that no one can reach, found before a policy holds.

A tier is out of reach where what it takes contradicts itself, where whoever meets it meets a higher one as
well, and where only those may have it who hold a tier that is itself out of reach.  What is given by hand
reaches nothing.  The one rule this file protects: only what is certain is said.  Requirements are taken apart
into cases, and each case is looked at with the least that meets it: whoever meets a higher tier with that
meets it with more.  Of a policy with very many cases nothing is said.
"""

from collections.abc import Collection, Iterator
from itertools import product
from typing import assert_never

from attrs import evolve, frozen

from distcore.kernel import Problem, limits
from distcore.members.measure import Measures, judges_of
from distcore.members.policy import (
    AllOf,
    AnyOf,
    BalancedSales,
    Credit,
    DirectSales,
    HoldsTier,
    Not,
    OwnSales,
    Recruits,
    Requirement,
    Sales,
    Single,
    TeamSales,
    TierPolicy,
    Years,
    part_problems,
    singles,
)


@frozen
class _Case:
    """One way to meet a tier: the least of each kind of sales, and spans of what may also be too much."""

    own: int = 0
    direct: int = 0
    team: int = 0
    balanced: int = 0
    recruits: tuple[Recruits, ...] = ()
    years: range = range(limits.YEARS_MAX + 1)
    credit: range = range(limits.AMOUNT_MINOR_MAX + 1)
    held: range = range(limits.TIERS_MAX + 1)

    @property
    def possible(self) -> bool:
        return bool(self.years and self.credit and self.held)

    def least(self, amounts: Collection[int], years: int, credit: int) -> Measures:
        """Return measures that nobody in this case is below: what one requirement says of others counts."""
        from_recruits = max((each.count * each.each_minor for each in self.recruits), default=0)
        direct = max(self.direct, from_recruits)
        beside_strongest = max(((each.count - 1) * each.each_minor for each in self.recruits), default=0)
        balanced = max(self.balanced, self.own + beside_strongest)
        team = max(self.team, balanced, self.own + direct)
        return Measures(
            self.own,
            direct,
            team,
            team - balanced,
            tuple((asked, self._recruits_with(asked)) for asked in amounts),
            years,
            credit,
        )

    def _recruits_with(self, asked: int) -> int:
        return max((each.count for each in self.recruits if each.each_minor >= asked), default=0)


class _TooManyCasesError(Exception):
    """There are too many cases to look at."""


class _Budget:
    """Counts the cases that were looked at."""

    def __init__(self) -> None:
        self._left = limits.TIER_CASES_MAX

    def take(self, cases: int = 1) -> None:
        self._left -= cases
        if self._left < 0:
            raise _TooManyCasesError


def tier_policy_problems(policy: TierPolicy) -> tuple[Problem, ...]:
    """Return all that is impossible about a tier policy, with paths into its document.

    Whether somebody can reach a tier is asked where the tiers themselves are sound.
    """
    parts = part_problems(policy)
    if any(each.where.startswith(("$.tiers", "$:")) or each.where == "$" for each in parts):
        return parts
    return parts + reach_problems(policy)


def reach_problems(policy: TierPolicy) -> tuple[Problem, ...]:
    """Return which tiers no one can reach, with paths into the document; each part of the policy is sound."""
    try:
        return tuple(_unreachable(policy, _Budget()))
    except _TooManyCasesError:
        return ()


def _unreachable(policy: TierPolicy, budget: _Budget) -> Iterator[Problem]:
    cases = {rank: _cases_of(policy, rank, budget) for rank in range(1, len(policy.tiers) + 1)}
    reached = {0}
    found = True
    while found:  # who holds a tier may earn another one that takes it
        new = {
            rank
            for rank in cases.keys() - reached
            if any(_stays(policy, rank, case, reached, budget) for case in cases[rank])
        }
        reached |= new
        found = bool(new)
    for rank in sorted(cases.keys() - reached):
        yield _problem(policy, rank, cases[rank], budget)


def _problem(policy: TierPolicy, rank: int, cases: list[_Case], budget: _Budget) -> Problem:
    where, name = f"$.tiers[{rank - 1}].requires", policy.tiers[rank - 1].name
    if not cases:
        return Problem(where, f"no one can reach {name}: it contradicts itself", "leave one of the two out")
    if any(_stays(policy, rank, case, range(len(policy.tiers) + 1), budget) for case in cases):
        hint = "let it be reached without that tier, or leave it out: it can be given by hand all the same"
        why = "it takes a tier that no evaluation gives before"
        return Problem(where, f"no one can reach {name}: {why}", hint)
    hint = "a higher tier takes more than a lower one"
    return Problem(where, f"no one can reach {name}: whoever meets it meets a higher tier as well", hint)


def _stays(policy: TierPolicy, rank: int, case: _Case, held: Collection[int], budget: _Budget) -> bool:
    """Say whether a case leads to a tier and to no higher one, for somebody who holds one of some ranks."""
    higher = [tier.requires for tier in policy.tiers[rank:]]
    judges = judges_of(policy)[rank:]
    years = _turns(case.years, [each.least for each in _all(higher) if isinstance(each, Years)])
    bounds = _turns(case.credit, [each.least for each in _all(higher) if isinstance(each, Credit)])
    ranks = [each for each in held if each in case.held]
    for has_years, credit, rank_held in product(years, bounds, ranks):
        budget.take()
        measures = case.least(policy.recruit_amounts, has_years, credit)
        if not any(judge(measures, rank_held) for judge in judges):
            return True
    return False


def _all(requirements: list[Requirement]) -> Iterator[Single]:
    return (single for each in requirements for single, _, _ in singles(each, ""))


def _turns(span: range, bounds: Collection[int]) -> list[int]:
    """Return one number of each part into which bounds cut a span."""
    return sorted({span[0], *(each for each in bounds if each in span)})


def _cases_of(policy: TierPolicy, rank: int, budget: _Budget) -> list[_Case]:
    return _narrowed([_Case()], policy.tiers[rank - 1].requires, policy.ranks, budget, wanted=True)


def _narrowed(
    cases: list[_Case], requirement: Requirement, ranks: dict[str, int], budget: _Budget, *, wanted: bool
) -> list[_Case]:
    """Return the cases in which a requirement is met too, or is not, where it is not wanted."""
    match requirement:
        case Not(other):
            return _narrowed(cases, other, ranks, budget, wanted=not wanted)
        case AllOf(several) | AnyOf(several):
            if isinstance(requirement, AllOf) is wanted:
                for each in several:
                    cases = _narrowed(cases, each, ranks, budget, wanted=wanted)
                return cases
            return [case for each in several for case in _narrowed(cases, each, ranks, budget, wanted=wanted)]
        case _:
            budget.take(len(cases))
            narrower = (_with(case, requirement, ranks, wanted=wanted) for case in cases)
            return [case for case in narrower if case.possible]


def _with(case: _Case, single: Single, ranks: dict[str, int], *, wanted: bool) -> _Case:
    assert wanted or not isinstance(single, Sales), "no requirement of sales stands under a not"
    match single:
        case OwnSales(least):
            return evolve(case, own=max(case.own, least))
        case DirectSales(least):
            return evolve(case, direct=max(case.direct, least))
        case TeamSales(least):
            return evolve(case, team=max(case.team, least))
        case BalancedSales(least):
            return evolve(case, balanced=max(case.balanced, least))
        case Recruits():
            return evolve(case, recruits=(*case.recruits, single))
        case Years(least):
            return evolve(case, years=_cut(case.years, least, wanted=wanted))
        case Credit(least):
            return evolve(case, credit=_cut(case.credit, least, wanted=wanted))
        case HoldsTier(tier):
            return evolve(case, held=_cut(case.held, ranks[tier], wanted=wanted))
        case _:
            assert_never(single)


def _cut(span: range, least: int, *, wanted: bool) -> range:
    """Return the part of a span from a bound on, or the part before it."""
    return range(max(span.start, least), span.stop) if wanted else range(span.start, min(span.stop, least))
