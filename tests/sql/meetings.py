"""Two who do something at once: he gets in between two statements of hers, from beginning to end."""

import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any, TypeAlias

import pytest
from attrs import field, frozen
from sqlalchemy import Engine, event
from tests.sql.stores import DATABASES, LEVELS, TABLES_OF_A_HOST

from distcore.kernel import RefusedError
from distcore.testing.builders import LATER
from distcore_sql import SqlStore, SqlTransaction, Tables

WAIT_S = 0.1
"""Whoever is not done by then waits for a lock, and goes on when it is free."""

Verb: TypeAlias = Callable[..., object]


@frozen
class Wish:
    """A verb that somebody wants done, with all that it is given."""

    verb: Verb
    what: tuple[object, ...] = ()
    options: dict[str, Any] = field(factory=dict)

    def of(self, actor: str) -> Callable[[SqlTransaction], object]:
        call = {"at": LATER, "actor": actor, "key": f"for {actor}"} | self.options
        return lambda tx: self.verb(tx, *self.what, **call)


@frozen
class Place:
    """A database, and a connection to it for each of the two."""

    hers: Engine
    his: Engine
    tables: Tables = TABLES_OF_A_HOST

    def store(self, engine: Engine, shop: str) -> SqlStore:
        return SqlStore(engine, shop, self.tables)


SERVERS = [name for name in DATABASES if name != "sqlite"]
SAME = [(name, name) for name in SERVERS]
PAST = [(f"{name}, repeatable read", name) for name in SERVERS]
MIXED = [
    (hers, his)
    for hers in LEVELS
    for his in LEVELS
    if hers.partition(",")[0] == his.partition(",")[0] in SERVERS
]


def pairs(often: Collection[tuple[str, str]], of: Collection[tuple[str, str]] = tuple(MIXED)) -> list[Any]:
    """Return the levels that two may be at, of which most are for the deep profile.

    Where nobody asks for another one, it is that of a store of its own.
    """
    deep = pytest.mark.deep
    return [pytest.param(pair, marks=() if pair in often else deep, id=" beside ".join(pair)) for pair in of]


def _reads_alone(pair: tuple[str, str]) -> bool:
    """Say whether what one of two has read is in nobody's way.

    At SERIALIZABLE it is: in MariaDB it is locked, and in PostgreSQL another of the same level is told.
    """
    strict = sum(each.endswith(", serializable") for each in pair)
    return strict == 0 or (strict == 1 and pair[0].startswith("postgresql"))


at_more_levels = pytest.mark.parametrize("place", pairs([*SAME, *PAST]), indirect=True)
"""For tests whose two need not see each other: one of them may always see the past."""

where_reads_lock_nothing = pytest.mark.parametrize(
    "place", pairs([*SAME, *PAST], [pair for pair in MIXED if _reads_alone(pair)]), indirect=True
)
"""For tests that say who does not wait."""


def done(store: SqlStore, wish: Callable[[SqlTransaction], object]) -> str:
    """Do it, as often as it takes; say that it was done, or why not."""
    try:
        store.run(wish)
    except RefusedError as error:
        return error.refusal.code
    return "done"


@contextmanager
def after_statement(engine: Engine, number: int, do: Callable[[], None]) -> Iterator[threading.Thread]:
    """Let somebody else do something when so many statements were run, and until they are done or wait."""
    left = count(1)
    other = threading.Thread(target=do)

    def look(*_: object) -> None:
        if next(left) == number:
            other.start()
            other.join(WAIT_S)

    event.listen(engine, "after_cursor_execute", look)
    try:
        yield other
    finally:
        event.remove(engine, "after_cursor_execute", look)
        if other.ident is not None:
            other.join()


def meet(place: Place, number: int, hers: Wish, his: Wish, name: str) -> list[str] | None:
    """Let him get in after one of her statements; return what came of both, None if she has fewer."""
    outcomes: list[str] = []
    store = place.store(place.his, name)
    with after_statement(place.hers, number, lambda: outcomes.append(done(store, his.of("tom")))) as other:
        outcomes.append(done(place.store(place.hers, name), hers.of("mia")))
    return sorted(outcomes) if other.ident is not None else None
