"""What the catalog offers is what its face lists, and all of it is there."""

from pathlib import Path

from distcore import catalog

MODULES = {path.stem for path in Path(catalog.__path__[0]).glob("[a-z]*.py")}


def test_the_face_lists_what_is_there() -> None:
    assert len(set(catalog.__all__)) == len(catalog.__all__)
    offered = {name for name in vars(catalog) if not name.startswith("_")} - MODULES
    assert offered == set(catalog.__all__)
