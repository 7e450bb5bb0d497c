"""Where figures are taken: an empty place in each database, by its name.

MariaDB is the server of `DISTCORE_TEST_MARIADB`; without one nothing is measured there, and that is said.
"""

import atexit
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final, TypeAlias

from tests import mariadb
from tests.mortal import Mortal

from benchmarks.postgresql import a_postgresql

Place: TypeAlias = Callable[[], AbstractContextManager[str]]
"""Gives the URL of an empty place, and takes it away."""


@contextmanager
def a_file() -> Iterator[str]:
    """Give the URL of a file of SQLite that is not there yet."""
    with tempfile.TemporaryDirectory() as folder:
        yield f"sqlite:///{Path(folder) / 'ours.db'}"


@contextmanager
def a_mariadb() -> Iterator[str]:
    """Give the URL of an empty database, and drop it."""
    with mariadb.a_bare_database() as url:
        yield url


@contextmanager
def a_durable_postgresql() -> Iterator[str]:
    """Give the URL of an empty database in a server of its own, which waits for the disk."""
    with Mortal("postgresql") as server:
        yield server.url


_PLACES: Final[dict[str, Place]] = {"SQLite": a_file, "PostgreSQL": a_postgresql, "MariaDB": a_mariadb}


def asked_for(arguments: Sequence[str], whole: int) -> tuple[int, list[str]]:
    """Return how much is asked for by a command line, or the whole of it, and the databases it names."""
    numbers = [int(each) for each in arguments if each.isdigit()]
    return numbers[0] if numbers else whole, [each for each in arguments if not each.isdigit()]


def places(named: Sequence[str] = ()) -> dict[str, Place]:
    """Return those places that are named, or all; say which of them are not to be had."""
    return _had(_PLACES, named)


def durable_places(named: Sequence[str] = ()) -> dict[str, Place]:
    """Return places that wait for the disk before they say that something is kept, as a shop's do."""
    return _had({**_PLACES, "PostgreSQL": a_durable_postgresql}, named)


def _had(places: dict[str, Place], named: Sequence[str]) -> dict[str, Place]:
    wanted = {name: place for name, place in places.items() if not named or name.lower() in named}
    if "MariaDB" in wanted and not mariadb.is_given():
        print(f"MariaDB: NOT RUN, {mariadb.GIVEN} names no server", flush=True)
        del wanted["MariaDB"]
    return wanted


atexit.register(mariadb.leave)
