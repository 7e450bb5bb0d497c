"""Rounding: the one place where a fraction of a minor unit is decided.

The one rule this file protects: a negative amount rounds as the mirror image of the positive one,
so that a refund undoes exactly what a sale did.
"""

from enum import Enum
from typing import Final, assert_never


class Rounding(Enum):
    """How a fraction becomes a whole number."""

    HALF_UP = "half_up"
    """To the nearest; a half goes away from zero."""
    HALF_EVEN = "half_even"
    """To the nearest; a half goes to the even neighbour."""
    DOWN = "down"
    """Towards zero."""
    UP = "up"
    """Away from zero."""


_HALF_UP: Final = Rounding.HALF_UP


def divide(numerator: int, denominator: int, rounding: Rounding) -> int:
    """Return ``numerator / denominator`` as a whole number; the denominator is positive."""
    assert denominator > 0, "a denominator is positive"
    if numerator < 0:
        return -divide(-numerator, denominator, rounding)
    if rounding is _HALF_UP:  # first, and without a call: every accrual comes by here
        return (2 * numerator + denominator) // (2 * denominator)
    whole, rest = divmod(numerator, denominator)
    match rounding:
        case Rounding.HALF_EVEN:
            return whole + (2 * rest > denominator or (2 * rest == denominator and whole % 2 == 1))
        case Rounding.DOWN:
            return whole
        case Rounding.UP:
            return whole + (rest > 0)
        case _:
            assert_never(rounding)
