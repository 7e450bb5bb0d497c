"""What compliance offers is what its face lists, sorted, and all of it is there."""

from pathlib import Path

from distcore import compliance

MODULES = {path.stem for path in Path(compliance.__path__[0]).glob("[a-z]*.py")}


def test_the_face_lists_what_is_there() -> None:
    assert len(set(compliance.__all__)) == len(compliance.__all__)
    offered = {name for name in vars(compliance) if not name.startswith("_")} - MODULES
    assert offered == set(compliance.__all__)
