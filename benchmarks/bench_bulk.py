"""Importing and accruing a million lines, against writing the same rows raw.

The orders of the extract, again and again until there are as many lines; each copy has ids and members of
its own.  ``distcore import`` reads the files, and accrues and completes each order.  The baseline writes all
rows that came of it into the same tables, with the same constraints and indexes and without triggers: into
SQLite and MariaDB by ``executemany`` of the raw driver, into PostgreSQL by COPY.

``python -m benchmarks.bench_bulk 100000 mariadb`` takes fewer lines, and one database; what it finds is
printed and not kept.
"""

import csv
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count, groupby
from pathlib import Path
from typing import Final

from benchmarks import raw_mariadb, raw_postgresql, raw_sqlite
from benchmarks.bench_year import AT, DEMO
from benchmarks.demo_extract import rows
from benchmarks.measure import Results, measured
from benchmarks.places import Place, asked_for, places

LINES: Final = 1_000_000
RATIO_MAX: Final = 6
MEMORY_MAX_MIB: Final = 600

OF_COPY: Final = ("member_id", "sponsor_id", "order_id", "buyer_id")
"""The columns whose ids are a copy's own."""


def copied(name: str, copy: int) -> Iterator[dict[str, str]]:
    """Yield the rows of a file of the extract, with the ids of a copy; they sort as the copies do."""
    for row in rows(name):
        yield {
            column: f"{copy:03}-{cell}" if column in OF_COPY and cell else cell
            for column, cell in row.items()
        }


def sales(lines: int) -> Iterator[dict[str, str]]:
    """Yield whole orders, until there are at least so many lines."""
    written = 0
    for copy in count():
        for _, of_order in groupby(copied("sales", copy), key=lambda row: row["order_id"]):
            if written >= lines:
                return
            for row in of_order:
                written += 1
                yield row


def members(copies: int) -> Iterator[dict[str, str]]:
    """Yield the members of so many copies."""
    for copy in range(copies):
        yield from copied("members", copy)


def write(path: Path, found: Iterator[dict[str, str]]) -> dict[str, str]:
    """Write a file of rows, and return the last one."""
    row = next(found)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(row))
        writer.writeheader()
        writer.writerow(row)
        for row in found:
            writer.writerow(row)
    return row


def make_files(folder: Path, lines: int) -> None:
    """Write the files of sales and of members."""
    last = write(folder / "sales.csv", sales(lines))
    write(folder / "members.csv", members(int(last["order_id"].partition("-")[0]) + 1))


def distcore(url: str, *arguments: str) -> tuple[float, float]:
    """Run a command; return its seconds and its peak memory in MiB."""
    return measured([sys.executable, "-m", "distcore_cli", "--store", url, "--at", AT, *arguments])


def in_sqlite(url: str, target: str) -> tuple[float, int]:
    """Write the rows of a file raw into another one."""
    source, path = (Path(each.removeprefix("sqlite:///")) for each in (url, target))
    return raw_sqlite.write_raw(source, path)


RAW: Final[dict[str, Callable[[str, str], tuple[float, int]]]] = {
    "SQLite": in_sqlite,
    "PostgreSQL": raw_postgresql.write_raw,
    "MariaDB": raw_mariadb.write_raw,
}


def measure(results: Results, database: str, place: Place, folder: Path, lines: int) -> None:
    """Import into one place, write the same rows into another, and compare."""
    with place() as url, place() as target:
        distcore(url, "init", "--policy", str(DEMO / "policy.toml"))
        distcore(url, "plan", "set", str(DEMO / "plan.toml"))
        before, _ = distcore(url, "import", "members", str(folder / "members.csv"))
        seconds, peak = distcore(url, "import", "sales", str(folder / "sales.csv"))
        raw, written = RAW[database](url, target)
    name = f"{database}, {lines:,} lines"
    limit = RATIO_MAX if lines == LINES else None
    results.add(f"{name}: rows", written, "rows")
    results.add(f"{name}: import and accrue", before + seconds, "s", baseline=raw, limit=limit)
    results.add(f"{name}: peak memory", peak, "MiB", limit=MEMORY_MAX_MIB)


@contextmanager
def files(lines: int) -> Iterator[Path]:
    """Give a folder with the files."""
    with tempfile.TemporaryDirectory() as name:
        make_files(Path(name), lines)
        yield Path(name)


def main() -> None:
    """Measure on each database, print, and write what is of all lines."""
    lines, named = asked_for(sys.argv[1:], LINES)
    results = Results("bulk")
    with files(lines) as folder:
        for database, place in places(named).items():
            measure(results, database, place, folder, lines)
    if not sys.argv[1:]:
        results.write()


if __name__ == "__main__":
    main()
