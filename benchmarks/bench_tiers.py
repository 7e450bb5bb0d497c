"""Evaluating the tiers of a million members, in a random tree and in a chain.

In memory it is the pure part: columns of sponsors and of what everybody bought become sums over the forest,
and a decision about every member, all of which are kept.  On a database it is the whole: members and sales
are read, added up and decided, and decisions and changes of tier are written.

Seconds are those of the process itself, so that somebody else's work is not counted; only where a server
works for it they are those of the clock.  Each runs in a process of its own, so that its peak memory is its
own; `python -m benchmarks.bench_tiers run random` is the pure part, `… run URL` the whole.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any, Final

from benchmarks.measure import Results, peak_mib
from benchmarks.postgresql import a_postgresql
from distcore.commission import SOLD, Booking, Posting, Sale, SaleLine
from distcore.engine import evaluate_tiers, set_plan, set_policy, set_tier_policy
from distcore.kernel import (
    Currency,
    Downlines,
    LineId,
    MemberId,
    SaleId,
    ShopPolicy,
    Sku,
    direct_sums,
    recruits_with,
    strongest_legs,
    team_sums,
    zone_of,
)
from distcore.members import (
    AllOf,
    AnyOf,
    BalancedSales,
    Decision,
    HoldsTier,
    Measures,
    OwnSales,
    Recruits,
    Standing,
    TeamSales,
    Tier,
    TierPolicy,
    Years,
    decide,
)
from distcore.referral import Member
from distcore.testing.builders import a_plan
from distcore_sql import SqlStore, upgrade_store

CNY: Final = Currency("CNY")
SHOP: Final = "mall"
BEGIN: Final = datetime(2016, 1, 1, tzinfo=UTC)
PAID: Final = datetime(2017, 1, 15, tzinfo=UTC)
NOW: Final = datetime(2017, 2, 2, tzinfo=UTC)
MEMBERS: Final = 1_000_000
BUYERS: Final = 300_000
BATCH: Final = 20_000
SECONDS_MAX: Final = 60
MEMORY_MAX_MIB: Final = 2_048
WHO: Final[dict[str, Any]] = {"at": NOW, "actor": "benchmark"}

POLICY: Final = TierPolicy(
    1,
    CNY,
    BEGIN,
    (
        Tier("bronze", AnyOf((OwnSales(50_00), TeamSales(200_00)))),
        Tier("silver", AllOf((TeamSales(1_000_00), Recruits(2, 10_00)))),
        Tier("gold", AllOf((BalancedSales(3_000_00), Recruits(3, 10_00), Years(1)))),
        Tier("platinum", AllOf((BalancedSales(20_000_00), HoldsTier("gold")))),
    ),
    grace_periods=2,
)
"""Four tiers that ask for everything that takes a walk."""


def sponsors_of(shape: str, count: int) -> list[int]:
    """Return the place of everybody's sponsor: anybody who came before, or the last one."""
    random = Random(1)
    if shape == "chain":
        return list(range(-1, count - 1))
    return [-1, *(random.randrange(place) for place in range(1, count))]


def bought(count: int) -> list[int]:
    """Return what everybody bought: three in ten did."""
    random = Random(2)
    own = [0] * count
    for place in random.sample(range(count), count * BUYERS // MEMBERS):
        own[place] = random.randrange(1_00, 200_00)
    return own


def pure(shape: str) -> None:
    """Add up and decide; print the seconds of the sums and of all of it, and the peak memory in MiB."""
    sponsors, own = sponsors_of(shape, MEMBERS), bought(MEMBERS)
    ids = [MemberId(f"member {place:07}") for place in range(MEMBERS)]
    start = time.process_time()
    forest = Downlines.of(sponsors)
    teams = team_sums(forest, own)
    columns = (own, direct_sums(forest, own), teams, strongest_legs(forest, teams))
    recruits = [(each, recruits_with(forest, own, each)) for each in POLICY.recruit_amounts]
    sums = time.process_time() - start
    decisions = list(_decisions(ids, columns, recruits))
    seconds = time.process_time() - start
    print(sums, seconds, peak_mib(), len(decisions))


def _decisions(
    ids: Sequence[MemberId], columns: Sequence[Sequence[int]], recruits: Sequence[tuple[int, Sequence[int]]]
) -> Iterator[Decision]:
    nothing = Standing("")
    own, direct, teams, strongest = columns
    for place, member in enumerate(ids):
        counts = tuple([(asked, column[place]) for asked, column in recruits])
        measures = Measures(own[place], direct[place], teams[place], strongest[place], counts, 1)
        yield decide(POLICY, member, measures, nothing, number=1)


def fill(url: str, shape: str) -> None:
    """Make a shop with a million members, of whom three in ten bought something."""
    upgrade_store(url)
    sponsors, own = sponsors_of(shape, MEMBERS), bought(MEMBERS)
    plan = a_plan()
    with SqlStore.open(url, SHOP) as store:
        with store.begin() as tx:
            set_policy(tx, ShopPolicy(zone_of("UTC"), (CNY,)), **WHO, key="policy")
            set_plan(tx, plan, **WHO, key="plan")
            set_tier_policy(tx, POLICY, **WHO, key="tiers")
        for start in range(0, MEMBERS, BATCH):
            places = range(start, min(start + BATCH, MEMBERS))
            with store.begin() as tx:
                tx.members.add([_member(place, sponsors[place]) for place in places])
                tx.sales.book([_sold(place, own[place], plan) for place in places if own[place]], [])


def _member(place: int, sponsor: int) -> Member:
    above = None if sponsor < 0 else MemberId(f"member {sponsor:07}")
    return Member(MemberId(f"member {place:07}"), BEGIN, BEGIN, above)


def _sold(place: int, minor: int, plan: Any) -> tuple[Booking, Posting]:
    line = SaleLine(LineId("1"), Sku("tea"), 1, minor)
    sale = Sale(SaleId(f"order {place:07}"), MemberId(f"member {place:07}"), CNY, PAID, (line,))
    booking = Booking(sale, plan.id, plan.plan_version, True, 0, NOW)
    return booking, Posting(sale.id, SOLD, PAID, NOW, ())


def whole(url: str) -> None:
    """Evaluate January; print the seconds, the statements, the peak memory in MiB, and what came of it."""
    clock = time.process_time if url.startswith("sqlite") else time.perf_counter
    with SqlStore.open(url, SHOP) as store:
        start = clock()
        with store.begin() as tx:
            evaluation = evaluate_tiers(tx, "2017-01", **WHO, key="evaluate")
            statements = tx.statements
        seconds = clock() - start
        peak = peak_mib()
        with store.begin(reading=True) as tx:
            decided, changed = tx.tier_evaluations.count(), tx.members.revision()
    assert evaluation.number == 1
    print(seconds, statements, peak, decided, changed)


def run(what: str) -> list[float]:
    """Run one of them in a process of its own, and return what it printed."""
    command = [sys.executable, "-m", "benchmarks.bench_tiers", "run", what]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [float(each) for each in said.split()]


def measure(results: Results, database: str, url: str, shape: str) -> None:
    """Fill a database, and measure the whole on it."""
    fill(url, shape)
    seconds, statements, peak, decided, changed = run(url)
    name = f"{database}, {MEMBERS:,} members in a {shape}"
    results.add(f"{name}: evaluate", seconds, "s")
    results.add(f"{name}: peak memory", peak, "MiB", limit=MEMORY_MAX_MIB)
    results.add(f"{name}: statements", statements, "statements")
    results.add(f"{name}: decisions kept", decided, "decisions")
    results.add(f"{name}: tiers changed", changed, "changes")


def main() -> None:
    """Measure the pure part of both shapes, and the whole on each database, in a random tree."""
    if sys.argv[1:2] == ["run"]:
        (whole if "://" in sys.argv[2] else pure)(sys.argv[2])
        return
    results = Results("tiers")
    for shape in ("random tree", "chain"):
        sums, seconds, peak, _ = run(shape.split()[0])
        name = f"in memory, {MEMBERS:,} members in a {shape}"
        results.add(f"{name}: sums", sums, "s")
        results.add(f"{name}: evaluate", seconds, "s", limit=SECONDS_MAX)
        results.add(f"{name}: peak memory", peak, "MiB", limit=MEMORY_MAX_MIB)
    with tempfile.TemporaryDirectory() as folder:
        measure(results, "SQLite", f"sqlite:///{Path(folder) / 'tiers.db'}", "random tree")
    with a_postgresql() as url:
        measure(results, "PostgreSQL", url, "random tree")
    results.write()


if __name__ == "__main__":
    main()
