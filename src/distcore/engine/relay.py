"""Relaying: what was done is told to whoever listens, at least once.

The one rule this file protects: an event is forgotten only after it was told.  It is claimed for a while,
told, and forgotten; whoever is killed in between has told it in vain, or not yet, and it is told again.  No
transaction is open while it is told.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final, TypeAlias

from attrs import frozen

from distcore.engine.once import called, check, done_before, remember
from distcore.kernel import Instant, RetryableError, int_problem, utc
from distcore.ports import Begin, Event, Transaction

Listener: TypeAlias = Callable[[Event], None]
"""Is told an event; what it raises says that it was not, and it is told again."""

EVENTS_MAX: Final = 1_000
"""How many events are claimed at once."""

CLAIM_SECONDS: Final = 300
"""How long they are claimed, unless the caller says otherwise."""

CLAIM_SECONDS_MAX: Final = 86_400
"""How long they may be."""


@frozen
class Relayed:
    """Which events were told, and which were not, each with the kind of error that came instead."""

    told: tuple[Event, ...] = ()
    failed: tuple[tuple[Event, str], ...] = ()


def open_outbox(tx: Transaction, *, at: Instant, actor: str, key: str) -> None:
    """Keep what is done from now on, this first, until it is told; one that is open stays open.

    Commands that have begun by now, in other transactions, may be kept or not.
    """
    call = called(at=at, actor=actor, key=key)
    if done_before(tx, call, "open_outbox", ()) is None:
        tx.outbox.open(at=call.at)
        remember(tx, call, "open_outbox", (), about=[tx.shop])


def close_outbox(tx: Transaction, *, at: Instant, actor: str, key: str) -> None:
    """Keep nothing more, and not this; what was kept is still to be told."""
    call = called(at=at, actor=actor, key=key)
    if done_before(tx, call, "close_outbox", ()) is None:
        tx.outbox.close()
        remember(tx, call, "close_outbox", (), about=[tx.shop])


def relay(
    begin: Begin,
    listener: Listener,
    *,
    at: Instant,
    events_max: int = EVENTS_MAX,
    claim_seconds: int = CLAIM_SECONDS,
) -> Relayed:
    """Tell a listener what is to be told, those first that were done first; again, until nothing is.

    Any number of relays may run at once: what one has claimed no other gets for `claim_seconds` (1 to 86,400)
    from `at` on.  An event whose listener raises, whatever it raises, is told again after them; so is one
    that takes longer.  A listener that must not do a thing twice keeps the ids of what it was told.
    """
    check(
        int_problem(events_max, "events_max", least=1, most=EVENTS_MAX),
        int_problem(claim_seconds, "claim_seconds", least=1, most=CLAIM_SECONDS_MAX),
    )
    now = utc(at, "at")
    with begin() as tx:
        claimed = tx.outbox.claim(events_max, now=now, until=now + timedelta(seconds=claim_seconds))
    told: list[Event] = []
    failed: list[tuple[Event, str]] = []
    try:
        for event in claimed:
            try:
                listener(event)
            except Exception as error:
                failed.append((event, type(error).__name__))
            else:
                told.append(event)
    finally:
        if told:
            try:
                _forget(begin, told)
            except RetryableError:  # to give up would be to tell all of it twice
                _forget(begin, told)
    return Relayed(tuple(told), tuple(failed))


def _forget(begin: Begin, told: Sequence[Event]) -> None:
    with begin() as tx:
        tx.outbox.forget([event.id for event in told])
