"""How a transaction of Django is joined.

The one rule this file protects: a connection belongs to Django and to one of its threads.  What is kept here
is what SQLAlchemy knows about a database; the connection is asked for each time.
"""

from functools import cache
from typing import Any, Final

from django.db import connections
from sqlalchemy import Connection, Engine, NullPool, create_engine

from distcore.kernel import InputError
from distcore_sql.django.dialects import DRIVER
from distcore_sql.store import SqlTransaction
from distcore_sql.tables import Tables, own_tables

DRIVERS: Final = {"postgresql": "psycopg", "sqlite": "sqlite3"}
"""The databases of Django that are joined, each with the package of its driver."""


def join(shop: str, *, using: str = "default", tables: Tables | None = None) -> SqlTransaction:
    """Return a shop's ports in the `transaction.atomic()` that this thread is in, which alone ends it.

    `using` is the alias of a database; `tables` are those that the host built, the ones of a store of its
    own if it built none.  After a `RetryableError` leave the outermost `atomic`, and run all of it again.
    Raises `InputError` outside of `atomic`, and for a database or driver that is not supported; so does
    each use of the ports when that `atomic` is over, also within the next one.
    """
    connection = connection_of(using)
    host = DjangoHost(connections[using])
    return SqlTransaction(connection, shop, own_tables() if tables is None else tables, host=host)


class DjangoHost:
    """The blocks of Django that a guest was let into: it may stay until the first of them ends.

    Whoever keeps the ports of a shop longer would write into a transaction that nobody let him join, or rows
    that nobody can roll back.
    """

    def __init__(self, django: Any) -> None:
        self._django = django
        self._blocks = list(django.atomic_blocks)
        self._hooks = django.run_on_commit
        self._savepoints = django.savepoint_state

    def require(self) -> None:
        """Raise `InputError` if a block has ended."""
        if not self._goes_on():
            raise InputError.of("host", "its transaction is over", "join again, within transaction.atomic()")

    def end(self, _message: str) -> None:
        """Let the innermost block roll back, also where somebody swallows the error."""
        self._django.set_rollback(True)

    def _goes_on(self) -> bool:
        """Compare the blocks; a decorator enters the same one again, with another list of hooks.

        That list is another one also after a rollback to a savepoint; who has made none since the last look
        has rolled none back.  Whoever has made one is believed: Django tells the two apart in no other way.
        """
        django = self._django
        if django.atomic_blocks[: len(self._blocks)] != self._blocks:
            return False
        if django.run_on_commit is not self._hooks and django.savepoint_state == self._savepoints:
            return False
        if len(django.atomic_blocks) == len(self._blocks):  # in no savepoint that may still be rolled back
            self._hooks, self._savepoints = django.run_on_commit, django.savepoint_state
        return True


def connection_of(using: str) -> Connection:
    """Return Django's connection as SQLAlchemy sees it; nobody needs to close it."""
    django: Any = connections[using]
    dialect = dialect_of(using)
    if not django.in_atomic_block:
        hint = "join within transaction.atomic()"
        raise InputError.of("host", "commits each statement by itself", hint)
    django.validate_no_broken_transaction()
    return _engine(using, dialect).connect()


def dialect_of(using: str) -> str:
    """Return the name of the dialect of a database of Django; refuse one that is not supported."""
    django: Any = connections[using]
    wanted = DRIVERS.get(django.vendor)
    if wanted is None:
        known = " or ".join(DRIVERS)
        raise InputError.of("using", f"no such kind of store: {django.vendor}", f"use {known}")
    found = django.Database.__name__.partition(".")[0]
    if found != wanted:
        raise InputError.of("using", f"no such driver: {django.vendor} by {found}", f"install {wanted}")
    return str(django.vendor)


@cache
def _engine(using: str, dialect: str) -> Engine:
    """Return what knows a database, and takes the connection of whichever thread asks."""

    def driver_connection() -> Any:
        django: Any = connections[using]
        django.ensure_connection()
        return django.connection

    return create_engine(
        f"{dialect}+{DRIVER}://",
        creator=driver_connection,
        poolclass=NullPool,
        pool_reset_on_return=None,
        hide_parameters=True,
        **({"use_native_hstore": False} if dialect == "postgresql" else {}),
    )
