"""How memory rolls back: every write notes what was there before.

A transaction costs what it touches, not what the store holds.
"""

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from distcore.kernel import RetryableError

K = TypeVar("K")
V = TypeVar("V")


class Journal:
    """The writes of the open transaction, each with the way back."""

    def __init__(self) -> None:
        self._undo: list[Callable[[], object]] = []

    def put(self, table: dict[K, V], key: K, value: V) -> None:
        """Set a row, whether it is new or not."""
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

    def append(self, table: list[V], value: V) -> None:
        """Add to the end of a list."""
        self._undo.append(table.pop)
        table.append(value)

    def remove(self, table: dict[K, V], key: K) -> None:
        """Take a row away."""
        value = table.pop(key)
        self._undo.append(partial(table.__setitem__, key, value))

    def forget(self) -> None:
        """Keep what was written."""
        self._undo.clear()

    def roll_back(self) -> None:
        """Undo everything, last first."""
        while self._undo:
            self._undo.pop()()
