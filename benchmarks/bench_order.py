"""One order in a transaction of its own: what a shop's checkout waits for.

Against a bare transaction that writes the same rows, ``synchronous=FULL`` on both sides.
"""

import sqlite3
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.bench_accrue import ACTOR, NOW
from benchmarks.demo_extract import USD, newcomers, plan, sales
from benchmarks.measure import Results
from benchmarks.raw_sqlite import copy_schema, insert_all, insert_of, rows_of_sale, tables_of
from distcore.engine import accrue, join_all, set_plan, set_policy
from distcore.kernel import ShopPolicy, zone_of
from distcore_sql import SqlStore, upgrade_store

ORDERS: Final = 1_000


def opened(path: Path) -> SqlStore:
    """Return a store with policy, plan and members, and no sale."""
    upgrade_store(f"sqlite:///{path}")
    store = SqlStore.open(f"sqlite:///{path}", "benchmark")
    with store.begin() as tx:
        policy = ShopPolicy(zone_of("America/New_York"), (USD,))
        set_policy(tx, policy, at=NOW, actor=ACTOR, key="policy")
        set_plan(tx, plan(), at=NOW, actor=ACTOR, key="plan")
        join_all(tx, newcomers(), at=NOW, actor=ACTOR)
    return store


def main() -> None:
    """Accrue order by order, write the same rows bare, print and write."""
    results = Results("order")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ours.db"
        store = opened(path)
        bare = copy_schema(path, Path(folder) / "bare.db")
        bare.execute("PRAGMA foreign_keys = OFF")  # the members and the plan are not there
        tables = tables_of(path)
        statements = {table: insert_of(bare, table) for table in tables}
        ours, theirs = [], []
        with sqlite3.connect(path) as reading:
            for sale in sales()[:ORDERS]:
                start = time.perf_counter()
                with store.begin() as tx:
                    accrue(tx, sale, at=NOW, actor=ACTOR, key=sale.id)
                ours.append(time.perf_counter() - start)
                rows = rows_of_sale(reading, tables, sale.id)
                ready = [(statements[table], batch) for table, batch in rows.items()]
                start = time.perf_counter()
                insert_all(bare, ready)
                theirs.append(time.perf_counter() - start)
        bare.close()
        store.close()
    unit = "ms per order"
    results.add("median", median(ours) * 1000, unit, baseline=median(theirs) * 1000, limit=5)
    results.add("all together", sum(ours) * 1000, "ms", baseline=sum(theirs) * 1000, limit=5)
    results.write()


if __name__ == "__main__":
    main()
