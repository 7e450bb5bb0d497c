"""The machine of the contract suite, at its full size: fresh worlds by Hypothesis, and many of the others."""

import pytest

from distcore.testing.builders import StoreOf
from distcore.testing.machine_money import live
from distcore.testing.walks import audit, walk

PARTS = [0, *(pytest.param(part, marks=pytest.mark.deep) for part in range(1, 4))]
"""So that several processes share the work, of which a commit sees a quarter."""

WORLDS = {"memory": 50, "sqlite": 20, "postgresql": 5, "mariadb": 5}
"""Worlds of a part; a server takes some times as long for one as a file does, and that as memory."""


@pytest.fixture
def worlds(request: pytest.FixtureRequest) -> int:
    return WORLDS[request.node.callspec.params["store_of"]]


@pytest.mark.wide
@pytest.mark.parametrize("part", PARTS)
def test_the_auditor_agrees_with_the_engine_in_many_worlds(store_of: StoreOf, worlds: int, part: int) -> None:
    walk(store_of, walks=worlds, first=1_000 + worlds * part)


@pytest.mark.wide
@pytest.mark.parametrize("part", PARTS)
def test_the_auditors_agree_in_lives_up_to_the_payout(store_of: StoreOf, worlds: int, part: int) -> None:
    live(store_of, lives=max(1, worlds // 10), first=1_000 + worlds * part)


@pytest.mark.deep
def test_the_auditor_agrees_with_the_engine_in_fresh_worlds(store_of: StoreOf) -> None:
    audit(store_of)


@pytest.mark.deep
def test_the_auditor_agrees_with_the_engine_in_long_lives(store_of: StoreOf) -> None:
    walk(store_of, walks=400, steps=100)
