"""What bounds a component of a period, worked by hand."""

import pytest
from attrs import evolve
from tests.builders import per_unit, percent, plan
from tests.commission.periods import LADDER, brackets, rate

from distcore.commission import (
    ByPoints,
    ByVolume,
    Ladder,
    Matching,
    PeriodBound,
    PeriodBoundless,
    PeriodComponent,
    Pool,
    Volume,
    worst_case,
)
from distcore.kernel import ComponentId

TEAMS = Ladder(LADDER, brackets(_0="1%", _100="7%"), Volume.TEAM)
POOL = Pool(ComponentId("pool"), rate("2%"), ByVolume())
MATCH = Matching(ComponentId("match"), (ComponentId("levels"), POOL.id), (rate("50%"), rate("10%")))
ABOVE, MATCHED = PeriodBoundless.EVERYBODY_ABOVE, PeriodBoundless.WHAT_IS_MATCHED


def bounds(*components: PeriodComponent) -> dict[str, tuple[int | None, bool, PeriodBoundless | None]]:
    found = worst_case(evolve(plan(percent("10%", 1)), period_components=components)).periods
    return {each.component: (each.ppm, each.is_budget, each.why) for each in found}


@pytest.mark.parametrize(
    ("ladder", "expected"),
    [
        (evolve(TEAMS, volume=Volume.OWN), (70_000, False, None)),
        (evolve(TEAMS, subtract_legs=True), (70_000, False, None)),
        (TEAMS, (None, False, ABOVE)),
        (evolve(TEAMS, volume=Volume.BALANCED), (None, False, ABOVE)),
        (evolve(TEAMS, budget=rate("5%")), (50_000, True, None)),
        (evolve(TEAMS, subtract_legs=True, budget=rate("8%")), (70_000, False, None)),
        (evolve(TEAMS, brackets=brackets(_0="0%")), (0, False, None)),
    ],
)
def test_a_ladder(ladder: Ladder, expected: tuple[int | None, bool, PeriodBoundless | None]) -> None:
    assert bounds(ladder) == {"ladder": expected}


def test_a_pool_and_what_matches_it() -> None:
    """60 % of the 10 % of the lines and of the 2 % of the pool."""
    assert bounds(POOL, MATCH) == {"pool": (20_000, True, None), "match": (72_000, False, None)}
    nothing = evolve(MATCH, rates=(rate("0%"),))
    assert bounds(POOL, nothing)["match"] == (0, False, None)


def test_whatever_weighs_a_pool_is_bounded_by_its_share() -> None:
    by_points = evolve(POOL, weights=ByPoints())
    assert bounds(by_points, MATCH) == bounds(POOL, MATCH)


def test_what_has_no_bound_is_matched_without_one() -> None:
    of_teams = evolve(MATCH, of=(LADDER,))
    assert bounds(TEAMS, of_teams)["match"] == (None, False, MATCHED)
    assert bounds(TEAMS, evolve(of_teams, budget=rate("3%")))["match"] == (30_000, True, None)
    fixed = evolve(plan(per_unit(5, 1)), period_components=(evolve(MATCH, of=(ComponentId("levels"),)),))
    assert worst_case(fixed).periods == (PeriodBound(MATCH.id, None, why=MATCHED),)
    assert worst_case(plan(percent("10%", 1))).periods == ()
