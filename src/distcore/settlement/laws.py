"""How the law withholds, since when, and where it says so: dated data, and nothing here calculates.

The one rule this file protects: a law is never changed here, a new one is a row more.  So what was withheld
in a month can be calculated again, whatever the law became since.  None of this is legal advice.
"""

from collections.abc import Sequence
from typing import Final, TypeAlias

from attrs import frozen

from distcore.kernel import InputError, Rate


@frozen
class Bracket:
    """Up to and including `until_minor` (None: no end): a rate and the quick deduction that goes with it."""

    until_minor: int | None
    rate: Rate
    quick_minor: int


def _brackets(*rows: tuple[int | None, int, int]) -> tuple[Bracket, ...]:
    """Return brackets from yuan, percent and yuan."""
    return tuple(
        Bracket(None if until is None else until * 100, Rate(percent * 10_000), quick * 100)
        for until, percent, quick in rows
    )


@frozen
class LabourLaw:
    """Remuneration for labour is taxed payment by payment; what a project pays in a month is one payment.

    `since` is the first month that is wholly under it, like `2019-01`.  Of a payment up to
    `small_until_minor` a fixed amount is free, of a larger one the share `cost`.
    """

    since: str
    source: str
    small_until_minor: int
    small_deduction_minor: int
    cost: Rate
    brackets: tuple[Bracket, ...]


@frozen
class CumulativeLaw:
    """It is taxed over the months in a row, within a year, in which somebody was paid.

    `since` is the first month that is wholly under it; no earlier one is counted.  The share `cost` of what
    was paid is free, and `allowance_minor` for each of the months.
    """

    since: str
    source: str
    cost: Rate
    allowance_minor: int
    brackets: tuple[Bracket, ...]


Law: TypeAlias = LabourLaw | CumulativeLaw

_COST: Final = Rate.parse("20%")
_PAYMENT_BRACKETS: Final = _brackets((20_000, 20, 0), (50_000, 30, 2_000), (None, 40, 7_000))

LABOUR_LAWS: Final = (
    LabourLaw(
        # In force since 1994-01-28.  It was the tax itself then, and not a prepayment; the sums are the same.
        "1994-02",
        "Individual Income Tax Law of the PRC (of 1993-10-31), articles 3 and 6; "
        "Regulations for its implementation (State Council decree 142 of 1994), articles 11 and 21",
        small_until_minor=400_000,
        small_deduction_minor=80_000,
        cost=_COST,
        brackets=_PAYMENT_BRACKETS,
    ),
    LabourLaw(
        "2019-01",
        "State Taxation Administration of the PRC, announcement 2018 no. 61, articles 8 and 11, and table 2",
        small_until_minor=400_000,
        small_deduction_minor=80_000,
        cost=_COST,
        brackets=_PAYMENT_BRACKETS,
    ),
)
"""劳务报酬所得 of whoever is paid; the oldest first."""

PLATFORM_LAWS: Final = (
    *LABOUR_LAWS,
    CumulativeLaw(
        "2025-10",
        "State Taxation Administration of the PRC, announcement 2025 no. 16, article 1, "
        "and table 1 of announcement 2018 no. 61",
        cost=_COST,
        allowance_minor=500_000,
        brackets=_brackets(
            (36_000, 3, 0),
            (144_000, 10, 2_520),
            (300_000, 20, 16_920),
            (420_000, 25, 31_920),
            (660_000, 30, 52_920),
            (960_000, 35, 85_920),
            (None, 45, 181_920),
        ),
    ),
)
"""劳务报酬所得 of whoever works through an Internet platform (互联网平台内从业人员); the oldest first.

Until September 2025 a platform withheld as everybody else.
"""


def law_of(laws: Sequence[Law], month: str) -> Law:
    """Return the law of a month (`2026-03`): the newest that has begun.

    Before the oldest one there is none, and nothing is guessed: `InputError`.
    """
    for law in reversed(laws):
        if law.since <= month:
            return law
    raise InputError.of("month", f"no law is known for {month}", f"the oldest begins with {laws[0].since}")
