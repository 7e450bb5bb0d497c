"""Who rises rises at once and to the highest tier; who misses the own tier falls when the grace is over."""

from datetime import date, timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from tests.members.tiers import ANN, BEGUN, NAMES, a_policy, decided

from distcore.kernel import Actor, Calendar, parse_period, zone_of
from distcore.members import (
    AllOf,
    AnyOf,
    BalancedSales,
    Credit,
    Decision,
    DirectSales,
    Evaluation,
    Falls,
    HoldsTier,
    Measures,
    Not,
    Outcome,
    OwnSales,
    Recruits,
    Requirement,
    Standing,
    Years,
    aim_of,
    checks,
    decide,
    earned_rank,
    evaluation_refusal,
    full_years,
    judge_of,
    missing,
    standing_after,
    standing_of,
    tier_policy_at,
)
from distcore.testing.tier_strategies import measures_of, tier_policies

TIERS = ("", *NAMES, "特级")


def said(decision: Decision) -> tuple[Outcome, str, int]:
    return decision.outcome, decision.tier, decision.misses


def test_whoever_rises_rises_at_once_to_the_highest_tier() -> None:
    assert said(decided(a_policy(), team_minor=99)) == (Outcome.KEPT, "", 0)
    assert said(decided(a_policy(), team_minor=100)) == (Outcome.PROMOTED, "bronze", 0)
    assert said(decided(a_policy(), team_minor=10_000)) == (Outcome.PROMOTED, "gold", 0)
    assert said(decided(a_policy(), "bronze", team_minor=10_000)) == (Outcome.PROMOTED, "gold", 0)
    assert said(decided(a_policy(), "gold", team_minor=10_000)) == (Outcome.KEPT, "gold", 0)


def test_without_grace_whoever_misses_falls_at_once() -> None:
    assert said(decided(a_policy(), "gold", team_minor=999)) == (Outcome.DEMOTED, "silver", 0)
    assert said(decided(a_policy(), "bronze")) == (Outcome.DEMOTED, "", 0)
    far = a_policy(falls=Falls.TO_WHAT_IS_EARNED)
    assert said(decided(far, "gold", team_minor=100)) == (Outcome.DEMOTED, "bronze", 0)
    assert said(decided(far, "gold")) == (Outcome.DEMOTED, "", 0)


def test_grace_lasts_for_so_many_evaluations_in_a_row() -> None:
    policy = a_policy(grace_periods=2)
    standing = Standing("gold")
    story = []
    for number in range(1, 8):
        team = 10_000 if number == 3 else 0
        decision = decide(policy, ANN, Measures(team_minor=team), standing, number=number)
        standing = standing_after(decision)
        story.append((decision.outcome, decision.misses))
    grace = [(Outcome.IN_GRACE, 1), (Outcome.IN_GRACE, 2)]
    assert story == [*grace, (Outcome.KEPT, 0), *grace, (Outcome.DEMOTED, 0), (Outcome.IN_GRACE, 1)]
    assert standing == Standing("silver", 1)


def test_a_tier_that_is_none_of_the_policy_is_left_alone() -> None:
    decision = decided(a_policy(), "ambassador", misses=1, team_minor=5_000)
    assert said(decision) == (Outcome.LEFT_ALONE, "ambassador", 0)
    assert decision.earned == "silver"
    assert not decision.changes_tier


def test_grace_begins_anew_with_a_tier_given_by_hand() -> None:
    last = decided(a_policy(grace_periods=2), "silver")
    assert last.misses == 1
    assert standing_of("silver", last) == Standing("silver", 1)
    assert standing_of("gold", last) == Standing("gold")
    assert standing_of("silver", None) == Standing("silver")


FULL: dict[str, Any] = {
    "own_minor": 10,
    "direct_minor": 20,
    "team_minor": 100,
    "strongest_leg_minor": 60,
    "recruits": ((5, 3), (9, 1)),
    "years": 2,
    "credit": 700,
}


@pytest.mark.parametrize(
    ("met", "missed"),
    [
        (OwnSales(10), OwnSales(11)),
        (DirectSales(20), DirectSales(21)),
        (BalancedSales(40), BalancedSales(41)),
        (Recruits(3, 5), Recruits(2, 9)),
        (Years(2), Years(3)),
        (Credit(700), Credit(701)),
        (Not(Years(3)), Not(Years(2))),
        (AllOf((OwnSales(10), Years(2))), AllOf((OwnSales(10), Years(3)))),
        (AnyOf((OwnSales(11), Years(2))), AnyOf((OwnSales(11), Years(3)))),
        (Not(HoldsTier("bronze")), HoldsTier("bronze")),
    ],
)
def test_each_requirement_is_met_at_its_bound(met: Requirement, missed: Requirement) -> None:
    assert decided(a_policy(met), **FULL).earned == "bronze"
    assert decided(a_policy(missed), **FULL).earned == ""


def test_a_tier_may_take_another_that_is_held() -> None:
    policy = a_policy(OwnSales(1), AllOf((OwnSales(1), HoldsTier("bronze"))), Years(9))
    assert decided(policy, own_minor=1).tier == "bronze"
    assert decided(policy, "bronze", own_minor=1).tier == "silver"
    assert decided(policy, "gold", own_minor=1).earned == "silver"


def test_what_is_missing_is_told_by_the_requirement() -> None:
    policy = a_policy(AllOf((OwnSales(30), Not(Years(3)), AnyOf((Recruits(2, 5), HoldsTier("bronze"))))))
    found = [
        (each.where, each.has, each.asked, each.met)
        for each in checks(policy, "bronze", Measures(**FULL), "ambassador")
    ]
    asked = "$.tiers[0].requires.requirements"
    assert found == [
        (f"{asked}[0]", 10, 30, False),
        (f"{asked}[1].requirement", 2, 3, True),
        (f"{asked}[2].requirements[0]", 3, 2, True),
        (f"{asked}[2].requirements[1]", 0, 1, False),
    ]


def test_of_several_ways_none_is_missing_once_one_is_gone() -> None:
    either = AnyOf((OwnSales(30), Years(2)))
    policy = a_policy(AllOf((either, OwnSales(40), Not(AnyOf((Years(2), Credit(9)))))))
    found = missing(policy, "bronze", Measures(**FULL), "")
    asked = "$.tiers[0].requires.requirements"
    assert [(each.where, each.wanted, each.met) for each in found] == [
        (f"{asked}[1]", True, False),
        (f"{asked}[2].requirement.requirements[0]", False, False),
        (f"{asked}[2].requirement.requirements[1]", False, False),
    ]
    assert list(missing(a_policy(either), "bronze", Measures(**FULL), "")) == []


def test_a_member_is_after_the_next_tier_or_the_own_one() -> None:
    policy = a_policy(grace_periods=1)
    assert aim_of(policy, decided(policy)) == "bronze"
    assert aim_of(policy, decided(policy, team_minor=1_000)) == "gold"
    assert aim_of(policy, decided(policy, "gold", team_minor=10_000)) == ""
    assert aim_of(policy, decided(policy, "gold", team_minor=1)) == "gold"
    assert aim_of(policy, decided(policy, "gold", misses=1)) == "gold"
    assert aim_of(policy, decided(policy, "ambassador", team_minor=100)) == "silver"


def test_years_are_full_and_counted_by_days() -> None:
    joined = date(2024, 2, 29)
    assert full_years(joined, date(2025, 2, 28)) == 0
    assert full_years(joined, date(2025, 3, 1)) == 1
    assert full_years(joined, date(2028, 2, 28)) == 3
    assert full_years(joined, date(2028, 2, 29)) == 4
    assert full_years(joined, joined) == 0


def test_the_highest_version_that_is_valid_holds() -> None:
    later = evolve(a_policy(), policy_version=2, valid_from=BEGUN + timedelta(days=1))
    assert tier_policy_at([later, a_policy()], BEGUN - timedelta(days=1)) is None
    assert tier_policy_at([later, a_policy()], BEGUN) == a_policy()
    assert tier_policy_at([later, a_policy()], BEGUN + timedelta(days=1)) == later


def test_a_period_is_refused_out_of_turn_and_too_early() -> None:
    calendar = Calendar(zone_of("Asia/Shanghai"))
    march = parse_period("2026-03", calendar)
    assert evaluation_refusal("2026-03", march, at=march.end) is None
    early = evaluation_refusal("2026-03", march, at=march.end - timedelta(microseconds=1))
    assert early is not None
    assert early.code == "tiers_too_early"
    other = evaluation_refusal("2026-04", march, at=march.end)
    assert other is not None
    assert (other.code, dict(other.facts)["expected"]) == ("tiers_out_of_order", "2026-03")


def test_an_evaluation_is_made_at_an_instant_in_utc() -> None:
    march = parse_period("2026-03", Calendar(zone_of("Asia/Shanghai")))
    local = march.end.astimezone(zone_of("Asia/Shanghai"))
    assert Evaluation(1, march, 1, b"", 0, Actor("ann"), local).evaluated_at == march.end


def test_only_what_says_something_is_worth_keeping() -> None:
    assert not decided(a_policy(), years=5).says_something
    assert decided(a_policy(), "bronze").says_something
    assert decided(a_policy(), team_minor=1).says_something
    assert decided(a_policy(), credit=1).says_something
    assert decided(a_policy(Years(1)), years=1).says_something


# ---- laws


@given(st.data())
def test_more_sales_never_lower_a_tier(data: st.DataObject) -> None:
    policy = data.draw(tier_policies())
    before = data.draw(measures_of(policy))
    more, leg = data.draw(st.integers(0, 3_000)), data.draw(st.integers(0, 2))
    # The member buys more, or somebody deep in the strongest leg, or somebody in another one.
    after = evolve(
        before,
        own_minor=before.own_minor + (more if leg == 0 else 0),
        team_minor=before.team_minor + more,
        strongest_leg_minor=before.strongest_leg_minor + (more if leg == 1 else 0),
        recruits=tuple((asked, count + (leg == 2)) for asked, count in before.recruits),
    )
    standing = Standing(data.draw(st.sampled_from(["", *policy.ranks])), data.draw(st.integers(0, 2)))
    less, most = (decide(policy, ANN, each, standing, number=1) for each in (before, after))
    assert policy.ranks[most.tier] >= policy.ranks[less.tier]
    assert policy.ranks[most.earned] >= policy.ranks[less.earned]


@given(st.data())
def test_a_decision_follows_from_what_it_keeps(data: st.DataObject) -> None:
    policy = data.draw(tier_policies())
    standing = Standing(data.draw(st.sampled_from(TIERS)), data.draw(st.integers(0, 2)))
    decision = decide(policy, ANN, data.draw(measures_of(policy)), standing, number=7)
    again = decide(policy, ANN, decision.measures, Standing(decision.held, standing.misses), number=7)
    assert again == decision
    assert (
        earned_rank(policy, decision.measures, policy.ranks.get(decision.held, 0))
        == (policy.ranks[decision.earned])
    )


@given(st.data())
def test_a_tier_is_met_where_nothing_is_missing(data: st.DataObject) -> None:
    policy = data.draw(tier_policies())
    measures = data.draw(measures_of(policy))
    held = data.draw(st.sampled_from(TIERS))
    for tier in policy.tiers:
        gaps = list(missing(policy, tier.name, measures, held))
        rank = policy.ranks.get(held, 0)
        assert (not gaps) == judge_of(tier.requires, policy.ranks)(measures, rank)
        assert not any(each.met for each in gaps)
        assert set(gaps) <= set(checks(policy, tier.name, measures, held))


def test_an_amount_that_nobody_counted_was_reached_by_nobody() -> None:
    measures = Measures(recruits=((100, 3), (500, 1)))
    assert [measures.recruits_with(each) for each in (100, 500, 501)] == [3, 1, 0]
