"""A tier out of reach is a mistake that nobody sees in time: it is refused, and nothing else is."""

from typing import Any

import pytest
from attrs import evolve
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.members.tiers import a_policy

from distcore.kernel import Currency, limits
from distcore.members import (
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
    TeamSales,
    Tier,
    Years,
    earned_rank,
    part_problems,
    reach_problems,
    tier_policy_problems,
)
from distcore.testing.strategies import instants
from distcore.testing.tier_strategies import NAMES, measures_of, requirements


def told(*requires: Requirement) -> list[str]:
    return [str(problem) for problem in tier_policy_problems(a_policy(*requires))]


SHADOWED = "no one can reach bronze: whoever meets it meets a higher tier as well"
CONTRADICTS = "no one can reach bronze: it contradicts itself"
TAKES = "it takes a tier that no evaluation gives before"


@pytest.mark.parametrize(
    ("requires", "expected"),
    [
        ([TeamSales(20), TeamSales(10)], SHADOWED),
        ([TeamSales(20), TeamSales(20)], SHADOWED),
        ([OwnSales(20), TeamSales(20)], SHADOWED),
        ([OwnSales(20), BalancedSales(20)], SHADOWED),
        ([DirectSales(20), TeamSales(20)], SHADOWED),
        ([Recruits(2, 10), DirectSales(20)], SHADOWED),
        ([Recruits(2, 10), Recruits(2, 9)], SHADOWED),
        ([Recruits(3, 10), BalancedSales(20)], SHADOWED),
        ([BalancedSales(20), TeamSales(20)], SHADOWED),
        ([AllOf((Years(2), OwnSales(1))), Years(1)], SHADOWED),
        ([Years(1), AnyOf((Years(2), Not(Years(2))))], SHADOWED),
        ([AnyOf((TeamSales(20), OwnSales(30))), TeamSales(20)], SHADOWED),
        ([AllOf((Years(3), Not(Years(2))))], CONTRADICTS),
        ([AllOf((Credit(3), Not(Credit(2))))], CONTRADICTS),
        ([AllOf((HoldsTier("bronze"), Not(HoldsTier("bronze"))))], CONTRADICTS),
        ([Not(AnyOf((Years(2), Not(Years(2)))))], CONTRADICTS),
        ([HoldsTier("bronze")], TAKES),
        ([AllOf((OwnSales(1), HoldsTier("silver"))), AllOf((OwnSales(9), HoldsTier("bronze")))], TAKES),
    ],
)
def test_it_is_said_why_no_one_can_reach_it(requires: list[Requirement], expected: str) -> None:
    found = told(*requires)
    assert found
    assert all(each.startswith("$.tiers[") for each in found)
    assert expected in found[0]


@pytest.mark.parametrize(
    "requires",
    [
        [TeamSales(10), TeamSales(20)],
        [TeamSales(20), BalancedSales(20)],
        [TeamSales(20), OwnSales(20)],
        [DirectSales(20), Recruits(1, 20)],
        [Recruits(2, 10), Recruits(2, 11)],
        [Recruits(3, 10), BalancedSales(21)],
        [AllOf((OwnSales(1), Not(Years(2)))), AllOf((OwnSales(1), Years(2)))],
        [Years(1), HoldsTier("bronze")],
        [OwnSales(1), AllOf((OwnSales(1), HoldsTier("bronze"))), AllOf((OwnSales(1), HoldsTier("silver")))],
        [Not(Credit(5)), AllOf((Credit(5), Not(Credit(9))))],
        [AnyOf((HoldsTier("bronze"), OwnSales(5)))],
    ],
)
def test_what_somebody_can_reach_is_no_problem(requires: list[Requirement]) -> None:
    assert told(*requires) == []


def test_all_that_is_wrong_is_said_together() -> None:
    policy = evolve(a_policy(TeamSales(20), TeamSales(10)), policy_version=0, grace_periods=-1)
    places = [problem.where for problem in tier_policy_problems(policy)]
    assert places == ["$.policy_version", "$.grace_periods", "$.tiers[0].requires"]


LONG = (Tier("", OwnSales(1)), Tier("a\n", Years(0)))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"currency": Currency("cny")}, ["$.currency"]),
        ({"policy_version": limits.UNITS_MAX + 1}, ["$.policy_version"]),
        ({"grace_periods": limits.GRACE_PERIODS_MAX + 1}, ["$.grace_periods"]),
        ({"rhythm": "monthly"}, ["$.rhythm"]),
        ({"tiers": ()}, ["$.tiers"]),
        ({"tiers": LONG}, ["$.tiers[0].name", "$.tiers[1].name", "$.tiers[1].requires.least"]),
        ({"tiers": (Tier("a", OwnSales(1)), Tier("a", OwnSales(2)))}, ["$.tiers[1].name"]),
        ({"tiers": tuple(Tier(f"t{n}", OwnSales(n)) for n in range(1, limits.TIERS_MAX + 2))}, ["$.tiers"]),
        (
            {"tiers": (Tier("a", AnyOf(tuple(map(OwnSales, range(1, limits.REQUIREMENTS_MAX + 2))))),)},
            ["$.tiers"],
        ),
    ],
)
def test_what_is_impossible_has_a_place(changes: dict[str, Any], expected: list[str]) -> None:
    found = [problem.where for problem in tier_policy_problems(evolve(a_policy(), **changes))]
    assert found == expected


MOST = limits.AMOUNT_MINOR_MAX


@pytest.mark.parametrize(
    ("requirement", "expected"),
    [
        (OwnSales(0), ".least"),
        (DirectSales(MOST + 1), ".least"),
        (TeamSales(-1), ".least"),
        (BalancedSales(0), ".least"),
        (Recruits(0, 1), ".count"),
        (Recruits(limits.FAN_OUT_MAX + 1, 1), ".count"),
        (Recruits(1, 0), ".each"),
        (Years(limits.YEARS_MAX + 1), ".least"),
        (Credit(0), ".least"),
        (HoldsTier("platinum"), ".tier"),
        (HoldsTier(""), ".tier"),
        (AllOf(()), ".requirements"),
        (AnyOf((OwnSales(1), AllOf(()))), ".requirements[1].requirements"),
        (Not(OwnSales(5)), ".requirement"),
        (Not(AnyOf((Years(1), Recruits(1, 1)))), ".requirement.requirements[1]"),
        (Not(Not(Not(TeamSales(1)))), ".requirement.requirement.requirement"),
    ],
)
def test_a_requirement_has_bounds(requirement: Requirement, expected: str) -> None:
    (problem,) = tier_policy_problems(a_policy(requirement))
    assert problem.where == f"$.tiers[0].requires{expected}"


def test_bounds_themselves_are_allowed() -> None:
    tiers = (Recruits(limits.FAN_OUT_MAX, MOST), AllOf((Years(limits.YEARS_MAX), Credit(MOST))))
    policy = a_policy(*tiers, grace_periods=limits.GRACE_PERIODS_MAX)
    assert tier_policy_problems(policy) == ()


def test_of_very_many_cases_nothing_is_said() -> None:
    several = [AnyOf((Years(each), Credit(each))) for each in range(1, 20)]
    policy = a_policy(AllOf((*several, HoldsTier("bronze"))))
    assert part_problems(policy) == reach_problems(policy) == ()


@given(st.data())
def test_a_tier_that_somebody_earns_is_never_called_out_of_reach(data: st.DataObject) -> None:
    names = NAMES[:3]
    tiers = tuple(Tier(name, data.draw(requirements(names))) for name in names)
    policy = evolve(a_policy(), tiers=tiers, valid_from=data.draw(instants()))
    assume(not part_problems(policy))
    held = 0
    for _ in range(4):  # a career, step by step
        held = earned_rank(policy, data.draw(measures_of(policy)), held)
        wrong = {problem.where for problem in reach_problems(policy)}
        assert f"$.tiers[{held - 1}].requires" not in wrong
