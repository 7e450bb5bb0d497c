"""Worst cases that people can check: of the gallery, and of a small plan for each rule of the analysis."""

import re
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from tests.builders import line, paid, per_order, per_unit, percent, plan, sale
from tests.laws.witnessed import accrued

from distcore.codec import Media, load_plan
from distcore.commission import (
    AfterRefund,
    AllOf,
    AnyOf,
    Bound,
    Boundless,
    BudgetCut,
    CategoryIs,
    ChannelIn,
    Choice,
    Component,
    Custom,
    Differential,
    EarnedBefore,
    FirstLevel,
    FirstOrder,
    FixedPerUnit,
    LevelBelow,
    ListPrice,
    Margin,
    Match,
    MonthsSinceFirst,
    Net,
    NetBetween,
    NoBound,
    Not,
    Of,
    OrderNumber,
    PaidBetween,
    Percent,
    Plan,
    PromoterShare,
    Region,
    RegionIs,
    RegionSharing,
    Residual,
    Rule,
    SameTier,
    Scope,
    Seat,
    SelfPurchase,
    SkuIn,
    SpentBefore,
    Standing,
    Subtract,
    TagIn,
    TierIn,
    Unbounded,
    UnitsBetween,
    Unqualified,
    Upline,
    calculate,
    whole,
    worst_case,
    worst_doubts,
)
from distcore.kernel import ComponentId, Rate, Rounding, RuleId, Severity, limits

GALLERY = Path(__file__).parents[2] / "docs" / "plans"


def of_gallery(name: str) -> list[Plan]:
    text = (GALLERY / f"{name}.md").read_text(encoding="utf-8")
    return [
        load_plan(each.encode(), Media.TOML) for each in re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    ]


@pytest.mark.parametrize(
    ("name", "shares_ppm"),
    [
        ("affiliate", [150_000, 100_000]),  # the campaign; and below the cap
        ("agency", [600_000]),  # the division, whoever is paid below
        ("compression", [100_000]),  # 5 % + 3 % + 2 % for a leader
        ("lifetime-customer", [480_000, 480_000, 400_000]),  # 20.00 of 50.00, and 8 %; or that alone
        ("regional-agents", [160_000, 120_000]),  # 10 % + 1 % + 2 % + 3 %; then the budget
        ("sales-team", [250_000]),  # 20 % + 5 % of goods that cost nothing
        ("sharing", [130_000]),  # 12 % + 1 %
        ("tier-differential", [230_000, 100_000]),  # 20 % × (1 + 10 % + 5 %); then no bonus
        ("two-levels", [150_000]),  # 10 % + 5 %
    ],
)
def test_the_gallery(name: str, shares_ppm: list[int]) -> None:
    for by, ppm in zip(of_gallery(name), shares_ppm, strict=True):
        worst = worst_case(by)
        for share in (worst.line, worst.orders):
            assert isinstance(share, Bound)
            assert (share.ppm, share.is_exact) == (ppm, True)


@pytest.mark.parametrize("name", sorted(page.stem for page in GALLERY.glob("*.md")))
def test_all_of_the_gallery_is_shown(name: str) -> None:
    """Each page, also of periods and of what they pay: a witness was calculated that is paid so much."""
    for by in of_gallery(name):
        worst = worst_case(by)
        assert all(share.is_exact for share in (worst.line, worst.orders, worst.period, *worst.periods))


def ppm_of(by: Plan) -> int:
    share = worst_case(by).line
    assert isinstance(share, Bound), share
    assert share.is_exact
    return share.ppm


def of(*components: Component, **options: Any) -> Plan:
    return evolve(plan(), components=components, **options)


def levels(*rules: Rule, **options: Any) -> Upline:
    return Upline(ComponentId("levels"), rules, **options)


def by_tier(*rules: Rule, **options: Any) -> Differential:
    return Differential(ComponentId("tiers"), rules, **options)


GOLD = percent("15%", tiers=["gold"])
SILVER = percent("10%", tiers=["silver"])
TEN = percent("10%", 1)
LIST = ComponentId("list")


def test_what_parts_it_is_made_of() -> None:
    worst = worst_case(of(levels(percent("12%", 1, tiers=["gold"]), TEN, percent("5%", 2))))
    parts = [(each.level, each.tier, each.paid_minor * 100 // each.net_minor) for each in worst.parts]
    assert parts == [(1, "gold", 12), (2, "", 5)]


def test_two_components_may_want_one_seat_to_be_of_two_tiers() -> None:
    other = Upline(ComponentId("other"), (percent("5%", 1, tiers=["silver"]),))
    assert ppm_of(of(levels(percent("12%", 1, tiers=["gold"]), TEN), other)) == 150_000


def test_components_from_the_promoter_have_a_line_of_their_own() -> None:
    other = Upline(ComponentId("other"), (percent("5%", 1, tiers=["silver"]),), level_1=FirstLevel.PROMOTER)
    share = PromoterShare(ComponentId("share"), (percent("3%", tiers=["silver"]),))
    assert ppm_of(of(levels(percent("12%", 1, tiers=["gold"]), TEN), other, share)) == 200_000


def agents(*rules: Rule, **options: Any) -> Region:
    return Region(ComponentId("agents"), rules, **options)


SHARED = RegionSharing.SHARED


def test_what_agents_share_is_paid_once_for_each_level_that_is_named() -> None:
    by = of(agents(percent("3%", 1), percent("2%", 2, tiers=["gold"]), percent("1%", 2), sharing=SHARED))
    assert ppm_of(by) == 50_000
    worst = worst_case(by)
    assert [(each.level, each.tier) for each in worst.parts] == [(1, ""), (2, "gold")]


def test_what_is_for_every_level_of_agents_is_paid_as_often_as_a_region_has_levels() -> None:
    assert ppm_of(of(agents(percent("0.1%"), sharing=SHARED))) == 64_000
    below = percent("0.1%", match=RegionIs("cn/zj"))
    assert ppm_of(of(agents(below, sharing=SHARED))) == 63_000
    part_of_a_path = percent("0.1%", match=RegionIs("0"))
    assert ppm_of(of(agents(part_of_a_path, sharing=SHARED))) == 64_000  # 0/1/1 and so on
    beyond = percent("1%", 4, match=RegionIs("cn/" + "x" * limits.REGION_LENGTH_MAX))
    assert ppm_of(of(agents(percent("1%", 1), beyond, sharing=SHARED))) == 10_000


def test_two_components_may_want_agents_of_two_tiers() -> None:
    gold, silver = (percent("3%", 1, tiers=[tier]) for tier in ("gold", "silver"))
    other = Region(ComponentId("other"), (silver,), SHARED)
    assert ppm_of(of(agents(gold, sharing=SHARED), other, levels(TEN))) == 160_000


def test_agents_who_are_each_paid_in_full_have_no_bound_but_a_budget() -> None:
    by = of(levels(TEN), agents(percent("3%", 1), percent("0%", 2)))
    share = worst_case(by).line
    agents_of_3 = NoBound(Boundless.AGENTS, ComponentId("agents"), RuleId("3%"))
    assert share == Unbounded((agents_of_3,), True, share.witness)
    assert share.witness is not None
    assert share.witness.sale.region == "0", "no deeper than its agents"
    assert ppm_of(evolve(by, budget=Rate.parse("20%"))) == 200_000
    assert ppm_of(of(levels(TEN), agents(percent("0%", 2)))) == 100_000


def test_more_agents_than_are_tried_are_not_shown() -> None:
    share = worst_case(of(agents(percent("0.01%", 1)))).line
    assert isinstance(share, Unbounded)
    assert not share.is_exact


def test_where_there_are_too_many_situations_agents_may_be_on_any_level() -> None:
    rules = [percent("0.1%", match=SkuIn((f"{number}",))) for number in range(limits.SITUATIONS_MAX + 1)]
    rules = [evolve(rule, id=RuleId(f"{number}")) for number, rule in enumerate(rules)]
    share = worst_case(of(agents(*rules, sharing=SHARED))).line
    assert isinstance(share, Bound)
    assert (share.ppm, share.is_exact) == (64_000, False)


def test_a_buyer_who_is_level_1_has_one_tier() -> None:
    own = SelfPurchase(ComponentId("own"), (percent("4%", tiers=["gold"]),))
    upline = levels(percent("12%", 1, tiers=["silver"]), TEN, percent("5%", 2), buyer_is_level_1=True)
    assert ppm_of(of(own, upline)) == 190_000


def test_above_a_terminated_buyer_all_levels_are_for_others() -> None:
    """As a member the buyer is level 1 of one component, and then one seat is of two tiers for two levels."""
    rules = (percent("10%", 1, tiers=["gold"]), percent("10.0%", 2, tiers=["silver"]))
    by = of(
        Upline(ComponentId("own"), rules, buyer_is_level_1=True),
        Upline(ComponentId("up"), rules),
        PromoterShare(ComponentId("share"), (percent("10%", tiers=["platinum"]),)),
    )
    witness = worst_case(by).line.witness
    assert ppm_of(by) == 500_000
    assert witness is not None
    assert witness.lineage.own == Seat(witness.sale.buyer, "", Standing.GONE)
    assert [accrual.level for accrual in accrued(by, witness)] == [1, 2, 1, 2, 0]


def test_somebody_is_the_buyer_wherever_anybody_stands_above() -> None:
    witness = worst_case(of(levels(TEN))).line.witness
    assert witness is not None
    assert witness.lineage.own == Seat(witness.sale.buyer, "", Standing.ACTIVE)


@pytest.mark.parametrize("answer", Unqualified)
def test_whoever_does_not_qualify_never_adds(answer: Unqualified) -> None:
    upline = levels(
        percent("2%", 1, tiers=["silver"]),
        percent("9%", 1, 2, tiers=["gold"]),
        unqualified=answer,
        qualified_tiers=("silver", "gold"),
    )
    assert ppm_of(of(upline)) == 180_000


def test_what_is_left_and_what_is_below() -> None:
    assert ppm_of(of(levels(percent("50%", 1), percent("50%", 2), base=Residual()))) == 750_000
    assert ppm_of(of(levels(percent("50%", 1), percent("50%", 2), base=LevelBelow()))) == 750_000
    assert ppm_of(of(levels(percent("50%", 1), percent("50%", 3), base=LevelBelow()))) == 500_000


def test_a_differential_is_its_highest_rate() -> None:
    assert ppm_of(of(by_tier(SILVER, GOLD))) == 150_000
    assert ppm_of(of(levels(TEN), by_tier(SILVER, GOLD, subtract=Subtract.ALL_PAID))) == 150_000
    assert ppm_of(of(by_tier(SILVER, GOLD, subtract=Subtract.ALL_PAID), levels(TEN))) == 250_000


@pytest.mark.parametrize("scope", Scope)
@pytest.mark.parametrize("subtract", Subtract)
@pytest.mark.parametrize(
    ("of_difference", "ppm"),
    [(True, 172_500), (False, {Subtract.HIGHEST_RATE: 450_000, Subtract.ALL_PAID: 300_000})],
)
def test_a_bonus_comes_on_top(scope: Scope, subtract: Subtract, of_difference: bool, ppm: Any) -> None:
    """Of the base, everybody who earned a difference has another of that tier above."""
    bonus = SameTier(RuleId("bonus"), (Rate.parse("15%"),), of_difference)
    by = of(by_tier(SILVER, GOLD, same_tier=bonus, subtract=subtract), rounding_scope=scope)
    share = worst_case(by).line
    assert isinstance(share, Bound)
    assert share.ppm == (ppm if of_difference else ppm[subtract])
    assert share.is_exact


def test_a_bonus_may_be_for_levels_that_roll_up() -> None:
    bonus = SameTier(RuleId("bonus"), (Rate.parse("10%"), Rate.parse("10%")))
    tiers = by_tier(
        percent("20%", 1, tiers=["gold"]),
        SILVER,
        same_tier=bonus,
        unqualified=Unqualified.ROLLS_UP,
        qualified_tiers=("gold", "silver"),
    )
    share = worst_case(of(tiers)).line
    assert isinstance(share, Bound)
    assert share.ppm == 240_000
    assert ppm_of(of(evolve(tiers, same_tier=None))) == 200_000
    named = by_tier(percent("20%", 1, 2), unqualified=Unqualified.ENDS_CHAIN)
    assert ppm_of(of(named)) == 200_000


def test_a_first_order_is_one_only() -> None:
    first = FirstOrder(ComponentId("first"), (percent("20%"),))
    later = levels(percent("25%", 1, match=OrderNumber(2)), percent("10%", 1))
    assert ppm_of(of(first, later)) == 300_000
    assert ppm_of(of(evolve(first, after_refund=AfterRefund.NEXT_ORDER), later)) == 450_000


def test_conditions_are_met_together_or_not() -> None:
    def at(ppm_1: str, match: Any, ppm_2: str, other: Any) -> int:
        more = Upline(ComponentId("more"), (percent(ppm_2, 1, match=other),))
        return ppm_of(of(levels(percent(ppm_1, 1, match=match)), more))

    assert at("10%", CategoryIs("food"), "5%", CategoryIs("food/fresh")) == 150_000
    assert at("10%", CategoryIs("food"), "5%", CategoryIs("tea")) == 100_000
    assert at("10%", SkuIn(("a",)), "5%", Not(SkuIn(("a", "other")))) == 100_000
    assert at("10%", TagIn(("a",)), "5%", TagIn(("b",))) == 150_000
    assert at("10%", ChannelIn(("a",)), "5%", ChannelIn(("b", "a"))) == 150_000
    assert at("10%", RegionIs("cn"), "5%", RegionIs("us")) == 100_000
    assert at("10%", TierIn(("a",)), "5%", TierIn(("b",))) == 100_000
    assert at("10%", AllOf((NetBetween(Of.LINE, 100),)), "5%", NetBetween(Of.ORDER, 0, 100)) == 100_000
    assert at("10%", UnitsBetween(Of.LINE, 5), "5%", UnitsBetween(Of.ORDER, 0, 5)) == 100_000
    assert at("10%", UnitsBetween(Of.ORDER, 5), "5%", UnitsBetween(Of.LINE, 0, 5)) == 150_000
    assert at("10%", MonthsSinceFirst(1), "5%", OrderNumber(1, 2)) == 100_000
    assert at("10%", SpentBefore(1), "5%", AnyOf((MonthsSinceFirst(3), SpentBefore(0, 1)))) == 150_000


def test_whoever_earns_most_had_earned_what_is_asked() -> None:
    """Two levels are two people; two components, or a level that rolls up, pay one of them."""
    much, little = EarnedBefore(10_000), EarnedBefore(0, 10_000)
    first, second = percent("10%", 1, match=much), percent("5%", 2, match=little)
    assert ppm_of(of(levels(first, second))) == 150_000
    other = evolve(levels(percent("5%", 1, match=little)), id=ComponentId("other"))
    assert ppm_of(of(levels(first), other)) == 100_000
    assert ppm_of(of(levels(first), evolve(other, level_1=FirstLevel.PROMOTER))) == 150_000
    rolled = (
        percent("20%", 1, tiers=[""], match=much),
        percent("10%", 2, tiers=["gold"], match=little),
    )
    assert ppm_of(of(levels(*rolled, unqualified=Unqualified.ROLLS_UP, qualified_tiers=("gold",)))) == 200_000
    own = SelfPurchase(ComponentId("own"), (percent("3%", match=much), percent("4%", match=little)))
    assert ppm_of(of(levels(first), own)) == 140_000


def test_seats_of_one_tier_differ_by_what_they_had_earned() -> None:
    """4 %, then 6 % more above; or 10 % at once, and the bonus of it."""
    rules = (percent("10%", match=EarnedBefore(1)), percent("4%"))
    assert ppm_of(of(by_tier(*rules))) == 100_000
    bonus = SameTier(RuleId("same"), (Rate(1_000_000),))
    assert ppm_of(of(by_tier(*rules, same_tier=bonus))) == 200_000
    of_net = evolve(bonus, rates=(Rate(50_000),), of_difference=False)
    worst = worst_case(of(by_tier(*rules, same_tier=of_net))).line
    assert isinstance(worst, Bound)
    assert worst.witness is not None
    assert max(worst.witness.lineage.earned.values()) == 1
    assert worst.ppm == 200_000, "4 % and 5 %, then 6 % and 5 %"


def test_a_witness_carries_what_was_earned() -> None:
    worst = worst_case(of(levels(percent("10%", 1, match=EarnedBefore(12_345)), percent("5%", 2)))).line
    assert worst.witness is not None
    assert worst.witness.lineage.earned == {"sponsor 1": 12_345}


def test_too_many_earners_have_a_ceiling() -> None:
    names = [f"tier {number}" for number in range(300)]
    rules = [percent("1%", 1, match=EarnedBefore(number)) for number in range(1, 701)]
    share = worst_case(of(levels(*rules, percent("2%", 1, tiers=names)))).line
    assert isinstance(share, Bound)
    assert (share.ppm, share.is_exact, share.witness) == (20_000, False, None)


def test_only_while_the_plan_is_valid() -> None:
    by = of(levels(percent("20%", 1, match=PaidBetween(until=plan().valid_from)), TEN))
    assert ppm_of(by) == 100_000


def test_the_best_rule_is_the_best() -> None:
    rules = (TEN, percent("20%", 1))
    assert ppm_of(of(levels(*rules))) == 100_000
    assert ppm_of(of(levels(*rules, choose=Choice.BEST))) == 200_000


def test_nothing_is_paid_by_a_plan_of_zeros() -> None:
    assert ppm_of(of(levels(percent("0%", 1), per_unit(0, 2), per_order(0, 3)))) == 0


@pytest.mark.parametrize(
    ("by", "reason"),
    [
        (of(levels(per_unit(5, 1))), Boundless.PER_UNIT),
        (of(levels(per_unit(5, 1, match=NetBetween(Of.LINE, 100)))), Boundless.PER_UNIT),
        (of(levels(per_unit(5, 1, match=UnitsBetween(Of.LINE, 0, 3)))), Boundless.PER_UNIT),
        (of(levels(per_order(5, 1))), Boundless.PER_ORDER),
        (of(levels(TEN, per_order(5, 2, match=NetBetween(Of.LINE, 0, 100)))), Boundless.PER_ORDER),
        (of(SelfPurchase(LIST, (percent("10%"),), ListPrice())), Boundless.LIST_PRICE),
        (of(PromoterShare(LIST, (percent("10%"),), Net(with_tax=True))), Boundless.TAX),
    ],
)
def test_what_has_no_bound_says_why(by: Plan, reason: Boundless) -> None:
    for share in (worst_case(by).line, worst_case(by).orders):
        assert isinstance(share, Unbounded)
        assert (share.no_bound[0].reason, share.is_exact) == (reason, True)
        assert share.witness is not None
        assert share.witness.line_paid_minor > share.witness.line_net_minor
    within = worst_case(evolve(by, budget=Rate.parse("30%")))
    assert isinstance(within.line, Bound)
    assert (within.line.ppm, within.is_cut) == (300_000, True)


def test_all_that_has_no_bound_is_named() -> None:
    """First what the witness is paid most by; not what its own conditions bound."""
    bounded = AllOf((NetBetween(Of.LINE, 1_000), UnitsBetween(Of.LINE, 0, 5)))
    by = of(
        levels(per_unit(5, 1), per_unit(7, 2, match=bounded), per_order(900, 3)),
        SelfPurchase(LIST, (percent("10%"),), ListPrice()),
    )
    share = worst_case(by).line
    assert isinstance(share, Unbounded)
    first, *others = [(each.component, each.reason) for each in share.no_bound]
    assert first == (LIST, Boundless.LIST_PRICE)
    assert others == [("levels", Boundless.PER_UNIT), ("levels", Boundless.PER_ORDER)]


def test_what_no_store_holds_shows_nothing() -> None:
    """The list price is the highest that there is, or a smaller one of which both levels can be paid."""
    share = worst_case(of(levels(percent("60%", 1, 2), base=ListPrice()))).line
    assert isinstance(share, Unbounded)
    assert (share.is_exact, share.witness is not None) == (True, True)
    assert share.witness is not None
    assert share.witness.sale.lines[0].list_minor == 10**12


def test_what_pays_nothing_is_shown_by_nobody() -> None:
    worst = worst_case(of(levels(percent("0%", 1))))
    assert (worst.line.witness, worst.orders.witness, worst.parts) == (None, None, ())


@pytest.mark.parametrize(
    ("by", "told"),
    [
        (of(levels(TEN)), []),
        (of(levels(percent("60%", 1, 2))), ["$.components: one line may be paid 120% of what it sells for"]),
        (
            of(levels(TEN, per_unit(5, 2))),
            ["$.components[0].rules[1]: nothing bounds what it pays of what is sold (per_unit)"],
        ),
        (
            of(Custom(ComponentId("own"), "own", 1)),
            ["$.components[0]: nothing bounds what it pays of what is sold (formula)"],
        ),
        (of(levels(percent("60%", 1, 2)), budget=Rate.parse("90%")), []),
        (
            of(levels(TEN, per_order(500, 2, match=NetBetween(Of.LINE, 10_000)))),
            [
                (
                    "$.components[0].rules[1].pays.amount: after a refund of money, or at a lower price, "
                    "it may be more than the worst case"
                )
            ],
        ),
        (of(levels(per_order(500, 1, match=NetBetween(Of.LINE, 10_000))), budget=Rate.parse("15%")), []),
    ],
)
def test_more_than_is_sold_is_doubtful(by: Plan, told: list[str]) -> None:
    doubts = list(worst_doubts(by, worst_case(by)))
    assert [f"{each.where}: {each.message}" for each in doubts] == told
    assert {each.severity for each in doubts} <= {Severity.WARNING}


def test_fixed_amounts_have_a_bound_where_so_much_must_be_bought() -> None:
    both = AllOf((NetBetween(Of.LINE, 1_000), UnitsBetween(Of.ORDER, 0, 5)))
    assert ppm_of(of(levels(per_unit(50, 1, match=both)))) == 200_000
    assert ppm_of(of(levels(per_order(5_000, 1, match=NetBetween(Of.LINE, 100_000))))) == 50_000
    assert ppm_of(of(levels(per_order(5_000, 1, match=NetBetween(Of.ORDER, 100_000))))) == 50_000


@pytest.mark.parametrize(
    ("amount_minor", "least_minor"),
    [(900, 9_000), (200, 9_900), (300, 29_900), (500, 50_000), (1_000, 99_900)],
)
def test_a_line_that_is_all_of_an_order_makes_it_large_enough(amount_minor: int, least_minor: int) -> None:
    by = of(levels(per_order(amount_minor, 1, match=NetBetween(Of.ORDER, least_minor))))
    assert ppm_of(by) == -(-amount_minor * 1_000_000 // least_minor)
    period = worst_case(by).period
    assert isinstance(period, Bound)
    assert period.is_exact


def test_an_order_must_be_large_but_not_the_goods() -> None:
    """The amount is split over food alone, which may cost next to nothing in an order of 10.00."""
    match = AllOf((NetBetween(Of.ORDER, 1_000), CategoryIs("food")))
    by = of(levels(per_order(50, 1, match=match)))
    assert isinstance(worst_case(by).line, Unbounded)


def test_lines_of_an_order_share_a_budget_but_not_evenly() -> None:
    """Half of the order pays nothing, so food may take what is left of the budget."""
    upline = levels(percent("15%", 1, 2, match=CategoryIs("food")))
    worst = worst_case(of(upline, rounding_scope=Scope.ORDER, budget=Rate.parse("20%")))
    assert isinstance(worst.line, Bound)
    assert isinstance(worst.orders, Bound)
    assert (worst.line.ppm, worst.line.is_exact) == (300_000, True)
    assert (worst.orders.ppm, worst.orders.is_exact, worst.is_cut) == (200_000, True, True)


def test_of_what_has_no_bound_first_what_lines_have_by_themselves_is_shown() -> None:
    """Amounts of an order are shared by all of its lines; the list price is that of a line."""
    dear = Upline(ComponentId("dear"), (percent("1%", 1),), base=ListPrice())
    by = of(levels(per_order(700, 1)), dear, rounding_scope=Scope.ORDER, budget=Rate.parse("20%"))
    share = worst_case(by).line
    assert isinstance(share, Unbounded)
    assert share.is_exact


def test_a_share_of_goods_that_are_always_cheap_is_shown_by_one_that_is_not_rounded() -> None:
    by = of(levels(percent("10%", 1, match=NetBetween(Of.LINE, 0, 100))))
    assert worst_case(by).rounding.minor > 0
    assert ppm_of(by) == 100_000


def test_a_bonus_of_a_list_price_has_no_bound() -> None:
    bonus = SameTier(RuleId("bonus"), (Rate.parse("15%"),))
    share = worst_case(of(by_tier(SILVER, GOLD, same_tier=bonus, base=ListPrice()))).line
    assert isinstance(share, Unbounded)
    assert (share.no_bound[0].reason, share.is_exact) == (Boundless.LIST_PRICE, True)


@pytest.mark.parametrize(
    ("rounding", "scope", "minor"),
    [
        (Rounding.DOWN, Scope.LINE, 0),
        (Rounding.HALF_UP, Scope.LINE, 1),
        (Rounding.UP, Scope.UNIT, 2),
        (Rounding.UP, Scope.ORDER, 8),
    ],
)
def test_rounding_is_stated_apart(rounding: Rounding, scope: Scope, minor: int) -> None:
    by = of(levels(TEN, percent("5%", 2)), rounding=rounding, rounding_scope=scope)
    worst = worst_case(by)
    assert (worst.rounding.minor, worst.rounding.scope) == (minor, scope)
    order = sale(line("1", 1, units=1), line("2", 1, units=3))
    assert worst.rounding.most_minor(order) == minor * {Scope.LINE: 2, Scope.UNIT: 4, Scope.ORDER: 1}[scope]


def test_what_is_too_much_to_look_through_is_estimated() -> None:
    skus = [Rule(RuleId(f"s{n}"), Percent(Rate(n)), (1,), (), SkuIn((f"s{n}",))) for n in range(100)]
    tags = [Rule(RuleId(f"c{n}"), Percent(Rate(n)), (1,), (), CategoryIs(f"c{n}")) for n in range(100)]
    worst = worst_case(of(levels(*skus, *tags)))
    assert isinstance(worst.line, Bound)
    assert (worst.line.ppm, worst.line.is_exact, worst.line.witness, worst.parts) == (99, False, None, ())
    some = [Rule(RuleId(f"t{n}"), Percent(Rate(n)), (1,), (), TagIn((f"t{n}",))) for n in range(14)]
    assert not worst_case(of(levels(*some))).line.is_exact
    fixed = [Rule(RuleId("u"), FixedPerUnit(1), (2,)), per_order(3, 1), per_order(0, 3), per_unit(0, 3)]
    unbounded = worst_case(of(levels(*some, *fixed))).line
    assert isinstance(unbounded, Unbounded)
    assert (unbounded.is_exact, unbounded.no_bound[0].component) == (False, "levels")
    asked = {n: AllOf((OrderNumber(n), SpentBefore(n), MonthsSinceFirst(n))) for n in range(3, 33)}
    pasts = [Rule(RuleId(f"{n}"), Percent(Rate(n)), (1,), (), match) for n, match in asked.items()]
    first = FirstOrder(ComponentId("first"), (percent("20%"),))
    assert not worst_case(of(levels(*pasts), first)).line.is_exact


def test_walks_that_are_too_many_have_a_ceiling() -> None:
    rules = (percent("0.01%", *range(1, 2_001), tiers=[f"t{n}" for n in range(20)]),)
    share = worst_case(of(levels(*rules))).line
    assert isinstance(share, Bound)
    assert (share.ppm, share.is_exact) == (200_000, False)
    assert limits.WALK_STEPS_MAX < 2_000 * 20


def test_a_witness_is_calculated() -> None:
    by = of(levels(TEN, percent("5%", 2)), SelfPurchase(ComponentId("own"), (percent("1%"),), Margin()))
    witness = worst_case(by).line.witness
    assert witness is not None
    again = calculate(by, witness.sale, whole(witness.sale), witness.lineage)
    assert again == witness.accruals
    assert paid(again) == {
        "sponsor 1": witness.line_net_minor // 10,
        "sponsor 2": witness.line_net_minor // 20,
        "buyer": witness.line_net_minor // 100,
    }


def test_what_rolls_up_is_paid_by_the_tier_it_stems_from() -> None:
    """Gold does not qualify, but silver above is paid what gold would have been."""
    upline = levels(
        percent("50%", 1, tiers=["gold"]),
        percent("2%", 1, 2),
        unqualified=Unqualified.ROLLS_UP,
        qualified_tiers=("silver",),
    )
    assert ppm_of(of(upline)) == 520_000


def test_prices_by_category_tier_and_size_are_told_apart_before_the_time_is_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Conditions that several rules have are asked once, and not of every tier."""
    sizes = [AllOf((CategoryIs(f"c{n}"), NetBetween(Of.LINE, 100 * n + 100))) for n in range(10)]
    rules = [
        Rule(RuleId(f"{n} {tier}"), Percent(Rate(1_000 * (n + tier))), (1,), (f"t{tier}",), match)
        for n, match in enumerate(sizes)
        for tier in range(5)
    ]
    monkeypatch.setattr(limits, "ASKED_MAX", 8_000)
    share = worst_case(of(levels(*rules))).line
    assert isinstance(share, Bound)
    assert (share.ppm, share.is_exact) == (13_000, True)


def test_what_there_is_no_time_to_ask_is_not_taken_for_less(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = [Rule(RuleId(f"c{n}"), Percent(Rate(n)), (1,), (), CategoryIs(f"c{n}")) for n in range(100)]
    monkeypatch.setattr(limits, "ASKED_MAX", 2_000)
    worst = worst_case(of(levels(*rules)))
    assert isinstance(worst.line, Bound)
    assert (worst.line.ppm, worst.line.is_exact) == (99, False)
    assert worst.line.witness is not None
    tags = [Rule(RuleId(f"t{n}"), Percent(Rate(n)), (1,), (), TagIn((f"t{n}",))) for n in range(9)]
    assert worst_case(of(levels(*tags))).line.witness is None


def test_many_sizes_of_lines_and_orders_are_too_many() -> None:
    sizes = [NetBetween(of_what, n) for of_what in Of for n in range(1, 200)]
    rules = [Rule(RuleId(f"{n}"), Percent(Rate(n)), (1,), (), match) for n, match in enumerate(sizes)]
    share = worst_case(of(levels(*rules))).line
    assert isinstance(share, Bound)
    assert (share.ppm, share.is_exact, share.witness) == (397, False, None)


def test_of_regions_that_fit_the_same_rules_the_deepest_counts() -> None:
    """Below the long one there is room for fewer agents."""
    long = "x" * 100
    match = AnyOf((RegionIs("a"), RegionIs(long)))
    assert ppm_of(of(agents(percent("0.1%", match=match), sharing=SHARED))) == 64_000


BELOW_20_000 = NetBetween(Of.ORDER, 1_000_000, 2_000_000)
FROM_5_000, FROM_10_000 = NetBetween(Of.ORDER, 500_000), NetBetween(Of.ORDER, 1_000_000)
TEA = CategoryIs("tea")


@pytest.mark.parametrize(
    ("components", "ppm", "is_exact"),
    [
        ([levels(per_order(20_000, 1, match=AllOf((TEA, FROM_10_000))))], 20_000, True),
        ([levels(per_order(20_000, 1, 2, match=AllOf((TEA, FROM_10_000))))], 40_000, True),
        ([levels(per_order(20_000, 1, match=AllOf((TEA, NetBetween(Of.LINE, 1_000_000)))))], 20_000, True),
        ([SelfPurchase(LIST, (per_order(10_000, match=AllOf((TEA, FROM_10_000))),))], 10_000, True),
        ([FirstOrder(LIST, (per_order(10_000, match=AllOf((TEA, FROM_10_000))),))], 10_000, True),
        # of one payee by one tier: of two steps by net one alone is reached
        (
            [
                levels(
                    per_order(20_000, 1, tiers=["silver"], match=AllOf((TEA, FROM_10_000))),
                    per_order(50_000, 1, tiers=["gold"], match=AllOf((TEA, BELOW_20_000))),
                    per_order(60_000, 1, tiers=["gold"], match=AllOf((TEA, NetBetween(Of.ORDER, 2_000_000)))),
                )
            ],
            50_000,
            False,  # proven; a sale that is tried shows less
        ),
        # 10 % of what is no tea, and 200.00 for a little tea
        ([levels(per_order(20_000, 1, match=AllOf((TEA, FROM_10_000))), TEN)], 120_000, True),
        (
            [levels(per_order(20_000, 1, match=AnyOf((AllOf((TEA, FROM_10_000)), FROM_5_000))))],
            40_000,
            True,
        ),
    ],
)
def test_amounts_for_small_lines_are_bounded_by_what_the_order_is_worth(
    components: list[Component], ppm: int, is_exact: bool
) -> None:
    worst = worst_case(of(*components))
    assert isinstance(worst.line, Unbounded) or worst.line.ppm == ppm
    assert worst.period == worst.orders
    assert isinstance(worst.orders, Bound)
    assert (worst.orders.ppm, worst.orders.is_exact) == (ppm, is_exact)


def test_amounts_per_unit_are_bounded_by_units_and_net_of_the_order() -> None:
    def of_units(*matches: Match) -> Bound | Unbounded:
        rule = Rule(RuleId("unit"), FixedPerUnit(20_000), (1,), match=AllOf((TEA, FROM_10_000, *matches)))
        return worst_case(of(levels(rule))).orders

    few, some = UnitsBetween(Of.ORDER, 0, 11), UnitsBetween(Of.ORDER, 2, 21)
    share = of_units(few)
    assert isinstance(share, Bound)
    assert (share.ppm, share.is_exact) == (200_000, True)
    either = of_units(AnyOf((few, some)))
    assert isinstance(either, Bound)
    assert either.ppm == 400_000
    assert isinstance(of_units(), Unbounded)
    assert isinstance(of_units(AnyOf((few, UnitsBetween(Of.ORDER, 2)))), Unbounded)


@pytest.mark.parametrize(
    "component",
    [
        levels(per_order(20_000, 1, match=TEA)),
        levels(per_order(20_000, 1, match=AllOf((TEA, Not(FROM_10_000))))),
        levels(per_order(20_000, 1, match=AllOf((TEA, FROM_10_000))), base=LevelBelow()),
        by_tier(per_order(20_000, tiers=["gold"], match=AllOf((TEA, FROM_10_000)))),
        levels(per_order(20_000, 1, match=AllOf((TEA, FROM_10_000))), percent("1%", 2), base=ListPrice()),
    ],
)
def test_other_amounts_have_no_bound_of_an_order_either(component: Component) -> None:
    assert isinstance(worst_case(of(component)).orders, Unbounded)


@pytest.mark.parametrize(
    ("before", "ppm"),
    [
        (levels(TEN), 690_000),
        (levels(TEN, percent("5%", 2)), 690_000),
        (SelfPurchase(LIST, (percent("5%"),)), 690_000),
    ],
)
def test_what_is_paid_before_is_left_to_a_differential_of_all_by_who_is_suspended(
    before: Component, ppm: int
) -> None:
    """60 %, and 10 % and 5 % of that: nobody below is paid first."""
    bonus = SameTier(RuleId("peer"), (Rate(100_000), Rate(50_000)))
    rules = (percent("40%", tiers=["agent"]), percent("60%", tiers=["division"]))
    assert ppm_of(of(before, by_tier(*rules, subtract=Subtract.ALL_PAID, same_tier=bonus))) == ppm


def test_many_levels_and_tiers_that_roll_up_are_looked_through() -> None:
    """What rolls up is counted where it stems from: levels and tiers don't multiply."""
    rules = [
        percent(f"{level + tier}%", level, tiers=[f"t{tier}"]) for level in range(1, 11) for tier in range(5)
    ]
    rolled = levels(*rules, unqualified=Unqualified.ROLLS_UP, qualified_tiers=("t1", "t2"))
    assert ppm_of(of(rolled)) == 10_000 * sum(level + 4 for level in range(1, 11))
    steps = [percent(f"{10 * tier}%", tiers=[f"t{tier}"]) for tier in range(1, 8)]
    bonus = SameTier(RuleId("peer"), (Rate(100_000), Rate(50_000)))
    assert ppm_of(of(by_tier(*steps, unqualified=Unqualified.ROLLS_UP, same_tier=bonus))) == 805_000


# A budget that is cut from the top

DEAR = AllOf((CategoryIs("x"), NetBetween(Of.LINE, 0, 1_000), NetBetween(Of.ORDER, 100_000, None)))


@pytest.mark.parametrize("cut", BudgetCut)
def test_other_lines_may_be_paid_all_of_an_order(cut: BudgetCut) -> None:
    """A cheap line of a large order asks for most, and the rest of the order stands on lower levels."""
    some, free = percent("10%", 1, id="goods"), percent("0%", 1, match=CategoryIs("x"), id="x 1")
    cheap = (percent("10%", level, match=DEAR, id=f"x {level}") for level in (2, 3, 4))
    of = plan(free, some, *cheap)
    more = evolve(plan(free, some).components[0], id=ComponentId("more"))
    by = evolve(of, components=(*of.components, more), budget=Rate.parse("10%"))
    worst = worst_case(evolve(by, rounding_scope=Scope.ORDER, budget_cut=cut))
    assert isinstance(worst.orders, Bound)
    assert (worst.orders.ppm, worst.orders.is_exact) == (100_000, True)
    witness = worst.orders.witness
    assert witness is not None
    assert 100 * witness.paid_minor >= 9.9 * witness.sale.net_minor
    assert sum(each.paid_minor for each in worst.parts) == witness.paid_minor
    assert {each.net_minor for each in worst.parts} == {witness.sale.net_minor}


def test_of_hundreds_of_agents_few_trees_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """So many seats are tried, and not so many trees: what next to nothing is paid to has room for all."""
    tried: list[int] = []

    def counted(*args: Any) -> Any:
        tried.append(1)
        return calculate(*args)

    monkeypatch.setattr("distcore.commission.witness.calculate", counted)
    rules = percent("0.0001%", 1), percent("0.0002%", 2)
    by = evolve(plan(), components=(Region(ComponentId("agents"), rules), *plan(percent("1%", 1)).components))
    assert isinstance(worst_case(evolve(by, budget=Rate.parse("30%"))).line, Bound)
    assert 10 < len(tried) < 400
