"""A condition that is always met, or never, changes nothing about how a plan is judged."""

from collections.abc import Callable
from random import Random
from typing import TypeAlias

import pytest
from attrs import evolve
from hypothesis import given

from distcore.commission import (
    AllOf,
    AnyOf,
    Bound,
    BrandIn,
    CategoryIs,
    Custom,
    EarnedBefore,
    FixedPerOrder,
    FixedPerUnit,
    Lineage,
    Match,
    MonthsSinceFirst,
    NetBetween,
    Not,
    Of,
    OrderNumber,
    PaidBetween,
    Percent,
    Plan,
    Rule,
    Sale,
    SpentBefore,
    TierIn,
    UnitsBetween,
    Upline,
    favoured_tiers,
    plan_problems,
    rules_for_heads,
    worst_case,
)
from distcore.commission.doubt import doubts
from distcore.commission.match import Case, fits
from distcore.commission.plainly import ALWAYS, NEVER, plain, plain_plan
from distcore.kernel import ComponentId, Rate, RuleId
from distcore.testing.builders import a_plan
from distcore.testing.worlds import (
    BEGIN,
    MATCHES,
    TIERS,
    drawn,
    random_lineage,
    random_match,
    random_plan,
    random_sale,
)

TEA, LATER = CategoryIs("tea"), OrderNumber(2)
GOLD = TierIn(("gold",))

SAYING_NOTHING: tuple[Match, ...] = (
    EarnedBefore(0),
    SpentBefore(0),
    MonthsSinceFirst(0),
    OrderNumber(1),
    NetBetween(Of.LINE),
    NetBetween(Of.ORDER, 0),
    UnitsBetween(Of.ORDER),
    PaidBetween(),
)


@pytest.mark.parametrize(
    ("match", "comes_to"),
    [
        (None, ALWAYS),
        *((each, ALWAYS) for each in SAYING_NOTHING),
        (Not(SpentBefore(0)), NEVER),
        (Not(Not(TEA)), TEA),
        (Not(Not(SpentBefore(0))), ALWAYS),
        (AllOf((LATER, EarnedBefore(0))), LATER),
        (AllOf((LATER, LATER)), LATER),
        (AllOf((AnyOf((TEA, PaidBetween())), LATER, GOLD)), AllOf((LATER, GOLD))),
        (AnyOf((TEA, Not(EarnedBefore(0)))), TEA),
        (AnyOf((TEA, EarnedBefore(0))), ALWAYS),
        (AnyOf((TEA, LATER, Not(TEA))), ALWAYS),
        (AllOf((TEA, Not(EarnedBefore(0)))), NEVER),
        (AllOf((Not(TEA), LATER, TEA)), NEVER),
        # what says something
        *((each, each) for each in (TEA, GOLD, LATER, Not(TEA), EarnedBefore(1), OrderNumber(1, 2))),
        *((each, each) for each in (SpentBefore(0, 9), MonthsSinceFirst(1), NetBetween(Of.LINE, 0, 9))),
        *((each, each) for each in (UnitsBetween(Of.LINE, 1), PaidBetween(since=BEGIN))),
    ],
)
def test_a_condition_comes_to_what_it_says(match: Match | None, comes_to: Match) -> None:
    assert plain(match) == comes_to


def test_for_somebody_of_a_tier_it_comes_to_less() -> None:
    assert plain(AllOf((GOLD, TEA)), "gold") == TEA
    assert plain(AllOf((GOLD, TEA)), "") == NEVER


Judged: TypeAlias = tuple[object, ...]


def judged(plan: Plan) -> Judged:
    """Return what is said of a plan, apart from where in a condition it is."""
    return (
        [None if isinstance(each, Custom) else rules_for_heads(each) for each in plan.components],
        sorted(favoured_tiers(plan, TIERS[:1]), key=repr),
        [(each.where.partition(".match")[0], each.message) for each in doubts(plan)],
    )


def saying_no_more(random: Random, match: Match | None) -> Match:
    """Return a condition that is met wherever another one is."""
    nothing = random.choice(SAYING_NOTHING)
    if match is None:
        return random.choice((nothing, AnyOf((nothing, TEA)), Not(Not(nothing)), AnyOf((TEA, Not(TEA)))))
    return random.choice(
        (
            AllOf((match, nothing)),
            AllOf((nothing, match, AnyOf((TEA, nothing)))),
            AnyOf((match, Not(nothing))),
            AnyOf((AllOf((TEA, Not(nothing))), match)),
            Not(Not(match)),
            AllOf((match, match)),
        )
    )


def with_nothing_said(random: Random, plan: Plan) -> Plan:
    """Add conditions that say nothing to rules of a plan."""

    def changed(rule: Rule) -> Rule:
        return evolve(rule, match=saying_no_more(random, rule.match)) if random.random() < 0.7 else rule

    return evolve(
        plan,
        components=tuple(
            each if isinstance(each, Custom) else evolve(each, rules=tuple(map(changed, each.rules)))
            for each in plan.components
        ),
    )


def a_bounty(first: Match | None, second: Match | None = None) -> Plan:
    """Return a plan that pays nothing where one condition is met, and else an amount where another one is."""
    rules = (
        Rule(RuleId("none"), Percent(Rate(0)), (1,), match=first),
        Rule(RuleId("bounty"), FixedPerOrder(5_000), (1,), match=second),
    )
    return a_plan(Upline(ComponentId("levels"), rules))


OF_ORDERS: tuple[Match | None, ...] = (
    *(None, TEA, LATER, OrderNumber(1, 2), AllOf((LATER, TEA)), AnyOf((LATER, TEA)), Not(OrderNumber(1, 2))),
    *(SpentBefore(0, 50), MonthsSinceFirst(1), GOLD, AllOf((LATER, GOLD))),
)


def two_plans(random: Random) -> tuple[Plan, Plan]:
    """Return a plan, and one that says the same: a random one, or one that may pay a bounty for heads."""
    bounty = a_bounty(random.choice(OF_ORDERS), random.choice(OF_ORDERS))
    plan = random.choice((random_plan(random), bounty))
    return plan, with_nothing_said(random, plan)


@given(drawn(two_plans))
def test_a_plan_with_conditions_that_say_nothing_is_judged_the_same(plans: tuple[Plan, Plan]) -> None:
    plan, other = plans
    assert judged(other) == judged(plan)
    assert plain_plan(other) == plain_plan(plan)


@pytest.mark.parametrize("nothing", SAYING_NOTHING, ids=repr)
def test_a_bounty_for_heads_is_certain_whatever_is_added(nothing: Match) -> None:
    for plan in (
        a_bounty(AllOf((LATER, nothing))),
        a_bounty(LATER, nothing),
        a_bounty(AnyOf((LATER, Not(nothing)))),
        a_bounty(TEA, AllOf((OrderNumber(1, 2), nothing))),
    ):
        (component,) = plan.components
        assert not isinstance(component, Custom)
        assert rules_for_heads(component) == {1: True}


def test_the_worst_case_is_the_same_and_takes_no_more() -> None:
    """There are 3,000 situations to be looked at; twice as many would be too many."""
    goods: list[Match] = [CategoryIs(str(number)) for number in range(59)]
    goods += [BrandIn((str(number),)) for number in range(49)]
    rules = [Rule(RuleId(f"{each}"), Percent(Rate.parse("5%")), (1,), match=each) for each in goods]
    plan = a_plan(Upline(ComponentId("levels"), tuple(rules)))
    first = evolve(rules[0], match=AllOf((CategoryIs("0"), MonthsSinceFirst(0))))
    more = a_plan(Upline(ComponentId("levels"), (first, *rules[1:])))
    found = worst_case(more)
    assert isinstance(found.line, Bound)
    assert (found, found.line.is_exact) == (worst_case(plan), True)


@pytest.mark.parametrize(
    ("wrap", "place"),
    [(lambda match: match, "match.least"), (lambda match: AllOf((match, EarnedBefore(0))), "match")],
)
def test_a_gap_between_brackets_is_at_a_place_that_is_there(
    wrap: Callable[[Match], Match], place: str
) -> None:
    brackets = (SpentBefore(0, 100), SpentBefore(200))
    rules = [Rule(RuleId(repr(each)), FixedPerUnit(1), (1,), match=wrap(each)) for each in brackets]
    found = plan_problems(a_plan(Upline(ComponentId("levels"), tuple(rules))))
    assert [(each.where, each.message) for each in found] == [
        (f"$.components[0].rules[1].{place}", "no rule is for 1.00 CNY to 2.00 CNY")
    ]


def a_world(random: Random) -> tuple[Match, Sale, Lineage]:
    match = saying_no_more(random, random_match(random) or random.choice(MATCHES))
    return match, random_sale(random), random_lineage(random)


@given(drawn(a_world))
def test_what_it_comes_to_is_met_by_the_same(world: tuple[Match, Sale, Lineage]) -> None:
    match, sale, lineage = world
    case = Case(sale, lineage.past)
    for line in sale.lines:
        for tier in TIERS:
            for earned_minor in (0, 1, 300, 2_500):
                who = (case, line, tier, earned_minor)
                assert fits(plain(match), *who) == fits(plain(match, tier), *who) == fits(match, *who)
