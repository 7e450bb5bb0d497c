"""What happened is what is left: on every store, in batches of any size, on any machine that Python runs on.

The digest stands here, so it is the same in every version of Python whose turn it is (`nox -s pythons`), and
nobody changes what verbs leave behind without seeing it.
"""

import os
import subprocess
import sys
from itertools import cycle, islice
from pathlib import Path

import pytest
from tests.laws.replayed import digest_of_the_story
from tests.stores import STORES

ROOT = Path(__file__).parents[2]

DIGEST = "896bbfee6f1cce8979047103d03c7938df58f976660b8f2d4ccf1e78b5379ff6"
"""The SHA-256 of the canonical dump of the whole story; a story that tells more has another one."""

SEEDS = 10
ZONES = ("UTC", "Asia/Shanghai", "America/New_York", "Pacific/Apia")
LOCALES = ("C", "zh_CN.UTF-8")
BATCHES = (1, 2, 7, 100)

MACHINES = list(
    zip(
        range(SEEDS),
        islice(cycle(STORES), SEEDS),
        islice(cycle(ZONES[1:] + ZONES[:1]), SEEDS),
        islice(cycle(LOCALES), SEEDS),
        islice(cycle(BATCHES[3:] + BATCHES[:3]), SEEDS),
        strict=True,
    )
)


@pytest.mark.parametrize("store", ["memory", "sqlite"])
def test_it_ends_alike_here(store: str) -> None:
    assert digest_of_the_story(store, 100) == DIGEST


@pytest.mark.wide
@pytest.mark.parametrize(("seed", "store", "zone", "language", "batch"), MACHINES)
def test_it_ends_alike_on_other_machines(seed: int, store: str, zone: str, language: str, batch: int) -> None:
    machine = {"PYTHONHASHSEED": str(seed), "TZ": zone, "LC_ALL": language}
    paths = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-m", "tests.laws.replayed", store, str(batch)]
    told = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **paths, **machine}, capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == DIGEST


def test_each_of_them_has_its_turn() -> None:
    _, stores, zones, languages, batches = map(set, zip(*MACHINES, strict=True))
    assert (stores, zones, languages, batches) == (set(STORES), set(ZONES), set(LOCALES), set(BATCHES))
