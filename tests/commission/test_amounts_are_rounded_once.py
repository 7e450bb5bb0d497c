"""Amounts are rounded once, where and how the plan says: per line, per unit or per order."""

from collections.abc import Sequence

import pytest
from attrs import evolve
from tests.builders import above, line, paid, per_order, per_unit, percent, plan, sale

from distcore.commission import Accrual, Plan, Sale, SaleLine, Scope, calculate, whole
from distcore.kernel import ComponentId, Rounding

TEN_PERCENT = plan(percent("10%", 1))


def earned(plan: Plan, *lines: SaleLine) -> tuple[Accrual, ...]:
    order: Sale = sale(*lines)
    return calculate(plan, order, whole(order), above("ann"))


def amounts(plan: Plan, *lines: SaleLine) -> Sequence[tuple[str, int]]:
    return [(accrual.line, accrual.amount_minor) for accrual in earned(plan, *lines)]


@pytest.mark.parametrize(
    ("scope", "rounding", "amount_minor"),
    [
        (Scope.LINE, Rounding.HALF_UP, 300),
        (Scope.UNIT, Rounding.HALF_UP, 300),
        (Scope.ORDER, Rounding.HALF_UP, 300),
        (Scope.LINE, Rounding.DOWN, 299),
        (Scope.ORDER, Rounding.DOWN, 299),
        (Scope.UNIT, Rounding.DOWN, 297),
        (Scope.LINE, Rounding.UP, 300),
        (Scope.UNIT, Rounding.HALF_EVEN, 300),
    ],
)
def test_ten_percent_of_three_at_9_99(scope: Scope, rounding: Rounding, amount_minor: int) -> None:
    """9.99 × 10 % × 3 is 3.00 at every scope half-up, 2.99 by line or order and 2.97 by unit downwards."""
    by = evolve(TEN_PERCENT, rounding_scope=scope, rounding=rounding)
    assert paid(earned(by, line("1", 2_997, units=3))) == {"ann": amount_minor}


@pytest.mark.parametrize(
    ("rounding", "amounts_minor"),
    [
        (Rounding.HALF_UP, {5: 1, 15: 2, 25: 3, 14: 1, 16: 2}),
        (Rounding.HALF_EVEN, {5: 0, 15: 2, 25: 2, 14: 1, 16: 2}),
        (Rounding.DOWN, {5: 0, 15: 1, 25: 2, 14: 1, 16: 1}),
        (Rounding.UP, {5: 1, 15: 2, 25: 3, 14: 2, 16: 2}),
    ],
)
def test_a_half_goes_where_the_plan_says(rounding: Rounding, amounts_minor: dict[int, int]) -> None:
    by = evolve(TEN_PERCENT, rounding=rounding)
    rounded = {net: paid(earned(by, line("1", net))).get("ann", 0) for net in amounts_minor}
    assert rounded == amounts_minor


def test_by_line_every_line_is_rounded_by_itself() -> None:
    assert amounts(TEN_PERCENT, line("1", 15), line("2", 15), line("3", 15)) == [("1", 2), ("2", 2), ("3", 2)]


def test_by_order_the_sum_is_rounded_and_split_over_the_lines_by_what_they_would_give() -> None:
    by = evolve(TEN_PERCENT, rounding_scope=Scope.ORDER)
    assert amounts(by, line("1", 15), line("2", 15), line("3", 15)) == [("1", 2), ("2", 2), ("3", 1)]
    assert amounts(by, line("1", 1), line("2", 104)) == [("2", 11)]


def test_by_order_every_rule_and_level_is_rounded_by_itself() -> None:
    by = evolve(plan(percent("10%", 1), percent("5%", 2)), rounding_scope=Scope.ORDER)
    order = sale(line("1", 15), line("2", 16))
    assert paid(calculate(by, order, whole(order), above("ann", "ben"))) == {"ann": 3, "ben": 2}


def test_by_unit_money_is_split_over_the_units_first() -> None:
    """20 cents over 3 units are 7, 7 and 6; a half of each, up, is 4, 4 and 3."""
    by = evolve(plan(percent("50%", 1)), rounding_scope=Scope.UNIT, rounding=Rounding.HALF_UP)
    assert paid(earned(by, line("1", 20, units=3))) == {"ann": 11}


def test_by_unit_money_without_units_counts_as_one_unit() -> None:
    by = evolve(TEN_PERCENT, rounding_scope=Scope.UNIT)
    assert paid(earned(by, line("1", 2_997, units=0))) == {"ann": 300}


@pytest.mark.parametrize("scope", Scope)
def test_a_fixed_amount_per_unit_needs_no_rounding(scope: Scope) -> None:
    by = evolve(plan(per_unit(250, 1)), rounding_scope=scope)
    assert amounts(by, line("1", 999, units=3), line("2", 1, units=0)) == [("1", 750)]


@pytest.mark.parametrize("scope", Scope)
def test_a_fixed_amount_per_order_is_paid_once_and_split_by_net(scope: Scope) -> None:
    by = evolve(plan(per_order(500, 1)), rounding_scope=scope)
    assert amounts(by, line("1", 100), line("2", 300), line("3", 0)) == [("1", 125), ("2", 375)]


def test_a_line_without_net_pays_nothing_not_even_a_fixed_amount() -> None:
    assert amounts(plan(per_unit(250, 1)), line("1", 0, units=3)) == []


def test_the_order_of_a_cart_changes_nobodys_cent() -> None:
    by = evolve(TEN_PERCENT, rounding_scope=Scope.ORDER)
    there, back = (line("1", 15), line("2", 15)), (line("2", 15), line("1", 15))
    assert earned(by, *there) == earned(by, *back)


def test_three_levels_of_10_2_and_1_percent() -> None:
    """The figures that the market shows: of 100.00, level 1 gets 10.00, level 2 2.00 and level 3 1.00."""
    by = plan(percent("10%", 1), percent("2%", 2), percent("1%", 3))
    order = sale(line("1", 10_000))
    assert paid(calculate(by, order, whole(order), above("ann", "ben", "joe", "zoe"))) == {
        "ann": 1_000,
        "ben": 200,
        "joe": 100,
    }


def test_accruals_stand_by_line_then_component_then_upwards() -> None:
    first = evolve(plan(percent("10%", 1, 2)).components[0], id=ComponentId("first"))
    by = evolve(TEN_PERCENT, components=(first, *TEN_PERCENT.components))
    order = sale(line("2", 100), line("1", 100))
    answer = calculate(by, order, whole(order), above("ann", "ben"))
    assert [(each.line, each.component, each.payee) for each in answer] == [
        ("1", "first", "ann"),
        ("1", "first", "ben"),
        ("1", "levels", "ann"),
        ("2", "first", "ann"),
        ("2", "first", "ben"),
        ("2", "levels", "ann"),
    ]
