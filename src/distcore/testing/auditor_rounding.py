"""Rounding and splitting, naively: in fractions."""

from collections.abc import Sequence
from fractions import Fraction
from math import floor

from distcore.kernel import Rounding


def rounded(exact: Fraction, rounding: Rounding) -> int:
    """Round an amount that is not negative."""
    low, twice_the_rest = floor(exact), 2 * (exact - floor(exact))
    up = {"down": False, "up": twice_the_rest > 0, "half_up": twice_the_rest >= 1}
    up["half_even"] = twice_the_rest > 1 or (twice_the_rest == 1 and low % 2 == 1)
    return low + up[rounding.value]


def apportioned(total: int, weights: Sequence[int | Fraction]) -> list[int]:
    """Split a total by weights: rounded down, and the rest one each to the largest remainders."""
    if not sum(weights):
        return [0 for _ in weights]
    exact = [Fraction(total * weight, sum(weights)) for weight in weights]
    parts = [floor(each) for each in exact]
    by_remainder = sorted(range(len(parts)), key=lambda place: (parts[place] - exact[place], place))
    for place in by_remainder[: total - sum(parts)]:
        parts[place] += 1
    return parts
