"""Which test of a contract a store fails: the contracts as a function, without a run of pytest.

For those who test their tests: a store that is broken on purpose must fail, and a whole one must not.

    >>> from functools import cache
    >>> from distcore.memory import MemoryStore
    >>> from distcore.testing.contracts import PoliciesContract
    >>> first_failure(PoliciesContract, lambda: cache(MemoryStore)) is None
    True
    >>> first_failure(PoliciesContract, lambda: MemoryStore)
    'test_the_policy_set_last_holds_whole'
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from distcore.kernel import DistcoreError
from distcore.testing.builders import StoreOf

FAILURES = (AssertionError, DistcoreError, pytest.fail.Exception)
"""How a store fails a test; whatever else is raised is no finding, and comes out."""


def first_failure(contract: type, place: Callable[[], StoreOf]) -> str | None:
    """Run the tests of a contract in their order, each in a new place, up to the first that fails."""
    for name, parameters in _tests_of(contract):
        try:
            getattr(contract(), name)(store_of=place(), **parameters)
        except FAILURES:
            return name
    return None


def _tests_of(contract: type) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, test in vars(contract).items():
        if name.startswith("test_"):
            for parameters in _parameters_of(test):
                yield name, parameters


def _parameters_of(test: Any) -> Sequence[dict[str, Any]]:
    """Return what a test is called with beside its stores, by its marks."""
    found: list[dict[str, Any]] = [{}]
    for mark in getattr(test, "pytestmark", ()):
        assert mark.name == "parametrize", f"{mark.name} is not known here"
        names, values = mark.args[:2]
        split = names.split(",") if isinstance(names, str) else names
        rows = [each if len(split) > 1 else (each,) for each in values]
        found = [before | dict(zip(split, row, strict=True)) for before in found for row in rows]
    return found
