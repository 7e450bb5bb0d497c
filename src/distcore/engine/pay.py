"""Paying: a request, somebody else's approval, the provider's word.

The amount is taken from what is payable by the condition of the write itself, so it is never reserved
twice; what became of a submitted payout is learnt from the provider alone.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from attrs import evolve, frozen

from distcore.engine import bookkeeping
from distcore.engine.accounts import account_for, day_zone, hold_days
from distcore.engine.once import (
    Call,
    called,
    check,
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
    limits,
    list_problem,
    text_problem,
    utc,
)
from distcore.ledger import Balance
from distcore.payout import (
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
    approval_refusal,
    content_of,
    event_problems,
    event_refusal,
    payout_problems,
    reconcile,
    row_problems,
    sending_refusal,
    step_refusal,
    submission_refusal,
)
from distcore.payout import refusals as no
from distcore.ports import PayoutOrder, Transaction
from distcore.settlement import Hold, HoldOn, SettlementPolicy

Unfit: TypeAlias = Callable[[PayoutOrder], Refusal | None]
"""Says why a channel can't take an order, or None: what a bank file can't hold, for example."""

STATE_OF = {
    Outcome.SUCCEEDED: PayoutState.SUCCEEDED,
    Outcome.FAILED: PayoutState.FAILED,
    Outcome.UNKNOWN: PayoutState.UNKNOWN,
}


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

    Refused above the balance, on hold, and to an account that is not verified, was changed lately or was
    erased.
    """
    problems = payout_problems(id, payee, currency, amount_minor)
    if problems:
        raise InputError(problems)
    call = called(at=at, actor=actor, key=key)
    inputs = (id, payee, currency, amount_minor)
    if done_before(tx, call, "request_payout", inputs) is not None:
        return _until(payout_of(tx, id), PayoutState.REQUESTED)
    present = tx.payouts.find([id]).get(id)
    if present is not None:
        payout = present.payout
        if (payout.payee, payout.currency, payout.amount_minor) != inputs[1:]:
            raise RefusedError(no.PAYOUT_EXISTS.refuse(payout=id))
        remember(tx, call, "request_payout", inputs, about=())
        return _until(present, PayoutState.REQUESTED)
    held = tx.holds.active(HoldOn.PAYEE, [payee]).get(payee)
    if held is not None:
        raise RefusedError(no.PAYEE_ON_HOLD.refuse(payee=payee, reason=held.reason))
    account = account_for(tx, payee, currency, call.at)
    if not tx.balances.take(payee, currency, amount_minor):
        raise RefusedError(_too_low(tx, id, payee, currency, amount_minor))
    payout = Payout(id, payee, currency, amount_minor, account.number, account.channel, call.at, call.actor)
    step = Step(1, PayoutState.REQUESTED, call.at, call.actor)
    tx.payouts.add(payout, step)
    tx.transfers.add(bookkeeping.paid(payout, [step]))
    remember(tx, call, "request_payout", inputs, about=[id])
    return PayoutRecord(payout, (step,))


def approve_payout(tx: Transaction, id: PayoutId, *, at: Instant, actor: str, key: str) -> PayoutRecord:
    """Approve what a payout says now: this payee, account, amount and currency, once."""
    call, record = _begun(tx, "approve_payout", id, (id,), at=at, actor=actor, key=key)
    if record is not None:
        return _until(record, PayoutState.APPROVED)
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
    check(text_problem(reason, "reason"))
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
    unfit: Unfit | None = None,
) -> Report[PayoutOrder]:
    """Hand approved payouts of a channel over to its provider: these, or all there are.

    `unfit` says why the channel can't take an order; it is refused, and stays approved.  After this only the
    provider knows what became of the others.  Under the same key nothing is handed over again;
    `submitted_orders` gives the same orders, so a bank file that was lost is written again, and no other.
    Where everything is refused no key is kept.  Stored value needs no provider: it is paid at once.
    """
    check(id_problem(channel, "channel"), *_ids_problems(ids))
    call = called(at=at, actor=actor, key=key)
    inputs = (channel, None if ids is None else tuple(ids))
    if done_before(tx, call, "submit_payouts", inputs) is not None:
        again = tx.payouts.submitted(call.key)
        return Report((), repeated=len(again))
    desk = _Desk.of(tx, channel, _approved(tx, channel) if ids is None else ids)
    refused: list[Refused] = []
    records: list[PayoutRecord] = []
    for id in desk.wanted:
        answer = desk.decide(id, call.at)
        if unfit is not None and not isinstance(answer, Refusal):
            answer = unfit(desk.orders[id]) or answer
        if isinstance(answer, Refusal):
            refused.append(Refused(id, answer))
        else:
            records.append(answer)
    if records or not refused:
        _submit(tx, call, records, channel)
        remember(tx, call, "submit_payouts", inputs, about=[each.payout.id for each in records])
    return Report(tuple(desk.orders[each.payout.id] for each in records), refused=tuple(refused))


def submitted_orders(tx: Transaction, key: str) -> tuple[PayoutOrder, ...]:
    """Return what was handed over under a key: the bank file is written from it, as often as needed."""
    check(id_problem(key, "key"))
    return orders_of(tx, tx.payouts.submitted(Key(key)))


def resending_refusal(tx: Transaction, payout: Payout, at: Instant) -> Refusal | None:
    """Return why a payout that its provider never heard of may not be sent again now, or None."""
    desk = _Desk.of(tx, payout.channel, [payout.id])
    return step_refusal(desk.records[payout.id], PayoutState.SUCCEEDED) or desk.sending_refusal(payout, at)


def orders_of(tx: Transaction, records: Iterable[PayoutRecord]) -> tuple[PayoutOrder, ...]:
    """Return payouts with the details of their accounts; what was erased is blank."""
    payouts = [each.payout for each in records]
    details = tx.accounts.details([(each.payee, each.account) for each in payouts])
    nothing = AccountDetails()
    return tuple(PayoutOrder(each, details.get((each.payee, each.account), nothing)) for each in payouts)


def take_event(tx: Transaction, event: ProviderEvent, *, at: Instant, actor: str, key: str) -> PayoutRecord:
    """Take what a provider told about a payout; the same event counts once, whenever it comes again."""
    report = _take(tx, called(at=at, actor=actor, key=key), [event])
    return only(report, lambda: _as_told(payout_of(tx, event.payout), event))


def take_events(
    tx: Transaction, events: Sequence[ProviderEvent], *, at: Instant, actor: str, key: str = "event"
) -> Report[PayoutRecord]:
    """Take what a provider told about many payouts, each by itself."""
    return _take(tx, called(at=at, actor=actor, key=key, of_batch=True), events)


def payout_of(tx: Transaction, id: PayoutId) -> PayoutRecord:
    """Return a payout with its life so far."""
    check(id_problem(id, "payout"))
    found = tx.payouts.find([id]).get(id)
    if found is None:
        raise RefusedError(no.PAYOUT_UNKNOWN.refuse(payout=id))
    return found


def reconcile_channel(
    tx: Transaction, channel: str, rows: Sequence[ProviderRow], start: Instant, end: Instant
) -> Reconciliation:
    """Hold a provider's statement of `[start, end)` against the payouts; orphans of both sides are named.

    Refused for a channel of which there is no payout: its name is a slip.
    """
    check(list_problem(rows, "rows"))
    most = limits.RECONCILED_ROWS_MAX
    many = Problem("rows", f"there are {len(rows)}", f"at most {most}") if len(rows) > most else None
    check(id_problem(channel, "channel"), many)
    start, end = utc(start, "start"), utc(end, "end")
    check(
        *(
            Problem(f"[{place}]{'.' if each.where else ''}{each.where}", each.message, each.hint)
            for place, row in enumerate(rows)
            for each in row_problems(row)
        )
    )
    known = tx.payouts.find(sorted({row.payout for row in rows}))
    of_channel = [each for each in known.values() if each.payout.channel == channel]
    if not of_channel and not any(each.payout.channel == channel for each in tx.payouts.all()):
        raise RefusedError(no.CHANNEL_UNKNOWN.refuse(channel=channel))
    return reconcile(rows, of_channel, tx.payouts.succeeded(channel, start, end), start, end)


def _take(tx: Transaction, call: Call, events: Sequence[ProviderEvent]) -> Report[PayoutRecord]:
    items = sort_out(
        tx, call, "take_event", events, kind=ProviderEvent, id_of=_event_id, problems_of=event_problems
    )
    if not items.fresh:
        return items.nothing_new()
    records = tx.payouts.find(sorted({one.item.payout for one in items.fresh}), for_change=True)
    told = tx.payouts.told([one.item.id for one in items.fresh])

    def decide(event: ProviderEvent) -> PayoutRecord | Refusal | None:
        record = records.get(event.payout)
        if event.id in told:
            return None if _is_told(record, event) else no.EVENT_EXISTS.refuse(event=event.id)
        refusal = event_refusal(record, event, call.at)
        if refusal is not None or record is None:
            return refusal
        step = _next(record, STATE_OF[event.outcome], call, reason=event.reason)
        step = evolve(step, event=event.id, happened_at=event.happened_at)
        told[event.id] = event.payout
        records[event.payout] = evolve(record, steps=(*record.steps, step))
        return records[event.payout]

    decided = decide_each(items, items.fresh, "take_event", _event_id, decide)
    if decided.done:
        _write_steps(tx, [(each.payout, each.steps[-1]) for each in decided.answers])
    remember_all(tx, call, "take_event", decided, lambda event: event.payout)
    return decided.report(decided.answers)


def _event_id(event: ProviderEvent) -> str:
    return event.id


def _is_told(record: PayoutRecord | None, event: ProviderEvent) -> bool:
    """Say whether a payout has this very event among its steps."""
    if record is None:
        return False
    payout = record.payout
    if (event.payee, event.currency, event.amount_minor) != (
        payout.payee,
        payout.currency,
        payout.amount_minor,
    ):
        return False
    wanted = (event.id, STATE_OF[event.outcome], event.reason)
    return any((step.event, step.state, step.reason) == wanted for step in record.steps)


def _as_told(record: PayoutRecord, event: ProviderEvent) -> PayoutRecord:
    """Return a payout as it was when an event was first taken."""
    last = next(step.number for step in record.steps if step.event == event.id)
    return evolve(record, steps=record.steps[:last])


def _until(record: PayoutRecord, state: PayoutState) -> PayoutRecord:
    """Return a payout as it was when it came to a state: the first answer, whatever happened since."""
    last = next(step.number for step in record.steps if step.state is state)
    return evolve(record, steps=record.steps[:last])


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


@frozen
class _Desk:
    """What submissions of one call are decided by, gathered at once."""

    channel: str
    wanted: tuple[PayoutId, ...]
    records: Mapping[PayoutId, PayoutRecord]
    orders: Mapping[PayoutId, PayoutOrder]
    accounts: Mapping[MemberId, PayeeAccount]
    held: Mapping[str, Hold]
    policies: Sequence[SettlementPolicy]
    zone: ZoneInfo | None

    @classmethod
    def of(cls, tx: Transaction, channel: str, ids: Sequence[PayoutId]) -> "_Desk":
        wanted = tuple(dict.fromkeys(ids))
        records = tx.payouts.find(sorted(wanted), for_change=True)
        payees = sorted({each.payout.payee for each in records.values()})
        accounts = tx.accounts.current(payees, for_change=True)
        orders = {each.payout.id: each for each in orders_of(tx, records.values())}
        held = tx.holds.active(HoldOn.PAYEE, payees, for_change=True)
        policies = tx.settlement_policies.all()
        return cls(channel, wanted, records, orders, accounts, held, policies, day_zone(tx))

    def decide(self, id: PayoutId, at: Instant) -> PayoutRecord | Refusal:
        """Return the payout that may be handed over now, or why it may not."""
        record = self.records.get(id)
        if record is None:
            return no.PAYOUT_UNKNOWN.refuse(payout=id)
        payout = record.payout
        if payout.channel != self.channel:
            return no.CHANNEL_DIFFERS.refuse(payout=id, channel=payout.channel, wanted=self.channel)
        days = hold_days(self.policies, payout.currency, at)
        return (
            self.held_refusal(payout)
            or submission_refusal(record, self.accounts.get(payout.payee), days, at, self.zone)
            or self.erased_refusal(payout)
            or record
        )

    def sending_refusal(self, payout: Payout, at: Instant) -> Refusal | None:
        """Return why a payout that was submitted may not be sent again now, or None."""
        days = hold_days(self.policies, payout.currency, at)
        account = self.accounts.get(payout.payee)
        return (
            self.held_refusal(payout)
            or sending_refusal(payout, account, days, at, self.zone)
            or self.erased_refusal(payout)
        )

    def held_refusal(self, payout: Payout) -> Refusal | None:
        """Return why nobody is to be paid who is on hold, or None."""
        hold = self.held.get(payout.payee)
        return None if hold is None else no.PAYEE_ON_HOLD.refuse(payee=payout.payee, reason=hold.reason)

    def erased_refusal(self, payout: Payout) -> Refusal | None:
        """Return why nothing is paid to an account of which nobody knows the details, or None."""
        if payout.channel != STORED_VALUE_CHANNEL and self.orders[payout.id].details == AccountDetails():
            return no.NO_ACCOUNT.refuse(payee=payout.payee)
        return None


def _approved(tx: Transaction, channel: str) -> list[PayoutId]:
    return [each.payout.id for each in tx.payouts.in_state(PayoutState.APPROVED, channel=channel)]


def _begun(
    tx: Transaction, verb: str, id: PayoutId, inputs: Any, *, at: Instant, actor: str, key: str
) -> tuple[Call, PayoutRecord | None]:
    """Check a call about one payout; return the record where it was done before."""
    check(id_problem(id, "payout"))
    call = called(at=at, actor=actor, key=key)
    return call, None if done_before(tx, call, verb, inputs) is None else payout_of(tx, id)


def _stepped(
    tx: Transaction, call: Call, verb: str, inputs: Any, record: PayoutRecord, step: Step
) -> PayoutRecord:
    _write_steps(tx, [(record.payout, step)])
    remember(tx, call, verb, inputs, about=[record.payout.id])
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


def _too_low(tx: Transaction, id: PayoutId, payee: MemberId, currency: Currency, asked_minor: int) -> Refusal:
    balance = tx.balances.of([payee], currency).get(payee)
    payable = 0 if balance is None else balance.withdrawable_minor
    return no.BALANCE_TOO_LOW.refuse(
        payee=payee,
        payable=format_minor(payable, currency),
        currency=currency,
        payout=id,
        asked=format_minor(asked_minor, currency),
    )


def _ids_problems(ids: Sequence[object] | None) -> Iterator[Problem | None]:
    """Yield what is malformed about ids."""
    if ids is None:
        return
    if (problem := list_problem(ids, "payouts")) is not None:
        yield problem
        return
    for each in ids:
        yield id_problem(each, "payout")
