"""Closing a month, against statements written by hand that do the least of it.

A million accruals of a hundred thousand payees, released and on no statement.  The baseline makes the same
lines of them, and adds them up by payee: two statements.  Ours does the same, and states, carries,
withholds, and writes transfers and balances.  What the domain decides is measured apart, payee by payee.

Each runs in a process of its own; `python -m benchmarks.bench_close run URL` is ours.
`python -m benchmarks.bench_close mariadb` measures on one database; what it finds is printed and not kept.
"""

import subprocess
import sys
import time
from datetime import UTC, datetime
from random import Random
from typing import Any, Final

from benchmarks.measure import Results, peak_mib
from benchmarks.places import places
from distcore.engine import close_period, set_plan, set_policy, set_settlement
from distcore.engine.bookkeeping import balance_change, settled
from distcore.kernel import Currency, MemberId, Origin, OriginKind, ShopPolicy, zone_of
from distcore.settlement import (
    NOTHING_SO_FAR,
    Closing,
    CnLabour,
    Due,
    LineTotal,
    SettlementPolicy,
    assess,
    stated,
)
from distcore.testing.builders import a_plan
from distcore_sql import SqlStore, upgrade_store

CNY: Final = Currency("CNY")
SHOP: Final = "mall"
BEGIN: Final = datetime(2016, 1, 1, tzinfo=UTC)
SOLD: Final = datetime(2017, 1, 15, tzinfo=UTC)
NOW: Final = datetime(2017, 2, 2, tzinfo=UTC)
DUES: Final = 1_000_000
PAYEES: Final = 100_000
BATCH: Final = 50_000
POLICY: Final = SettlementPolicy(CNY, 1, BEGIN, minimum_minor=500, withholding=CnLabour())
WHO: Final[dict[str, Any]] = {"at": NOW, "actor": "benchmark"}

TAKE: Final = """
INSERT INTO distcore_statement_lines
       (shop, closing, payee, kind, ref, number, amount_minor, valid_at, released_at)
SELECT shop, 1, payee, kind, ref, number, amount_minor, valid_at, released_at FROM distcore_dues
WHERE shop = 'mall' AND currency = 'CNY' AND released_at < 1485878400000000
"""
OPEN: Final = "INSERT INTO distcore_closings VALUES ('mall', 1, 'CNY', '2017-01', 0, 1, 1, 1, 'hand')"
TOTALS: Final = """
SELECT payee, sum(amount_minor), count(*) FROM distcore_statement_lines
WHERE shop = 'mall' AND closing = 1 GROUP BY payee
"""


def fill(url: str, dues: int, payees: int) -> None:
    """Make a shop in which so much is due."""
    upgrade_store(url)
    random = Random(1)
    with SqlStore.open(url, SHOP) as store:
        with store.begin() as tx:
            set_policy(tx, ShopPolicy(zone_of("UTC"), (CNY,)), **WHO, key="policy")
            set_plan(tx, a_plan(), **WHO, key="plan")
            set_settlement(tx, POLICY, **WHO, key="settlement")
        for start in range(0, dues, BATCH):
            numbers = range(start, min(start + BATCH, dues))
            with store.begin() as tx:
                tx.dues.add([_due(random, number, payees) for number in numbers])


def _due(random: Random, number: int, payees: int) -> Due:
    origin = Origin(OriginKind.SALE, f"order {number}")
    payee = MemberId(f"member {random.randrange(payees):06}")
    return Due(origin, payee, CNY, random.randrange(1, 5_000), SOLD, SOLD)


def by_hand(url: str) -> float:
    """Return the seconds of the two statements; nothing of them stays."""
    with SqlStore.open(url, SHOP) as store, store._engine.connect() as connection, connection.begin() as tx:
        driver: Any = connection.connection.dbapi_connection
        cursor = driver.cursor()
        cursor.execute(OPEN)
        start = time.perf_counter()
        cursor.execute(TAKE)
        cursor.execute(TOTALS)
        cursor.fetchall()
        seconds = time.perf_counter() - start
        tx.rollback()
    return seconds


def ours(url: str) -> None:
    """Close the month; print the seconds, the statements, the peak memory in MiB, and what deciding took."""
    with SqlStore.open(url, SHOP) as store:
        start = time.perf_counter()
        with store.begin() as tx:
            closing = close_period(tx, CNY, "2017-01", **WHO, key="close")
            statements = tx.statements
        seconds = time.perf_counter() - start
        peak = peak_mib()
        with store.begin(reading=True) as tx:
            totals = list(tx.closings.totals(closing))
    print(seconds, statements, peak, deciding(closing, totals), len(totals))


def deciding(closing: Closing, totals: list[LineTotal]) -> float:
    """Return the seconds of deciding about every payee once more, and of nothing else."""
    start = time.perf_counter()
    for total in totals:
        statement = stated(closing, total, 0, POLICY, held=False)
        assessment = assess(statement, POLICY, "2017-02", NOTHING_SO_FAR) if statement.gross_minor else None
        settled(closing, statement, assessment, NOW)
        balance_change(statement, assessment)
    return time.perf_counter() - start


def measure(results: Results, database: str, url: str, dues: int, payees: int) -> float:
    """Fill, measure both, and return the peak memory of ours."""
    fill(url, dues, payees)
    hand = by_hand(url)
    command = [sys.executable, "-m", "benchmarks.bench_close", "run", url]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    seconds, statements, peak, decided, count = map(float, said.split())
    name = f"{database}, {dues:,} accruals of {payees:,} payees"
    limit = 3 if dues == DUES else None
    results.add(f"{name}: close, deciding apart", seconds - decided, "s", baseline=hand, limit=limit)
    results.add(f"{name}: close as a whole", seconds, "s", baseline=hand)
    results.add(f"{name}: deciding about a payee", decided / count * 1e6, "µs")
    results.add(f"{name}: statements", statements, "statements")
    results.add(f"{name}: peak memory", peak, "MiB")
    return peak


def main() -> None:
    """Measure a quarter and the whole on each database: memory must not grow with the accruals."""
    if sys.argv[1:2] == ["run"]:
        ours(sys.argv[2])
        return
    results = Results("close")
    for database, place in places([each.lower() for each in sys.argv[1:]]).items():
        peaks = []
        for dues, payees in ((DUES // 4, PAYEES), (DUES, PAYEES)):
            with place() as url:
                peaks.append(measure(results, database, url, dues, payees))
        results.add(
            f"{database}: memory at four times the accruals",
            peaks[1],
            "MiB",
            baseline=peaks[0],
            limit=1.2,
        )
    if not sys.argv[1:]:
        results.write()


if __name__ == "__main__":
    main()
