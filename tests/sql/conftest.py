"""What has to hold on each database is tested on each of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.postgresql import a_database
from tests.sql.meetings import SAME, Place, pairs
from tests.sql.revisions import Rows, told_in
from tests.sql.stores import DATABASES, LEVELS, close_all, engine_at, with_level


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    """No test leaves a connection behind."""
    yield
    close_all()


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty store in each database."""
    with DATABASES[request.param](tmp_path) as url:
        yield url


@pytest.fixture(params=LEVELS)
def at_level(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty store in each database, at each level that a host may have chosen."""
    with DATABASES[request.param.partition(",")[0]](tmp_path) as url:
        yield with_level(url, request.param)


@pytest.fixture
def postgresql() -> Iterator[str]:
    """The URL of an empty store in PostgreSQL."""
    with a_database() as url:
        yield url


@pytest.fixture(params=pairs(SAME))
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """A database in which two meet, each at a level of isolation."""
    hers, his = request.param
    with DATABASES[hers.partition(",")[0]](tmp_path) as url:
        place = Place(engine_at(with_level(url, hers)), engine_at(with_level(url, his)))
        yield place
        place.hers.dispose()
        place.his.dispose()


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """All rows of a shop in which everything has happened."""
    return told_in(tmp_path_factory.mktemp("told"))
