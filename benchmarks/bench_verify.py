"""Comparing every sealed row with its seal, against only fetching the same rows with the raw driver.

The extract, copied until there are a million rows: sales, lines, postings, facts, transfers, commands.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any, Final

from benchmarks.bench_accrue import ACTOR, BATCH, NOW
from benchmarks.bench_growth import copies
from benchmarks.bench_workers import open_shop
from benchmarks.demo_extract import sales
from benchmarks.measure import Results
from benchmarks.postgresql import a_postgresql
from distcore.engine import accrue_all, check_seals, seal
from distcore_sql import SqlStore, upgrade_store
from distcore_sql.seals import LEAVES

COPIES: Final = 10
SHOP: Final = "benchmark"
FETCHED: Final = 10_000
REPEAT: Final = 3


def fill(url: str, times: int) -> None:
    """Make a shop with the sales of the extract so many times, and seal all of it."""
    upgrade_store(url)
    who: dict[str, Any] = {"at": NOW, "actor": ACTOR}
    with SqlStore.open(url, SHOP) as store:
        with store.begin() as tx:
            open_shop(tx)
        left = copies(sales(), times)
        while batch := list(islice(left, BATCH)):
            with store.begin() as tx:
                accrue_all(tx, batch, **who)
        with store.begin() as tx:
            seal(tx, **who, key="seal")


def fetch(store: SqlStore) -> int:
    """Fetch the rows of every table of facts in the order of its key; return how many there are."""
    count = 0
    with store._engine.connect() as connection:
        driver: Any = connection.connection.dbapi_connection
        for name in LEAVES:
            table = getattr(store._tables, name)
            key = ", ".join(column.name for column in table.primary_key.columns)
            cursor = driver.cursor()
            cursor.execute(f"SELECT * FROM {table.name} WHERE shop = '{SHOP}' ORDER BY {key}")
            while rows := cursor.fetchmany(FETCHED):
                count += len(rows)
            cursor.close()
        connection.rollback()
    return count


def check(store: SqlStore) -> int:
    """Compare all with the seals."""
    with store.begin(reading=True) as tx:
        found = check_seals(tx)
    assert not found.problems, found.problems[:3]
    return found.sealed


def best(work: Callable[[SqlStore], int], store: SqlStore) -> tuple[float, int]:
    """Return the seconds of the quickest of some turns, and what the work counted."""
    seconds, count = float("inf"), 0
    for _ in range(REPEAT):
        start = time.perf_counter()
        count = work(store)
        seconds = min(seconds, time.perf_counter() - start)
    return seconds, count


def measure(results: Results, database: str, url: str, times: int) -> None:
    """Fill, and measure both."""
    fill(url, times)
    with SqlStore.open(url, SHOP) as store:
        raw, rows = best(fetch, store)
        ours, leaves = best(check, store)
    results.add(f"{database}: rows fetched", rows, "rows")
    results.add(f"{database}: leaves that are sealed", leaves, "leaves")
    results.add(f"{database}: compare all with the seals", ours, "s", baseline=raw, limit=6)


def main() -> None:
    """Measure on each database, print and write."""
    times = 1 if "extract" in sys.argv[1:] else COPIES
    results = Results("verify")
    with tempfile.TemporaryDirectory() as folder:
        measure(results, "SQLite", f"sqlite:///{Path(folder) / 'verify.db'}", times)
    with a_postgresql() as url:
        measure(results, "PostgreSQL", url, times)
    results.write()


if __name__ == "__main__":
    main()
