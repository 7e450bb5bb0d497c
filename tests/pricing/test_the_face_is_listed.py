"""What pricing offers is what its face lists, and all of it is there."""

from pathlib import Path

from distcore import pricing

MODULES = {path.stem for path in Path(pricing.__path__[0]).glob("[a-z]*.py")}


def test_the_face_lists_what_is_there() -> None:
    assert len(set(pricing.__all__)) == len(pricing.__all__)
    offered = {name for name in vars(pricing) if not name.startswith("_")} - (MODULES - set(pricing.__all__))
    assert offered == set(pricing.__all__)
