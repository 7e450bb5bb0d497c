"""The baseline for SQL: the same rows into the same tables with the raw driver, and nothing else.

Same constraints and indexes, no triggers, same pragmas; ``executemany`` with rows that are ready.
"""

import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

Rows = list[tuple[object, ...]]


def copy_schema(source: Path, target: Path) -> sqlite3.Connection:
    """Make an empty database like another one, without its triggers; return a connection to it."""
    target.unlink(missing_ok=True)
    connection = sqlite3.connect(target, isolation_level=None)
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "cache_size = -65536"):
        connection.execute(f"PRAGMA {pragma}")
    with sqlite3.connect(source) as reading:
        wanted = "SELECT sql FROM sqlite_master WHERE type IN ('table', 'index') AND sql IS NOT NULL"
        for (statement,) in reading.execute(wanted).fetchall():
            connection.execute(statement)
    return connection


def tables_of(path: Path) -> list[str]:
    """Return the tables of a store in the order in which they were created: parents first."""
    with sqlite3.connect(path) as reading:
        rows = reading.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY rowid"
        ).fetchall()
    return [name for (name,) in rows if name.startswith("distcore_") and "alembic" not in name]


def insert_of(connection: sqlite3.Connection, table: str) -> str:
    """Return the statement that inserts a whole row."""
    columns = connection.execute(f"SELECT count(*) FROM pragma_table_info('{table}')").fetchone()[0]
    return f"INSERT INTO {table} VALUES ({', '.join('?' * columns)})"


def in_batches(path: Path, table: str, size: int) -> Iterator[Rows]:
    """Yield the rows of a table as they lie there, so many at a time."""
    with sqlite3.connect(path) as reading:
        rows = reading.execute(f"SELECT * FROM {table}")
        while batch := rows.fetchmany(size):
            yield batch


def write_raw(source: Path, target: Path, size: int = 20_000) -> tuple[float, int]:
    """Write all rows of a store into a copy of its tables; return the seconds of writing and the rows.

    Reading the rows is not counted, committing is.
    """
    connection = copy_schema(source, target)
    seconds, count = 0.0, 0
    for table in tables_of(source):
        statement = insert_of(connection, table)
        for batch in in_batches(source, table, size):
            start = time.perf_counter()
            connection.execute("BEGIN IMMEDIATE")
            if table.endswith("members"):  # they lie by id, and a sponsor may lie behind
                connection.execute("PRAGMA defer_foreign_keys = ON")
            connection.executemany(statement, batch)
            connection.execute("COMMIT")
            seconds += time.perf_counter() - start
            count += len(batch)
    connection.close()
    return seconds, count


def rows_of_sale(connection: sqlite3.Connection, tables: Iterable[str], sale: str) -> dict[str, Rows]:
    """Return what one sale has written, by table; its command is the one whose key ends with its id."""
    found: dict[str, Rows] = {}
    for table in tables:
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        if "sale" in columns:
            found[table] = connection.execute(f"SELECT * FROM {table} WHERE sale = ?", (sale,)).fetchall()
        elif table.endswith("_transfers"):
            query = f"SELECT * FROM {table} WHERE kind = 'sale' AND ref = ?"
            found[table] = connection.execute(query, (sale,)).fetchall()
        elif "command_key" in columns:
            query = f"SELECT * FROM {table} WHERE command_key = ?"
            found[table] = connection.execute(query, (sale,)).fetchall()
    return {table: rows for table, rows in found.items() if rows}


def insert_all(connection: sqlite3.Connection, rows: Sequence[tuple[str, Rows]]) -> None:
    """Write rows in a transaction of their own."""
    connection.execute("BEGIN IMMEDIATE")
    for statement, batch in rows:
        connection.executemany(statement, batch)
    connection.execute("COMMIT")
