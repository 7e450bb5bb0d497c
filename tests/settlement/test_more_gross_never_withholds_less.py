"""Who is paid more has more withheld, and more left, all else being equal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.settlement.payments import (
    LABOUR,
    PLATFORM,
    YEAR,
    Payment,
    grosses,
    payments_of_a_year,
    withheld_of,
)

from distcore.settlement import Withholding


@pytest.mark.parametrize("withholding", [LABOUR, PLATFORM], ids=["payments", "months"])
@given(before=payments_of_a_year, month=st.sampled_from(YEAR), less=grosses, more=grosses)
def test_more_gross_never_withholds_less_nor_pays_less(
    withholding: Withholding, before: list[Payment], month: str, less: int, more: int
) -> None:
    earlier = [each for each in before if each[0] <= month]
    less, more = sorted((less, more))

    (few, many) = (withheld_of(withholding, [*earlier, (month, each)])[-1] for each in (less, more))

    assert few <= many
    assert less - few <= more - many
