"""What the tiers of members offer is what their face lists, sorted, and all of it is there."""

from pathlib import Path

from distcore import members

MODULES = {path.stem for path in Path(members.__path__[0]).glob("[a-z]*.py")}


def test_the_face_lists_what_is_there() -> None:
    assert len(set(members.__all__)) == len(members.__all__)
    offered = {name for name in vars(members) if not name.startswith("_")} - MODULES
    assert offered == set(members.__all__)
