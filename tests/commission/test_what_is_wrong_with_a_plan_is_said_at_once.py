"""All that is impossible or doubtful about a plan is reported together, with paths into its document."""

from collections.abc import Iterable
from random import Random
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from tests.builders import LEVELS, day, per_order, per_unit, percent, plan

from distcore.commission import (
    AllOf,
    AnyOf,
    Base,
    BrandIn,
    BudgetCut,
    BuyerGroupIn,
    Cap,
    CategoryIs,
    ChannelIn,
    Choice,
    Component,
    Differential,
    Freeze,
    LevelBelow,
    Lineage,
    ListPrice,
    Margin,
    Match,
    Net,
    NetBetween,
    Not,
    Of,
    PaidBetween,
    Plan,
    PromoterShare,
    RegionIs,
    Residual,
    Rule,
    Sale,
    SameTier,
    Scope,
    Seat,
    SelfPurchase,
    SkuIn,
    Standing,
    Subtract,
    TagIn,
    TierIn,
    UnitsBetween,
    calculate,
    plan_errors,
    plan_problems,
    whole,
)
from distcore.kernel import (
    CapId,
    ComponentId,
    Currency,
    InputError,
    MemberId,
    PlanId,
    Rate,
    Rounding,
    RuleId,
    Severity,
    limits,
)
from distcore.testing.builders import a_line, a_sale
from distcore.testing.worlds import drawn

NO_PATH = "$.components[0].rules[0].match.category: is not a path (write it as food/fresh or cn/zj)"
SIMPLE = plan(percent("10%", 1))
MATCH = "$.components[0].rules[0].match"
MOST_MINOR = limits.AMOUNT_MINOR_MAX


def found(plan: Plan) -> list[str]:
    return [str(problem) for problem in plan_problems(plan)]


def with_rule(**changes: Any) -> Plan:
    return plan(evolve(percent("10%", 1), **changes))


def test_a_possible_plan_has_no_problem() -> None:
    everything = plan(
        percent("10%", 1, tiers=["gold"], match=CategoryIs("food/fresh")),
        percent("5%", 1, 2, match=SkuIn(("t1", "t2"))),
        per_unit(0, *range(3, limits.LEVEL_MAX)),
        per_order(limits.AMOUNT_MINOR_MAX, limits.LEVEL_MAX),
    )
    assert found(evolve(everything, budget=Rate.parse("15%"), valid_until=day(2))) == []


@pytest.mark.parametrize(
    ("impossible", "problem"),
    [
        (evolve(SIMPLE, id=PlanId("")), "$.id: an id can't be blank: ''"),
        (evolve(SIMPLE, plan_version=0), "$.plan_version: out of range: 0 (from 1 to 1000000000)"),
        (evolve(SIMPLE, plan_version=True), "$.plan_version: not a whole number: True"),
        (evolve(SIMPLE, freeze=Freeze(-1)), "$.freeze.days: out of range: -1 (from 0 to 3660)"),
        (
            evolve(SIMPLE, freeze=Freeze(limits.FREEZE_DAYS_MAX + 1)),
            "$.freeze.days: out of range: 3661 (from 0 to 3660)",
        ),
        (
            evolve(SIMPLE, currency=Currency("RMB")),
            "$.currency: unknown currency: 'RMB' (an ISO 4217 code like CNY, or POINT)",
        ),
        (
            evolve(SIMPLE, valid_until=day(1)),
            "$.valid_until: ends before it begins (valid_until is exclusive and after valid_from)",
        ),
        (evolve(SIMPLE, components=()), "$.components: there are 0 (give 1 to 100)"),
        (
            evolve(
                SIMPLE,
                components=tuple(
                    evolve(SIMPLE.components[0], id=ComponentId(str(n)))
                    for n in range(limits.COMPONENTS_MAX + 1)
                ),
            ),
            "$.components: there are 101 (give 1 to 100)",
        ),
        (
            evolve(SIMPLE, caps=tuple(Cap(CapId(str(n)), 1) for n in range(limits.CAPS_MAX + 1))),
            "$.caps: there are 21 (give at most 20)",
        ),
        (evolve(SIMPLE, caps=(Cap(CapId(" "), 1),)), "$.caps[0].id: an id can't be blank: ' '"),
        (
            evolve(SIMPLE, caps=(Cap(CapId("month"), 1), Cap(CapId("month"), 2))),
            "$.caps[1].id: 'month' stands twice (give each an id of its own)",
        ),
        (
            evolve(SIMPLE, caps=(Cap(CapId("month"), -1),)),
            f"$.caps[0].amount: out of range: -1 (from 0 to {MOST_MINOR})",
        ),
        (
            evolve(SIMPLE, caps=(Cap(CapId("month"), 1, components=(ComponentId("level"),)),)),
            "$.caps[0].components[0]: no component 'level' (one of levels)",
        ),
        (
            evolve(SIMPLE, caps=(Cap(CapId("month"), 1, components=(ComponentId("levels"),) * 2),)),
            "$.caps[0].components[1]: 'levels' stands twice (name each component once)",
        ),
        (
            evolve(SIMPLE, components=SIMPLE.components * 2),
            "$.components[1].id: 'levels' stands twice (give each an id of its own)",
        ),
        (
            plan(percent("10%", 1), upline=evolve(LEVELS, id=ComponentId(" "))),
            "$.components[0].id: an id can't be blank: ' '",
        ),
        (
            plan(percent("10%", 1), upline=evolve(LEVELS, qualified_tiers=("gold", ""))),
            "$.components[0].qualified_tiers[1]: an id can't be blank: ''",
        ),
        (
            plan(percent("10%", 1), upline=evolve(LEVELS, qualified_tiers=("gold", "silver", "gold"))),
            "$.components[0].qualified_tiers[2]: 'gold' stands twice (name each tier once)",
        ),
        (plan(), "$.components[0].rules: there are 0 (give 1 to 10000)"),
        (
            plan(percent("10%", 1, id="a"), percent("5%", 1, id="a")),
            "$.components[0].rules[1].id: 'a' stands twice (give each an id of its own)",
        ),
        (
            with_rule(id="a\tb"),
            (
                r"$.components[0].rules[0].id: has a character that is not allowed: 'a\tb' "
                "(U+0009 at position 2)"
            ),
        ),
        (with_rule(levels=()), "$.components[0].rules[0].levels: there are 0 (give 1 to 10000)"),
        (
            with_rule(levels=(1, 0)),
            "$.components[0].rules[0].levels[1]: out of range: 0 (from 1 to 10000)",
        ),
        (
            with_rule(levels=(limits.LEVEL_MAX + 1,)),
            "$.components[0].rules[0].levels[0]: out of range: 10001 (from 1 to 10000)",
        ),
        (
            with_rule(levels=(1, 2, 1)),
            "$.components[0].rules[0].levels[2]: 1 stands twice (name each level once)",
        ),
        (
            with_rule(tiers=("gold", "gold")),
            "$.components[0].rules[0].tiers[1]: 'gold' stands twice (name each tier once)",
        ),
        (with_rule(tiers=("",)), "$.components[0].rules[0].tiers[0]: an id can't be blank: ''"),
        (
            plan(per_unit(-1, 1)),
            "$.components[0].rules[0].pays.amount: out of range: -1 (from 0 to 1000000000000000)",
        ),
        (
            plan(per_order(10**30, 1)),
            (
                "$.components[0].rules[0].pays.amount: out of range: 1000000000000000000000000000000 "
                "(from 0 to 1000000000000000)"
            ),
        ),
        (
            evolve(SIMPLE, budget=Rate.parse("9.9999%")),
            (
                "$.components[0].rules[0].pays.rate: 10% is above the budget of 9.9999% "
                "(lower the rate or raise the budget)"
            ),
        ),
    ],
)
def test_what_is_impossible_is_said_with_its_path(impossible: Plan, problem: str) -> None:
    assert problem in found(impossible)


@pytest.mark.parametrize(
    ("match", "problems"),
    [
        (
            CategoryIs("/food"),
            [NO_PATH],
        ),
        (
            CategoryIs("food/"),
            [NO_PATH],
        ),
        (CategoryIs("food//fresh"), [NO_PATH]),
        (CategoryIs(""), [NO_PATH]),
        (
            CategoryIs("a\0"),
            [
                (
                    r"$.components[0].rules[0].match.category: has a character that is not allowed: 'a\x00' "
                    "(U+0000 at position 2)"
                )
            ],
        ),
        (SkuIn(()), ["$.components[0].rules[0].match.skus: there are 0 (give 1 to 10000)"]),
        (SkuIn(("t1", "")), ["$.components[0].rules[0].match.skus[1]: an id can't be blank: ''"]),
        (SkuIn(("t1", "t1")), [f"{MATCH}.skus[1]: 't1' stands twice (give each once)"]),
        (BrandIn(()), [f"{MATCH}.brands: there are 0 (give 1 to 10000)"]),
        (TagIn(("",)), []),
        (TagIn(()), [f"{MATCH}.tags: there are 0 (give 1 to 10000)"]),
        (ChannelIn(()), [f"{MATCH}.channels: there are 0 (give 1 to 10000)"]),
        (BuyerGroupIn(()), [f"{MATCH}.groups: there are 0 (give 1 to 10000)"]),
        (TierIn(()), [f"{MATCH}.tiers: there are 0 (give 1 to 10000)"]),
        (
            RegionIs("/cn"),
            [f"{MATCH}.region: is not a path (write it as food/fresh or cn/zj)"],
        ),
        (NetBetween(least_minor=-1), [f"{MATCH}.least: out of range: -1 (from 0 to {MOST_MINOR})"]),
        (
            NetBetween(least_minor=5, below_minor=5),
            [f"{MATCH}.below: nothing lies between (below is exclusive and above least)"],
        ),
        (NetBetween(least_minor=5, below_minor=6), []),
        (UnitsBetween(below=10**9 + 1), [f"{MATCH}.below: out of range: {10**9 + 1} (from 0 to {10**9})"]),
        (
            PaidBetween(day(2), day(2)),
            [f"{MATCH}.until: ends before it begins (until is exclusive and after since)"],
        ),
        (PaidBetween(day(1), day(2)), []),
        (AllOf(()), [f"{MATCH}.matches: there are 0 (give 1 to 10000)"]),
        (
            AllOf((TagIn(("new",)), AnyOf((SkuIn(()),)))),
            [f"{MATCH}.matches[1].matches[0].skus: there are 0 (give 1 to 10000)"],
        ),
        (Not(SkuIn(())), [f"{MATCH}.match.skus: there are 0 (give 1 to 10000)"]),
    ],
    ids=str,
)
def test_a_match_must_be_possible_too(match: Match, problems: list[str]) -> None:
    assert found(plan(percent("10%", 1, match=match))) == problems


def test_a_condition_of_conditions_is_no_deeper_than_a_document() -> None:
    deep: Match = TagIn(("new",))
    for _ in range(limits.DOCUMENT_DEPTH_MAX):
        deep = Not(deep)
    (problem,) = found(plan(percent("10%", 1, match=deep)))
    assert problem.endswith("is nested more than 32 levels deep (write it flatter)")


def component(kind: type[Differential | SelfPurchase | PromoterShare], *rules: Rule, **options: Any) -> Plan:
    return evolve(SIMPLE, components=(kind(ComponentId("one"), rules, **options),))


@pytest.mark.parametrize("kind", [SelfPurchase, PromoterShare])
def test_whoever_has_no_level_has_rules_without_levels(kind: type[SelfPurchase | PromoterShare]) -> None:
    assert found(component(kind, percent("10%"))) == []
    assert found(component(kind, percent("10%", 1))) == [
        "$.components[0].rules[0].levels: nobody stands on a level here (leave the levels out)"
    ]


def test_a_differential_is_checked_whole() -> None:
    bonus = SameTier(RuleId("bonus"), (Rate.parse("10%"),))
    by_tier = percent("10%", tiers=["gold"]), percent("20%", 1, 2, tiers=["platinum"])
    assert found(component(Differential, *by_tier, same_tier=bonus)) == []
    wrong = component(
        Differential,
        percent("10%", 0),
        percent("20%", id="bonus"),
        same_tier=evolve(bonus, rates=()),
        qualified_tiers=("",),
    )
    assert found(wrong) == [
        "$.components[0].rules[0].levels[0]: out of range: 0 (from 1 to 10000)",
        "$.components[0].qualified_tiers[0]: an id can't be blank: ''",
        "$.components[0].same_tier.rates: there are 0 (give 1 to 10000)",
        "$.components[0].same_tier.id: 'bonus' is a rule (give the bonus an id of its own)",
    ]
    of_net = component(Differential, percent("1%"), same_tier=evolve(bonus, of_difference=False))
    assert found(evolve(of_net, budget=Rate.parse("9%"))) == [
        (
            "$.components[0].same_tier.rates[0]: 10% is above the budget of 9% "
            "(lower the rate or raise the budget)"
        ),
        (
            "$.budget: all percentages together can ask for 11%, the budget is 9% "
            "(what exceeds the budget is shrunk in proportion)"
        ),
    ]
    assert (
        found(evolve(component(Differential, percent("1%"), same_tier=bonus), budget=Rate.parse("9%"))) == []
    )


ABOVE = "10% is above the budget of 9% (lower the rate or raise the budget)"
RULES = "$.components[0].rules"


@pytest.mark.parametrize(
    ("base", "problems"),
    [
        (Net(), [f"{RULES}[0].pays.rate: {ABOVE}", f"{RULES}[1].pays.rate: {ABOVE}"]),
        (Net(with_tax=True), [f"{RULES}[0].pays.rate: {ABOVE}", f"{RULES}[1].pays.rate: {ABOVE}"]),
        (Residual(), [f"{RULES}[0].pays.rate: {ABOVE}", f"{RULES}[1].pays.rate: {ABOVE}"]),
        (LevelBelow(), [f"{RULES}[0].pays.rate: {ABOVE}"]),
        (ListPrice(), []),
        (Margin(), []),
    ],
)
def test_a_rate_of_no_less_than_the_net_is_not_above_the_budget(base: Base, problems: list[str]) -> None:
    """What the level below is paid is the net on level 1 alone; a margin may be any part of the net."""
    rules = percent("10%", 1, 3, id="a"), percent("10%", 2)
    tight = evolve(plan(*rules, upline=evolve(LEVELS, base=base)), budget=Rate.parse("9%"))
    assert [str(each) for each in plan_errors(tight)] == problems
    assert plan_errors(evolve(tight, budget=Rate.parse("10%"))) == ()


def test_a_rate_of_the_list_price_above_the_budget_is_a_warning() -> None:
    of_list = evolve(
        plan(percent("10%", 1), upline=evolve(LEVELS, base=ListPrice())), budget=Rate.parse("9%")
    )
    hint = "a list price is hardly ever below the net: what exceeds the budget is cut"
    assert found(of_list) == [f"{RULES}[0].pays.rate: 10% is above the budget of 9% ({hint})"]
    assert plan_errors(of_list) == ()


@pytest.mark.parametrize("base", [Net(), LevelBelow(), ListPrice(), Margin(), Residual()])
def test_a_budget_of_nothing_leaves_nothing(base: Base) -> None:
    rules = percent("0.0001%", 2), per_unit(1, 1), per_order(1, 1), percent("0%", 1), per_unit(0, 1)
    nothing = evolve(plan(*rules, upline=evolve(LEVELS, base=base)), budget=Rate(0))
    assert [str(each) for each in plan_errors(nothing)] == [
        f"{RULES}[0].pays.rate: 0.0001% is above the budget of 0% (lower the rate or raise the budget)",
        f"{RULES}[1].pays.amount: a budget of 0% leaves nothing of it (raise the budget)",
        f"{RULES}[2].pays.amount: a budget of 0% leaves nothing of it (raise the budget)",
    ]
    assert plan_errors(evolve(nothing, budget=Rate(1))) == ()


TOO_MUCH = "lower the amount, raise the budget, or ask for a higher net"
MAY_FIT = "it is cut, unless other lines of the order leave room"


def order_below(minor: int) -> NetBetween:
    return NetBetween(Of.ORDER, 0, minor)


def line_below(minor: int) -> NetBetween:
    return NetBetween(Of.LINE, 0, minor)


def tight(rule: Rule, scope: Scope = Scope.LINE) -> Plan:
    return evolve(plan(rule), budget=Rate.parse("10%"), rounding_scope=scope)


@pytest.mark.parametrize(
    ("rule", "scopes"),
    [
        (per_order(100, 1, match=order_below(1_000)), Scope),
        (per_order(100, 1, match=Not(NetBetween(Of.ORDER, 1_000))), Scope),
        (per_order(100, 1, match=AllOf((order_below(9_000), order_below(1_000)))), Scope),
        (per_order(100, 1, match=AnyOf((order_below(900), order_below(1_000)))), Scope),
        (per_unit(100, 1, match=order_below(1_000)), Scope),
        (per_unit(100, 1, match=line_below(1_000)), (Scope.LINE, Scope.UNIT)),
        (per_unit(50, 1, match=AllOf((order_below(1_000), UnitsBetween(Of.LINE, 2)))), Scope),
        (per_unit(50, 1, match=AllOf((line_below(1_000), UnitsBetween(Of.LINE, 2)))), (Scope.LINE,)),
    ],
    ids=str,
)
def test_an_amount_above_the_budget_of_every_net_is_one_above_it(rule: Rule, scopes: Iterable[Scope]) -> None:
    message = f"{RULES}[0].pays.amount: 1.00 CNY of so low a net is above the budget of 10% ({TOO_MUCH})"
    for scope in scopes:
        assert [str(each) for each in plan_errors(tight(rule, scope))] == [message]


@pytest.mark.parametrize(
    "rule",
    [
        per_order(100, 1),
        per_order(100, 1, match=order_below(1_001)),
        per_order(100, 1, match=order_below(1)),
        per_order(100, 1, match=AnyOf((order_below(900), CategoryIs("food")))),
        per_order(100, 1, match=AllOf((NetBetween(Of.ORDER, 900), CategoryIs("food")))),
        per_order(50, 1, match=AllOf((order_below(1_000), UnitsBetween(Of.LINE, 2)))),
        per_unit(50, 1, match=AllOf((order_below(1_000), UnitsBetween(Of.ORDER, 2)))),
        per_unit(50, 1, match=AllOf((order_below(1_000), AnyOf((UnitsBetween(Of.LINE, 2), SkuIn(("a",))))))),
    ],
    ids=str,
)
def test_an_amount_that_a_budget_may_leave_is_not(rule: Rule) -> None:
    for scope in Scope:
        assert found(tight(rule, scope)) == []


@pytest.mark.parametrize(
    ("rule", "scope"),
    [
        (per_order(100, 1, match=line_below(1_000)), Scope.LINE),
        (per_order(100, 1, match=line_below(1_000)), Scope.ORDER),
        (per_unit(100, 1, match=line_below(1_000)), Scope.ORDER),
    ],
)
def test_an_amount_that_other_lines_may_leave_room_for_is_a_warning(rule: Rule, scope: Scope) -> None:
    message = f"1.00 CNY of so low a net of a line is above the budget of 10% ({MAY_FIT})"
    assert found(tight(rule, scope)) == [f"{RULES}[0].pays.amount: {message}"]
    assert plan_errors(tight(rule, scope)) == ()


def a_condition(random: Random) -> Match:
    least, below = random.randint(0, 9), random.randint(10, 40)
    nets = [NetBetween(of, least, below) for of in Of] + [Not(NetBetween(of, below)) for of in Of]
    one, other = random.choice(nets), random.choice([*nets, UnitsBetween(random.choice(tuple(Of)), 2)])
    return random.choice((one, AllOf((one, other)), AnyOf((one, other))))


def an_amount(random: Random) -> Plan:
    pay = random.choice((per_order, per_unit))
    by = tight(pay(random.randint(1, 5), 1, match=a_condition(random)), random.choice(tuple(Scope)))
    return evolve(by, rounding=Rounding.DOWN)


def a_small_order(random: Random) -> Sale:
    lines = [
        a_line(str(n), units=random.randint(0, 3), net_minor=random.randint(0, 20))
        for n in range(random.randint(1, 3))
    ]
    return a_sale(buyer="bob", lines=lines)


@given(drawn(lambda random: (an_amount(random), a_small_order(random))))
def test_what_is_refused_for_its_budget_is_shrunk_whatever_is_sold(world: tuple[Plan, Sale]) -> None:
    by, order = world
    upline = Lineage(order.buyer, None, [Seat(MemberId("ann"), "", Standing.ACTIVE)])
    paid, asked = (
        sum(each.amount_minor for each in calculate(of, order, whole(order), upline))
        for of in (by, evolve(by, budget=None))
    )
    assert paid < asked or not asked or not plan_errors(by)


@pytest.mark.parametrize("of_difference", [True, False])
def test_a_budget_of_nothing_leaves_no_bonus(of_difference: bool) -> None:
    bonus = SameTier(RuleId("bonus"), (Rate(0), Rate(1)), of_difference=of_difference)
    nothing = evolve(component(Differential, percent("0%"), same_tier=bonus), budget=Rate(0))
    assert [each.where for each in plan_errors(nothing)] == ["$.components[0].same_tier.rates[1]"]
    assert plan_errors(evolve(nothing, budget=Rate(1))) == plan_errors(evolve(nothing, budget=None)) == ()


def test_a_level_between_others_without_a_rule_is_a_warning() -> None:
    (warning,) = plan_problems(plan(percent("10%", 1), percent("5%", 3)))
    assert warning.severity is Severity.WARNING
    assert str(warning).startswith("$.components[0].rules: no rule names level 2 (")


@pytest.mark.parametrize(
    ("rules", "place"),
    [
        ((percent("10%", 1), percent("5%", 1)), 1),
        ((percent("10%", 1), percent("5%", 2), percent("1%", 1, 2)), 2),
        ((percent("10%", 1, tiers=["gold"]), percent("5%", 1, tiers=["gold"])), 1),
        ((percent("10%", 1), percent("5%", 1, tiers=["gold"], match=SkuIn(("tea",)))), 1),
        ((percent("10%", 1, match=SkuIn(("tea",))), percent("5%", 1, match=SkuIn(("tea",)))), 1),
    ],
)
def test_a_rule_that_never_wins_is_a_warning(rules: tuple[Rule, ...], place: int) -> None:
    (warning,) = plan_problems(plan(*rules))
    assert warning.severity is Severity.WARNING
    assert warning.where == f"$.components[0].rules[{place}]"
    assert plan_problems(plan(*rules, upline=evolve(LEVELS, choose=Choice.BEST))) == ()


@pytest.mark.parametrize(
    "rules",
    [
        (percent("10%", 1, tiers=["gold"]), percent("5%", 1)),
        (percent("10%", 1, match=SkuIn(("tea",))), percent("5%", 1)),
        (percent("10%", 1, match=SkuIn(("tea",))), percent("5%", 1, match=SkuIn(("cup",)))),
        (percent("10%", 1), percent("5%", 1, 2)),
    ],
)
def test_a_rule_that_may_win_is_no_warning(rules: tuple[Rule, ...]) -> None:
    assert plan_problems(plan(*rules)) == ()


def test_percentages_of_all_kinds_count_together() -> None:
    levels, tiers = SIMPLE.components[0], Differential(ComponentId("tiers"), (percent("8%"), percent("7%")))
    own = SelfPurchase(ComponentId("own"), (percent("3%"),))

    def warned(*components: Component) -> list[str]:
        return [each.message for each in plan_problems(evolve(SIMPLE, components=components, budget=Rate(1)))]

    def asked(percents: str) -> str:
        return f"all percentages together can ask for {percents}, the budget is 0.0001%"

    assert warned(levels, tiers, own)[-1] == asked("21%")
    assert warned(levels, evolve(tiers, subtract=Subtract.ALL_PAID), own)[-1] == asked("13%")
    bonus = SameTier(RuleId("bonus"), (Rate.parse("10%"), Rate.parse("5%")))
    assert warned(evolve(tiers, same_tier=bonus))[-1] == asked("9.2%")
    assert warned(evolve(tiers, same_tier=evolve(bonus, of_difference=False)))[-1] == asked("38%")
    budget = Rate.parse("20%")
    with_tax = evolve(SIMPLE, components=(levels, evolve(own, base=Net(with_tax=True))), budget=budget)
    assert found(with_tax) == []
    assert [each.where for each in plan_problems(evolve(with_tax, budget=Rate.parse("12%")))] == ["$.budget"]


def test_levels_that_together_exceed_the_budget_are_only_a_warning() -> None:
    """They will be shrunk, which may be meant; the best rule of each level counts, fixed amounts do not."""
    fresh = CategoryIs("fresh")
    rules = percent("4%", 1), percent("6%", 1, 2, id="6"), per_unit(100, 3, match=fresh), percent("0%", 3)
    assert plan_problems(evolve(plan(*rules), budget=Rate.parse("12%"))) == ()
    (warning,) = plan_problems(evolve(plan(*rules), budget=Rate.parse("11.9999%")))
    assert warning.severity is Severity.WARNING
    assert str(warning) == (
        "$.budget: all percentages together can ask for 12%, the budget is 11.9999% "
        "(what exceeds the budget is shrunk in proportion)"
    )
    (warning,) = plan_problems(
        evolve(plan(*rules), budget=Rate.parse("11%"), budget_cut=BudgetCut.FROM_THE_TOP)
    )
    assert warning.hint == "what exceeds the budget is cut, farthest from the buyer first"


def test_to_cut_a_budget_that_is_none_is_a_warning() -> None:
    (warning,) = plan_problems(evolve(SIMPLE, budget_cut=BudgetCut.FROM_THE_TOP))
    assert warning.severity is Severity.WARNING
    assert str(warning) == "$.budget_cut: there is no budget (set a budget, or leave this out)"


def test_all_problems_are_reported_together() -> None:
    wrong = evolve(
        plan(evolve(percent("10%", 1), levels=(-1,))),
        plan_version=0,
        currency=Currency("x"),
        freeze=Freeze(-1),
    )
    assert [problem.where for problem in plan_problems(wrong)] == [
        "$.plan_version",
        "$.freeze.days",
        "$.currency",
        "$.components[0].rules[0].levels[0]",
    ]


@pytest.mark.parametrize("field", ["valid_from", "valid_until"])
def test_a_plan_is_valid_from_and_until_instants(field: str) -> None:
    naive: dict[str, Any] = {field: day(5).replace(tzinfo=None)}
    with pytest.raises(InputError, match=rf"^\$\.{field}: a time without an offset"):
        evolve(SIMPLE, **naive)
