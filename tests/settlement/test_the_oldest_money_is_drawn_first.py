"""A payment comes out of payable amounts, the oldest first, and every cent of it is found again."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distcore.settlement import drawn

minors = st.lists(st.integers(0, 100) | st.integers(0, 10**15), max_size=10)


@pytest.mark.parametrize(
    ("payable", "paid", "parts"),
    [
        ([], [], []),
        ([100], [], []),
        ([100], [100], [(0, 0, 100)]),
        ([100], [60, 40], [(0, 0, 60), (1, 0, 40)]),
        ([60, 40], [100], [(0, 0, 60), (0, 1, 40)]),
        ([60, 40], [50, 20], [(0, 0, 50), (1, 0, 10), (1, 1, 10)]),
        ([0, 60, 0, 40], [0, 60, 40], [(1, 1, 60), (2, 3, 40)]),
    ],
)
def test_by_example(payable: list[int], paid: list[int], parts: list[tuple[int, int, int]]) -> None:
    assert drawn(payable, paid) == parts


def cut(total: int, weights: Sequence[int]) -> list[int]:
    """Return amounts that add up to no more than a total."""
    found = []
    for weight in weights:
        found.append(min(total, weight))
        total -= found[-1]
    return found


@given(minors, minors)
def test_what_is_drawn_adds_up_on_both_sides_and_in_order(payable: list[int], weights: list[int]) -> None:
    paid = cut(sum(payable), weights)

    parts = drawn(payable, paid)

    by_payment: Counter[int] = Counter()
    by_source: Counter[int] = Counter()
    for payment, source, amount in parts:
        assert amount > 0
        by_payment[payment] += amount
        by_source[source] += amount
    assert [by_payment[place] for place in range(len(paid))] == paid
    assert all(by_source[place] <= amount for place, amount in enumerate(payable))
    assert all(before[:2] < after[:2] and before[1] <= after[1] for before, after in pairwise(parts))
    last = max(by_source, default=-1)
    assert all(by_source[place] == payable[place] for place in range(last)), "older money is left"


def test_no_more_is_drawn_than_there_is() -> None:
    with pytest.raises(AssertionError, match="no more is paid than is payable"):
        drawn([60, 40], [101])
