"""A month is under the newest law that has begun; before the oldest one nothing is guessed."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from tests.settlement.payments import LABOUR, PLATFORM

from distcore.kernel import InputError
from distcore.settlement import (
    LABOUR_LAWS,
    NOTHING_SO_FAR,
    PLATFORM_LAWS,
    CumulativeLaw,
    LabourLaw,
    Law,
    Withholding,
    withheld_minor,
)
from distcore.settlement.laws import law_of

BOTH = pytest.mark.parametrize("laws", [LABOUR_LAWS, PLATFORM_LAWS], ids=["payments", "months"])


@BOTH
def test_laws_are_in_order_and_say_where_they_stand(laws: Sequence[Law]) -> None:
    assert all(before.since < after.since for before, after in pairwise(laws))
    assert all(law.source for law in laws)


@pytest.mark.parametrize(
    ("laws", "month", "since"),
    [
        (LABOUR_LAWS, "1994-02", "1994-02"),
        (LABOUR_LAWS, "2018-12", "1994-02"),
        (LABOUR_LAWS, "2019-01", "2019-01"),
        (LABOUR_LAWS, "2026-03", "2019-01"),
        (PLATFORM_LAWS, "2018-12", "1994-02"),
        (PLATFORM_LAWS, "2025-09", "2019-01"),
        (PLATFORM_LAWS, "2025-10", "2025-10"),
        (PLATFORM_LAWS, "2031-01", "2025-10"),
    ],
)
def test_the_newest_law_that_has_begun_holds(laws: Sequence[Law], month: str, since: str) -> None:
    assert law_of(laws, month).since == since


def test_a_platform_withholds_payment_by_payment_until_september_2025() -> None:
    assert isinstance(law_of(PLATFORM_LAWS, "2025-09"), LabourLaw)
    assert isinstance(law_of(PLATFORM_LAWS, "2025-10"), CumulativeLaw)


@pytest.mark.parametrize("withholding", [LABOUR, PLATFORM], ids=["payments", "months"])
def test_before_the_oldest_law_nothing_is_guessed(withholding: Withholding) -> None:
    with pytest.raises(InputError) as error:
        withheld_minor(withholding, 100_000, "1994-01", NOTHING_SO_FAR, {})

    assert str(error.value) == "month: no law is known for 1994-01 (the oldest begins with 1994-02)"
