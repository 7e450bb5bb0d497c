"""How tiers are earned and lost, as data: a shop's `tier-policy` document as a value.

There is one for the whole shop, for a member holds one tier; a later version takes over with the first
period that begins in its time.  The one rule this file protects: a sale more never costs a tier, so no
requirement of sales may stand under a `not`, and a head without sales is never counted.
"""

from collections.abc import Iterable, Iterator
from enum import Enum
from functools import cached_property
from typing import Final, TypeAlias, assert_never

from attrs import field, frozen

from distcore.kernel import (
    Cadence,
    Currency,
    Instant,
    Problem,
    Rhythm,
    currency_problem,
    id_problem,
    int_problem,
    limits,
    rhythm_problems,
    shape_problems,
    shown,
    size_problems,
    twice_problems,
    utc,
)


class Falls(Enum):
    """How far somebody falls whose grace is over."""

    ONE_STEP = "one_step"
    TO_WHAT_IS_EARNED = "to_what_is_earned"


@frozen
class OwnSales:
    """What the member bought in the period, less what went back, reaches an amount."""

    least_minor: int


@frozen
class DirectSales:
    """What the direct downline bought reaches an amount."""

    least_minor: int


@frozen
class TeamSales:
    """What the member and the whole downline bought reaches an amount."""

    least_minor: int


@frozen
class BalancedSales:
    """What the member and all legs but the strongest bought reaches an amount.

    A leg is one of the direct downline with everybody below.
    """

    least_minor: int


@frozen
class Recruits:
    """So many of the direct downline bought for at least an amount each."""

    count: int
    each_minor: int


@frozen
class Years:
    """So many full years have passed since the member joined."""

    least: int


@frozen
class Credit:
    """A number that the shop gives about a member, such as a score, reaches a bound; without one it is 0."""

    least: int


@frozen
class HoldsTier:
    """The member holds a tier already, or a higher one."""

    tier: str


@frozen
class AllOf:
    """Every one of these is met."""

    requirements: "tuple[Requirement, ...]"


@frozen
class AnyOf:
    """At least one of these is met."""

    requirements: "tuple[Requirement, ...]"


@frozen
class Not:
    """This is not met."""

    requirement: "Requirement"


Sales: TypeAlias = OwnSales | DirectSales | TeamSales | BalancedSales | Recruits
Single: TypeAlias = Sales | Years | Credit | HoldsTier
Requirement: TypeAlias = Single | AllOf | AnyOf | Not


@frozen
class Tier:
    """A tier by its name, and what it takes to earn or to keep it."""

    name: str
    requires: Requirement


def _valid_from(value: Instant) -> Instant:
    return utc(value, "$.valid_from")


@frozen(cache_hash=True)
class TierPolicy:
    """What each tier takes, from the lowest to the highest, for periods that begin at `valid_from` or later.

    Sales in `currency` count.  Whoever misses the own tier keeps it for `grace_periods` evaluations in a row.
    """

    policy_version: int
    currency: Currency
    valid_from: Instant = field(converter=_valid_from)
    tiers: tuple[Tier, ...]
    rhythm: Rhythm = Cadence.MONTHLY
    grace_periods: int = 0
    falls: Falls = Falls.ONE_STEP

    @cached_property
    def ranks(self) -> dict[str, int]:
        """The rank of each tier: the lowest is 1, no tier is 0."""
        return {"": 0} | {tier.name: rank for rank, tier in enumerate(self.tiers, 1)}

    @cached_property
    def recruit_amounts(self) -> tuple[int, ...]:
        """The amounts that recruits are asked for, each once, ascending."""
        asked = (each for tier in self.tiers for each, _, _ in singles(tier.requires, ""))
        return tuple(sorted({each.each_minor for each in asked if isinstance(each, Recruits)}))


def singles(
    requirement: Requirement, where: str, *, wanted: bool = True
) -> Iterator[tuple[Single, str, bool]]:
    """Yield the requirements that are not made of others, with their paths, and whether they are wanted.

    What stands under a `not` is not wanted, under two it is again.
    """
    match requirement:
        case AllOf(several) | AnyOf(several):
            for place, each in enumerate(several):
                yield from singles(each, f"{where}.requirements[{place}]", wanted=wanted)
        case Not(other):
            yield from singles(other, f"{where}.requirement", wanted=not wanted)
        case _:
            yield requirement, where, wanted


def tier_policy_at(policies: Iterable[TierPolicy], instant: Instant) -> TierPolicy | None:
    """Return the highest version that is valid at an instant."""
    valid = [each for each in policies if each.valid_from <= instant]
    return max(valid, key=lambda each: each.policy_version, default=None)


_AMOUNT: Final = {"least": 1, "most": limits.AMOUNT_MINOR_MAX}


def part_problems(policy: TierPolicy) -> tuple[Problem, ...]:
    """Return what is impossible about the parts of a policy, each by itself, with paths into its document."""
    misshapen = tuple(shape_problems(policy, TierPolicy, "$"))
    if misshapen:
        return misshapen
    grace_max = limits.GRACE_PERIODS_MAX
    found = [
        int_problem(policy.policy_version, "$.policy_version", least=1, most=limits.UNITS_MAX),
        currency_problem(policy.currency, "$.currency"),
        int_problem(policy.grace_periods, "$.grace_periods", least=0, most=grace_max),
        *rhythm_problems(policy.rhythm, "$.rhythm"),
        *_tiers_problems(policy),
    ]
    return tuple(problem for problem in found if problem is not None)


def _tiers_problems(policy: TierPolicy) -> Iterator[Problem | None]:
    yield from size_problems("$.tiers", len(policy.tiers), limits.TIERS_MAX)
    tiers = policy.tiers[: limits.TIERS_MAX]
    yield from twice_problems(
        "$.tiers", [tier.name for tier in tiers], "give each tier a name of its own", ".name"
    )
    for place, tier in enumerate(tiers):
        where = f"$.tiers[{place}]"
        yield id_problem(tier.name, f"{where}.name")
        yield from _requirement_problems(tier.requires, f"{where}.requires", policy, wanted=True)
    asked = sum(1 for tier in policy.tiers for _ in singles(tier.requires, ""))
    if asked > limits.REQUIREMENTS_MAX:
        yield Problem("$.tiers", f"they have {asked} requirements", f"at most {limits.REQUIREMENTS_MAX}")


def _requirement_problems(
    requirement: Requirement, where: str, policy: TierPolicy, *, wanted: bool
) -> Iterator[Problem | None]:
    match requirement:
        case AllOf(several) | AnyOf(several):
            if not several:
                yield Problem(f"{where}.requirements", "is empty", "give at least one")
            for place, each in enumerate(several):
                yield from _requirement_problems(
                    each, f"{where}.requirements[{place}]", policy, wanted=wanted
                )
        case Not(other):
            yield from _requirement_problems(other, f"{where}.requirement", policy, wanted=not wanted)
        case _:
            yield from _single_problems(requirement, where, policy)
            if isinstance(requirement, Sales) and not wanted:
                yield Problem(where, "a sale more would cost the tier", "ask for no sales under a not")


def _single_problems(single: Single, where: str, policy: TierPolicy) -> Iterator[Problem | None]:
    match single:
        case OwnSales(least) | DirectSales(least) | TeamSales(least) | BalancedSales(least):
            yield int_problem(least, f"{where}.least", **_AMOUNT)
        case Recruits(count, each):
            yield int_problem(count, f"{where}.count", least=1, most=limits.FAN_OUT_MAX)
            yield int_problem(each, f"{where}.each", **_AMOUNT)
        case Years(least):
            yield int_problem(least, f"{where}.least", least=1, most=limits.YEARS_MAX)
        case Credit(least):
            yield int_problem(least, f"{where}.least", **_AMOUNT)
        case HoldsTier(tier):
            if tier not in policy.ranks or not tier:
                yield Problem(f"{where}.tier", f"no such tier: {shown(tier)}", "name one of this policy")
        case _:
            assert_never(single)
