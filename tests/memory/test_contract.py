"""Memory does what every store must do."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.stores import memory

from distcore.testing.builders import StoreOf
from distcore.testing.contracts import StoreContract


class TestMemory(StoreContract):
    @pytest.fixture
    def store_of(self, tmp_path: Path) -> Iterator[StoreOf]:
        with memory(tmp_path) as store_of:
            yield store_of
