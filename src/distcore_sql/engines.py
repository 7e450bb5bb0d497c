"""How stores are reached: URLs, the engine that each database needs, and transactions that only read.

The one rule this file protects: what a URL holds of a secret is in no error.
"""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from enum import Enum
from pathlib import Path
from sqlite3 import SQLITE_BUSY, sqlite_version, sqlite_version_info
from sqlite3 import Error as DriverError
from time import sleep
from typing import Any, Final

from attrs import frozen
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError

from distcore.kernel import InputError, SchemaError, int_problem, shown
from distcore_sql.errors import by_driver

BUSY_MS: Final = 10_000
"""Milliseconds that a writer waits for another one before it gives up with `RetryableError`."""

BUSY_MS_MAX: Final = 86_400_000
"""The longest that a writer may wait: a day."""

SETTLE_MS: Final = 10
"""Milliseconds between two attempts to set what a file keeps for good, while somebody else has the file."""

CACHE_KIB: Final = 65_536
"""Pages of the database that a connection keeps, in KiB: ids that come in no order touch many pages."""

SQLITE_MIN: Final = (3, 38, 0)
"""The first SQLite with both strict tables and JSON functions in every build."""

EXAMPLES: Final = "like sqlite:///shop.db, postgresql://user@host/database or mariadb://user@host/database"


class Synchronous(Enum):
    """When a database waits for the disk.

    `FULL` loses nothing that was committed; `NORMAL` may lose the last commits when the power fails, and
    `OFF` may lose the file of SQLite: for what can be made again.  PostgreSQL loses the last commits at
    most, also with `OFF`.
    """

    FULL = "FULL"
    NORMAL = "NORMAL"
    OFF = "OFF"


@frozen
class _Kind:
    """How one database is reached.

    `driver` and the other names that a URL may have for it, what is wrong with a URL, what to do before
    the tables can be made, the engine, and the options of a connection that only reads.
    """

    driver: str
    names: frozenset[str]
    check: Callable[[URL], None]
    make: Callable[[URL], None]
    engine: Callable[[URL, Synchronous, int], Engine]
    settle: Callable[[Connection], None]
    reading: Mapping[str, Any]


def store_url(url: str) -> URL:
    """Return a URL of a store; refuse one that is none, without repeating what it may hold of a secret."""
    try:
        found = make_url(url)
    except (ArgumentError, ValueError):
        raise InputError.of("store", f"not a URL: {shown(re.split('[:@]', url)[0])}", EXAMPLES) from None
    for kind in _KINDS.values():
        if found.drivername in kind.names:
            kind.check(found)
            return found.set(drivername=kind.driver)
    raise InputError.of("store", f"no such kind of store: {shown(found.drivername)}", EXAMPLES)


def require_store(url: URL) -> None:
    """Raise `SchemaError` where there is nothing at a URL, before anything is made there by accident."""
    if url.get_backend_name() == "sqlite" and not Path(str(url.database)).exists():
        raise SchemaError(f"there is no store at {url}", "make one first")


def make_place(url: URL) -> None:
    """Make what tables need to be in; a new file can be read by its owner only."""
    _KINDS[url.get_backend_name()].make(url)


def create_store_engine(
    url: str, *, synchronous: Synchronous = Synchronous.FULL, busy_ms: int = BUSY_MS
) -> Engine:
    """Return an engine that is set up for a store; parameters of statements stay out of its errors.

    `busy_ms`, 0 to a day, is how long a writer waits for another one; a server waits a moment at least.
    """
    problem = int_problem(busy_ms, "busy_ms", least=0, most=BUSY_MS_MAX)
    if problem is not None:
        raise InputError((problem,))
    place = store_url(url)
    return _KINDS[place.get_backend_name()].engine(place, synchronous, busy_ms)


def settle(connection: Connection) -> None:
    """Set what a place keeps for good, outside of any transaction, before its tables are made."""
    _KINDS[connection.dialect.name].settle(connection)


def reading_options(engine: Engine) -> Mapping[str, Any]:
    """Return the options of a connection whose transactions only read, all of them the same snapshot."""
    return _KINDS[engine.dialect.name].reading


def _check_sqlite(url: URL) -> None:
    if url.query:
        raise InputError.of("store", "a URL without a question mark is enough", "like sqlite:///shop.db")
    if url.database in (None, "", ":memory:"):
        raise InputError.of("store", "a store needs a file", "like sqlite:///shop.db")


def _make_sqlite(url: URL) -> None:
    try:
        Path(str(url.database)).touch(mode=0o600)
    except OSError as error:
        raise InputError.of("store", f"the file can't be made: {error.strerror}", "give another") from error


def _sqlite(url: URL, synchronous: Synchronous, busy_ms: int) -> Engine:
    if sqlite_version_info < SQLITE_MIN:
        needed = ".".join(map(str, SQLITE_MIN))
        raise InputError.of("store", f"SQLite {sqlite_version} is too old", f"it must be {needed} or newer")
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": busy_ms / 1000})

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, _: object) -> None:
        # The driver's own transactions begin too late, at the first row that is written: we begin them.
        connection.isolation_level = None
        for pragma in (
            f"synchronous = {synchronous.value}",
            "foreign_keys = ON",
            "recursive_triggers = ON",
            # What is erased is overwritten with zeros; else SQLite leaves it in the file until the place is
            # needed.  Not for the erasing transaction alone: when a page is split, the rows that move away
            # would leave copies behind, which no later transaction finds.  An import costs 0.2 % more.
            "secure_delete = ON",
            f"cache_size = -{CACHE_KIB}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        reading = connection.get_execution_options().get("reading", False)
        # A connection of the pool may have read before, and this one writes; it is set, not asked.
        driver: Any = connection.connection.driver_connection
        driver.execute(f"PRAGMA query_only = {'ON' if reading else 'OFF'}")
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    @event.listens_for(engine, "invalidate")
    def _let_go(connection: Any, *_: object) -> None:
        # Whoever is interrupted has his connection closed.  SQLite closes it once no cursor is left, and
        # holds the lock until then; the traceback of the interrupt holds a cursor.
        with suppress(DriverError):
            connection.rollback()

    return engine


def _settle_sqlite(connection: Connection) -> None:
    """Let readers and a writer go on side by side: a file keeps that, and no transaction can set it.

    While somebody else makes the same file, SQLite says at once that it is locked, however long the
    connection may wait: we wait for it.
    """
    driver: Any = connection.connection.dbapi_connection
    (busy_ms,) = driver.execute("PRAGMA busy_timeout").fetchone()
    for waited in range(0, busy_ms + 1, SETTLE_MS):
        try:
            driver.execute("PRAGMA journal_mode = WAL")
        except DriverError as error:
            if error.sqlite_errorcode != SQLITE_BUSY or waited + SETTLE_MS > busy_ms:
                raise by_driver(error, DriverError) from error
            sleep(SETTLE_MS / 1000)
        else:
            return


def _check_postgresql(url: URL) -> None:
    """Refuse what the rest of a password may stand in: an error of the driver would show it."""
    if "@" in (url.host or "") or (url.password is not None and "@" in (url.database or "")):
        raise InputError.of("store", "the URL has an @ too many", "in a name or password write it as %40")
    if not url.database:
        raise InputError.of("store", "the URL names no database", "like postgresql://user@host/database")


def _postgresql(url: URL, synchronous: Synchronous, busy_ms: int) -> Engine:
    # To compile costs more than to run.
    settings = [f"-c lock_timeout={max(1, busy_ms)}", "-c jit=off"]  # 0 would wait for ever
    if synchronous is not Synchronous.FULL:
        settings.append("-c synchronous_commit=off")
    theirs = url.query.get("options", ())
    options = " ".join([*settings, *((theirs,) if isinstance(theirs, str) else theirs)])
    return _engine(
        "PostgreSQL",
        url.difference_update_query(["options"]),
        # A plan that is kept was made for the rows of then: after an import it would read whole tables for
        # every order.  To plan again costs a tenth of a millisecond.  Statements are told apart by not being
        # prepared, not by `plan_cache_mode`: a foreign key would be planned anew for every row, too.
        connect_args={"options": options, "client_encoding": "UTF8", "prepare_threshold": None},
    )


def _check_mariadb(url: URL) -> None:
    """Refuse what the rest of a password may stand in, as of any server, and what a store says itself."""
    _check_postgresql(url)
    if url.query.keys() - {"unix_socket"}:
        raise InputError.of("store", "the URL has settings that a store has no use for", "unix_socket alone")


def _mariadb(url: URL, _synchronous: Synchronous, busy_ms: int) -> Engine:
    """Read what is committed, as with PostgreSQL, and lock with the same conflicts as there.

    When it waits for the disk is a setting of the server alone.
    """
    settings = {
        "innodb_lock_wait_timeout": max(1, busy_ms // 1000),
        "lock_wait_timeout": max(1, busy_ms // 1000),
        "innodb_snapshot_isolation": "ON",
        "sql_mode": "'TRADITIONAL,NO_ENGINE_SUBSTITUTION'",
    }
    told = ", ".join(f"SESSION {name} = {value}" for name, value in settings.items())
    engine = _engine(
        "MariaDB",
        url,
        isolation_level="READ COMMITTED",
        connect_args={"charset": "utf8mb4", "init_command": f"SET {told}"},
    )

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if connection.get_execution_options().get("reading", False):
            connection.exec_driver_sql("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")

    return engine


def _engine(server: str, url: URL, **options: Any) -> Engine:
    """Return the engine of a server, or say which package it needs: the extra of its name."""
    try:
        return create_engine(url, hide_parameters=True, **options)
    except ModuleNotFoundError as error:
        hint = f'pip install "distcore[{server.lower()}]"'
        raise InputError.of("store", f"{server} needs a package: {error.name}", hint) from error


def _nothing(_: object) -> None:
    """A server has done it."""


_KINDS: Final[Mapping[str, _Kind]] = {
    "sqlite": _Kind(
        driver="sqlite",
        names=frozenset({"sqlite", "sqlite+pysqlite"}),
        check=_check_sqlite,
        make=_make_sqlite,
        engine=_sqlite,
        settle=_settle_sqlite,
        reading={"reading": True},
    ),
    "postgresql": _Kind(
        driver="postgresql+psycopg",
        names=frozenset({"postgresql", "postgresql+psycopg"}),
        check=_check_postgresql,
        make=_nothing,
        engine=_postgresql,
        settle=_nothing,
        reading={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
    ),
    "mariadb": _Kind(
        driver="mariadb+pymysql",
        names=frozenset({"mariadb", "mariadb+pymysql"}),
        check=_check_mariadb,
        make=_nothing,
        engine=_mariadb,
        settle=_nothing,
        reading={"isolation_level": "REPEATABLE READ", "reading": True},
    ),
}
"""By the name of the dialect."""
