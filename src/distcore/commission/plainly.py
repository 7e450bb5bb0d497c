"""What a condition comes to: without what is always met, and what never is.

The rule this file protects: what is left is met by the same sales and earners, so whoever judges a plan by
its conditions is not misled by one that says nothing.
"""

from collections.abc import Callable, Sequence
from typing import Final

from attrs import evolve

from distcore.commission.match import (
    AllOf,
    AnyOf,
    Atom,
    EarnedBefore,
    Match,
    MonthsSinceFirst,
    NetBetween,
    Not,
    OrderNumber,
    PaidBetween,
    SpentBefore,
    TierIn,
    UnitsBetween,
)
from distcore.commission.plan import Custom, Plan, Rule

ALWAYS: Final = AllOf(())
NEVER: Final = AnyOf(())


def plain(match: Match | None, tier: str | None = None) -> Match:
    """Return what a condition asks for: `ALWAYS`, `NEVER`, or something else.

    With a `tier`, what it asks for if somebody of that tier would earn.
    """
    match match:
        case None:
            return ALWAYS
        case AllOf(matches):
            return _joined(matches, tier, AllOf, ALWAYS, NEVER)
        case AnyOf(matches):
            return _joined(matches, tier, AnyOf, NEVER, ALWAYS)
        case Not(negated):
            return _negated(plain(negated, tier))
        case TierIn(tiers) if tier is not None:
            return ALWAYS if tier in tiers else NEVER
        case _:
            return ALWAYS if _is_always_met(match) else match


def plain_rules(rules: Sequence[Rule]) -> list[Rule]:
    """Return rules, each with what its condition comes to."""
    return [_plain_rule(rule) for rule in rules]


def plain_plan(plan: Plan) -> Plan:
    """Return a plan that pays the same for all sales, whose conditions are what they come to."""
    return evolve(
        plan,
        components=tuple(
            each if isinstance(each, Custom) else evolve(each, rules=tuple(plain_rules(each.rules)))
            for each in plan.components
        ),
    )


def _plain_rule(rule: Rule) -> Rule:
    match = plain(rule.match)
    return evolve(rule, match=None if match == ALWAYS else match)


def _joined(
    matches: Sequence[Match],
    tier: str | None,
    join: Callable[[tuple[Match, ...]], Match],
    nothing: Match,
    decided: Match,
) -> Match:
    """Join conditions without those that say `nothing`; one that has `decided` decides for all."""
    rest = dict.fromkeys(plain(each, tier) for each in matches)
    rest.pop(nothing, None)
    if decided in rest or any(isinstance(each, Not) and each.match in rest for each in rest):
        return decided
    return next(iter(rest)) if len(rest) == 1 else join(tuple(rest))


def _negated(match: Match) -> Match:
    if isinstance(match, Not):
        return match.match
    if match in (ALWAYS, NEVER):
        return NEVER if match == ALWAYS else ALWAYS
    return Not(match)


def _is_always_met(atom: Atom) -> bool:
    """Say whether a condition is met whatever is sold: no number is below zero, no order before the first."""
    match atom:
        case OrderNumber(least, None):
            return least <= 1
        case NetBetween(_, least, None) | UnitsBetween(_, least, None):
            return least <= 0
        case MonthsSinceFirst(least, None) | SpentBefore(least, None) | EarnedBefore(least, None):
            return least <= 0
        case PaidBetween(since, until):
            return since is None and until is None
        case _:
            return False
