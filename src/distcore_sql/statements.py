"""How statements are run: written with SQLAlchemy Core, compiled once, then given to the driver.

The one rule this file protects: a conflict of the database comes out as a `RetryableError`, wherever
it strikes, and a transaction of the host that had one is not used again.

Every statement has a fixed text: a list of ids is one parameter.  So it is compiled once for a set of
tables, and what is left per call is the driver's own work.  Writing through
`execute(insert, dicts)` cost two to three times the driver's `executemany`, the compiled text with
tuples costs a fifth more than it.
"""

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

from attrs import frozen
from sqlalchemy import (
    ColumnElement,
    Connection,
    CursorResult,
    Dialect,
    Executable,
    Table,
    bindparam,
    func,
    select,
)
from sqlalchemy.exc import DBAPIError

from distcore.kernel import DamagedError, InputError, Problem, RetryableError, SchemaError, ShopId
from distcore_sql.tables import Tables

Build: TypeAlias = Callable[[Tables], Executable]
"""A function of a module that writes a statement over the tables."""

Values: TypeAlias = Sequence[str | int | bytes | None]
"""One row, in the order of the columns of its table."""

# Primary result codes of SQLite that say nothing about what was asked: busy, locked, locking
# protocol.  Nothing was written, and the same call may be made again.
_PASSING = frozenset({5, 6, 15})
# I/O error and disk full: nothing was written, and the same call fails again until there is room.
_NO_ROOM = frozenset({10, 13})
_CORRUPT = 11
# Constraints that a writer loses by coming second: primary key, unique, row id.
_COLLISIONS = frozenset({1555, 2067, 2579})
# The file is not ours to write, or can't be opened.
_CLOSED = frozenset({8, 14})
_NOT_A_DATABASE = 26
_OVERFLOW = "integer overflow"


class Statements:
    """What is run for one shop on one connection; it never commits, rolls back or closes it."""

    def __init__(self, connection: Connection, shop: ShopId, tables: Tables, *, guest: bool) -> None:
        """Take the connection of the host (`guest`), or of a store that owns it."""
        self._connection = connection
        self._shop = shop
        self._tables = tables
        self._guest = guest
        self._broken = False

    def rows(self, build: Build, **values: str | int) -> Sequence[Sequence[Any]]:
        """Return all rows of a query; the shop is always among the values."""
        found = self._run(self._text(build), values)
        with told_apart(guest=self._guest):  # sums and damaged pages come up row by row
            return found.fetchall()

    def first(self, build: Build, **values: str | int) -> Sequence[Any] | None:
        """Return the first row of a query, or None."""
        found = self.rows(build, **values)
        return found[0] if found else None

    def change(self, build: Build, **values: str | int | None) -> int:
        """Run a statement that writes; return the number of rows it found."""
        return self._run(self._text(build), values).rowcount

    def insert(self, name: str, rows: Collection[Values]) -> None:
        """Insert rows into the table that `Tables` has under a name, each without the shop."""
        if rows:
            text = self._text(name).text
            self._execute(text, [(self._shop, *row) for row in rows])

    def hold(self) -> None:
        """Make the transaction a writing one before it reads what it decides by.

        In SQLite a transaction that has read can't write after somebody else did.  One that takes
        the only write lock first reads what holds until it ends.
        """
        self.change(_touch_nothing)

    def conflict(self, message: str) -> RetryableError:
        """Return the error for a writer who found that somebody was faster, and end the use of this."""
        self._broken = True
        return RetryableError(message, host_must_roll_back=self._guest)

    def damages(self) -> list[Problem]:
        """Return what SQLite finds wrong with its file; other databases watch over themselves."""
        if self._connection.dialect.name != "sqlite":
            return []
        pages = [row[0] for row in self._execute("PRAGMA quick_check(100)", ()).fetchall() if row[0] != "ok"]
        found = [Problem("store", f"the file is damaged: {each}", "restore a copy") for each in pages]
        dangling = Counter(row[0] for row in self._execute("PRAGMA foreign_key_check", ()).fetchall())
        for table, count in sorted(dangling.items()):
            found.append(Problem(f"table {table}", f"{count} rows refer to rows that are missing"))
        return found

    def _text(self, what: Build | str) -> "_Text":
        dialect = self._connection.dialect
        key = (dialect.name, dialect.driver, what)
        found: _Text | None = self._tables.compiled.get(key)
        if found is None:
            built = getattr(self._tables, what).insert() if isinstance(what, str) else what(self._tables)
            found = self._tables.compiled[key] = _compiled(built, dialect)
        return found

    def _run(self, text: "_Text", values: dict[str, Any]) -> CursorResult[Any]:
        return self._execute(text.text, text.arguments({"shop": self._shop, **values}))

    def _execute(self, text: str, arguments: Any) -> CursorResult[Any]:
        if self._broken:
            raise RetryableError("this transaction had a conflict", host_must_roll_back=self._guest)
        try:
            with told_apart(guest=self._guest):
                return self._connection.exec_driver_sql(text, arguments)
        except RetryableError:
            self._broken = True
            raise


@frozen
class _Text:
    """A compiled statement, and where its values go: by position if there are names, else by name."""

    text: str
    constants: dict[str, Any]
    names: tuple[str, ...] | None

    def arguments(self, values: dict[str, Any]) -> tuple[Any, ...] | dict[str, Any]:
        given = {**self.constants, **values}
        return given if self.names is None else tuple([given[name] for name in self.names])


def _compiled(statement: Any, dialect: Dialect) -> _Text:
    compiled = statement.compile(dialect=dialect)
    names = compiled.positiontup
    return _Text(str(compiled), dict(compiled.params), None if names is None else tuple(names))


@contextmanager
def told_apart(*, guest: bool) -> Iterator[None]:
    """Turn an error of the database into one of ours, by whose turn it is; our own mistakes pass."""
    try:
        yield
    except DBAPIError as error:
        code, message = getattr(error.orig, "sqlite_errorcode", 0), str(error.orig)
        if code & 0xFF in _PASSING or code in _COLLISIONS:
            raise RetryableError(message, host_must_roll_back=guest) from error
        if message == _OVERFLOW:
            hint = "ask for a shorter period, or for one payee"
            raise InputError.of("sums", "they exceed what 64 bits can hold", hint) from error
        if code & 0xFF in _NO_ROOM:
            raise InputError.of("store", message, "is the disk full, or broken?") from error
        if code & 0xFF == _CORRUPT:
            raise DamagedError(f"the file is damaged: {message}") from error
        if code & 0xFF in _CLOSED:
            raise InputError.of("store", message, "may this file be written?") from error
        if code & 0xFF == _NOT_A_DATABASE:
            raise SchemaError("the file is not a database", "give another file") from error
        raise


def listed(ids: Collection[str]) -> str:
    """Return ids as the one parameter that `among` takes."""
    return json.dumps(list(ids))


def among(column: ColumnElement[str]) -> ColumnElement[bool]:
    """Say that a column is one of the parameter `ids`: the text is the same for any number of them."""
    return column.in_(select(given_ids()))


def given_ids() -> ColumnElement[str]:
    """Return the parameter `ids` as a column to select from."""
    found: ColumnElement[str] = func.json_each(bindparam("ids")).table_valued("value").c.value
    return found


def of_shop(table: Table) -> ColumnElement[bool]:
    """Say that rows belong to the shop of the transaction."""
    return table.c.shop == bindparam("shop")


def _touch_nothing(tables: Tables) -> Executable:
    trees = tables.trees
    return trees.update().values(revision=trees.c.revision).where(of_shop(trees), trees.c.revision < 0)
