"""Money: a whole number of minor units and a currency, read and written exactly.

The one rule this file protects: there is no float and no rounding here.  An amount is read from
the text that ``format_minor`` would write, give or take missing decimals, or not at all.

    >>> from distcore.kernel import Money
    >>> price = Money.parse("9.99", "CNY")
    >>> str(3 * price - Money(7, price.currency))
    '29.90 CNY'
"""

import re
from typing import Final, Self

from attrs import frozen

from distcore.kernel.checks import int_problem
from distcore.kernel.currencies import EXPONENTS, Currency, currency_problem, exponent_of
from distcore.kernel.limits import AMOUNT_MINOR_MAX, TOTAL_MINOR_MAX
from distcore.kernel.outcome import InputError, shown

_DIGITS_MAX: Final = len(str(AMOUNT_MINOR_MAX))

# The lengths are bounded, so that int() never sees more digits than it takes.
_amount = re.compile(r"(-?)(0|[1-9][0-9]{0,30})(?:\.([0-9]{1,30}))?").fullmatch


@frozen
class Money:
    """An amount of one currency, in minor units (cents, fen; whole yen; whole points).

    A total may be larger than a single amount, up to ``TOTAL_MINOR_MAX``.
    Amounts of two currencies are never equal, and adding or comparing them is an InputError.
    """

    minor: int
    currency: Currency

    def __attrs_post_init__(self) -> None:
        """Refuse what is not an amount, also in code."""
        problem = int_problem(self.minor, "minor", least=-TOTAL_MINOR_MAX, most=TOTAL_MINOR_MAX)
        if problem := problem or currency_problem(self.currency, "currency"):
            raise InputError((problem,))

    @classmethod
    def parse(cls, text: object, currency: str, where: str = "") -> Self:
        """Return the amount written in major units, like ``12.34``."""
        return cls(parse_minor(text, currency, where), Currency(currency))

    @property
    def is_zero(self) -> bool:
        """Whether nothing is left."""
        return self.minor == 0

    def __str__(self) -> str:
        """Return the amount in major units and the currency, like ``12.34 CNY``."""
        return f"{format_minor(self.minor, self.currency)} {self.currency}"

    def __add__(self, other: "Money") -> "Money":
        """Return the sum."""
        return Money(self.minor + self._minor_of(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        """Return the difference."""
        return Money(self.minor - self._minor_of(other), self.currency)

    def __neg__(self) -> "Money":
        """Return the mirror image."""
        return Money(-self.minor, self.currency)

    def __mul__(self, times: int) -> "Money":
        """Return the amount a whole number of times."""
        if type(times) is not int:
            return NotImplemented
        return Money(self.minor * times, self.currency)

    __rmul__ = __mul__

    def __lt__(self, other: "Money") -> bool:
        """Return whether this is less."""
        return self.minor < self._minor_of(other)

    def __le__(self, other: "Money") -> bool:
        """Return whether this is not more."""
        return self.minor <= self._minor_of(other)

    def __gt__(self, other: "Money") -> bool:
        """Return whether this is more."""
        return self.minor > self._minor_of(other)

    def __ge__(self, other: "Money") -> bool:
        """Return whether this is not less."""
        return self.minor >= self._minor_of(other)

    def _minor_of(self, other: "Money") -> int:
        if not isinstance(other, Money):
            raise InputError.of("", f"not money: {shown(other)}", f"Money in {self.currency}")
        if other.currency != self.currency:
            raise InputError.of("", f"two currencies: {self.currency} and {other.currency}")
        return other.minor


def parse_minor(text: object, currency: str, where: str = "") -> int:
    """Return the minor units of an amount written in major units.

    ASCII digits, perhaps a ``-`` before and at most the currency's decimals after a point; no plus,
    exponent, grouping, blank, needless zero in front or minus zero; at most ``AMOUNT_MINOR_MAX``.
    """
    exponent = EXPONENTS.get(currency)
    # Nearly every amount of a file has all its decimals and no sign: that is decided without a pattern.
    if exponent and isinstance(text, str):
        whole, _, fraction = text.partition(".")
        if len(fraction) == exponent and whole and (whole[0] != "0" or whole == "0"):
            digits = whole + fraction
            if digits.isdigit() and digits.isascii() and len(digits) < _DIGITS_MAX:
                return int(digits)
    return _parse_any(text, currency, where)


def format_minor(minor: int, currency: str) -> str:
    """Return the amount in major units with all decimals of the currency, like ``-0.05``."""
    exponent = exponent_of(currency)
    if not exponent:
        return str(minor)
    whole, fraction = divmod(abs(minor), 10**exponent)
    sign = "-" if minor < 0 else ""
    return f"{sign}{whole}.{fraction:0{exponent}}"


def _parse_any(text: object, currency: str, where: str) -> int:
    exponent = exponent_of(currency, where)
    found = _amount(text) if isinstance(text, str) else None
    if not found:
        raise InputError.of(where, f"not an amount: {shown(text)}", f"like {format_minor(1234, currency)}")
    sign, whole, fraction = found.groups("")
    if len(fraction) > exponent:
        raise InputError.of(where, f"too many decimals: {shown(text)}", f"{currency} has {exponent}")
    minor = int(whole + fraction.ljust(exponent, "0"))
    if minor > AMOUNT_MINOR_MAX:
        most = format_minor(AMOUNT_MINOR_MAX, currency)
        raise InputError.of(where, f"too large an amount: {shown(text)}", f"at most {most}")
    if sign and not minor:
        raise InputError.of(where, f"minus zero: {shown(text)}", "zero has no sign")
    return -minor if sign else minor
