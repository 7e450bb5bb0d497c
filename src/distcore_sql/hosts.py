"""What the transaction of a host must be like to be joined, and until when a guest may use it.

The one rule this file protects: what is written holds together with all else that the host's transaction
does, or is not written.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final, Protocol
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, NestedTransaction, RootTransaction, event

from distcore.kernel import InputError, RetryableError
from distcore_sql.dialects import Supported, leaves_beginning, supported
from distcore_sql.errors import told_apart

Begun = NestedTransaction | RootTransaction

_ENDED: Final[WeakKeyDictionary[Begun, str]] = WeakKeyDictionary()
"""Transactions and savepoints in which a statement failed, each with what is to be said to the next guest."""


class Host(Protocol):
    """Whoever began the transaction that a guest is in, and will end it."""

    def require(self) -> None:
        """Raise `InputError` if that transaction is over: called before each statement."""

    def end(self, message: str) -> None:
        """Take note that a statement failed: nobody may go on until the host has rolled it back."""


class SqlAlchemyHost:
    """A host by a connection of SQLAlchemy, whose transaction begins now if it has none yet."""

    def __init__(self, connection: Connection, catch_up: Callable[[], object] | None = None) -> None:
        """Look whether it may be joined; raise `InputError`, or `RetryableError` where it has failed.

        Before each statement `catch_up` is called: a session tells its connection of a savepoint when it is
        asked for it, and not before.
        """
        database = supported(connection)
        begun = connection.get_transaction()
        if begun is not None and connection.invalidated:
            raise RetryableError("the connection was lost", host_must_roll_back=True)
        self._connection = connection
        self._database = database
        self._catch_up = catch_up
        self._begun = connection.begin() if begun is None else begun
        for each in _levels(connection):
            if each in _ENDED:
                raise RetryableError(_ENDED[each], host_must_roll_back=True)
        _require_whole(connection, database)
        _begin_in_sqlite(connection)

    def require(self) -> None:
        """Raise `InputError` if the transaction is over; another one may have begun by itself since."""
        if not self._begun.is_active:
            raise InputError.of("host", "its transaction is over", "join the next one")
        if self._catch_up is not None:
            with told_apart(guest=True):
                self._catch_up()

    def end(self, message: str) -> None:
        """Take note of it for the savepoint that the host is in, or else for the transaction.

        Where the database has rolled all of it back, also for all that is around that savepoint.
        """
        levels = list(_levels(self._connection)) or [self._begun]
        for each in levels if self._is_rolled_back() else levels[:1]:
            _ENDED[each] = message
        if not event.contains(self._connection, "release_savepoint", _pass_on):
            event.listen(self._connection, "release_savepoint", _pass_on)

    def _is_rolled_back(self) -> bool:
        """Ask the database; whoever can't answer any more has rolled back."""
        connection = self._connection
        if connection.invalidated or connection.closed:
            return True
        try:
            return self._database.rolls_back(connection)
        except connection.dialect.loaded_dbapi.Error:
            return True


class OwnTransaction:
    """A transaction that a store has begun, and ends by itself."""

    def __init__(self, begun: RootTransaction) -> None:
        """Look at it before each statement; raise `InputError` if it would not hold together."""
        connection = begun.connection
        if supported(connection).commits_at_once(connection.connection):
            hint = "make it by create_store_engine, or not at the level AUTOCOMMIT"
            raise InputError.of("engine", "commits each statement by itself", hint)
        self._begun = begun

    def require(self) -> None:
        """Raise `InputError` if the transaction is over."""
        if not self._begun.is_active:
            raise InputError.of("transaction", "is over", "begin the next one, and use its ports")

    def end(self, message: str) -> None:
        """Do nothing: whoever has begun it rolls it back."""


def _levels(connection: Connection) -> Iterator[Begun]:
    """Yield the savepoints that a connection is in, the innermost first, and then its transaction."""
    savepoint = connection.get_nested_transaction()
    while savepoint is not None:
        yield savepoint
        savepoint = savepoint._previous_nested  # noqa: SLF001 (nothing public tells what is around one)
    begun = connection.get_transaction()
    if begun is not None:
        yield begun


def _pass_on(connection: Connection, _name: str, _context: None) -> None:
    """Take note that what failed in a savepoint is part of what is around it, now that it is released."""
    released, around, *_ = _levels(connection)
    if released in _ENDED:
        _ENDED[around] = _ENDED[released]


def _begin_in_sqlite(connection: Connection) -> None:
    """Begin what the driver of SQLite would only begin at the first change, and would end with a savepoint.

    A savepoint before that is the transaction, for SQLite: its release commits.
    """
    if not leaves_beginning(connection):
        return
    if connection.in_nested_transaction():
        message = "is in a savepoint, and perhaps in nothing else: its release may commit"
        raise InputError.of("host", message, "join before it, or let your engine send BEGIN")
    driver: Any = connection.connection.driver_connection
    if not driver.in_transaction:
        connection.exec_driver_sql("BEGIN")


def _require_whole(connection: Connection, database: Supported) -> None:
    """Refuse a connection whose statements do not hold together, or go elsewhere."""
    if database.commits_at_once(connection.connection):
        hint = "join a transaction: not one at the level AUTOCOMMIT"
        raise InputError.of("host", "commits each statement by itself", hint)
    if database.dirty and connection.get_isolation_level() in database.dirty:
        raise InputError.of("host", "sees what nobody has committed", "use READ COMMITTED")
    if database.counts_changes(connection.connection):
        hint = "give client_flag=CLIENT.FOUND_ROWS to whoever connects"
        raise InputError.of("host", "counts only rows that a statement has changed", hint)
    if database.bends_rows(connection):
        hint = "set sql_mode with STRICT_TRANS_TABLES, and without EMPTY_STRING_IS_NULL"
        raise InputError.of("host", "changes values that do not fit, and says nothing", hint)
    if database.lacks_letters(connection):
        raise InputError.of("host", "speaks a character set that has not every character", "use utf8mb4")
    if connection.get_execution_options().get("schema_translate_map"):
        hint = "name the schema once: build_tables(metadata, schema=…)"
        raise InputError.of("host", "has a schema_translate_map, which is not followed", hint)
