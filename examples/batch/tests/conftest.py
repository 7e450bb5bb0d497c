"""A store in which ann has recommended ben and he has recommended cai, on SQLite and on PostgreSQL."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests import postgresql

from batch.set_up import JOINED, set_up


@pytest.fixture(params=["sqlite", "postgresql"])
def a_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Make a store by a name, and return its URL."""
    with ExitStack() as databases:

        def make(name: str) -> str:
            if request.param == "sqlite":
                url = f"sqlite:///{tmp_path / name}.db"
            else:
                url = databases.enter_context(postgresql.a_database())
            set_up(url, JOINED)
            return url

        yield make


def pytest_unconfigure() -> None:
    postgresql.leave()
