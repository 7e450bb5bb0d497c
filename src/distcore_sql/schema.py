"""Whether the tables that are there are ours, and how they get there.

The one rule this file protects: a store never works on tables of another version, nor does a host that
asks when it starts.  Migrations ship with the package and run on the caller's connection; whoever only
opens a store never loads them.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from hashlib import sha256
from io import StringIO
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    MetaData,
    String,
    Table,
    func,
    inspect,
    literal,
    make_url,
    select,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateSchema

from distcore.kernel import InputError, RetryableError, SchemaError, shown
from distcore_sql.dialects import SUPPORTED, check_server, supported
from distcore_sql.errors import told_apart
from distcore_sql.tables import PREFIX, own_tables, table_names

BRANCH: Final = "distcore"
"""The branch that our revisions are in a host's own tree; the name of each begins with it."""

REVISIONS: Final = (
    "distcore_0001",
    "distcore_0002",
    "distcore_0003",
    "distcore_0004",
    "distcore_0005",
    "distcore_0006",
    "distcore_0007",
    "distcore_0008",
    "distcore_0009",
    "distcore_0010",
    "distcore_0011",
    "distcore_0012",
    "distcore_0013",
)
"""Every revision of the schema that this version of the library knows, oldest first."""

HEAD: Final = REVISIONS[-1]
"""The revision that this version of the library works with."""

_UPGRADE = "upgrade the store"


def check_schema(connection: Connection, *, prefix: str = PREFIX, schema: str | None = None) -> None:
    """Raise `SchemaError` unless the tables are there, in the revision that this version works with."""
    check_server(connection)
    found = revision_of(connection, prefix, schema)
    if found is None:
        raise SchemaError(f"there are no tables named {prefix}…", _UPGRADE)
    if found != HEAD:
        raise SchemaError(f"the tables are at revision {found}, not {HEAD}", _UPGRADE)
    names = set(inspect(connection).get_table_names(schema=schema))
    missing = sorted(name for name in table_names(prefix) if name not in names)
    if missing:
        raise SchemaError(f"tables are missing: {', '.join(missing)}", "restore a copy")


def upgrade(
    connection: Connection, *, prefix: str = PREFIX, schema: str | None = None, guest: bool = True
) -> None:
    """Bring the tables to the revision of this version, in the caller's transaction.

    It never commits, but in MariaDB, which commits every table that is made: there a transaction in which
    anything was done is refused, and elsewhere a connection that commits each statement by itself.  A schema
    of a server that is not there is made.  Of two at once one migrates, and the other waits and finds it
    done.  Tables that are newer, not ours, or elsewhere than new ones would be, are refused with
    `SchemaError`.
    """
    database, name = supported(connection), connection.dialect.name
    with told_apart(guest=guest):
        if not connection.in_transaction():
            connection.begin()
        with _ALONE[name](connection, prefix, schema):
            if name not in _COMMITS_TABLES and database.commits_at_once(connection.connection):
                hint = "upgrade in a transaction: not at the level AUTOCOMMIT"
                raise InputError.of("connection", "commits each statement by itself", hint)
            check_server(connection)
            _make_schema(connection, schema)
            found = revision_of(connection, prefix, schema)
            if found == HEAD:
                return
            _leave_to_host(connection, prefix, schema, found)
            if found is not None and schema is None:
                _require_one_place(connection, prefix)
            from distcore_sql.migrations.running import migrate

            migrate(connection, HEAD, prefix=prefix, schema=schema)


def migrations_sql(
    dialect: str, *, since: str | None = None, prefix: str = PREFIX, schema: str | None = None
) -> str:
    """Return the migrations as plain SQL of a database, for whoever runs them by hand.

    All of them, or those after a revision; in one transaction, with the rows of the version table.
    """
    if dialect not in SUPPORTED:
        hint = f"one of {', '.join(SUPPORTED)}"
        raise InputError.of("dialect", f"no such kind of store: {shown(dialect)}", hint)
    if since is not None and since not in REVISIONS:
        raise InputError.of("since", f"no such revision: {shown(since)}", f"one of {', '.join(REVISIONS)}")
    own_tables(prefix, schema)  # refuses a prefix that is too long
    from distcore_sql.migrations.running import write_down

    output = StringIO()
    output.write(_WRITTEN_IN.get(dialect, ""))
    if schema is not None and since is None and dialect in _MAKES_SCHEMA:
        words: Any = make_url(f"{dialect}://").get_dialect()
        made = CreateSchema(schema, if_not_exists=True)
        # Named parameters leave a percent sign as it is.
        output.write(f"{made.compile(dialect=words(paramstyle='named'))};\n\n")
    write_down(dialect, HEAD, output, since=since, prefix=prefix, schema=schema)
    return output.getvalue()


def revision_of(connection: Connection, prefix: str, schema: str | None) -> str | None:
    """Return the known revision that the tables are at, or None where there are none."""
    _require_place(connection, schema)
    names = set(inspect(connection).get_table_names(schema=schema))
    versions = f"{prefix}{_VERSIONS}"
    told = _revisions_in(connection, versions, schema) if versions in names else None
    if told == [] and connection.dialect.name in _COMMITS_TABLES:
        return None  # the first migration was cut off, and begins anew
    if prefix and told is not None:
        found = told
    elif names.isdisjoint(table_names(prefix)):
        return None
    else:
        found = _revisions_of_host(connection, schema if versions in names else None)
        if not found:
            raise SchemaError(f"tables named {prefix}… have no version", "use another prefix")
    if len(found) != 1 or found[0] not in REVISIONS:
        known = ", ".join(found) or "none"
        raise SchemaError(f"the tables are at revision {known}, which is unknown", "use a newer distcore")
    return found[0]


_VERSIONS: Final = "alembic_version"
"""What a table of versions is called, after the prefix; without one it is that of a host."""


def _revisions_in(connection: Connection, name: str, schema: str | None) -> list[str]:
    versions = Table(name, MetaData(), Column("version_num", String(32)), schema=schema)
    return [str(row[0]) for row in connection.execute(select(versions.c.version_num))]


def _revisions_of_host(connection: Connection, schema: str | None) -> list[str]:
    """Return those of our revisions that are in a table of versions with others, whose branch they are."""
    if not inspect(connection).has_table(_VERSIONS, schema=schema):
        return []
    return [each for each in _revisions_in(connection, _VERSIONS, schema) if each.startswith(BRANCH)]


def _leave_to_host(connection: Connection, prefix: str, schema: str | None, found: str | None) -> None:
    """Refuse to upgrade what a tree of the host's own does, or to begin in its table of versions.

    Without a prefix that table and ours have the same name.
    """
    versions = f"{prefix}{_VERSIONS}"
    hint = f"alembic upgrade {BRANCH}@head"
    if not inspect(connection).has_table(versions, schema=schema):
        if found is not None:
            raise SchemaError(f"revision {found} is one of the host's own tree", hint)
    elif not prefix and not all(
        each.startswith(BRANCH) for each in _revisions_in(connection, versions, schema)
    ):
        raise SchemaError(f"{versions} is of the host's own tree", f"{hint}, or use a prefix")


def _require_place(connection: Connection, schema: str | None) -> None:
    """Refuse a schema that is not there, where it can't be made: in SQLite it is an attached file."""
    if schema is None or connection.dialect.name in _MAKES_SCHEMA:
        return
    if not inspect(connection).has_schema(schema):
        raise SchemaError(
            f"there is no schema {shown(schema)}, and SQLite makes none",
            "leave it out, or attach a file under this name",
        )


def _require_one_place(connection: Connection, prefix: str) -> None:
    """Refuse to make tables in another schema than the one where those are that a search path has found."""
    here = _place_of(connection)
    if here is not None and not inspect(connection).has_table(f"{prefix}sales", schema=here):
        raise SchemaError(
            f"new tables would be made in {shown(here)}, where the others are not", "name the schema"
        )


def _place_of(connection: Connection) -> str | None:
    """Return the name of the schema in which tables are made that have none."""
    asked = _MAKES_SCHEMA.get(connection.dialect.name)
    return None if asked is None else connection.exec_driver_sql(f"SELECT {asked}").scalar()


def _make_schema(connection: Connection, schema: str | None) -> None:
    if schema is None or connection.dialect.name not in _MAKES_SCHEMA:
        return
    if not inspect(connection).has_schema(schema):
        connection.execute(CreateSchema(schema))


@contextmanager
def _alone_in_sqlite(connection: Connection, _prefix: str, _schema: str | None) -> Iterator[None]:
    """Begin a transaction that writes, where the driver would begin one at the first row only.

    A migration is then all or nothing, and of two at once the second one finds it done.
    """
    driver = connection.connection.driver_connection
    if driver is not None and not driver.in_transaction:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    yield


@contextmanager
def _alone_in_postgresql(connection: Connection, prefix: str, schema: str | None) -> Iterator[None]:
    """Wait for whoever migrates the same tables, by a lock that ends with the transaction."""
    name = sha256(f"distcore migrates {schema or _place_of(connection)}\0{prefix}".encode()).digest()
    number = int.from_bytes(name[:8], signed=True)
    connection.execute(select(func.pg_advisory_xact_lock(literal(number, BigInteger))))
    yield


@contextmanager
def _alone_in_mariadb(connection: Connection, prefix: str, schema: str | None) -> Iterator[None]:
    """Wait for whoever migrates the same tables, by a lock that is let go at the end.

    Every table that is made is committed, so the row that says how far we came is committed as well, before
    others may go on.  A migration that was cut off goes on where it was.
    """
    if connection.exec_driver_sql("SELECT @@in_transaction").scalar():
        raise InputError.of(
            "connection", "has done something already, which MariaDB would commit", "upgrade in a new one"
        )
    name = sha256(f"{schema or _place_of(connection)}\0{prefix}".encode()).hexdigest()[:40]
    lock = "SELECT {}(CONCAT('distcore ', %s){})"
    if not connection.exec_driver_sql(lock.format("GET_LOCK", ", @@lock_wait_timeout"), (name,)).scalar():
        raise RetryableError("somebody else migrates these tables")
    try:
        yield
        connection.exec_driver_sql("COMMIT")
    finally:
        if not connection.invalidated:
            with suppress(DBAPIError):  # whoever is gone holds no lock
                connection.exec_driver_sql(lock.format("RELEASE_LOCK", ""), (name,))


_ALONE: Final[Mapping[str, Callable[[Connection, str, str | None], AbstractContextManager[None]]]] = {
    "sqlite": _alone_in_sqlite,
    "postgresql": _alone_in_postgresql,
    "mariadb": _alone_in_mariadb,
}
"""What lets one alone migrate, by the name of the dialect."""

_WRITTEN_IN: Final[Mapping[str, str]] = {"mariadb": "SET NAMES utf8mb4;\n\n"}
"""What says how plain SQL is written, by the name of the dialect, where a client would guess."""

_COMMITS_TABLES: Final = frozenset({"mariadb"})
"""Dialects that commit every table that is made, and all that was done before."""

_MAKES_SCHEMA: Final[Mapping[str, str]] = {"postgresql": "current_schema()", "mariadb": "DATABASE()"}
"""Dialects in which a schema is made, and what they call the one of whoever names none.

Elsewhere it is a file.
"""
