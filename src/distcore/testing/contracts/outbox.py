"""What must hold of what is still to be told: nothing is lost, and nobody has what another one has."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

import pytest

from distcore import engine
from distcore.kernel import Instant, RetryableError, limits
from distcore.ports import Event, Store, Waiting
from distcore.testing.builders import ALWAYS, LATER, Shop, StoreOf, a_chain, a_sale, day
from distcore.testing.contracts.kept import MANY, NASTY, PAGES, an_event, broken_off

MINUTE: Final = timedelta(minutes=1)


def keeping(store: Store, events: Sequence[Event] = ()) -> Store:
    """Let a store keep events, and give it some."""
    with store.begin() as tx:
        tx.outbox.open(at=day(0))
        tx.outbox.add(events)
    return store


def taken(store: Store, most: int = 1_000, now: Instant = LATER) -> list[str]:
    """Claim events for a minute; return their ids."""
    with store.begin() as tx:
        return [each.id for each in tx.outbox.claim(most, now=now, until=now + MINUTE)]


def _never() -> Iterator[Event]:
    yield an_event("looked at")
    pytest.fail("nobody is told, and it was looked at")


class OutboxContract:
    """Events: kept with what they tell of, had by one at a time, and gone when they were told."""

    def test_a_shop_that_tells_nobody_keeps_nothing(self, store_of: StoreOf) -> None:
        """Not even what there would be is looked at."""
        store = store_of("shop")
        with store.begin() as tx:
            assert not tx.outbox.is_open()
            tx.outbox.add(_never())
            assert (tx.outbox.all(), tx.outbox.waiting()) == ([], Waiting(0, None))
            tx.outbox.close()
            assert not tx.outbox.is_open()
        assert taken(store) == []

    def test_what_was_kept_is_told_after_the_outbox_is_closed(self, store_of: StoreOf) -> None:
        """It may be opened twice, by several; after it is closed nothing is added."""
        store = keeping(keeping(store_of("shop"), [an_event("e1")]))
        with store_of("another").begin() as tx:
            assert not tx.outbox.is_open()
        with store.begin() as tx:
            assert tx.outbox.is_open()
            tx.outbox.close()
            tx.outbox.add(_never())
        with store.begin() as tx:
            assert not tx.outbox.is_open()
            tx.outbox.add(_never())
        assert taken(store) == ["e1"]

    def test_an_event_is_given_as_it_was_kept(self, store_of: StoreOf) -> None:
        """Every id is what it is, and so is every instant."""
        events = [
            *(an_event(f"e{place}", about=id, key=id) for place, id in enumerate(NASTY)),
            an_event("x" * 64, "x" * limits.ID_LENGTH_MAX, ALWAYS[0], "k" * (2 * limits.ID_LENGTH_MAX + 1)),
        ]
        store = keeping(store_of("shop"), events)
        with store.begin() as tx:
            assert tx.outbox.all() == sorted(events, key=lambda each: each.id)
            claimed = tx.outbox.claim(1_000, now=LATER, until=LATER)
            assert claimed == sorted(events, key=lambda each: (each.done_at, each.id))

    def test_events_are_had_by_one_until_its_time_is_over(self, store_of: StoreOf) -> None:
        """Those first that were done first, however late they came; then they are had again."""
        store = keeping(store_of("shop"), [an_event("b", done_at=day(2)), an_event("c", done_at=day(2))])
        assert taken(store, 1) == ["b"]
        keeping(store, [an_event("a", done_at=day(3)), an_event("z", done_at=day(1))])
        assert taken(store, 2) == ["z", "c"]
        assert taken(store) == ["a"]
        assert taken(store, now=LATER + MINUTE - timedelta(microseconds=1)) == []
        assert taken(store, 3, now=LATER + MINUTE) == ["z", "b", "c"]
        assert taken(store, now=LATER + MINUTE) == ["a"]
        with store.begin() as tx:
            assert tx.outbox.waiting() == Waiting(4, day(1))

    def test_what_nobody_can_tell_is_in_nobodys_way(self, store_of: StoreOf) -> None:
        """However old it is, and however often it was had: what is new comes first."""
        store = keeping(
            store_of("shop"), [an_event("bad", done_at=day(1)), an_event("worse", done_at=day(2))]
        )
        assert taken(store, 2) == ["bad", "worse"]
        keeping(store, [an_event("good", done_at=day(3)), an_event("new", done_at=day(4))])
        assert taken(store, 2, now=LATER + MINUTE) == ["good", "new"]
        assert taken(store, 1, now=LATER + MINUTE) == ["bad"]
        assert taken(store, now=LATER + 2 * MINUTE) == ["worse", "bad", "good", "new"]

    def test_what_was_told_is_gone(self, store_of: StoreOf) -> None:
        """Whoever told it, and whoever has it by now; twice is as good as once."""
        events = [an_event(f"e{number}") for number in range(PAGES)]
        store = keeping(store_of("shop"), [*events, an_event("last", done_at=LATER + MINUTE)])
        assert len(taken(store, 10)) == 10
        with store.begin() as tx:
            assert len(tx.outbox.all()) == len(events) + 1
            tx.outbox.forget([])
            tx.outbox.forget([f"e{number}" for number in range(MANY)])
            tx.outbox.forget([events[0].id])
            assert tx.outbox.waiting() == Waiting(1, LATER + MINUTE)
        assert taken(store) == ["last"]

    def test_of_what_is_rolled_back_nothing_is_told(self, store_of: StoreOf) -> None:
        """Nor is anything claimed, forgotten, opened or closed by it."""
        store = keeping(store_of("shop"), [an_event("e1"), an_event("e2")])
        with broken_off(store) as tx:
            tx.outbox.add([an_event("e3")])
            tx.outbox.forget(["e1"])
            tx.outbox.claim(10, now=LATER, until=LATER + MINUTE)
            tx.outbox.close()
        assert taken(store) == ["e1", "e2"]
        with store.begin() as tx:
            assert tx.outbox.is_open()
        with broken_off(store_of("another")) as tx:
            tx.outbox.open(at=LATER)
        with store_of("another").begin() as tx:
            assert not tx.outbox.is_open()

    def test_an_id_that_is_there_is_a_conflict(self, store_of: StoreOf) -> None:
        """It may be somebody else's doing; of another shop it is another event."""
        store = keeping(store_of("shop"), [an_event("e1")])
        keeping(store_of("another"), [an_event("e1")])
        with pytest.raises(RetryableError), store.begin() as tx:
            tx.outbox.add([an_event("e2"), an_event("e1")])
        assert taken(store) == ["e1"]
        with store.begin() as tx:
            tx.outbox.forget(["e1"])
        assert taken(store_of("another")) == ["e1"]

    def test_what_is_done_is_told(self, store_of: StoreOf) -> None:
        """By commands one by one and in batches; what was done before, or is refused, tells nothing more."""
        shop = Shop.open(store_of("shop"), None, a_chain("ann", "ben", "cai"))
        shop.do(engine.accrue, a_sale("order 0"))
        shop.do(engine.open_outbox, key="open")
        shop.do(engine.accrue, a_sale("order 1"), key="one")
        shop.do(engine.accrue, a_sale("order 1"), key="one")
        assert shop.refused(engine.accrue, a_sale("order 2"), key="one") == "key_reused"
        sales = [a_sale(f"order {number}") for number in range(4)]
        assert shop.do(engine.accrue_all, sales, key="all").repeated == 2
        shop.do(
            engine.complete_all, [engine.Completion(each.id, day(11)) for each in sales[2:]], key="complete"
        )
        shop.do(engine.release, at=day(500), key="free")
        shop.do(engine.close_outbox)
        shop.do(engine.accrue, a_sale("order 9"))
        with shop.store.begin() as tx:
            told = [(each.verb, each.about, each.key) for each in tx.outbox.all()]
            assert {each.shop for each in tx.outbox.all()} == {"shop"}
        assert sorted(told) == [
            ("accrue", "order 1", "one"),
            ("accrue", "order 2", "all/order 2"),
            ("accrue", "order 3", "all/order 3"),
            ("complete", "order 2", "complete/order 2"),
            ("complete", "order 3", "complete/order 3"),
            ("open_outbox", "shop", "open"),
            ("release", "order 2", "free"),
            ("release", "order 3", "free"),
        ]
