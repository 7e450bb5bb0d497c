"""The server for figures: the one that the tests start, with nothing else in it."""

import atexit
from collections.abc import Iterator
from contextlib import contextmanager

from tests.postgresql import a_bare_database, leave


@contextmanager
def a_postgresql() -> Iterator[str]:
    """Give the URL of an empty database, and drop it; the server goes with the process."""
    atexit.register(leave)
    with a_bare_database() as url:
        yield url
