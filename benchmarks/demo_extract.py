"""The extract that the wheel ships, as values: what the benchmarks of single parts run on."""

import csv
import gzip
from collections.abc import Iterator
from importlib.resources import files
from itertools import groupby

from distcore.commission import Freeze, Percent, Plan, Rule, Sale, SaleLine, Upline
from distcore.kernel import (
    ComponentId,
    Currency,
    LineId,
    MemberId,
    PlanId,
    Rate,
    RuleId,
    SaleId,
    Sku,
    parse_instant,
    parse_minor,
)
from distcore.referral import Newcomer

USD = Currency("USD")
RATES_PPM = (0, 100_000, 50_000, 20_000)
BEGINNING = parse_instant("2017-01-01T00:00:00-05:00")


def rows(name: str) -> Iterator[dict[str, str]]:
    """Yield the rows of a file of the extract."""
    packed = files("distcore_cli").joinpath("demo", f"{name}.csv.gz").read_bytes()
    yield from csv.DictReader(gzip.decompress(packed).decode("utf-8").splitlines())


def newcomers() -> list[Newcomer]:
    """Return the members, all of them active: the bare loop knows no states."""
    return [
        Newcomer(
            MemberId(row["member_id"]),
            parse_instant(row["joined_at"]),
            MemberId(row["sponsor_id"]) if row["sponsor_id"] else None,
        )
        for row in rows("members")
    ]


def sales() -> list[Sale]:
    """Return the sales with all their lines."""
    found = []
    for order, lines in groupby(rows("sales"), key=lambda row: row["order_id"]):
        of_order = list(lines)
        first = of_order[0]
        found.append(
            Sale(
                SaleId(order),
                MemberId(first["buyer_id"]),
                USD,
                parse_instant(first["paid_at"]),
                tuple(_line(row) for row in of_order),
                region=first["region"],
            )
        )
    return found


def plan() -> Plan:
    """Return the plan of the demo: 10, 5 and 2 % of net on three levels."""
    rules = tuple(
        Rule(RuleId(f"level {level}"), Percent(Rate(ppm)), (level,))
        for level, ppm in enumerate(RATES_PPM)
        if level
    )
    levels = Upline(ComponentId("levels"), rules)
    return Plan(PlanId("three-levels"), 1, USD, BEGINNING, Freeze(days=7), (levels,))


def _line(row: dict[str, str]) -> SaleLine:
    return SaleLine(
        LineId(row["line_id"]),
        Sku(row["sku"]),
        int(row["units"]),
        parse_minor(row["net"], USD),
        category=row["category"],
        brand=row["brand"],
    )
