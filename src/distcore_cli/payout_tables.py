"""Payouts as tables: accounts are masked, and no cell has more of one than a person needs to recognise it."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from distcore.engine import PayoutSource
from distcore.kernel import Currency, format_instant, format_minor
from distcore.payout import PayoutRecord, PayoutState, Step
from distcore.ports import PayoutOrder, Transaction
from distcore_cli.payee_accounts import masked_cell
from distcore_cli.render import Cell, Table, columns
from distcore_cli.settings import Format, Settings

PAGE: Final = 1_000
"""Payouts whose accounts are asked for together."""

PAYOUTS = columns(
    "payout payee amount currency state channel account to requested_at requested_by approved_by batch "
    "reason",
    "amount account",
)
IN_SHORT: Final = [
    "payout",
    "payee",
    "amount",
    "currency",
    "state",
    "channel",
    "to",
    "requested_by",
    "approved_by",
    "batch",
]
"""What people are shown of payouts."""

STEPS = columns("step state at actor reason event", "step")
SOURCES = columns("closing amount currency", "closing amount")
SUBMITTED = columns("batch channel payouts amount currency file", "payouts amount")


def payout_table(tx: Transaction, records: Sequence[PayoutRecord], settings: Settings) -> Table:
    """Return payouts as a table, with accounts masked, in short for people."""
    rows: list[Sequence[Cell]] = []
    for start in range(0, len(records), PAGE):
        page = records[start : start + PAGE]
        found = tx.accounts.details([(each.payout.payee, each.payout.account) for each in page])
        for each in page:
            details = found.get((each.payout.payee, each.payout.account))
            rows.append(_row(each, None if details is None else masked_cell(details.account)))
    table = Table("payouts", PAYOUTS, rows)
    return table.only(IN_SHORT) if settings.format is Format.TABLE else table


def _row(record: PayoutRecord, to: str | None) -> Sequence[Cell]:
    payout = record.payout
    by_state = {step.state: step for step in record.steps}
    approved, submitted = by_state.get(PayoutState.APPROVED), by_state.get(PayoutState.SUBMITTED)
    last = record.steps[-1]
    return (
        payout.id,
        payout.payee,
        format_minor(payout.amount_minor, payout.currency),
        payout.currency,
        record.state.value,
        payout.channel,
        payout.account,
        to,
        format_instant(payout.requested_at),
        payout.requested_by,
        None if approved is None else approved.actor,
        None if submitted is None else submitted.reason,
        None if last is submitted else last.reason or None,
    )


def step_table(record: PayoutRecord) -> Table:
    """Return the life of a payout as a table."""
    return Table("steps", STEPS, [_step(each) for each in record.steps])


def source_table(sources: Sequence[PayoutSource], currency: Currency) -> Table:
    """Return where the money of a payout came from."""
    rows = [(each.closing, format_minor(each.amount_minor, currency), currency) for each in sources]
    return Table("sources", SOURCES, rows)


def batch_table(key: str, channel: str, orders: Sequence[PayoutOrder], file: str | None) -> Table:
    """Return what was submitted, added up by currency."""
    sums: Counter[Currency] = Counter()
    counts: Counter[Currency] = Counter()
    for each in orders:
        sums[each.payout.currency] += each.payout.amount_minor
        counts[each.payout.currency] += 1
    rows = [
        (key, channel, counts[currency], format_minor(minor, currency), currency, file)
        for currency, minor in sorted(sums.items())
    ]
    return Table("submitted", SUBMITTED, rows)


def _step(step: Step) -> Sequence[Cell]:
    return (step.number, step.state.value, format_instant(step.at), step.actor, step.reason, step.event)
