"""Amounts by decision, balances from before, and holds."""

from collections.abc import Sequence

from distcore.commission import refusals as commission_no
from distcore.engine import bookkeeping
from distcore.engine.accrue import currency_refusal, policy_of
from distcore.engine.once import (
    Call,
    called,
    decide_each,
    done_before,
    only,
    remember,
    remember_all,
    sort_out,
    tell,
)
from distcore.kernel import (
    POINT,
    Currency,
    InputError,
    Instant,
    MemberId,
    Refusal,
    RefusedError,
    Report,
    SaleId,
    format_instant,
    shown,
)
from distcore.ledger import Transfer
from distcore.ports import Transaction
from distcore.settlement import (
    Adjustment,
    ClosingState,
    Due,
    Hold,
    HoldChange,
    HoldOn,
    Opening,
    adjustment_problems,
    hold_problems,
    opening_problems,
)
from distcore.settlement import refusals as no


def adjust(tx: Transaction, adjustment: Adjustment, *, at: Instant, actor: str, key: str) -> Adjustment:
    """Give or take an amount by decision; it is on the next statement, under its reason.

    Refused where the actor is the authority too: nobody allows oneself.
    """
    report = _adjust(tx, called(at=at, actor=actor, key=key), [adjustment])
    return only(report, lambda: adjustment)


def adjust_all(
    tx: Transaction, adjustments: Sequence[Adjustment], *, at: Instant, actor: str, key: str = "adjust"
) -> Report[Adjustment]:
    """Post many adjustments, each by itself."""
    return _adjust(tx, called(at=at, actor=actor, key=key, of_batch=True), adjustments)


def open_balances(
    tx: Transaction, openings: Sequence[Opening], *, at: Instant, actor: str, key: str = "opening"
) -> Report[Opening]:
    """Take over what payees were owed, or owed, in another system; each once, before the first closing."""
    call = called(at=at, actor=actor, key=key, of_batch=True)
    items = sort_out(
        tx, call, "open_balance", openings, kind=Opening, id_of=_id_of, problems_of=opening_problems
    )
    if not items.fresh:
        return items.nothing_new()
    policy = policy_of(tx)
    present = tx.openings.find([one.item.id for one in items.fresh])
    members = _members(tx, [one.item.payee for one in items.fresh])
    closed = {each: _first_closing(tx, each) for each in {one.item.currency for one in items.fresh}}

    def decide(opening: Opening) -> Opening | Refusal | None:
        if opening.id in present:
            same = present[opening.id] == opening
            return None if same else no.OPENING_EXISTS.refuse(opening=opening.id)
        if opening.currency not in policy.currencies:
            return currency_refusal(policy, opening.currency)
        number = closed[opening.currency]
        if number is not None:
            return no.OPENED_TOO_LATE.refuse(opening=opening.id, currency=opening.currency, closing=number)
        refusal = _refusal(opening.id, opening.payee, opening.valid_at, members, call.at)
        if refusal is None:
            present[opening.id] = opening
        return refusal or opening

    decided = decide_each(items, items.fresh, "open_balance", _id_of, decide)
    answers = decided.answers
    if answers:
        tx.openings.add(answers, at=call.at)
        tx.transfers.add([each for opening in answers for each in bookkeeping.opened(opening, call.at)])
        free = [each for each in answers if not bookkeeping.is_frozen(each, call.at)]
        tx.openings.release([each.id for each in free], at=call.at)
        tx.dues.add([bookkeeping.due_of_opening(each, call.at) for each in free])
    remember_all(tx, call, "open_balance", decided, _id_of)
    return decided.report(answers)


def place_hold(tx: Transaction, hold: Hold, *, at: Instant, actor: str, key: str) -> Hold:
    """Hold a sale, so that it is neither released nor settled, or a payee, who is not paid meanwhile."""
    if not isinstance(hold, Hold):
        raise InputError.of("hold", f"not a Hold: {shown(hold)}")
    problems = hold_problems(hold)
    if problems:
        raise InputError(problems)
    call = called(at=at, actor=actor, key=key)
    if done_before(tx, call, "place_hold", hold) is None:
        refusal = _unknown(tx, hold)
        held = tx.holds.active(hold.on, [hold.ref])
        if refusal is None and hold.ref in held:
            refusal = no.HELD_ALREADY.refuse(on=hold.on, ref=hold.ref, reason=held[hold.ref].reason)
        if refusal is not None:
            raise RefusedError(refusal)
        _change(tx, call, hold, placed=True)
        remember(tx, call, "place_hold", hold, about=[hold.ref])
    return hold


def lift_hold(
    tx: Transaction, on: HoldOn, ref: str, reason: str, *, at: Instant, actor: str, key: str
) -> Hold:
    """Lift a hold: what waited is released with the next release, or due with the next closing."""
    hold = Hold(on, ref, reason)
    problems = hold_problems(hold)
    if problems:
        raise InputError(problems)
    call = called(at=at, actor=actor, key=key)
    if done_before(tx, call, "lift_hold", hold) is None:
        if ref not in tx.holds.active(on, [ref]):
            raise RefusedError(no.NOT_HELD.refuse(on=on, ref=ref))
        _change(tx, call, hold, placed=False)
        remember(tx, call, "lift_hold", hold, about=[ref])
    return hold


def release_openings(tx: Transaction, call: Call, limit: int) -> int:
    """Release the opening balances whose freeze is over; return how many.

    Each counts as released since its freeze ended, at whatever hour this runs.
    """
    count = 0
    while ripe := tx.openings.ripe(call.at, limit):
        tx.openings.release([each.id for each in ripe], at=call.at)
        tx.dues.add([bookkeeping.due_of_opening(each, _thawed_at(each)) for each in ripe])
        transfers: list[Transfer] = []
        for each in ripe:
            transfers += bookkeeping.opening_thawed(each, call.at)
        tx.transfers.add(transfers)
        tell(tx, call, "release_opening", ((call.key, each.id) for each in ripe))
        count += len(ripe)
    return count


def _adjust(tx: Transaction, call: Call, adjustments: Sequence[Adjustment]) -> Report[Adjustment]:
    items = sort_out(
        tx, call, "adjust", adjustments, kind=Adjustment, id_of=_id_of, problems_of=adjustment_problems
    )
    if not items.fresh:
        return items.nothing_new()
    currencies = {*policy_of(tx).currencies, POINT}
    present = tx.adjustments.find([one.item.id for one in items.fresh])
    members = _members(tx, [one.item.payee for one in items.fresh])

    def decide(adjustment: Adjustment) -> Adjustment | Refusal | None:
        if adjustment.id in present:
            same = present[adjustment.id] == adjustment
            return None if same else no.ADJUSTMENT_EXISTS.refuse(adjustment=adjustment.id)
        if adjustment.authority == call.actor:
            return no.SAME_AUTHORITY.refuse(adjustment=adjustment.id, actor=call.actor)
        if adjustment.currency not in currencies:
            return currency_refusal(policy_of(tx), adjustment.currency)
        refusal = _refusal(adjustment.id, adjustment.payee, adjustment.valid_at, members, call.at)
        if refusal is None:
            present[adjustment.id] = adjustment
        return refusal or adjustment

    decided = decide_each(items, items.fresh, "adjust", _id_of, decide)
    if decided.done:
        tx.adjustments.add(decided.answers, at=call.at)
        transfers: list[Transfer] = []
        dues: list[Due] = []
        for each in decided.answers:
            moves, due = bookkeeping.adjusted(each, call.at)
            transfers += moves
            dues += due
        tx.transfers.add(transfers)
        tx.dues.add(dues)
    remember_all(tx, call, "adjust", decided, _id_of)
    return decided.report(decided.answers)


def _id_of(item: Adjustment | Opening) -> str:
    return item.id


def _members(tx: Transaction, payees: Sequence[MemberId]) -> frozenset[MemberId]:
    return frozenset(tx.members.upward(sorted(set(payees)), 0).keys() & set(payees))


def _refusal(
    id: str, payee: MemberId, valid_at: Instant, members: frozenset[MemberId], at: Instant
) -> Refusal | None:
    if payee not in members:
        return no.PAYEE_UNKNOWN.refuse(payee=payee)
    if valid_at > at:
        return no.ADJUSTED_IN_FUTURE.refuse(id=id, valid_at=format_instant(valid_at), at=format_instant(at))
    return None


def _thawed_at(opening: Opening) -> Instant:
    assert opening.frozen_until is not None, "only what was frozen ripens"
    return opening.frozen_until


def _first_closing(tx: Transaction, currency: Currency) -> int | None:
    """Return the first closing that stands or waits; a rejected one has settled nothing."""
    closings = tx.closings.of(currency)
    return next((each.number for each in closings if each.state is not ClosingState.REJECTED), None)


def _unknown(tx: Transaction, hold: Hold) -> Refusal | None:
    """Return the refusal of a hold on what is not there."""
    if hold.on is HoldOn.SALE:
        if not tx.sales.known([SaleId(hold.ref)]):
            return commission_no.SALE_UNKNOWN.refuse(sale=hold.ref)
    elif not _members(tx, [MemberId(hold.ref)]):
        return no.PAYEE_UNKNOWN.refuse(payee=hold.ref)
    return None


def _change(tx: Transaction, call: Call, hold: Hold, *, placed: bool) -> None:
    number = len(tx.holds.changes(hold.on, hold.ref)) + 1
    tx.holds.change(HoldChange(hold, number, placed, call.at, call.actor))
