"""M13: one cent more of income is at most one cent more of tax, also across an edge of a table.

A wrong quick deduction would show here: the tables give the tax on all of an amount by the rate of its
bracket, and only the quick deductions make the pieces meet.
"""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from tests.settlement.payments import LABOUR, PLATFORM, grosses

from distcore.settlement import (
    LABOUR_LAWS,
    NOTHING_SO_FAR,
    PLATFORM_LAWS,
    Bracket,
    Law,
    Withholding,
    withheld_minor,
)

LAWS: Sequence[Law] = (*LABOUR_LAWS, *PLATFORM_LAWS)
LABOUR_EDGES = [80_000, 400_000, 2_500_000, 6_250_000]
"""800 and 4,000 of the payment; 20,000 and 50,000 of what 20 % less leaves of it."""
PLATFORM_EDGES = [(left + 5_000) * 125 for left in (0, 36_000, 144_000, 300_000, 420_000, 660_000, 960_000)]
"""The gross of one month whose 80 % are 5,000 more than an edge of the table, in minor units."""
EDGES = [*((LABOUR, edge) for edge in LABOUR_EDGES), *((PLATFORM, edge) for edge in PLATFORM_EDGES)]


def tax_on(withholding: Withholding, gross: int) -> int:
    return withheld_minor(withholding, gross, "2026-03", NOTHING_SO_FAR, {})


def at_edge(below: Bracket, above: Bracket) -> tuple[int, int]:
    """Return a million times the tax on the edge between two brackets, by the one and by the other."""
    assert below.until_minor is not None
    edge = below.until_minor
    lower, upper = (edge * each.rate.ppm - each.quick_minor * 10**6 for each in (below, above))
    return lower, upper


@pytest.mark.parametrize("law", LAWS, ids=lambda law: f"{type(law).__name__} {law.since}")
def test_both_brackets_give_the_same_tax_on_their_edge(law: Law) -> None:
    for below, above in pairwise(law.brackets):
        lower, upper = at_edge(below, above)
        assert lower == upper


@pytest.mark.parametrize("law", LAWS, ids=lambda law: f"{type(law).__name__} {law.since}")
def test_brackets_begin_at_nothing_rise_and_have_no_end(law: Law) -> None:
    assert law.brackets[0].quick_minor == 0
    assert [each.until_minor for each in law.brackets].index(None) == len(law.brackets) - 1
    for below, above in pairwise(law.brackets):
        assert below.rate < above.rate
        assert above.until_minor is None or (below.until_minor or 0) < above.until_minor


@pytest.mark.parametrize(("withholding", "edge"), EDGES)
def test_a_cent_more_is_at_most_a_cent_more_tax_around_an_edge(withholding: Withholding, edge: int) -> None:
    taxes = [tax_on(withholding, gross) for gross in range(edge - 20, edge + 21)]

    assert all(0 <= more - less <= 1 for less, more in pairwise(taxes))


@pytest.mark.parametrize("withholding", [LABOUR, PLATFORM], ids=["payments", "months"])
@given(gross=grosses)
def test_a_cent_more_is_at_most_a_cent_more_tax_anywhere(withholding: Withholding, gross: int) -> None:
    assert 0 <= tax_on(withholding, gross + 1) - tax_on(withholding, gross) <= 1


def test_this_law_can_fail() -> None:
    below, above = LABOUR_LAWS[-1].brackets[:2]

    lower, upper = at_edge(below, Bracket(above.until_minor, above.rate, above.quick_minor - 100))

    assert lower != upper
