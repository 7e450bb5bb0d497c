"""What a scope pays never exceeds its budget, and not a cent is lost on the way: a plan says who loses."""

import pytest
from attrs import evolve
from tests.builders import above, line, paid, per_order, per_unit, percent, plan, refund, sale

from distcore.commission import (
    Accrual,
    BudgetCut,
    CategoryIs,
    Lineage,
    Plan,
    SaleLine,
    Scope,
    calculate,
    left_of,
    whole,
)
from distcore.kernel import ComponentId, Rate, Rounding


def within(budget: str, by: Plan, scope: Scope = Scope.LINE) -> Plan:
    return evolve(by, budget=Rate.parse(budget), rounding_scope=scope)


def earned(by: Plan, *lines: SaleLine, lineage: Lineage) -> tuple[Accrual, ...]:
    order = sale(*lines)
    return calculate(by, order, whole(order), lineage)


def test_what_fits_is_not_touched() -> None:
    by = within("15%", plan(percent("10%", 1), percent("5%", 2)))
    assert paid(earned(by, line("1", 999), lineage=above("ann", "ben"))) == {"ann": 100, "ben": 50}


def test_too_much_shrinks_in_proportion_to_the_exact_cent() -> None:
    by = within("10%", plan(percent("10%", 1), percent("5%", 2)))
    assert paid(earned(by, line("1", 10_000), lineage=above("ann", "ben"))) == {"ann": 667, "ben": 333}


def test_a_budget_of_nothing_pays_nothing() -> None:
    by = within("0%", plan(per_unit(100, 1)))
    assert earned(by, line("1", 10_000), lineage=above("ann")) == ()


@pytest.mark.parametrize(("rounding", "amount_minor"), [(Rounding.HALF_UP, 50), (Rounding.DOWN, 49)])
def test_a_budget_is_rounded_as_the_plan_rounds(rounding: Rounding, amount_minor: int) -> None:
    by = evolve(within("5%", plan(per_unit(100, 1))), rounding=rounding)
    assert paid(earned(by, line("1", 999), lineage=above("ann"))) == {"ann": amount_minor}


@pytest.mark.parametrize("scope", [Scope.LINE, Scope.UNIT])
def test_every_line_has_a_budget_of_its_own(scope: Scope) -> None:
    by = within("10%", plan(per_unit(500, 1)), scope)
    answer = earned(by, line("1", 1_000), line("2", 100_000), lineage=above("ann"))
    assert [(each.line, each.amount_minor) for each in answer] == [("1", 100), ("2", 500)]


def test_by_order_the_lines_share_a_budget() -> None:
    by = within("10%", plan(per_unit(500, 1)), Scope.ORDER)
    answer = earned(by, line("1", 1_000), line("2", 100_000), lineage=above("ann"))
    assert [(each.line, each.amount_minor) for each in answer] == [("1", 500), ("2", 500)]


def test_components_share_a_budget() -> None:
    one = plan(percent("10%", 1)).components[0]
    by = within("10%", evolve(plan(percent("10%", 1)), components=(one, evolve(one, id=ComponentId("more")))))
    assert paid(earned(by, line("1", 10_000), lineage=above("ann"))) == {"ann": 1_000}
    assert len(earned(by, line("1", 10_000), lineage=above("ann"))) == 2


def test_a_share_may_rise_after_a_refund_where_parts_share_a_budget() -> None:
    """Fixed 50.00 and 5.00 under an order budget of 20.00: the first line gone, 5.00 has room."""
    rules = per_order(5_000, 1, match=CategoryIs("a")), per_order(500, 1, match=CategoryIs("b"))
    by = within("20%", plan(*rules), Scope.ORDER)
    order = sale(line("1", 5_000, category="a"), line("2", 5_000, category="b"))
    before = calculate(by, order, whole(order), above("ann"))
    assert [(each.line, each.amount_minor) for each in before] == [("1", 1_818), ("2", 182)]
    after = calculate(by, order, left_of(order, [refund(("1", 1, 5_000))]), above("ann"))
    assert [(each.line, each.amount_minor) for each in after] == [("2", 500)]


# From the top


def from_the_top(budget: str, by: Plan, scope: Scope = Scope.LINE) -> Plan:
    return evolve(within(budget, by, scope), budget_cut=BudgetCut.FROM_THE_TOP)


def test_from_the_top_the_lowest_levels_are_paid_first() -> None:
    by = from_the_top("12%", plan(percent("10%", 1), percent("5%", 2), percent("1%", 3)))
    assert paid(earned(by, line("1", 10_000), lineage=above("ann", "ben", "cat"))) == {
        "ann": 1_000,
        "ben": 200,
    }


def test_of_one_level_the_first_component_is_paid_first() -> None:
    one = plan(percent("10%", 1)).components[0]
    two = evolve(one, id=ComponentId("more"))
    by = from_the_top("12%", evolve(plan(percent("10%", 1)), components=(two, one)))
    answer = earned(by, line("1", 10_000), lineage=above("ann"))
    assert [(each.component, each.amount_minor) for each in answer] == [("more", 1_000), (one.id, 200)]


def test_of_an_order_the_lowest_level_of_every_line_is_paid_before_the_next() -> None:
    by = from_the_top("15%", plan(percent("10%", 1), percent("10%", 2)), Scope.ORDER)
    answer = earned(by, line("1", 1_000), line("2", 1_000), lineage=above("ann", "ben"))
    assert [(each.line, each.payee, each.amount_minor) for each in answer] == [
        ("1", "ann", 100),
        ("1", "ben", 100),
        ("2", "ann", 100),
    ]


def test_a_refund_gives_way_to_whoever_was_cut() -> None:
    """Half of the order is left, so is half of the budget; what is asked of it is half as well."""
    by = from_the_top("12%", plan(percent("10%", 1), percent("5%", 2)))
    order = sale(line("1", 10_000, units=2))
    after = calculate(by, order, left_of(order, [refund(("1", 1, 5_000))]), above("ann", "ben"))
    assert paid(after) == {"ann": 500, "ben": 100}
