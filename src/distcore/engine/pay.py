"""Paying: a payee's account, a request, somebody else's approval, the provider's word.

The amount is taken from what is payable by the condition of the write itself, so it is never reserved
twice; what became of a submitted payout is learnt from the provider alone.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from attrs import evolve

from distcore.engine import bookkeeping, refusals
from distcore.engine.once import (
    Call,
    called,
    decide_each,
    done_before,
    only,
    remember,
    remember_all,
    sort_out,
)
from distcore.kernel import (
    Currency,
    InputError,
    Instant,
    Key,
    MemberId,
    Problem,
    Refusal,
    Refused,
    RefusedError,
    Report,
    format_minor,
    id_problem,
    int_problem,
    limits,
    text_problem,
)
from distcore.ledger import Balance
from distcore.payout import (
    LIVE,
    STORED_VALUE_CHANNEL,
    AccountDetails,
    Outcome,
    PayeeAccount,
    Payout,
    PayoutId,
    PayoutRecord,
    PayoutState,
    ProviderEvent,
    ProviderRow,
    Reconciliation,
    Step,
    account_problems,
    account_refusal,
    approval_refusal,
    content_of,
    event_problems,
    event_refusal,
    payout_problems,
    reconcile,
    row_problems,
    step_refusal,
    submission_refusal,
)
from distcore.payout import refusals as no
from distcore.ports import PayoutOrder, Transaction
from distcore.settlement import HoldOn, settlement_policy_at
from distcore.settlement import refusals as settlement_no

STATE_OF = {
    Outcome.SUCCEEDED: PayoutState.SUCCEEDED,
    Outcome.FAILED: PayoutState.FAILED,
    Outcome.UNKNOWN: PayoutState.UNKNOWN,
}


def set_account(
    tx: Transaction,
    payee: MemberId,
    channel: str,
    details: AccountDetails,
    *,
    at: Instant,
    actor: str,
    key: str,
) -> PayeeAccount:
    """Set where a payee is paid from now on: a new number, to be verified, and a hold before it is used.

    The details stand nowhere else, not even in the hash of the command's inputs: they can be erased.
    """
    problems = account_problems(payee, channel, details)
    if problems:
        raise InputError(problems)
    call = called(at=at, actor=actor, key=key)
    _check_payee(tx, payee)
    command = done_before(tx, call, "set_account", (payee, channel))
    if command is not None:
        return _set_before(tx, call, payee, details, int(command.answer))
    current = tx.accounts.current([payee], for_change=True).get(payee)
    number = 1 if current is None else current.number + 1
    account = PayeeAccount(payee, number, channel, call.at, call.actor)
    tx.accounts.add(account, details)
    remember(tx, call, "set_account", (payee, channel), str(number))
    return account


def verify_account(
    tx: Transaction, payee: MemberId, number: int, *, at: Instant, actor: str, key: str
) -> PayeeAccount:
    """Say that a payee's newest account is the payee's own; refused for whoever set it."""
    _check(id_problem(payee, "payee"), int_problem(number, "account", least=1, most=limits.UNITS_MAX))
    call = called(at=at, actor=actor, key=key)
    account = tx.accounts.current([payee], for_change=True).get(payee)
    if done_before(tx, call, "verify_account", (payee, number)) is not None and account is not None:
        return account
    if account is None:
        raise RefusedError(no.NO_ACCOUNT.refuse(payee=payee))
    refusal = _verify_refusal(account, number, call)
    if refusal is not None:
        raise RefusedError(refusal)
    tx.accounts.verify(payee, number, at=call.at, actor=call.actor)
    remember(tx, call, "verify_account", (payee, number))
    return evolve(account, verified_at=call.at)


def erase_payee(tx: Transaction, payee: MemberId, *, at: Instant, actor: str, key: str) -> int:
    """Erase everything personal about a payee, and return of how many accounts; the facts stay.

    Refused while a payout is on its way: the provider may ask about it.
    """
    _check(id_problem(payee, "payee"))
    call = called(at=at, actor=actor, key=key)
    command = done_before(tx, call, "erase_payee", payee)
    if command is not None:
        return int(command.answer)
    for record in tx.payouts.of_payee(payee):
        if record.state in LIVE:
            raise RefusedError(
                no.PAYOUT_LIVE.refuse(payee=payee, payout=record.payout.id, state=record.state)
            )
    count = tx.accounts.erase(payee)
    remember(tx, call, "erase_payee", payee, str(count))
    return count


def request_payout(
    tx: Transaction,
    id: PayoutId,
    payee: MemberId,
    currency: Currency,
    amount_minor: int,
    *,
    at: Instant,
    actor: str,
    key: str,
) -> PayoutRecord:
    """Ask for an amount of what is payable, to the payee's account; it is reserved at once.

    Refused above the balance, on hold, and to an account that is not verified or was changed lately.
    """
    problems = payout_problems(id, payee, currency, amount_minor)
    if problems:
        raise InputError(problems)
    call = called(at=at, actor=actor, key=key)
    inputs = (id, payee, currency, amount_minor)
    if done_before(tx, call, "request_payout", inputs) is not None:
        return payout_of(tx, id)
    present = tx.payouts.find([id]).get(id)
    if present is not None:
        payout = present.payout
        if (payout.payee, payout.currency, payout.amount_minor) != inputs[1:]:
            raise RefusedError(no.PAYOUT_EXISTS.refuse(payout=id))
        remember(tx, call, "request_payout", inputs)
        return present
    held = tx.holds.active(HoldOn.PAYEE, [payee]).get(payee)
    if held is not None:
        raise RefusedError(no.PAYEE_ON_HOLD.refuse(payee=payee, reason=held.reason))
    account = tx.accounts.current([payee], for_change=True).get(payee)
    refusal = account_refusal(payee, account, _hold_days(tx, currency, call.at), call.at)
    if refusal is not None:
        raise RefusedError(refusal)
    assert account is not None, "an account that is missing is refused"
    if not tx.balances.take(payee, currency, amount_minor):
        raise RefusedError(_too_low(tx, id, payee, currency, amount_minor))
    payout = Payout(id, payee, currency, amount_minor, account.number, account.channel, call.at, call.actor)
    step = Step(1, PayoutState.REQUESTED, call.at, call.actor)
    tx.payouts.add(payout, step)
    tx.transfers.add(bookkeeping.paid(payout, [step]))
    remember(tx, call, "request_payout", inputs)
    return PayoutRecord(payout, (step,))


def approve_payout(tx: Transaction, id: PayoutId, *, at: Instant, actor: str, key: str) -> PayoutRecord:
    """Approve what a payout says now: this payee, account, amount and currency, once."""
    call, record = _begun(tx, "approve_payout", id, (id,), at=at, actor=actor, key=key)
    if record is not None:
        return record
    found = _locked(tx, id)
    refusal = approval_refusal(found, call.actor)
    if refusal is not None:
        raise RefusedError(refusal)
    step = _next(found, PayoutState.APPROVED, call, content=content_of(found.payout))
    return _stepped(tx, call, "approve_payout", (id,), found, step)


def cancel_payout(
    tx: Transaction, id: PayoutId, reason: str, *, at: Instant, actor: str, key: str
) -> PayoutRecord:
    """Take a payout back before it was submitted: the amount is payable again."""
    _check(text_problem(reason, "reason"))
    call, record = _begun(tx, "cancel_payout", id, (id, reason), at=at, actor=actor, key=key)
    if record is not None:
        return record
    found = _locked(tx, id)
    refusal = step_refusal(found, PayoutState.CANCELLED)
    if refusal is not None:
        raise RefusedError(refusal)
    step = _next(found, PayoutState.CANCELLED, call, reason=reason)
    return _stepped(tx, call, "cancel_payout", (id, reason), found, step)


def submit_payouts(
    tx: Transaction,
    channel: str,
    ids: Sequence[PayoutId] | None = None,
    *,
    at: Instant,
    actor: str,
    key: str,
) -> Report[PayoutOrder]:
    """Hand approved payouts of a channel over to its provider: these, or all there are.

    After this only the provider knows what became of them.  Under the same key it gives the same orders
    again, so a bank file that was lost is written again, and no other.  Stored value needs no provider: it
    is paid at once.
    """
    _check(id_problem(channel, "channel"), *(id_problem(each, "payout") for each in ids or ()))
    call = called(at=at, actor=actor, key=key)
    inputs = (channel, None if ids is None else tuple(ids))
    if done_before(tx, call, "submit_payouts", inputs) is not None:
        again = tx.payouts.submitted(call.key)
        return Report((), repeated=len(again))
    wanted = _approved(tx, channel) if ids is None else list(dict.fromkeys(ids))
    found = tx.payouts.find(sorted(wanted), for_change=True)
    accounts = tx.accounts.current(sorted({each.payout.payee for each in found.values()}), for_change=True)
    refused: list[Refused] = []
    records: list[PayoutRecord] = []
    for id in wanted:
        record = found.get(id)
        refusal = _submission_refusal(tx, record, id, channel, accounts, call.at)
        if refusal is None and record is not None:
            records.append(record)
        elif refusal is not None:
            refused.append(Refused(id, refusal))
    _submit(tx, call, records, channel)
    remember(tx, call, "submit_payouts", inputs)
    return Report(orders_of(tx, records), refused=tuple(refused))


def submitted_orders(tx: Transaction, key: str) -> tuple[PayoutOrder, ...]:
    """Return what was handed over under a key: the bank file is written from it, as often as needed."""
    _check(id_problem(key, "key"))
    return orders_of(tx, tx.payouts.submitted(Key(key)))


def orders_of(tx: Transaction, records: Iterable[PayoutRecord]) -> tuple[PayoutOrder, ...]:
    """Return payouts with the details of their accounts; what was erased is blank."""
    payouts = [each.payout for each in records]
    details = tx.accounts.details([(each.payee, each.account) for each in payouts])
    nothing = AccountDetails()
    return tuple(PayoutOrder(each, details.get((each.payee, each.account), nothing)) for each in payouts)


def take_event(tx: Transaction, event: ProviderEvent, *, at: Instant, actor: str, key: str) -> PayoutRecord:
    """Take what a provider told about a payout; the same event counts once, whenever it comes again."""
    report = _take(tx, called(at=at, actor=actor, key=key), [event])
    return only(report, lambda: payout_of(tx, event.payout))


def take_events(
    tx: Transaction, events: Sequence[ProviderEvent], *, at: Instant, actor: str, key: str = "event"
) -> Report[PayoutRecord]:
    """Take what a provider told about many payouts, each by itself."""
    return _take(tx, called(at=at, actor=actor, key=key, of_batch=True), events)


def payout_of(tx: Transaction, id: PayoutId) -> PayoutRecord:
    """Return a payout with its life so far."""
    _check(id_problem(id, "payout"))
    found = tx.payouts.find([id]).get(id)
    if found is None:
        raise RefusedError(no.PAYOUT_UNKNOWN.refuse(payout=id))
    return found


def reconcile_channel(
    tx: Transaction, channel: str, rows: Sequence[ProviderRow], start: Instant, end: Instant
) -> Reconciliation:
    """Hold a provider's statement of `[start, end)` against the payouts; orphans of both sides are named."""
    _check(id_problem(channel, "channel"))
    problems = [problem for row in rows for problem in row_problems(row)]
    if len(rows) > limits.RECONCILED_ROWS_MAX:
        problems.append(Problem("rows", f"there are {len(rows)}", f"at most {limits.RECONCILED_ROWS_MAX}"))
    if problems:
        raise InputError(tuple(problems))
    known = tx.payouts.find(sorted({row.payout for row in rows}))
    of_channel = [each for each in known.values() if each.payout.channel == channel]
    return reconcile(rows, of_channel, tx.payouts.succeeded(channel, start, end))


def _take(tx: Transaction, call: Call, events: Sequence[ProviderEvent]) -> Report[PayoutRecord]:
    items = sort_out(
        tx, call, "take_event", events, kind=ProviderEvent, id_of=_event_id, problems_of=event_problems
    )
    if not items.fresh:
        return items.nothing_new()
    records = tx.payouts.find(sorted({one.item.payout for one in items.fresh}), for_change=True)
    told = tx.payouts.told([one.item.id for one in items.fresh])

    def decide(event: ProviderEvent) -> PayoutRecord | Refusal | None:
        if event.id in told:
            return no.EVENT_EXISTS.refuse(event=event.id)
        record = records.get(event.payout)
        refusal = event_refusal(record, event)
        if refusal is not None or record is None:
            return refusal
        state = STATE_OF[event.outcome]
        if state is record.state:
            return None
        step = Step(len(record.steps) + 1, state, call.at, call.actor, reason=event.reason, event=event.id)
        told[event.id] = event.payout
        records[event.payout] = evolve(record, steps=(*record.steps, step))
        return records[event.payout]

    decided = decide_each(items, items.fresh, "take_event", _event_id, decide)
    if decided.done:
        _write_steps(tx, [(each.payout, each.steps[-1]) for each in decided.answers])
    remember_all(tx, call, "take_event", decided)
    return decided.report(decided.answers)


def _event_id(event: ProviderEvent) -> str:
    return event.id


def _submit(tx: Transaction, call: Call, records: Sequence[PayoutRecord], channel: str) -> None:
    steps = [(each.payout, _next(each, PayoutState.SUBMITTED, call, reason=call.key)) for each in records]
    if channel == STORED_VALUE_CHANNEL:
        steps += [
            (payout, Step(step.number + 1, PayoutState.SUCCEEDED, call.at, call.actor))
            for payout, step in steps
        ]
    if steps:
        _write_steps(tx, steps)


def _write_steps(tx: Transaction, steps: Sequence[tuple[Payout, Step]]) -> None:
    """Write steps, and give back what failed or was cancelled."""
    tx.payouts.step([(payout.id, step) for payout, step in steps])
    tx.transfers.add([transfer for payout, step in steps for transfer in bookkeeping.paid(payout, [step])])
    given_back = [
        Balance(payout.payee, payout.currency, 0, payout.amount_minor)
        for payout, step in steps
        if step.state in {PayoutState.FAILED, PayoutState.CANCELLED}
    ]
    if given_back:
        tx.balances.change(given_back)


def _submission_refusal(
    tx: Transaction,
    record: PayoutRecord | None,
    id: PayoutId,
    channel: str,
    accounts: dict[MemberId, PayeeAccount],
    at: Instant,
) -> Refusal | None:
    if record is None:
        return no.PAYOUT_UNKNOWN.refuse(payout=id)
    payout = record.payout
    if payout.channel != channel:
        return no.CHANNEL_DIFFERS.refuse(payout=id, channel=payout.channel, wanted=channel)
    held = tx.holds.active(HoldOn.PAYEE, [payout.payee]).get(payout.payee)
    if held is not None:
        return no.PAYEE_ON_HOLD.refuse(payee=payout.payee, reason=held.reason)
    days = _hold_days(tx, payout.currency, at)
    return submission_refusal(record, accounts.get(payout.payee), days, at)


def _approved(tx: Transaction, channel: str) -> list[PayoutId]:
    return [each.payout.id for each in tx.payouts.in_state(PayoutState.APPROVED, channel=channel)]


def _begun(
    tx: Transaction, verb: str, id: PayoutId, inputs: Any, *, at: Instant, actor: str, key: str
) -> tuple[Call, PayoutRecord | None]:
    """Check a call about one payout; return the record where it was done before."""
    _check(id_problem(id, "payout"))
    call = called(at=at, actor=actor, key=key)
    return call, None if done_before(tx, call, verb, inputs) is None else payout_of(tx, id)


def _stepped(
    tx: Transaction, call: Call, verb: str, inputs: Any, record: PayoutRecord, step: Step
) -> PayoutRecord:
    _write_steps(tx, [(record.payout, step)])
    remember(tx, call, verb, inputs)
    return evolve(record, steps=(*record.steps, step))


def _next(
    record: PayoutRecord, state: PayoutState, call: Call, *, reason: str = "", content: bytes | None = None
) -> Step:
    return Step(len(record.steps) + 1, state, call.at, call.actor, reason, content)


def _locked(tx: Transaction, id: PayoutId) -> PayoutRecord:
    found = tx.payouts.find([id], for_change=True).get(id)
    if found is None:
        raise RefusedError(no.PAYOUT_UNKNOWN.refuse(payout=id))
    return found


def _hold_days(tx: Transaction, currency: Currency, at: Instant) -> int:
    """Return the days for which a changed account waits, by the policy that is valid now."""
    policy = settlement_policy_at(tx.settlement_policies.all(), currency, at)
    return 0 if policy is None else policy.account_hold_days


def _too_low(tx: Transaction, id: PayoutId, payee: MemberId, currency: Currency, asked_minor: int) -> Refusal:
    balance = tx.balances.of([payee], currency).get(payee)
    payable = 0 if balance is None else balance.payable_minor
    return no.BALANCE_TOO_LOW.refuse(
        payee=payee,
        payable=format_minor(payable, currency),
        currency=currency,
        payout=id,
        asked=format_minor(asked_minor, currency),
    )


def _set_before(
    tx: Transaction, call: Call, payee: MemberId, details: AccountDetails, number: int
) -> PayeeAccount:
    """Return the account that was set under this key; other details than those that stand are refused."""
    stored = tx.accounts.details([(payee, number)]).get((payee, number), details)
    if stored != details:
        raise RefusedError(refusals.KEY_REUSED.refuse(key=call.key, verb="set_account"))
    return next(each for each in tx.accounts.of_payee(payee) if each.number == number)


def _verify_refusal(account: PayeeAccount, number: int, call: Call) -> Refusal | None:
    payee = account.payee
    if account.number != number:
        return no.ACCOUNT_CHANGED.refuse(payee=payee, account=account.number, wanted=number)
    if account.verified_at is not None:
        return no.ACCOUNT_VERIFIED.refuse(payee=payee, account=number)
    if account.actor == call.actor:
        return no.SAME_VERIFIER.refuse(payee=payee, account=number, actor=call.actor)
    return None


def _check_payee(tx: Transaction, payee: MemberId) -> None:
    if payee not in tx.members.upward([payee], 0):
        raise RefusedError(settlement_no.PAYEE_UNKNOWN.refuse(payee=payee))


def _check(*found: Problem | None) -> None:
    problems = tuple(problem for problem in found if problem is not None)
    if problems:
        raise InputError(problems)
