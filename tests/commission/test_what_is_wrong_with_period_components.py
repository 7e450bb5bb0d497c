"""What is impossible or doubtful about the period components of a plan is said at once, with paths."""

from typing import Any

import pytest
from attrs import evolve
from tests.builders import percent, plan
from tests.commission.periods import LADDER, brackets, rate

from distcore.commission import (
    Bracket,
    ByPoints,
    ByTier,
    ByVolume,
    How,
    Ladder,
    Matching,
    PeriodComponent,
    Plan,
    Pool,
    TierWeight,
    Volume,
    plan_errors,
    plan_problems,
)
from distcore.kernel import POINT, ComponentId, EveryDays, Rate, limits, parse_date

NOBODY = (
    "weights: nobody can have a part: all weights are zero (one tier that qualifies with a weight above zero)"
)
WHERE = "$.period_components[0]"
TEAMS = Ladder(LADDER, brackets(_0="1%", _100="2%"), Volume.TEAM, How.WHOLE)
POOL = Pool(ComponentId("pool"), rate("1%"), ByVolume())
BY_POINTS = evolve(POOL, weights=ByPoints())
MATCH = Matching(ComponentId("match"), (ComponentId("levels"),), (rate("10%"),))


def with_periods(*components: PeriodComponent, **fields: Any) -> Plan:
    return evolve(plan(percent("10%", 1)), period_components=components, **fields)


def said(*components: PeriodComponent, **fields: Any) -> list[str]:
    return [str(each) for each in plan_problems(with_periods(*components, **fields))]


def test_what_is_possible_has_no_problem() -> None:
    capped = evolve(TEAMS, leg_cap=rate("1%"), subtract_legs=True)
    matching = evolve(MATCH, of=(ComponentId("levels"), LADDER, POOL.id))
    assert said(capped, POOL, matching) == []
    assert said(TEAMS, components=()) == []
    assert said(BY_POINTS) == said(POOL, currency=POINT) == []
    assert said() == []


@pytest.mark.parametrize(
    ("component", "problem"),
    [
        (evolve(TEAMS, id=ComponentId("")), "id: an id can't be blank: ''"),
        (evolve(TEAMS, own_least_minor=-1), "own_least: out of range: -1 (from 0 to 1000000000000000)"),
        (evolve(TEAMS, qualified_tiers=("",)), "qualified_tiers[0]: an id can't be blank: ''"),
        (evolve(TEAMS, brackets=()), "brackets: there are 0 (give 1 to 1000)"),
        (
            evolve(TEAMS, brackets=brackets(_1="1%")),
            "brackets[0].from: does not begin at nothing (give what is below a rate too, perhaps 0%)",
        ),
        (
            evolve(TEAMS, brackets=brackets(_0="1%")[:1] * 2),
            "brackets[1].from: is not above the bracket before it (each volume once, the smallest first)",
        ),
        (
            evolve(TEAMS, brackets=(Bracket(0, rate("1%")), Bracket(10**16, rate("2%")))),
            "brackets[1].from: out of range: 10000000000000000 (from 0 to 1000000000000000)",
        ),
        (
            evolve(TEAMS, brackets=brackets(_0="2%", _9="1%")),
            "brackets[1].rate: falls (who brings more may be paid less)",
        ),
        (evolve(TEAMS, leg_cap=rate("0.9999%")), "leg_cap: 0.9999% lets no leg count (from 1% to 100%)"),
        (
            evolve(TEAMS, leg_cap=rate("50%"), volume=Volume.OWN),
            'leg_cap: only a team has legs that count (volume = "team")',
        ),
        (
            evolve(TEAMS, leg_cap=rate("50%"), how=How.STEPWISE),
            'leg_cap: no sale has a leg cap (how = "marginal" or "whole")',
        ),
        (
            evolve(TEAMS, subtract_legs=True, volume=Volume.BALANCED),
            'subtract_legs: only a team has legs that count (volume = "team")',
        ),
        (
            evolve(TEAMS, how=How.STEPWISE, volume=Volume.BALANCED),
            'how: which leg is the strongest is known at the end only (volume = "own" or "team")',
        ),
        (evolve(POOL, weights=ByTier(())), "weights.tiers: there are 0 (give 1 to 100)"),
        (
            evolve(POOL, weights=ByTier((TierWeight("\0", 1),))),
            "weights.tiers[0].tier: has a character that is not allowed: '\\x00' (U+0000 at position 1)",
        ),
        (
            evolve(POOL, weights=ByTier((TierWeight("a", 1), TierWeight("a", 2)))),
            "weights.tiers[1].tier: 'a' stands twice (each tier once)",
        ),
        (
            evolve(POOL, weights=ByTier((TierWeight("a", 1), TierWeight("b", -1)))),
            "weights.tiers[1].weight: out of range: -1 (from 0 to 1000000000)",
        ),
        (
            evolve(POOL, weights=ByTier((TierWeight("a", 0),))),
            NOBODY,
        ),
        (
            evolve(POOL, weights=ByTier((TierWeight("a", 1),)), qualified_tiers=("b",)),
            NOBODY,
        ),
        (
            evolve(POOL, qualified_tiers=("a", "b", "a")),
            "qualified_tiers[2]: 'a' stands twice (name each tier once)",
        ),
        (evolve(MATCH, rates=()), "rates: there are 0 (give 1 to 30)"),
        (evolve(MATCH, of=()), "of: there are 0 (give 1 to 100)"),
        (
            evolve(MATCH, of=(ComponentId("levels"),) * 2),
            "of[1]: 'levels' stands twice (name each component once)",
        ),
        (
            evolve(MATCH, of=(MATCH.id,)),
            "of[0]: it would match itself (name components that stand before it)",
        ),
        (
            evolve(MATCH, of=(ComponentId("level"),)),
            "of[0]: there is no component 'level' (name a component of this plan)",
        ),
    ],
)
def test_a_component_is_impossible(component: PeriodComponent, problem: str) -> None:
    assert said(component) == [f"{WHERE}.{problem}"]


ABOVE = "1% is above the budget of 0% (lower the rate or raise the budget)"


def test_a_budget_of_nothing_leaves_nothing() -> None:
    free = evolve(TEAMS, brackets=brackets(_0="0%", _9="1%"), budget=Rate(0))
    assert said(free) == [f"{WHERE}.brackets[1].rate: {ABOVE}"]
    matching = evolve(MATCH, rates=(rate("1%"), rate("0%")), budget=Rate(0))
    assert said(matching) == [f"{WHERE}.rates[0]: {ABOVE}"]
    assert said(evolve(matching, budget=Rate(1))) == []


@pytest.mark.parametrize("volume", Volume)
def test_a_budget_below_the_lowest_rate_of_a_ladder_is_doubtful(volume: Volume) -> None:
    """It is certain of none: a period may also be sold to those of whom nothing counts for anybody."""
    own = evolve(TEAMS, volume=volume, brackets=brackets(_0="0%", _9="5%", _99="8%"), budget=rate("4.9999%"))
    hint = "what exceeds the budget is shrunk in proportion"
    assert said(own) == [f"{WHERE}.budget: 4.9999% is below the lowest rate that is paid, 5% ({hint})"]
    assert plan_errors(with_periods(own)) == ()
    assert said(evolve(own, budget=rate("5%"))) == []


@pytest.mark.parametrize(
    ("component", "field"),
    [
        (evolve(TEAMS, brackets=brackets(_0="0%", _9="0%"), budget=Rate(0)), "brackets"),
        (evolve(POOL, share=rate("0%")), "share"),
        (evolve(MATCH, rates=(rate("0%"),) * 2, budget=Rate(0)), "rates"),
    ],
)
def test_a_component_that_pays_nothing_is_doubtful(component: PeriodComponent, field: str) -> None:
    assert said(component) == [
        f"{WHERE}.{field}: every reward is zero (leave the component out, or pay something)"
    ]
    assert plan_errors(with_periods(component)) == ()


def test_a_cycle_of_components_can_not_be_written_down() -> None:
    """Of two that match each other, one stands later."""
    first = evolve(MATCH, id=ComponentId("a"), of=(ComponentId("b"),))
    second = evolve(MATCH, id=ComponentId("b"), of=(ComponentId("a"),))
    assert said(first, second) == [f"{WHERE}.of[0]: 'b' stands later (let it stand before what matches it)"]


def test_ids_are_unique_over_lines_and_periods() -> None:
    again = evolve(POOL, id=ComponentId("levels"))
    assert said(again, POOL, POOL) == [
        "$.period_components[0].id: 'levels' stands twice (give each an id of its own)",
        "$.period_components[2].id: 'pool' stands twice (give each an id of its own)",
    ]


def test_there_are_not_too_many_and_periods_are_possible() -> None:
    many = [evolve(POOL, id=ComponentId(str(n)), share=Rate(1)) for n in range(limits.COMPONENTS_MAX + 1)]
    assert said(*many) == ["$.period_components: there are 101 (give 1 to 100)"]
    never = EveryDays(0, parse_date("2026-01-01", ""))
    assert said(POOL, period_cadence=never) == ["$.period_cadence.days: out of range: 0 (from 1 to 3660)"]


def test_shares_of_more_than_everything_are_doubtful() -> None:
    half = evolve(TEAMS, budget=rate("60%"))
    assert said(half, evolve(POOL, share=rate("41%"))) == [
        (
            "$.period_components: pools and budgets together can pay 1010000 ppm of the net of a period "
            "(no more was sold than the whole)"
        )
    ]


def test_what_is_paid_in_points_is_not_split_by_points() -> None:
    """It would count for the last instant of its period, and weigh there when that is accrued again."""
    problem = (
        "what it pays in points would weigh in the same period (pay it in money, or weigh tiers or volumes)"
    )
    assert said(TEAMS, BY_POINTS, currency=POINT) == [f"$.period_components[1].weights: {problem}"]
