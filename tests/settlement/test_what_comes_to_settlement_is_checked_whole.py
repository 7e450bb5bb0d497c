"""Adjustments, opening balances and holds: everything that is wrong is said at once, each with its place."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from attrs import evolve
from tests.builders import NOW
from tests.settlement.payments import CNY

from distcore.kernel import Actor, InputError, MemberId, Problem, limits
from distcore.settlement import (
    Adjustment,
    Hold,
    HoldOn,
    Opening,
    adjustment_problems,
    hold_problems,
    opening_problems,
)

ADJUSTMENT = Adjustment("a1", MemberId("ann"), CNY, -500, "a broken cup", Actor("boss"), NOW)
OPENING = Opening("o1", MemberId("ann"), CNY, 900, "old mall, balances.xlsx, row 7", NOW)
HOLD = Hold(HoldOn.PAYEE, "ann", "who is ann?")
TOO_LONG = "x" * (limits.TEXT_LENGTH_MAX + 1)
MOST = limits.AMOUNT_MINOR_MAX

ADJUSTMENTS = (ADJUSTMENT, adjustment_problems)
OPENINGS = (OPENING, opening_problems)
HOLDS = (HOLD, hold_problems)
Checked = tuple[Any, Callable[[Any], tuple[Problem, ...]]]


def places(checked: Checked, **changes: Any) -> list[str]:
    value, problems_of = checked
    return [problem.where for problem in problems_of(evolve(value, **changes))]


@pytest.mark.parametrize(
    ("checked", "changes"),
    [
        (ADJUSTMENTS, {}),
        (ADJUSTMENTS, {"amount_minor": MOST, "reason": "x" * limits.TEXT_LENGTH_MAX}),
        (ADJUSTMENTS, {"amount_minor": -MOST}),
        (ADJUSTMENTS, {"currency": "POINT"}),
        (OPENINGS, {}),
        (OPENINGS, {"amount_minor": -1, "frozen_until": NOW}),
        (HOLDS, {}),
        (HOLDS, {"on": HoldOn.SALE, "ref": "order 1"}),
    ],
)
def test_what_is_possible_has_no_problem(checked: Checked, changes: dict[str, Any]) -> None:
    assert places(checked, **changes) == []


@pytest.mark.parametrize(
    ("checked", "changes", "expected"),
    [
        (ADJUSTMENTS, {"id": ""}, ["id"]),
        (ADJUSTMENTS, {"payee": " "}, ["payee"]),
        (ADJUSTMENTS, {"currency": "RMB"}, ["currency"]),
        (ADJUSTMENTS, {"amount_minor": 0}, ["amount_minor"]),
        (OPENINGS, {"currency": "POINT"}, ["currency"]),
        (ADJUSTMENTS, {"amount_minor": MOST + 1}, ["amount_minor"]),
        (ADJUSTMENTS, {"amount_minor": -MOST - 1}, ["amount_minor"]),
        (ADJUSTMENTS, {"reason": ""}, ["reason"]),
        (ADJUSTMENTS, {"reason": " \u3000"}, ["reason"]),
        (ADJUSTMENTS, {"reason": TOO_LONG}, ["reason"]),
        (ADJUSTMENTS, {"reason": "\n"}, ["reason", "reason"]),
        (ADJUSTMENTS, {"authority": ""}, ["authority"]),
        (
            ADJUSTMENTS,
            {"id": "", "payee": "", "currency": "", "amount_minor": 0, "reason": "", "authority": ""},
            ["id", "payee", "currency", "amount_minor", "reason", "authority"],
        ),
        (OPENINGS, {"id": "\ud800"}, ["id"]),
        (OPENINGS, {"payee": "x" * (limits.ID_LENGTH_MAX + 1)}, ["payee"]),
        (OPENINGS, {"currency": "cny"}, ["currency"]),
        (OPENINGS, {"amount_minor": 0}, ["amount_minor"]),
        (OPENINGS, {"provenance": ""}, ["provenance"]),
        (
            OPENINGS,
            {"id": "", "payee": "", "currency": "", "amount_minor": 0, "provenance": " "},
            ["id", "payee", "currency", "amount_minor", "provenance"],
        ),
        (HOLDS, {"ref": ""}, ["ref"]),
        (HOLDS, {"reason": ""}, ["reason"]),
        (HOLDS, {"ref": "a\tb", "reason": "a\x7fb"}, ["ref", "reason"]),
    ],
)
def test_what_is_impossible_has_a_place(
    checked: Checked, changes: dict[str, Any], expected: list[str]
) -> None:
    assert places(checked, **changes) == expected


@pytest.mark.parametrize(
    ("checked", "changes", "expected"),
    [
        (ADJUSTMENTS, {"amount_minor": True}, ["amount_minor"]),
        (ADJUSTMENTS, {"amount_minor": 5.0, "reason": None}, ["amount_minor", "reason"]),
        (ADJUSTMENTS, {"id": 1, "authority": b"boss"}, ["id", "authority"]),
        (OPENINGS, {"amount_minor": "900"}, ["amount_minor"]),
        (OPENINGS, {"provenance": ("a", "b")}, ["provenance"]),
        (HOLDS, {"on": "payee"}, ["on"]),
        (HOLDS, {"ref": 1, "reason": 2}, ["ref", "reason"]),
    ],
)
def test_what_is_made_of_something_else_is_said_first(
    checked: Checked, changes: dict[str, Any], expected: list[str]
) -> None:
    others = {"id": ""} if "on" not in changes and checked is not HOLDS else {}

    assert places(checked, **(others | changes)) == expected


@pytest.mark.parametrize(
    "make",
    [
        lambda instant: evolve(ADJUSTMENT, valid_at=instant),
        lambda instant: evolve(OPENING, valid_at=instant),
        lambda instant: evolve(OPENING, frozen_until=instant),
    ],
)
def test_an_instant_without_a_zone_is_none(make: Callable[[datetime], object]) -> None:
    with pytest.raises(InputError, match=r"valid_at|frozen_until"):
        make(NOW.replace(tzinfo=None))
