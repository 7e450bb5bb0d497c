"""A new file, whole or not at all, that its owner alone can read.

The one rule this file protects: nobody ever finds half of it, and no other file is ever overwritten.  It is
written beside its place under another name and renamed at the end; a link at its place is not followed.
"""

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkstemp
from typing import TypeAlias

from distcore.kernel import InputError

Write: TypeAlias = Callable[[bytes], object]

_NO_LINK = getattr(os, "O_NOFOLLOW", 0)


@contextmanager
def new_file(path: Path) -> Iterator[Write]:
    """Give what writes the file, once; it takes its name when the block ends well.

    Where nothing was written, or the very same is there already, nothing changes.
    """
    with _named(path):
        handle, name = mkstemp(prefix=".", suffix=".part", dir=path.parent)  # for its owner alone
    beside = Path(name)
    written = False
    try:
        with os.fdopen(handle, "wb") as file:

            def write(data: bytes) -> None:
                nonlocal written
                if refuse_other(path, data):
                    return
                with _named(path):
                    file.write(data)
                    file.flush()
                    os.fsync(handle)
                written = True

            yield write
        if written:
            with _named(path):
                beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def refuse_other(path: Path, data: bytes) -> bool:
    """Refuse a place where something else is; say whether the very same is there already."""
    try:
        there = path.lstat()
    except FileNotFoundError:
        return False
    if stat.S_ISREG(there.st_mode) and there.st_size == len(data):
        with os.fdopen(os.open(path, os.O_RDONLY | _NO_LINK), "rb") as file:
            if file.read() == data:
                return True
    raise InputError.of(path.name, "is there already, and is another file", "name a new one")


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Name the file in whatever goes wrong: who typed its name knows no other."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None
