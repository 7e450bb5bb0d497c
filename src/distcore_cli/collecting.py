"""The collector of unused objects, which looks for circles: what goes by in a stream has none."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

ALLOCATIONS: Final = 100_000
"""Objects made before the collector looks."""


@contextmanager
def collecting_rarely() -> Iterator[None]:
    """Let it rest: to look through all that is held takes a fifth to a third of the time."""
    before = gc.get_threshold()
    gc.set_threshold(ALLOCATIONS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
