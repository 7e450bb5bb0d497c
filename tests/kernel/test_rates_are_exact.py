"""A rate is what was written: nothing is rounded when it is read."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distcore.kernel import InputError, Rate, Rounding, limits

ppms = st.integers(0, limits.RATE_PPM_MAX)


@given(ppms)
def test_round_trip(ppm: int) -> None:
    assert Rate.parse(str(Rate(ppm))) == Rate(ppm)


@given(st.decimals(0, 100, places=4))
def test_reads_exactly(percent: Decimal) -> None:
    assert Rate.parse(f"{percent:f}%").ppm == percent * 10_000


@pytest.mark.parametrize(
    ("text", "ppm", "shortest"),
    [
        ("12.5%", 125_000, "12.5%"),
        ("12.50%", 125_000, "12.5%"),
        ("0.333%", 3_330, "0.333%"),
        ("0.0001%", 1, "0.0001%"),
        ("0%", 0, "0%"),
        ("10%", 100_000, "10%"),
        ("100%", 1_000_000, "100%"),
        ("100.0000%", 1_000_000, "100%"),
    ],
)
def test_by_example(text: str, ppm: int, shortest: str) -> None:
    rate = Rate.parse(text)
    assert rate.ppm == ppm
    assert str(rate) == shortest


@pytest.mark.parametrize(
    "text", ["0.00001%", "12.50000%", "12.5", "12.5 %", "12,5%", "-1%", "-0%", "%", ".5%"]
)
def test_refused_with_the_place(text: str) -> None:
    with pytest.raises(InputError, match=r"^\$\.rate: not a rate: .* \(a percentage with at most 4 decimals"):
        Rate.parse(text, "$.rate")


@pytest.mark.parametrize("text", ["100.0001%", "101%", "999%"])
def test_nobody_is_promised_more_than_the_whole(text: str) -> None:
    with pytest.raises(InputError, match=r"^\$\.rate: a rate above 100 %: .* \(from 0% to 100%\)$"):
        Rate.parse(text, "$.rate")


@given(ppms, st.integers(-limits.AMOUNT_MINOR_MAX, limits.AMOUNT_MINOR_MAX), st.sampled_from(Rounding))
def test_a_share_is_never_more_than_the_whole(ppm: int, minor: int, rounding: Rounding) -> None:
    share = Rate(ppm).of(minor, rounding)
    assert abs(share) <= abs(minor)
    assert share * minor >= 0
    assert abs(share * 1_000_000 - minor * ppm) < 1_000_000


def test_rounding_is_part_of_a_share() -> None:
    assert [Rate.parse("10%").of(999, mode) for mode in Rounding] == [100, 100, 99, 100]
    assert Rate.parse("9%") < Rate.parse("10%")


@given(
    ppms, st.lists(st.integers(0, limits.AMOUNT_MINOR_MAX) | st.integers(0, 50)), st.sampled_from(Rounding)
)
def test_many_at_once_are_the_same_as_one_by_one(ppm: int, amounts: list[int], rounding: Rounding) -> None:
    rate = Rate(ppm)
    assert rate.of_each(amounts, rounding) == [rate.of(amount, rounding) for amount in amounts]
