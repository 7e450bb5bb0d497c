"""A year of a chain of shops through the command line, against writing the same rows raw.

1,469,307 lines in 155,848 orders of 2,469 households: import and accrue, corrections, release, twelve
closes, twelve months of earnings.  The baseline writes all rows that came of it into the same tables, with
the same constraints and indexes and without triggers: into SQLite with the raw driver's ``executemany``,
into PostgreSQL with COPY.

``python -m benchmarks.bench_year extract`` runs the same on the extract, for a quick look; ``sqlite`` or
``postgresql`` runs one of the two.
"""

import sys
import tempfile
from pathlib import Path
from typing import Final

from benchmarks import raw_postgresql, raw_sqlite
from benchmarks.measure import Results, measured
from benchmarks.postgresql import a_postgresql

ROOT: Final = Path(__file__).parents[1]
DEMO: Final = ROOT / "src" / "distcore_cli" / "demo"
AT: Final = "2018-06-01T00:00:00-04:00"


class Stages:
    """The commands of the run, their seconds together and the highest peak memory."""

    def __init__(self, results: Results, url: str) -> None:
        self._results = results
        self._url = url
        self.seconds = 0.0
        self.peak = 0.0

    def run(self, name: str, *arguments: str, counts: bool = True) -> None:
        """Run one command of distcore, keep and print what it took."""
        seconds = self._run(*arguments)
        self._results.add(name, seconds, "s")
        self.seconds += seconds if counts else 0.0

    def close(self) -> None:
        """Close the months of the year, one by one."""
        taken = [self._run("settle", "close", "--currency", "USD", "--period", month) for month in MONTHS]
        self._results.add("twelve closes", sum(taken), "s")
        self.seconds += sum(taken)

    def _run(self, *arguments: str) -> float:
        options = ["--store", self._url, "--at", AT]
        seconds, peak = measured([sys.executable, "-m", "distcore_cli", *options, *arguments])
        self.peak = max(self.peak, peak)
        return seconds


MONTHS: Final = [f"2017-{month:02}" for month in range(1, 13)]


def told(results: Results, url: str, files: Path, suffix: str) -> Stages:
    """Run every command of a year."""
    stages = Stages(results, url)
    stages.run("init", "init", "--policy", str(DEMO / "policy.toml"))
    stages.run("plan set", "plan", "set", str(DEMO / "plan.toml"))
    stages.run("settlement set", "settlement", "set", str(Path(__file__).with_name("settlement.toml")))
    for what in ("members", "sales", "refunds", "cancellations"):
        stages.run(f"import {what}", "import", what, str(files / f"{what}{suffix}"))
    stages.run("release", "release")
    stages.close()
    asked = [part for month in MONTHS for part in ("--period", month)]
    stages.run("earnings of twelve months", "--format", "csv", "earnings", *asked)
    stages.run("seal (not counted)", "seal", counts=False)
    stages.run("verify (not counted)", "verify", counts=False)
    return stages


def compare(results: Results, stages: Stages, raw: float, rows: int) -> None:
    """Keep and print how the year compares."""
    results.add("rows", rows, "rows")
    results.add("everything together", stages.seconds, "s", baseline=raw, limit=8)
    results.add("peak memory of a command", stages.peak, "MiB", limit=600)


def in_sqlite(name: str, files: Path, suffix: str, folder: Path) -> None:
    """Run and compare in a file."""
    results = Results(name)
    store = folder / "ours.db"
    stages = told(results, f"sqlite:///{store}", files, suffix)
    compare(results, stages, *raw_sqlite.write_raw(store, folder / "raw.db"))
    results.add("database", store.stat().st_size / 1024 / 1024, "MiB")
    results.write()


def in_postgresql(name: str, files: Path, suffix: str) -> None:
    """Run and compare in a server."""
    results = Results(name)
    with a_postgresql() as url, a_postgresql() as target:
        stages = told(results, url, files, suffix)
        compare(results, stages, *raw_postgresql.write_raw(url, target))
    results.write()


def main() -> None:
    """Prepare, run the stages, write the baseline, print and write."""
    asked = sys.argv[1:]
    which = "extract" if "extract" in asked else "year"
    ending = "_extract" if which == "extract" else ""
    suffix = ".csv.gz" if which == "extract" else ".csv"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        measured([sys.executable, "-m", "benchmarks.complete_journey", which, str(folder / "files")])
        if "postgresql" not in asked:
            in_sqlite(f"year{ending}", folder / "files", suffix, folder)
        if "sqlite" not in asked:
            in_postgresql(f"year_postgresql{ending}", folder / "files", suffix)


if __name__ == "__main__":
    main()
