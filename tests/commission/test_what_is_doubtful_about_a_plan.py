"""What is doubtful about a plan is told with its place: rules that never win, gaps, what rounding takes."""

from itertools import combinations, product
from random import Random
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from tests.builders import LEVELS, day, levels, per_order, percent, plan

from distcore.commission import (
    AllOf,
    AnyOf,
    Cap,
    CategoryIs,
    Choice,
    Component,
    Differential,
    EarnedBefore,
    FirstOrder,
    FixedPerOrder,
    Gift,
    Lineage,
    Match,
    MonthsSinceFirst,
    NetBetween,
    Not,
    Of,
    OrderNumber,
    PaidBetween,
    Plan,
    Points,
    Rule,
    SameTier,
    Scope,
    Seat,
    SelfPurchase,
    SkuIn,
    SpentBefore,
    Standing,
    TagIn,
    TierIn,
    UnitsBetween,
    Unqualified,
    calculate,
    plan_errors,
    plan_problems,
    unknown_problems,
    whole,
)
from distcore.commission.gaps import Between, gaps, overlaps
from distcore.commission.match import is_between
from distcore.kernel import CapId, ComponentId, Currency, MemberId, Rate, Rounding, RuleId, Severity
from distcore.testing.builders import a_sale
from distcore.testing.worlds import TIERS, drawn

UNREACHABLE = "earlier rules win wherever it fits (move it up, or leave it out)"
MEET = "let brackets meet: what ends one, exclusive, begins the next"
NEVER = "nothing fits it (its conditions exclude each other, the rule's tiers, or when the plan is valid)"


def found(doubtful: Plan) -> list[str]:
    problems = plan_problems(doubtful)
    assert all(each.severity is Severity.WARNING for each in problems)
    assert plan_errors(doubtful) == ()
    return [str(each).removeprefix("$.components[0].rules") for each in problems]


def asking(*matches: Match | None, choose: Choice = Choice.FIRST) -> Plan:
    """Return a plan with a rule for each condition."""
    rules = [percent("5%", 1, id=f"r{n}", match=match) for n, match in enumerate(matches)]
    return plan(*rules, upline=evolve(LEVELS, choose=choose))


# Rules that never win


@pytest.mark.parametrize(
    "matches",
    [
        (CategoryIs("food"), CategoryIs("food/fresh")),
        (SkuIn(("a", "b")), SkuIn(("b",))),
        (NetBetween(Of.LINE, 0, 100), NetBetween(Of.LINE, 10, 100)),
        (AnyOf((CategoryIs("food"), CategoryIs("tea"))), CategoryIs("tea/green")),
        (CategoryIs("food"), AllOf((SkuIn(("a",)), CategoryIs("food")))),
    ],
)
def test_a_narrower_rule_after_a_wider_one_never_wins(matches: tuple[Match, ...]) -> None:
    assert found(asking(*matches)) == [f"[1]: {UNREACHABLE}"]
    assert found(asking(*reversed(matches))) == []
    assert found(asking(*matches, choose=Choice.BEST)) == []


def test_of_many_conditions_the_first_are_compared() -> None:
    many = [SkuIn((str(n),)) for n in range(30)]
    assert found(asking(CategoryIs("food"), *many, CategoryIs("food/x"))) == [f"[31]: {UNREACHABLE}"]
    assert found(asking(*many, CategoryIs("food"), CategoryIs("food/x"))) == []


def test_other_levels_and_tiers_are_other_rules() -> None:
    wide, narrow = CategoryIs("food"), CategoryIs("food/fresh")
    assert found(plan(percent("5%", 1, match=wide), percent("9%", 1, 2, match=narrow))) == []
    gold = percent("5%", 1, tiers=["gold"], match=wide)
    assert found(plan(gold, percent("9%", 1, match=narrow))) == []
    assert found(plan(percent("5%", 1, match=wide), evolve(gold, id=RuleId("g"), match=narrow))) == [
        f"[1]: {UNREACHABLE}"
    ]


# Rules that nothing fits


@pytest.mark.parametrize(
    "never",
    [
        AllOf((EarnedBefore(0, 300), EarnedBefore(500))),
        AllOf((NetBetween(Of.LINE, 500), AllOf((SkuIn(("a",)), NetBetween(Of.LINE, 300, 500))))),
        AllOf((CategoryIs("food"), AnyOf((CategoryIs("tea"), CategoryIs("foodie"))))),
        AllOf((CategoryIs("food/fresh"), Not(CategoryIs("food")))),
        AnyOf((PaidBetween(until=day(1)), PaidBetween(since=day(20)))),
        Not(PaidBetween(day(1), day(20))),
        AllOf((TierIn(("b",)), SkuIn(("a",)))),
    ],
    ids=str,
)
def test_a_rule_that_nothing_fits_is_doubtful(never: Match) -> None:
    rule = percent("5%", 1, tiers=["a"], match=never)
    for choose in Choice:
        doubtful = evolve(plan(rule, upline=evolve(LEVELS, choose=choose)), valid_until=day(20))
        assert found(doubtful) == [f"[0].match: {NEVER}"]


@pytest.mark.parametrize(
    "sometimes",
    [
        AllOf((EarnedBefore(0, 300), SpentBefore(500))),
        AllOf((NetBetween(Of.LINE, 0, 300), NetBetween(Of.ORDER, 300))),
        AllOf((CategoryIs("food"), CategoryIs("food/fresh"), Not(CategoryIs("food/fresh/fish")))),
        AllOf((TagIn(("new",)), TagIn(("old",)))),
        AnyOf((PaidBetween(until=day(1)), SkuIn(("a",)))),
        PaidBetween(since=day(19)),
        TierIn(("b", "a")),
        AllOf((AnyOf(tuple(SkuIn((str(n),)) for n in range(50))), SkuIn(("50",)))),  # too many to compare
    ],
    ids=str,
)
def test_a_rule_that_something_may_fit_is_not(sometimes: Match) -> None:
    rule = percent("5%", 1, tiers=["a"], match=sometimes)
    assert found(evolve(plan(rule), valid_until=day(20))) == []


def test_a_condition_for_tiers_that_do_not_qualify_is_never_met() -> None:
    qualified = evolve(LEVELS, qualified_tiers=("gold",))
    rules = percent("5%", 1, match=TierIn(("lead",))), percent("6%", 1)
    assert found(plan(*rules, upline=qualified)) == [f"[0].match: {NEVER}"]
    assert found(plan(*rules)) == []


# Tiers


def test_a_rule_for_tiers_that_do_not_qualify_is_doubtful() -> None:
    rules = (
        percent("5%", 1, tiers=["gold", "lead"]),
        percent("6%", 1, tiers=["lead", "iron"]),
        percent("7%", 1),
    )
    qualified = evolve(LEVELS, qualified_tiers=("gold",))
    assert found(plan(*rules, upline=qualified)) == [
        "[1].tiers: nobody of 'lead', 'iron' qualifies (add a tier to qualified_tiers)"
    ]
    assert found(plan(*rules)) == []


ROLLING = evolve(LEVELS, unqualified=Unqualified.ROLLS_UP, qualified_tiers=("gold",))


@pytest.mark.parametrize("asked", [{"tiers": ["silver"]}, {"match": TierIn(("silver",))}])
def test_what_rolls_up_is_paid_by_the_tier_of_who_does_not_qualify(asked: dict[str, Any]) -> None:
    """Gold above silver above the buyer is paid what silver would have earned."""
    by = plan(percent("20%", 1, **asked), upline=ROLLING)
    silver, gold = (Seat(MemberId(tier), tier, Standing.ACTIVE) for tier in ("silver", "gold"))
    order = a_sale()
    (paid,) = calculate(by, order, whole(order), Lineage(order.buyer, None, [silver, gold]))
    assert (paid.payee, paid.amount_minor) == ("gold", 2_000)
    assert found(by) == []


def test_brackets_of_a_tier_that_rolls_up_have_gaps_too() -> None:
    low, high = UnitsBetween(Of.LINE, 0, 2), UnitsBetween(Of.LINE, 3)
    rules = [percent("5%", 1, id=f"{match}", tiers=["silver"], match=match) for match in (low, high)]
    assert found(plan(*rules, upline=ROLLING)) == [f"[1].match.least: {no_rule_for('2 to 3')}"]


NAMED = [tier for tier in TIERS if tier]
NOTHING_FITS = ("nobody of ", NEVER.partition(" (")[0])


def for_tiers(random: Random) -> Plan:
    """Draw a plan with a rule for a tier, and one that qualifies."""
    rule, qualified, asked = (random.choice(NAMED) for _ in range(3))
    match = random.choice((None, TierIn((asked,))))
    answer = random.choice((*Unqualified, Unqualified.ROLLS_UP))
    upline = evolve(LEVELS, unqualified=answer, qualified_tiers=(qualified,))
    return plan(percent("5%", 1, 2, tiers=[rule], match=match), upline=upline)


def upline_of(random: Random) -> Lineage:
    tiers = random.choices(TIERS, k=3)
    seats = [Seat(MemberId(str(place)), tier, Standing.ACTIVE) for place, tier in enumerate(tiers)]
    return Lineage(MemberId("buyer"), None, seats)


@given(drawn(lambda random: (for_tiers(random), upline_of(random))))
def test_a_rule_that_is_said_to_fit_nothing_pays_nothing(world: tuple[Plan, Lineage]) -> None:
    by, upline = world
    order = a_sale(buyer="buyer")
    paid = calculate(by, order, whole(order), upline)
    assert not paid or not any(each.message.startswith(NOTHING_FITS) for each in plan_problems(by))


NAMING = plan(
    percent("5%", 1, tiers=["gold", "silver"], match=CategoryIs("food")),
    percent("6%", 1, match=AllOf((TierIn(("gold", "iron", "")), Not(CategoryIs("tea/green"))))),
    percent("7%", 1, match=CategoryIs("foo")),
    upline=evolve(LEVELS, qualified_tiers=("gold",)),
)


def test_tiers_and_categories_that_nobody_knows_are_named_once() -> None:
    tiers = [str(each) for each in unknown_problems(NAMING, tiers=["silver"])]
    assert tiers == [
        (
            "$.components[0].qualified_tiers[0]: the tier policy has no tier 'gold' "
            "(nobody earns it; give it by hand)"
        ),
        (
            "$.components[0].rules[1].match.matches[0].tiers[1]: the tier policy has no tier 'iron' "
            "(nobody earns it; give it by hand)"
        ),
    ]
    categories = list(unknown_problems(NAMING, categories=["food/fresh", "tea"]))
    assert [str(each) for each in categories] == [
        (
            "$.components[0].rules[1].match.matches[1].match.category: nothing of category 'tea/green' was "
            "ever sold (look at its spelling)"
        ),
        (
            "$.components[0].rules[2].match.category: nothing of category 'foo' was ever sold "
            "(look at its spelling)"
        ),
    ]
    assert {each.severity for each in categories} == {Severity.WARNING}


def test_nobody_asks_for_what_is_not_given() -> None:
    assert list(unknown_problems(NAMING)) == []
    assert len(list(unknown_problems(NAMING, tiers=[], categories=[], templates=[]))) == 6


# Brackets


def no_rule_for(what: str) -> str:
    return f"no rule is for {what} ({MEET}; if that is meant, name it with a reward of zero)"


@pytest.mark.parametrize(
    ("matches", "gaps"),
    [
        ([NetBetween(Of.LINE, 0, 100), NetBetween(Of.LINE, 100)], []),
        ([NetBetween(Of.LINE, 50, 100), NetBetween(Of.LINE, 100)], ["[0] 0.00 CNY to 0.50 CNY"]),
        (
            [NetBetween(Of.LINE, 10_000), NetBetween(Of.LINE, 50, 100)],
            ["[1] 0.00 CNY to 0.50 CNY", "[0] 1.00 CNY to 100.00 CNY"],
        ),
        ([OrderNumber(2, 3), OrderNumber(3)], ["[0] 1 to 2"]),
        # behind a bracket without an end there is none
        ([NetBetween(Of.LINE, 5), NetBetween(Of.LINE, 9, 12)], ["[0] 0.00 CNY to 0.05 CNY"]),
        # one is no bracket, and seasons are apart
        ([NetBetween(Of.LINE, 100)], []),
        ([PaidBetween(day(2), day(3)), PaidBetween(day(4), day(5))], []),
        (
            [NetBetween(Of.LINE, 0, 100), NetBetween(Of.LINE, 200, 300), NetBetween(Of.LINE, 400)],
            ["[1] 1.00 CNY to 2.00 CNY", "[2] 3.00 CNY to 4.00 CNY"],
        ),
        ([NetBetween(Of.LINE, 0, 500), NetBetween(Of.LINE, 0, 600), NetBetween(Of.LINE, 600, 900)], []),
        ([SpentBefore(0, 100), SpentBefore(101)], ["[1] 1.00 CNY to 1.01 CNY"]),
        ([EarnedBefore(0, 100), EarnedBefore(101)], ["[1] 1.00 CNY to 1.01 CNY"]),
        ([UnitsBetween(Of.ORDER, 0, 10), UnitsBetween(Of.ORDER, 20)], ["[1] 10 to 20"]),
        ([OrderNumber(1, 2), OrderNumber(3)], ["[1] 2 to 3"]),
        ([MonthsSinceFirst(0, 12), MonthsSinceFirst(24, 36)], ["[1] 12 to 24"]),
        # something else may be for what lies between
        ([NetBetween(Of.LINE, 0, 100), NetBetween(Of.ORDER, 200)], []),
        ([NetBetween(Of.LINE, 0, 100), UnitsBetween(Of.LINE, 200)], []),
        ([NetBetween(Of.LINE, 0, 100), NetBetween(Of.LINE, 200), None], []),
        ([NetBetween(Of.LINE, 0, 100), NetBetween(Of.LINE, 200), CategoryIs("tea")], []),
    ],
)
def test_a_gap_between_brackets_is_doubtful(matches: list[Match | None], gaps: list[str]) -> None:
    expected = []
    for gap in gaps:
        at, what = gap.split(" ", 1)
        expected.append(f"{at}.match.least: {no_rule_for(what)}")
    assert found(asking(*matches, choose=Choice.BEST)) == expected


LOW, HIGH = NetBetween(Of.LINE, 0, 100), NetBetween(Of.LINE, 200)
GAP = no_rule_for("1.00 CNY to 2.00 CNY")


@pytest.mark.parametrize(
    ("rules", "places"),
    [
        ((percent("5%", 1, match=LOW), percent("6%", 1, match=HIGH), percent("2%", 2)), [1]),
        ((percent("5%", 1, 2, match=LOW), percent("6%", 1, 2, match=HIGH)), [1]),
        (
            (
                percent("5%", 1, match=LOW),
                percent("6%", 1, match=HIGH),
                percent("3%", 2, match=LOW),
                percent("4%", 2, match=HIGH),
            ),
            [1, 3],
        ),
        ((percent("5%", 1, match=LOW), percent("6%", 2, match=HIGH)), []),
        ((percent("5%", 1, match=LOW), percent("6%", 1, tiers=["gold"], match=HIGH)), [1]),
        (
            (
                percent("5%", 1, match=LOW),
                percent("6%", 1, tiers=["gold"], match=HIGH),
                percent("7%", 1, tiers=["gold"], match=NetBetween(Of.LINE, 100, 200)),
            ),
            [],
        ),
        (
            (
                percent("5%", 1, tiers=["gold"], match=LOW),
                percent("6%", 1, tiers=["gold"], match=HIGH),
                percent("1%", 1, tiers=["iron"]),
            ),
            [1],
        ),
        ((percent("5%", 1, tiers=["gold"], match=LOW), percent("6%", 1, tiers=["iron"], match=HIGH)), []),
    ],
)
def test_a_gap_is_one_of_a_level_and_a_tier(rules: tuple[Rule, ...], places: list[int]) -> None:
    assert found(plan(*rules)) == [f"[{place}].match.least: {GAP}" for place in places]


def test_a_component_without_levels_has_gaps_too() -> None:
    own = SelfPurchase(ComponentId("own"), (percent("5%", match=LOW), percent("6%", match=HIGH)))
    assert found(evolve(plan(), components=(own,))) == [f"[1].match.least: {GAP}"]
    tiers = Differential(
        ComponentId("tiers"), (percent("5%", match=LOW), percent("6%", 1, match=HIGH), percent("7%", 2))
    )
    assert found(evolve(plan(), components=(tiers,))) == [f"[1].match.least: {GAP}"]


def test_a_condition_for_a_tier_makes_brackets_of_that_tier() -> None:
    gold = TierIn(("gold",))
    rules = percent("5%", 1, match=AllOf((gold, LOW))), percent("6%", 1, match=AllOf((gold, HIGH)))
    others = percent("1%", 1, match=Not(gold))
    assert found(plan(*rules, others)) == [f"[1].match: {GAP}"]
    assert found(plan(*rules, others, upline=evolve(LEVELS, qualified_tiers=("gold", "iron")))) == [
        f"[1].match: {GAP}"
    ]


def test_brackets_may_ask_for_something_else_alike() -> None:
    food, tea = CategoryIs("food"), CategoryIs("tea")
    assert found(asking(AllOf((food, LOW)), AllOf((HIGH, food)))) == [f"[1].match: {GAP}"]
    assert found(asking(AllOf((food, LOW)), AllOf((tea, HIGH)))) == []
    assert found(asking(AllOf((food, LOW)), AllOf((HIGH, UnitsBetween(Of.LINE, 3))))) == []


def test_brackets_of_very_many_rules_and_levels_are_not_compared() -> None:
    rules = percent("5%", 1, match=LOW), percent("6%", 1, match=HIGH), percent("1%", *range(2, 1001))
    assert found(plan(*rules)) == [f"[1].match.least: {GAP}"]
    many = [percent("1%", *range(2, 1001), tiers=[str(n)], id=f"r{n}") for n in range(10)]
    assert found(plan(*rules[:2], *many)) == []


# Brackets that overlap


@pytest.mark.parametrize(
    ("matches", "told"),
    [
        ([NetBetween(Of.LINE, 0, 300), NetBetween(Of.LINE, 200)], "[1] 2.00 CNY to 3.00 CNY"),
        ([NetBetween(Of.LINE, 200), NetBetween(Of.LINE, 0, 300)], "[1] 2.00 CNY to 3.00 CNY"),
        ([EarnedBefore(0, 300), EarnedBefore(200, 400)], "[1] 2.00 CNY to 3.00 CNY"),
        ([SpentBefore(0, 300), SpentBefore(200)], "[1] 2.00 CNY to 3.00 CNY"),
        ([UnitsBetween(Of.ORDER, 0, 3), UnitsBetween(Of.ORDER, 2)], "[1] 2 to 3"),
        ([OrderNumber(1, 3), OrderNumber(2)], "[1] 2 to 3"),
        ([MonthsSinceFirst(0, 12), MonthsSinceFirst(6)], "[1] 6 to 12"),
        (
            [PaidBetween(until=day(3)), PaidBetween(since=day(2))],
            "[1] 2026-01-02T00:00:00Z to 2026-01-03T00:00:00Z",
        ),
        # something else in between, and beside
        ([UnitsBetween(Of.LINE, 0, 3), CategoryIs("tea"), UnitsBetween(Of.LINE, 2), None], "[2] 2 to 3"),
        # they meet, or the wide one is for what the narrow one leaves
        ([NetBetween(Of.LINE, 0, 300), NetBetween(Of.LINE, 300)], ""),
        ([NetBetween(Of.LINE, 0, 300), NetBetween(Of.LINE, 0, 500)], ""),
        ([NetBetween(Of.LINE, 300), NetBetween(Of.LINE, 200), NetBetween(Of.LINE)], ""),
        ([NetBetween(Of.LINE, 0, 300), NetBetween(Of.ORDER, 200)], ""),
    ],
)
def test_brackets_that_overlap_are_doubtful(matches: list[Match | None], told: str) -> None:
    at, _, what = told.partition(" ")
    expected = [f"{at}.match: an earlier rule decides from {what} ({MEET})"] if told else []
    assert found(asking(*matches)) == expected
    assert found(asking(*matches, choose=Choice.BEST)) == []


def test_brackets_of_other_levels_and_tiers_do_not_overlap() -> None:
    low, high = NetBetween(Of.LINE, 0, 300), NetBetween(Of.LINE, 200)
    assert found(plan(percent("5%", 1, match=low), percent("6%", 2, match=high))) == []
    gold, iron = percent("5%", 1, tiers=["gold"], match=low), percent("6%", 1, tiers=["iron"], match=high)
    assert found(plan(gold, iron)) == []
    for_all = percent("6%", 1, match=high)
    decided = [f"[1].match: an earlier rule decides from 2.00 CNY to 3.00 CNY ({MEET})"]
    assert found(plan(gold, for_all)) == found(plan(evolve(gold, levels=(1, 2)), for_all)) == decided


def a_bracket(random: Random, number: int) -> Rule:
    least = random.randint(0, 5)
    match = UnitsBetween(Of.LINE, least, random.choice((None, random.randint(least + 1, 6))))
    level, tiers = random.choice(((1,), (2,), (1, 2))), random.choice(((), ("a",), ("b",), ("a", "b")))
    return percent("5%", *level, id=f"r{number}", tiers=tiers, match=match)


@given(drawn(lambda random: [a_bracket(random, number) for number in range(random.randint(1, 5))]))
def test_gaps_and_overlaps_are_what_trying_every_number_finds(rules: list[Rule]) -> None:
    left_out: set[int] = set()
    decided: set[tuple[int, int]] = set()
    for level, tier in product((1, 2), ("a", "b", "")):
        cell = [
            (index, {n for n in range(9) if is_between(n, rule.match.least, rule.match.below)})
            for index, rule in enumerate(rules)
            if level in rule.levels and (not rule.tiers or tier in rule.tiers)
            if isinstance(rule.match, UnitsBetween)
        ]
        if len(cell) > 1:
            covered = {number for _, numbers in cell for number in numbers}
            left_out |= set(range(max(min(numbers) for _, numbers in cell))) - covered
        for (_, first), (index, second) in combinations(cell, 2):
            if not (first <= second or second <= first):
                decided |= {(index, number) for number in first & second}
    upline = levels(*rules)
    assert {number for gap in gaps(upline) for number in numbers_of(gap)} == left_out
    assert {(each.index, number) for each in overlaps(upline) for number in numbers_of(each)} == decided


def numbers_of(between: Between) -> range:
    assert between.numbers.below is not None
    return range(between.numbers.least, between.numbers.below)


# Rewards and rounding


def test_a_component_that_pays_nothing_is_doubtful() -> None:
    nothing = plan(percent("0%", 1), per_order(0, 2))
    assert found(nothing) == [": every reward is zero (leave the component out, or pay something)"]


@pytest.mark.parametrize(("gift", "is_doubtful"), [(None, True), (Points(5), False)])
def test_what_gives_a_gift_is_no_component_that_pays_nothing(gift: Gift | None, is_doubtful: bool) -> None:
    thanks = Rule(RuleId("thanks"), FixedPerOrder(0))
    first = evolve(plan(), components=(FirstOrder(ComponentId("first"), (thanks,), gift=gift),))
    assert bool(found(first)) is is_doubtful


def test_a_cap_of_nothing_is_doubtful() -> None:
    capped = evolve(plan(percent("5%", 1)), caps=(Cap(CapId("a"), 1), Cap(CapId("b"), 0)))
    assert found(capped) == [
        "$.caps[1].amount: a cap of zero lets nothing be paid (raise it, or leave out what it is for)"
    ]


TINY = "it pays nothing: it is rounded away (raise the rate, or round up or by order)"


@pytest.mark.parametrize(
    ("rate", "rounding", "scope", "currency", "told"),
    [
        ("0.5%", Rounding.HALF_UP, Scope.LINE, "CNY", ""),
        ("0.4999%", Rounding.HALF_UP, Scope.LINE, "CNY", "1.01 CNY for each line"),
        ("0.5%", Rounding.HALF_EVEN, Scope.UNIT, "CNY", "1.01 CNY for each unit"),
        ("0.1%", Rounding.DOWN, Scope.ORDER, "CNY", "10.00 CNY for each order"),
        ("0.1%", Rounding.DOWN, Scope.ORDER, "JPY", "1000 JPY for each order"),
        ("0.0001%", Rounding.UP, Scope.LINE, "CNY", ""),
        ("1%", Rounding.DOWN, Scope.LINE, "CNY", ""),
        ("0%", Rounding.DOWN, Scope.LINE, "CNY", ""),
    ],
)
def test_a_rate_that_rounding_takes_is_doubtful(
    rate: str, rounding: Rounding, scope: Scope, currency: str, told: str
) -> None:
    rules = (percent("5%", 1), percent(rate, 2, id="tiny"))
    doubtful = evolve(plan(*rules), rounding=rounding, rounding_scope=scope, currency=Currency(currency))
    assert found(doubtful) == ([f"[1].pays.rate: of less than {told} {TINY}"] if told else [])


def test_bonuses_are_rounded_too() -> None:
    bonus = SameTier(RuleId("bonus"), (Rate(10_000), Rate(1), Rate(0)))
    tiers: Component = Differential(ComponentId("t"), (percent("5%"),), same_tier=bonus)
    doubtful = evolve(plan(), components=(levels(percent("5%", 1)), tiers))
    assert [each.where for each in plan_problems(doubtful)] == ["$.components[1].same_tier.rates[1]"]


def test_nothing_is_doubted_where_something_is_wrong() -> None:
    wrong = evolve(asking(CategoryIs("food"), CategoryIs("food/x")), valid_until=day(1))
    assert [each.where for each in plan_problems(wrong)] == ["$.valid_until"]
