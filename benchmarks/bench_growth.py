"""Whether the cost grows with the data, and with nothing else.

The same sales once, four times and sixteen times, into SQLite; one sale below 10 and below 100,000
sponsors.
"""

import gc
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Final

from attrs import evolve

from benchmarks.bench_accrue import ACTOR, BATCH, NOW
from benchmarks.bench_order import opened
from benchmarks.demo_extract import BEGINNING, sales
from benchmarks.measure import Results
from distcore.commission import Sale
from distcore.engine import accrue, accrue_all, join_all
from distcore.kernel import MemberId, SaleId
from distcore.referral import Newcomer
from distcore_sql import SqlStore

TIMES: Final = (1, 4, 16)
CHAIN: Final = 100_000
SHORT: Final = 10
SALES: Final = 200


def copies(of: list[Sale], times: int) -> Iterator[Sale]:
    """Yield the sales so many times, each copy with ids of its own."""
    for copy in range(times):
        for sale in of:
            yield evolve(sale, id=SaleId(f"{copy}-{sale.id}"))


def seconds_for(folder: Path, of: list[Sale], times: int) -> tuple[float, float]:
    """Accrue the sales so many times into a new store; return the seconds of a batch and of all.

    A batch takes the median of all batches: a single one may meet a slow moment of the disk.
    """
    taken = []
    with opened(folder / f"{times}.db") as store:
        left = copies(of, times)
        while len(batch := list(islice(left, BATCH))) == BATCH:
            gc.collect()
            start = time.perf_counter()
            with store.begin() as tx:
                accrue_all(tx, batch, at=NOW, actor=ACTOR)
            taken.append(time.perf_counter() - start)
    return median(taken), sum(taken)


def chain(length: int) -> list[Newcomer]:
    """Return members of whom each stands below the one before."""
    names = [MemberId(f"chain-{length}-{place}") for place in range(length)]
    return [
        Newcomer(name, BEGINNING, names[place - 1] if place else None) for place, name in enumerate(names)
    ]


def milliseconds_below(store: SqlStore, lengths: tuple[int, ...], of: list[Sale]) -> dict[int, float]:
    """Return the median time to accrue one sale of the lowest member of each chain, taken in turns."""
    for length in lengths:
        with store.begin() as tx:
            report = join_all(tx, chain(length), at=NOW, actor=ACTOR, key=f"chain-{length}")
        assert len(report.done) == length
    taken: dict[int, list[float]] = {length: [] for length in lengths}
    for sale in of:
        for length in lengths:
            buyer = MemberId(f"chain-{length}-{length - 1}")
            mine = evolve(sale, id=SaleId(f"{length}-{sale.id}"), buyer=buyer)
            start = time.perf_counter()
            with store.begin() as tx:
                accrue(tx, mine, at=NOW, actor=ACTOR, key=mine.id)
            taken[length].append(time.perf_counter() - start)
    return {length: median(each) * 1000 for length, each in taken.items()}


def main() -> None:
    """Measure, print and write."""
    results = Results("growth")
    of = sales()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        once = 0.0
        for times in TIMES:
            batch, together = seconds_for(folder, of, times)
            once = once or batch
            results.add(f"{BATCH} orders, at {times} times the data", batch, "s", baseline=once, limit=1.15)
            results.add(f"all orders, {times} times the data", together, "s")
        with opened(folder / "chain.db") as store:
            below = milliseconds_below(store, (SHORT, CHAIN), of[:SALES])
        results.add(f"a sale below {CHAIN:,} sponsors", below[CHAIN], "ms", baseline=below[SHORT], limit=1.15)
    results.write()


if __name__ == "__main__":
    main()
