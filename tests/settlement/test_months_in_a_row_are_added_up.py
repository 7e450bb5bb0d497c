"""The cumulative law adds up months in a row within a year; a month without a payment begins anew.

For each of them (连续取得劳务报酬的月份, announcement 2025 no. 16) 5,000 are free.  Where the tax on all
of them is below what was withheld, nothing is withheld, and nothing refunded.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.settlement.payments import LABOUR, PLATFORM, YEAR, grosses, withheld_of, yuan


def test_an_allowance_that_one_month_did_not_use_is_left_for_the_next() -> None:
    months = yuan(("2026-01", "1000"), ("2026-02", "11500"), ("2026-03", "7250"))

    assert withheld_of(PLATFORM, months) == [0, 0, 2_400]


def test_a_month_without_a_payment_begins_anew() -> None:
    alone = withheld_of(PLATFORM, yuan(("2026-06", "10000")))
    rich, gap = ("2026-03", "80000"), ("2026-04", "80000")

    assert withheld_of(PLATFORM, yuan(rich, gap, ("2026-06", "10000")))[-1:] == alone == [9_000]


def test_what_was_paid_before_a_gap_never_comes_back() -> None:
    months = yuan(("2026-01", "50000"), ("2026-03", "10000"), ("2026-04", "10000"), ("2026-05", "10000"))

    assert withheld_of(PLATFORM, months)[1:] == [9_000, 9_000, 9_000]


def test_a_new_year_begins_anew() -> None:
    december = yuan(("2026-11", "80000"), ("2026-12", "80000"))

    assert withheld_of(PLATFORM, [*december, *yuan(("2027-01", "10000"))])[-1] == 9_000


def test_the_months_before_the_law_are_not_added_up() -> None:
    autumn = yuan(("2025-08", "10000"), ("2025-09", "10000"), ("2025-10", "10000"), ("2025-11", "10000"))

    assert withheld_of(PLATFORM, autumn) == [160_000, 160_000, 9_000, 9_000]


def test_due_below_paid_withholds_nothing_and_refunds_nothing() -> None:
    months = yuan(("2026-01", "30000"), ("2026-02", "1000"), ("2026-03", "1000"), ("2026-04", "30000"))

    assert withheld_of(PLATFORM, months) == [57_000, 0, 0, 31_800]


def test_what_was_withheld_by_another_policy_counts_too() -> None:
    """A shop that changes from payments to months in March: January and February are in the row."""
    january, february = withheld_of(LABOUR, yuan(("2026-01", "10000"), ("2026-02", "10000")))

    assert (january, february) == (160_000, 160_000)
    assert withheld_of(PLATFORM, yuan(("2026-01", "10000"), ("2026-02", "10000")))[-1] == 9_000


@given(st.lists(grosses, min_size=12, max_size=12), st.integers(1, 10))
def test_a_gap_makes_two_rows_that_know_nothing_of_each_other(amounts: list[int], gap: int) -> None:
    months = list(zip(YEAR, amounts, strict=True))
    before, after = months[:gap], months[gap + 1 :]

    assert withheld_of(PLATFORM, before + after) == [
        *withheld_of(PLATFORM, before),
        *withheld_of(PLATFORM, after),
    ]


@given(st.lists(grosses, min_size=12, max_size=12))
def test_payments_of_different_months_know_nothing_of_each_other(amounts: list[int]) -> None:
    months = list(zip(YEAR, amounts, strict=True))

    assert withheld_of(LABOUR, months) == [withheld_of(LABOUR, [each])[0] for each in months]


@pytest.mark.parametrize("months", range(1, 13))
def test_six_thousand_two_hundred_and_fifty_a_month_are_free(months: int) -> None:
    """80 % of 6,250 are 5,000; one cent more a month is taxed when it makes a cent of tax."""
    row = [(month, 625_000) for month in YEAR[:months]]

    assert sum(withheld_of(PLATFORM, row)) == 0
    assert withheld_of(PLATFORM, [*row[:-1], (row[-1][0], 625_000 + 100)])[-1] == 2
