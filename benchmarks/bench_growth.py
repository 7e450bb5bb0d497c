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


def seconds_for(folder: Path, of: list[Sale], times: int) -> float:
    """Accrue the sales so many times into a new store; return the seconds that accruing took."""
    with opened(folder / f"{times}.db") as store:
        seconds, left = 0.0, copies(of, times)
        while batch := list(islice(left, BATCH)):
            gc.collect()
            start = time.perf_counter()
            with store.begin() as tx:
                accrue_all(tx, batch, at=NOW, actor=ACTOR)
            seconds += time.perf_counter() - start
    return seconds


def chain(length: int) -> list[Newcomer]:
    """Return members of whom each stands below the one before."""
    names = [MemberId(f"chain-{length}-{place}") for place in range(length)]
    return [
        Newcomer(name, BEGINNING, names[place - 1] if place else None) for place, name in enumerate(names)
    ]


def milliseconds_below(store: SqlStore, length: int, of: list[Sale]) -> float:
    """Return the median time to accrue one sale of the lowest member of a chain."""
    with store.begin() as tx:
        report = join_all(tx, chain(length), at=NOW, actor=ACTOR, key=f"chain-{length}")
    assert len(report.done) == length
    taken = []
    for sale in of:
        mine = evolve(sale, id=SaleId(f"{length}-{sale.id}"), buyer=MemberId(f"chain-{length}-{length - 1}"))
        start = time.perf_counter()
        with store.begin() as tx:
            accrue(tx, mine, at=NOW, actor=ACTOR, key=mine.id)
        taken.append(time.perf_counter() - start)
    return median(taken) * 1000


def main() -> None:
    """Measure, print and write."""
    results = Results("growth")
    of = sales()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        seconds_for(folder, of, 0)  # imports and caches are warm afterwards
        once = min(seconds_for(folder / str(turn), of, 1) for turn in _folders(folder, 3))
        for times in TIMES:
            taken = once if times == 1 else seconds_for(folder, of, times)
            results.add(f"{times} times the data", taken, "s", baseline=once * times, limit=1.15)
        with opened(folder / "chain.db") as store:
            short = milliseconds_below(store, SHORT, of[:SALES])
            long = milliseconds_below(store, CHAIN, of[:SALES])
        results.add(f"a sale below {CHAIN:,} sponsors", long, "ms", baseline=short, limit=1.15)
    results.write()


def _folders(folder: Path, count: int) -> list[int]:
    for turn in range(count):
        (folder / str(turn)).mkdir()
    return list(range(count))


if __name__ == "__main__":
    main()
