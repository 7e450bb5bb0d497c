"""What settlement offers is what its face lists, sorted, and all of it is there."""

from pathlib import Path

from distcore import settlement

MODULES = {path.stem for path in Path(settlement.__path__[0]).glob("[a-z]*.py")}


def test_the_face_lists_what_is_there() -> None:
    assert len(set(settlement.__all__)) == len(settlement.__all__)
    offered = {name for name in vars(settlement) if not name.startswith("_")} - MODULES
    assert offered == set(settlement.__all__)
