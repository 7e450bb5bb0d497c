"""Rates: parts per million, read from a percentage exactly.

The one rule this file protects: a rate is what was written.  What is finer than a ppm (0.0001 %)
is refused, not rounded.

    >>> from distcore.kernel import Rate, Rounding
    >>> str(Rate.parse("12.5%")), Rate.parse("10%").of(999, Rounding.HALF_UP)
    ('12.5%', 100)
"""

import re
from collections.abc import Iterable
from typing import Final, Self

from attrs import frozen

from distcore.kernel.checks import int_problem
from distcore.kernel.limits import RATE_PPM_MAX
from distcore.kernel.outcome import InputError, shown
from distcore.kernel.rounding import Rounding, divide

PPM: Final = 1_000_000
_HALF_UP: Final = Rounding.HALF_UP
_PPM_PER_PERCENT: Final = 10_000
_percentage = re.compile(r"(0|[1-9][0-9]{0,2})(?:\.([0-9]{1,4}))?%").fullmatch


@frozen(order=True)
class Rate:
    """A share of 0 to 100 %, in parts per million."""

    ppm: int

    def __attrs_post_init__(self) -> None:
        """Refuse what is not a share, also in code."""
        if problem := int_problem(self.ppm, "ppm", least=0, most=RATE_PPM_MAX):
            raise InputError((problem,))

    @classmethod
    def parse(cls, text: object, where: str = "") -> Self:
        """Return the rate written as a percentage, like ``12.5%``."""
        found = _percentage(text) if isinstance(text, str) else None
        if not found:
            raise InputError.of(
                where, f"not a rate: {shown(text)}", 'a percentage with at most 4 decimals, like "12.5%"'
            )
        whole, decimals = found.groups("")
        ppm = int(whole) * _PPM_PER_PERCENT + int(decimals.ljust(4, "0"))
        if ppm > RATE_PPM_MAX:
            raise InputError.of(where, f"a rate above 100 %: {shown(text)}", "from 0% to 100%")
        return cls(ppm)

    def __str__(self) -> str:
        """Return the percentage without needless zeros, like ``12.5%``."""
        return percentage(self.ppm)

    def of(self, minor: int, rounding: Rounding) -> int:
        """Return this share of an amount, in minor units."""
        return divide(minor * self.ppm, PPM, rounding)

    def of_each(self, amounts_minor: Iterable[int], rounding: Rounding) -> list[int]:
        """Return this share of each amount; no amount is negative.

        The same as `of`, at once: every percentage of every line comes by here.
        """
        if rounding is not _HALF_UP:
            return [divide(minor * self.ppm, PPM, rounding) for minor in amounts_minor]
        twice = 2 * self.ppm
        return [(minor * twice + PPM) // (2 * PPM) for minor in amounts_minor]


def percentage(ppm: int) -> str:
    """Return parts per million, also more than a million, as a percentage without needless zeros."""
    whole, decimals = divmod(ppm, _PPM_PER_PERCENT)
    return f"{whole}.{decimals:04}".rstrip("0").rstrip(".") + "%"
