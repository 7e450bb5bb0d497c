"""What a payee is told: statements with every line, where a cent came from and where it went."""

from collections import Counter
from collections.abc import Iterator, Sequence

from attrs import frozen

from distcore.commission import AccrualState, SaleRecord, state_of
from distcore.commission import refusals as commission_no
from distcore.engine.once import check
from distcore.engine.settle import closing_problem
from distcore.kernel import (
    Currency,
    MemberId,
    Origin,
    OriginKind,
    RefusedError,
    SaleId,
    currency_problem,
    id_problem,
)
from distcore.ledger import AccountBalance, Transfer
from distcore.payout import PayoutId, PayoutState
from distcore.ports import Transaction
from distcore.settlement import (
    Assessment,
    Closing,
    ClosingState,
    HoldOn,
    Line,
    Statement,
    drawn,
)


@frozen
class PayeeStatement:
    """A statement with its closing and what was withheld; None while the closing is a draft."""

    closing: Closing
    statement: Statement
    assessment: Assessment | None

    @property
    def tax_stays(self) -> bool:
        """Whether lines took money back: tax that was paid over for it before is not reclaimed."""
        return self.statement.lines_minor < 0


@frozen
class PayoutSource:
    """How much of a payout came out of which closing: the oldest money goes first."""

    payout: PayoutId
    closing: int
    amount_minor: int


@frozen
class Whereabouts:
    """Where a sale's facts of one posting and payee are now.

    `closing` is the one that has them on a statement; while it is a draft they are not settled yet.
    """

    posting: int
    payee: MemberId
    amount_minor: int
    state: AccrualState
    closing: int | None


def statements(tx: Transaction, payee: MemberId) -> Sequence[PayeeStatement]:
    """Return every statement of a payee that stands or waits for review, the oldest first."""
    check(id_problem(payee, "payee"))
    stated = tx.closings.statements_of(payee)
    if not stated:
        return []
    closings = {each.number: each for each in tx.closings.all()}
    assessments = {each.closing: each for each in tx.assessments.of_payee(payee)}
    return [
        PayeeStatement(closings[each.closing], each, assessments.get(each.closing))
        for each in stated
        if closings[each.closing].state is not ClosingState.REJECTED
    ]


def statement_lines(tx: Transaction, closing: int, payee: MemberId) -> Iterator[Line]:
    """Yield the lines of a statement: each leads back to a posting, an adjustment or an opening balance."""
    check(closing_problem(closing), id_problem(payee, "payee"))
    return tx.closings.lines(closing, payee)


def payout_sources(tx: Transaction, payee: MemberId, currency: Currency) -> Sequence[PayoutSource]:
    """Return which statements a payee's payouts were drawn from; those that failed drew nothing."""
    check(id_problem(payee, "payee"), currency_problem(currency, "currency"))
    payable = [
        (each.closing.number, each.assessment.payable_minor)
        for each in statements(tx, payee)
        if each.assessment is not None and each.statement.currency == currency
    ]
    payouts = sorted(
        (record.payout.requested_at, record.payout.id, record.payout.amount_minor)
        for record in tx.payouts.of_payee(payee)
        if record.payout.currency == currency
        and record.state not in {PayoutState.FAILED, PayoutState.CANCELLED}
    )
    parts = drawn([amount for _, amount in payable], [amount for *_, amount in payouts])
    return [PayoutSource(payouts[payout][1], payable[source][0], amount) for payout, source, amount in parts]


def whereabouts(tx: Transaction, sale: SaleId) -> Sequence[Whereabouts]:
    """Return where the money of a sale is, posting by posting and payee by payee."""
    check(id_problem(sale, "sale"))
    record = tx.sales.find([sale]).get(sale)
    if record is None:
        raise RefusedError(commission_no.SALE_UNKNOWN.refuse(sale=sale))
    held = bool(tx.holds.active(HoldOn.SALE, [sale]))
    on_statement = _closings_of(tx, record)
    currency = record.booking.sale.currency
    paid_of: dict[MemberId, frozenset[int]] = {}
    found = []
    for number, posting in enumerate(record.postings):
        sums: dict[MemberId, int] = {}
        for accrual in posting.accruals:
            sums[accrual.payee] = sums.get(accrual.payee, 0) + accrual.amount_minor
        for payee, amount in sums.items():
            closing = on_statement.get((number, payee))
            settled = closing is not None and closing.state is ClosingState.APPROVED
            if settled and payee not in paid_of:
                paid_of[payee] = _paid_closings(tx, payee, currency)
            paid = settled and closing is not None and closing.number in paid_of[payee]
            state = state_of(amount, released=record.released, held=held, settled=settled, paid=paid)
            found.append(
                Whereabouts(number, payee, amount, state, None if closing is None else closing.number)
            )
    return found


def transfers_of(tx: Transaction, payee: MemberId) -> Sequence[Transfer]:
    """Return everything that ever moved for a payee, in order of time."""
    check(id_problem(payee, "payee"))
    return tx.transfers.of_payee(payee)


def balances(tx: Transaction, payee: MemberId | None = None) -> Iterator[AccountBalance]:
    """Yield what is on every account, of one payee or of all."""
    if payee is not None:
        check(id_problem(payee, "payee"))
    return tx.transfers.balances(payee)


def _closings_of(tx: Transaction, record: SaleRecord) -> dict[tuple[int, MemberId], Closing]:
    """Return which closing took what of a sale, by posting and payee; a rejected one gave it back."""
    origins = [
        Origin(OriginKind.SALE, record.booking.sale.id, number) for number in range(len(record.postings))
    ]
    lines = tx.closings.lines_of(origins)
    closings = {each.number: each for each in tx.closings.all()} if lines else {}
    return {
        (line.due.origin.number, line.due.payee): closings[line.closing]
        for line in lines
        if closings[line.closing].state is not ClosingState.REJECTED
    }


def _paid_closings(tx: Transaction, payee: MemberId, currency: Currency) -> frozenset[int]:
    """Return the closings of which all that they stated to a payee has left.

    What one carried leaves with the statement that makes it due, the next one that is due at all.
    """
    gone = {each.payout.id for each in tx.payouts.of_payee(payee) if each.state is PayoutState.SUCCEEDED}
    left: Counter[int] = Counter()
    for source in payout_sources(tx, payee, currency):
        if source.payout in gone:
            left[source.closing] += source.amount_minor
    found: list[int] = []
    waiting: list[int] = []
    for each in statements(tx, payee):
        if each.statement.currency != currency:
            continue
        waiting.append(each.closing.number)
        if each.assessment is not None:
            if left[each.closing.number] == each.assessment.payable_minor:
                found += waiting
            waiting = []
    return frozenset(found)
