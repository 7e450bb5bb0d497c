"""What was done is told to a listener, at least once, and forgotten only then."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final

import pytest

from distcore.engine import (
    CLAIM_SECONDS,
    CLAIM_SECONDS_MAX,
    EVENTS_MAX,
    Relayed,
    accrue,
    close_outbox,
    open_outbox,
    relay,
    set_plan,
)
from distcore.kernel import InputError, RetryableError
from distcore.memory import MemoryStore
from distcore.ports import Event
from distcore.testing.builders import LATER, Shop, a_chain, a_plan, a_sale

ORDERS: Final = ("order 1", "order 2", "order 3")
SECOND: Final = timedelta(seconds=1)


@pytest.fixture
def shop() -> Shop:
    """A shop that has sold three orders, and has told nobody yet."""
    found = Shop.open(MemoryStore("mall"), None, a_chain("ann", "ben", "cai"))
    found.do(open_outbox)
    for id in ORDERS:
        found.do(accrue, a_sale(id))
    return found


def told(shop: Shop, listener: Callable[[Event], Any], **options: Any) -> Relayed:
    """Relay once."""
    return relay(shop.store.begin, listener, **{"at": LATER, **options})


def test_each_is_told_once(shop: Shop) -> None:
    heard: list[Event] = []
    assert told(shop, heard.append, events_max=3).told == tuple(heard)
    assert told(shop, heard.append).told == tuple(heard[3:])
    assert told(shop, heard.append) == Relayed()
    assert Counter((each.verb, each.about) for each in heard) == Counter(
        [("open_outbox", "mall"), *(("accrue", order) for order in ORDERS)]
    )
    assert len({each.id for each in heard}) == 4


def test_an_id_stays_what_it_is(shop: Shop) -> None:
    """It is made of the shop, the key, the verb and what it was done to: also in another store."""
    heard: list[Event] = []
    told(shop, heard.append)
    assert {each.about: each.id for each in heard}["order 1"] == "ab4e3f1925fa4467469f9dc84a250348"


def test_what_a_listener_refuses_is_told_again_when_its_time_is_over(shop: Shop) -> None:
    heard: list[str] = []

    def picky(event: Event) -> None:
        if event.about == "order 2" and len(heard) < 3:
            raise ValueError("secret")
        heard.append(event.about)

    first = told(shop, picky)
    assert [(each.about, error) for each, error in first.failed] == [("order 2", "ValueError")]
    assert len(first.told) == 3
    assert told(shop, picky, at=LATER + CLAIM_SECONDS * SECOND - SECOND) == Relayed()
    again = told(shop, picky, at=LATER + CLAIM_SECONDS * SECOND)
    assert again == Relayed((first.failed[0][0],))


def test_no_transaction_is_open_while_it_is_told(shop: Shop) -> None:
    """A listener may ask the shop, and sell."""

    def curious(event: Event) -> None:
        shop.do(accrue, a_sale(f"because of {event.id}"))

    assert len(told(shop, curious).told) == 4
    assert len(told(shop, lambda _: None).told) == 4


def test_what_was_told_before_an_interrupt_is_not_told_again(shop: Shop) -> None:
    heard: list[str] = []

    def interrupted(event: Event) -> None:
        if len(heard) == 2:
            raise KeyboardInterrupt
        heard.append(event.id)

    with pytest.raises(KeyboardInterrupt):
        told(shop, interrupted)
    again = told(shop, lambda event: heard.append(event.id), at=LATER + CLAIM_SECONDS * SECOND)
    assert len(again.told) == 2
    assert len(set(heard)) == len(heard) == 4


def test_a_conflict_after_it_was_told_has_nothing_told_again(shop: Shop) -> None:
    """Once is tried again; a store that stays busy says so, and all of it comes back."""
    heard: list[Event] = []
    busy = iter([False, True, False, *[True] * 9])

    @contextmanager
    def begin() -> Iterator[Any]:
        with shop.store.begin() as tx:
            yield tx
            if next(busy):
                raise RetryableError("somebody else writes")

    assert relay(begin, heard.append, at=LATER, events_max=3).told == tuple(heard)
    busy = iter([False, *[True] * 9])
    with pytest.raises(RetryableError):
        relay(begin, heard.append, at=LATER)
    assert told(shop, heard.append, at=LATER + CLAIM_SECONDS * SECOND).told == tuple(heard[3:4])
    assert heard[3] == heard[4]


def test_what_is_done_after_it_is_closed_is_told_to_nobody(shop: Shop) -> None:
    shop.do(close_outbox, key="close")
    shop.do(accrue, a_sale("order 4"))
    assert len(told(shop, lambda _: None).told) == 4
    shop.do(open_outbox, key="again")
    shop.do(open_outbox, key="and again")
    shop.do(open_outbox, key="again")
    shop.do(close_outbox, key="close")
    shop.do(accrue, a_sale("order 5"))
    heard = [each.about for each in told(shop, lambda _: None).told]
    assert sorted(heard) == ["mall", "mall", "order 5"]


def test_what_is_refused_is_told_to_nobody(shop: Shop) -> None:
    told(shop, lambda _: None)
    assert shop.refused(accrue, a_sale("unpaid", currency="USD"))
    assert shop.refused(set_plan, a_plan(currency="EUR", id="other"))
    assert told(shop, lambda _: None) == Relayed()


@pytest.mark.parametrize(
    ("options", "where"),
    [
        ({"events_max": 0}, "events_max"),
        ({"events_max": EVENTS_MAX + 1}, "events_max"),
        ({"events_max": True}, "events_max"),
        ({"claim_seconds": 0}, "claim_seconds"),
        ({"claim_seconds": CLAIM_SECONDS_MAX + 1}, "claim_seconds"),
        ({"claim_seconds": 1.5}, "claim_seconds"),
        ({"at": LATER.replace(tzinfo=None)}, "at"),
    ],
)
def test_hostile_values_are_refused(shop: Shop, options: dict[str, Any], where: str) -> None:
    with pytest.raises(InputError) as raised:
        told(shop, lambda _: None, **options)
    assert [each.where for each in raised.value.problems] == [where]
    assert len(told(shop, lambda _: None).told) == 4
