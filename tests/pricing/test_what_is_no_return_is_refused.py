"""What was not bought does not come back, and what is no return is told with its path."""

from typing import Any

import pytest
from attrs import evolve
from tests.hostile import IDS, NUMBERS, brief

from distcore.kernel import InputError, LineId, Refusal, limits, shown
from distcore.pricing import (
    ReturnedLine,
    ReturnPlan,
    plan_return,
)
from distcore.testing.carts import (
    a_cart,
    goods,
    quoted,
)

FIRST, SECOND = LineId("001"), LineId("002")


@pytest.mark.parametrize(
    ("returning", "code", "facts"),
    [
        ({LineId("9"): 1}, "unknown_line", {"line": "9"}),
        ({FIRST: 3}, "too_many_returned", {"line": FIRST, "bought": "3", "returned": "1"}),
    ],
)
def test_what_was_not_bought_does_not_come_back(
    returning: dict[LineId, int], code: str, facts: dict[str, str]
) -> None:
    found = quoted(a_cart((goods(), 3)))
    one = plan_return(found, {FIRST: 1})
    assert isinstance(one, ReturnPlan)
    refused = plan_return(found, returning, before=[one])
    assert isinstance(refused, Refusal)
    assert (refused.code, {name: str(fact) for name, fact in dict(refused.facts).items()}) == (code, facts)


def wrong(returning: Any, **more: Any) -> list[str]:
    """Return what is wrong with a return of two teas and a cup."""
    found = quoted(a_cart((goods("tea"), 2), goods("cup")))
    with pytest.raises(InputError) as raised:
        plan_return(found, returning, **more)
    return [str(each) for each in raised.value.problems]


@pytest.mark.parametrize("units", [*NUMBERS, 0, limits.UNITS_MAX + 1], ids=brief)
def test_what_is_no_number_of_units_is_refused_with_its_line(units: Any) -> None:
    (problem,) = wrong({FIRST: units})
    assert problem.startswith("returning['001']: ")


def test_units_may_be_as_many_as_a_line_may_have() -> None:
    refused = plan_return(quoted(a_cart(goods())), {FIRST: limits.UNITS_MAX})
    assert isinstance(refused, Refusal)
    assert refused.code == "too_many_returned"


@pytest.mark.parametrize("line", [each for each in IDS if not isinstance(each, list)], ids=brief)
def test_what_is_no_id_of_a_line_is_refused(line: Any) -> None:
    (problem,) = wrong({line: 1})
    assert problem.startswith("returning: ")


@pytest.mark.parametrize("returning", [None, FIRST, [FIRST], {FIRST}, 1], ids=brief)
def test_what_is_no_mapping_is_refused(returning: Any) -> None:
    (problem,) = wrong(returning)
    assert problem.startswith("returning: not a mapping: ")
    assert problem.endswith("(a number of units for each line)")


def test_all_that_is_wrong_is_said_at_once() -> None:
    assert wrong({FIRST: True, SECOND: 1.5}, policy="block", before=None) == [
        "policy: not a member of ReturnPolicy: 'block'",
        "returning['001']: not a whole number: True",
        "returning['002']: not a whole number: 1.5",
        "before: not a list: None (a list, also of one)",
    ]


def test_what_is_no_plan_of_before_is_refused_with_its_path() -> None:
    good = ReturnPlan((ReturnedLine(FIRST, 1, 10_000),))
    lines = (ReturnedLine(FIRST, -1, 0), ReturnedLine(SECOND, 1, 10, 20))
    assert wrong(
        {FIRST: 1}, before=[good, good.lines, evolve(good, points=True), ReturnPlan(lines, points=-1)]
    ) == [
        f"before[1]: not a ReturnPlan: {shown(good.lines)}",
        "before[2].points: not a whole number: True",
        f"before[3].points: out of range: -1 (from 0 to {limits.TOTAL_MINOR_MAX})",
        f"before[3].lines[0].units: out of range: -1 (from 0 to {limits.TOTAL_MINOR_MAX})",
        f"before[3].lines[1].money_minor: out of range: -10 (from 0 to {limits.TOTAL_MINOR_MAX})",
    ]


def test_plans_of_another_order_are_refused() -> None:
    """A line that is not part of the return had more back than it has."""
    other = ReturnPlan((ReturnedLine(SECOND, 2, 10_000),))
    refused = plan_return(quoted(a_cart((goods("tea"), 2), goods("cup"))), {FIRST: 1}, before=[other])
    assert isinstance(refused, Refusal)
    assert (refused.code, dict(refused.facts)) == (
        "too_many_returned",
        {"line": SECOND, "bought": 1, "returned": 2},
    )
