"""Every amount can be made again from its explanation, and everybody without one is named with a reason."""

from collections.abc import Sequence
from string import Formatter

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from tests.builders import (
    CNY,
    LEVELS,
    above,
    day,
    line,
    per_order,
    per_unit,
    percent,
    plan,
    refund,
    rule,
    sale,
    seat,
)

from distcore.commission import (
    AllOf,
    Base,
    BaseOfGoods,
    BudgetCut,
    Cancellation,
    Cap,
    CategoryIs,
    Choice,
    Component,
    Correction,
    Coupons,
    Differential,
    EarnedBefore,
    Explained,
    FirstLevel,
    FirstOrder,
    FixedPerOrder,
    FixedPerUnit,
    Language,
    LevelBelow,
    Lineage,
    ListPrice,
    Margin,
    Match,
    Net,
    Past,
    Per,
    Percent,
    Plan,
    Points,
    PromoterShare,
    Reason,
    Region,
    Residual,
    Reward,
    Rule,
    Sale,
    SaleLine,
    SameTier,
    Scope,
    SelfPurchase,
    SkuIn,
    Spent,
    Standing,
    Unqualified,
    Upline,
    calculate,
    explain,
    left_of,
    recomputed,
    tell,
    tell_not,
    tell_place,
    why_nots_of_buyer,
)
from distcore.commission.words import EXPECTED, PHRASES
from distcore.commission.words import REASONS as REASON_WORDS
from distcore.kernel import CapId, ComponentId, LineId, MemberId, Rate, Rounding, RuleId, SaleId
from distcore.testing.builders import a_welcome

ORDER = sale(line("1", 9_990, units=3, category="food"), line("2", 5_000, sku="cup"))
TWO = plan(percent("10%", 1), percent("5%", 2))


def explained(by: Plan, lineage: Lineage, *corrections: Correction, order: Sale = ORDER) -> Explained:
    return explain(by, order, left_of(order, corrections), lineage)


def told(by: Plan, lineage: Lineage, *corrections: Correction, order: Sale = ORDER) -> list[str]:
    return [tell(why) for why in explained(by, lineage, *corrections, order=order).whys]


def told_not(by: Plan, lineage: Lineage, *corrections: Correction, order: Sale = ORDER) -> list[str]:
    why_nots = explained(by, lineage, *corrections, order=order).why_nots
    return [tell_not(why_not, by.currency) for why_not in why_nots]


def with_budget(budget: str, by: Plan, scope: Scope = Scope.LINE) -> Plan:
    return evolve(by, budget=Rate.parse(budget), rounding_scope=scope)


# Why this amount


def test_a_percentage_is_told_with_its_base_and_its_rounding() -> None:
    assert told(TWO, above("ann", "ben")) == [
        (
            "ann gets 9.99 CNY for line 1 (tea), level 1; plan version 1, levels, rule 10%: "
            "10% of net, rounded half_up once per line; net 99.90 CNY, 3 units"
        ),
        (
            "ben gets 5.00 CNY for line 1 (tea), level 2; plan version 1, levels, rule 5%: "
            "5% of net, rounded half_up once per line; net 99.90 CNY, 3 units"
        ),
        (
            "ann gets 5.00 CNY for line 2 (cup), level 1; plan version 1, levels, rule 10%: "
            "10% of net, rounded half_up once per line; net 50.00 CNY, 1 unit"
        ),
        (
            "ben gets 2.50 CNY for line 2 (cup), level 2; plan version 1, levels, rule 5%: "
            "5% of net, rounded half_up once per line; net 50.00 CNY, 1 unit"
        ),
    ]


@pytest.mark.parametrize(
    ("scope", "per"),
    [(Scope.LINE, "once per line"), (Scope.UNIT, "unit by unit"), (Scope.ORDER, "once per order")],
)
def test_the_scope_and_mode_of_rounding_are_part_of_the_story(scope: Scope, per: str) -> None:
    by = evolve(plan(percent("10%", 1)), rounding_scope=scope, rounding=Rounding.DOWN)
    assert f"10% of net, rounded down {per}" in told(by, above("ann"))[0]


def test_fixed_amounts_are_told() -> None:
    assert "200 per unit: 2.00 CNY per unit; net" in told(plan(per_unit(200, 1)), above("ann"))[0]
    first, second = told(plan(per_order(200, 1)), above("ann"))
    assert "2.00 CNY per order, split over its lines by net" in first
    assert (first[:16], second[:16]) == ("ann gets 1.33 CN", "ann gets 0.67 CN")


def test_what_is_left_after_a_refund_is_told() -> None:
    (first, _) = told(plan(percent("10%", 1)), above("ann"), refund(("1", 1, 3_330)))
    assert first.endswith("net 66.60 CNY, 2 units left of 99.90 CNY, 3 units sold")


def test_an_amount_that_rolled_up_says_from_whom() -> None:
    by = plan(percent("10%", 1), upline=evolve(LEVELS, unqualified=Unqualified.ROLLS_UP))
    lineage = above(seat("sue", standing=Standing.SUSPENDED), "ann")
    assert told(by, lineage)[0].endswith("net 99.90 CNY, 3 units; rolled up from sue")


def test_a_shrunk_amount_says_how_much_was_asked_of_what() -> None:
    by = with_budget("12%", TWO, Scope.ORDER)
    (first, *_) = told(by, above("ann", "ben"))
    assert first.startswith("ann gets 7.99 CNY")
    assert first.endswith("shrunk from 9.99: 22.49 were asked of a budget of 17.99 CNY")


def test_an_amount_that_was_cut_says_that_lower_levels_come_first() -> None:
    by = evolve(with_budget("12%", TWO, Scope.ORDER), budget_cut=BudgetCut.FROM_THE_TOP)
    first, second, *_ = told(by, above("ann", "ben"))
    assert "cut from" not in first
    assert second.endswith(
        "cut from 5.00: 22.49 were asked of a budget of 17.99 CNY, "
        "which goes to whoever stands nearest to the buyer first"
    )


# Why not that person

WELCOME = FirstOrder(ComponentId("welcome"), (per_order(0),), gift=Points(500))

REASONS = {
    Reason.SUSPENDED: (
        TWO,
        above("ann", seat("sue", standing=Standing.SUSPENDED)),
        "sue gets nothing (levels, level 2): was suspended when the order was paid; 7.50 CNY forgone",
    ),
    Reason.TIER_NOT_QUALIFIED: (
        plan(percent("10%", 1), upline=evolve(LEVELS, qualified_tiers=("gold",))),
        above("ann"),
        "ann gets nothing (levels, level 1): had no tier that qualifies; 14.99 CNY forgone",
    ),
    Reason.TERMINATED: (
        TWO,
        above("ann", seat("gus", standing=Standing.GONE), "ben"),
        (
            "gus gets nothing (levels, no level used up): had been terminated; passed over without using "
            "up a level"
        ),
    ),
    Reason.IS_BUYER: (
        plan(percent("10%", 1), upline=evolve(LEVELS, level_1=FirstLevel.PROMOTER)),
        above(own=seat("buyer"), promoted=[seat("buyer"), seat("pam")]),
        (
            "buyer gets nothing (levels, no level used up): is the buyer, "
            "who is passed over above the own purchase"
        ),
    ),
    Reason.SAME_PERSON: (
        TWO,
        evolve(above("ann", "ben"), same_person=frozenset({MemberId("ann")})),
        (
            "ann gets nothing (levels, no level used up): is the same person as the buyer, "
            "and is passed over alike"
        ),
    ),
    Reason.CHAIN_ENDED: (
        plan(percent("10%", 1, 2), upline=evolve(LEVELS, unqualified=Unqualified.ENDS_CHAIN)),
        above(seat("sue", standing=Standing.SUSPENDED), "ann"),
        "ann gets nothing (levels, from level 2 on): the chain ended below, at somebody who did not qualify",
    ),
    Reason.TOO_FAR: (
        TWO,
        above("ann", "ben", "joe", "zoe", "kim", "lee", "max"),
        (
            "joe, zoe, kim and 2 more get nothing (levels, from level 3 on): "
            "no level so far above the buyer is paid"
        ),
    ),
    Reason.OTHER_LINE: (
        TWO,
        above("ann", promoted=[seat("pam"), seat("ann"), seat("pat")]),
        (
            "pam, pat get nothing (levels, no level used up): one line is climbed, the buyer's or the "
            "promoter's, and not this one"
        ),
    ),
    Reason.NOBODY_QUALIFIES_ABOVE: (
        plan(percent("10%", 1), upline=evolve(LEVELS, unqualified=Unqualified.ROLLS_UP)),
        above(seat("sue", standing=Standing.SUSPENDED)),
        "nothing is paid (levels, level 1): the amount rolled up, and nobody above qualified",
    ),
    Reason.NOBODY_AT_LEVEL: (
        TWO,
        above("ann"),
        "nothing is paid (levels, level 2): nobody stands so high above the buyer",
    ),
    Reason.NO_RULE: (
        plan(percent("10%", 1, match=CategoryIs("food"))),
        above("ann"),
        "ann gets nothing (levels, level 1, line 2): no rule fits this level, tier and line",
    ),
    Reason.PAID_ALREADY: (
        plan(per_order(200, 1, 2), upline=evolve(LEVELS, unqualified=Unqualified.ROLLS_UP)),
        above(seat("sue", standing=Standing.SUSPENDED), "ann"),
        (
            "ann gets nothing (levels, level 2): has the amount per order of this rule already, "
            "for a lower level"
        ),
    ),
    Reason.RULE_PAYS_ZERO: (
        plan(percent("0%", 1, match=CategoryIs("food")), percent("10%", 1)),
        above("ann"),
        "ann gets nothing (levels, level 1, line 1): the rule pays zero",
    ),
    Reason.GIVES_NO_MONEY: (
        evolve(plan(), components=(WELCOME,)),
        above("ann"),
        (
            "ann gets no money (welcome, level 1, line 2): the rule gives a gift, and no money; "
            "500 points given for the whole order"
        ),
    ),
    Reason.ROUNDS_TO_ZERO: (
        evolve(plan(percent("0.01%", 1)), rounding=Rounding.DOWN),
        above("ann"),
        "ann gets nothing (levels, level 1, line 1): the amount comes to zero",
    ),
    Reason.BUYER_IS_NO_MEMBER: (
        evolve(plan(), components=(SelfPurchase(ComponentId("own"), (percent("10%"),)),)),
        above("ann"),
        "nothing is paid (own, no level used up): the buyer is no member",
    ),
    Reason.NOBODY_PROMOTED: (
        evolve(plan(), components=(PromoterShare(ComponentId("links"), (percent("10%"),)),)),
        above("ann"),
        "nothing is paid (links, no level used up): nobody promoted the order",
    ),
    Reason.NO_AGENT: (
        evolve(plan(), components=(Region(ComponentId("agents"), (percent("3%", 2),)),)),
        evolve(above("ann"), agents=[(1, seat("pat"))]),
        "nothing is paid (agents, level 2): the order is from no region that has an agent",
    ),
    Reason.NOT_THE_FIRST_ORDER: (
        evolve(plan(), components=(FirstOrder(ComponentId("welcome"), (percent("10%"),)),)),
        evolve(above("ann"), past=Past(1, 0, 100, first_is_free=False)),
        "ann gets nothing (welcome, no level used up): it is not the first order of its buyer",
    ),
    Reason.FIRST_ORDER_GONE: (
        evolve(plan(), components=(a_welcome(),)),
        evolve(above("ann"), was_gone=True),
        (
            "ann gets nothing (welcome, no level used up): nothing was left of the order once: "
            "it is no first order any more"
        ),
    ),
    Reason.SELF_PROMOTED: (
        evolve(plan(), components=(PromoterShare(ComponentId("links"), (percent("10%"),)),)),
        evolve(above("ann"), self_promoter=seat("cai")),
        (
            "cai gets nothing (links, no level used up): is the buyer, or the same person, "
            "and so promotes nothing"
        ),
    ),
    Reason.NO_DIFFERENCE: (
        evolve(plan(), components=(Differential(ComponentId("tiers"), (percent("10%"),)),)),
        above("ann", "ben"),
        "ben gets nothing (tiers, level 2): is worth no more than what is paid below",
    ),
    Reason.CAPPED_TO_ZERO: (
        evolve(TWO, caps=(Cap(CapId("month"), 5_000),)),
        evolve(above("ann"), granted={}),
        "ann gets nothing (levels, level 1, line 1): the cap month left nothing; 9.99 CNY forgone",
    ),
    Reason.SHRUNK_TO_ZERO: (
        with_budget("0%", plan(per_unit(100, 1))),
        above("ann"),
        (
            "ann gets nothing (levels, level 1, line 1): the budget left nothing: "
            "3.00 were asked of 0.00 CNY; 3.00 CNY forgone"
        ),
    ),
}


def test_every_language_says_everything_with_the_same_facts() -> None:
    english = PHRASES[Language.ENGLISH]
    for phrases in PHRASES.values():
        assert {name: facts(text) for name, text in phrases.items()} == {
            name: facts(text) for name, text in english.items()
        }
    assert PHRASES.keys() == REASON_WORDS.keys() == set(Language)
    assert all(set(reasons) == set(Reason) for reasons in REASON_WORDS.values())
    assert EXPECTED.keys() == set(Language)
    assert len({frozenset(reasons) for reasons in EXPECTED.values()}) == 1


def test_of_an_order_that_is_not_paid_yet_now_is_told() -> None:
    why_not, _ = explained(TWO, above(seat("sue", standing=Standing.SUSPENDED))).why_nots
    told_now = [tell_not(why_not, CNY, each, is_sold=False).split("；")[0] for each in Language]
    assert told_now == [
        "sue gets nothing (levels, level 1): is suspended; 14.99 CNY forgone",
        "sue 未得佣金（levels，第 1 级）：已停用",
    ]


def test_who_is_cut_to_nothing_is_told_what_was_asked_and_who_came_first() -> None:
    by = evolve(with_budget("10%", TWO), budget_cut=BudgetCut.FROM_THE_TOP)
    (why_not, _) = [each for each in explained(by, above("ann", "ben")).why_nots if each.member == "ben"]
    assert why_not.spent == Spent(999, 1_499, BudgetCut.FROM_THE_TOP)
    assert tell_not(why_not, CNY).endswith(
        "the budget left nothing: 14.99 were asked of 9.99 CNY, "
        "which goes to whoever stands nearest to the buyer first; 5.00 CNY forgone"
    )
    said = "预算没有剩余：各项合计 14.99，预算只有 9.99 CNY，先付离买家近的"
    assert said in tell_not(why_not, CNY, Language.CHINESE)


def facts(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("reason", REASONS, ids=lambda reason: reason.value)
def test_whoever_gets_nothing_is_told_why(reason: Reason) -> None:
    by, lineage, sentence = REASONS[reason]
    assert sentence in told_not(by, lineage)
    assert reason in {each.reason for each in explained(by, lineage).why_nots}


def test_where_nobody_stands_above_nobody_is_named() -> None:
    ends = plan(percent("10%", 1, 2), upline=evolve(LEVELS, unqualified=Unqualified.ENDS_CHAIN))
    assert told_not(ends, above(seat("sue", standing=Standing.SUSPENDED)))[1:] == [
        "nothing is paid (levels, level 2): the chain ended below, at somebody who did not qualify"
    ]
    welcome = evolve(plan(), components=(FirstOrder(ComponentId("welcome"), (percent("10%"),)),))
    assert told_not(welcome, evolve(above(), past=Past(1, 0, 100, first_is_free=False))) == [
        "nothing is paid (welcome, no level used up): it is not the first order of its buyer"
    ]


def test_a_plan_that_pays_nobody_above_says_so_once() -> None:
    links = PromoterShare(ComponentId("links"), (percent("10%"),))
    assert len(told_not(evolve(plan(), components=(links,)), above())) == 1, "nobody is above"
    agents = Region(ComponentId("agents"), (percent("3%", 1),))
    by = evolve(plan(), components=(links, agents))
    lineage = above("ann", "ben", promoted=[seat("pam"), seat("pat")])
    gone = evolve(lineage, agents=[(1, seat("ben", standing=Standing.GONE))])
    assert [each for each in told_not(by, gone) if "any component" in each] == [
        "ann, pat get nothing (any component, from level 1 on): no level so far above the buyer is paid"
    ]
    assert "ann、pat 未得佣金（任何组成部分，第 1 级起）：买家以上这么高的级不付佣金" in [
        tell_not(each, CNY, Language.CHINESE) for each in explained(by, gone).why_nots
    ]


def test_of_all_above_each_is_answered() -> None:
    (too_far,) = explained(TWO, above("ann", "ben", "joe", "zoe")).why_nots
    assert too_far.above == ("joe", "zoe")
    zoe = too_far.of(MemberId("zoe"))
    assert zoe is not None
    assert tell_not(zoe, CNY) == (
        "zoe gets nothing (levels, from level 3 on): no level so far above the buyer is paid"
    )
    assert too_far.of(MemberId("ann")) is None


def test_whoever_is_given_a_gift_gets_no_money_for_whatever_reason() -> None:
    coupons = evolve(WELCOME, rules=(percent("0.0001%"),), gift=Coupons("tea", 2))
    rounded = evolve(plan(), components=(coupons,))
    (first, _) = explained(rounded, above("ann")).why_nots
    assert tell_not(first, CNY) == (
        "ann gets no money (welcome, level 1, line 1): the amount comes to zero; "
        "2 coupons tea given for the whole order"
    )
    assert tell_not(first, CNY, Language.CHINESE) == (
        "ann 未得佣金（welcome，第 1 级，订单行 1）：金额舍入后为零；整单另送 2 张优惠券 tea"
    )
    capped = evolve(rounded, components=(evolve(WELCOME, rules=(per_order(100),)),), budget=Rate(0))
    assert {(each.reason, each.gift) for each in explained(capped, above("ann")).why_nots} == {
        (Reason.SHRUNK_TO_ZERO, Points(500))
    }


def test_whoever_wins_no_line_is_given_nothing() -> None:
    food = evolve(WELCOME, rules=(percent("0%", match=CategoryIs("food")),))
    by = evolve(plan(), components=(food,))
    assert [(each.line, each.reason, each.gift) for each in explained(by, above("ann")).why_nots] == [
        ("2", Reason.NO_RULE, None),
        ("1", Reason.GIVES_NO_MONEY, Points(500)),
    ]


def test_what_a_cap_took_is_told_with_what_was_left_under_it() -> None:
    by = evolve(TWO, caps=(Cap(CapId("month"), 5_000), Cap(CapId("order"), 1_000, Per.BUYER)))
    month, order = (CapId("month"), MemberId("ann")), (CapId("order"), ORDER.buyer)
    lineage = evolve(above("ann"), granted={month: 1_200, order: 600})
    first, second = told(by, lineage)
    assert first.endswith(
        "; capped from 9.99 to 8.00: 14.99 were asked, and 12.00 CNY were left for ann under month"
        "; capped from 8.00 to 4.00: 12.00 were asked, and 6.00 CNY were left for cai under order"
    )
    assert "ann gets 2.00 CNY" in second
    assert [recomputed(why) for why in explained(by, lineage).whys] == [400, 200]


def test_nothing_left_is_a_reason_too() -> None:
    cancelled = Cancellation(SaleId("order 1"), day(3))
    assert told_not(plan(percent("10%", 1)), above("ann"), cancelled) == [
        "nothing is paid (levels, no level used up, line 1): nothing is left of the line",
        "nothing is paid (levels, no level used up, line 2): nothing is left of the line",
    ]


def test_every_reason_is_tested() -> None:
    of_other_versions = {Reason.NOT_IN_PLAN, Reason.OTHER_RULE}
    assert {*REASONS, Reason.NOTHING_LEFT, Reason.BUYER_NOT_PAID, *of_other_versions} == set(Reason)


OWN = SelfPurchase(ComponentId("own"), (percent("10%"),))
NO_MEMBER = "cai gets nothing (any component, no level used up): the buyer is no member"
UNPAID = "cai gets nothing (any component, no level used up): is the buyer, whom no component pays"


def of_buyer(by: Plan, lineage: Lineage, *refunds: Cancellation) -> list[str]:
    return [tell_not(each, CNY) for each in why_nots_of_buyer(by, ORDER, explained(by, lineage, *refunds))]


@pytest.mark.parametrize(
    ("components", "told"),
    [
        ((LEVELS,), [UNPAID]),
        ((OWN,), ["nothing is paid (own, no level used up): the buyer is no member"]),
        ((evolve(LEVELS, rules=(percent("10%", 1),), buyer_is_level_1=True),), [NO_MEMBER]),
        (
            (Differential(ComponentId("tiers"), (percent("10%"),), buyer_is_level_1=True),),
            [NO_MEMBER],
        ),
        ((PromoterShare(ComponentId("links"), (percent("10%"),)),), [UNPAID]),
    ],
)
def test_a_buyer_is_told_why_nothing_is_paid(components: tuple[Component, ...], told: list[str]) -> None:
    assert of_buyer(evolve(plan(), components=components), above("ann")) == told


def test_of_a_buyer_who_is_met_nothing_more_is_said() -> None:
    by, cai = evolve(plan(), components=(OWN,)), evolve(above("ann"), own=seat("cai"))
    assert of_buyer(by, cai) == []
    assert of_buyer(by, evolve(cai, own=seat("cai", standing=Standing.SUSPENDED))) == []
    assert of_buyer(by, cai, Cancellation(ORDER.id, day(3))) == [
        f"nothing is paid (own, no level used up, line {line}): nothing is left of the line" for line in "12"
    ]


@pytest.mark.parametrize("pays", [per_unit(0, 1), per_order(0, 1)])
def test_a_fixed_amount_of_zero_is_a_rule_that_pays_zero(pays: Rule) -> None:
    by = plan(pays)
    assert {each.reason for each in explained(by, above("ann")).why_nots} == {Reason.RULE_PAYS_ZERO}


def test_what_a_lost_level_forgoes_counts_all_lines_and_rolled_up_levels_forgo_nothing() -> None:
    sue = seat("sue", standing=Standing.SUSPENDED)
    lost, rolled = (
        plan(percent("10%", 1), upline=evolve(LEVELS, unqualified=each))
        for each in (Unqualified.LOST, Unqualified.ROLLS_UP)
    )
    assert [each.forgone_minor for each in explained(lost, above(sue, "ann")).why_nots] == [999 + 500, 0]
    assert [each.forgone_minor for each in explained(rolled, above(sue, "ann")).why_nots] == [0]


# An amount per order is paid once

ROLLING = evolve(LEVELS, unqualified=Unqualified.ROLLS_UP)
SUE = seat("sue", standing=Standing.SUSPENDED)


def amounts(by: Plan, lineage: Lineage) -> dict[tuple[str, str, str, int], int]:
    sums: dict[tuple[str, str, str, int], int] = {}
    for each in calculate(by, ORDER, left_of(ORDER, []), lineage):
        where = (each.component, each.rule, each.payee, each.level)
        sums[where] = sums.get(where, 0) + each.amount_minor
    return sums


def test_an_amount_per_order_is_paid_once_for_the_lowest_level() -> None:
    by = plan(per_order(200, 1, 2, 3), upline=ROLLING)
    assert amounts(by, above(SUE, SUE, "ann", "ben")) == {("levels", "200 per order", "ann", 1): 200}
    assert amounts(by, above(SUE, "ann", "ben")) == {
        ("levels", "200 per order", "ann", 1): 200,
        ("levels", "200 per order", "ben", 3): 200,
    }
    already = explained(by, above(SUE, SUE, "ann", "ben")).why_nots
    assert [(each.level, each.member) for each in already if each.reason is Reason.PAID_ALREADY] == [
        (2, "ann"),
        (3, "ann"),
    ]


def test_the_lowest_level_is_one_that_won_the_rule() -> None:
    """Level 1 has a rule of its own for all lines; of level 2 and 3 it is level 2."""
    by = plan(percent("1%", 1), per_order(200, 1, 2, 3), upline=ROLLING)
    assert amounts(by, above(SUE, SUE, "ann")) == {
        ("levels", "1%", "ann", 1): 150,
        ("levels", "200 per order", "ann", 2): 200,
    }


def test_once_is_by_component_rule_and_payee() -> None:
    """What is per unit or a rate is paid for every level, and another component thanks again."""
    rules = (per_order(200, 1, 2, match=CategoryIs("food")), per_order(300, 1, 2), per_unit(1, 3))
    by = plan(*rules, upline=ROLLING)
    by = evolve(by, components=(*by.components, evolve(by.components[0], id=ComponentId("more"))))
    assert amounts(by, above(SUE, SUE, "ann")) == {
        (component, rule, "ann", level): amount
        for component in ("levels", "more")
        for rule, level, amount in [
            ("200 per order", 1, 200),
            ("300 per order", 1, 300),
            ("1 per unit", 3, 4),
        ]
    }


# For any plan, sale, upline and refunds

rates = st.builds(Rate, st.sampled_from([0, 1, 33_333, 100_000, 999_999, 1_000_000]))
rewards: st.SearchStrategy[Reward] = (
    rates.map(Percent) | st.integers(0, 3_000).map(FixedPerUnit) | st.integers(0, 3_000).map(FixedPerOrder)
)
matches: st.SearchStrategy[Match | None] = st.sampled_from([None, None, CategoryIs("a"), SkuIn(("x", "y"))])
tiers = st.sampled_from(["", "gold", "jade"])
seats = st.builds(seat, st.uuids().map(str), tiers, st.sampled_from(Standing))


@st.composite
def components(draw: st.DrawFn, id: str) -> object:
    rules = [
        rule(
            str(number),
            draw(st.lists(st.integers(1, 4), min_size=1, max_size=3)),
            draw(rewards),
            tiers=draw(st.lists(tiers.filter(bool), max_size=1)),
            match=draw(matches),
        )
        for number in range(draw(st.integers(1, 4)))
    ]
    return evolve(
        LEVELS,
        id=ComponentId(id),
        rules=tuple(rules),
        unqualified=draw(st.sampled_from(Unqualified)),
        qualified_tiers=draw(st.sampled_from([(), ("gold",), ("gold", "")])),
        buyer_is_level_1=draw(st.booleans()),
        level_1=draw(st.sampled_from(FirstLevel)),
    )


plans = st.builds(
    lambda *made, rounding, scope, budget: evolve(
        plan(percent("1%", 1)), components=made, rounding=rounding, rounding_scope=scope, budget=budget
    ),
    components("one"),
    components("two"),
    rounding=st.sampled_from(Rounding),
    scope=st.sampled_from(Scope),
    budget=st.none() | rates,
)
lines = st.builds(
    lambda net, units, sku, category: line("", net, units, sku=sku, category=category),
    st.integers(0, 5_000),
    st.integers(0, 5),
    st.sampled_from("xyz"),
    st.sampled_from(["", "a", "a/b", "ab"]),
)
lineages = st.builds(
    lambda sponsors, promoted, own: above(*sponsors, own=own, promoted=promoted),
    st.lists(seats, max_size=6),
    st.lists(seats, max_size=3),
    st.none() | seats,
)


@given(plans, st.lists(lines, min_size=1, max_size=4), lineages, st.lists(st.integers(0, 100), max_size=4))
def test_an_explanation_says_the_same_as_the_calculation(
    by: Plan, parts: Sequence[SaleLine], lineage: Lineage, percents: list[int]
) -> None:
    order = sale(*(evolve(part, id=LineId(str(number))) for number, part in enumerate(parts)))
    back = [
        (each.id, each.units * share // 100, each.net_minor * share // 100)
        for each, share in zip(order.lines, percents, strict=False)
    ]
    left = left_of(order, [refund(*back)] if back else [])
    found = explain(by, order, left, lineage)
    assert tuple(why.accrual for why in found.whys) == calculate(by, order, left, lineage)
    for why in found.whys:
        assert recomputed(why) == why.accrual.amount_minor
        assert tell(why).startswith(f"{why.accrual.payee} gets ")
    paid = {(why.accrual.component, why.accrual.level, why.accrual.line) for why in found.whys}
    for why_not in found.why_nots:
        assert (why_not.component, why_not.level, why_not.line) not in paid
        assert tell_not(why_not, CNY)


def test_every_place_and_base_is_told() -> None:
    goods = evolve(line("1", 10_000), list_minor=12_000, cost_minor=4_000, tax_minor=1_300)
    share = PromoterShare(ComponentId("links"), (percent("10%"),))
    own = SelfPurchase(ComponentId("own"), (percent("10%"),))
    agents = Region(ComponentId("agents"), (percent("10%"),))
    lineage = above("ann", "ben", own=seat("buyer"), promoted=[seat("pam")])
    lineage = evolve(lineage, agents=[(2, seat("pat"))])
    bases: dict[BaseOfGoods, str] = {
        ListPrice(): "12.00",
        Margin(): "6.00",
        Net(with_tax=True): "11.30",
        Net(): "10.00",
    }
    for base, amount in bases.items():
        by = evolve(plan(), components=tuple(evolve(each, base=base) for each in (share, own, agents)))
        sentences = told(by, lineage, order=sale(goods))
        assert sentences[0].startswith(f"pam gets {amount} CNY for line 1 (tea), as promoter")
        assert sentences[1].startswith(f"buyer gets {amount} CNY for line 1 (tea), own purchase")
        assert sentences[2].startswith(
            f"pat gets {amount} CNY for line 1 (tea), as agent of the region, level 2"
        )
    steps: tuple[Base, ...] = (LevelBelow(), Residual())
    for step in steps:
        by = plan(percent("10%", 1, 2), upline=evolve(LEVELS, base=step))
        assert len(told(by, lineage, order=sale(goods))) == 2


def test_a_bonus_says_of_whose_difference_it_is() -> None:
    bonus = SameTier(RuleId("bonus"), (Rate.parse("10%"),))
    tiers = Differential(ComponentId("tiers"), (percent("15%", tiers=["gold"]),), same_tier=bonus)
    by, lineage = (
        evolve(plan(), components=(tiers,)),
        above(seat("ann", tier="gold"), seat("ben", tier="gold")),
    )
    assert "ben gets 1.50 CNY for line 1 (tea), level 2" in told(by, lineage)[1]
    assert "rule bonus: 10% of 14.99 CNY (the difference that level 1 earns)" in told(by, lineage)[1]


def test_what_is_paid_below_is_told() -> None:
    rules = (percent("15%", tiers=["gold"]), percent("6%", tiers=["silver"], id="silver"))
    by = evolve(plan(), components=(Differential(ComponentId("tiers"), rules),))
    lineage = above(seat("ann", tier="silver"), seat("ben", tier="gold"))
    silver, gold = (why for why in explained(by, lineage).whys if why.accrual.line == "1")
    assert silver.taken_minor == 0
    assert gold.taken_minor == silver.accrual.amount_minor > 0
    assert f"less {gold.taken_minor // 100}.{gold.taken_minor % 100:02} CNY paid below" in tell(gold)


def test_where_no_rule_fits_any_line_it_is_said_once() -> None:
    food, toys = (percent("10%", 1, match=CategoryIs(each)) for each in ("food", "toys"))
    order = sale(line("1", 100, category="tools"), line("2", 100, category="food"), line("3", 0))
    by = evolve(plan(), components=(evolve(LEVELS, rules=(food,)), Upline(ComponentId("second"), (toys,))))
    missed = explained(by, above("ann"), order=order).why_nots
    assert [(each.component, each.line) for each in missed if each.reason is Reason.NO_RULE] == [
        ("levels", "1"),
        ("second", None),
    ]


# What had been earned before


def of_newcomers(*more: Rule, choose: Choice = Choice.FIRST) -> Plan:
    """Return a plan that pays level 1 for tea until 10.00 was earned."""
    rules = (percent("5%", 1, match=AllOf((EarnedBefore(0, 1_000), SkuIn(("tea",))))), *more)
    return plan(upline=evolve(LEVELS, rules=rules, choose=choose))


def test_whoever_has_earned_too_much_is_told_how_much() -> None:
    lineage = evolve(above("ann"), earned={MemberId("ann"): 1_000})
    (missed,) = explained(of_newcomers(), lineage).why_nots
    assert (missed.line, missed.earned_minor) == (None, 1_000), "it is said once, of all lines"
    assert tell_not(missed, CNY) == (
        "ann gets nothing (levels, level 1): no rule fits this level, tier and line; "
        "10.00 CNY were earned before"
    )
    assert tell_not(missed, CNY, Language.CHINESE) == (
        "ann 未得佣金（levels，第 1 级）：没有适合这一级、等级和订单行的规则；此前已得 10.00 CNY"
    )


def test_what_was_earned_is_told_of_every_line_and_is_zero_for_a_newcomer() -> None:
    found = explained(of_newcomers(), above("ann"))
    assert [(each.line, each.earned_minor) for each in found.why_nots] == [("2", 0)]
    assert [why.earned_minor for why in found.whys] == [0]


def test_what_was_earned_is_told_of_rules_that_pay_nothing() -> None:
    nothing = percent("0%", 1, match=EarnedBefore(1_000))
    lineage = evolve(above("ann"), earned={MemberId("ann"): 1_000})
    missed = explained(of_newcomers(nothing), lineage).why_nots
    assert [(each.reason, each.earned_minor) for each in missed] == [(Reason.RULE_PAYS_ZERO, 1_000)] * 2


def test_of_whom_no_rule_is_for_nobody_knows_what_was_earned() -> None:
    """Nothing is frozen of gold members and of level 2, so nothing is said of them."""
    by = of_newcomers(percent("5%", 2, tiers=("gold",)))
    missed = explained(by, evolve(above("ann", "ben"), earned={MemberId("ann"): 1_000})).why_nots
    assert [(each.member, each.earned_minor) for each in missed] == [("ann", 1_000), ("ben", None)]


def test_a_component_that_does_not_ask_tells_nothing_of_it() -> None:
    by = of_newcomers()
    food = evolve(LEVELS, id=ComponentId("food"), rules=(percent("1%", 1, match=CategoryIs("tools")),))
    by = evolve(by, components=(*by.components, food))
    missed = explained(by, evolve(above("ann"), earned={MemberId("ann"): 1_000})).why_nots
    assert [(each.component, each.earned_minor) for each in missed] == [("levels", 1_000), ("food", None)]


def test_whoever_is_worth_no_more_is_told_what_was_earned() -> None:
    rules = (percent("10%", match=EarnedBefore(1_000)), percent("4%"))
    by = evolve(plan(), components=(Differential(ComponentId("tiers"), rules),))
    missed = explained(by, evolve(above("ann", "ben"), earned={MemberId("ben"): 999})).why_nots
    assert {(each.member, each.reason, each.earned_minor) for each in missed} == {
        ("ben", Reason.NO_DIFFERENCE, 999)
    }


def test_where_somebody_stands_is_told() -> None:
    """As agent of a region, or as promoter, who stands on no level."""
    agents = Region(ComponentId("agents"), (Rule(RuleId("all"), Percent(Rate.parse("1%"))),))
    share = PromoterShare(ComponentId("share"), agents.rules)
    told = [tell_place(each, level, Language.ENGLISH) for each, level in ((agents, 2), (share, 0))]
    assert told == ["as agent of the region, level 2", "as promoter"]
    assert all(tell_place(each, 1, Language.CHINESE) for each in (agents, share))
