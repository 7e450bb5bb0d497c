"""A law that can't fail is a defect: each has a test that breaks something and looks."""

from collections.abc import Callable
from random import Random

import pytest


def assert_fails_somewhere(law: Callable[[Random], object], worlds: int = 500) -> None:
    """Try a law in many worlds; in one of them at least it must not hold."""
    with pytest.raises(AssertionError):
        _try(law, worlds)


def _try(law: Callable[[Random], object], worlds: int) -> None:
    for seed in range(worlds):
        law(Random(seed))
