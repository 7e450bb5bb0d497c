"""What sealing costs those who write meanwhile.

A shop with twenty-four times the extract has sealed nothing yet.  Two processes accrue order by order all the
time.  In turns, three times, they are alone, a third one seals a twentieth of the time, it seals without a
pause, and it only computes.  Where there are fewer processors than processes, the third one takes its share
of them whatever it does: so what is written beside one that only computes is a second baseline, and there is
no limit for who never pauses.

``python -m benchmarks.bench_sealing 1 mariadb`` takes the extract once, and one database; what it finds is
printed and not kept.
"""

import subprocess
import sys
import tempfile
import time
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final

from attrs import define, evolve, field

from benchmarks.bench_accrue import ACTOR, BATCH, NOW
from benchmarks.bench_growth import copies
from benchmarks.bench_workers import SHOP, book, fill
from benchmarks.demo_extract import sales
from benchmarks.measure import Results
from benchmarks.places import Place, asked_for, durable_places
from distcore.engine import accrue_all
from distcore.kernel import RetryableError, SaleId
from distcore_sql import SqlStore

COPIES: Final = 24
WRITERS: Final = 2
ROUNDS: Final = 3
SECONDS: Final = 15.0
"""How long writers are watched at a time."""

SECONDS_SEALING: Final = 30.0
"""How long beside one that seals with pauses: some blocks."""

WARM_SECONDS: Final = 3.0
SLOWER_MAX: Final = 1.05
COPIES_MAX: Final = 10**6
"""More copies of the extract than a writer gets through."""

DUTY: Final = 5
"""Percent of the time in which it is sealed, where it shall not be noticed."""

COMPUTE: Final = "while True: pass"


@define
class Watched:
    """All times in which one thing went on beside the writers."""

    phases: list[tuple[float, float]] = field(factory=list)
    leaves: int = 0
    """How many were sealed meanwhile, and in the seconds before."""

    def rate(self, told: list[float]) -> float:
        """Return how many orders a second were done in them."""
        done = sum(start <= each < end for start, end in self.phases for each in told)
        return done / sum(end - start for start, end in self.phases)

    def watch(self, seconds: float) -> None:
        """Let time pass."""
        start = time.monotonic()
        time.sleep(seconds)
        self.phases.append((start, time.monotonic()))

    def watch_beside(self, command: list[str], seconds: float) -> None:
        """Let time pass while something runs that has started before, and is killed in the end."""
        other = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        time.sleep(WARM_SECONDS)
        self.watch(seconds)
        has_ended = other.poll() is not None
        other.kill()
        _, said = other.communicate()
        assert not has_ended, f"{command} came to its end too soon: {said}"


def fill_much(url: str, times: int) -> None:
    """Make a shop with the extract so many times, of which nothing is sealed."""
    fill(url)
    left = copies(sales(), times)
    with SqlStore.open(url, SHOP) as store:
        while batch := list(islice(left, BATCH)):
            with store.begin() as tx:
                accrue_all(tx, batch, at=NOW, actor=ACTOR)


def write(url: str, name: str) -> None:
    """Accrue order by order, and print when each was done, until somebody ends this."""
    with SqlStore.open(url, SHOP) as store:
        for sale in copies(sales(), COPIES_MAX):
            mine = evolve(sale, id=SaleId(f"{name}-{sale.id}"))
            try:
                store.run(partial(book, sale=mine))
            except RetryableError:
                continue
            print(time.monotonic(), flush=True)


def seal(url: str, duty: int) -> list[str]:
    """Return the command that seals all that is there, so many percent of the time."""
    options = ["--store", url, "--shop", SHOP]
    return [sys.executable, "-m", "distcore_cli", *options, "seal", "--duty", str(duty)]


def leaves_of(url: str) -> int:
    """Return how many leaves are sealed."""
    with SqlStore.open(url, SHOP) as store, store.begin(reading=True) as tx:
        return sum(map(tx.seals.count, tx.seals.kinds()))


def measure(results: Results, database: str, place: Place, folder: Path, times: int) -> None:
    """Let writers write through all phases, and compare."""
    with place() as url:
        fill_much(url, times)
        files = [folder / f"{database} {number}" for number in range(WRITERS)]
        writers = []
        for number, file in enumerate(files):
            with file.open("w") as output:
                command = [sys.executable, "-m", "benchmarks.bench_sealing", "write", url, f"writer {number}"]
                writers.append(subprocess.Popen(command, stdout=output))
        alone, with_pauses, without, computing = Watched(), Watched(), Watched(), Watched()
        try:
            time.sleep(WARM_SECONDS)
            for _ in range(ROUNDS):
                alone.watch(SECONDS)
                for sealing, duty, seconds in ((with_pauses, DUTY, SECONDS_SEALING), (without, 100, SECONDS)):
                    before = leaves_of(url)
                    sealing.watch_beside(seal(url, duty), seconds)
                    sealing.leaves += leaves_of(url) - before
                computing.watch_beside([sys.executable, "-c", COMPUTE], SECONDS)
            assert all(each.poll() is None for each in writers)
        finally:
            for each in writers:
                each.kill()
                each.wait()
    told = [float(line) for file in files for line in file.read_text().splitlines()]
    name = f"{database}, {WRITERS} writers"
    rates = {
        "alone": alone.rate(told),
        f"beside one that seals {DUTY} % of the time": with_pauses.rate(told),
        "beside one that seals without a pause": without.rate(told),
        "beside one that computes": computing.rate(told),
    }
    for what, rate in rates.items():
        results.add(f"{name}: {what}", rate, "orders/s")
    results.add(f"{name}: leaves sealed, with pauses", with_pauses.leaves, "leaves")
    results.add(f"{name}: leaves sealed, without", without.leaves, "leaves")
    of_order = [1 / rate for rate in rates.values()]
    limit = SLOWER_MAX if times == COPIES else None
    results.add(f"{name}: time of an order, with pauses", of_order[1], "s", baseline=of_order[0], limit=limit)
    results.add(
        f"{name}: time of an order, without, against computing", of_order[2], "s", baseline=of_order[3]
    )


def main() -> None:
    """Measure on each database, print, and write what is of all copies."""
    asked = sys.argv[1:]
    if asked[:1] == ["write"]:
        write(*asked[1:])
        return
    times, named = asked_for(asked, COPIES)
    results = Results("sealing")
    with tempfile.TemporaryDirectory() as folder:
        for database, place in durable_places(named).items():
            measure(results, database, place, Path(folder), times)
    if not asked:
        results.write()


if __name__ == "__main__":
    main()
