"""Many rows at once, where a database has a way of its own for them.

PostgreSQL takes a row by COPY in two thirds of the time of an INSERT, once there are a few of them: the
fourth row pays for the longer beginning.  What a constraint or a trigger says is the same either way, and
so is the error.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Dialect, Engine, Table
from sqlalchemy.exc import DBAPIError

Rows: TypeAlias = Sequence[Sequence[Any]]
Copy: TypeAlias = Callable[[Connection, Table, Rows], None]
Run: TypeAlias = Callable[[str], Rows]
"""Runs a statement without arguments, and returns its rows."""
Look: TypeAlias = Callable[[Connection, Table, str, int, Run], None]
"""Looks at a table of which a shop has a number of rows at least."""

COPY_MIN: Final = 4
"""Rows from which on they are copied: measured with facts, over a socket of the same machine."""

LOOK_AT: Final = 500
"""Rows of a shop that come many at once before its database is asked what it knows: a few pages."""

LOOKS_AGAIN: Final = 10
"""How many times as many rows there are when it is asked again, and how much too few it may expect."""

COUNTED_MAX: Final = 10_000
"""Shops in tables whose rows a process counts for an engine, before it begins to count anew."""

_WRITTEN: Final[WeakKeyDictionary[Engine, Counter[tuple[str, str]]]] = WeakKeyDictionary()
_ROWS: Final = re.compile(r" rows=(\d+) width=\d+\)$")


def copy_of(dialect: Dialect) -> Copy | None:
    """Return how a database takes many rows, where that is not by an INSERT; async drivers have no COPY."""
    return None if dialect.is_async else COPIES.get(dialect.name)


def looks_after(connection: Connection, table: Table, shop: str, rows: int) -> Iterator[tuple[int, int]]:
    """Count rows of a shop that come many at once.

    Yield after how many of these their database should look at the table, and how many of the shop there
    are by then at least.  It is asked again and again: a look is lost with its transaction, and where
    somebody else is just looking.
    """
    if rows < COPY_MIN or connection.dialect.name not in LOOKS:
        return
    written = _WRITTEN.setdefault(connection.engine, Counter())
    if len(written) >= COUNTED_MAX:
        written.clear()
    before = written[table.fullname, shop]
    written[table.fullname, shop] = before + rows
    look = LOOK_AT
    while look <= before + rows:
        if look > before:
            yield look - before, look
        look *= LOOKS_AGAIN


def _copy_in_postgresql(connection: Connection, table: Table, rows: Rows) -> None:
    """Write rows in the order of the columns, by the cursor that SQLAlchemy knows nothing about."""
    import psycopg
    from psycopg.sql import SQL, Identifier

    place = Identifier(table.schema, table.name) if table.schema else Identifier(table.name)
    names = SQL(", ").join([Identifier(column.name) for column in table.c])
    types = ["int8" if column.type.python_type is int else "text" for column in table.c]
    statement = SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(place, names)
    if not connection.in_transaction():
        connection.begin()  # as any other statement would
    driver: Any = connection.connection.dbapi_connection
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            copy.set_types(types)
            for row in rows:
                copy.write_row(row)
    except psycopg.Error as error:
        raise _as_by_sqlalchemy(connection, driver, str(statement), error, psycopg.Error) from error


def _look_in_postgresql(connection: Connection, table: Table, shop: str, rows: int, run: Run) -> None:
    """Let the planner look at a table in which it takes a shop for smaller than it is.

    Where it knows nothing, a shop is a two-hundredth of a table; where it knows a few shops, any other has
    one row, and all indexes that begin with the shop lead to that row alike.  It then compares every row of
    the shop with every id that it was asked for; and a connection goes on to look up foreign keys by reading
    a small table whole.  The server looks by itself after a minute, if a tenth of the table has changed, but
    never at what is not committed.  Of more than a hundred shops it knows the largest, and what the others
    have on average, which is enough.
    """
    name = connection.dialect.identifier_preparer.format_table(table)
    # In digits, of which none means anything to any driver.
    literal = f"convert_from(decode('{shop.encode().hex()}', 'hex'), 'UTF8')"
    plan = run(f"EXPLAIN SELECT FROM {name} WHERE shop = {literal}")
    expected = _ROWS.search(plan[0][0])
    if expected is not None and int(expected[1]) * LOOKS_AGAIN < rows:
        run(f"ANALYZE (SKIP_LOCKED) {name}")


def _as_by_sqlalchemy(
    connection: Connection, driver: Any, statement: str, error: Exception, kind: type[Exception]
) -> BaseException:
    """Return the error as it comes out of any other statement; forget a connection that is gone."""
    gone: bool = driver.closed
    if gone:
        connection.invalidate(error)
    return DBAPIError.instance(
        statement,
        None,
        error,
        kind,
        hide_parameters=True,
        connection_invalidated=gone,
        dialect=connection.dialect,
    )


COPIES: Final[Mapping[str, Copy]] = {"postgresql": _copy_in_postgresql}
"""How a database takes many rows, where that is not by an INSERT."""

LOOKS: Final[Mapping[str, Look]] = {"postgresql": _look_in_postgresql}
"""How a database comes to know how much of a table belongs to a shop."""
