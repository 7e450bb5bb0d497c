"""Documents from files: a plan or a policy, with the file's name on every problem."""

import stat
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from attrs import evolve

from distcore.codec import Media, media_of
from distcore.kernel import InputError, limits

T = TypeVar("T")


def read_document(path: Path, load: Callable[[bytes, Media], T]) -> T:
    """Return what a TOML or JSON file holds; every problem names the file and the path in it."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise InputError.of("", "is not a plain file", "save it as one first")
        with path.open("rb") as file:
            # One byte more than allowed: the codec says that it is too much.
            data = file.read(limits.DOCUMENT_BYTES_MAX + 1)
        return load(data, media_of(path.name))
    except InputError as error:
        placed = (evolve(each, where=f"{path.name}:{each.where}".rstrip(":")) for each in error.problems)
        raise InputError(tuple(placed)) from None
