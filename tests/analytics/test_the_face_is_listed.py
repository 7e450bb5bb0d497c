"""What analytics offers is what its face lists, sorted, and all of it is there."""

import doctest
from pathlib import Path

from distcore import analytics

MODULES = {path.stem for path in Path(analytics.__path__[0]).glob("[a-z]*.py")}


def test_the_face_lists_what_is_there() -> None:
    assert len(set(analytics.__all__)) == len(analytics.__all__)
    offered = {name for name in vars(analytics) if not name.startswith("_")} - MODULES
    assert offered == set(analytics.__all__) - MODULES


def test_examples_run() -> None:
    assert doctest.testmod(analytics).failed == 0
