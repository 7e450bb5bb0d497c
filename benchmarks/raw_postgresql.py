"""The baseline for PostgreSQL: the same rows into the same tables by COPY, and nothing else.

Same constraints and indexes, no triggers; the rows are ready, as the driver itself reads them.
"""

import time
from collections.abc import Iterator
from typing import Any, Final

from distcore_sql import upgrade_store

CHUNK_BYTES: Final = 4_000_000


def write_raw(source: str, target: str) -> tuple[float, int]:
    """Write all rows of a store into the empty database of another URL; return the seconds and the rows.

    Reading the rows is not counted, committing is.
    """
    import psycopg

    upgrade_store(target)
    seconds, count = 0.0, 0
    with psycopg.connect(plain(source)) as reading, psycopg.connect(plain(target)) as writing:
        for table in tables_of(writing):
            writing.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        writing.commit()
        for table in tables_of(writing):
            for chunk in chunks(reading, table):
                start = time.perf_counter()
                with writing.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
                    copy.write(chunk)
                count += chunk.count(b"\n")  # one ends each row; those within a text are written otherwise
                seconds += time.perf_counter() - start
            start = time.perf_counter()
            writing.commit()
            seconds += time.perf_counter() - start
    return seconds, count


def plain(url: str) -> str:
    """Return a URL as the driver itself reads it."""
    scheme, _, rest = url.partition("://")
    return f"{scheme.partition('+')[0]}://{rest}"


def tables_of(connection: Any) -> list[str]:
    """Return the tables of a store in the order in which they were created: parents first."""
    query = """
        SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
        AND relname LIKE 'distcore_%' AND relname NOT LIKE '%alembic%' ORDER BY oid
    """
    return [row[0] for row in connection.execute(query)]


def chunks(connection: Any, table: str) -> Iterator[bytes]:
    """Yield the rows of a table as COPY writes them, some megabytes of whole lines at a time."""
    order = "ORDER BY joined_at, member" if table.endswith("_members") else ""
    held: list[bytes] = []
    size = 0
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY (SELECT * FROM {table} {order}) TO STDOUT") as copy,
    ):
        for row in copy:
            held.append(bytes(row))
            size += len(row)
            if size >= CHUNK_BYTES:
                yield b"".join(held)
                held, size = [], 0
    if held:
        yield b"".join(held)
