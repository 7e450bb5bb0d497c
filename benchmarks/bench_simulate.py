"""A plan against a whole year through the command line: 155,848 orders, 1,469,307 lines, in SQLite.

The baseline fetches the rows that a simulation rests on (sales, lines, corrections, and the facts added up by
sale, component, level and payee) with the raw driver, and does nothing with them.

``python -m benchmarks.bench_simulate extract`` runs the same on the extract, for a quick look; the path of a
store that `bench_year` or an import has filled spares the filling.
"""

import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Final

from benchmarks.bench_year import AT, DEMO
from benchmarks.measure import Results, measured

SHOP: Final = "default"
FETCHED: Final = 10_000
SECONDS_MAX: Final = 30

OTHER: Final = """
document = "commission-plan"
version = 1
id = "three-levels"
plan_version = 2
currency = "USD"
valid_from = 2017-01-01T00:00:00-05:00
freeze = { days = 7 }

[[components]]
kind = "upline"
id = "levels"
rules = [
    { id = "sponsor", levels = [1], pays = { kind = "percent", rate = "12%" } },
    { id = "second", levels = [2], pays = { kind = "percent", rate = "3%" } },
]
"""
"""A plan that pays two levels, where that of the year pays three."""

BY_THE_MONTH: Final = """
[[period_components]]
kind = "ladder"
id = "teams"
volume = "team"
subtract_legs = true
brackets = [{ from = "0", rate = "1%" }, { from = "5000.00", rate = "2%" }]

[[period_components]]
kind = "pool"
id = "partners"
share = "1%"
weights = { kind = "by_volume", volume = "team" }

[[period_components]]
kind = "matching"
id = "mentors"
of = ["levels"]
rates = ["20%"]
"""
"""What that plan pays by the month, too."""

BY_EARLIER_ORDERS: Final = OTHER.replace(
    "rules = [",
    """rules = [
    { id = "early", levels = [1], match = FIRST_THREE, pays = { kind = "percent", rate = "15%" } },""",
).replace("FIRST_THREE", '{ kind = "order_number", below = 4 }')
"""That plan, which pays more of the first three orders of a buyer."""

CAPS: Final = """
[[caps]]
id = "a buyer"
amount = "300.00"
per = "buyer"

[[caps]]
id = "a month"
amount = "500.00"
within = "monthly"
"""
"""What that plan pays at most; sales are granted that in the order in which they were paid."""

READ: Final = (
    "SELECT * FROM distcore_sales WHERE shop = ? ORDER BY sale",
    "SELECT * FROM distcore_sale_lines WHERE shop = ? ORDER BY sale, line",
    "SELECT * FROM distcore_corrections WHERE shop = ? ORDER BY sale, posting",
    "SELECT * FROM distcore_correction_lines WHERE shop = ? ORDER BY sale, posting, line",
    (
        "SELECT sale, component, level, payee, SUM(amount_minor) FROM distcore_accruals WHERE shop = ? "
        "GROUP BY sale, component, level, payee"
    ),
)


def command(store: Path, *arguments: str) -> tuple[float, float]:
    """Run a command of distcore; return its seconds and its peak memory in MiB."""
    options = ["--store", f"sqlite:///{store}", "--at", AT]
    return measured([sys.executable, "-m", "distcore_cli", *options, *arguments])


def fill(folder: Path, which: str, suffix: str) -> Path:
    """Make a store with the year, or with the extract."""
    measured([sys.executable, "-m", "benchmarks.complete_journey", which, str(folder / "files")])
    store = folder / "year.db"
    command(store, "init", "--policy", str(DEMO / "policy.toml"))
    command(store, "plan", "set", str(DEMO / "plan.toml"))
    for what in ("members", "sales", "refunds", "cancellations"):
        command(store, "import", what, str(folder / "files" / f"{what}{suffix}"))
    return store


def fetch(store: Path) -> tuple[float, int]:
    """Fetch the rows with the raw driver; return the seconds, and how many there are."""
    count = 0
    start = time.perf_counter()
    with closing(sqlite3.connect(store)) as connection:
        for query in READ:
            cursor = connection.execute(query, (SHOP,))
            while rows := cursor.fetchmany(FETCHED):
                count += len(rows)
    return time.perf_counter() - start, count


def measure(name: str, store: Path, folder: Path) -> None:
    """Measure each way to ask, print and write."""
    results = Results(name)
    other, monthly, early, capped, both = (
        _written(folder / f"{name}.toml", text)
        for name, text in (
            ("other", OTHER),
            ("monthly", OTHER + BY_THE_MONTH),
            ("early", BY_EARLIER_ORDERS),
            ("capped", OTHER + CAPS),
            ("both", BY_EARLIER_ORDERS + CAPS),
        )
    )
    in_force = str(DEMO / "plan.toml")
    raw, rows = fetch(store)
    results.add("rows fetched", rows, "rows")
    peak = 0.0
    for what, arguments in (
        ("the plan in force, against what was posted", [in_force]),
        ("another plan, against what was posted", [other]),
        ("another plan, against the one in force", [other, "--against", in_force]),
        ("another plan alone", [other, "--alone"]),
        ("another plan that pays by the month, against what was posted", [monthly]),
        ("another plan that asks for earlier orders, against what was posted", [early]),
        ("another plan under caps, against what was posted", [capped]),
        ("another plan that asks for earlier orders, under caps, against what was posted", [both]),
    ):
        seconds, used = command(store, "simulate", *arguments)
        results.add(what, seconds, "s", limit=SECONDS_MAX)
        results.add(f"{what}, over the rows alone", seconds, "s", baseline=raw)
        peak = max(peak, used)
    results.add("peak memory of a command", peak, "MiB", limit=200)
    results.write()


def _written(file: Path, text: str) -> str:
    file.write_text(text, encoding="utf-8")
    return str(file)


def main() -> None:
    """Fill a store or take a filled one, and measure."""
    asked = sys.argv[1:]
    extract = "extract" in asked
    given = [Path(each) for each in asked if each != "extract"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if given:
            store = given[0]
        else:
            store = fill(folder, "extract" if extract else "year", ".csv.gz" if extract else ".csv")
        measure("simulate_extract" if extract else "simulate", store, folder)


if __name__ == "__main__":
    main()
