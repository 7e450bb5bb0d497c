"""What is added up without the lines is to the cent what the lines add up to."""

from random import Random

from attrs import evolve
from hypothesis import given, settings
from tests.laws.test_a_scope_never_pays_more_than_its_budget import World, random_world

from distcore.commission import (
    Case,
    Claims,
    Lineage,
    Plan,
    Sale,
    calculate,
    claims_of,
    earned_by,
    tiers_of,
    totals_by,
    totals_of,
)
from distcore.testing.worlds import drawn


def case_of(sale: Sale, lineage: Lineage) -> Case:
    return Case(sale, lineage.past, earned=lineage.earned, was_gone=lineage.was_gone)


def claims_in(plan: Plan, lineage: Lineage) -> Claims:
    return claims_of(plan, lineage)


@settings(max_examples=4 * settings().max_examples)
@given(drawn(random_world))
def test_totals_are_sums_of_what_is_calculated(world: World) -> None:
    plan, sale, left, lineage = world
    for each in (plan, evolve(plan, budget=None, caps=())):
        claims, case = claims_in(each, lineage), case_of(sale, lineage)
        earned = calculate(each, sale, left, lineage)
        assert earned_by(claims, each, case, left, lineage.granted) == earned
        assert totals_by(claims, each, case, left, lineage.granted) == totals_of(earned)


@given(drawn(random_world))
def test_whoever_is_paid_for_a_level_there_is_a_tier_of_its_holder(world: World) -> None:
    plan, sale, left, lineage = world
    tiers = tiers_of(claims_in(plan, lineage))
    seats = [*lineage.sponsors, *lineage.promoted, *([lineage.own] if lineage.own else [])]
    seats += [seat for _, seat in lineage.agents]
    for accrual in calculate(plan, sale, left, lineage):
        assert tiers[accrual.component, accrual.level, accrual.payee] in {seat.tier for seat in seats}


def test_both_ways_are_taken() -> None:
    """Of what is drawn some plans can do without the lines, others can't."""
    ways = set()
    for seed in range(200):
        plan, sale, left, lineage = random_world(Random(seed))
        totals = totals_by(claims_in(plan, lineage), plan, case_of(sale, lineage), left, None)
        ways.add((plan.budget is None, len(plan.components) > 1, bool(totals)))
    assert len(ways) == 8
