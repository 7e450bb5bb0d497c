"""The server for figures: the one that the tests start, with nothing else in it."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.postgresql import a_bare_database, leave

_databases: list[str] = []


@contextmanager
def a_postgresql() -> Iterator[str]:
    """Give the URL of an empty database; the server is gone when the last one is."""
    try:
        with a_bare_database() as url:
            _databases.append(url)
            yield url
    finally:
        _databases.pop()
        if not _databases:
            leave()
