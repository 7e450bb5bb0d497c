"""Closing a period: take what is due, state it to every payee, withhold, and make it payable.

Gather by sets, decide payee by payee, write in bulk: memory holds a page of payees, however many there
are.  A closing takes its lines first and adds up what it took, so nobody who writes meanwhile can slip in
between.
"""

from collections.abc import Iterable, Iterator, Sequence
from heapq import merge
from itertools import groupby, islice
from operator import attrgetter
from typing import Any, Final, TypeVar

from attrs import evolve, frozen

from distcore.engine import bookkeeping
from distcore.engine.accrue import currency_refusal, policy_of
from distcore.engine.once import Call, called, check, done_before, remember
from distcore.engine.periods import SettledPeriods
from distcore.kernel import (
    Cadence,
    Currency,
    InputError,
    Instant,
    Period,
    Problem,
    Refusal,
    RefusedError,
    currency_problem,
    format_instant,
    id_problem,
    int_problem,
    limits,
    period_of,
    text_problem,
)
from distcore.ledger import Balance, Transfer
from distcore.ports import Transaction
from distcore.settlement import (
    NOTHING_SO_FAR,
    Assessment,
    Closing,
    ClosingState,
    Customs,
    Decision,
    HoldOn,
    LineTotal,
    Review,
    SettlementPolicy,
    Statement,
    assess,
    closing_refusal,
    custom_refusal,
    decision_refusal,
    settlement_policy_problems,
    stated,
)
from distcore.settlement import refusals as no

T = TypeVar("T")

PAGE: Final = 5_000
"""Payees that are decided together: bounds memory."""


def set_settlement(
    tx: Transaction, policy: SettlementPolicy, *, at: Instant, actor: str, key: str
) -> SettlementPolicy:
    """Set how a currency is settled from a period on; set again unchanged it is left alone."""
    problems = settlement_policy_problems(policy)
    if problems:
        raise InputError(problems)
    call = called(at=at, actor=actor, key=key)
    if done_before(tx, call, "set_settlement", policy) is None:
        shop = policy_of(tx)
        if policy.currency not in shop.currencies:
            raise RefusedError(currency_refusal(shop, policy.currency))
        for other in tx.settlement_policies.all():
            same = (other.currency, other.policy_version) == (policy.currency, policy.policy_version)
            if same and other != policy:
                raise RefusedError(
                    no.SETTLEMENT_POLICY_EXISTS.refuse(
                        currency=policy.currency, policy_version=policy.policy_version
                    )
                )
        if policy not in tx.settlement_policies.all():
            tx.settlement_policies.add(policy, at=call.at)
        remember(tx, call, "set_settlement", policy, about=[policy.currency])
    return policy


def close_period(
    tx: Transaction,
    currency: Currency,
    period: str | None = None,
    *,
    at: Instant,
    actor: str,
    key: str,
    customs: Customs | None = None,
) -> Closing:
    """Close a period of a currency: the named one, or the next one.

    Everything that was released before its end and is on no statement comes along.  Where the settlement
    policy says so the closing waits for a review, else it stands at once.  A period that is closed, or
    drafted, already is not closed again: its closing is the answer.  Refused before the period has ended,
    out of order, and while another draft waits.

    The first one needs no name either: it is the last one that has ended.

    A custom withholding that raises, or withholds less than nothing or more than there is, stops the closing
    half-way: let the error roll the transaction back.
    """
    call = called(at=at, actor=actor, key=key)
    check(currency_problem(currency, "currency"), None if period is None else id_problem(period, "period"))
    inputs = (currency, period)
    command = done_before(tx, call, "close_period", inputs)
    if command is not None:
        return _as_answered(tx, command.answer)
    number = tx.closings.count() + 1  # before the closings are read: whoever is missing there has taken it
    periods = SettledPeriods.of(tx, currency)
    closing = periods.closing(period)
    if closing is None:
        due = _Due.of(periods, period, call.at)
        closing = _close(tx, call, number, due, customs or {})
    answer = f"{closing.number} {closing.state.value}"
    remember(tx, call, "close_period", inputs, answer, about=[str(closing.number)])
    return closing


def approve_closing(
    tx: Transaction,
    number: int,
    *,
    at: Instant,
    actor: str,
    key: str,
    reason: str = "",
    customs: Customs | None = None,
) -> Closing:
    """Approve a draft: what it says is due becomes payable, less what is withheld in this month.

    Refused for whoever made the draft: somebody else has to look at it; and before it was made.
    """
    call = called(at=at, actor=actor, key=key)
    inputs = _decision_inputs(number, reason)
    if done_before(tx, call, "approve_closing", inputs) is not None:
        return closing_of(tx, number)
    closing = _locked(tx, number)
    policy = _policy_of(tx, closing)
    refusal = decision_refusal(closing, ClosingState.APPROVED, call.actor) or _too_early(closing, call)
    refusal = refusal or custom_refusal(policy.withholding, customs or {})
    if refusal is not None:
        raise RefusedError(refusal)
    closing = _approve(tx, call, closing, policy, customs or {}, reason)
    remember(tx, call, "approve_closing", inputs, about=[str(number)])
    return closing


def reject_closing(
    tx: Transaction, number: int, reason: str, *, at: Instant, actor: str, key: str
) -> Closing:
    """Reject a draft: everything it took is due again, and its period can be closed anew."""
    call = called(at=at, actor=actor, key=key)
    inputs = _decision_inputs(number, reason)
    if done_before(tx, call, "reject_closing", inputs) is not None:
        return closing_of(tx, number)
    closing = _locked(tx, number)
    refusal = decision_refusal(closing, ClosingState.REJECTED, call.actor) or _too_early(closing, call)
    if refusal is not None:
        raise RefusedError(refusal)
    tx.closings.free(closing)
    decision = Decision(ClosingState.REJECTED, call.at, call.actor, reason)
    tx.closings.decide(number, decision)
    remember(tx, call, "reject_closing", inputs, about=[str(number)])
    return evolve(closing, decision=decision)


def closing_of(tx: Transaction, number: int) -> Closing:
    """Return a closing by its number."""
    check(closing_problem(number))
    found = tx.closings.find(number)
    if found is None:
        raise RefusedError(no.CLOSING_UNKNOWN.refuse(closing=number))
    return found


def closing_problem(number: object) -> Problem | None:
    """Return what keeps a value from being the number of a closing, or None."""
    return int_problem(number, "closing", least=1, most=limits.TOTAL_MINOR_MAX)


@frozen
class _Due:
    """What is asked to be closed, and what would be next."""

    policy: SettlementPolicy
    label: str
    expected: Period
    closings: Sequence[Closing]

    @classmethod
    def of(cls, periods: SettledPeriods, label: str | None, at: Instant) -> "_Due":
        policy, expected = periods.next(label, at)
        return cls(policy, label or expected.label, expected, periods.closings)


def _close(tx: Transaction, call: Call, number: int, due: _Due, customs: Customs) -> Closing:
    """Draft a closing, and let it stand at once where nobody reviews it; or refuse, before all else."""
    at_once = due.policy.review is Review.AUTOMATIC
    refusal = closing_refusal(due.label, due.expected, due.closings, call.at)
    if refusal is None and at_once:
        refusal = custom_refusal(due.policy.withholding, customs)
    if refusal is None:
        refusal = _size_refusal(tx, due)
    if refusal is not None:
        raise RefusedError(refusal)
    closing = _draft(tx, call, number, due)
    return _approve(tx, call, closing, due.policy, customs, "") if at_once else closing


def _size_refusal(tx: Transaction, due: _Due) -> Refusal | None:
    """Return why totals would not fit a store: nobody's statement, nor what is payable, may exceed 64 bits.

    Two sums say at once that all is well; payee by payee it is looked at where they do not.
    """
    currency, most = due.policy.currency, limits.TOTAL_MINOR_MAX
    if tx.dues.volume(currency) + tx.balances.largest(currency) <= most:
        return None
    for total in _with_carried(tx, _due_totals(tx, currency, due.expected.end), currency, 1):
        balance = tx.balances.of([total.payee], currency).get(total.payee, Balance(total.payee, currency))
        minor = balance.carried_minor + total.lines_minor
        if abs(minor) > most or balance.payable_minor + max(0, minor) > most:
            return no.TOTAL_TOO_LARGE.refuse(
                period=due.expected.label, payee=total.payee, currency=currency, total_minor_max=most
            )
    return None


def _due_totals(tx: Transaction, currency: Currency, end: Instant) -> Iterator[LineTotal]:
    """Yield what would be taken by payee, added up here: no store could."""
    dues = (each for each in tx.dues.all() if each.currency == currency and each.released_at < end)
    for payee, mine in groupby(dues, key=attrgetter("payee")):
        amounts = [each.amount_minor for each in mine]
        yield LineTotal(payee, sum(amounts), len(amounts))


def _as_answered(tx: Transaction, answer: str) -> Closing:
    """Return a closing as it was first answered: a draft, also where it was decided since."""
    number, state = answer.split()
    closing = closing_of(tx, int(number))
    return closing if state == closing.state.value else evolve(closing, decision=None)


def _draft(tx: Transaction, call: Call, number: int, due: _Due) -> Closing:
    policy = due.policy
    closing = Closing(number, policy.currency, due.expected, policy.policy_version, call.at, call.actor)
    tx.closings.open(closing)
    tx.closings.take(closing)
    for page in _pages(_totals(tx, closing, policy)):
        payees = [total.payee for total in page]
        held = tx.holds.active(HoldOn.PAYEE, payees, for_change=True)
        carried = tx.balances.of(payees, closing.currency)
        statements = [
            stated(
                closing,
                total,
                carried[total.payee].carried_minor if total.payee in carried else 0,
                policy,
                held=total.payee in held,
            )
            for total in page
        ]
        tx.closings.state(statements)
    return closing


def _totals(tx: Transaction, closing: Closing, policy: SettlementPolicy) -> Iterator[LineTotal]:
    """Yield what lines add up to by payee, and nothing for those whose carried balance alone is due now."""
    return _with_carried(tx, tx.closings.totals(closing), closing.currency, max(1, policy.minimum_minor))


def _with_carried(
    tx: Transaction, totals: Iterator[LineTotal], currency: Currency, least_minor: int
) -> Iterator[LineTotal]:
    carrying = (LineTotal(each.payee, 0, 0) for each in tx.balances.carrying(currency, least_minor))
    last = None
    for total in merge(totals, carrying, key=attrgetter("payee")):
        if total.payee != last:  # the one with lines comes first
            yield total
        last = total.payee


def _approve(
    tx: Transaction,
    call: Call,
    closing: Closing,
    policy: SettlementPolicy,
    customs: Customs,
    reason: str,
) -> Closing:
    month = period_of(call.at, Cadence.MONTHLY, policy_of(tx).calendar).label
    for page in _pages(tx.closings.statements(closing.number)):
        assessments = _assessed(tx, page, policy, month, customs)
        tx.assessments.add(list(assessments.values()))
        transfers: list[Transfer] = []
        for each in page:
            transfers += bookkeeping.settled(closing, each, assessments.get(each.payee), call.at)
        tx.transfers.add(transfers)
        changes = [bookkeeping.balance_change(each, assessments.get(each.payee)) for each in page]
        tx.balances.change([each for each in changes if each.carried_minor or each.payable_minor])
    decision = Decision(ClosingState.APPROVED, call.at, call.actor, reason)
    tx.closings.decide(closing.number, decision)
    return evolve(closing, decision=decision)


def _assessed(
    tx: Transaction, page: Sequence[Statement], policy: SettlementPolicy, month: str, customs: Customs
) -> dict[Any, Assessment]:
    due = [each for each in page if each.gross_minor]
    if not due:
        return {}
    so_far = tx.assessments.so_far([each.payee for each in due], policy.currency, month)
    return {
        each.payee: assess(each, policy, month, so_far.get(each.payee, NOTHING_SO_FAR), customs)
        for each in due
    }


def _locked(tx: Transaction, number: int) -> Closing:
    closing = tx.closings.find(number, for_change=True)
    if closing is None:
        raise RefusedError(no.CLOSING_UNKNOWN.refuse(closing=number))
    return closing


def _too_early(closing: Closing, call: Call) -> Refusal | None:
    """Return the refusal of a decision before what it decides, as by a clock that goes wrong."""
    if call.at >= closing.drafted_at:
        return None
    return no.DECIDED_TOO_EARLY.refuse(
        closing=closing.number,
        drafted_at=format_instant(closing.drafted_at),
        at=format_instant(call.at),
    )


def _policy_of(tx: Transaction, closing: Closing) -> SettlementPolicy:
    return next(
        each
        for each in tx.settlement_policies.all()
        if (each.currency, each.policy_version) == (closing.currency, closing.policy_version)
    )


def _decision_inputs(number: int, reason: str) -> tuple[object, ...]:
    check(closing_problem(number), text_problem(reason, "reason"))
    return (number, reason)


def _pages(items: Iterable[T]) -> Iterator[list[T]]:
    left = iter(items)
    while page := list(islice(left, PAGE)):
        yield page
