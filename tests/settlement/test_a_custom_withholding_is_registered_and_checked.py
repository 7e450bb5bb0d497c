"""A shop's own function withholds what it likes, within the gross, and only if it is there."""

import pytest
from tests.settlement.payments import LABOUR, PLATFORM, withheld_of

from distcore.kernel import InputError
from distcore.settlement import (
    NOTHING_SO_FAR,
    Assessed,
    Customs,
    CustomWithholding,
    NoWithholding,
    SoFar,
    Withholding,
    custom_refusal,
    withheld_minor,
)

TENTH = CustomWithholding("tenth", 2)


class Asked:
    """A function that answers as it was told, and knows what it was asked."""

    def __init__(self, answer: object) -> None:
        self.answer = answer
        self.asked: list[tuple[int, str, SoFar]] = []

    def __call__(self, gross_minor: int, month: str, so_far: SoFar) -> int:
        self.asked.append((gross_minor, month, so_far))
        return self.answer  # type: ignore[return-value]  # a function of a shop may answer anything


@pytest.mark.parametrize("customs", [{}, {("tenth", 1): Asked(0)}, {("Tenth", 2): Asked(0)}])
def test_one_that_nobody_registered_is_refused(customs: Customs) -> None:
    refusal = custom_refusal(TENTH, customs)

    assert refusal is not None
    assert refusal.code == "custom_withholding_unknown"
    assert refusal.facts == (("name", "tenth"), ("version", 2))
    assert str(refusal.message) == "nobody registered the withholding tenth, version 2"


@pytest.mark.parametrize("withholding", [NoWithholding(), LABOUR, PLATFORM])
def test_what_the_library_knows_needs_no_function(withholding: Withholding) -> None:
    assert custom_refusal(withholding, {}) is None


def test_a_registered_one_is_asked_with_all_that_was_before() -> None:
    tenth = Asked(1_000)
    customs: Customs = {("tenth", 2): tenth}
    so_far = SoFar((Assessed("2026-01", 5_000, 500),))

    assert custom_refusal(TENTH, customs) is None
    assert withheld_minor(TENTH, 10_000, "2026-03", so_far, customs) == 1_000
    assert tenth.asked == [(10_000, "2026-03", so_far)]


@pytest.mark.parametrize("answer", [0, 1, 9_999, 10_000])
def test_any_part_of_the_gross_is_taken(answer: int) -> None:
    assert withheld_minor(TENTH, 10_000, "2026-03", NOTHING_SO_FAR, {("tenth", 2): Asked(answer)}) == answer


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        (-1, "-1"),
        (10_001, "10001"),
        (10**30, str(10**30)),
        (True, "True"),
        (False, "False"),
        (0.0, "0.0"),
        (1000.0, "1000.0"),
        (float("nan"), "nan"),
        (None, "None"),
        ("1000", "'1000'"),
        ("x" * 10**6, "'" + "x" * 56 + "..."),
    ],
)
def test_anything_else_is_an_error_that_names_the_function(answer: object, shown: str) -> None:
    with pytest.raises(InputError) as error:
        withheld_minor(TENTH, 10_000, "2026-03", NOTHING_SO_FAR, {("tenth", 2): Asked(answer)})

    assert str(error.value) == f"withholding tenth: withholds {shown} of 10000"


def test_one_can_withhold_by_the_year() -> None:
    """5 % of all that is above 1,000.00 in a year: a function sees every month before."""

    def above_a_thousand(gross_minor: int, month: str, so_far: SoFar) -> int:
        before = sum(each.gross_minor for each in so_far.months)
        withheld = sum(each.withheld_minor for each in so_far.months)
        return max(0, before + gross_minor - 100_000) // 20 - withheld

    payments = [("2026-01", 60_000), ("2026-01", 60_000), ("2026-04", 20_000), ("2027-01", 60_000)]

    assert withheld_of(CustomWithholding("year"), payments, {("year", 1): above_a_thousand}) == [
        0,
        1_000,
        1_000,
        0,
    ]
