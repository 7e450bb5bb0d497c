"""The dialects of a guest: they speak on a connection of Django, and leave everything else of it alone.

The one rule this file protects: Django alone begins, ends, closes and sets up its connection.  SQLAlchemy
would register functions, types and handlers on it, and roll back whatever it gets back.  Name and driver are
those of the dialect that each is made of, so statements are compiled as anywhere else.
"""

from typing import Any, Final

from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite


class _Guest:
    """What a guest does not do."""

    def on_connect(self) -> Any:
        return None

    def do_begin(self, dbapi_connection: Any) -> None:
        pass

    def do_commit(self, dbapi_connection: Any) -> None:
        pass

    def do_rollback(self, dbapi_connection: Any) -> None:
        pass

    def do_close(self, dbapi_connection: Any) -> None:
        pass

    def do_terminate(self, dbapi_connection: Any) -> None:
        pass


class GuestOfSqlite(_Guest, SQLiteDialect_pysqlite):
    """SQLite, on a connection of Django."""

    supports_statement_cache = True


class GuestOfPostgresql(_Guest, PGDialect_psycopg):
    """PostgreSQL by psycopg 3, on a connection of Django."""

    supports_statement_cache = True

    def get_isolation_level(self, dbapi_connection: Any) -> Any:
        """Ask, as any dialect of PostgreSQL; the one of psycopg rolls back what asking has begun."""
        asking: Any = super(PGDialect_psycopg, self)
        return asking.get_isolation_level(dbapi_connection)


DRIVER: Final = "distcore_django"
"""By which name SQLAlchemy finds a guest in a URL, behind the name of the database."""

registry.register(f"sqlite.{DRIVER}", __name__, "GuestOfSqlite")
registry.register(f"postgresql.{DRIVER}", __name__, "GuestOfPostgresql")
