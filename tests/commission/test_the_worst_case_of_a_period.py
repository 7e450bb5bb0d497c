"""What bounds a component of a period, worked by hand."""

import pytest
from attrs import evolve
from tests.builders import per_unit, percent, plan
from tests.commission.periods import LADDER, brackets, rate

from distcore.commission import (
    AllOf,
    Bound,
    ByPoints,
    ByTier,
    ByVolume,
    Cap,
    Component,
    Custom,
    Differential,
    EarnedBefore,
    FirstOrder,
    How,
    Ladder,
    Matching,
    NetBetween,
    NoBound,
    Of,
    Per,
    PeriodBoundless,
    PeriodComponent,
    Plan,
    Pool,
    PromoterShare,
    Region,
    RegionSharing,
    Rule,
    SelfPurchase,
    Subtract,
    TierWeight,
    Unbounded,
    Upline,
    Volume,
    Witness,
    worst_case,
    worst_doubts,
)
from distcore.kernel import PPM, CapId, ComponentId

TEAMS = Ladder(LADDER, brackets(_0="1%", _100="7%"), Volume.TEAM)
OWN = evolve(TEAMS, volume=Volume.OWN)
POOL = Pool(ComponentId("pool"), rate("2%"), ByVolume())
MATCH = Matching(ComponentId("match"), (ComponentId("levels"), POOL.id), (rate("50%"), rate("10%")))
ABOVE, MATCHED = PeriodBoundless.EVERYBODY_ABOVE, PeriodBoundless.WHAT_IS_MATCHED


def bounds(*components: PeriodComponent) -> dict[str, tuple[int | None, bool, PeriodBoundless | None]]:
    found = worst_case(evolve(plan(percent("10%", 1)), period_components=components)).periods
    return {each.component: (each.ppm, each.is_budget, each.why) for each in found}


@pytest.mark.parametrize(
    ("ladder", "expected"),
    [
        (evolve(TEAMS, volume=Volume.OWN), (70_000, False, None)),
        (evolve(TEAMS, subtract_legs=True), (70_000, False, None)),
        (TEAMS, (None, False, ABOVE)),
        (evolve(TEAMS, volume=Volume.BALANCED), (None, False, ABOVE)),
        (evolve(TEAMS, budget=rate("5%")), (50_000, True, None)),
        (evolve(TEAMS, subtract_legs=True, budget=rate("8%")), (70_000, False, None)),
        (evolve(TEAMS, brackets=brackets(_0="0%")), (0, False, None)),
        (evolve(OWN, brackets=brackets(_0="1%", _100="9%", _200="1%")), (50_000, False, None)),
        (evolve(OWN, brackets=brackets(_0="9%", _1="1%", _50="2%")), (90_000, False, None)),
        (evolve(OWN, brackets=brackets(_0="1%", _3="2%", _7="1%")), (15_715, False, None)),
        (evolve(OWN, how=How.WHOLE, brackets=brackets(_0="9%", _1="1%", _50="2%")), (20_000, False, None)),
        (evolve(OWN, how=How.WHOLE, brackets=brackets(_0="9%", _2="1%")), (90_000, False, None)),
        (evolve(OWN, how=How.WHOLE, brackets=brackets(_0="9%")), (90_000, False, None)),
        (evolve(OWN, how=How.STEPWISE, brackets=brackets(_0="9%", _1="1%")), (90_000, False, None)),
    ],
)
def test_a_ladder(ladder: Ladder, expected: tuple[int | None, bool, PeriodBoundless | None]) -> None:
    assert bounds(ladder) == {"ladder": expected}


def test_a_pool_and_what_matches_it() -> None:
    """60 % of the 10 % of the lines and of the 2 % of the pool."""
    assert bounds(POOL, MATCH) == {"pool": (20_000, True, None), "match": (72_000, False, None)}
    nothing = evolve(MATCH, rates=(rate("0%"),))
    assert bounds(POOL, nothing)["match"] == (0, False, None)


def test_whatever_weighs_a_pool_is_bounded_by_its_share() -> None:
    by_points = evolve(POOL, weights=ByPoints())
    assert bounds(by_points, MATCH) == bounds(POOL, MATCH)


def test_what_has_no_bound_is_matched_without_one() -> None:
    of_teams = evolve(MATCH, of=(LADDER,))
    assert bounds(TEAMS, of_teams)["match"] == (None, False, MATCHED)
    assert bounds(TEAMS, evolve(of_teams, budget=rate("3%")))["match"] == (30_000, True, None)
    fixed = evolve(plan(per_unit(5, 1)), period_components=(evolve(MATCH, of=(ComponentId("levels"),)),))
    (bound,) = worst_case(fixed).periods
    assert (bound.ppm, bound.why, bound.is_exact) == (None, MATCHED, False)
    assert bound.shown_ppm > PPM, "who is paid by the unit, of many, is paid more than all of it"
    assert worst_case(plan(percent("10%", 1))).periods == ()


def exactly(lines: Plan, *components: PeriodComponent) -> tuple[tuple[int, bool], list[bool]]:
    """Return the bound of a period, whether it is exact, and whether those of its components are."""
    worst = worst_case(evolve(lines, period_components=components))
    assert isinstance(worst.period, Bound)
    return (worst.period.ppm, worst.period.is_exact), [each.is_exact for each in worst.periods]


def levels(id: str, *rules: Rule) -> Upline:
    return Upline(ComponentId(id), rules)


SMALL = levels("small", percent("1%", 1))
OF_SMALL = Matching(ComponentId("match"), (SMALL.id,), (rate("100%"),))


def test_only_what_is_matched_counts() -> None:
    big, fixed = levels("big", percent("30%", 1)), levels("fixed", per_unit(5, 1))
    beside = evolve(plan(), components=(SMALL, big))
    assert exactly(beside, OF_SMALL) == ((320_000, True), [True])
    worst = worst_case(evolve(plan(), components=(SMALL, fixed), period_components=(OF_SMALL,)))
    assert (worst.periods[0].ppm, worst.periods[0].is_exact) == (10_000, True)
    assert isinstance(worst.period, Unbounded)
    assert worst.period == worst.orders
    of_all = evolve(OF_SMALL, of=(SMALL.id, big.id))
    assert exactly(beside, of_all) == ((620_000, True), [True])


@pytest.mark.parametrize(
    "earning",
    [
        PromoterShare(SMALL.id, (percent("3%"),)),
        Region(SMALL.id, (percent("2%", 1), percent("1%", 2)), RegionSharing.SHARED),
        SelfPurchase(SMALL.id, (percent("3%"),)),
    ],
)
def test_whoever_earns_somebody_stands_above(earning: Component) -> None:
    twice = evolve(OF_SMALL, rates=(rate("100%"), rate("50%")), qualified_tiers=("gold",))
    assert exactly(evolve(plan(), components=(earning,)), twice) == ((75_000, True), [True])


def test_what_subtracts_all_that_is_paid_is_matched_as_all_is() -> None:
    takes = Differential(ComponentId("takes"), (percent("20%"),), Subtract.ALL_PAID)
    beside = evolve(plan(), components=(SMALL, takes))
    assert exactly(beside, evolve(OF_SMALL, of=(takes.id,))) == ((400_000, False), [False]), "it pays 19 %"


TEN = plan(percent("10%", 1))


def test_a_period_is_what_its_orders_and_its_components_pay() -> None:
    """10 % of the lines, 2 % of the pool, and 60 % of both."""
    assert exactly(TEN, POOL, MATCH) == ((192_000, True), [True, True])
    worst = worst_case(evolve(TEN, period_components=(POOL, MATCH)))
    assert isinstance(worst.orders, Bound)
    assert worst.orders.ppm == 100_000
    assert worst_case(TEN).period is not None
    ladder = evolve(TEAMS, subtract_legs=True)
    assert exactly(TEN, ladder) == ((170_000, True), [True])
    assert exactly(plan(percent("0%", 1)), evolve(TEAMS, brackets=brackets(_0="0%"), subtract_legs=True)) == (
        (0, True),
        [True],
    )


@pytest.mark.parametrize(
    ("component", "is_exact"),
    [
        (evolve(TEAMS, volume=Volume.OWN), True),
        (evolve(TEAMS, volume=Volume.OWN, qualified_tiers=("gold",)), True),
        (evolve(TEAMS, volume=Volume.OWN, own_least_minor=10_000), True),
        (evolve(TEAMS, volume=Volume.OWN, how=How.WHOLE, brackets=brackets(_0="5%", _1000000="1%")), True),
        (evolve(TEAMS, volume=Volume.OWN, brackets=brackets(_0="1%", _10000="9%", _20000="1%")), True),
        (evolve(TEAMS, volume=Volume.OWN, how=How.STEPWISE), True),
        (evolve(TEAMS, subtract_legs=True, how=How.STEPWISE), True),
        (evolve(TEAMS, budget=rate("50%")), True),
        (evolve(TEAMS, brackets=brackets(_0="0.01%"), budget=rate("50%")), False),
        (evolve(TEAMS, volume=Volume.BALANCED, budget=rate("50%")), False),
        (evolve(TEAMS, volume=Volume.OWN, how=How.STEPWISE, brackets=brackets(_0="9%", _100="1%")), True),
        (evolve(POOL, weights=ByPoints()), True),
        (evolve(POOL, weights=ByPoints(), qualified_tiers=("gold",)), True),
        (evolve(POOL, weights=ByTier((TierWeight("gold", 1), TierWeight("silver", 0)))), True),
        (evolve(POOL, own_least_minor=10**13), True),
        (evolve(MATCH, of=(ComponentId("levels"),), qualified_tiers=("gold",)), True),
        (evolve(MATCH, of=(ComponentId("levels"),), own_least_minor=1), True),
        (evolve(MATCH, of=(ComponentId("levels"),), budget=rate("1%")), True),
    ],
)
def test_a_bound_is_exact_where_a_period_shows_it(component: PeriodComponent, is_exact: bool) -> None:
    worst = worst_case(evolve(TEN, period_components=(component,)))
    (bound,) = worst.periods
    assert (bound.is_exact, bound.witness is not None) == (is_exact, True)
    assert bound.ppm is not None
    assert (100 * bound.shown_ppm >= 99 * bound.ppm) == is_exact


@pytest.mark.parametrize(
    ("component", "shown_ppm"),
    [
        (evolve(TEAMS, brackets=brackets(_0="0.01%"), budget=rate("50%")), 10_300),
        (evolve(TEAMS, volume=Volume.BALANCED, brackets=brackets(_0="3%"), budget=rate("50%")), 30_000),
    ],
)
def test_what_was_shown_is_told_where_it_is_not_all(component: PeriodComponent, shown_ppm: int) -> None:
    """Of a buyer, two above and a hundred more, and of one order where a team needs two."""
    (bound,) = worst_case(evolve(TEN, period_components=(component,))).periods
    assert (bound.ppm, bound.shown_ppm, bound.is_exact) == (500_000, shown_ppm, False)


def test_a_buyer_who_is_terminated_has_no_part_in_it() -> None:
    """The orders want the buyer to be terminated, and a pool by own volume a member: not shown together."""
    rules = (percent("10%", 1, tiers=["gold"]), percent("10.0%", 2, tiers=["silver"]))
    own = Upline(ComponentId("own"), rules, buyer_is_level_1=True)
    lines = evolve(plan(), components=(own, levels("up", *rules)))
    assert exactly(lines, POOL) == ((420_000, False), [True])
    assert exactly(lines, evolve(POOL, weights=ByVolume(Volume.TEAM))) == ((420_000, True), [True])


def test_a_period_that_no_store_holds_shows_nothing() -> None:
    """Where the last bracket begins lines are paid more than an order may be; below it there are no 9 %."""
    ladder = evolve(
        TEAMS, volume=Volume.OWN, how=How.WHOLE, brackets=brackets(_0="1%", _1000000000000000="9%")
    )
    twice = plan(percent("60%", 1, 2))
    assert exactly(twice, ladder) == ((1_290_000, False), [False])
    assert exactly(TEN, ladder) == ((190_000, True), [True])


def test_of_a_formula_that_is_matched_nothing_is_shown() -> None:
    lines = evolve(plan(), components=(SMALL, Custom(ComponentId("own"), "own", 1)), budget=rate("20%"))
    assert exactly(lines, evolve(OF_SMALL, of=(ComponentId("own"),))) == ((400_000, False), [False])


def test_what_has_no_bound_in_a_period_is_named() -> None:
    worst = worst_case(evolve(TEN, period_components=(TEAMS,)))
    assert isinstance(worst.orders, Bound)
    assert worst.period == Unbounded((NoBound(ABOVE, LADDER),), False, None)
    (doubt,) = worst_doubts(evolve(TEN, period_components=(TEAMS,)), worst)
    assert doubt.where == "$.period_components[0]"


def test_a_period_of_much_more_than_is_sold_is_doubtful() -> None:
    by = evolve(
        TEN, period_components=(POOL, evolve(MATCH, of=(ComponentId("levels"),), rates=(rate("100%"),) * 9))
    )
    (doubt,) = worst_doubts(by, worst_case(by))
    assert (doubt.where, doubt.message) == ("$.components", "a period may be paid 102% of what it sells for")


def shown(lines: Plan, *components: PeriodComponent) -> Witness:
    """Return what shows the first bound."""
    witness = worst_case(evolve(lines, period_components=components)).periods[0].witness
    assert witness is not None
    return witness


STEPWISE = evolve(TEAMS, how=How.STEPWISE, subtract_legs=True)


def test_a_small_order_before_reaches_the_rate() -> None:
    """The buyer bought once more, and what a first order has is gone."""
    first = FirstOrder(ComponentId("first"), (percent("5%"),))
    lines = evolve(plan(), components=(first,))
    witness = shown(lines, STEPWISE)
    assert [(each.buyer, each.net_minor) for each in witness.before] == [(witness.lineage.buyer, 100)]
    assert witness.accruals == ()
    assert witness.net_minor == witness.sale.net_minor + 100
    assert shown(lines, OWN).accruals != ()


def test_no_small_order_changes_what_an_earner_had_earned() -> None:
    """Nor what a cap leaves: only if nothing is paid for it."""
    nothing, large = EarnedBefore(0, 1), NetBetween(Of.ORDER, 10**6)
    of_large = plan(percent("10%", 1, match=AllOf((nothing, large))))
    capped = evolve(plan(percent("10%", 1)), caps=(Cap(CapId("cap"), 10**15, Per.EARNER),))
    for lines in (plan(percent("10%", 1, match=nothing)), capped):
        assert exactly(lines, STEPWISE)[1] == [False]
    for lines in (of_large, evolve(capped, components=(levels("up", percent("10%", 1, match=large)),))):
        assert exactly(lines, STEPWISE)[1] == [True]


def test_whoever_must_buy_to_qualify_buys() -> None:
    lines = plan(percent("10%", 1))
    witness = shown(lines, evolve(MATCH, of=(ComponentId("levels"),), own_least_minor=500))
    assert {each.net_minor for each in witness.after} == {500}
    assert len({each.buyer for each in witness.after}) == len(witness.after) > 1


def test_those_hold_points_who_have_a_part_of_what_is_split_by_them() -> None:
    by_points = evolve(POOL, weights=ByPoints(), qualified_tiers=("gold",))
    by_silver = evolve(by_points, id=ComponentId("silver"), qualified_tiers=("silver",))
    assert shown(TEN, by_points).points
    assert not shown(TEN, POOL).points
    assert exactly(TEN, by_points, by_silver) == ((140_000, False), [True, True])
