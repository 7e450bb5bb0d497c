"""What is doubtful about a plan is told with its place: rules that never win, gaps, what rounding takes."""

import pytest
from attrs import evolve
from tests.builders import LEVELS, day, levels, per_order, percent, plan

from distcore.commission import (
    AllOf,
    AnyOf,
    CategoryIs,
    Choice,
    Component,
    Differential,
    EarnedBefore,
    FirstOrder,
    FixedPerOrder,
    Gift,
    Match,
    MonthsSinceFirst,
    NetBetween,
    Not,
    Of,
    OrderNumber,
    Plan,
    Points,
    Rule,
    SameTier,
    Scope,
    SkuIn,
    SpentBefore,
    TierIn,
    UnitsBetween,
    plan_errors,
    plan_problems,
    unknown_problems,
)
from distcore.kernel import ComponentId, Currency, Rate, Rounding, RuleId, Severity

UNREACHABLE = "earlier rules win wherever it fits (move it up, or leave it out)"
MEET = "(let brackets meet: what ends one, exclusive, begins the next)"


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
    assert len(list(unknown_problems(NAMING, tiers=[], categories=[]))) == 6


# Brackets


@pytest.mark.parametrize(
    ("matches", "gaps"),
    [
        ([NetBetween(Of.LINE, 0, 100), NetBetween(Of.LINE, 100)], []),
        ([NetBetween(Of.LINE, 50, 100), NetBetween(Of.LINE, 100)], []),
        ([NetBetween(Of.LINE, 10_000), NetBetween(Of.LINE, 50, 100)], ["[0] 1.00 CNY to 100.00 CNY"]),
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
        expected.append(f"{at}.match.least: no rule is for {what} {MEET}")
    assert found(asking(*matches, choose=Choice.BEST)) == expected


def test_behind_a_bracket_without_an_end_there_is_no_gap() -> None:
    assert found(asking(NetBetween(Of.LINE, 5), NetBetween(Of.LINE, 9, 12), choose=Choice.BEST)) == []


def test_brackets_for_others_are_not_compared() -> None:
    one, other = NetBetween(Of.LINE, 0, 100), NetBetween(Of.LINE, 200)
    assert found(plan(percent("5%", 1, match=one), percent("6%", 1, tiers=["gold"], match=other))) == []


# Rewards and rounding


def test_a_component_that_pays_nothing_is_doubtful() -> None:
    nothing = plan(percent("0%", 1), per_order(0, 2))
    assert found(nothing) == [": every reward is zero (leave the component out, or pay something)"]


@pytest.mark.parametrize(("gift", "is_doubtful"), [(None, True), (Points(5), False)])
def test_what_gives_a_gift_is_no_component_that_pays_nothing(gift: Gift | None, is_doubtful: bool) -> None:
    thanks = Rule(RuleId("thanks"), FixedPerOrder(0))
    first = evolve(plan(), components=(FirstOrder(ComponentId("first"), (thanks,), gift=gift),))
    assert bool(found(first)) is is_doubtful


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
