"""Dispatching: what was submitted is sent to the provider, and its word is taken.

The one rule this file protects: wherever it breaks off, nothing is forgotten and nothing is paid twice.  A
payout is submitted before it is sent, so whatever the provider may have, we know of; what nobody knows is
asked for under its own id, and sent again under that id where the provider never heard of it.  No
transaction is open while the provider is talked to.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from attrs import frozen

from distcore.engine.once import Call, called
from distcore.engine.pay import orders_of, resending_refusal, submit_payouts, take_events
from distcore.kernel import InputError, Instant, Refusal, Refused, Report, id_problem
from distcore.payout import (
    OUTSIDE,
    PayoutId,
    PayoutRecord,
    PayoutState,
    ProviderEvent,
    Step,
    event_problems,
)
from distcore.payout import refusals as no
from distcore.ports import Begin, PayoutGateway, PayoutOrder


@frozen
class _Answer:
    """What a provider said when it was asked about a payout, or what kept it from saying anything."""

    payout: PayoutId
    word: ProviderEvent | None = None
    silence: str = ""
    refusal: Refusal | None = None
    """Why it was not sent again."""


def dispatch(
    begin: Begin, gateway: PayoutGateway, *, channel: str, at: Instant, actor: str, key: str
) -> Report[PayoutRecord]:
    """Submit the approved payouts of a channel, send each to its provider, and take its answers.

    `begin` never gives a transaction that is open already: what was submitted is committed before it is sent.
    A provider that raises, whatever it raises, has made the payout `unknown`.  Under the same key nothing
    more is submitted: what has no final answer yet is asked about, as `resolve` does.

    The report holds every payout that was sent or asked about, as it stands afterwards; `repeated` counts
    those that were answered before; refused is what can't be submitted, and what the provider said that is
    not as the payout says.
    """
    call = called(at=at, actor=actor, key=key, of_batch=True)
    with begin() as tx:
        submitted = submit_payouts(tx, channel, at=call.at, actor=call.actor, key=call.key)
        outside = [each for each in tx.payouts.submitted(call.key) if each.state in OUTSIDE]
        orders = orders_of(tx, outside)
    answered = max(0, submitted.repeated - len(orders))
    before: Report[PayoutRecord] = Report((), answered, submitted.refused)
    if submitted.repeated:
        return before + _take(begin, call, [_asked(begin, call, gateway, each) for each in orders])
    return before + _take(begin, call, [_sent(gateway, each) for each in orders])


def resolve(
    begin: Begin, gateway: PayoutGateway, *, channel: str, at: Instant, actor: str, key: str
) -> Report[PayoutRecord]:
    """Ask a provider about every payout of its channel whose outcome nobody knows, under the same ids.

    One that it never heard of is sent again, the same order under the same id; it is never a new payout.
    Where it may not be paid now, such as while the payee is held, it is refused and waits as it is.  What the
    provider said before changes nothing when it says it again, so this may run as often as you like.
    """
    call = called(at=at, actor=actor, key=key, of_batch=True)
    problem = id_problem(channel, "channel")
    if problem is not None:
        raise InputError((problem,))
    with begin() as tx:
        states = (PayoutState.SUBMITTED, PayoutState.UNKNOWN)
        outside = [each for state in states for each in tx.payouts.in_state(state, channel=channel)]
        orders = orders_of(tx, outside)
    return _take(begin, call, [_asked(begin, call, gateway, each) for each in orders])


def _sent(gateway: PayoutGateway, order: PayoutOrder) -> _Answer:
    """Send an order; what a provider raises may name anything, so only the kind of it is kept."""
    try:
        return _Answer(order.payout.id, gateway.send(order))
    except Exception as error:
        return _Answer(order.payout.id, silence=type(error).__name__)


def _asked(begin: Begin, call: Call, gateway: PayoutGateway, order: PayoutOrder) -> _Answer:
    """Ask about an order; what was never heard of is sent again, if it may be paid now as well."""
    try:
        word = gateway.query(order.payout.id)
    except Exception as error:
        return _Answer(order.payout.id, silence=type(error).__name__)
    if word is not None:
        return _Answer(order.payout.id, word)
    with begin() as tx:
        refusal = resending_refusal(tx, order.payout, call.at)
    return _sent(gateway, order) if refusal is None else _Answer(order.payout.id, refusal=refusal)


def _take(begin: Begin, call: Call, answers: Sequence[_Answer]) -> Report[PayoutRecord]:
    """Take what was said, and note of whom nothing was heard; the report holds all, as they stand now."""
    if not answers:
        return Report()
    ids = sorted({each.payout for each in answers})
    words: list[ProviderEvent] = []
    refused = [Refused(each.payout, each.refusal) for each in answers if each.refusal is not None]
    for each in answers:
        if each.word is not None and (stray := _stray_refusal(each.payout, each.word)) is not None:
            refused.append(Refused(each.word.id, stray))
        elif each.word is not None:
            words.append(each.word)
    with begin() as tx:
        records = tx.payouts.find(ids, for_change=True)
        tx.payouts.step(list(_unheard_of(call, records, answers)))
        taken = take_events(tx, words, at=call.at, actor=call.actor, key=call.key)
        now = tx.payouts.find(ids)
    return Report(tuple(now[id] for id in ids), 0, (*taken.refused, *refused), taken.problems)


def _stray_refusal(asked: PayoutId, word: ProviderEvent) -> Refusal | None:
    """Return the refusal of an answer about another payout than the one that was asked about."""
    if event_problems(word) or word.payout == asked:
        return None
    return no.EVENT_DIFFERS.refuse(event=word.id, payout=asked, what="payout", told=word.payout, known=asked)


def _unheard_of(
    call: Call, records: Mapping[PayoutId, PayoutRecord], answers: Iterable[_Answer]
) -> Iterator[tuple[PayoutId, Step]]:
    """Yield the step by which a submitted payout becomes unknown: nobody knows whether it was taken."""
    for each in answers:
        record = records[each.payout]
        if each.silence and record.state is PayoutState.SUBMITTED:
            number = len(record.steps) + 1
            yield each.payout, Step(number, PayoutState.UNKNOWN, call.at, call.actor, each.silence)
