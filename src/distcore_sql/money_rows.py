"""Between nouns and rows of ledger, settlement and payout, as `rows` does it for the rest.

A row is written without its shop, in the order of the columns.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from distcore.codec import Media, load_settlement
from distcore.kernel import Origin, OriginKind, Period, digest, micros_of
from distcore.ledger import Balance, Block, Leaf, Transfer
from distcore.payout import AccountDetails, PayeeAccount, Payout, PayoutRecord, PayoutState, Step
from distcore.settlement import (
    Adjustment,
    Assessment,
    Closing,
    ClosingState,
    Decision,
    Due,
    Hold,
    HoldChange,
    HoldOn,
    Line,
    Opening,
    SettlementPolicy,
    Statement,
)
from distcore_sql.rows import readable, stored_currency, stored_instant, stored_word
from distcore_sql.statements import Values

_KINDS: Final = {kind.value: kind for kind in OriginKind}


def row_of_origin(origin: Origin) -> tuple[str, str, int]:
    """Return the columns of an origin."""
    return origin.kind.value, origin.ref, origin.number


def origin_of(row: Sequence[Any]) -> Origin:
    """Return the origin of three columns."""
    kind, ref, number = row
    # Every transfer and every due has an origin: to look its kind up is quicker than to make it.
    return Origin(_KINDS.get(kind) or stored_word(OriginKind, kind, "origin"), ref, number)


def row_of_transfer(transfer: Transfer) -> Values:
    """Return the row of a transfer."""
    origin = transfer.origin
    return (
        origin.kind.value,
        origin.ref,
        origin.number,
        transfer.payee,
        transfer.currency,
        transfer.debit,
        transfer.credit,
        transfer.amount_minor,
        micros_of(transfer.valid_at),
        micros_of(transfer.posted_at),
    )


def transfer_of(row: Sequence[Any]) -> Transfer:
    """Return the transfer of a row."""
    payee, currency, debit, credit, amount, valid_at, posted_at = row[3:10]
    return Transfer(
        origin_of(row[:3]),
        payee,
        stored_currency(currency, "transfer"),
        debit,
        credit,
        amount,
        stored_instant(valid_at),
        stored_instant(posted_at),
    )


def row_of_block(block: Block) -> Values:
    """Return the row of a block."""
    return (
        block.number,
        block.leaves,
        block.previous.hex(),
        block.digest.hex(),
        micros_of(block.sealed_at),
    )


def block_of(row: Sequence[Any]) -> Block:
    """Return the block of a row."""
    number, leaves, previous, hashed, sealed_at = row
    with readable("block"):
        return Block(number, leaves, hash_of(previous), hash_of(hashed), stored_instant(sealed_at))


def leaves_of(rows: Sequence[Sequence[Any]]) -> list[Leaf]:
    """Return the leaves of the rows of a block."""
    return [Leaf(kind, ref, hash_of(hashed)) for kind, ref, hashed, *_ in rows]


def hash_of(text: str) -> bytes:
    """Return the hash that was written as a text; of any other text one that no rows have.

    `AB` and `a b` would be read as `ab` is, but we write nothing like that.
    """
    try:
        found = bytes.fromhex(text)
    except ValueError:
        return digest(text)
    return found if found.hex() == text else digest(text)


def balance_of(row: Sequence[Any]) -> Balance:
    """Return the balance of a row."""
    payee, currency, carried, payable = row
    return Balance(payee, stored_currency(currency, "balance"), carried, payable)


def row_of_due(due: Due) -> Values:
    """Return the row of a due."""
    origin = due.origin
    return (
        due.currency,
        due.payee,
        origin.kind.value,
        origin.ref,
        origin.number,
        due.amount_minor,
        micros_of(due.valid_at),
        micros_of(due.released_at),
    )


def due_of(row: Sequence[Any]) -> Due:
    """Return the due of a row."""
    currency, payee = row[:2]
    amount, valid_at, released_at = row[5:8]
    origin = origin_of(row[2:5])
    known = stored_currency(currency, "due")
    return Due(origin, payee, known, amount, stored_instant(valid_at), stored_instant(released_at))


def line_of(row: Sequence[Any]) -> Line:
    """Return the line of a row, which has the currency of its closing at the end."""
    closing, payee = row[:2]
    amount, valid_at, released_at, currency = row[5:9]
    due = Due(
        origin_of(row[2:5]), payee, currency, amount, stored_instant(valid_at), stored_instant(released_at)
    )
    return Line(closing, due)


def row_of_closing(closing: Closing) -> Values:
    """Return the row of a closing without its decision."""
    return (
        closing.number,
        closing.currency,
        closing.period.label,
        micros_of(closing.period.start),
        micros_of(closing.period.end),
        closing.policy_version,
        micros_of(closing.drafted_at),
        closing.actor,
    )


def closing_of(row: Sequence[Any]) -> Closing:
    """Return the closing of a row that has its decision, or nothing, at the end."""
    number, currency, label, start, end, policy_version, drafted_at, actor = row[:8]
    return Closing(
        number,
        stored_currency(currency, "closing"),
        Period(label, stored_instant(start), stored_instant(end)),
        policy_version,
        stored_instant(drafted_at),
        actor,
        None if row[8] is None else _decision_of(row[8:12]),
    )


def row_of_decision(number: int, decision: Decision) -> Values:
    """Return the row of a decision."""
    return number, decision.state.value, micros_of(decision.decided_at), decision.actor, decision.reason


def _decision_of(row: Sequence[Any]) -> Decision:
    state, decided_at, actor, reason = row
    with readable("decision"):
        return Decision(ClosingState(state), stored_instant(decided_at), actor, reason)


def row_of_statement(statement: Statement) -> Values:
    """Return the row of a statement."""
    return (
        statement.closing,
        statement.payee,
        statement.currency,
        statement.opening_minor,
        statement.lines_minor,
        statement.line_count,
        statement.gross_minor,
        int(statement.held),
    )


def statement_of(row: Sequence[Any]) -> Statement:
    """Return the statement of a row."""
    closing, payee, currency, opening, lines, count, gross, held = row
    known = stored_currency(currency, "statement")
    return Statement(closing, payee, known, opening, lines, count, gross, bool(held))


def row_of_assessment(assessment: Assessment) -> Values:
    """Return the row of an assessment."""
    return (
        assessment.closing,
        assessment.payee,
        assessment.currency,
        assessment.month,
        assessment.gross_minor,
        assessment.withheld_minor,
    )


def assessment_of(row: Sequence[Any]) -> Assessment:
    """Return the assessment of a row."""
    closing, payee, currency, month, gross, withheld = row
    return Assessment(closing, payee, stored_currency(currency, "assessment"), month, gross, withheld)


def row_of_adjustment(adjustment: Adjustment, recorded_at: int) -> Values:
    """Return the row of an adjustment."""
    return (
        adjustment.id,
        adjustment.payee,
        adjustment.currency,
        adjustment.amount_minor,
        adjustment.reason,
        adjustment.authority,
        micros_of(adjustment.valid_at),
        recorded_at,
    )


def adjustment_of(row: Sequence[Any]) -> Adjustment:
    """Return the adjustment of a row."""
    id, payee, currency, amount, reason, authority, valid_at = row[:7]
    known = stored_currency(currency, "adjustment")
    return Adjustment(id, payee, known, amount, reason, authority, stored_instant(valid_at))


def row_of_opening(opening: Opening, recorded_at: int) -> Values:
    """Return the row of an opening balance."""
    frozen_until = opening.frozen_until
    return (
        opening.id,
        opening.payee,
        opening.currency,
        opening.amount_minor,
        opening.provenance,
        micros_of(opening.valid_at),
        None if frozen_until is None else micros_of(frozen_until),
        recorded_at,
    )


def opening_of(row: Sequence[Any]) -> Opening:
    """Return the opening balance of a row."""
    id, payee, currency, amount, provenance, valid_at, frozen_until = row[:7]
    until = None if frozen_until is None else stored_instant(frozen_until)
    known = stored_currency(currency, "opening balance")
    return Opening(id, payee, known, amount, provenance, stored_instant(valid_at), until)


def row_of_hold_change(change: HoldChange) -> Values:
    """Return the row of a change of a hold."""
    hold = change.hold
    return (
        hold.on.value,
        hold.ref,
        change.number,
        hold.reason,
        int(change.placed),
        micros_of(change.changed_at),
        change.actor,
    )


def hold_of(row: Sequence[Any]) -> Hold:
    """Return the hold of three columns."""
    on, ref, reason = row
    with readable("hold"):
        return Hold(HoldOn(on), ref, reason)


def hold_change_of(row: Sequence[Any]) -> HoldChange:
    """Return the change of a row."""
    on, ref, number, reason, placed, changed_at, actor = row
    return HoldChange(hold_of((on, ref, reason)), number, bool(placed), stored_instant(changed_at), actor)


def row_of_account(account: PayeeAccount) -> Values:
    """Return the row of an account without anything personal, and without its verification."""
    return (
        account.payee,
        account.number,
        account.channel,
        micros_of(account.changed_at),
        account.actor,
    )


def account_of(row: Sequence[Any]) -> PayeeAccount:
    """Return the account of a row that has the instant of its verification, or nothing, at the end."""
    payee, number, channel, changed_at, actor, verified_at = row
    since = None if verified_at is None else stored_instant(verified_at)
    return PayeeAccount(payee, number, channel, stored_instant(changed_at), actor, since)


def row_of_details(account: PayeeAccount, details: AccountDetails) -> Values:
    """Return the row of what is personal."""
    return account.payee, account.number, details.holder, details.account, details.bank


def row_of_payout(payout: Payout) -> Values:
    """Return the row of a payout."""
    return (
        payout.id,
        payout.payee,
        payout.currency,
        payout.amount_minor,
        payout.account,
        payout.channel,
        micros_of(payout.requested_at),
        payout.requested_by,
    )


def payout_of(row: Sequence[Any]) -> Payout:
    """Return the payout of a row."""
    id, payee, currency, amount, account, channel, requested_at, requested_by = row
    known = stored_currency(currency, "payout")
    return Payout(id, payee, known, amount, account, channel, stored_instant(requested_at), requested_by)


def row_of_step(payout: str, step: Step) -> Values:
    """Return the row of a step."""
    return (
        payout,
        step.number,
        step.state.value,
        micros_of(step.at),
        step.actor,
        step.reason,
        None if step.content is None else step.content.hex(),
        step.event,
        None if step.happened_at is None else micros_of(step.happened_at),
    )


def step_of(row: Sequence[Any]) -> Step:
    """Return the step of a row that begins with its payout."""
    _, number, state, at, actor, reason, content, event, happened_at = row
    with readable("step"):
        known = None if content is None else bytes.fromhex(content)
        happened = None if happened_at is None else stored_instant(happened_at)
        return Step(number, PayoutState(state), stored_instant(at), actor, reason, known, event, happened)


def record_of(payout: Payout, steps: Sequence[Step]) -> PayoutRecord:
    """Return a payout with its steps; the first of them was written with it."""
    with readable("payout"):
        if not steps:
            raise ValueError(f"{payout.id} has no steps")
        return PayoutRecord(payout, tuple(steps))


@lru_cache(maxsize=64)
def settlement_policy_of(body: str) -> SettlementPolicy:
    """Return the settlement policy of a document; parsed once, as plans are."""
    with readable("settlement policy"):
        return load_settlement(body.encode(), Media.JSON)
