"""A database at a revision of the past, with all that happened in a shop."""

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, inspect, select

from distcore.testing.builders import Shop
from distcore.testing.story import tell
from distcore_sql import SqlStore, upgrade_store
from distcore_sql.migrations.running import migrate
from distcore_sql.tables import PREFIX, own_tables

Rows = dict[str, list[dict[str, Any]]]
"""All rows by table."""

ORDERED = own_tables().all()
"""Our tables, those first that others refer to."""


def told_in(folder: Path) -> Rows:
    """Return all rows of a store in which everything has happened, those first that others refer to."""
    url = f"sqlite:///{folder / 'mall.db'}"
    upgrade_store(url)
    with SqlStore.open(url, "mall") as store:
        tell(Shop(store), 100)
    source = create_engine(url)
    with source.connect() as connection:
        found = rows_of(connection)
    source.dispose()
    return found


def rows_of(connection: Connection) -> Rows:
    there = set(inspect(connection).get_table_names())
    tables = [each for each in ORDERED if each.name in there]
    return {each.name: [dict(row._mapping) for row in connection.execute(select(each))] for each in tables}


def sponsors_first(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    placed: dict[str | None, dict[str, Any]] = {}
    while len(placed) < len(rows):
        for row in rows:
            if row["sponsor"] is None or row["sponsor"] in placed:
                placed[row["member"]] = row
    return list(placed.values())


def filled(connection: Connection, revision: str, told: Rows) -> Rows:
    """Make the tables of a revision, and put into them what was told; return what they hold."""
    migrate(connection, revision, prefix=PREFIX, schema=None)
    there = set(inspect(connection).get_table_names())
    for table in ORDERED:
        rows = told[table.name]
        if table.name.endswith("members"):
            rows = sponsors_first(rows)
        if table.name in there and rows:
            connection.execute(table.insert(), rows)
    return {name: told[name] for name in told if name in there}
