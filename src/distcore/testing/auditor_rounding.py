"""Rounding and splitting, naively: in fractions."""

from collections.abc import Sequence
from fractions import Fraction
from math import floor

from distcore.kernel import Rounding, SplitMethod


def rounded(exact: Fraction, rounding: Rounding) -> int:
    """Round an amount that is not negative."""
    low, twice_the_rest = floor(exact), 2 * (exact - floor(exact))
    up = {"down": False, "up": twice_the_rest > 0, "half_up": twice_the_rest >= 1}
    up["half_even"] = twice_the_rest > 1 or (twice_the_rest == 1 and low % 2 == 1)
    return low + up[rounding.value]


def apportioned(
    total: int,
    weights: Sequence[int | Fraction],
    ties: SplitMethod = SplitMethod.LARGEST_REMAINDER,
) -> list[int]:
    """Split a total by weights: rounded down, and the rest one each to whom the ties say."""
    if not sum(weights):
        return [0 for _ in weights]
    exact = [Fraction(total * weight, sum(weights)) for weight in weights]
    parts = [floor(each) for each in exact]
    some = [place for place, weight in enumerate(weights) if weight]
    if ties is SplitMethod.LAST:
        parts[some[-1]] += total - sum(parts)
        return parts
    if ties is SplitMethod.HALF_DOWN_FIRST:
        parts = [part + (each - part > Fraction(1, 2)) for part, each in zip(parts, exact, strict=True)]
    if ties is SplitMethod.LARGEST_REMAINDER:
        some = sorted(some, key=lambda place: (parts[place] - exact[place], place))
    missing = total - sum(parts)
    for place in [each for each in some if missing > 0 or parts[each]][: abs(missing)]:
        parts[place] += 1 if missing > 0 else -1
    return parts
