"""A store in a database: transactions over the ports, and an engine that is set up for them.

The primitive is `SqlTransaction` on a connection of the host, whose transaction stays the host's.
`SqlStore` is a thin wrapper that owns an engine; with SQLite a transaction takes the write lock when
it begins, so what it reads holds until it ends.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from sqlite3 import sqlite_version, sqlite_version_info
from time import sleep
from typing import Any, Final, Self, TypeVar

from sqlalchemy import Connection, Engine, MetaData, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError

from distcore.kernel import InputError, Problem, RetryableError, SchemaError, ShopId, id_problem, shown
from distcore_sql.commands import SqlCommands, SqlPolicies
from distcore_sql.commission import SqlEarnings, SqlPlans, SqlReleases, SqlSales
from distcore_sql.referral import SqlMembers
from distcore_sql.schema import check_schema, upgrade
from distcore_sql.statements import Statements, told_apart
from distcore_sql.tables import PREFIX, Tables, build_tables

T = TypeVar("T")

BUSY_MS: Final = 10_000
"""Milliseconds that a writer waits for another one before it gives up with `RetryableError`."""

CACHE_KIB: Final = 65_536
"""Pages of the database that a connection keeps, in KiB: ids that come in no order touch many pages."""

SQLITE_MIN: Final = (3, 38, 0)
"""The first SQLite with both strict tables and JSON functions in every build."""

ATTEMPTS_MAX: Final = 5
"""How often `run` tries before it passes a conflict on."""


class Synchronous(Enum):
    """When SQLite waits for the disk.

    `FULL` loses nothing that was committed; `NORMAL` may lose the last commits when the power fails, and
    `OFF` may lose the file: for what can be made again.
    """

    FULL = "FULL"
    NORMAL = "NORMAL"
    OFF = "OFF"


class SqlTransaction:
    """The ports of one shop on a connection; it never commits, rolls back or closes it.

    After a conflict it raises `RetryableError` with `host_must_roll_back`, and so does every further use.
    """

    def __init__(self, connection: Connection, shop: str, tables: Tables, *, guest: bool = True) -> None:
        """Work in the transaction of a connection; `guest` says that the host will end it."""
        self.shop = _shop(shop)
        statements = Statements(connection, self.shop, tables, guest=guest)
        self.commands = SqlCommands(statements)
        self.policies = SqlPolicies(statements)
        self.members = SqlMembers(statements)
        self.plans = SqlPlans(statements)
        self.sales = SqlSales(statements)
        self.releases = SqlReleases(statements)
        self.earnings = SqlEarnings(statements)
        self._statements = statements

    def damages(self) -> Sequence[Problem]:
        """Return what the database itself finds wrong: pages, indexes, rows that belong to nothing."""
        return self._statements.damages()


class SqlStore:
    """One shop in a database of its own engine; a context manager that closes the engine."""

    def __init__(self, engine: Engine, shop: str, tables: Tables) -> None:
        """Wrap an engine made by `create_store_engine`, whose schema was checked."""
        self._engine = engine
        self._shop = _shop(shop)
        self._tables = tables
        self._here = threading.local()

    @classmethod
    def open(
        cls,
        url: str,
        shop: str,
        *,
        prefix: str = PREFIX,
        synchronous: Synchronous = Synchronous.FULL,
        busy_ms: int = BUSY_MS,
    ) -> Self:
        """Open the store at a URL such as `sqlite:///shop.db`.

        Raises `SchemaError` where it does not exist, or is of another version than this one.
        """
        place = _url(url)
        if not Path(str(place.database)).exists():
            raise SchemaError(f"there is no store at {place}", "make one first")
        engine = create_store_engine(url, synchronous=synchronous, busy_ms=busy_ms)
        try:
            with told_apart(guest=False), engine.connect().execution_options(reading=True) as connection:
                check_schema(connection, prefix=prefix)
            return cls(engine, shop, build_tables(MetaData(), prefix=prefix))
        except BaseException:
            engine.dispose()
            raise

    @contextmanager
    def begin(self, *, reading: bool = False) -> Iterator[SqlTransaction]:
        """Begin a transaction: it commits on a clean exit and rolls back on an exception.

        With `reading` it holds no lock, and sees what was committed at its first question until it ends.
        """
        if getattr(self._here, "begun", False):
            raise InputError.of("begin", "this thread has a transaction open already", "end it first")
        with told_apart(guest=False):
            connection = self._engine.connect().execution_options(reading=reading)
        with connection:
            with told_apart(guest=False):
                transaction = connection.begin()
            self._here.begun = True
            try:
                yield SqlTransaction(connection, self._shop, self._tables, guest=False)
            except BaseException:
                transaction.rollback()
                raise
            finally:
                self._here.begun = False
            with told_apart(guest=False):
                transaction.commit()

    def run(self, work: Callable[[SqlTransaction], T]) -> T:
        """Do work in a transaction of its own, and again from the start after a conflict."""
        for attempt in range(1, ATTEMPTS_MAX):
            try:
                with self.begin() as tx:
                    return work(tx)
            except RetryableError:
                sleep(2**attempt / 100)
        with self.begin() as tx:
            return work(tx)

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def upgrade_store(url: str, *, prefix: str = PREFIX) -> None:
    """Make the store at a URL, or bring it to this version, in a transaction of its own.

    A new file can be read by its owner only.
    """
    try:
        Path(str(_url(url).database)).touch(mode=0o600)
    except OSError as error:
        raise InputError.of("store", f"the file can't be made: {error.strerror}", "give another") from error
    engine = create_store_engine(url)
    try:
        # It is kept in the file; whoever only opens a store, or a file of somebody else, changes nothing.
        with told_apart(guest=False), engine.connect() as connection:
            _run_bare(connection, "PRAGMA journal_mode = WAL")
        with told_apart(guest=False), engine.begin() as connection:
            upgrade(connection, prefix=prefix)
    finally:
        engine.dispose()


def create_store_engine(
    url: str, *, synchronous: Synchronous = Synchronous.FULL, busy_ms: int = BUSY_MS
) -> Engine:
    """Return an engine that is set up for a store; parameters of statements stay out of its errors."""
    if sqlite_version_info < SQLITE_MIN:
        needed = ".".join(map(str, SQLITE_MIN))
        raise InputError.of("store", f"SQLite {sqlite_version} is too old", f"it must be {needed} or newer")
    engine = create_engine(_url(url), hide_parameters=True, connect_args={"timeout": busy_ms / 1000})

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, _: object) -> None:
        # The driver's own transactions begin too late, at the first row that is written: we begin them.
        connection.isolation_level = None
        for pragma in (
            f"synchronous = {synchronous.value}",
            "foreign_keys = ON",
            "recursive_triggers = ON",
            f"cache_size = -{CACHE_KIB}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        reading = connection.get_execution_options().get("reading", False)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine


def _run_bare(connection: Connection, statement: str) -> None:
    """Run what can't run within a transaction."""
    driver = connection.connection.dbapi_connection
    assert driver is not None
    driver.cursor().execute(statement)


def _url(url: str) -> URL:
    try:
        found = make_url(url)
    except ArgumentError:
        raise InputError.of("store", f"not a URL: {shown(url)}", "like sqlite:///shop.db") from None
    if found.drivername not in ("sqlite", "sqlite+pysqlite"):
        raise InputError.of("store", f"no such kind of store: {found.drivername}", "like sqlite:///shop.db")
    if found.query:
        raise InputError.of("store", "a URL without a question mark is enough", "like sqlite:///shop.db")
    if found.database in (None, "", ":memory:"):
        raise InputError.of("store", "a store needs a file", "like sqlite:///shop.db")
    return found


def _shop(shop: str) -> ShopId:
    problem = id_problem(shop, "shop")
    if problem is not None:
        raise InputError((problem,))
    return ShopId(shop)
