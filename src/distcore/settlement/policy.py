"""How a shop settles, as data: its `settlement-policy` document as a value.  Nothing here calculates.

There is one for each currency; a later version takes over with the first period that begins in its time.
"""

from collections.abc import Iterable
from enum import Enum
from typing import TypeAlias, assert_never

from attrs import field, frozen

from distcore.kernel import (
    POINT,
    Cadence,
    Currency,
    Instant,
    Problem,
    Rhythm,
    currency_problem,
    id_problem,
    int_problem,
    limits,
    rhythm_problems,
    shape_problems,
    utc,
)


class Review(Enum):
    """Whether a closing stands at once or waits for somebody who approves it."""

    AUTOMATIC = "automatic"
    REVIEWED = "reviewed"


@frozen
class NoWithholding:
    """The payee gets what is due, and sees to the taxes."""


@frozen
class CnLabour:
    """Mainland China, remuneration for labour, withheld payment by payment; a month is one payment.

    By the law of the month, see `LABOUR_LAWS`.
    """


@frozen
class CnCumulative:
    """Mainland China, remuneration for labour through platforms, withheld over months in a row.

    By the law of the month, see `PLATFORM_LAWS`: before October 2025 payment by payment.
    """


@frozen
class CustomWithholding:
    """A function of the shop's own, registered under this name and version."""

    name: str
    version: int = 1


Withholding: TypeAlias = NoWithholding | CnLabour | CnCumulative | CustomWithholding


def _valid_from(value: Instant) -> Instant:
    return utc(value, "$.valid_from")


@frozen
class SettlementPolicy:
    """How one currency is settled, for periods that begin at `valid_from` or later.

    A balance below `minimum_minor` is carried, one that reaches it is paid; the minimum is compared with
    the amount before tax.  For `account_hold_days` after a payee changed the account no payout goes there.
    """

    currency: Currency
    policy_version: int
    valid_from: Instant = field(converter=_valid_from)
    cadence: Rhythm = Cadence.MONTHLY
    review: Review = Review.AUTOMATIC
    minimum_minor: int = 0
    withholding: Withholding = field(factory=NoWithholding)
    account_hold_days: int = 3


def settlement_policy_problems(policy: SettlementPolicy) -> tuple[Problem, ...]:
    """Return what is impossible about a settlement policy, with paths into its document."""
    misshapen = tuple(shape_problems(policy, SettlementPolicy, "$"))
    if misshapen:
        return misshapen
    days_max = limits.ACCOUNT_HOLD_DAYS_MAX
    found = [
        money_problem(policy.currency, "$.currency"),
        int_problem(policy.policy_version, "$.policy_version", least=1, most=limits.UNITS_MAX),
        int_problem(policy.minimum_minor, "$.minimum", least=0, most=limits.AMOUNT_MINOR_MAX),
        int_problem(policy.account_hold_days, "$.account_hold_days", least=0, most=days_max),
        *rhythm_problems(policy.cadence, "$.cadence"),
        *_withholding_problems(policy),
    ]
    return tuple(problem for problem in found if problem is not None)


def money_problem(currency: object, where: str) -> Problem | None:
    """Return what keeps a value from being a currency that is settled, or None: points never are."""
    if currency == POINT:
        return Problem(where, "points are never settled", "give and take them by adjustments")
    return currency_problem(currency, where)


def settlement_policy_at(
    policies: Iterable[SettlementPolicy], currency: Currency, instant: Instant
) -> SettlementPolicy | None:
    """Return the highest version for a currency that is valid at an instant."""
    valid = [each for each in policies if each.currency == currency and each.valid_from <= instant]
    return max(valid, key=lambda each: each.policy_version, default=None)


def _withholding_problems(policy: SettlementPolicy) -> Iterable[Problem | None]:
    match policy.withholding:
        case CnLabour() | CnCumulative():
            if policy.currency != "CNY":
                yield Problem(
                    "$.withholding", f"its brackets are in CNY, not {policy.currency}", "settle CNY by it"
                )
        case CustomWithholding(name, version):
            yield id_problem(name, "$.withholding.name")
            yield int_problem(version, "$.withholding.version", least=1, most=limits.UNITS_MAX)
        case NoWithholding():
            return
        case _:
            assert_never(policy.withholding)
