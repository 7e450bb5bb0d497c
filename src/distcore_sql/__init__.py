"""A shop's facts in a database: the ports of distcore over SQLAlchemy Core.

`upgrade_store` makes a store or brings it to this version, `SqlStore.open` opens it:

>>> from tempfile import TemporaryDirectory
>>> folder = TemporaryDirectory()
>>> url = f"sqlite:///{folder.name}/tea house.db"
>>> upgrade_store(url)
>>> with SqlStore.open(url, "tea house") as store, store.begin() as tx:
...     tx.members.revision()
0
>>> folder.cleanup()

A host with a database of its own builds the tables into its `MetaData`, runs `upgrade` on its
connection (or `migrations_sql` by hand), and works with `SqlStore.join` inside its own transactions.
"""

from distcore_sql.drift import Condition, condition_of, drift
from distcore_sql.engines import Synchronous, create_store_engine
from distcore_sql.schema import HEAD, REVISIONS, check_schema, migrations_sql, upgrade
from distcore_sql.store import SqlStore, SqlTransaction, upgrade_store
from distcore_sql.tables import PREFIX, Tables, build_tables

__all__ = [
    "HEAD",
    "PREFIX",
    "REVISIONS",
    "Condition",
    "SqlStore",
    "SqlTransaction",
    "Synchronous",
    "Tables",
    "build_tables",
    "check_schema",
    "condition_of",
    "create_store_engine",
    "drift",
    "migrations_sql",
    "upgrade",
    "upgrade_store",
]
