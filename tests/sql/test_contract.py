"""Each database does what every store must do: in a store that owns it, and in a transaction of a host."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from sqlalchemy import Engine, create_engine
from tests.sql.stores import TABLES_OF_A_HOST, begun_at_once, for_a_host
from tests.stores import in_mariadb, postgresql, sqlite

from distcore.ports import Store
from distcore.testing.builders import StoreOf
from distcore.testing.contracts import StoreContract
from distcore_sql import SqlTransaction, Tables
from distcore_sql.errors import told_apart

DEEP = settings().max_examples > 100
"""Whether random worlds are walked through for long; in the wide profile, a law of its own does it."""

OTHER_LEVELS = (
    "postgresql at READ COMMITTED",
    "postgresql at REPEATABLE READ",
    "mariadb at READ COMMITTED",
    "mariadb at SERIALIZABLE",
)


class TestSqlite(StoreContract):
    walks = 80 if DEEP else 10
    lives = 8 if DEEP else 2
    effort = 0.1 if DEEP else 0.02

    @pytest.fixture
    def store_of(self, tmp_path: Path) -> Iterator[StoreOf]:
        with sqlite(tmp_path) as store_of:
            yield store_of


class OnServer(StoreContract):
    """A server answers more slowly: fewer walks."""

    walks = 80 if DEEP else 6
    lives = 8 if DEEP else 2
    effort = 0.1 if DEEP else 0.01


class TestPostgresql(OnServer):
    @pytest.fixture
    def store_of(self, tmp_path: Path) -> Iterator[StoreOf]:
        with postgresql(tmp_path) as store_of:
            yield store_of


class TestMariadb(OnServer):
    @pytest.fixture
    def store_of(self, tmp_path: Path) -> Iterator[StoreOf]:
        with in_mariadb(tmp_path) as store_of:
            yield store_of


class HostStore:
    """A host that works in transactions of its own, and has read in each before it asks us.

    Where its COMMIT is a conflict, it runs again, as after one of ours.
    """

    def __init__(self, engine: Engine, shop: str, tables: Tables) -> None:
        self._engine = engine
        self._shop = shop
        self._tables = tables

    @contextmanager
    def begin(self) -> Iterator[SqlTransaction]:
        with told_apart(guest=True), self._engine.begin() as connection:
            connection.exec_driver_sql("SELECT * FROM orders").fetchall()
            yield SqlTransaction(connection, self._shop, self._tables)


@contextmanager
def hosted(
    database: str, folder: Path, *, prepare: Callable[[Engine], None] = lambda _: None, **options: Any
) -> Iterator[StoreOf]:
    """Give stores on an engine that a host has made, with its own options."""
    with for_a_host(database, folder) as url:
        engine = create_engine(url, **options)
        prepare(engine)
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS orders (id INTEGER)")

        def store_of(shop: str) -> Store:
            return HostStore(engine, shop, TABLES_OF_A_HOST)

        yield store_of
        engine.dispose()


class OfHost(StoreContract):
    """In the transaction of a host, where each database was walked through already."""

    walks = 10 if DEEP else 2
    lives = 2 if DEEP else 1
    effort = 0.02 if DEEP else 0.01


@pytest.mark.wide
class TestHostOnSqlite(OfHost):
    """What was read first is the past, and whoever writes after somebody else did is told so.

    So it is where the driver alone begins transactions, at the first write: what is read before is outside.
    """

    @pytest.fixture(
        params=[pytest.param(begun_at_once, marks=pytest.mark.deep), lambda _: None],
        ids=["begun at once", "by its driver"],
    )
    def store_of(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StoreOf]:
        with hosted("sqlite", tmp_path, prepare=request.param) as store_of:
            yield store_of


class TestHostOnMariadb(OfHost):
    """At the level that hosts have unless they choose another: what was read first is the past."""

    @pytest.fixture
    def store_of(self, tmp_path: Path) -> Iterator[StoreOf]:
        with hosted("mariadb", tmp_path, isolation_level="REPEATABLE READ") as store_of:
            yield store_of


class TestHostOnPostgresql(OfHost):
    """At the strictest level: what was read first is what all the rest must fit."""

    @pytest.fixture
    def store_of(self, tmp_path: Path) -> Iterator[StoreOf]:
        with hosted("postgresql", tmp_path, isolation_level="SERIALIZABLE") as store_of:
            yield store_of


@pytest.mark.deep
class TestHostAtOtherLevels(StoreContract):
    """At each level that a host may use besides: where it differs from the others, locks and keys decide."""

    walks = 2
    lives = 1
    effort = 0.01

    @pytest.fixture(params=OTHER_LEVELS)
    def store_of(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StoreOf]:
        database, _, level = str(request.param).partition(" at ")
        with hosted(database, tmp_path, isolation_level=level) as store_of:
            yield store_of
