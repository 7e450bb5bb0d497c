"""A condition is tested on the sale as it was sold: its lines, its order, and who would earn."""

import pytest
from attrs import evolve
from tests.builders import above, day, line, percent, plan, refund, sale, seat

from distcore.commission import (
    AllOf,
    AnyOf,
    BrandIn,
    BuyerGroupIn,
    CategoryIs,
    ChannelIn,
    Lineage,
    Match,
    NetBetween,
    Not,
    Of,
    PaidBetween,
    RegionIs,
    SkuIn,
    TagIn,
    TierIn,
    UnitsBetween,
    calculate,
    left_of,
    whole,
)

TEA = evolve(line("1", 3_000, units=3, sku="tea", category="food/fresh"), brand="Leaf", tags=("new", "green"))
CUP = line("2", 7_000, units=1, sku="cup")
ORDER = evolve(
    sale(TEA, CUP, paid_at=day(5)), region="cn/gd/sz", channel="app", buyer_group="vip", promoter=None
)
GOLD = above(seat("ann", tier="gold"))
BOTH, NEITHER = ["1", "2"], list[str]()


def lines_paid(match: Match, lineage: Lineage = GOLD) -> list[str]:
    by = plan(percent("10%", 1, match=match))
    return [accrual.line for accrual in calculate(by, ORDER, whole(ORDER), lineage)]


@pytest.mark.parametrize(
    ("match", "lines"),
    [
        (CategoryIs("food"), ["1"]),
        (CategoryIs("food/fresh"), ["1"]),
        (CategoryIs("foo"), NEITHER),
        (SkuIn(("cup", "saucer")), ["2"]),
        (BrandIn(("Leaf",)), ["1"]),
        (BrandIn(("leaf",)), NEITHER),
        (BrandIn(("",)), ["2"]),
        (TagIn(("green", "old")), ["1"]),
        (TagIn(("old",)), NEITHER),
        (ChannelIn(("app",)), BOTH),
        (ChannelIn(("web", "")), NEITHER),
        (RegionIs("cn/gd"), BOTH),
        (RegionIs("cn/g"), NEITHER),
        (RegionIs("cn/gd/sz/ns"), NEITHER),
        (BuyerGroupIn(("staff", "vip")), BOTH),
        (BuyerGroupIn(("staff",)), NEITHER),
        (TierIn(("gold",)), BOTH),
        (TierIn(("silver", "")), NEITHER),
        (NetBetween(least_minor=3_000), BOTH),
        (NetBetween(least_minor=3_001), ["2"]),
        (NetBetween(below_minor=7_000), ["1"]),
        (NetBetween(below_minor=7_001), BOTH),
        (NetBetween(Of.ORDER, 10_000), BOTH),
        (NetBetween(Of.ORDER, 10_001), NEITHER),
        (NetBetween(Of.ORDER, 0, 10_000), NEITHER),
        (UnitsBetween(least=2), ["1"]),
        (UnitsBetween(below=3), ["2"]),
        (UnitsBetween(Of.ORDER, 4, 5), BOTH),
        (UnitsBetween(Of.ORDER, 5), NEITHER),
        (PaidBetween(), BOTH),
        (PaidBetween(since=day(5)), BOTH),
        (PaidBetween(since=day(5, 1)), NEITHER),
        (PaidBetween(until=day(5)), NEITHER),
        (PaidBetween(day(4), day(6)), BOTH),
        (AllOf((CategoryIs("food"), ChannelIn(("app",)))), ["1"]),
        (AllOf((CategoryIs("food"), ChannelIn(("web",)))), NEITHER),
        (AnyOf((CategoryIs("food"), SkuIn(("cup",)))), BOTH),
        (AnyOf((CategoryIs("drink"), SkuIn(("cup",)))), ["2"]),
        (Not(CategoryIs("food")), ["2"]),
        (Not(AnyOf((Not(ChannelIn(("app",))), SkuIn(("tea",))))), ["2"]),
    ],
    ids=str,
)
def test_a_condition_is_for_these_lines(match: Match, lines: list[str]) -> None:
    assert lines_paid(match) == lines


def test_whoever_has_no_tier_has_the_empty_one() -> None:
    assert lines_paid(TierIn(("",)), above("ann")) == BOTH


def test_a_refund_changes_nothing_about_a_condition() -> None:
    """Two of three teas go back, and 20.00: the rule for three teas and 30.00 pays what is left."""
    by = plan(
        percent("10%", 1, match=AllOf((UnitsBetween(least=3), NetBetween(least_minor=3_000)))),
        percent("1%", 1),
    )
    left = left_of(ORDER, [refund(("1", 2, 2_000), refunded_at=day(6))])
    assert [each.amount_minor for each in calculate(by, ORDER, left, GOLD)] == [100, 70]


def test_the_first_rule_that_fits_wins_and_conditions_of_others_are_not_asked() -> None:
    by = plan(percent("10%", 1, match=TagIn(("new",))), percent("5%", 1, match=Not(TagIn(("new",)))))
    assert [(each.line, each.rule) for each in calculate(by, ORDER, whole(ORDER), GOLD)] == [
        ("1", "10%"),
        ("2", "5%"),
    ]
