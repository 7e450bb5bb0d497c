"""A store over keys and values: the ports are those of memory, and only the rows go elsewhere.

Each store holds its shop in memory.  A transaction begins with a look at the shop's revision: if another
process has written meanwhile, all rows are loaded again.  It ends with one batch of the rows that are others
than before, which is written only if the revision is still what it was.  So all transactions of a shop are
as if they had come one after another, and whoever was slower is told so by a `RetryableError`.
"""

import pickle
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeAlias

from attrs import frozen

from distcore.kernel import RetryableError, digest
from distcore.memory import MemoryStore, MemoryTransaction, Place, fill, rows_of
from key_value_store.key_value import KeyValueFile

Rows: TypeAlias = Mapping[Place, object]


@frozen
class _Held:
    """What memory holds: the rows as the file has them, under the revision that stands at the shop's key."""

    revision: bytes | None
    rows: Rows


_NEVER: Final = _Held(None, {})
"""Nothing was loaded yet, or nobody knows what became of it."""


class KeyValueStore:
    """One shop in a file of keys and values."""

    def __init__(self, file: Path, shop: str) -> None:
        self._file = KeyValueFile(file)
        self._memory = MemoryStore(shop)
        self._shop = digest(shop)
        self._held = _NEVER

    @contextmanager
    def begin(self) -> Iterator[MemoryTransaction]:
        """Begin a transaction; what memory holds is used again only where the last one ended well."""
        with self._memory.begin() as tx:
            before, self._held = self._loaded(tx), _NEVER
            yield tx
            after = self._written(before, rows_of(tx))
        self._held = after

    def _loaded(self, tx: MemoryTransaction) -> _Held:
        if self._held is not _NEVER and self._held.revision == self._file.get(self._shop):
            return self._held
        found = self._file.scan(self._shop)
        revision = found.pop(self._shop, None)
        fill(tx, dict(map(pickle.loads, found.values())))
        return _Held(revision, rows_of(tx))

    def _written(self, before: _Held, rows: Rows) -> _Held:
        batch: dict[bytes, bytes | None] = {
            self._key_of(place): None for place in before.rows.keys() - rows.keys()
        }
        for place, row in rows.items():
            if before.rows.get(place, _NEVER) is not row:
                batch[self._key_of(place)] = pickle.dumps((place, row))
        if not batch:
            return before
        revision = b"%d" % (int(before.revision or 0) + 1)
        if not self._file.swap(self._shop, before.revision, revision, batch):
            raise RetryableError("another process was quicker")
        return _Held(revision, rows)

    def _key_of(self, place: Place) -> bytes:
        return self._shop + digest(place)
