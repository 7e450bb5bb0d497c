"""A store of each database, with a shop in it: `ann` above `ben` above `cai`, and a plan of 10, 5 and 2 %."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import Connection, Engine, MetaData, create_engine, event, make_url
from tests import mariadb
from tests.postgresql import a_bare_database, a_database, an_emptied_database, with_query
from tests.stores import empty_sqlite

from distcore.testing.builders import Shop, a_chain
from distcore_sql import SqlStore, build_tables, create_store_engine, upgrade_store
from distcore_sql.engines import BUSY_MS
from distcore_sql.tables import own_tables

_opened: list[SqlStore] = []


@contextmanager
def _sqlite(folder: Path) -> Iterator[str]:
    (folder / "shop.db").write_bytes(empty_sqlite())
    yield url_in(folder)


@contextmanager
def _postgresql(folder: Path) -> Iterator[str]:
    with a_database() as url:
        yield url


@contextmanager
def _mariadb(folder: Path) -> Iterator[str]:
    with mariadb.a_database() as url:
        yield url


DATABASES: Mapping[str, Callable[[Path], AbstractContextManager[str]]] = {
    "sqlite": _sqlite,
    "postgresql": _postgresql,
    **({"mariadb": _mariadb} if mariadb.is_given() else {}),
}
"""Where the URL of an empty store comes from."""

TABLES_OF_A_HOST: Final = build_tables(MetaData())
"""As a host builds them, once: their statements are compiled once too."""


@contextmanager
def for_a_host(database: str, folder: Path) -> Iterator[str]:
    """Give the URL of an empty store in a database where a host may make a table of its own, which stays."""
    made = an_emptied_database() if database == "postgresql" else DATABASES[database](folder)
    with made as url:
        yield url


WEIRD = "M'y \"%s: 店 "
"""A schema that must be quoted, and escaped in more ways than one."""

ODD = "Größe店_"
"""A prefix that must be quoted."""


@contextmanager
def _schema_in_postgresql(schema: str | None) -> Iterator[tuple[str, str | None]]:
    with a_bare_database() as url:
        yield url, schema


@contextmanager
def _schema_in_mariadb(schema: str | None) -> Iterator[tuple[str, str | None]]:
    """Add to the name: it is the name of a database, of which a server has one for all tests."""
    name = schema and f"{schema}{uuid4().hex[:6]}"
    with mariadb.a_bare_database() as url:
        try:
            yield url, name
        finally:
            if name is not None:
                mariadb.run(f"DROP DATABASE IF EXISTS `{name.replace('`', '``')}`")


SERVERS: Mapping[str, Callable[[str | None], AbstractContextManager[tuple[str, str | None]]]] = {
    "postgresql": _schema_in_postgresql,
    **({"mariadb": _schema_in_mariadb} if mariadb.is_given() else {}),
}
"""Where the URL of a database without tables comes from, and the name of a schema that is not there yet."""

LEVELS = {
    "sqlite": "",
    "postgresql": "",
    "postgresql, repeatable read": "-c default_transaction_isolation=repeatable\\ read",
    "postgresql, serializable": "-c default_transaction_isolation=serializable",
    **(
        {
            "mariadb": "",
            "mariadb, repeatable read": "REPEATABLE READ",
            "mariadb, serializable": "SERIALIZABLE",
        }
        if mariadb.is_given()
        else {}
    ),
}
"""How a host may have set up its transactions, by database."""

_OF_A_HOST = "isolation_level"
"""What a URL of MariaDB says here alone: a store of its own has one level there, and hosts have others."""


def with_level(url: str, level: str) -> str:
    """Return a URL whose transactions are of a level."""
    if not LEVELS[level]:
        return url
    name = "options" if level.startswith("postgresql") else _OF_A_HOST
    return with_query(url, **{name: LEVELS[level]})


def engine_at(url: str) -> Engine:
    """Return the engine of a store; where a URL names a level of MariaDB, one of a host, set up by itself."""
    level = make_url(url).query.get(_OF_A_HOST)
    return create_engine(place_of(url), isolation_level=level) if level else create_store_engine(url)


def open_at(url: str, shop: str = "mall", *, busy_ms: int = BUSY_MS) -> SqlStore:
    """Open a store, or use the engine of a host as one."""
    if place_of(url) == url:
        return SqlStore.open(url, shop, busy_ms=busy_ms)
    return SqlStore(engine_at(url), shop, own_tables())


def place_of(url: str) -> str:
    """Return a URL without a level of a host."""
    given = make_url(url)
    if _OF_A_HOST not in given.query:
        return url
    return given.difference_update_query([_OF_A_HOST]).render_as_string(hide_password=False)


def begun_at_once(engine: Engine) -> None:
    """Let transactions of SQLite begin before they read: the driver alone begins them at the first write."""
    engine.dispose()  # what is connected already would begin by itself

    @event.listens_for(engine, "connect")
    def _leave_it_to_us(connection: Any, _: object) -> None:
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN DEFERRED")


def url_in(folder: Path) -> str:
    """Return the URL of the store in a folder."""
    return f"sqlite:///{folder / 'shop.db'}"


def new_store(place: Path | str, shop: str = "mall", *, busy_ms: int = 10_000) -> SqlStore:
    """Make the store of a folder or URL, if it is not there yet, and open it for a shop."""
    url = place if isinstance(place, str) else url_in(place)
    if isinstance(place, str):
        upgrade_store(place_of(url))
    elif not (place / "shop.db").exists():
        (place / "shop.db").write_bytes(empty_sqlite())
    return open_store(url, shop, busy_ms=busy_ms)


def open_store(url: str, shop: str = "mall", *, busy_ms: int = 10_000) -> SqlStore:
    """Open a store that is closed after the test."""
    store = open_at(url, shop, busy_ms=busy_ms)
    _opened.append(store)
    return store


def close_all() -> None:
    """Close the stores of a test."""
    while _opened:
        _opened.pop().close()


def new_shop(place: Path | str, shop: str = "mall") -> Shop:
    """Return a shop on the store of a folder or URL."""
    return Shop.open(new_store(place, shop), newcomers=a_chain("ann", "ben", "cai"))
