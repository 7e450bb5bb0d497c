"""A month in any number of statements withholds what one statement would; so does a year of them.

Nobody pays less, or more, tax for being paid in slices: the payments of a month are one payment.
"""

from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.settlement.payments import LABOUR, PLATFORM, Payment, grosses, payments_of_a_year, withheld_of

from distcore.settlement import NOTHING_SO_FAR, Withholding, withheld_minor

BOTH = pytest.mark.parametrize("withholding", [LABOUR, PLATFORM], ids=["payments", "months"])


def by_month(payments: Sequence[Payment], amounts: Sequence[int]) -> dict[str, int]:
    sums: Counter[str] = Counter()
    for (month, _), amount in zip(payments, amounts, strict=True):
        sums[month] += amount
    return dict(sums)


@BOTH
@given(slices=st.lists(grosses, min_size=1, max_size=12))
@example(slices=[1] * 12)
@example(slices=[80_000, 320_000, 1])
@example(slices=[400_000, 1, 2_100_000, 3_750_000, 1])
def test_a_month_in_slices(withholding: Withholding, slices: list[int]) -> None:
    in_slices = withheld_of(withholding, [("2026-03", each) for each in slices])

    assert sum(in_slices) == sum(withheld_of(withholding, [("2026-03", sum(slices))]))


@BOTH
@given(payments=payments_of_a_year)
def test_a_year_in_any_number_of_statements(withholding: Withholding, payments: list[Payment]) -> None:
    grosses_of = by_month(payments, [gross for _, gross in payments])

    in_statements = by_month(payments, withheld_of(withholding, payments))

    whole = withheld_of(withholding, sorted(grosses_of.items()))
    assert in_statements == dict(zip(sorted(grosses_of), whole, strict=True))


@BOTH
def test_this_law_can_fail(withholding: Withholding) -> None:
    """Each slice for itself, as if nothing were paid before, withholds something else."""
    alone = [withheld_minor(withholding, 1_000_000, "2026-03", NOTHING_SO_FAR, {}) for _ in range(4)]

    assert sum(alone) != sum(withheld_of(withholding, [("2026-03", 4_000_000)]))
