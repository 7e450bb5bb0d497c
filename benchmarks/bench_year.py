"""A year of a chain of shops through the command line into SQLite, against writing the same rows raw.

1,469,307 lines in 155,848 orders of 2,469 households: import and accrue, corrections, release, twelve
months of earnings.  The baseline writes all rows that came of it into the same tables, with the same
constraints and indexes and without triggers, with the raw driver's ``executemany``.

``python -m benchmarks.bench_year extract`` runs the same on the extract, for a quick look.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from benchmarks.measure import Results
from benchmarks.raw_sqlite import write_raw

ROOT: Final = Path(__file__).parents[1]
DEMO: Final = ROOT / "src" / "distcore_cli" / "demo"
AT: Final = "2018-06-01T00:00:00-04:00"


def run(command: list[str]) -> tuple[float, float]:
    """Run a command as a process of its own; return its seconds and its peak memory in MiB."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ)
    _, status, used = os.wait4(process.pid, 0)
    assert status == 0, f"{command} ended with status {status}"
    return time.perf_counter() - start, used.ru_maxrss / 1024


class Stages:
    """The commands of the run, their seconds together and the highest peak memory."""

    def __init__(self, results: Results, store: Path) -> None:
        self._results = results
        self._store = store
        self.seconds = 0.0
        self.peak = 0.0

    def run(self, name: str, *arguments: str, counts: bool = True) -> None:
        """Run one command of distcore, keep and print what it took."""
        options = ["--store", f"sqlite:///{self._store}", "--at", AT]
        seconds, peak = run([sys.executable, "-m", "distcore_cli", *options, *arguments])
        self._results.add(name, seconds, "s")
        self.seconds += seconds if counts else 0.0
        self.peak = max(self.peak, peak)


def months() -> list[str]:
    """Return the arguments that ask for the twelve months of the year."""
    return [part for month in range(1, 13) for part in ("--period", f"2017-{month:02}")]


def main() -> None:
    """Prepare, run the stages, write the baseline, print and write."""
    which = "extract" if "extract" in sys.argv[1:] else "year"
    results = Results("year" if which == "year" else "year_extract")
    with tempfile.TemporaryDirectory() as name:
        files, store = Path(name) / "files", Path(name) / "ours.db"
        run([sys.executable, "-m", "benchmarks.complete_journey", which, str(files)])
        suffix = ".csv" if which == "year" else ".csv.gz"
        stages = Stages(results, store)
        stages.run("init", "init", "--policy", str(DEMO / "policy.toml"))
        stages.run("plan set", "plan", "set", str(DEMO / "plan.toml"))
        for what in ("members", "sales", "refunds", "cancellations"):
            stages.run(f"import {what}", "import", what, str(files / f"{what}{suffix}"))
        stages.run("release", "release")
        stages.run("earnings of twelve months", "--format", "csv", "earnings", *months())
        stages.run("verify (not counted)", "verify", counts=False)
        raw, rows = write_raw(store, Path(name) / "raw.db")
        results.add("rows", rows, "rows")
        results.add("everything together", stages.seconds, "s", baseline=raw, limit=8)
        results.add("peak memory of a command", stages.peak, "MiB", limit=600)
        results.add("database", store.stat().st_size / 1024 / 1024, "MiB")
    results.write()


if __name__ == "__main__":
    main()
