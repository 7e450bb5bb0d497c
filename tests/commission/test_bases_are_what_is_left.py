"""What a percentage is taken of: from the original each time, by what is left, and never below zero."""

from typing import Any

import pytest
from attrs import evolve
from tests.builders import LEVELS, above, line, percent, plan, price, refund, sale, seat

from distcore.commission import (
    Base,
    LevelBelow,
    ListPrice,
    Margin,
    Net,
    Plan,
    Residual,
    SaleLine,
    Unqualified,
    base_refusal,
    calculate,
    left_of,
    whole,
)
from distcore.kernel import LineId, Rounding

GOODS = evolve(line("1", 9_000, units=3), list_minor=12_000, cost_minor=5_000, tax_minor=1_170)


def of(base: Base, *rates: str) -> Plan:
    rules = [percent(rate, level, id=f"{level}") for level, rate in enumerate(rates or ["10%"], 1)]
    return plan(*rules, upline=evolve(LEVELS, base=base))


def amounts(by: Plan, goods: SaleLine = GOODS, back: tuple[int, int] | None = None) -> list[int]:
    order = sale(goods)
    left = whole(order) if back is None else left_of(order, [refund(("1", *back))])
    return [each.amount_minor for each in calculate(by, order, left, above("ann", "ben", "cai"))]


@pytest.mark.parametrize(
    ("base", "whole_minor", "two_left_minor", "money_back_minor"),
    [
        (Net(), 900, 600, 800),
        (Net(with_tax=True), 1_017, 678, 904),
        (ListPrice(), 1_200, 800, 1_200),
        (Margin(), 400, 267, 300),
    ],
)
def test_a_base_follows_units_or_money(
    base: Base, whole_minor: int, two_left_minor: int, money_back_minor: int
) -> None:
    """List and cost go by units, tax by net; a refund of money alone lowers the net alone."""
    assert amounts(of(base)) == [whole_minor]
    assert amounts(of(base), back=(1, 3_000)) == [two_left_minor]
    assert amounts(of(base), back=(0, 1_000)) == [money_back_minor]


def test_a_line_that_was_sold_for_nothing_has_no_tax_in_proportion_to_another_price() -> None:
    order = sale(evolve(GOODS, net_minor=0, tax_minor=7))
    left = left_of(order, [price("p1", {"1": 1_000})])
    (accrual,) = calculate(of(Net(with_tax=True)), order, left, above("ann"))
    assert accrual.amount_minor == 100


def test_list_and_cost_stay_and_tax_follows_another_price() -> None:
    order = sale(GOODS)
    left = left_of(order, [price("p1", {"1": 18_000})])
    bases = (Net(with_tax=True), ListPrice(), Margin())
    earned = [calculate(of(base), order, left, above("ann"))[0].amount_minor for base in bases]
    assert earned == [2_034, 1_200, 1_300]


def test_a_margin_is_never_below_zero() -> None:
    assert amounts(of(Margin()), evolve(GOODS, cost_minor=9_001)) == []


def test_a_line_without_units_is_one_unit() -> None:
    thing = evolve(GOODS, units=0)
    assert amounts(of(ListPrice()), thing, back=(0, 4_000)) == [1_200]
    assert amounts(of(Margin()), thing, back=(0, 1_000)) == [300]


def test_a_part_of_a_price_is_rounded_as_the_plan_says() -> None:
    goods = evolve(GOODS, list_minor=100)
    assert amounts(of(ListPrice(), "100%"), goods, back=(1, 1)) == [67]
    assert amounts(evolve(of(ListPrice(), "100%"), rounding=Rounding.DOWN), goods, back=(1, 1)) == [66]


def test_residual_is_what_the_levels_below_leave() -> None:
    assert amounts(of(Residual(), "10%", "10%", "10%")) == [900, 810, 729]
    assert amounts(of(Residual(), "100%", "50%", "50%")) == [9_000]


def test_residual_is_never_below_zero() -> None:
    by = of(Residual(), "100%", "100%")
    order = sale(GOODS)
    left = left_of(order, [refund(("1", 3, 8_999))])
    assert [each.amount_minor for each in calculate(by, order, left, above("ann", "ben"))] == [1]


def test_a_level_may_be_paid_a_share_of_the_level_below() -> None:
    assert amounts(of(LevelBelow(), "10%", "50%", "50%")) == [900, 450, 225]


def test_a_share_of_a_level_that_nobody_is_paid_for_is_nothing() -> None:
    by = plan(
        *(percent("50%", level, id=f"{level}") for level in (1, 2, 3)),
        upline=evolve(LEVELS, base=LevelBelow(), qualified_tiers=("",), unqualified=Unqualified.LOST),
    )
    order = sale(GOODS)
    lineage = above("ann", seat("ben", tier="unknown"), "cai")
    assert [each.amount_minor for each in calculate(by, order, whole(order), lineage)] == [4_500]


@pytest.mark.parametrize(
    ("base", "what"), [(Net(with_tax=True), "tax"), (ListPrice(), "list"), (Margin(), "cost")]
)
def test_a_plan_can_t_calculate_what_a_line_does_not_say(base: Base, what: str) -> None:
    assert base_refusal(of(base), sale(GOODS)) is None
    nothing: Any = {f"{what}_minor": None}
    refusal = base_refusal(of(base), sale(evolve(GOODS, id=LineId("0")), evolve(GOODS, **nothing)))
    assert refusal is not None
    assert dict(refusal.facts) == {"sale": "order 1", "line": "1", "what": what, "component": "levels"}


@pytest.mark.parametrize("base", [Net(), LevelBelow(), Residual()])
def test_the_net_is_always_known(base: Base) -> None:
    lacking = evolve(GOODS, list_minor=None, cost_minor=None, tax_minor=None)
    assert base_refusal(of(base), sale(lacking)) is None
