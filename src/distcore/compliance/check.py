"""Whether a plan does what is demanded: facts × policy → findings, each with its place and its source.

The one rule this file protects: all that is broken is found at once, whatever else is.
"""

from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias, assert_never

from attrs import frozen

from distcore.compliance.facts import Payment, PlanFacts
from distcore.compliance.policy import (
    Demand,
    EntryFee,
    HeadsAndDepth,
    InternalConsumption,
    OnlyCompletedSales,
    PaidLevelsMax,
    PayPerHead,
    Policy,
    Requirement,
    ShareMax,
)
from distcore.kernel import Problem, Rate, Severity

_COMPONENTS: Final = "$.components"
_FREEZE: Final = "$.freeze.counts_from"

_Found: TypeAlias = tuple[str, str, Severity | None]
"""Where, what it is, and how bad if not as bad as the requirement says."""


@frozen
class Finding:
    """What is broken: the requirement, with its source, where in the plan, and what stands there."""

    requirement: Requirement
    where: str
    message: str
    severity: Severity

    @property
    def problem(self) -> Problem:
        """The finding as a problem of a document; its hint is the source."""
        each = self.requirement
        hint = f"{each.word}: {each.source}; since {each.since}"
        return Problem(self.where, self.message, hint, self.severity)


def findings(facts: PlanFacts, policy: Policy) -> tuple[Finding, ...]:
    """Return all that a plan breaks of a policy, or may break, in the order of its requirements."""
    return tuple(
        Finding(requirement, where, message, severity or requirement.severity)
        for requirement in policy.requirements
        if requirement.is_in_force(facts.first_day, facts.last_day)
        for where, message, severity in _broken(requirement.demand, facts)
    )


def breaking(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return those findings that keep a plan from being published: what is no warning."""
    return tuple(each for each in found if each.severity is Severity.ERROR)


def _broken(demand: Demand, facts: PlanFacts) -> Iterator[_Found]:
    match demand:
        case PaidLevelsMax(levels):
            return _too_many_levels(facts.payments, levels)
        case EntryFee():
            return _for_a_fee(facts)
        case PayPerHead():
            return _for_heads(facts.payments)
        case OnlyCompletedSales():
            return _before_completion(facts)
        case HeadsAndDepth(heads, levels):
            return _too_deep(facts, heads, levels)
        case InternalConsumption():
            return _to_buyers(facts)
        case ShareMax(share):
            return _too_much(facts.share_ppm, share)
        case _:
            assert_never(demand)


def _too_many_levels(payments: Iterable[Payment], most: int) -> Iterator[_Found]:
    """Find what pays levels above the highest, and warn of what may pay them by passing over others."""
    for each in payments:
        if each.level_max is None:
            yield each.where, f"pays levels without a bound; at most {_levels(most)} may be paid", None
        elif each.level_max > most:
            yield each.where, f"pays level {each.level_max}; at most {_levels(most)} may be paid", None
        elif each.passes_over and each.level_max:
            message = "whoever does not qualify is passed over: somebody further up is paid"
            yield each.where, message, Severity.WARNING


def _levels(count: int) -> str:
    return f"{count} level" if count == 1 else f"{count} levels"


def _for_a_fee(facts: PlanFacts) -> Iterator[_Found]:
    if "" in facts.fee_tiers and facts.payments:
        yield _COMPONENTS, "pays members who have to pay for joining", None
    for each in facts.tiers:
        if each.tier in facts.fee_tiers and each.is_certain:
            yield each.where, f"pays tier {each.tier}, which members have to pay for", None
        elif each.tier in facts.fee_tiers:
            message = f"may pay tier {each.tier}, which members have to pay for, more than others"
            yield each.where, message, Severity.WARNING


def _for_heads(payments: Iterable[Payment]) -> Iterator[_Found]:
    for each in payments:
        if each.per_head:
            yield each.where, "pays an amount for whoever is brought, whatever is bought", None
        elif each.may_be_per_head:
            message = "may pay an amount for first orders alone: for whoever is brought"
            yield each.where, message, Severity.WARNING


def _before_completion(facts: PlanFacts) -> Iterator[_Found]:
    if not facts.counts_from_completion:
        yield _FREEZE, "releases what is paid for orders that may never be completed", None


def _to_buyers(facts: PlanFacts) -> Iterator[_Found]:
    for each in facts.paying_buyer:
        yield each.where, "pays buyers for their own purchases", None


def _too_deep(facts: PlanFacts, heads: int, levels: int) -> Iterator[_Found]:
    if facts.heads_max is not None and facts.heads_max < heads:
        return
    depth = facts.depth_max
    if depth is None or depth >= levels:
        how_many = "levels without a bound" if depth is None else _levels(depth)
        message = f"one sale may pay {how_many}, one above the other"
        yield _COMPONENTS, f"{message}; {heads} people in {levels} levels are too many", None


def _too_much(share_ppm: int | None, most: Rate) -> Iterator[_Found]:
    if share_ppm is None:
        yield _COMPONENTS, f"may pay a share of the net without a bound; at most {most}", None
    elif share_ppm > most.ppm:
        worst = f"{share_ppm // 10_000}.{share_ppm % 10_000:04}".rstrip("0").rstrip(".")
        yield _COMPONENTS, f"may pay {worst}% of the net; at most {most}", None
