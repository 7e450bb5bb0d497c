"""Laws that are about a store hold on every store."""

from collections.abc import Callable, Iterator
from itertools import count

import pytest
from tests.stores import STORES

from distcore.ports import Store
from distcore.testing.builders import StoreOf


@pytest.fixture(scope="session", params=STORES)
def store_of(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreOf]:
    """One place for all laws, so that Hypothesis may use it: every example opens shops of its own."""
    with STORES[request.param](tmp_path_factory.mktemp("laws")) as store_of:
        yield store_of


@pytest.fixture(scope="session")
def new_store(store_of: StoreOf) -> Callable[[], Store]:
    """Open the store of a shop that nobody has seen before."""
    numbers = count(1)
    return lambda: store_of(f"new shop {next(numbers)}")
