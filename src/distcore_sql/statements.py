"""How statements are run: written with SQLAlchemy Core, compiled once, then given to the driver.

The one rule this file protects: a transaction in which a statement failed is not used again.

Every statement has a fixed text: a list of ids is one parameter.  So it is compiled once for a set of
tables, and what is left per call is the driver's own work.  Writing through
`execute(insert, dicts)` cost two to three times the driver's `executemany`, the compiled text with
tuples costs a fifth more than it.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from operator import itemgetter
from typing import Any, TypeAlias

from attrs import frozen
from sqlalchemy import (
    ColumnElement,
    Connection,
    CursorResult,
    Dialect,
    Executable,
    FromClause,
    Table,
    bindparam,
)
from sqlalchemy.exc import DBAPIError

from distcore.kernel import Problem, RetryableError, ShopId
from distcore_sql.copying import COPY_MIN, LOOKS, copy_of, looks_after
from distcore_sql.damages import DAMAGES
from distcore_sql.dialects import Among, Given, Key, OneByOne, Total, for_one_statement, supported
from distcore_sql.errors import by_driver, told_apart
from distcore_sql.hosts import Host
from distcore_sql.tables import Tables

Build: TypeAlias = Callable[[Tables], Executable]
"""A function of a module that writes a statement over the tables."""

Value: TypeAlias = str | int | list[str] | None
"""What a statement is run with; a list of ids is one parameter, as `listed` makes it."""

Values: TypeAlias = Sequence[str | int | bytes | None]
"""One row, in the order of the columns of its table."""


class Statements:
    """What is run for one shop on one connection; it never commits, rolls back or closes it."""

    def __init__(
        self,
        connection: Connection,
        shop: ShopId,
        tables: Tables,
        *,
        host: Host | None = None,
        guest: bool,
    ) -> None:
        """Take the connection of the host (`guest`), or of a store that owns it."""
        self._connection = connection
        self._shop = shop
        self._tables = tables
        self._guest = guest
        self._host = host
        self._database = supported(connection)
        dialect = connection.dialect
        # How names are quoted, and where values go, are settings of an engine: two hosts may differ.
        words = dialect.identifier_preparer.initial_quote, dialect.paramstyle
        self._written_for = (dialect.name, dialect.driver, *words)
        self._level: str | None = None
        self.ended = ""
        self.count = 0

    @property
    def dialect(self) -> str:
        """The name of the database's dialect, for the few statements that have more than one form."""
        return self._connection.dialect.name

    @property
    def locks_rows(self) -> bool:
        """Whether somebody else may write meanwhile, and locks of rows keep them from it."""
        return self._database.locks_rows

    def rows(self, build: Build, **values: Value) -> Sequence[Sequence[Any]]:
        """Return all rows of a query; the shop is always among the values."""
        found = self._run(self._text(build), values)
        with self._ending():  # sums and damaged pages come up row by row
            return _fetched(found)

    def first(self, build: Build, **values: Value) -> Sequence[Any] | None:
        """Return the first row of a query, or None."""
        found = self.rows(build, **values)
        return found[0] if found else None

    def change(self, build: Build, **values: Value) -> int:
        """Run a statement that writes; return the number of rows it found."""
        return self._run(self._text(build), values).rowcount

    def change_those(self, change: "Those", ids: Collection[str], **values: Value) -> int:
        """Change or delete rows by id, each found by its key; return how many there were."""
        return self.change(self.those(change), ids=listed(ids), **values)

    def those(self, change: "Those") -> Build:
        """Return what changes rows as a statement, whose parameter is `ids`."""
        return _ByKey(change, one_by_one=self._database.reads_all_to_change)

    def updated(self, build: Build, **values: Value) -> int:
        """Run an update that is `counted`; return the number of rows it found."""
        found = self._run(self._text(build), values)
        return len(_fetched(found)) if found.returns_rows else found.rowcount

    def insert(self, name: str, rows: Collection[Values], *, sort: bool = True) -> None:
        """Insert rows into the table that `Tables` has under a name, each without the shop.

        They go in order of their key: whoever inserts the same rows in another order waits for the first of
        them, and not in a circle.  Without `sort` the caller has put them in an order that is everybody's.
        """
        if not rows:
            return
        # The key of each table is what its columns begin with, and no part of it is NULL.
        in_order: Any = sorted(rows, key=itemgetter(slice(self.key_width(name)))) if sort else rows
        whole = [(self._shop, *row) for row in in_order]
        table = self.table(name)
        done = 0
        for after, of_shop in looks_after(self._connection, table, self._shop, len(whole)):
            self._write(name, whole[done:after])
            LOOKS[self.dialect](self._connection, table, self._shop, of_shop, self._rows_of)
            done = after
        if done < len(whole):
            self._write(name, whole[done:])

    def _write(self, name: str, rows: Sequence[Values]) -> None:
        copy = copy_of(self._connection.dialect)
        if copy is not None and len(rows) >= COPY_MIN:
            self.count += 1
            with self._ending():
                copy(self._connection, self.table(name), rows)
        else:
            self._execute(self._text(name).text, rows)

    def key_width(self, name: str) -> int:
        """Return of how many columns the key of a table is made, the shop aside."""
        return len(self.table(name).primary_key.columns) - 1

    def table(self, name: str) -> Table:
        """Return the table that `Tables` has under a name."""
        table: Table = getattr(self._tables, name)
        return table

    def hold(self, rows: Build | None = None, write: Build | None = None, **values: Value) -> None:
        """Keep everybody else from changing what a decision rests on, before it is read.

        Where a database locks rows, the query says which, and in which order they are taken: the same
        one for everybody, so that nobody waits in a circle.  What is read by the next statement then
        holds until the transaction ends.  What `write` leaves as it is has been written all the same, for
        transactions that see the past: locks alone do not tell them.  Where a database writes nothing then,
        those who hold something tell each other by the row of the shop's tree, changed there and back.

        In SQLite a transaction that has read can't write after somebody else did.  One that takes the
        only write lock first reads what holds until it ends, whatever the rows.
        """
        if not self._database.locks_rows:
            self.change(_touch_nothing)
        elif rows is not None:
            self.rows(rows, **values)
            if write is not None:
                self.change(write, **values)
            if self._database.forgets_same_writes and self._sees_the_past():
                self.write_tree()

    def write_tree(self) -> bool:
        """Write the row of the shop's tree, and leave it as it is; say whether there is one.

        Where a database writes nothing then, it is changed there and back: whoever sees the past is not told
        by a lock that somebody had, and has given back.
        """
        if self._database.forgets_same_writes:
            return bool(self.change(_touch) and self.change(_touch_back))
        return bool(self.change(_touch_same))

    def look_ahead(self, name: str, rows: Build, **values: Value) -> None:
        """Raise a conflict if somebody has written rows that this transaction is too old to see.

        The query returns rows that nobody has written yet, as far as can be seen: one that is there is in the
        way of theirs, and where a transaction sees the past the database says so.  Nothing stays inserted.
        Where each statement sees the present there is nothing to do.
        """
        if self._database.locks_rows and self._sees_the_past():
            would_be = [tuple(row) for row in self.rows(rows, **values)]
            self.count += 2  # the savepoint, and back to it
            try:
                with self._taken_back():
                    self.insert(name, would_be)
            except BaseException:
                self._end(_CONFLICT)  # of the host's transaction, and not of the savepoint alone
                raise

    @contextmanager
    def _taken_back(self) -> Iterator[None]:
        """Go back to where it began."""
        with told_apart(guest=self._guest):
            savepoint = self._connection.begin_nested()
        try:
            yield
        except BaseException:
            with suppress(DBAPIError):  # of a database that has rolled back all of it
                savepoint.rollback()
            raise
        with told_apart(guest=self._guest):
            savepoint.rollback()

    def inserts_the_past(self) -> bool:
        """Say whether the query of an insert does not see what others have committed meanwhile."""
        return self._database.inserts_the_past and self._sees_the_past()

    def _sees_the_past(self) -> bool:
        """Say whether statements see what was there when the transaction began, and not what is.

        A database that compares what transactions of this level read with what others of it write knows
        nothing of those at other levels.
        """
        if self._level is None:
            self.count += 1
            self._level = self._connection.get_isolation_level()
        return self._level in self._database.past

    def conflict(self, message: str) -> RetryableError:
        """Return the error for a writer who found that somebody was faster, and end the use of this."""
        self._end(_CONFLICT)
        return RetryableError(message, host_must_roll_back=self._guest)

    def damages(self) -> list[Problem]:
        """Return what the database finds wrong with what it keeps."""
        ask = DAMAGES[self.dialect]
        return ask(self._tables, self._shop, self._rows_of)

    def _text(self, what: Build | str) -> "_Text":
        key = (*self._written_for, what)
        found: _Text | None = self._tables.compiled.get(key)
        if found is None:
            dialect = self._connection.dialect
            found = (
                self._insert(what, dialect)
                if isinstance(what, str)
                else _compiled(what(self._tables), dialect)
            )
            self._tables.compiled[key] = found
        return found

    def _insert(self, name: str, dialect: Dialect) -> "_Text":
        """Compile an insert whose values go by position, also where those of other statements go by name."""
        kind: Any = type(dialect)
        style = "qmark" if dialect.name == "sqlite" else "format"
        by_position = dialect if dialect.positional else kind(paramstyle=style)
        return _compiled(getattr(self._tables, name).insert(), by_position)

    def _run(self, text: "_Text", values: dict[str, Any]) -> CursorResult[Any]:
        lists = self._database.lists
        given = {name: lists(each) if type(each) is list else each for name, each in values.items()}
        return self._execute(text.text, text.arguments({"shop": self._shop, **given}))

    def _rows_of(self, what: str | Executable) -> Sequence[Sequence[Any]]:
        found = self._execute(what, ())
        return found.fetchall() if found.returns_rows else ()

    def _execute(self, what: str | Executable, arguments: Any) -> CursorResult[Any]:
        self.count += 1
        with self._ending():
            if isinstance(what, str):
                return self._connection.exec_driver_sql(what, arguments)
            return self._connection.execute(what)

    @contextmanager
    def _ending(self) -> Iterator[None]:
        """Run a statement, and end the use of this with any error.

        PostgreSQL gives such a transaction up.  SQLite may have rolled it back, when the disk was full, and
        MariaDB after a deadlock: what followed would be kept, without what went before.
        """
        if self.ended:
            raise RetryableError(self.ended, host_must_roll_back=self._guest)
        if self._host is not None:
            self._host.require()
        try:
            with told_apart(guest=self._guest):
                yield
        except RetryableError:
            self._end(_CONFLICT)
            raise
        except BaseException:
            self._end("this transaction had an error")
            raise

    def _end(self, message: str) -> None:
        self.ended = message
        if self._host is not None:
            self._host.end(message)


def _fetched(found: CursorResult[Any]) -> Sequence[Sequence[Any]]:
    """Return the tuples of the driver: named rows around them would cost as much as to fetch them.

    Those of asyncpg have names already, and are no tuples.
    """
    assert found.cursor is not None
    driver = found.dialect.loaded_dbapi
    try:
        rows: Sequence[Any] = found.cursor.fetchall()
    except driver.Error as error:
        raise by_driver(error, driver.Error) from error
    found.close()
    return rows if not rows or isinstance(rows[0], tuple) else [tuple(row) for row in rows]


_CONFLICT = "this transaction had a conflict"


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
    names, text = compiled.positiontup, str(compiled)
    if dialect.name == "mariadb":
        text = for_one_statement(text)
    return _Text(text, dict(compiled.params), None if names is None else tuple(names))


@frozen
class Those:
    """What is done to the rows whose `column` is one of some ids: they get `values`, or with none they go."""

    table: Callable[[Tables], Table]
    column: str
    values: Callable[[Table], Mapping[str, Any]] | None = None


@frozen
class _ByKey:
    """The statement of `Those`, in the words that let a database find each row by its key."""

    change: Those
    one_by_one: bool

    def __call__(self, tables: Tables) -> Executable:
        table = self.change.table(tables)
        column = table.c[self.change.column]
        values = None if self.change.values is None else self.change.values(table)
        if self.one_by_one:
            return OneByOne(of_shop(table), column, bindparam("ids"), values)
        wanted = of_shop(table) & among(column)
        return table.delete().where(wanted) if values is None else table.update().values(values).where(wanted)


def listed(ids: Collection[str]) -> list[str]:
    """Return ids as the one parameter that `among` takes."""
    return list(ids)


def among(column: ColumnElement[str]) -> ColumnElement[bool]:
    """Say that a column is one of the parameter `ids`: the text is the same for any number of them."""
    return Among(column, bindparam("ids"))


def given_ids() -> ColumnElement[str]:
    """Return the parameter `ids` as a column to select from."""
    ids = Given(bindparam("ids")).table_valued("value")
    return Key(ids.c.value)


def total(amounts: ColumnElement[int]) -> ColumnElement[int]:
    """Return the sum of amounts, exact or refused: `sum` alone is a decimal number on some databases."""
    return Total(amounts)


def of_shop(table: FromClause) -> ColumnElement[bool]:
    """Say that rows belong to the shop of the transaction."""
    return table.c.shop == bindparam("shop")


def same_sale(table: FromClause, other: FromClause) -> ColumnElement[bool]:
    """Say that rows of two tables belong to one sale."""
    return (table.c.shop == other.c.shop) & (table.c.sale == other.c.sale)


def _touch(tables: Tables) -> Executable:
    trees = tables.trees
    return trees.update().values(revision=trees.c.revision + 1).where(of_shop(trees))


def _touch_back(tables: Tables) -> Executable:
    trees = tables.trees
    return trees.update().values(revision=trees.c.revision - 1).where(of_shop(trees))


def _touch_same(tables: Tables) -> Executable:
    trees = tables.trees
    return trees.update().values(revision=trees.c.revision).where(of_shop(trees))


def _touch_nothing(tables: Tables) -> Executable:
    trees = tables.trees
    return trees.update().values(revision=trees.c.revision).where(of_shop(trees), trees.c.revision < 0)
