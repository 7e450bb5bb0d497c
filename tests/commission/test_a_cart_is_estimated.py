"""What each level may earn of a cart is what every upline there can be gives, tried out one by one."""

from collections import Counter, defaultdict
from itertools import product
from random import Random
from typing import Any, TypeAlias

import pytest
from attrs import evolve
from hypothesis import assume, given, settings
from tests.builders import percent

from distcore.commission import (
    NO_TIER,
    OTHER_TIER,
    AllOf,
    AnyOf,
    Cap,
    Component,
    Custom,
    Differential,
    Estimate,
    Explained,
    FirstLevel,
    FirstOrder,
    FixedPerOrder,
    FixedPerUnit,
    Lineage,
    Match,
    Not,
    Per,
    Percent,
    Plan,
    PromoterShare,
    Range,
    Reason,
    Region,
    RegionSharing,
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
    TierIn,
    Unqualified,
    Upline,
    calculate,
    estimate,
    explain,
    whole,
)
from distcore.kernel import CapId, ComponentId, MemberId, Rate, RuleId, limits, paths_to
from distcore.testing.builders import a_line, a_plan, a_sale, levels
from distcore.testing.worlds import TIERS, drawn, random_plan, random_sale

CAT = ComponentId("c")
BUYER = MemberId("buyer")
Place: TypeAlias = tuple[ComponentId, int]
Found: TypeAlias = dict[Place, dict[int, set[str]]]

LONG = 3
"""Seats of each line of a brute force: the levels of the plans that are drawn, and one more for roll-ups."""


def lineage(
    own: str | None, above: tuple[str, ...], beside: tuple[str, ...], agents: tuple[str | None, ...] = ()
) -> Lineage:
    """Return an upline of these tiers, a promoter with another one, and an agent of each level, or none."""
    seats = [
        [Seat(MemberId(f"{name} {place}"), tier, Standing.ACTIVE) for place, tier in enumerate(tiers)]
        for name, tiers in (("up", above), ("by", beside))
    ]
    up, by = seats
    offices = [
        (level, Seat(MemberId(f"agent {level}"), tier, Standing.ACTIVE))
        for level, tier in enumerate(agents, 1)
        if tier is not None
    ]
    seat = None if own is None else Seat(BUYER, own, Standing.ACTIVE)
    return Lineage(BUYER, seat, up, by, agents=offices)


def everything(plan: Plan, tiers: tuple[str, ...], region: str) -> list[Lineage]:
    """Return every upline there can be, of every length; a buyer who is no member has nobody above.

    With every agent that there can be, at most one for each level of a region.
    """
    line = [each for length in range(LONG + 1) for each in product(tiers, repeat=length)]
    shares = any(isinstance(each, PromoterShare) for each in plan.components)
    climbs = any(isinstance(each, Upline | Differential | FirstOrder) for each in plan.components)
    beside = line if climbs else [(), *product(tiers)] if shares else [()]
    above = line if climbs else [()]
    depth = len(paths_to(region)) if plan.asks_agents else 0
    agents = list(product((None, *tiers), repeat=depth))
    members = [lineage(*each) for each in product(tiers, above, beside, agents)]
    return [*members, *(lineage(None, (), *each) for each in product(beside, agents))]


def brute(plan: Plan, sale: Sale, tiers: tuple[str, ...]) -> Found:
    """Return the amounts of every level in every upline that says something about it, with its tiers."""
    found: Found = defaultdict(lambda: defaultdict(set))
    for upline in everything(plan, tiers, sale.region):
        told = explain(plan, sale, whole(sale), upline)
        amounts: Counter[Place] = Counter()
        for accrual in calculate(plan, sale, whole(sale), upline):
            amounts[accrual.component, accrual.level] += accrual.amount_minor
        for place, tier in asked(plan, told, upline).items():
            found[place][amounts[place]] |= set() if tier is None else {tier}
    return found


def asked(plan: Plan, told: Explained, upline: Lineage) -> dict[Place, str | None]:
    """Return which levels an upline says something about, with the tiers of their holders."""
    agents = [seat for _, seat in upline.agents]
    seats = (upline.own, *upline.sponsors, *upline.promoted, *agents)
    tiers = {seat.member: seat.tier for seat in seats if seat}
    alone = {each.id for each in plan.components if isinstance(each, SelfPurchase | PromoterShare)}
    found: dict[Place, str | None] = {}
    silent = set()
    for why_not in told.why_nots:
        if why_not.component is None:
            continue
        place = (why_not.component, why_not.level)
        if why_not.reason is Reason.NOBODY_QUALIFIES_ABOVE:
            silent.add(place)
        elif why_not.reason is Reason.CHAIN_ENDED:
            found[place] = None
        elif why_not.member is not None and (why_not.level or why_not.component in alone):
            found.setdefault(place, tiers[why_not.member])  # its holder stands before a payee from above
    for why in told.whys:
        found[why.accrual.component, why.accrual.level] = why.tier
    return {place: tier for place, tier in found.items() if place not in silent}


def small_plan(random: Random) -> Plan:
    """Draw a plan of one or two components that pays two levels at most, and names one tier."""
    drawn_plan = random_plan(random)
    components = drawn_plan.components[:2]
    return evolve(drawn_plan, components=tuple(map(_lower, components)))


def _lower(component: Component) -> Component:
    if isinstance(component, SelfPurchase | PromoterShare | FirstOrder):
        rules = tuple(evolve(rule, tiers=_only_gold(rule.tiers)) for rule in component.rules)
        return evolve(component, rules=rules)
    rules = tuple(
        evolve(
            rule,
            levels=tuple({(level - 1) % 2 + 1 for level in rule.levels}) or (1, 2),
            tiers=_only_gold(rule.tiers),
        )
        for rule in component.rules
    )
    if isinstance(component, Region):
        return evolve(component, rules=rules)
    assert not isinstance(component, Custom), "none is drawn"
    lower = evolve(component, rules=rules, qualified_tiers=_only_gold(component.qualified_tiers))
    return evolve(lower, same_tier=None) if isinstance(lower, Differential) else lower


def _only_gold(tiers: tuple[str, ...]) -> tuple[str, ...]:
    return ("gold",) if tiers else ()


def tiers_in(plan: Plan) -> tuple[str, ...]:
    """Return what plans of these worlds may name."""
    return tuple(tier for tier in (*TIERS, "*") if not tier or f"'{tier.strip('*')}'" in repr(plan))


@settings(max_examples=max(1, settings().max_examples // 4))
@given(drawn(lambda random: (small_plan(random), random_sale(random))))
def test_ranges_are_those_of_every_upline(world: tuple[Plan, Sale]) -> None:
    plan, sale = world
    assume(sale.net_minor)  # of nothing nobody is asked
    found = estimate(plan, sale)
    assume(found.exact)  # it is not where a cap is of an earner on two ways, who is tried out below
    expected = brute(plan, sale, tiers_in(plan))
    told = {(each.component, each.level): each for each in found.ranges}
    assert len(told) == len(found.ranges)
    assert set(told) == set(expected)
    for place, amounts in expected.items():
        least, most = min(amounts), max(amounts)
        tiers = tuple(sorted(amounts[least])), tuple(sorted(amounts[most]))
        assert told[place] == Range(*place, least, most, *tiers)


def region_of(*rates: str, **options: Any) -> Region:
    """Return what agents of level 1, 2 and so on get."""
    rules = tuple(percent(rate, level) for level, rate in enumerate(rates, 1))
    return Region(ComponentId("agents"), rules, **options)


@pytest.mark.parametrize("sharing", RegionSharing)
def test_an_agent_is_told_as_the_only_one_of_the_level(sharing: RegionSharing) -> None:
    by, order = a_plan(region_of("3%", "2%", "1%", sharing=sharing)), a_sale()
    assert estimate(by, order) == Estimate((), exact=True)
    found = estimate(by, evolve(order, region="cn/zj"))
    assert found.exact
    assert [(each.level, each.least_minor, each.most_minor) for each in found.ranges] == [
        (1, 300, 300),
        (2, 200, 200),
    ]


def test_agents_who_share_a_budget_are_tried_with_and_without_each_other() -> None:
    by = a_plan(levels("10%"), region_of("5%", "5%"), budget="15%")
    order = evolve(a_sale(), region="cn/zj")
    ranges = [
        (each.component, each.level, each.least_minor, each.most_minor) for each in estimate(by, order).ranges
    ]
    assert ranges == [("levels", 1, 750, 1_000), ("agents", 1, 375, 500), ("agents", 2, 375, 500)]
    assert estimate(by, order).exact


LINK = PromoterShare(ComponentId("link"), (percent("10%"),))


def test_under_a_cap_an_earner_on_two_ways_may_get_less_than_the_least() -> None:
    """Of 8.00 for the link and 4.00 for level 2 the cap leaves 6.67 and 3.33 where both are Ann's."""
    by = evolve(a_plan(levels("10%", "5%"), LINK), caps=(Cap(CapId("cap"), 1_000),))
    order = a_sale(lines=[a_line(net_minor=8_000)])
    found = estimate(by, order)
    least = {(each.component, each.level): each.least_minor for each in found.ranges}
    ann = Seat(MemberId("ann"), NO_TIER, Standing.ACTIVE)
    ben = Seat(MemberId("ben"), NO_TIER, Standing.ACTIVE)
    upline = Lineage(BUYER, Seat(BUYER, NO_TIER, Standing.ACTIVE), [ben, ann], [ann])
    paid = {
        (each.component, each.level): each.amount_minor for each in calculate(by, order, whole(order), upline)
    }
    second = (ComponentId("levels"), 2)
    assert (least[second], paid[second]) == (400, 333)
    assert not found.exact


@pytest.mark.parametrize(
    ("components", "options", "region", "exact"),
    [
        ((levels("10%", "5%"), LINK), {}, "", False),
        ((levels("10%", "5%"), LINK), {"amount_minor": 2_500}, "", True),
        ((levels("10%", "5%"), LINK), {"per": Per.BUYER}, "", True),
        ((levels("10%", "5%"), LINK), {"components": (LINK.id,)}, "", True),
        ((levels("10%", "5%"),), {}, "", True),
        ((levels("10%"), SelfPurchase(CAT, (percent("5%"),))), {}, "", True),
        ((levels("10%"), region_of("5%")), {}, "cn", False),
        ((region_of("10%", "5%"),), {}, "cn", True),
        ((region_of("10%", "5%"),), {}, "cn/zj", False),
    ],
)
def test_an_estimate_is_exact_where_no_earner_stands_on_two_ways_under_a_cap(
    components: tuple[Component, ...], options: dict[str, Any], region: str, *, exact: bool
) -> None:
    by = evolve(a_plan(*components), caps=(evolve(Cap(CapId("cap"), 900), **options),))
    assert estimate(by, evolve(a_sale(), region=region)).exact is exact


def test_many_levels_of_agents_are_tried_all_together_or_not_at_all() -> None:
    by = a_plan(levels("10%"), region_of(*["1%"] * 5), budget="12%")
    assert not estimate(by, evolve(a_sale(), region="a/b/c/d/e")).exact
    assert estimate(by, evolve(a_sale(), region="a/b/c/d")).exact


def test_a_level_earns_by_its_holders_tier() -> None:
    gold = Rule(RuleId("gold"), Percent(Rate.parse("10%")), (1, 2), ("gold",))
    plan = a_plan(Upline(CAT, (gold, percent("5%", 1))))
    assert estimate(plan, a_sale()) == Estimate(
        (Range(CAT, 1, 500, 1_000, ("",), ("gold",)), Range(CAT, 2, 0, 1_000, ("",), ("gold",))), exact=True
    )


def test_whoever_does_not_qualify_earns_nothing_or_rolls_up() -> None:
    def told(unqualified: Unqualified) -> list[tuple[int, int, int, tuple[str, ...]]]:
        plan = a_plan(levels("10%", "5%", unqualified=unqualified, qualified_tiers=("gold",)))
        found = estimate(plan, a_sale())
        assert found.exact
        return [(each.level, each.least_minor, each.most_minor, each.least_tiers) for each in found.ranges]

    assert told(Unqualified.LOST) == [(1, 0, 1_000, ("",)), (2, 0, 500, ("",))]
    assert told(Unqualified.SKIPPED) == [(1, 1_000, 1_000, ("gold",)), (2, 500, 500, ("gold",))]
    assert told(Unqualified.ROLLS_UP) == [(1, 1_000, 1_000, ("", "gold")), (2, 500, 500, ("", "gold"))]
    assert told(Unqualified.ENDS_CHAIN) == [(1, 0, 1_000, ("",)), (2, 0, 500, ("",))]


def differential(**options: object) -> Differential:
    rules = tuple(
        Rule(RuleId(tier), Percent(Rate.parse(rate)), (), (tier,))
        for tier, rate in (("silver", "6%"), ("gold", "10%"))
    )
    return Differential(CAT, rules, **options)  # type: ignore[arg-type]


def test_a_component_without_a_last_level_is_told_up_to_one() -> None:
    found = estimate(a_plan(differential()), a_sale(), levels=2)
    assert found == Estimate(
        (
            Range(CAT, 1, 0, 1_000, ("",), ("gold",)),
            Range(CAT, 2, 0, 1_000, ("", "gold", "silver"), ("gold",)),
        ),
        exact=True,
    )
    assert [each.level for each in estimate(a_plan(differential()), a_sale()).ranges] == [1, 2, 3]


@pytest.mark.parametrize("unqualified", Unqualified)
def test_no_level_beyond_the_last_is_told(unqualified: Unqualified) -> None:
    plan = a_plan(differential(unqualified=unqualified, qualified_tiers=("gold",)))
    assert {each.level for each in estimate(plan, a_sale(), levels=2).ranges} == {1, 2}


def test_a_bonus_is_for_the_tier_of_somebody_below() -> None:
    bonus = SameTier(RuleId("bonus"), (Rate.parse("20%"),))
    found = estimate(a_plan(differential(same_tier=bonus)), a_sale(), levels=2)
    assert found.ranges[1] == Range(CAT, 2, 0, 1_000, ("", "*", "silver"), ("gold",))
    alone = estimate(a_plan(differential(same_tier=bonus)), a_sale(), levels=1)
    assert alone.ranges == (Range(CAT, 1, 0, 1_000, ("", "*"), ("gold",)),)


GOLD = Rule(RuleId("gold"), Percent(Rate.parse("10%")), (), ("gold",))
FOR_GOLD: dict[str, Any] = {"qualified_tiers": ("gold",)}


def bonuses(*rates: str, of_difference: bool = True) -> SameTier:
    return SameTier(RuleId("bonus"), tuple(map(Rate.parse, rates)), of_difference)


def told_least(plan: Plan, component: str = "levels", *, told: int = 3) -> tuple[int, bool]:
    """Return the least of level 1 of a component, and whether that is exact."""
    found = estimate(plan, a_sale(), levels=told)
    ranges = {(each.component, each.level): each.least_minor for each in found.ranges}
    return ranges[ComponentId(component), 1], found.exact


def paid(plan: Plan, *above: str, component: str = "levels") -> int:
    """Return what level 1 of a component is paid where these stand above the buyer."""
    upline, order = lineage(NO_TIER, above, ()), a_sale()
    found = calculate(plan, order, whole(order), upline)
    return sum(each.amount_minor for each in found if (each.component, each.level) == (component, 1))


@pytest.mark.parametrize("told", [1, 2, 3, 4, 5])
def test_who_shares_a_budget_above_the_levels_that_are_told_is_tried(told: int) -> None:
    """Four golds ask for 10 % on level 1, 10 % and three bonuses of 5 %: 35 % of a budget of 20 %."""
    by = a_plan(levels("10%"), Differential(CAT, (GOLD,), same_tier=bonuses(*["50%"] * 3)), budget="20%")
    assert paid(by, *["gold"] * 4) == 571
    assert told_least(by, told=told) == (571, True)


def test_a_budget_that_only_long_lines_exceed_binds() -> None:
    """On three levels it asks for 20 %, on six for 35 %."""
    bonus = bonuses(*["5%"] * 5, of_difference=False)
    by = a_plan(Differential(CAT, (evolve(GOLD, tiers=()),), same_tier=bonus), budget="22%")
    assert paid(by, *["gold"] * 6, component="c") == 629
    assert told_least(by, "c") == (629, True)


@pytest.mark.parametrize("unqualified", [Unqualified.SKIPPED, Unqualified.ROLLS_UP])
def test_whoever_is_passed_over_makes_a_line_longer(unqualified: Unqualified) -> None:
    """Two silvers are paid by level, and gold above them for level 1 of another component."""
    upper = levels("10%", id="gold", unqualified=unqualified, **FOR_GOLD)
    silver = Rule(RuleId("silver"), Percent(Rate.parse("10%")), (1, 2), ("silver",))
    by = a_plan(upper, Upline(CAT, (silver,)), budget="20%")
    assert paid(by, "silver", "silver", "gold", component="gold") == 667
    assert told_least(by, "gold") == (667, True)
    capped = evolve(by, budget=None, caps=(Cap(CapId("buyer"), 2_000, Per.BUYER),))
    assert told_least(capped, "gold") == (667, True)


def test_what_is_taken_off_above_the_levels_that_are_told_is_tried() -> None:
    """What a tier is worth beside levels is less where somebody further up is paid before."""
    first = levels("6%", id="first", unqualified=Unqualified.SKIPPED, **FOR_GOLD)
    rest = Differential(CAT, (Rule(RuleId("all"), Percent(Rate.parse("8%"))),), subtract=Subtract.ALL_PAID)
    by = a_plan(first, rest)
    assert (paid(by, "", component="c"), paid(by, "", "gold", component="c")) == (800, 200)
    found = estimate(by, a_sale(), levels=1)
    assert found.exact
    assert [(each.least_minor, each.most_minor) for each in found.ranges] == [(600, 600), (200, 800)]


def test_where_all_that_is_paid_may_roll_up_nothing_is_exact() -> None:
    rolls = Differential(CAT, (GOLD,), unqualified=Unqualified.ROLLS_UP, **FOR_GOLD)
    assert told_least(a_plan(levels("10%"), rolls, budget="30%"))[1]
    assert not told_least(a_plan(levels("10%"), rolls, budget="15%"))[1]


def test_a_budget_that_never_binds_makes_no_line_longer() -> None:
    """Of six tiers that differ, the highest is paid in all: no more on any line."""
    rules = tuple(Rule(RuleId(f"{n}"), Percent(Rate.parse(f"{n}%")), (), (f"t{n}",)) for n in range(1, 7))
    by = a_plan(levels("10%"), Differential(CAT, rules), budget="30%")
    assert estimate(by, a_sale()).exact
    assert not estimate(evolve(by, budget=Rate.parse("12%")), a_sale()).exact


def test_what_subtracts_all_depends_on_the_components_before() -> None:
    """And one that comes after does not."""
    paid = levels("4%", id="before")
    plan = a_plan(paid, differential(subtract=Subtract.ALL_PAID), levels("1%", id="after"))
    assert estimate(plan, a_sale(), levels=1).ranges == (
        Range(ComponentId("before"), 1, 400, 400, ("", "gold", "silver"), ("", "gold", "silver")),
        Range(CAT, 1, 0, 600, ("",), ("gold",)),
        Range(ComponentId("after"), 1, 100, 100, ("", "gold", "silver"), ("", "gold", "silver")),
    )


@pytest.mark.parametrize("scope", [Scope.LINE, Scope.ORDER])
def test_a_budget_counts_where_it_binds(scope: Scope) -> None:
    many = tuple(Rule(RuleId(f"{n}"), Percent(Rate.parse("10%")), (n,), ("gold",)) for n in range(1, 21))
    generous, tight = (
        estimate(a_plan(Upline(CAT, many), budget=budget, rounding_scope=scope), a_sale())
        for budget in ("100%", "10%")
    )
    assert not tight.exact  # two tiers on twenty levels are a million uplines
    assert tight.ranges[0].least_minor == 0
    assert tight.ranges[0].most_minor == 1_000
    assert not generous.exact
    few = a_plan(Upline(CAT, many[:3]), budget="15%", rounding_scope=scope)
    assert estimate(few, a_sale()).exact
    assert estimate(few, a_sale()).ranges[0] == Range(CAT, 1, 0, 1_000, ("",), ("gold",))
    enough = a_plan(Upline(CAT, many), budget="100%", rounding_scope=scope)
    two = evolve(enough, components=(Upline(CAT, many[:10]),))
    assert estimate(two, a_sale()).exact  # together they are within it, so it changes nothing


def test_of_too_many_uplines_some_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of one tier, with one that differs, and those that change somewhere."""
    monkeypatch.setattr(limits, "ESTIMATE_CASES_MAX", 20)
    plan = a_plan(evolve(levels("10%", "5%", "2%"), base=Residual()))
    assert estimate(plan, a_sale()).exact  # one tier: one upline
    found = estimate(a_plan(differential()), a_sale(), levels=3)
    assert not found.exact
    assert found.ranges[0] == Range(CAT, 1, 0, 1_000, ("",), ("gold",))


@pytest.mark.parametrize(
    ("match", "named"),
    [
        (TierIn(("a",)), {"", "a"}),
        (Not(TierIn(("a",))), {"", "a"}),
        (AllOf((TierIn(("a",)), AnyOf((TierIn(("b",)), SkuIn(("tea",)))))), {"", "a", "b"}),
    ],
)
def test_conditions_name_tiers_too(match: Match, named: set[str]) -> None:
    (found,) = estimate(a_plan(Upline(CAT, (evolve(percent("5%", 1), match=match),))), a_sale()).ranges
    assert {*found.least_tiers, *found.most_tiers} == named


def test_a_tier_that_is_not_named_counts_where_having_none_is_named() -> None:
    """The star is such a tier; two stars are, where one is a tier of the shop."""
    for named, star in (((NO_TIER,), OTHER_TIER), ((NO_TIER, "*"), "**")):
        rule = evolve(percent("5%", 1), match=Not(TierIn(named)))
        (found,) = estimate(a_plan(Upline(CAT, (rule,))), a_sale()).ranges
        assert (found.least_tiers, found.most_tiers) == (named, (star,))


def test_the_buyer_and_the_promoter_stand_on_level_0() -> None:
    own = SelfPurchase(ComponentId("own"), (Rule(RuleId("1"), FixedPerUnit(7), (), ("gold",)),))
    share = PromoterShare(ComponentId("share"), (Rule(RuleId("1"), FixedPerOrder(70)),))
    first = evolve(levels("10%"), buyer_is_level_1=True)
    beside = levels("3%", id="beside", level_1=FirstLevel.PROMOTER)
    found = estimate(a_plan(own, share, first, beside), a_sale(lines=[a_line(units=2)]))
    assert [(each.component, each.level, each.least_minor, each.most_minor) for each in found.ranges] == [
        ("own", 0, 0, 14),
        ("share", 0, 70, 70),
        ("levels", 1, 1_000, 1_000),
        ("beside", 1, 300, 300),
    ]
