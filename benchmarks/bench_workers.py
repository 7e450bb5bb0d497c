"""Sixteen workers who accrue order by order, against bare transactions of the same statements.

Once, one after the other, all orders are accrued in a place of their own, and what is asked of the database
is written down.  Then sixteen processes accrue the same orders in a second place, and sixteen others run in a
third what was written down: the same texts with the same values, by the driver alone.  All three begin with
the same thousand orders, and every server waits for its disk.

``python -m benchmarks.bench_workers 2000 mariadb`` takes fewer orders, and one database; what it finds is
printed and not kept.
"""

import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeAlias, cast

from attrs import frozen
from sqlalchemy import Connection, Engine, Table, event

from benchmarks.bench_accrue import ACTOR, NOW
from benchmarks.bench_growth import copies
from benchmarks.demo_extract import USD, newcomers, plan, sales
from benchmarks.measure import Results
from benchmarks.places import asked_for, durable_places
from distcore.commission import Sale
from distcore.engine import accrue, accrue_all, join_all, set_plan, set_policy
from distcore.kernel import RetryableError, ShopPolicy, zone_of
from distcore_sql import SqlStore, SqlTransaction, create_store_engine, upgrade_store
from distcore_sql.copying import COPIES, Copy

ORDERS: Final = 10_000
WORKERS: Final = 16
BEFORE: Final = 1_000
"""Orders that are there before: a shop is never empty, and a planner has something to look at."""

WARM: Final = 2
"""Orders of each worker that are not counted: what is done once is done by then."""

SHOP: Final = "benchmark"
THROUGHPUT_MIN: Final = 0.8

Call: TypeAlias = tuple[str, str, Any]
"""What is asked: by which way of the driver, the text, and the values."""


@frozen
class Said:
    """What workers did together: seconds, transactions that were begun again, and errors that came out."""

    seconds: float
    again: int
    errors: int


def open_shop(tx: SqlTransaction) -> None:
    """Give a new shop the policy, the plan and the members of the extract."""
    who: dict[str, Any] = {"at": NOW, "actor": ACTOR}
    set_policy(tx, ShopPolicy(zone_of("America/New_York"), (USD,)), **who, key="policy")
    set_plan(tx, plan(), **who, key="plan")
    join_all(tx, newcomers(), **who)


def fill(url: str) -> None:
    """Make a shop with some orders."""
    upgrade_store(url)
    with SqlStore.open(url, SHOP) as store:
        with store.begin() as tx:
            open_shop(tx)
        with store.begin() as tx:
            accrue_all(tx, sales()[-BEFORE:], at=NOW, actor=ACTOR)
        if store._engine.dialect.name == "postgresql":
            with store._engine.begin() as connection:
                connection.exec_driver_sql("ANALYZE")


def book(tx: SqlTransaction, sale: Sale) -> None:
    """Accrue one order."""
    accrue(tx, sale, at=NOW, actor=ACTOR, key=sale.id)


@contextmanager
def noted(engine: Engine) -> Iterator[list[Call]]:
    """Write down what is asked of a database meanwhile."""
    found: list[Call] = []

    def note(_connection: Any, _cursor: Any, text: str, values: Any, _context: Any, many: bool) -> None:
        found.append(("executemany" if many else "execute", text, values))

    def note_copy(copy: Copy, connection: Connection, table: Table, rows: Sequence[Sequence[Any]]) -> None:
        names = ", ".join(column.name for column in table.c)
        types = ["int8" if column.type.python_type is int else "text" for column in table.c]
        text = f"COPY {table.name} ({names}) FROM STDIN (FORMAT BINARY)"
        found.append(("copy", text, (types, list(rows))))
        copy(connection, table, rows)

    ways, before = cast("dict[str, Copy]", COPIES), dict(COPIES)
    event.listen(engine, "before_cursor_execute", note)
    ways.update({name: partial(note_copy, copy) for name, copy in before.items()})
    yield found
    ways.update(before)
    event.remove(engine, "before_cursor_execute", note)


def written_down(url: str, orders: Sequence[Sale]) -> list[list[Call]]:
    """Accrue orders one after the other; return what each asked of the database."""
    asked = []
    with SqlStore.open(url, SHOP) as store, noted(store._engine) as calls:
        for sale in orders:
            store.run(partial(book, sale=sale))
            asked.append(list(calls))
            calls.clear()
    return asked


def ours(url: str, path: Path) -> None:
    """Accrue the orders of a worker, each in a transaction of its own."""
    orders: list[Sale] = pickle.loads(path.read_bytes())  # noqa: S301 our own file
    tries = errors = 0

    def count(tx: SqlTransaction, sale: Sale) -> None:
        nonlocal tries
        tries += 1
        book(tx, sale)

    with SqlStore.open(url, SHOP) as store:
        for place, sale in enumerate(orders):
            wait_at(place)
            try:
                store.run(partial(count, sale=sale))
            except RetryableError:
                errors += 1
    print(tries - len(orders), errors, flush=True)


def bare(url: str, path: Path) -> None:
    """Run what was written down for a worker, by a connection that is set up as ours are."""
    asked: list[list[Call]] = pickle.loads(path.read_bytes())  # noqa: S301 our own file
    engine = create_store_engine(url)
    again = 0
    driver: Any = engine.raw_connection().driver_connection
    cursor = driver.cursor()
    for place, calls in enumerate(asked):
        wait_at(place)
        while not done(driver, cursor, calls, engine.dialect.loaded_dbapi.OperationalError):
            again += 1
    driver.close()
    print(again, 0, flush=True)


def done(driver: Any, cursor: Any, calls: Sequence[Call], conflict: type[Exception]) -> bool:
    """Run a transaction; return whether it was done, or met somebody else."""
    try:
        for way, text, values in calls:
            WAYS[way](cursor, text, values)
        driver.commit()
    except conflict:
        driver.rollback()
        return False
    return True


def execute(cursor: Any, text: str, values: Any) -> None:
    """Run a statement, and fetch what it finds."""
    cursor.execute(text, values)
    if cursor.description is not None:
        cursor.fetchall()


def execute_many(cursor: Any, text: str, values: Any) -> None:
    """Insert some rows."""
    cursor.executemany(text, values)


def copy_rows(cursor: Any, text: str, values: Any) -> None:
    """Copy some rows."""
    types, rows = values
    with cursor.copy(text) as copy:
        copy.set_types(types)
        for row in rows:
            copy.write_row(row)


WAYS: Final[dict[str, Callable[[Any, str, Any], None]]] = {
    "execute": execute,
    "executemany": execute_many,
    "copy": copy_rows,
}


def wait_at(place: int) -> None:
    """Say that the first orders are done, and wait for all others."""
    if place == WARM:
        print("ready", flush=True)
        sys.stdin.readline()


def together(folder: Path, way: str, url: str, work: Sequence[Any]) -> Said:
    """Let workers do their work at once: every so many-th piece of it each."""
    fill(url)
    workers = []
    for number in range(WORKERS):
        path = folder / f"{way} {number}"
        path.write_bytes(pickle.dumps(list(work[number::WORKERS])))
        command = [sys.executable, "-m", "benchmarks.bench_workers", way, url, str(path)]
        workers.append(
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        )
    for each in workers:
        assert each.stdout is not None
        assert each.stdout.readline() == "ready\n"
    start = time.perf_counter()
    for each in workers:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    said = [each.communicate()[0].split() for each in workers]
    seconds = time.perf_counter() - start
    assert all(each.returncode == 0 for each in workers)
    return Said(seconds, sum(int(each[0]) for each in said), sum(int(each[1]) for each in said))


def measure(results: Results, database: str, place: Any, folder: Path, orders: int) -> None:
    """Write down, let both kinds of workers work, and compare."""
    work = list(islice(copies(sales(), orders // len(sales()) + 2), orders + WARM * WORKERS))
    with place() as url:
        fill(url)
        asked = written_down(url, work)
    with place() as url:
        theirs = together(folder, "bare", url, asked)
    with place() as url:
        said = together(folder, "ours", url, work)
    name = f"{database}, {WORKERS} workers, {orders:,} orders"
    results.add(f"{name}: bare transactions", orders / theirs.seconds, "orders/s")
    results.add(f"{name}: accrue", orders / said.seconds, "orders/s")
    taken = said.seconds * 1000 / orders
    results.add(
        f"{name}: time of an order",
        taken,
        "ms",
        baseline=theirs.seconds * 1000 / orders,
        limit=1 / THROUGHPUT_MIN if orders == ORDERS else None,
    )
    results.add(f"{name}: transactions begun again, bare", theirs.again, "times")
    results.add(f"{name}: transactions begun again", said.again, "times")
    results.add(f"{name}: conflicts that came out", said.errors, "errors", limit=0)


def main() -> None:
    """Measure on each database, print, and write what is of all orders."""
    asked = sys.argv[1:]
    if asked and asked[0] in ("ours", "bare"):
        (ours if asked[0] == "ours" else bare)(asked[1], Path(asked[2]))
        return
    orders, named = asked_for(asked, ORDERS)
    results = Results("workers")
    with tempfile.TemporaryDirectory() as folder:
        for database, place in durable_places(named).items():
            measure(results, database, place, Path(folder), orders)
    if not asked:
        results.write()


if __name__ == "__main__":
    main()
