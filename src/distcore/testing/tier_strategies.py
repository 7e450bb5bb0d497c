"""What tiers take, and what members have, as Hypothesis draws them: a policy that is drawn is legal."""

import re
from functools import cache

from attrs import evolve
from hypothesis import strategies as st

from distcore.kernel import limits
from distcore.members import (
    AllOf,
    AnyOf,
    BalancedSales,
    Credit,
    DirectSales,
    Falls,
    HoldsTier,
    Measures,
    Not,
    OwnSales,
    Recruits,
    Requirement,
    TeamSales,
    Tier,
    TierPolicy,
    Years,
    tier_policy_problems,
)
from distcore.testing.strategies import currencies, instants, rhythms

NAMES = ("bronze", "silver", "gold", "特级")
"""Tiers, from the lowest to the highest."""

AMOUNTS = (1, 100, 500, 2_000, limits.AMOUNT_MINOR_MAX)
"""Few, so that what is drawn meets them often, exactly or by one."""


def forests(*, most: int = 30) -> st.SearchStrategy[list[int]]:
    """Draw the places of sponsors, -1 for none; a sponsor may stand before or after the downline."""
    counts = st.integers(0, most)
    return counts.flatmap(lambda count: st.permutations(range(count)).flatmap(_sponsors))


def _sponsors(order: list[int]) -> st.SearchStrategy[list[int]]:
    """Draw sponsors among those who come earlier in an order."""
    choices = [st.sampled_from([-1, *order[:place]]) for place in range(len(order))]

    def placed(drawn: tuple[int, ...]) -> list[int]:
        return [sponsor for _, sponsor in sorted(zip(order, drawn, strict=True))]

    return st.tuples(*choices).map(placed)


@cache
def requirements(names: tuple[str, ...] = NAMES) -> st.SearchStrategy[Requirement]:
    """Draw what a tier may take; nothing of sales stands under a `not`."""
    amounts = st.sampled_from(AMOUNTS)
    kinds = st.sampled_from((OwnSales, DirectSales, TeamSales, BalancedSales))
    sales = st.builds(lambda kind, least: kind(least), kinds, amounts) | st.builds(
        Recruits, st.integers(1, 3), amounts
    )
    others: st.SearchStrategy[Requirement] = (
        st.integers(1, 3).map(Years) | amounts.map(Credit) | st.sampled_from(names).map(HoldsTier)
    )
    refused = st.recursive(others, _combined, max_leaves=3).map(Not)
    return st.recursive(sales | others | refused, _combined, max_leaves=5)


def _combined(parts: st.SearchStrategy[Requirement]) -> st.SearchStrategy[Requirement]:
    several = st.lists(parts, min_size=1, max_size=3).map(tuple)
    return several.map(AllOf) | several.map(AnyOf)


@st.composite
def tier_policies(draw: st.DrawFn) -> TierPolicy:
    """Draw legal policies: tiers that no one could reach are left out again."""
    names = NAMES[: draw(st.integers(1, len(NAMES)))]
    tiers = [Tier(name, draw(requirements(names))) for name in names]
    policy = TierPolicy(
        draw(st.integers(1, limits.UNITS_MAX)),
        draw(currencies()),
        draw(instants()),
        tuple(tiers),
        draw(rhythms()),
        draw(st.integers(0, 2)),
        draw(st.sampled_from(Falls)),
    )
    while problems := tier_policy_problems(policy):
        wrong = {int(found[1]) for each in problems if (found := re.match(r"\$\.tiers\[(\d+)", each.where))}
        kept = tuple(tier for place, tier in enumerate(policy.tiers) if place not in wrong)
        policy = evolve(policy, tiers=kept or (Tier("bronze", OwnSales(100)),))
    return policy


@st.composite
def measures_of(draw: st.DrawFn, policy: TierPolicy) -> Measures:
    """Draw what a member has, as it could be: what the direct downline has, the whole team has too."""
    near = st.sampled_from(AMOUNTS).flatmap(lambda each: st.integers(max(0, each - 1), each)) | st.just(0)
    own = draw(near)
    bought = draw(st.lists(near, max_size=4))
    legs = [amount + draw(near) for amount in bought]
    return Measures(
        own,
        sum(bought),
        own + sum(legs),
        max(legs, default=0),
        tuple((asked, sum(each >= asked for each in bought)) for asked in policy.recruit_amounts),
        draw(st.integers(0, 3)),
        draw(near),
    )
