"""A negative amount rounds as the mirror image of the positive one, by every mode."""

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Context, Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from distcore.kernel import Rounding, divide

PEER = {
    Rounding.HALF_UP: ROUND_HALF_UP,
    Rounding.HALF_EVEN: ROUND_HALF_EVEN,
    Rounding.DOWN: ROUND_DOWN,
    Rounding.UP: ROUND_UP,
}
numerators = st.integers(-(10**21), 10**21) | st.integers(-50, 50)
denominators = st.integers(1, 20) | st.sampled_from([100, 10_000, 10**6])


@given(numerators, denominators, st.sampled_from(Rounding))
@example(1, 2, Rounding.HALF_EVEN)
@example(3, 2, Rounding.HALF_EVEN)
def test_mirror_image(numerator: int, denominator: int, rounding: Rounding) -> None:
    assert divide(-numerator, denominator, rounding) == -divide(numerator, denominator, rounding)


@given(numerators, st.sampled_from([1, 2, 4, 5, 8, 10, 20, 10**6]), st.sampled_from(Rounding))
def test_agrees_with_decimal(numerator: int, denominator: int, rounding: Rounding) -> None:
    exact = Context(prec=60).divide(Decimal(numerator), Decimal(denominator))  # these divide without a rest
    assert divide(numerator, denominator, rounding) == int(exact.to_integral_value(PEER[rounding]))


@given(numerators, denominators)
def test_down_and_up_enclose_the_others(numerator: int, denominator: int) -> None:
    low, high = sorted(divide(numerator, denominator, mode) for mode in (Rounding.DOWN, Rounding.UP))
    assert high - low == (numerator % denominator != 0)
    for rounding in Rounding:
        assert low <= divide(numerator, denominator, rounding) <= high


@pytest.mark.parametrize(
    ("numerator", "half_up", "half_even", "down", "up"),
    [(4, 1, 1, 1, 1), (5, 1, 1, 1, 2), (6, 2, 2, 1, 2), (7, 2, 2, 1, 2), (10, 3, 2, 2, 3), (0, 0, 0, 0, 0)],
)
def test_by_example(numerator: int, half_up: int, half_even: int, down: int, up: int) -> None:
    assert [divide(numerator, 4, rounding) for rounding in Rounding] == [half_up, half_even, down, up]


@pytest.mark.parametrize("denominator", [0, -1])
def test_a_denominator_is_positive(denominator: int) -> None:
    with pytest.raises(AssertionError):
        divide(1, denominator, Rounding.HALF_UP)
