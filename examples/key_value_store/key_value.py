"""A file of keys and values: all that the store beside it asks of an engine.

SQLite keeps it here because Python brings it; no statement knows more than a key and a value, and any
engine with the same three verbs does as well.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from distcore.kernel import RetryableError

BUSY_S: Final = 10
"""How long a write waits for another one before it is a conflict."""


class KeyValueFile:
    """Values of bytes by keys of bytes."""

    def __init__(self, file: Path) -> None:
        self._file = file
        with self._opened() as db:
            db.execute("CREATE TABLE IF NOT EXISTS kv (k BLOB PRIMARY KEY, v BLOB NOT NULL) WITHOUT ROWID")

    def get(self, key: bytes) -> bytes | None:
        """Return the value of a key."""
        with self._opened() as db:
            found = db.execute("SELECT v FROM kv WHERE k = ?", [key]).fetchone()
        return None if found is None else bytes(found[0])

    def scan(self, prefix: bytes) -> dict[bytes, bytes]:
        """Return what stands under all keys that begin so, as it was at one instant."""
        found = "SELECT k, v FROM kv WHERE k >= ? AND substr(k, 1, ?) = ?"
        with self._opened() as db:
            return dict(db.execute(found, [prefix, len(prefix), prefix]))

    def swap(
        self, key: bytes, before: bytes | None, after: bytes, batch: Mapping[bytes, bytes | None]
    ) -> bool:
        """Write a batch if a key still has a value, and give it another one: all of it or nothing.

        None in the batch deletes a key.  Says whether it was written; then no power cut takes it back.
        """
        with self._opened() as db:
            db.execute("BEGIN IMMEDIATE")
            found = db.execute("SELECT v FROM kv WHERE k = ?", [key]).fetchone()
            if (None if found is None else found[0]) != before:
                return False
            gone = [[each] for each, value in batch.items() if value is None]
            put = [[each, value] for each, value in batch.items() if value is not None]
            db.executemany("DELETE FROM kv WHERE k = ?", gone)
            db.executemany("INSERT OR REPLACE INTO kv VALUES (?, ?)", [*put, [key, after]])
            db.execute("COMMIT")
            return True

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """Open the file for one verb: nothing is shared by threads, or left open; closing rolls back."""
        try:
            with closing(sqlite3.connect(self._file, BUSY_S, isolation_level=None)) as db:
                db.execute("PRAGMA synchronous = FULL")
                db.execute("PRAGMA secure_delete = ON")  # what is erased is gone from the file, too
                yield db
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
                raise RetryableError("the file is busy") from error
            raise
