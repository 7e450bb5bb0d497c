"""What differs from one database to the next, and nothing else does: tables by the name of the dialect.

The one rule this file protects: a statement is written once.  Where databases want other words for the
same thing, there is a construct here that each of them compiles in its own way.  A database that has no
row in `SUPPORTED` is refused before anything is asked of it.
"""

import json
from collections.abc import Callable
from typing import Any, Final

from attrs import frozen
from sqlalchemy import BigInteger, Boolean, Connection, Executable, String, Table, true
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from distcore.kernel import InputError


@frozen
class Supported:
    """What a database is like, as far as statements must know.

    `lists` makes the one parameter of a list of ids.
    `locks_rows`: a transaction takes the rows that it will change, in their order, before it reads what
    it decides by; without, it takes the lock of all writers.
    `ends_with_error`: after an error of any statement the transaction can only be rolled back.
    """

    driver: str
    lists: Callable[[list[str]], object]
    locks_rows: bool
    ends_with_error: bool


SUPPORTED: Final = {
    "sqlite": Supported("pysqlite", json.dumps, locks_rows=False, ends_with_error=False),
    "postgresql": Supported("psycopg", list, locks_rows=True, ends_with_error=True),
}
"""The databases that a store may be in, by the name of their dialect."""

POSTGRESQL_MIN: Final = 14
"""The oldest PostgreSQL that its own developers still look after."""


def supported(connection: Connection) -> Supported:
    """Return what the database of a connection is like; refuse one that we do not know."""
    dialect = connection.dialect
    found = SUPPORTED.get(dialect.name)
    if found is None:
        known = " or ".join(SUPPORTED)
        raise InputError.of("connection", f"no such kind of store: {dialect.name}", f"use {known}")
    if found.driver != dialect.driver:
        hint = f"use {dialect.name}+{found.driver}"
        raise InputError.of("connection", f"no such driver: {dialect.name}+{dialect.driver}", hint)
    return found


def check_server(connection: Connection) -> None:
    """Refuse a server that is too old, or whose database can't hold every text."""
    supported(connection)
    if connection.dialect.name != "postgresql":
        return
    version = connection.dialect.server_version_info
    if version is not None and version < (POSTGRESQL_MIN,):
        found = ".".join(map(str, version))
        hint = f"it must be {POSTGRESQL_MIN} or newer"
        raise InputError.of("store", f"PostgreSQL {found} is too old", hint)
    encoding = connection.exec_driver_sql("SHOW server_encoding").scalar()
    if encoding != "UTF8":
        hint = "CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0"
        raise InputError.of("store", f"the database keeps text as {encoding}, not as UTF8", hint)


class Given(FunctionElement[str]):
    """The ids of a list that is one parameter, as rows with one column, `value`."""

    name = "given"
    inherit_cache = True


@compiles(Given, "sqlite")
def _given_in_sqlite(element: Given, compiler: Any, **options: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **options)})"


@compiles(Given, "postgresql")
def _given_in_postgresql(element: Given, compiler: Any, **options: Any) -> str:
    return f"(SELECT unnest(CAST({compiler.process(element.clauses, **options)} AS VARCHAR[])) AS value)"


class Among(FunctionElement[bool]):
    """A column, and a list of ids that is one parameter and has one that the column is to equal.

    A planner that sees the list knows how long it is, and looks each row up in it at once.
    """

    name = "among"
    type = Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> "Among":  # noqa: ARG002 the signature is SQLAlchemy's
        """Stand in a condition as it is: with `= 1` behind it, no index of SQLite would serve it."""
        return self


@compiles(Among, "sqlite")
def _among_in_sqlite(element: Among, compiler: Any, **options: Any) -> str:
    column, ids = (compiler.process(each, **options) for each in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({ids}))"  # noqa: S608 compiled parts


@compiles(Among, "postgresql")
def _among_in_postgresql(element: Among, compiler: Any, **options: Any) -> str:
    column, ids = (compiler.process(each, **options) for each in element.clauses)
    return f"{column} = ANY (CAST({ids} AS VARCHAR[]))"


class Rows(FunctionElement[str]):
    """The elements of a JSON list that is one parameter, as rows with one column, `value`."""

    name = "rows"
    inherit_cache = True


@compiles(Rows, "sqlite")
def _rows_in_sqlite(element: Rows, compiler: Any, **options: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **options)})"


@compiles(Rows, "postgresql")
def _rows_in_postgresql(element: Rows, compiler: Any, **options: Any) -> str:
    return f"json_array_elements_text(CAST({compiler.process(element.clauses, **options)} AS JSON))"


class Key(FunctionElement[str]):
    """A text of the type and collation of our keys: an index serves it, and a recursion may begin with it."""

    name = "key"
    type = String()
    inherit_cache = True


@compiles(Key, "sqlite")
def _key_in_sqlite(element: Key, compiler: Any, **options: Any) -> str:
    return str(compiler.process(element.clauses, **options))


@compiles(Key, "postgresql")
def _key_in_postgresql(element: Key, compiler: Any, **options: Any) -> str:
    return f'CAST({compiler.process(element.clauses, **options)} AS VARCHAR) COLLATE "C"'


class Part(FunctionElement[str]):
    """An element of a JSON list that is itself an element, by its place: a text, or the text of a number."""

    name = "part"
    type = String()
    inherit_cache = True


@compiles(Part, "sqlite")
def _part_in_sqlite(element: Part, compiler: Any, **options: Any) -> str:
    row, place = element.clauses
    return f"json_extract({compiler.process(row, **options)}, '$[{place.value}]')"


@compiles(Part, "postgresql")
def _part_in_postgresql(element: Part, compiler: Any, **options: Any) -> str:
    row, place = element.clauses
    return f"(CAST({compiler.process(row, **options)} AS JSON) ->> {place.value})"


INSERTS: Final = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
"""The insert of each database that knows what to do with a row that is there already."""


def insert_missing(dialect: str, table: Table, rows: Any) -> Executable:
    """Return the insert of those rows of a query whose key is not in a table yet."""
    wanted: Any = INSERTS[dialect](table)
    # The condition tells SQLite where the query ends and the conflict begins.
    missing: Executable = wanted.from_select(
        [column.name for column in table.c], rows.where(true())
    ).on_conflict_do_nothing(index_elements=list(table.primary_key.columns))
    return missing


class Total(FunctionElement[int]):
    """A sum of 64-bit integers that is one again, or an error where it can't be."""

    name = "total"
    type = BigInteger()
    inherit_cache = True


@compiles(Total, "sqlite")
def _total_in_sqlite(element: Total, compiler: Any, **options: Any) -> str:
    return f"sum({compiler.process(element.clauses, **options)})"


@compiles(Total, "postgresql")
def _total_in_postgresql(element: Total, compiler: Any, **options: Any) -> str:
    return f"CAST(sum({compiler.process(element.clauses, **options)}) AS BIGINT)"
