"""Several upgrades in one process, by threads or tasks, work each on what is its own."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import create_async_engine
from tests import mariadb
from tests.postgresql import a_bare_database
from tests.sql.stores import url_in

from distcore_sql import HEAD, Condition, condition_of, upgrade, upgrade_store

MANY = 3


def _files(folder: Path, _: ExitStack) -> Iterator[str]:
    for number in range(MANY):
        own = folder / str(number)
        own.mkdir()
        yield url_in(own)


PLACES: dict[str, Callable[[Path, ExitStack], Iterator[str]]] = {
    "sqlite": _files,
    "postgresql": lambda _, left: (left.enter_context(a_bare_database()) for _ in range(MANY)),
}
if mariadb.is_given():
    PLACES["mariadb"] = lambda _, left: (left.enter_context(mariadb.a_bare_database()) for _ in range(MANY))


@pytest.fixture(params=PLACES)
def places(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[str]]:
    """Databases without tables."""
    with ExitStack() as left:
        yield list(PLACES[request.param](tmp_path, left))


def test_those_of_threads(places: list[str]) -> None:
    with ThreadPoolExecutor(MANY) as threads:
        list(threads.map(upgrade_store, places))
        assert list(threads.map(condition_of, places * 2)) == [Condition(HEAD)] * len(places) * 2


def test_those_of_tasks(tmp_path: Path) -> None:
    async def upgraded(url: str) -> None:
        engine = create_async_engine(url.replace("sqlite:", "sqlite+aiosqlite:"))
        async with engine.begin() as connection:
            await connection.run_sync(upgrade)
        await engine.dispose()

    async def together(places: list[str]) -> None:
        await asyncio.gather(*map(upgraded, places))

    places = list(_files(tmp_path, ExitStack()))
    asyncio.run(together(places))
    assert [condition_of(each) for each in places] == [Condition(HEAD)] * MANY
