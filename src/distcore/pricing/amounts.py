"""What is wrong with amounts, told as they are written: in major units of the currency that they are in.

The rule this file protects: who writes 100.00 is not told of 10000.  Checks say it in minor units, and what
knows the currency tells it: once, of all that is wrong with a value.
"""

from collections.abc import Iterable
from typing import TypeAlias

from attrs import frozen

from distcore.kernel import EXPONENTS, Problem, format_minor, int_problem, limits, shown


@frozen
class AmountProblem:
    """Something wrong with amounts: message and hint are `str.format` templates over `minor`."""

    where: str
    message: str
    hint: str
    minor: tuple[int, ...]

    def told(self, currency: str) -> Problem:
        """Return the problem in the words of a currency."""
        amounts = [_told(each, currency) for each in self.minor]
        return Problem(self.where, self.message.format(*amounts), self.hint.format(*amounts))


Found: TypeAlias = Problem | AmountProblem | None
"""What a check finds: perhaps nothing."""


def amount_problem(
    value: object, where: str, *, least: int = 0, most: int = limits.AMOUNT_MINOR_MAX
) -> Found:
    """Return what is wrong with an amount, or None; both bounds are allowed values."""
    problem = int_problem(value, where, least=least, most=most)
    if problem is None or type(value) is not int:
        return problem
    return AmountProblem(where, "out of range: {0}", "from {1} to {2}", (value, least, most))


def told(found: Iterable[Found], currency: str) -> tuple[Problem, ...]:
    """Return the problems that were found, with amounts in a currency; in minor units if it is unknown."""
    return tuple(
        [
            each.told(currency) if isinstance(each, AmountProblem) else each
            for each in found
            if each is not None
        ]
    )


def _told(minor: int, currency: str) -> str:
    if currency not in EXPONENTS or abs(minor) > limits.TOTAL_MINOR_MAX:
        return f"{shown(minor)} minor units"
    return f"{format_minor(minor, currency)} {currency}"
