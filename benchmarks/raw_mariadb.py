"""The baseline for MariaDB: the same rows into the same tables with the raw driver, and nothing else.

Same constraints, indexes and triggers: those of MariaDB cost nothing where nothing is changed.  The driver
makes statements of many rows out of ``executemany``; the rows are ready, and come in the order of their key.
"""

import time
from typing import Any, Final

from distcore_sql import upgrade_store
from distcore_sql.tables import table_names

BATCH: Final = 20_000


def write_raw(source: str, target: str) -> tuple[float, int]:
    """Write all rows of a store into the empty database of another URL; return the seconds and the rows.

    Reading the rows is not counted, committing is.
    """
    from pymysql.cursors import SSCursor

    upgrade_store(target)
    seconds, count = 0.0, 0
    with connected(source) as reading, connected(target) as writing, writing.cursor() as cursor:
        for table in table_names():
            with reading.cursor(SSCursor) as rows:
                order = "ORDER BY joined_at, member" if table.endswith("_members") else ""
                rows.execute(f"SELECT * FROM {table} {order}")
                statement = insert_of(table, len(rows.description))
                while batch := rows.fetchmany(BATCH):
                    start = time.perf_counter()
                    cursor.executemany(statement, batch)
                    writing.commit()
                    seconds += time.perf_counter() - start
                    count += len(batch)
    return seconds, count


def connected(url: str) -> Any:
    """Return a bare connection to the database of a URL."""
    import pymysql
    from sqlalchemy import make_url

    place = make_url(url)
    return pymysql.connect(
        host=place.host,
        port=place.port or 3306,
        user=place.username,
        password=place.password or "",
        database=place.database,
        charset="utf8mb4",
    )


def insert_of(table: str, columns: int) -> str:
    """Return the statement that inserts a whole row, as the driver knows to repeat it."""
    return f"INSERT INTO {table} VALUES ({', '.join(['%s'] * columns)})"
