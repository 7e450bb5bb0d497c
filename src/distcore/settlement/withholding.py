"""What is withheld of a gross amount: dated rules of the law, as data with their sources.

The one rule this file protects: withheld + payable = gross.  A policy sees the gross due, never single
commissions; what was withheld before in the same month or year counts, and is never given back.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Final, TypeAlias, TypeVar, assert_never

from attrs import frozen

from distcore.kernel import InputError, Rate, Refusal, Rounding
from distcore.settlement import refusals
from distcore.settlement.policy import (
    CnCumulative,
    CnLabour,
    CustomWithholding,
    NoWithholding,
    SettlementPolicy,
    Withholding,
)
from distcore.settlement.statement import Assessment, SoFar, Statement

CustomFunction: TypeAlias = Callable[[int, str, SoFar], int]
"""Takes the gross due in minor units, the month (`2026-03`) and what was assessed before; returns what
is withheld, from zero to the gross."""

Customs: TypeAlias = Mapping[tuple[str, int], CustomFunction]
"""The functions that a shop registered, by name and version."""


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
    """How remuneration for labour is taxed payment by payment, since when, and where it says so."""

    since: date
    source: str
    small_until_minor: int
    small_deduction_minor: int
    cost: Rate
    brackets: tuple[Bracket, ...]


@frozen
class CumulativeLaw:
    """How it is taxed cumulatively over a year, since when, and where it says so."""

    since: date
    source: str
    cost: Rate
    allowance_minor: int
    brackets: tuple[Bracket, ...]


_L = TypeVar("_L", LabourLaw, CumulativeLaw)

LABOUR: Final = (
    LabourLaw(
        date(2019, 1, 1),
        "State Taxation Administration of the PRC, announcement 2018 no. 61, article 8 and table 2",
        small_until_minor=400_000,
        small_deduction_minor=80_000,
        cost=Rate.parse("20%"),
        brackets=_brackets((20_000, 20, 0), (50_000, 30, 2_000), (None, 40, 7_000)),
    ),
)

CUMULATIVE: Final = (
    CumulativeLaw(
        date(2019, 1, 1),
        "State Taxation Administration of the PRC, announcements 2025 no. 16 and 2018 no. 61, table 1",
        cost=Rate.parse("20%"),
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


def custom_refusal(withholding: Withholding, customs: Customs) -> Refusal | None:
    """Return why a policy can't be used here, or None: its function must be registered."""
    if isinstance(withholding, CustomWithholding):
        name, version = withholding.name, withholding.version
        if (name, version) not in customs:
            return refusals.CUSTOM_UNKNOWN.refuse(name=name, version=version)
    return None


def assess(
    statement: Statement, policy: SettlementPolicy, month: str, so_far: SoFar, customs: Customs | None = None
) -> Assessment:
    """Return what is withheld of a statement's gross due when it is approved in a month."""
    withheld = withheld_minor(policy.withholding, statement.gross_minor, month, so_far, customs or {})
    return Assessment(
        statement.closing, statement.payee, statement.currency, month, statement.gross_minor, withheld
    )


def withheld_minor(
    withholding: Withholding, gross_minor: int, month: str, so_far: SoFar, customs: Customs
) -> int:
    """Return what is withheld of a gross amount, from zero to all of it, in minor units."""
    match withholding:
        case NoWithholding():
            return 0
        case CnLabour():
            return _labour(gross_minor, month, so_far)
        case CnCumulative():
            return _cumulative(gross_minor, month, so_far)
        case CustomWithholding(name, version):
            withheld = customs[name, version](gross_minor, month, so_far)
            if type(withheld) is not int or not 0 <= withheld <= gross_minor:
                raise InputError.of(f"withholding {name}", f"withholds {withheld!r} of {gross_minor}")
            return withheld
        case _:
            assert_never(withholding)


def _labour(gross_minor: int, month: str, so_far: SoFar) -> int:
    """A month is one payment: tax on all of it, less what was withheld of it before."""
    law = _valid(LABOUR, month)
    income = so_far.month_gross_minor + gross_minor
    if income <= law.small_until_minor:
        taxable = max(0, income - law.small_deduction_minor)
    else:
        taxable = income - law.cost.of(income, Rounding.HALF_UP)
    return _within(_tax(taxable, law.brackets) - so_far.month_withheld_minor, gross_minor)


def _cumulative(gross_minor: int, month: str, so_far: SoFar) -> int:
    """The income of the year so far, less costs and a monthly allowance since its first month."""
    law = _valid(CUMULATIVE, month)
    income = so_far.year_gross_minor + gross_minor
    now = int(month[5:])
    months = now - (so_far.first_month or now) + 1
    taxable = max(0, income - law.cost.of(income, Rounding.HALF_UP) - months * law.allowance_minor)
    return _within(_tax(taxable, law.brackets) - so_far.year_withheld_minor, gross_minor)


def _tax(taxable_minor: int, brackets: tuple[Bracket, ...]) -> int:
    """Return the tax on an amount: the rate of its bracket on all of it, less the quick deduction."""
    for bracket in brackets:
        if bracket.until_minor is None or taxable_minor <= bracket.until_minor:
            return bracket.rate.of(taxable_minor, Rounding.HALF_UP) - bracket.quick_minor
    raise AssertionError("the last bracket has no end")


def _valid(laws: "Sequence[_L]", month: str) -> _L:
    """Return the law of a month: the newest that was in force on its first day, else the oldest."""
    first = date(int(month[:4]), int(month[5:]), 1)
    return next((law for law in reversed(laws) if law.since <= first), laws[0])


def _within(tax_minor: int, gross_minor: int) -> int:
    """Below what was withheld before nothing is withheld, and nothing refunded."""
    return min(max(0, tax_minor), gross_minor)
