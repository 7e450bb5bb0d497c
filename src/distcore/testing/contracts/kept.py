"""What every port must keep, whatever it is of: ids, texts, many rows; and commands and policies."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

import pytest

from distcore.kernel import (
    Actor,
    Currency,
    DayKind,
    Instant,
    Key,
    RetryableError,
    ShopId,
    Weekday,
    instant_of,
    limits,
    zone_of,
)
from distcore.ports import Command, Event, Store, Transaction
from distcore.referral import Member
from distcore.testing.builders import (
    ALWAYS,
    LATER,
    StoreOf,
    a_member,
    a_policy,
    day,
)

T = TypeVar("T")

NASTY = (
    "abc",
    "ABC",
    "abc ",
    " abc",
    "a bc",
    "ábc",
    "a\u0301bc",
    "abc\u200b",
    "ß",
    "ss",
    "ﬀ",
    "1",
    "01",
    "1.0",
    "\uff11",
    "NULL",
    "%",
    "_",
    "' OR 1=1--",
    'a"b',
    "a\\b",
    "a/b",
    "安",
    "\uffee",
    "😀",
    "عربي",
    "x" * limits.ID_LENGTH_MAX,
    "😀" * limits.ID_LENGTH_MAX,
)
"""Ids that are all different, on every database, and sort by code point."""

TEXTS = (
    "",
    " ",
    "'",
    "--",
    "'); DROP TABLE members;--",
    '"',
    "\\",
    "%s %(a)s :a ? {} $1",
    "因为 安徽",
    "لأنّ",
    "потому что",
    "क्योंकि",
    "😀\u200d",
    "e\u0301 é",
    "x" * limits.TEXT_LENGTH_MAX,
    "😀" * limits.TEXT_LENGTH_MAX,
)
"""Reasons that somebody may give, in all scripts."""

MANY = 40_000
"""More ids than a statement may have variables, on any database."""

PAGES = 5_100
"""More rows than a store that knows its limits reads at a time."""

ONE_BY_ONE = 2_100
"""The same of what is written one by one, which takes its time."""

MOST_MINOR = limits.TOTAL_MINOR_MAX
"""The largest number of 64 bits."""


def read_while(found: Iterable[T], write: Callable[[int], object]) -> list[T]:
    """Read all that there is, and write something else now and then meanwhile."""
    seen = []
    for place, each in enumerate(found):
        if place % 1_000 == 0:
            write(place)
        seen.append(each)
    return seen


def assert_all_seen(seen: list[T], known: list[T]) -> None:
    """Whatever was there has come once and in its order; what was written meanwhile may come or not."""
    there = set(known)
    assert [each for each in seen if each in there] == known
    assert len(set(seen)) == len(seen)


class StopHereError(Exception):
    """What a test breaks a transaction off with."""


@contextmanager
def broken_off(store: Store) -> Iterator[Transaction]:
    """Run a block in a transaction that ends with an exception."""
    with suppress(StopHereError), store.begin() as tx:
        yield tx
        raise StopHereError


def a_command(
    key: str,
    verb: str = "join",
    inputs: bytes = b"\0\xff" * 8,
    answer: str = "",
    *,
    done_at: Instant = LATER,
) -> Command:
    """Return a command that was done."""
    return Command(Key(key), verb, inputs, answer, done_at, Actor("tester"))


def a_row(id: str, sponsor: str | None = None) -> Member:
    """Return a member as a store keeps it."""
    newcomer = a_member(id, sponsor)
    return Member(newcomer.id, newcomer.joined_at, LATER, newcomer.sponsor)


def an_event(id: str, about: str = "order 1", done_at: Instant = LATER, key: str = "key") -> Event:
    """Return an event of a shop that is called `shop`."""
    return Event(id, ShopId("shop"), "accrue", about, Key(key), done_at, Actor("tester"))


class CommandsContract:
    """Which commands were done, by a key that is kept exactly."""

    def test_a_command_is_found_as_it_was_written(self, store_of: StoreOf) -> None:
        """Bytes are bytes, and an answer is any text."""
        commands = [
            a_command("k1", inputs=bytes(range(16)), answer=""),
            a_command("k2", "set_tier", bytes(16), "12"),
            a_command("k3", "accrue", b"\xff" * 16, "ü 安"),
        ]
        with store_of("shop").begin() as tx:
            tx.commands.add(commands)
        with store_of("shop").begin() as tx:
            found = tx.commands.find([Key("k3"), Key("k1"), Key("unknown"), Key("k2")])
            assert found == {each.key: each for each in commands}
            assert tx.commands.find([]) == {}

    def test_commands_are_kept_apart_by_exact_keys(self, store_of: StoreOf) -> None:
        """Keys that differ only by case, accent or a trailing blank are different keys."""
        commands = {Key(each): a_command(each, answer=str(n)) for n, each in enumerate(NASTY)}
        with store_of("shop").begin() as tx:
            tx.commands.add(list(commands.values()))
        with store_of("shop").begin() as tx:
            assert tx.commands.find(list(commands)) == commands
            assert [each.key for each in tx.commands.all()] == sorted(NASTY)

    def test_the_key_of_a_batch_is_as_long_as_two_ids(self, store_of: StoreOf) -> None:
        """A prefix, a slash and an id."""
        key = "😀" * limits.ID_LENGTH_MAX + "/" + "x" * limits.ID_LENGTH_MAX
        with store_of("shop").begin() as tx:
            tx.commands.add([a_command(key)])
            assert tx.commands.find([Key(key)]) == {key: a_command(key)}

    @pytest.mark.parametrize("twice", [["new", "k"], ["new", "new"]])
    def test_a_key_that_is_taken_is_a_conflict(self, store_of: StoreOf, twice: list[str]) -> None:
        """It may be somebody else's doing: run again, and find it done."""
        store = store_of("shop")
        with store.begin() as tx:
            tx.commands.add([a_command("k")])
        with pytest.raises(RetryableError), store.begin() as tx:
            tx.commands.add([a_command(each, "move") for each in twice])
        with store.begin() as tx:
            assert tx.commands.all() == [a_command("k")]

    def test_inputs_are_known_and_counted_by_verb(self, store_of: StoreOf) -> None:
        """The same inputs under two keys count once; those of another verb or shop do not count."""
        one, two, three = (bytes([number]) * 16 for number in (1, 2, 3))
        with store_of("another").begin() as tx:
            tx.commands.add([a_command("k1", "join", three)])
        with store_of("shop").begin() as tx:
            done = [("k1", "join", one), ("k2", "join", one), ("k3", "join", two), ("k4", "move", three)]
            tx.commands.add([a_command(*each) for each in done])
        with store_of("shop").begin() as tx:
            assert tx.commands.known("join", [one, three]) == {one}
            assert tx.commands.known("join", []) == frozenset()
            assert [tx.commands.count(verb) for verb in ("join", "move", "accrue")] == [2, 1, 0]

    def test_what_was_done_with_inputs_is_found_by_verb(self, store_of: StoreOf) -> None:
        """Whatever the key, by key; another verb with them, or another shop, does not count."""
        one, two, three = (bytes([number]) * 16 for number in (1, 2, 3))
        with store_of("another").begin() as tx:
            tx.commands.add([a_command("k1", "join", one, done_at=LATER)])
        with store_of("shop").begin() as tx:
            done = [("k3", "join", two), ("k2", "join", one), ("k1", "join", one), ("k4", "move", one)]
            joined = [a_command(*each, done_at=day(number)) for number, each in enumerate(done, 1)]
            moved = a_command("k5", "move", three, done_at=ALWAYS[1])
            tx.commands.add([*joined, moved])
        with store_of("shop").begin() as tx:
            assert tx.commands.done("join", [one, two, three]) == joined[2::-1]
            assert tx.commands.done("join", [two]) == joined[:1]
            assert tx.commands.done("join", []) == []
            many = [number.to_bytes(16) for number in range(MANY)]
            assert tx.commands.done("move", [*many, three]) == [moved]

    def test_any_number_of_keys_is_looked_up_at_once(self, store_of: StoreOf) -> None:
        """A batch may be larger than a statement, and what it did is written whole."""
        done = [Key(f"k{number}") for number in range(PAGES)]
        with store_of("shop").begin() as tx:
            tx.commands.add([a_command(each) for each in done])
        with store_of("shop").begin() as tx:
            unknown = [Key(f"k{number}") for number in range(PAGES, MANY)]
            assert tx.commands.find([*unknown, done[-1]]).keys() == {done[-1]}
            assert tx.commands.find([*unknown, *done]).keys() == set(done)
            assert len(tx.commands.all()) == PAGES


class PoliciesContract:
    """The last policy holds, and all of them are kept in the order in which they were set."""

    def test_a_new_shop_has_no_policy(self, store_of: StoreOf) -> None:
        """Nothing is assumed."""
        with store_of("shop").begin() as tx:
            assert tx.policies.current() is None
            assert list(tx.policies.all()) == []

    def test_the_policy_set_last_holds_whole(self, store_of: StoreOf) -> None:
        """Also where it was set at the same instant, or one before."""
        first = a_policy("America/New_York", ("CNY", "JPY", "POINT"), DayKind.HOURS_24)
        second = type(first)(zone_of("UTC"), (Currency("EUR"),), Weekday.SUNDAY)
        third = type(first)(zone_of("Asia/Shanghai"), (Currency("CNY"),))
        for policy, at in [(first, LATER), (second, LATER), (third, instant_of(limits.INSTANT_MIN))]:
            with store_of("shop").begin() as tx:
                tx.policies.set(policy, at=at)
            with store_of("shop").begin() as tx:
                assert tx.policies.current() == policy
        with store_of("another").begin() as tx:
            tx.policies.set(second, at=LATER)
        with store_of("shop").begin() as tx:
            assert list(tx.policies.all()) == [first, second, third]
