"""What is known of a member at the end of a period, and whether it meets what a tier takes.

The one rule this file protects: whether a requirement is met depends on the measures and on the tier held
alone, so what was decided once can be decided again from what was kept.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Final, TypeAlias, assert_never

from attrs import frozen

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
    Single,
    TeamSales,
    TierPolicy,
    Years,
    singles,
)


@frozen
class Measures:
    """What a member has at the end of a period; amounts are what is left of sales paid in it.

    `recruits` counts those of the direct downline who bought for at least an amount: pairs of amount and
    count, for the amounts that the policy asks for, ascending.
    """

    own_minor: int = 0
    direct_minor: int = 0
    team_minor: int = 0
    strongest_leg_minor: int = 0
    recruits: tuple[tuple[int, int], ...] = ()
    years: int = 0
    credit: int = 0

    @property
    def balanced_minor(self) -> int:
        """What the member and all legs but the strongest bought."""
        return self.team_minor - self.strongest_leg_minor

    def recruits_with(self, each_minor: int) -> int:
        """Return how many bought for at least an amount that the policy asks for."""
        for asked, count in self.recruits:
            if asked == each_minor:
                return count
        return 0


NO_MEASURES: Final = Measures()
"""Of somebody who joined lately, bought nothing, and has nobody below who did."""


@frozen
class Check:
    """One requirement of a tier, held against the measures of a member.

    `where` is its path in the document of the policy.  `has` and `asked` are minor units, counts, years,
    or ranks of tiers; where a requirement is not `wanted` it must not be reached.
    """

    tier: str
    where: str
    requirement: Single
    has: int
    asked: int
    wanted: bool

    @property
    def met(self) -> bool:
        """Whether it is as the policy wants it."""
        return (self.has >= self.asked) is self.wanted


Judge: TypeAlias = Callable[[Measures, int], bool]
"""Says whether a member with some measures, whose tier has a rank, meets a requirement."""


@lru_cache(maxsize=16)
def judges_of(policy: TierPolicy) -> tuple[Judge, ...]:
    """Return what judges each tier of a policy, from the lowest to the highest; made once for a policy."""
    return tuple(judge_of(tier.requires, policy.ranks) for tier in policy.tiers)


def judge_of(requirement: Requirement, ranks: Mapping[str, int]) -> Judge:
    """Return what judges a requirement.

    It is taken apart once, not again for each of a million members: that would take twice as long.
    """
    match requirement:
        case AllOf(several):
            return _all_of([judge_of(each, ranks) for each in several])
        case AnyOf(several):
            return _any_of([judge_of(each, ranks) for each in several])
        case Not(other):
            judge = judge_of(other, ranks)
            return lambda measures, held: not judge(measures, held)
        case _:
            has, asked = _has(requirement), asked_of(requirement, ranks)
            return lambda measures, held: has(measures, held) >= asked


def _all_of(judges: Sequence[Judge]) -> Judge:
    def judge(measures: Measures, held: int) -> bool:
        for each in judges:  # noqa: SIM110 a generator takes longer than all that it asks
            if not each(measures, held):
                return False
        return True

    return judge


def _any_of(judges: Sequence[Judge]) -> Judge:
    def judge(measures: Measures, held: int) -> bool:
        for each in judges:  # noqa: SIM110 a generator takes longer than all that it asks
            if each(measures, held):
                return True
        return False

    return judge


def _has(single: Single) -> Callable[[Measures, int], int]:
    """Return what says how much of what is asked a member has."""
    match single:
        case OwnSales():
            return lambda measures, _: measures.own_minor
        case DirectSales():
            return lambda measures, _: measures.direct_minor
        case TeamSales():
            return lambda measures, _: measures.team_minor
        case BalancedSales():
            return lambda measures, _: measures.team_minor - measures.strongest_leg_minor
        case Recruits(_, each):
            return lambda measures, _: measures.recruits_with(each)
        case Years():
            return lambda measures, _: measures.years
        case Credit():
            return lambda measures, _: measures.credit
        case HoldsTier():
            return lambda _, held: held
        case _:
            assert_never(single)


def asked_of(single: Single, ranks: Mapping[str, int]) -> int:
    """Return how much is asked: minor units, a count, years, a credit, or the rank of a tier."""
    match single:
        case OwnSales(least) | DirectSales(least) | TeamSales(least) | BalancedSales(least):
            return least
        case Recruits(count, _):
            return count
        case Years(least) | Credit(least):
            return least
        case HoldsTier(tier):
            return ranks[tier]
        case _:
            assert_never(single)


def checks(policy: TierPolicy, tier: str, measures: Measures, held: str) -> Iterator[Check]:
    """Yield every single requirement of a tier, in the order of the document.

    A member whose tier is none of the policy's holds the rank of none.
    """
    ranks = policy.ranks
    place = ranks[tier] - 1
    for single, where, wanted in singles(policy.tiers[place].requires, f"$.tiers[{place}].requires"):
        has = _has(single)(measures, ranks.get(held, 0))
        yield Check(tier, where, single, has, asked_of(single, ranks), wanted)


def missing(policy: TierPolicy, tier: str, measures: Measures, held: str) -> Iterator[Check]:
    """Yield what keeps a member from a tier: nothing of an `any_of` of which one is met."""
    place = policy.ranks[tier] - 1
    gaps = set(_gaps(policy, place, measures, policy.ranks.get(held, 0)))
    return (each for each in checks(policy, tier, measures, held) if each.where in gaps)


def _gaps(policy: TierPolicy, place: int, measures: Measures, held: int) -> Iterator[str]:
    """Yield the paths of single requirements that are not as they are wanted, and matter."""
    waiting = [(policy.tiers[place].requires, f"$.tiers[{place}].requires", True)]
    while waiting:
        requirement, where, wanted = waiting.pop()
        if judge_of(requirement, policy.ranks)(measures, held) is wanted:
            continue
        match requirement:
            case AllOf(several) | AnyOf(several):
                for number, each in enumerate(several):
                    waiting.append((each, f"{where}.requirements[{number}]", wanted))
            case Not(other):
                waiting.append((other, f"{where}.requirement", not wanted))
            case _:
                yield where


def full_years(since: date, until: date) -> int:
    """Return how many full years lie between two days; who joined on 29 February has one on 1 March."""
    return until.year - since.year - ((until.month, until.day) < (since.month, since.day))
