"""Each database does what every store must do."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.stores import postgresql, sqlite

from distcore.testing.builders import StoreOf
from distcore.testing.contracts import StoreContract


class TestSqlite(StoreContract):
    @pytest.fixture
    def store_of(self, tmp_path: Path) -> Iterator[StoreOf]:
        with sqlite(tmp_path) as store_of:
            yield store_of


class TestPostgresql(StoreContract):
    walks = 20

    @pytest.fixture
    def store_of(self, tmp_path: Path) -> Iterator[StoreOf]:
        with postgresql(tmp_path) as store_of:
            yield store_of
