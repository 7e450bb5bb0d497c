"""No sale pays a level less than the least, or more than the most, of an estimate that is exact."""

from collections import Counter
from random import Random
from typing import TypeAlias
from unittest.mock import patch

from attrs import evolve
from hypothesis import assume, given, settings

from distcore.commission import (
    Cap,
    Component,
    Lineage,
    Per,
    Plan,
    Reason,
    Sale,
    Seat,
    Standing,
    calculate,
    estimate,
    explain,
    whole,
)
from distcore.kernel import CapId, ComponentId, MemberId, Rate, limits, paths_to
from distcore.testing.worlds import (
    TIERS,
    drawn,
    random_component,
    random_differential,
    random_plan,
    random_sale,
)

Place: TypeAlias = tuple[ComponentId, int]

NOBODY = {Reason.NOBODY_QUALIFIES_ABOVE, Reason.NOT_THE_FIRST_ORDER}
"""Reasons that tell of nobody who has a level."""

SALES = 20
"""Uplines that are drawn for each plan."""

FEW = 500
"""Uplines that an estimate tries, at most: one of more is not exact, and takes seconds to say so."""

LONG = 8
"""Seats of a line that is drawn, at most."""


def tight_plan(random: Random) -> Plan:
    """Draw a plan of two components, one of which often pays every level, and a budget or a cap."""
    components: tuple[Component, ...] = (
        random_component(random, "one"),
        random.choice((random_component, random_differential))(random, "two"),
    )
    of = evolve(random_plan(random), components=components, budget=None, caps=())
    if random.randint(0, 1):
        return evolve(of, budget=Rate(random.choice((60_000, 150_000))))
    return evolve(of, caps=(Cap(CapId("cap"), random.choice((5, 40, 300, 900, 2_000)), Per.BUYER),))


def seats(random: Random, name: str) -> list[Seat]:
    """Draw a line, every second one of few tiers."""
    tiers = random.choice((TIERS, random.choices(TIERS, k=1), random.choices(TIERS, k=2)))
    return [
        Seat(MemberId(f"{name} {place}"), random.choice(tiers), Standing.ACTIVE)
        for place in range(random.randint(0, LONG))
    ]


def upline_of(random: Random, plan: Plan, sale: Sale) -> Lineage:
    """Draw who may be there: everybody active, on one way, and one agent of each level, or none."""
    own = random.choice((None, Seat(sale.buyer, random.choice(TIERS), Standing.ACTIVE)))
    depth = len(paths_to(sale.region)) if plan.asks_agents else 0
    agents = [
        (level, Seat(MemberId(f"agent {level}"), random.choice(TIERS), Standing.ACTIVE))
        for level in range(1, depth + 1)
        if random.randint(0, 2)
    ]
    above = seats(random, "up") if own else []
    beside = seats(random, "by") if random.randint(0, 2) == 0 else []
    return Lineage(sale.buyer, own, above, beside, agents=agents)


def earned(plan: Plan, sale: Sale, upline: Lineage) -> dict[Place, int]:
    """Return what each level earns that somebody holds."""
    told = explain(plan, sale, whole(sale), upline).why_nots
    amounts: Counter[Place] = Counter()
    for each in calculate(plan, sale, whole(sale), upline):
        amounts[each.component, each.level] += each.amount_minor
    open_levels = {(each.component, each.level) for each in told if each.reason in NOBODY}
    named = [each for each in told if each.member is not None and each.reason not in NOBODY]
    held = {(each.component, each.level) for each in named if each.component is not None}
    return {place: amounts[place] for place in {*amounts, *held} - open_levels}


@settings(max_examples=max(1, settings().max_examples // 2))
@given(drawn(lambda random: (tight_plan(random), random_sale(random), random)))
def test_no_sale_is_outside_of_an_exact_estimate(world: tuple[Plan, Sale, Random]) -> None:
    plan, sale, random = world
    order = evolve(
        sale, lines=[evolve(each, list_minor=900, cost_minor=30, tax_minor=9) for each in sale.lines]
    )
    assume(order.net_minor)
    with patch.object(limits, "ESTIMATE_CASES_MAX", FEW):
        found = estimate(plan, order, levels=1)
    assume(found.exact)
    ranges = {(each.component, each.level): each for each in found.ranges}
    for _ in range(SALES):
        for place, amount in earned(plan, order, upline_of(random, plan, order)).items():
            if place in ranges:
                assert ranges[place].least_minor <= amount <= ranges[place].most_minor
