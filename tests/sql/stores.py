"""A store of each database, with a shop in it: `ann` above `ben` above `cai`, and a plan of 10, 5 and 2 %."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from tests import mariadb
from tests.postgresql import a_database, with_query
from tests.stores import empty_sqlite

from distcore.testing.builders import Shop, a_chain
from distcore_sql import SqlStore, upgrade_store

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

LEVELS = {
    "sqlite": "",
    "postgresql": "",
    "postgresql, repeatable read": "-c default_transaction_isolation=repeatable\\ read",
    "postgresql, serializable": "-c default_transaction_isolation=serializable",
}
"""How a host may have set up its transactions, by database."""


def with_level(url: str, level: str) -> str:
    """Return a URL whose transactions are of a level."""
    return with_query(url, options=LEVELS[level]) if LEVELS[level] else url


def url_in(folder: Path) -> str:
    """Return the URL of the store in a folder."""
    return f"sqlite:///{folder / 'shop.db'}"


def new_store(place: Path | str, shop: str = "mall", *, busy_ms: int = 10_000) -> SqlStore:
    """Make the store of a folder or URL, if it is not there yet, and open it for a shop."""
    url = place if isinstance(place, str) else url_in(place)
    if isinstance(place, str):
        upgrade_store(url)
    elif not (place / "shop.db").exists():
        (place / "shop.db").write_bytes(empty_sqlite())
    return open_store(url, shop, busy_ms=busy_ms)


def open_store(url: str, shop: str = "mall", *, busy_ms: int = 10_000) -> SqlStore:
    """Open a store that is closed after the test."""
    store = SqlStore.open(url, shop, busy_ms=busy_ms)
    _opened.append(store)
    return store


def close_all() -> None:
    """Close the stores of a test."""
    while _opened:
        _opened.pop().close()


def new_shop(place: Path | str, shop: str = "mall") -> Shop:
    """Return a shop on the store of a folder or URL."""
    return Shop.open(new_store(place, shop), newcomers=a_chain("ann", "ben", "cai"))
