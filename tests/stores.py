"""The stores that laws and contracts run on: each opens shops in one empty place."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from tests import mariadb
from tests.postgresql import an_emptied_database

from distcore.memory import MemoryStore
from distcore.testing.builders import StoreOf
from distcore_sql import SqlStore, Synchronous, create_store_engine, upgrade_store
from distcore_sql.tables import own_tables

Place = Callable[[Path], AbstractContextManager[StoreOf]]


@contextmanager
def memory(folder: Path) -> Iterator[StoreOf]:
    yield cache(MemoryStore)


@contextmanager
def sqlite(folder: Path) -> Iterator[StoreOf]:
    file = folder / "shops.db"
    file.write_bytes(empty_sqlite())
    with _in_database(f"sqlite:///{file}") as store_of:
        yield store_of


@contextmanager
def postgresql(folder: Path) -> Iterator[StoreOf]:
    with an_emptied_database() as url, _in_database(url) as store_of:
        yield store_of


@contextmanager
def in_mariadb(folder: Path) -> Iterator[StoreOf]:
    with mariadb.a_database() as url, _in_database(url) as store_of:
        yield store_of


@contextmanager
def _in_database(url: str) -> Iterator[StoreOf]:
    engine = create_store_engine(url, synchronous=Synchronous.OFF)
    try:
        yield lambda shop: SqlStore(engine, shop, own_tables())
    finally:
        engine.dispose()


@cache
def empty_sqlite() -> bytes:
    """Migrate once; a copy is as good."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "empty.db"
        upgrade_store(f"sqlite:///{file}")
        return file.read_bytes()


STORES: Mapping[str, Place] = {
    "memory": memory,
    "sqlite": sqlite,
    "postgresql": postgresql,
    **({"mariadb": in_mariadb} if mariadb.is_given() else {}),
}
