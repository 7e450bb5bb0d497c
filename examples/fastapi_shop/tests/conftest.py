"""The shop on SQLite and on PostgreSQL, a database for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from tests import postgresql

from fastapi_shop.app import create_app


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database for the shop."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'shop.db'}"
        return
    with postgresql.a_database() as url:
        yield url


@pytest.fixture
def shop(url: str) -> Iterator[TestClient]:
    """A browser in a shop in which ann has recommended ben."""
    with TestClient(create_app(url)) as client:
        client.post("/members", json={"member": "ann"}).raise_for_status()
        client.post("/members", json={"member": "ben", "sponsor": "ann"}).raise_for_status()
        yield client


def pytest_unconfigure() -> None:
    postgresql.leave()
