"""What is withheld of a gross amount, by the law of a month.

The one rule this file protects: withheld + payable = gross.  A policy sees the gross due, never single
commissions; what was withheld before in the same month or year counts, and is never given back.
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias, assert_never

from distcore.kernel import InputError, Refusal, Rounding, shown
from distcore.settlement import refusals
from distcore.settlement.laws import (
    LABOUR_LAWS,
    PLATFORM_LAWS,
    Bracket,
    CumulativeLaw,
    LabourLaw,
    Law,
    law_of,
)
from distcore.settlement.policy import (
    CnCumulative,
    CnLabour,
    CustomWithholding,
    NoWithholding,
    SettlementPolicy,
    Withholding,
)
from distcore.settlement.statement import Assessed, Assessment, SoFar, Statement

CustomFunction: TypeAlias = Callable[[int, str, SoFar], int]
"""Takes the gross due in minor units, the month (`2026-03`) and what was assessed before; returns what
is withheld, from zero to the gross."""

Customs: TypeAlias = Mapping[tuple[str, int], CustomFunction]
"""The functions that a shop registered, by name and version."""


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
    """Return what is withheld of a gross amount, from zero to all of it, in minor units.

    For a month before the oldest law of a policy, and for a custom function that answers anything but a
    part of the gross: `InputError`.
    """
    match withholding:
        case NoWithholding():
            return 0
        case CnLabour():
            return _by_law(law_of(LABOUR_LAWS, month), gross_minor, month, so_far)
        case CnCumulative():
            return _by_law(law_of(PLATFORM_LAWS, month), gross_minor, month, so_far)
        case CustomWithholding(name, version):
            withheld = customs[name, version](gross_minor, month, so_far)
            if type(withheld) is not int or not 0 <= withheld <= gross_minor:
                raise InputError.of(f"withholding {name}", f"withholds {shown(withheld)} of {gross_minor}")
            return withheld
        case _:
            assert_never(withholding)


def _by_law(law: Law, gross_minor: int, month: str, so_far: SoFar) -> int:
    """Tax on all that a law adds up, less what was withheld of it before.

    Where that is less than nothing, nothing is withheld, and nothing refunded: the payee settles it with
    the authority after the year.
    """
    months = _months(law, month, so_far)
    income = gross_minor + sum(each.gross_minor for each in months)
    before = sum(each.withheld_minor for each in months)
    return _within(_tax(_taxable(law, income, len(months)), law.brackets) - before, gross_minor)


def _within(tax_minor: int, gross_minor: int) -> int:
    """Return what of a tax can be withheld of a gross amount: nothing is given back, and no more than all."""
    return min(max(0, tax_minor), gross_minor)


def _months(law: Law, month: str, so_far: SoFar) -> list[Assessed]:
    """Return the months that a law adds up, this one first, whether anything was assessed in it or not.

    The payments of one month are one payment.  A cumulative law goes back as far as there was one in every
    month (连续取得劳务报酬的月份): a month without one ends it, and so does the year.
    """
    assessed = {each.month: each for each in so_far.months}
    found = [assessed.get(month, Assessed(month, 0, 0))]
    match law:
        case LabourLaw():
            return found
        case CumulativeLaw(since):
            for number in range(int(month[5:]) - 1, 0, -1):
                before = assessed.get(f"{month[:4]}-{number:02}")
                if before is None or before.month < since:
                    break
                found.append(before)
            return found
        case _:
            assert_never(law)


def _taxable(law: Law, income_minor: int, months: int) -> int:
    """Return what is left of an income to be taxed; the share that is free is rounded half up to the fen."""
    match law:
        case LabourLaw() if income_minor <= law.small_until_minor:
            free = law.small_deduction_minor
        case LabourLaw():
            free = law.cost.of(income_minor, Rounding.HALF_UP)
        case CumulativeLaw():
            free = law.cost.of(income_minor, Rounding.HALF_UP) + months * law.allowance_minor
        case _:
            assert_never(law)
    return max(0, income_minor - free)


def _tax(taxable_minor: int, brackets: tuple[Bracket, ...]) -> int:
    """Return the tax on an amount: the rate of its bracket on all of it, less the quick deduction."""
    bracket = next(each for each in brackets if each.until_minor is None or taxable_minor <= each.until_minor)
    return bracket.rate.of(taxable_minor, Rounding.HALF_UP) - bracket.quick_minor
