"""Another process on the same file: `python -m key_value_store.tests.worker FILE NAME COUNT [N]`.

It has so many members join, named after it and a number, and says each name when it is done.  With N it dies,
by its own hand and as by `kill -9`, at the n-th step that the file sees; a step is a statement.
"""

import os
import signal
import sqlite3
import sys
from functools import partial
from pathlib import Path
from time import sleep
from typing import Any

from distcore.engine import join
from distcore.kernel import RetryableError
from distcore.testing.builders import LATER, a_member
from key_value_store.store import KeyValueStore

WRITES = ("BEGIN", "DELETE", "INSERT", "COMMIT")

PAUSE_S = 0.002


class Dying(sqlite3.Connection):
    """A connection of a process that dies before a statement, or after it."""

    left = 0

    def execute(self, sql: str, *args: Any) -> sqlite3.Cursor:
        return self._around(sql, super().execute, *args)

    def executemany(self, sql: str, *args: Any) -> sqlite3.Cursor:
        return self._around(sql, super().executemany, *args)

    def _around(self, sql: str, run: Any, *args: Any) -> sqlite3.Cursor:
        self._step(sql)
        done: sqlite3.Cursor = run(sql, *args)
        self._step(sql)
        return done

    def _step(self, sql: str) -> None:
        if sql.startswith(WRITES):
            if Dying.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            Dying.left -= 1


def main(file: str, name: str, count: str, dies_at: str = "") -> None:
    """Do as the command line says."""
    store = KeyValueStore(Path(file), "shop")
    if dies_at:
        Dying.left = int(dies_at)
        sqlite3.connect = partial(sqlite3.connect, factory=Dying)  # type: ignore[assignment]
    for number in range(int(count)):
        newcomer = a_member(f"{name}{number}", "ann")
        while not _joined(store, newcomer):
            sleep(PAUSE_S)
        sys.stdout.write(f"{newcomer.id}\n")
        sys.stdout.flush()


def _joined(store: KeyValueStore, newcomer: Any) -> bool:
    try:
        with store.begin() as tx:
            join(tx, newcomer, at=LATER, actor="worker", key=newcomer.id)
    except RetryableError:
        return False
    return True


if __name__ == "__main__":
    main(*sys.argv[1:])
