"""Many rows at once, where a database has a way of its own for them.

PostgreSQL takes a row by COPY in two thirds of the time of an INSERT, once there are a few of them: the
fourth row pays for the longer beginning.  What a constraint or a trigger says is the same either way, and
so is the error.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection, Table
from sqlalchemy.exc import DBAPIError

Copy: TypeAlias = Callable[[Connection, Table, Sequence[Sequence[Any]]], None]

COPY_MIN: Final = 4
"""Rows from which on they are copied: measured with facts, over a socket of the same machine."""


def _copy_in_postgresql(connection: Connection, table: Table, rows: Sequence[Sequence[Any]]) -> None:
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
