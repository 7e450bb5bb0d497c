"""Laws that are about a store hold on every store."""

import sys
from collections.abc import Callable, Generator, Iterator
from itertools import count

import pytest
from tests.stores import STORES

from distcore.ports import Store
from distcore.testing.builders import StoreOf

ONCE = {
    "test_there_is_something_to_compare",
    "test_there_is_something_to_trace",
    "test_an_orphan_is_found",
    "test_a_simulation_of_something_else_is_caught",
    "test_a_span_that_costs_something_else_is_caught",
}
"""They ask whether a law can fail, which memory answers as well as any store."""

SEEDS = {"sqlite": 4, "postgresql": 3, "mariadb": 3}
"""Random worlds that a commit sees in a database, where one takes longer than all of them in memory."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave long walks in a file to the wide profile, and those on a server to the deep one."""
    for item in items:
        given = getattr(item, "callspec", None)
        store = None if given is None else given.params.get("store_of")
        if given is None or store not in SEEDS:
            continue
        if getattr(item, "originalname", "") in ONCE or given.params.get("seed", 0) >= SEEDS[store]:
            item.add_marker(pytest.mark.wide if store == "sqlite" else pytest.mark.deep)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """Let coverage look away from laws: they are two and a half times as slow where it looks.

    A line that only a random world comes by is not tested; the few that are `measured` say what they reach.
    Its plugin has a marker for that, which does nothing in the processes of pytest-xdist.
    """
    tracer = sys.gettrace()
    looks_away = type(tracer).__module__ == "coverage" and item.get_closest_marker("measured") is None
    if looks_away:
        sys.settrace(None)
    try:
        return (yield)
    finally:
        if looks_away:
            sys.settrace(tracer)


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
