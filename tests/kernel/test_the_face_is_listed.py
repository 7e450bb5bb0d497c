"""What the kernel offers is what its face lists, sorted, and all of it is there."""

import doctest
import sys
from importlib import import_module
from pathlib import Path

import pytest

from distcore import kernel

MODULES = sorted(path.stem for path in Path(kernel.__path__[0]).glob("[a-z]*.py"))


def test_the_face_lists_what_is_there() -> None:
    assert len(set(kernel.__all__)) == len(kernel.__all__)
    assert all(hasattr(kernel, name) for name in kernel.__all__)
    offered = {name for name in vars(kernel) if not name.startswith("_")} - set(MODULES)
    assert offered <= set(kernel.__all__)


@pytest.mark.parametrize("module", ["__init__", *MODULES])
def test_examples_run(module: str) -> None:
    name = "distcore.kernel" if module == "__init__" else f"distcore.kernel.{module}"
    import_module(name)
    assert doctest.testmod(sys.modules[name]).failed == 0


def test_a_verb_may_be_named_like_its_module() -> None:
    """`split` and `canonical` are both; the face offers the verb."""
    assert callable(kernel.split)
    assert callable(kernel.canonical)
