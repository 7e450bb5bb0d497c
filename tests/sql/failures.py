"""What can go wrong with a statement or a COMMIT, on each database, and as it really does there.

A server is told to raise the error itself, so that its transaction is in the state in which such an error
leaves it.  SQLite has no words for that: the error of its driver is raised, in the same state.
"""

import sqlite3
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from attrs import frozen
from sqlalchemy.exc import IntegrityError
from tests.sql.watched import Point, When

from distcore.kernel import InputError, RetryableError

Strike: TypeAlias = Callable[[Any], None]
"""Does it to a connection of the driver, and raises what the driver raises."""


def anywhere(_point: Point) -> bool:
    """Say so of every point."""
    return True


def before(point: Point) -> bool:
    """Say so of the points at which a statement or a COMMIT begins."""
    return point.when is When.BEFORE


def after_commit(point: Point) -> bool:
    """Say so of the point at which all is done."""
    return point.commits and point.when is When.AFTER


def is_of_host(point: Point) -> bool:
    """Say so of the points that a host has to see to by itself: where its transaction begins and ends."""
    return point.commits or point.text.startswith("BEGIN")


@frozen
class Failure:
    """Something that goes wrong, where it can, and as what it comes out of a transaction."""

    strike: Strike
    comes_out: type[BaseException] = RetryableError
    where: Callable[[Point], bool] = before


def _interrupted(_driver: object) -> None:
    raise KeyboardInterrupt


INTERRUPTED = Failure(_interrupted, KeyboardInterrupt, anywhere)
"""Somebody has pressed a key: it strikes between any two things that Python does."""


# SQLite


def _sqlite(
    code: int, message: str, kind: type[sqlite3.Error] = sqlite3.OperationalError, *, rolls_back: bool = False
) -> Strike:
    def strike(driver: sqlite3.Connection) -> None:
        if rolls_back and driver.in_transaction:
            driver.execute("ROLLBACK")
        error = kind(message)
        error.sqlite_errorcode = code
        raise error

    return strike


def _broken_off(driver: sqlite3.Connection) -> None:
    """Let what runs next be broken off by SQLite itself, as when somebody else interrupts the connection."""
    once = iter([1])
    driver.set_progress_handler(lambda: next(once, 0), 1)


# PostgreSQL


def _raises(state: str) -> Strike:
    text = f"DO $$ BEGIN RAISE EXCEPTION 'it went wrong' USING ERRCODE = '{state}'; END $$"
    return lambda driver: driver.cursor().execute(text)


def _cut_off_by_postgresql(driver: Any) -> None:
    driver.cursor().execute("SELECT pg_terminate_backend(pg_backend_pid())")


# MariaDB


def _signals(number: int, state: str = "HY000", *, rolls_back: bool = False) -> Strike:
    text = f"SIGNAL SQLSTATE '{state}' SET MYSQL_ERRNO = {number}, MESSAGE_TEXT = 'it went wrong'"

    def strike(driver: Any) -> None:
        with driver.cursor() as cursor:
            if rolls_back:
                cursor.execute("ROLLBACK")
            cursor.execute(text)

    return strike


def _cut_off_by_mariadb(driver: Any) -> None:
    with driver.cursor() as cursor:
        cursor.execute("KILL CONNECTION_ID()")
        cursor.execute("DO 1")


FAILURES: Mapping[str, Mapping[str, Failure]] = {
    "sqlite": {
        "busy": Failure(_sqlite(sqlite3.SQLITE_BUSY, "database is locked")),
        "busy, it saw the past": Failure(_sqlite(sqlite3.SQLITE_BUSY_SNAPSHOT, "database is locked")),
        "integrity": Failure(
            _sqlite(sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, "UNIQUE constraint failed", sqlite3.IntegrityError)
        ),
        "our own mistake": Failure(
            _sqlite(sqlite3.SQLITE_CONSTRAINT_CHECK, "CHECK constraint failed", sqlite3.IntegrityError),
            IntegrityError,
        ),
        "disk full": Failure(
            _sqlite(sqlite3.SQLITE_FULL, "database or disk is full", rolls_back=True), InputError
        ),
        "disk full for one statement": Failure(
            _sqlite(sqlite3.SQLITE_FULL, "database or disk is full"), InputError
        ),
        "disk broken": Failure(_sqlite(sqlite3.SQLITE_IOERR, "disk I/O error", rolls_back=True), InputError),
        "broken off": Failure(_broken_off),
        "interrupted": INTERRUPTED,
    },
    "postgresql": {
        "serialization failure": Failure(_raises("40001")),
        "deadlock": Failure(_raises("40P01")),
        "waited too long": Failure(_raises("55P03")),
        "connection lost": Failure(_cut_off_by_postgresql, where=anywhere),
        "integrity": Failure(_raises("23505")),
        "our own mistake": Failure(_raises("23514"), IntegrityError),
        "disk full": Failure(_raises("53100"), InputError),
        "interrupted": INTERRUPTED,
    },
    "mariadb": {
        "changed since it was read": Failure(_signals(1020)),
        "deadlock": Failure(_signals(1213, "40001", rolls_back=True)),
        "waited too long": Failure(_signals(1205)),
        "connection lost": Failure(_cut_off_by_mariadb, where=anywhere),
        "integrity": Failure(_signals(1062, "23000")),
        "our own mistake": Failure(_signals(1452, "23000"), IntegrityError),
        "disk full": Failure(_signals(1021), InputError),
        "table full": Failure(_signals(1114), InputError),
        "interrupted": INTERRUPTED,
    },
}
"""By the name of the database."""
