"""What differs from one database to the next, and nothing else does: tables by the name of the dialect.

The one rule this file protects: a statement is written once.  Where databases want other words for the
same thing, there is a construct here that each of them compiles in its own way.  A database that has no
row in `SUPPORTED` is refused before anything is asked of it.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from attrs import frozen
from sqlalchemy import (
    CTE,
    BigInteger,
    BindParameter,
    Boolean,
    ClauseElement,
    Column,
    ColumnElement,
    Connection,
    Executable,
    String,
    Table,
    false,
    true,
)
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from distcore.kernel import InputError
from distcore.kernel.limits import TEXT_LENGTH_MAX


@frozen
class Supported:
    """What a database is like, as far as statements must know.

    `drivers` are those that speak with it: the one of a store of its own, then those that only a host brings.
    `lists` makes the one parameter of a list of ids.
    `commits_at_once` says of a connection from a pool that each statement is a transaction of its own.
    `counts_changes` says of one that a row which is written as it is was not found: we count those that were.
    `bends_rows` says of a connection that a value which a column can't hold is changed until it can.
    `lacks_letters` says of one that it speaks a character set which has not every character.
    `rolls_back` says of one, after a statement that failed, that its transaction was rolled back with it,
    savepoints and all: the next statement would begin another one.
    `locks_rows`: a transaction takes the rows that it will change, in their order, before it reads what
    it decides by; without, it takes the lock of all writers.
    `past`: the levels of isolation at which statements see what was there when their transaction began.
    `dirty`: those at which they see what nobody has committed yet.
    `forgets_same_writes`: a row that is written as it is was not written, and nobody is told.
    `reads_all_to_change`: for rows that are one of a list, an update or a delete reads all of the shop, and
    locks them; unless it is told to go from one to the next.
    `inserts_the_past`: where statements see the past, so does the query of an insert; without, it locks what
    is there now, and whoever can't see that has a conflict.
    """

    drivers: tuple[str, ...]
    lists: Callable[[list[str]], object]
    commits_at_once: Callable[[Any], bool]
    counts_changes: Callable[[Any], bool]
    bends_rows: Callable[[Connection], bool]
    lacks_letters: Callable[[Connection], bool]
    rolls_back: Callable[[Connection], bool]
    locks_rows: bool
    past: frozenset[str]
    dirty: frozenset[str]
    forgets_same_writes: bool
    reads_all_to_change: bool
    inserts_the_past: bool


def _commits_at_once(driver: Any) -> bool:
    """Say whether the driver of SQLite leaves transactions to whoever has not begun one by now."""
    asked = getattr(driver, "autocommit", None) is True or driver.isolation_level is None
    return asked and not driver.in_transaction


def leaves_beginning(connection: Connection) -> bool:
    """Say whether it is a driver of SQLite that begins a transaction by itself, at the first change."""
    if connection.dialect.name != "sqlite":
        return False
    driver: Any = connection.connection.driver_connection
    by_its_level = getattr(driver, "autocommit", _LEGACY) == _LEGACY
    return by_its_level and driver.isolation_level is not None


_LEGACY: Final = -1
"""Of a driver of SQLite whose level of isolation says when it begins: it has been so before Python 3.12."""

_FOUND_ROWS: Final = 2
"""The flag of a client that wants to know how many rows were found."""

_SPOKEN: Final = "distcore_sql spoken"
"""Under which a connection from a pool keeps the answer: it is asked once."""


def _spoken(connection: Connection) -> tuple[str, ...]:
    """Return the mode of a connection to MariaDB, and its character sets: of questions and of answers."""
    found: tuple[str, ...] | None = connection.info.get(_SPOKEN)
    if found is None:
        cursor = connection.connection.cursor()  # as the level of isolation is asked for
        cursor.execute(
            "SELECT @@sql_mode, @@character_set_client, @@character_set_connection, @@character_set_results"
        )
        found = connection.info[_SPOKEN] = tuple(cursor.fetchall()[0])
        cursor.close()
    return found


def _lacks_letters(connection: Connection) -> bool:
    """Say whether a character of MariaDB may come out as a question mark, and one id as another."""
    return set(_spoken(connection)[1:]) != {"utf8mb4"}


def _bends_rows(connection: Connection) -> bool:
    """Say whether MariaDB cuts off what is too large, or takes an empty text for none."""
    modes = _spoken(connection)[0]
    is_strict = "STRICT_TRANS_TABLES" in modes or "STRICT_ALL_TABLES" in modes
    return not is_strict or "EMPTY_STRING_IS_NULL" in modes


def _rolled_back_by_sqlite(connection: Connection) -> bool:
    """Say whether SQLite has rolled a transaction back: when its file is full, it does."""
    driver: Any = connection.connection.driver_connection
    return not driver.in_transaction


def _rolled_back_by_mariadb(connection: Connection) -> bool:
    """Ask MariaDB whether it has rolled a transaction back: after a deadlock it has.

    One in which nothing was asked before the statement that failed looks alike, and loses nothing.
    """
    cursor = connection.connection.cursor()
    try:
        cursor.execute("SELECT @@in_transaction")
        (goes_on,) = cursor.fetchall()[0]
    finally:
        cursor.close()
    return not goes_on


SUPPORTED: Final = {
    "sqlite": Supported(
        ("pysqlite", "aiosqlite"),
        json.dumps,
        lambda pooled: _commits_at_once(pooled.driver_connection),
        counts_changes=lambda _: False,
        bends_rows=lambda _: False,
        lacks_letters=lambda _: False,
        rolls_back=_rolled_back_by_sqlite,
        locks_rows=False,
        past=frozenset(),
        dirty=frozenset(),
        forgets_same_writes=False,
        reads_all_to_change=False,
        inserts_the_past=False,
    ),
    "postgresql": Supported(
        ("psycopg", "asyncpg"),
        list,
        lambda pooled: bool(pooled.dbapi_connection.autocommit),
        counts_changes=lambda _: False,
        bends_rows=lambda _: False,
        lacks_letters=lambda _: False,  # its driver refuses what it can't say
        rolls_back=lambda _: False,  # it does nothing more, until the host rolls it back
        locks_rows=True,
        past=frozenset({"REPEATABLE READ", "SERIALIZABLE"}),
        dirty=frozenset(),  # it knows the name READ UNCOMMITTED, and reads what is committed
        forgets_same_writes=False,
        reads_all_to_change=False,
        inserts_the_past=True,
    ),
    "mariadb": Supported(
        ("pymysql", "aiomysql"),
        json.dumps,
        lambda pooled: bool(pooled.driver_connection.get_autocommit()),
        # What a connection is asked for is kept in it; a pool of the host's own may forget to ask.
        counts_changes=lambda pooled: not pooled.driver_connection.client_flag & _FOUND_ROWS,
        bends_rows=_bends_rows,
        lacks_letters=_lacks_letters,
        rolls_back=_rolled_back_by_mariadb,
        locks_rows=True,
        past=frozenset({"REPEATABLE READ"}),
        dirty=frozenset({"READ UNCOMMITTED"}),
        forgets_same_writes=True,
        reads_all_to_change=True,
        inserts_the_past=False,
    ),
}
"""The databases that a store may be in, by the name of their dialect."""

POSTGRESQL_MIN: Final = 14
"""The oldest PostgreSQL that its own developers still look after."""

MARIADB_MIN: Final = (10, 6)
"""The oldest MariaDB that its own developers still look after."""

COLLATION_IN_MARIADB: Final = "utf8mb4_nopad_bin"
"""The collation that compares byte by byte, also trailing blanks."""


def supported(connection: Connection) -> Supported:
    """Return what the database of a connection is like; refuse one that we do not know."""
    dialect = connection.dialect
    found = SUPPORTED.get(dialect.name)
    if found is None:
        known = " or ".join(SUPPORTED)
        raise InputError.of("connection", f"no such kind of store: {dialect.name}", f"use {known}")
    if dialect.driver not in found.drivers:
        hint = f"use {' or '.join(f'{dialect.name}+{each}' for each in found.drivers)}"
        raise InputError.of("connection", f"no such driver: {dialect.name}+{dialect.driver}", hint)
    return found


def check_server(connection: Connection) -> None:
    """Refuse a server that is too old, or whose database can't hold every text."""
    supported(connection)
    check = _CHECKS.get(connection.dialect.name)
    if check is not None:
        check(connection)


def _check_mariadb(connection: Connection) -> None:
    version = connection.dialect.server_version_info or ()
    found = ".".join(map(str, version))
    if version < MARIADB_MIN:
        needed = ".".join(map(str, MARIADB_MIN))
        raise InputError.of("store", f"MariaDB {found} is too old", f"it must be {needed} or newer")
    if not connection.exec_driver_sql("SHOW VARIABLES LIKE 'innodb_snapshot_isolation'").first():
        hint = "take the newest of its series: 10.6.18, 10.11.8 and all later ones have it"
        raise InputError.of("store", f"MariaDB {found} has no innodb_snapshot_isolation", hint)


def _check_postgresql(connection: Connection) -> None:
    version = connection.dialect.server_version_info
    if version is not None and version < (POSTGRESQL_MIN,):
        found = ".".join(map(str, version))
        hint = f"it must be {POSTGRESQL_MIN} or newer"
        raise InputError.of("store", f"PostgreSQL {found} is too old", hint)
    encoding = connection.exec_driver_sql("SHOW server_encoding").scalar()
    if encoding != "UTF8":
        hint = "CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0"
        raise InputError.of("store", f"the database keeps text as {encoding}, not as UTF8", hint)


_CHECKS: Final = {"postgresql": _check_postgresql, "mariadb": _check_mariadb}


_LOCKS: Final = "FOR UPDATE|LOCK IN SHARE MODE"
"""How a query ends that locks what it reads."""

_FOR_ONE_STATEMENT: Final = (
    # A tree may be deeper than a thousand, and a recursion that ended there would say nothing.
    (re.compile("WITH RECURSIVE "), "max_recursive_iterations = 4294967295"),
    # Who sees the past is told of a row that has changed since, as by any other database.
    (re.compile(f"UPDATE |(SELECT|WITH) .* ({_LOCKS})$", re.DOTALL), "innodb_snapshot_isolation = ON"),
    # Who goes from one row to the next does not gather them first, and look at the others meanwhile.
    (re.compile("(UPDATE|DELETE) .* STRAIGHT_JOIN ", re.DOTALL), "join_cache_level = 0"),
)
"""What MariaDB is told together with some statements, and forgets after them: the session is the host's."""


def for_one_statement(text: str) -> str:
    """Return a statement of MariaDB with the settings that hold for it alone."""
    told = [setting for of, setting in _FOR_ONE_STATEMENT if of.match(text)]
    return f"SET STATEMENT {', '.join(told)} FOR {text}" if told else text


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


@compiles(Given, "mariadb")
def _given_in_mariadb(element: Given, compiler: Any, **options: Any) -> str:
    ids = compiler.process(element.clauses, **options)
    # As long as any text of ours: what is longer than a key is equal to none.
    return (
        f"JSON_TABLE({ids}, '$[*]' COLUMNS(value VARCHAR({TEXT_LENGTH_MAX}) CHARACTER SET utf8mb4"
        f" COLLATE {COLLATION_IN_MARIADB} PATH '$' ERROR ON ERROR))"
    )


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


@compiles(Among, "mariadb")
def _among_in_mariadb(element: Among, compiler: Any, **options: Any) -> str:
    column, ids = element.clauses
    given = _given_in_mariadb(Given(ids), compiler, **options)
    return f"{compiler.process(column, **options)} IN (SELECT value FROM {given} AS given)"  # noqa: S608


class After(FunctionElement[bool]):
    """Whether a key stands behind another one: its columns, and as many values.

    MariaDB would read from the first row on, page by page, if it were given the columns as one row.
    """

    name = "after"
    type = Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> "After":  # noqa: ARG002 the signature is SQLAlchemy's
        """Stand in a condition as it is, as `Among` does."""
        return self


class UpTo(After):
    """Whether a key stands before another one, or is the same."""

    name = "up_to"
    inherit_cache = True


@compiles(After)
def _after(element: After, compiler: Any, **options: Any) -> str:
    return _as_rows(element, ">", compiler, **options)


@compiles(UpTo)
def _up_to(element: UpTo, compiler: Any, **options: Any) -> str:
    return _as_rows(element, "<=", compiler, **options)


@compiles(After, "mariadb")
def _after_in_mariadb(element: After, compiler: Any, **options: Any) -> str:
    return _by_columns(element, ">", ">", compiler, **options)


@compiles(UpTo, "mariadb")
def _up_to_in_mariadb(element: UpTo, compiler: Any, **options: Any) -> str:
    return _by_columns(element, "<", "<=", compiler, **options)


def _as_rows(element: After, operator: str, compiler: Any, **options: Any) -> str:
    key, values = _key_and_values(element, compiler, **options)
    return f"({', '.join(key)}) {operator} ({', '.join(values)})"


def _by_columns(element: After, operator: str, at_last: str, compiler: Any, **options: Any) -> str:
    *parts, (column, value) = zip(*_key_and_values(element, compiler, **options), strict=True)
    found = f"{column} {at_last} {value}"
    for column, value in reversed(parts):
        found = f"({column} {operator} {value} OR {column} = {value} AND {found})"
    return found


def _key_and_values(element: After, compiler: Any, **options: Any) -> tuple[list[str], list[str]]:
    parts = [compiler.process(each, **options) for each in element.clauses]
    width = len(parts) // 2
    return parts[:width], parts[width:]


class OneByOne(Executable, ClauseElement):
    """An update or a delete in MariaDB that looks up the rows of a list one by one, and locks no others."""

    inherit_cache = False

    def __init__(
        self,
        of_shop: ColumnElement[bool],
        column: Column[str],
        ids: BindParameter[Any],
        values: Mapping[str, Any] | None,
    ) -> None:
        self.of_shop = of_shop
        self.column = column
        self.ids = ids
        self.values = values


@compiles(OneByOne, "mariadb")
def _one_by_one_in_mariadb(element: OneByOne, compiler: Any, **options: Any) -> str:
    table = compiler.process(element.column.table, asfrom=True, **options)
    given = _given_in_mariadb(Given(element.ids), compiler, **options)
    of_shop, column = (compiler.process(each, **options) for each in (element.of_shop, element.column))
    by_key = f"STRAIGHT_JOIN {table} FORCE INDEX (PRIMARY) ON {of_shop} AND {column} = given.value"
    rows = f"{given} AS given {by_key}"
    if element.values is None:
        return f"DELETE {table} FROM {rows}"
    changed = [
        f"{compiler.process(element.column.table.c[name], **options)} = {compiler.process(value, **options)}"
        for name, value in element.values.items()
    ]
    return f"UPDATE {rows} SET {', '.join(changed)}"  # noqa: S608 compiled parts


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


@compiles(Rows, "mariadb")
def _rows_in_mariadb(element: Rows, compiler: Any, **options: Any) -> str:
    rows = compiler.process(element.clauses, **options)
    return f"JSON_TABLE({rows}, '$[*]' COLUMNS(value JSON PATH '$'))"


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


@compiles(Key, "mariadb")
def _key_in_mariadb(element: Key, compiler: Any, **options: Any) -> str:
    text = compiler.process(element.clauses, **options)
    return f"CONVERT({text} USING utf8mb4) COLLATE {COLLATION_IN_MARIADB}"


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


@compiles(Part, "mariadb")
def _part_in_mariadb(element: Part, compiler: Any, **options: Any) -> str:
    row, place = element.clauses
    return f"JSON_VALUE({compiler.process(row, **options)}, '$[{place.value}]')"


INSERTS: Final = {"sqlite": sqlite.insert, "postgresql": postgresql.insert, "mariadb": mysql.insert}
"""The insert of each database that knows what to do with a row that is there already."""


def insert_missing(dialect: str, table: Table, rows: Any, *, locking: bool = False) -> Executable:
    """Return the insert of those rows of a query whose key is not in a table yet.

    With `locking` those that are there are locked where a database locks rows, in the order of the query, and
    stay as they are.
    """
    wanted: Any = INSERTS[dialect](table)
    # The condition tells SQLite where the query ends and the conflict begins.
    inserted = wanted.from_select([column.name for column in table.c], rows.where(true()))
    key = list(table.primary_key.columns)
    missing: Executable
    if dialect == "mariadb":  # IGNORE would ignore more than that; this locks in any case
        missing = inserted.on_duplicate_key_update(shop=table.c.shop)
    elif locking and dialect == "postgresql":
        # A row that the condition leaves as it is is locked all the same.
        same = {"shop": table.c.shop}
        missing = inserted.on_conflict_do_update(index_elements=key, set_=same, where=false())
    else:
        missing = inserted.on_conflict_do_nothing(index_elements=key)
    return missing


class InTurn(FunctionElement[bool]):
    """True, once it is the turn of this transaction among those that ask with the same texts.

    Those who share a lock of a row let others share it past somebody who waits to change that row, in
    PostgreSQL: for ever, if they are many.  So they stand in a queue first.  Others keep one for each row.
    """

    name = "in_turn"
    inherit_cache = False

    def __init__(self, *of: ColumnElement[str], sharing: bool) -> None:
        """Ask for a turn that all may have who are `sharing`, or for one of its own."""
        super().__init__(*of)
        self.sharing = sharing


@compiles(InTurn)
def _in_turn(_element: InTurn, _compiler: Any, **_options: Any) -> str:
    return "1 = 1"


@compiles(InTurn, "postgresql")
def _in_turn_in_postgresql(element: InTurn, compiler: Any, **options: Any) -> str:
    """Ask before any row is looked at: the condition depends on none."""
    of = " || ' ' || ".join(f"CAST({compiler.process(each, **options)} AS TEXT)" for each in element.clauses)
    lock = "pg_advisory_xact_lock_shared" if element.sharing else "pg_advisory_xact_lock"
    return f"(SELECT {lock}(hashtextextended({of}, 0))) IS NOT NULL"


def read_once(rows: CTE) -> CTE:
    """Return rows that are read once, where a database would else read them anew for each that asks."""
    return rows.prefix_with("MATERIALIZED", dialect="sqlite").prefix_with(
        "MATERIALIZED", dialect="postgresql"
    )


def kept_rows(dialect: str, rows: Any, name: str) -> Any:
    """Return the rows of a query as a table to update from, read once.

    SQLite would read a list anew for every row that it is held against, unless it is told to keep it.
    MariaDB keeps it by itself, and knows no such words before an update.
    """
    if dialect == "mariadb":
        return rows.subquery(name)
    return read_once(rows.cte(name))


def counted(dialect: str, update: Any, one: Any) -> Any:
    """Return an update from a list whose rows can be counted by `Statements.updated`.

    SQLite's driver counts no rows of a statement that begins with a list: they are named.
    """
    return update if dialect == "mariadb" else update.returning(one)


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


@compiles(Total, "mariadb")
def _total_in_mariadb(element: Total, compiler: Any, **options: Any) -> str:
    """Divide without a rest: that, other than a cast, refuses what is too large."""
    return f"(sum({compiler.process(element.clauses, **options)}) DIV 1)"


class Length(FunctionElement[int]):
    """How many characters a text has."""

    name = "length"
    type = BigInteger()
    inherit_cache = True


@compiles(Length)
def _length(element: Length, compiler: Any, **options: Any) -> str:
    return f"length({compiler.process(element.clauses, **options)})"


@compiles(Length, "mariadb")
def _length_in_mariadb(element: Length, compiler: Any, **options: Any) -> str:
    return f"char_length({compiler.process(element.clauses, **options)})"
