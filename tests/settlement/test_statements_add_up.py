"""Opening + lines − gross = closing; what is above zero and reaches the minimum is due, unless it is held."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders import ACTOR, NOW, month
from tests.settlement.payments import CNY

from distcore.kernel import Actor, MemberId
from distcore.settlement import Closing, LineTotal, SettlementPolicy, Statement, stated

ANN = MemberId("ann")
amounts = st.integers(-(10**12), 10**12) | st.integers(-2_000, 2_000)
minimums = st.integers(0, 2_000)


def statement(
    opening: int, lines: int, minimum: int = 0, *, held: bool = False, count: int = 3, number: int = 7
) -> Statement:
    closing = Closing(number, CNY, month(), 1, NOW, Actor(ACTOR))
    policy = SettlementPolicy(CNY, 1, NOW, minimum_minor=minimum)
    return stated(closing, LineTotal(ANN, lines, count), opening, policy, held=held)


@given(amounts, amounts, minimums, st.booleans())
def test_a_statement_adds_up(opening: int, lines: int, minimum: int, held: bool) -> None:
    found = statement(opening, lines, minimum, held=held)

    assert found.opening_minor + found.lines_minor - found.gross_minor == found.closing_minor
    assert found.gross_minor in (0, opening + lines)
    assert found.gross_minor >= 0
    assert not (found.gross_minor and found.held)


@given(st.lists(amounts, min_size=1, max_size=12), minimums, st.data())
def test_what_one_carries_the_next_opens_with_and_nothing_is_lost(
    lines: list[int], minimum: int, data: st.DataObject
) -> None:
    statements: list[Statement] = []
    for each in lines:
        opening = statements[-1].closing_minor if statements else 0
        statements.append(statement(opening, each, minimum, held=data.draw(st.booleans())))

    assert all(before.closing_minor == after.opening_minor for before, after in pairwise(statements))
    due = sum(each.gross_minor for each in statements)
    assert due + statements[-1].closing_minor == sum(lines)


@pytest.mark.parametrize(
    ("opening", "lines", "gross", "closing"),
    [
        (0, 999, 0, 999),
        (0, 1_000, 1_000, 0),
        (0, 1_001, 1_001, 0),
        (400, 599, 0, 999),
        (400, 600, 1_000, 0),
        (5_000, 0, 5_000, 0),
        (0, 0, 0, 0),
        (-300, 1_299, 0, 999),
        (-300, 1_300, 1_000, 0),
        (1_500, -501, 0, 999),
        (500, -1_500, 0, -1_000),
    ],
)
def test_a_balance_that_reaches_the_minimum_is_paid_whole(
    opening: int, lines: int, gross: int, closing: int
) -> None:
    """Exactly at it pays; below it, and below zero, the balance is carried."""
    found = statement(opening, lines, 1_000)

    assert (found.gross_minor, found.closing_minor, found.held) == (gross, closing, False)


@pytest.mark.parametrize(("balance", "gross"), [(-1, 0), (0, 0), (1, 1)])
def test_without_a_minimum_a_cent_is_paid_and_nothing_is_not(balance: int, gross: int) -> None:
    assert statement(0, balance).gross_minor == gross


@pytest.mark.parametrize(("balance", "held"), [(1_000, True), (999, False), (0, False), (-5, False)])
def test_a_hold_carries_what_would_be_due_and_says_so(balance: int, held: bool) -> None:
    found = statement(balance, 0, 1_000, held=True)

    assert (found.gross_minor, found.closing_minor, found.held) == (0, balance, held)


def test_a_statement_says_what_was_added_up() -> None:
    found = statement(400, 600, 1_000, count=80, number=9)

    assert found == Statement(9, ANN, CNY, 400, 600, 80, gross_minor=1_000, held=False)
