"""Reconciliation: what a provider's statement says, held against the payouts that we know.

The one rule this file protects: nothing is matched by guessing.  A row and a payout belong together by id;
whoever stands alone, on either side, is named.
"""

from collections.abc import Iterable, Sequence
from enum import Enum

from attrs import field, frozen

from distcore.kernel import (
    Currency,
    Instant,
    Problem,
    currency_problem,
    format_instant,
    format_minor,
    id_problem,
    int_problem,
    limits,
    shape_problems,
    utc,
)
from distcore.payout.lifecycle import PayoutState
from distcore.payout.payout import PayoutId, PayoutRecord


def _settled_at(value: Instant) -> Instant:
    return utc(value, "settled_at")


@frozen
class ProviderRow:
    """A payment as the provider lists it."""

    payout: PayoutId
    currency: Currency
    amount_minor: int
    settled_at: Instant = field(converter=_settled_at)


class Finding(Enum):
    """What is wrong between a provider and us."""

    UNKNOWN_HERE = "unknown_here"
    """They paid what we never sent: an orphan on their side."""
    MISSING_THERE = "missing_there"
    """We say it was paid, their statement doesn't: an orphan on ours."""
    AMOUNT_DIFFERS = "amount_differs"
    PAID_TWICE = "paid_twice"
    """Two rows of one payout."""
    NOT_SUCCEEDED = "not_succeeded"
    """They paid it, and we do not know yet, or gave the money back."""
    OUTSIDE_TIME = "outside_time"
    """A row that does not belong into the statement: it was settled at another time."""
    OTHER_TIME = "other_time"
    """They list it now, and said that they paid it at another time: perhaps a second payment."""


@frozen
class Mismatch:
    """One finding: which payout, what they say and what we say."""

    finding: Finding
    payout: PayoutId
    theirs: str
    ours: str


@frozen
class Reconciliation:
    """How many rows agree, and everything that does not, by payout."""

    matched: int
    mismatches: tuple[Mismatch, ...]


def row_problems(row: ProviderRow) -> tuple[Problem, ...]:
    """Return what is malformed about a row."""
    misshapen = tuple(shape_problems(row, ProviderRow, ""))
    if misshapen:
        return misshapen
    found = (
        id_problem(row.payout, "payout"),
        currency_problem(row.currency, "currency"),
        int_problem(row.amount_minor, "amount_minor", least=1, most=limits.AMOUNT_MINOR_MAX),
    )
    return tuple(problem for problem in found if problem is not None)


def reconcile(
    rows: Sequence[ProviderRow],
    known: Iterable[PayoutRecord],
    expected: Iterable[PayoutRecord],
    start: Instant,
    end: Instant,
) -> Reconciliation:
    """Compare a provider's rows of `[start, end)` with payouts.

    `known` are the payouts that the rows name; `expected` those that succeeded in the statement's time, which
    it must therefore list.
    """
    records = {each.payout.id: each for each in known}
    seen: set[PayoutId] = set()
    matched = 0
    found: list[Mismatch] = []
    for row in sorted(rows, key=lambda each: (each.payout, each.settled_at)):
        record = records.get(row.payout)
        mismatch = _compared(row, record, again=row.payout in seen)
        if mismatch is None and record is not None:
            mismatch = _mistimed(row, record.steps[-1].valid_at, start, end)
        seen.add(row.payout)
        if mismatch is None:
            matched += 1
        else:
            found.append(mismatch)
    found.extend(
        Mismatch(Finding.MISSING_THERE, record.payout.id, "", _ours(record))
        for record in expected
        if record.payout.id not in seen
    )
    return Reconciliation(matched, tuple(sorted(found, key=lambda each: (each.payout, each.finding.value))))


def _compared(row: ProviderRow, record: PayoutRecord | None, *, again: bool) -> Mismatch | None:
    theirs = f"{format_minor(row.amount_minor, row.currency)} {row.currency}"
    if record is None:
        return Mismatch(Finding.UNKNOWN_HERE, row.payout, theirs, "")
    payout = record.payout
    if again:
        return Mismatch(Finding.PAID_TWICE, row.payout, theirs, _ours(record))
    if (row.amount_minor, row.currency) != (payout.amount_minor, payout.currency):
        return Mismatch(Finding.AMOUNT_DIFFERS, row.payout, theirs, _ours(record))
    if record.state is not PayoutState.SUCCEEDED:
        return Mismatch(Finding.NOT_SUCCEEDED, row.payout, theirs, _ours(record))
    return None


def _mistimed(row: ProviderRow, happened_at: Instant, start: Instant, end: Instant) -> Mismatch | None:
    """Return what is wrong with the time of a row that agrees otherwise."""
    settled, ours = format_instant(row.settled_at), format_instant(happened_at)
    if not start <= row.settled_at < end:
        return Mismatch(Finding.OUTSIDE_TIME, row.payout, settled, ours)
    if not start <= happened_at < end:
        return Mismatch(Finding.OTHER_TIME, row.payout, settled, ours)
    return None


def _ours(record: PayoutRecord) -> str:
    payout = record.payout
    amount = f"{format_minor(payout.amount_minor, payout.currency)} {payout.currency}"
    return f"{amount}, {record.state.value}"
