"""The machine of the contract suite, at its full size: fresh worlds by Hypothesis, and many of the others."""

import pytest

from distcore.testing.builders import StoreOf
from distcore.testing.machine import audit, walk


@pytest.mark.deep
def test_the_auditor_agrees_with_the_engine_in_fresh_worlds(store_of: StoreOf) -> None:
    audit(store_of)


@pytest.mark.deep
def test_the_auditor_agrees_with_the_engine_in_long_lives(store_of: StoreOf) -> None:
    walk(store_of, walks=400, steps=100)
