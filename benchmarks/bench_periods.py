"""Accruing a period of a million members, in a random tree and in a chain.

In memory it is the pure part: columns become the values of a capped ladder of teams whose legs are taken off,
of a stepwise ladder of own volumes, of a pool and of what four generations earned; then every share that is
above zero is made, with its basis, page by page as it is written.  On a database it is the whole: members,
sales and facts are read, and facts, transfers and dues are written.

Seconds are those of the process itself, so that somebody else's work is not counted; only where a server
works for it they are those of the clock.  Each runs in a process of its own, so that its peak memory is its
own; `python -m benchmarks.bench_periods run random` is the pure part, `… run URL` the whole.  A number after
it is that of members, where a million are too many.
"""

import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from attrs import evolve

from benchmarks.bench_tiers import bought, sponsors_of
from benchmarks.measure import Results, peak_mib
from benchmarks.postgresql import a_postgresql
from distcore.commission import (
    SOLD,
    Accrual,
    Booking,
    Bracket,
    ByTier,
    How,
    Ladder,
    Matching,
    PeriodFacts,
    Plan,
    Pool,
    Posting,
    Sale,
    SaleLine,
    Standing,
    TierWeight,
    Volume,
    values_of,
)
from distcore.engine import accrue_period, set_plan, set_policy
from distcore.kernel import (
    ComponentId,
    Currency,
    Downlines,
    LineId,
    MemberId,
    Rate,
    Rounding,
    RuleId,
    SaleId,
    ShopPolicy,
    Sku,
    zone_of,
)
from distcore.referral import Member
from distcore.testing.builders import a_plan
from distcore_sql import SqlStore, upgrade_store

CNY: Final = Currency("CNY")
SHOP: Final = "mall"
BEGIN: Final = datetime(2016, 1, 1, tzinfo=UTC)
PAID: Final = datetime(2017, 1, 15, tzinfo=UTC)
NOW: Final = datetime(2017, 2, 20, tzinfo=UTC)
MEMBERS: Final = 1_000_000
BATCH: Final = 20_000
PAGE: Final = 5_000
SECONDS_MAX: Final = 60
MEMORY_MAX_MIB: Final = 2_048
WHO: Final[dict[str, Any]] = {"at": NOW, "actor": "benchmark"}
LEVELS: Final = ComponentId("levels")

BRACKETS: Final = tuple(
    Bracket(start, Rate.parse(rate))
    for start, rate in ((0, "3%"), (1_000_00, "6%"), (10_000_00, "12%"), (100_000_00, "21%"))
)
COMPONENTS: Final = (
    Ladder(
        ComponentId("teams"),
        BRACKETS,
        Volume.TEAM,
        How.WHOLE,
        leg_cap=Rate.parse("60%"),
        subtract_legs=True,
        budget=Rate.parse("10%"),
    ),
    Ladder(ComponentId("own"), BRACKETS, Volume.OWN, How.STEPWISE),
    Pool(ComponentId("pool"), Rate.parse("1%"), ByTier((TierWeight("gold", 3), TierWeight("", 1)))),
    Matching(
        ComponentId("match"),
        (LEVELS, ComponentId("teams")),
        tuple(map(Rate.parse, ("10%", "5%", "3%", "1%"))),
        compress=True,
    ),
)
"""Four components that ask for everything that takes a walk."""


def facts_of(shape: str, members: int) -> PeriodFacts:
    """Return what is known of a period in which three in ten bought something."""
    own = bought(members)
    return PeriodFacts(
        [MemberId(f"member {place:07}") for place in range(members)],
        Downlines.of(sponsors_of(shape, members)),
        ["gold" if place % 10 == 0 else "" for place in range(members)],
        [Standing.ACTIVE] * members,
        own,
        sum(own),
        {LEVELS: [minor // 10 for minor in own]},
        [(place, minor) for place, minor in enumerate(own) if minor],
    )


def pure(shape: str, members: int) -> None:
    """Calculate; print the seconds of the values and of all of it, the peak memory in MiB, and the shares."""
    facts = facts_of(shape, members)
    start = time.process_time()
    values = values_of(COMPONENTS, facts, Rounding.HALF_UP)
    seconds_of_values = time.process_time() - start
    count = 0
    for first in range(0, members, PAGE):
        places = range(first, min(first + PAGE, members))
        count += len([value.share(place) for value in values for place in places if value.amounts[place]])
    seconds = time.process_time() - start
    peak = peak_mib()
    print(seconds_of_values, seconds, peak, count)


def fill(url: str, shape: str, members: int) -> None:
    """Make a shop of so many members, of whom three in ten bought something that paid their sponsors."""
    upgrade_store(url)
    sponsors, own = sponsors_of(shape, members), bought(members)
    plan = evolve(a_plan(), valid_from=BEGIN, period_components=COMPONENTS)
    with SqlStore.open(url, SHOP) as store:
        with store.begin() as tx:
            set_policy(tx, ShopPolicy(zone_of("UTC"), (CNY,)), **WHO, key="policy")
            set_plan(tx, plan, **WHO, key="plan")
        for start in range(0, members, BATCH):
            places = range(start, min(start + BATCH, members))
            with store.begin() as tx:
                tx.members.add([_member(place, sponsors[place]) for place in places])
                sold = [_sold(place, own[place], sponsors[place], plan) for place in places if own[place]]
                tx.sales.book(sold, [])


def _member(place: int, sponsor: int) -> Member:
    above = None if sponsor < 0 else MemberId(f"member {sponsor:07}")
    tier = "gold" if place % 10 == 0 else ""
    return Member(MemberId(f"member {place:07}"), BEGIN, BEGIN, above, tier)


def _sold(place: int, minor: int, sponsor: int, plan: Plan) -> tuple[Booking, Posting]:
    line = SaleLine(LineId("1"), Sku("tea"), 1, minor)
    sale = Sale(SaleId(f"order {place:07}"), MemberId(f"member {place:07}"), CNY, PAID, (line,))
    booking = Booking(sale, plan.id, plan.plan_version, True, 0, NOW)
    payee = MemberId(f"member {max(sponsor, 0):07}")
    fact = Accrual(LineId("1"), LEVELS, RuleId("level 1"), payee, 1, minor // 10)
    return booking, Posting(sale.id, SOLD, PAID, NOW, (fact,))


def whole(url: str) -> None:
    """Accrue January, and once more; print the seconds of both, statements, memory in MiB, and facts."""
    clock = time.process_time if url.startswith("sqlite") else time.perf_counter
    with SqlStore.open(url, SHOP) as store:
        start = clock()
        with store.begin() as tx:
            first = accrue_period(tx, CNY, "2017-01", **WHO, key="accrue")
            statements = tx.statements
        seconds = clock() - start
        with store.begin() as tx:
            again = accrue_period(tx, CNY, "2017-01", **WHO, key="again")
        seconds_again = clock() - start - seconds
        peak = peak_mib()
        with store.begin(reading=True) as tx:
            facts = tx.period_runs.count()
    assert first.posting is not None
    assert again.posting is None
    print(seconds, seconds_again, statements, peak, facts)


def run(what: str, members: int) -> list[float]:
    """Run one of them in a process of its own, and return what it printed."""
    command = [sys.executable, "-m", "benchmarks.bench_periods", "run", what, str(members)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [float(each) for each in said.split()]


def measure(results: Results, database: str, url: str, shape: str, members: int) -> None:
    """Fill a database, and measure the whole on it."""
    fill(url, shape, members)
    seconds, again, statements, peak, facts = run(url, members)
    name = f"{database}, {members:,} members in a {shape}"
    results.add(f"{name}: accrue", seconds, "s")
    results.add(f"{name}: accrue again", again, "s")
    results.add(f"{name}: peak memory", peak, "MiB", limit=MEMORY_MAX_MIB)
    results.add(f"{name}: statements", statements, "statements")
    results.add(f"{name}: facts", facts, "facts")


def main() -> None:
    """Measure the pure part of both shapes, and the whole on each database, in a random tree."""
    if sys.argv[1:2] == ["run"]:
        members = int(sys.argv[3]) if len(sys.argv) > 3 else MEMBERS
        if "://" in sys.argv[2]:
            whole(sys.argv[2])
        else:
            pure(sys.argv[2], members)
        return
    members = int(sys.argv[1]) if len(sys.argv) > 1 else MEMBERS
    results = Results("periods")
    for shape in ("random tree", "chain"):
        values, seconds, peak, shares = run(shape.split()[0], members)
        name = f"in memory, {members:,} members in a {shape}"
        results.add(f"{name}: values", values, "s")
        results.add(f"{name}: values and shares", seconds, "s", limit=SECONDS_MAX)
        results.add(f"{name}: peak memory", peak, "MiB", limit=MEMORY_MAX_MIB)
        results.add(f"{name}: shares", shares, "shares")
    with tempfile.TemporaryDirectory() as folder:
        measure(results, "SQLite", f"sqlite:///{Path(folder) / 'periods.db'}", "random tree", members)
    with a_postgresql() as url:
        measure(results, "PostgreSQL", url, "random tree", members)
    results.write()


if __name__ == "__main__":
    main()
