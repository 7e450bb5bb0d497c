"""What happened is what is left: on every store, in batches of any size, on any machine that Python runs on.

The digest stands here, so it is the same in every version of Python whose turn it is (`nox -s pythons`), and
nobody changes what verbs leave behind without seeing it.
"""

import locale
import os
import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest
from tests.laws.replayed import digest_of_the_story
from tests.stores import STORES

ROOT = Path(__file__).parents[2]

DIGEST = "282027437233a89877943e43752bdddf5ca3fcef66f2aea49dfa14c45f53d1cc"
"""The SHA-256 of the canonical dump of the whole story; a story that tells more has another one."""

ZONES = ("UTC", "Asia/Shanghai", "America/New_York", "Pacific/Apia")
BATCHES = (1, 2, 7, 100)


def has(language: str) -> bool:
    """Say whether this machine knows a locale: one that it does not know would be another name for C."""
    before = locale.setlocale(locale.LC_ALL)
    try:
        locale.setlocale(locale.LC_ALL, language)
    except locale.Error:
        return False
    locale.setlocale(locale.LC_ALL, before)
    return True


LOCALES = tuple(filter(has, ("C", "C.UTF-8", "zh_CN.UTF-8", "tr_TR.UTF-8", "de_DE.UTF-8")))

MACHINES = [
    (
        len(STORES) * turn + place,
        store,
        ZONES[(place + turn) % len(ZONES)],
        LOCALES[(place + turn) % len(LOCALES)],
        BATCHES[(place + 3 * turn) % len(BATCHES)],
    )
    for turn in range(4)
    for place, store in enumerate(STORES)
]
"""Each store in each zone, and with batches of each size; what goes with what else turns round by round."""


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


def test_each_of_them_has_its_turn_with_each_store() -> None:
    zones = {(store, zone) for _, store, zone, _, _ in MACHINES}
    batches = {(store, batch) for _, store, _, _, batch in MACHINES}
    assert zones == set(product(STORES, ZONES))
    assert batches == set(product(STORES, BATCHES))
    assert {language for *_, language, _ in MACHINES} == set(LOCALES) > {"C"}
