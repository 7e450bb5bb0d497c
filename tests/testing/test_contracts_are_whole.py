"""The contract of a store is the sum of its parts: no part hides another, and no way to write is left out."""

from collections import Counter
from inspect import isfunction
from typing import Any, get_type_hints

from distcore import ports
from distcore.memory import MemoryStore
from distcore.testing.contracts import StoreContract
from distcore.testing.contracts.seals import seal
from distcore.testing.contracts.transactions import WRITES, opened

LOCKS = {"buyers.leave_uncounted", "buyers.count_from_now_on"}
"""Verbs that write nothing which anybody could read: who comes second waits, or is told."""


def test_no_test_hides_another() -> None:
    names = Counter(
        name for part in StoreContract.__bases__ for name in vars(part) if name.startswith("test_")
    )
    assert [name for name, count in names.items() if count > 1] == []
    assert len(names) > 40


def verbs() -> dict[str, dict[str, Any]]:
    """Return the verbs of every port of a transaction."""
    found = {}
    for name, port in vars(ports.Transaction).items():
        kind = get_type_hints(port.fget)["return"] if isinstance(port, property) else None
        if getattr(kind, "_is_protocol", False):
            found[name] = {verb: each for verb, each in vars(kind).items() if isfunction(each)}
    return found


class Watched:
    """A transaction, or one of its ports, whose verbs are noted by their names."""

    def __init__(self, whole: object, seen: set[str], port: str = "") -> None:
        self._whole, self._seen, self._port = whole, seen, port

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._whole, name)
        if self._port:
            self._seen.add(f"{self._port}.{name}")
            return found
        return Watched(found, self._seen, name) if name in verbs() else found


def test_whatever_returns_nothing_is_among_what_is_written() -> None:
    """So a verb that is new is rolled back, overtaken and kept from another shop, too, in every store."""
    seen: set[str] = set()
    store = opened(MemoryStore("shop")).store
    for write in (*WRITES, seal):
        with store.begin() as tx:
            watched: Any = Watched(tx, seen)
            write(watched)
    writing = {
        f"{port}.{name}"
        for port, known in verbs().items()
        for name, verb in known.items()
        if get_type_hints(verb).get("return") is type(None)
    }
    assert writing - seen - LOCKS == set()
    assert len(writing) > 60
