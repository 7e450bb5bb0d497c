"""How memory rolls back: every write notes what was there before.

A transaction costs what it touches, not what the store holds.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from threading import get_ident
from typing import TypeVar

from distcore.kernel import InputError, RetryableError, limits

K = TypeVar("K")
V = TypeVar("V")


def bounded(minor: int) -> int:
    """Return an amount or a sum that 64 bits can hold; another one is refused, as by every database."""
    if abs(minor) > limits.TOTAL_MINOR_MAX:
        hint = "ask for a shorter period, or for one payee"
        raise InputError.of("sums", "they exceed what 64 bits can hold", hint)
    return minor


class Journal:
    """The writes of the open transaction, each with the way back.

    Only the thread that has the transaction open writes: what is kept of one that has ended is refused.
    """

    def __init__(self) -> None:
        self._undo: list[Callable[[], object]] = []
        self._owner: int | None = None

    def is_open_here(self) -> bool:
        """Say whether this thread has the transaction open."""
        return self._owner == get_ident()

    def open(self) -> None:
        """Begin a transaction in this thread."""
        self._owner = get_ident()

    def close(self) -> None:
        """End it."""
        self._owner = None

    def put(self, table: dict[K, V], key: K, value: V) -> None:
        """Set a row, whether it is new or not."""
        self._check()
        if key in table:
            self._undo.append(partial(table.__setitem__, key, table[key]))
        else:
            self._undo.append(partial(table.pop, key))
        table[key] = value

    def insert(self, table: dict[K, V], key: K, value: V) -> None:
        """Set a row that must be new, as a unique key would demand it."""
        if key in table:
            raise RetryableError(f"{key!r} is there already")
        self.put(table, key, value)

    def insert_all(self, table: dict[K, V], rows: Sequence[tuple[K, V]]) -> None:
        """Set rows that must all be new: one way back for all of them costs a fraction of one for each."""
        self._check()
        new = dict(rows)
        if len(new) < len(rows) or not new.keys().isdisjoint(table):
            raise RetryableError(f"one of {len(rows)} rows is there already")
        self._undo.append(partial(_take_out, table, new))
        table.update(new)

    def append(self, table: list[V], value: V) -> None:
        """Add to the end of a list."""
        self._check()
        self._undo.append(table.pop)
        table.append(value)

    def remove(self, table: dict[K, V], key: K) -> None:
        """Take a row away."""
        self._check()
        value = table.pop(key)
        self._undo.append(partial(table.__setitem__, key, value))

    def _check(self) -> None:
        if not self.is_open_here():
            raise InputError.of("tx", "this transaction has ended", "begin a new one")

    def forget(self) -> None:
        """Keep what was written."""
        self._undo.clear()

    def roll_back(self) -> None:
        """Undo everything, last first."""
        while self._undo:
            self._undo.pop()()


def _take_out(table: dict[K, V], keys: Iterable[K]) -> None:
    for key in keys:
        del table[key]
