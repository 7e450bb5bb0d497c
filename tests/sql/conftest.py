"""What has to hold on each database is tested on each of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.postgresql import a_database
from tests.sql.stores import DATABASES, LEVELS, close_all, with_level


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
