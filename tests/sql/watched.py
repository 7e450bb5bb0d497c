"""What a store asks of its database, one by one: somebody may look before and after, and stop it.

Statements, rows that are copied at once, and COMMIT.  Whoever looks may raise what a driver raises: it comes
out as if the database had said it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Any, TypeAlias

from attrs import frozen
from sqlalchemy import Engine, event


class When(Enum):
    """On which side of what is asked."""

    BEFORE = "before"
    AFTER = "after"


COMMIT = "COMMIT"


@frozen
class Point:
    """A place between two things that are asked: the text of a statement, or COMMIT."""

    when: When
    text: str

    @property
    def commits(self) -> bool:
        return self.text == COMMIT


Look: TypeAlias = Callable[[Point, Any, Any], None]
"""Is given a point, the connection of the driver, and the cursor, where there is one."""


def watch(engine: Engine, look: Look) -> None:
    """Let somebody look at all that an engine asks from now on; the first connection is made before."""
    with engine.connect():  # what is asked of a server once, to know it, is asked now
        pass
    engine.dispose()
    dialect = engine.dialect

    def executed(cursor: Any, text: str, parameters: Any, context: Any) -> bool:
        with _looked(cursor, text):
            dialect.do_execute(cursor, text, parameters, context)
        return True

    def executed_many(cursor: Any, text: str, parameters: Any, context: Any) -> bool:
        with _looked(cursor, text):
            dialect.do_executemany(cursor, text, parameters, context)
        return True

    def executed_bare(cursor: Any, text: str, context: Any) -> bool:
        with _looked(cursor, text):
            dialect.do_execute_no_params(cursor, text, context)
        return True

    @contextmanager
    def _looked(cursor: Any, text: str) -> Iterator[None]:
        look(Point(When.BEFORE, text), cursor.connection, cursor)
        yield
        look(Point(When.AFTER, text), cursor.connection, cursor)

    commit = dialect.do_commit

    def committed(connection: Any) -> None:
        driver = getattr(connection, "dbapi_connection", connection)
        look(Point(When.BEFORE, COMMIT), driver, None)
        commit(connection)
        look(Point(When.AFTER, COMMIT), driver, None)

    dialect.do_commit = committed  # type: ignore[assignment, method-assign]  # there is no event around it
    for name, listener in (
        ("do_execute", executed),
        ("do_executemany", executed_many),
        ("do_execute_no_params", executed_bare),
    ):
        event.listen(engine, name, listener)
    if dialect.name == "postgresql":
        event.listen(engine, "connect", lambda driver, _: _watch_copies(driver, _looked))


def _watch_copies(driver: Any, looked: Callable[[Any, str], Any]) -> None:
    """Let somebody look at rows that are copied too: SQLAlchemy knows nothing about them."""
    import psycopg

    class Watched(psycopg.Cursor[Any]):
        """A cursor that is looked at while it copies."""

        @contextmanager
        def copy(self, statement: Any, *args: Any, **options: Any) -> Iterator[Any]:
            with looked(self, statement.as_string(self)), super().copy(statement, *args, **options) as copy:
                yield copy

    driver.cursor_factory = Watched
