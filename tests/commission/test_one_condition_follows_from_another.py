"""Where one condition follows from another, what meets the one meets the other; if it is excluded, never."""

from datetime import timedelta
from itertools import product
from random import Random

import pytest
from hypothesis import given

from distcore.commission import (
    AllOf,
    AnyOf,
    BrandIn,
    BuyerGroupIn,
    CategoryIs,
    ChannelIn,
    EarnedBefore,
    Lineage,
    Match,
    MonthsSinceFirst,
    NetBetween,
    Not,
    Of,
    OrderNumber,
    PaidBetween,
    RegionIs,
    Sale,
    SkuIn,
    SpentBefore,
    TagIn,
    TierIn,
    UnitsBetween,
)
from distcore.commission.implied import excludes, implies, never_met
from distcore.commission.match import Case, fits
from distcore.testing.worlds import BEGIN, MATCHES, TIERS, drawn, random_lineage, random_match, random_sale

FOOD, FRESH = CategoryIs("food"), CategoryIs("food/fresh")
SOON, LATE = BEGIN + timedelta(1), BEGIN + timedelta(2)


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        (FRESH, FOOD),
        (RegionIs("cn/gd"), RegionIs("cn")),
        (SkuIn(("a",)), SkuIn(("b", "a"))),
        (BrandIn(("a",)), BrandIn(("a", "b"))),
        (TagIn(("a",)), TagIn(("a", "b"))),
        (ChannelIn(("a",)), ChannelIn(("a", "b"))),
        (BuyerGroupIn(("a",)), BuyerGroupIn(("a", "b"))),
        (TierIn(("a",)), TierIn(("a", "b"))),
        (NetBetween(Of.LINE, 1, 2), NetBetween(Of.LINE)),
        (NetBetween(Of.LINE, 1, 2), NetBetween(Of.LINE, 0, 3)),
        (UnitsBetween(Of.LINE, 1), UnitsBetween(Of.LINE, 0)),
        (OrderNumber(2, 3), OrderNumber(1, 3)),
        (MonthsSinceFirst(2, 3), MonthsSinceFirst(2, 4)),
        (SpentBefore(2), SpentBefore(1)),
        (EarnedBefore(2), EarnedBefore(1)),
        (PaidBetween(SOON, LATE), PaidBetween()),
        (PaidBetween(SOON, LATE), PaidBetween(BEGIN, LATE)),
        (PaidBetween(since=SOON), PaidBetween(since=BEGIN)),
        (Not(FOOD), Not(FRESH)),
        (AllOf((FRESH, TierIn(("a",)))), FOOD),
        (FRESH, AnyOf((TierIn(("a",)), FOOD))),
        (AnyOf((FRESH, CategoryIs("food/dry"))), FOOD),
        (FRESH, AllOf((FOOD, FRESH))),
    ],
)
def test_a_wider_condition_follows(narrow: Match, wide: Match) -> None:
    assert implies(narrow, wide)
    assert not implies(wide, narrow) or narrow == wide or isinstance(wide, AllOf)


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        (CategoryIs("foodie"), FOOD),
        (FOOD, RegionIs("food")),
        (NetBetween(Of.LINE, 1, 2), NetBetween(Of.ORDER, 1, 2)),
        (NetBetween(Of.LINE, 1, 2), UnitsBetween(Of.LINE, 1, 2)),
        (NetBetween(Of.LINE, 1), NetBetween(Of.LINE, 1, 2)),
        (NetBetween(Of.LINE, 1, 3), NetBetween(Of.LINE, 1, 2)),
        (OrderNumber(1, 2), FOOD),
        (FOOD, OrderNumber(1, 2)),
        (PaidBetween(), PaidBetween(since=SOON)),
        (PaidBetween(), PaidBetween(until=SOON)),
        (PaidBetween(BEGIN, LATE), PaidBetween(SOON, LATE)),
        (PaidBetween(BEGIN, LATE), PaidBetween(BEGIN, SOON)),
        (Not(FOOD), FRESH),
        (FRESH, Not(CategoryIs("tea"))),
        (AllOf((FOOD, TierIn(("a",)))), FRESH),
        (AnyOf((FRESH, CategoryIs("tea"))), FOOD),
    ],
)
def test_nothing_follows_where_it_is_not_plain(narrow: Match, wide: Match) -> None:
    assert not implies(narrow, wide)


@pytest.mark.parametrize("before", [SpentBefore(1), MonthsSinceFirst(1, 12)])
def test_before_a_first_order_there_is_neither_money_nor_time(before: Match) -> None:
    assert excludes(OrderNumber(1, 2), before)
    assert excludes(before, OrderNumber(1, 2))
    assert never_met(AllOf((before, FOOD, OrderNumber(1, 2))))


@pytest.mark.parametrize("before", [SpentBefore(0, 1), MonthsSinceFirst(0, 1), EarnedBefore(1)])
def test_a_first_order_may_be_of_somebody_who_has_bought_nothing_yet(before: Match) -> None:
    assert not excludes(OrderNumber(1, 2), before)
    assert not excludes(before, OrderNumber(1, 2))


@pytest.mark.parametrize("orders", [OrderNumber(1, 3), OrderNumber(1), OrderNumber(2)])
def test_a_later_order_may_have_something_before(orders: Match) -> None:
    assert not excludes(orders, SpentBefore(1))
    assert not excludes(MonthsSinceFirst(1), orders)


def a_world(random: Random) -> tuple[Match, Match, Sale, Lineage]:
    narrow, wide = (random_match(random) or random.choice(MATCHES) for _ in range(2))
    return narrow, wide, random_sale(random), random_lineage(random)


@given(drawn(a_world))
def test_what_meets_the_narrow_one_meets_the_wide_one(world: tuple[Match, Match, Sale, Lineage]) -> None:
    narrow, wide, sale, lineage = world
    case = Case(sale, lineage.past)
    for one, other in product((narrow, *MATCHES), (wide, *MATCHES)):
        if implies(one, other):
            for line, tier in product(sale.lines, TIERS):
                for earned_minor in (0, 1, 300, 2_500):
                    who = (case, line, tier, earned_minor)
                    assert not fits(one, *who) or fits(other, *who)


@given(drawn(a_world))
def test_what_meets_the_one_never_meets_what_is_excluded(world: tuple[Match, Match, Sale, Lineage]) -> None:
    first, second, sale, lineage = world
    case = Case(sale, lineage.past)
    for one, other in product((first, Not(first), *MATCHES), (second, Not(second), *MATCHES)):
        if excludes(one, other) or never_met(AllOf((one, other))):
            for line, tier in product(sale.lines, TIERS):
                for earned_minor in (0, 1, 300, 2_500):
                    who = (case, line, tier, earned_minor)
                    assert not (fits(one, *who) and fits(other, *who))
