"""The same months, calculated a second time by somebody who has never seen the engine.

Nothing is imported from distcore: CSV rows, integers and a dictionary.  The plan is fixed: 10, 5 and 2
percent of net to levels 1 to 3, each line rounded half-up.  A suspended member's level is lost, the levels
above keep theirs.  The buyer earns nothing.
"""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

PERCENTS = (10, 5, 2)
ZONE = ZoneInfo("America/New_York")


def earnings_by_month(folder: Path) -> dict[tuple[str, str], int]:
    """Return cents by (payee, "2017-03") from the four files of a folder; a sum of zero is left out."""
    members = {row["member_id"]: row for row in rows(folder, "members")}
    cancelled = {row["order_id"]: row["cancelled_at"] for row in rows(folder, "cancellations")}
    refunds: defaultdict[tuple[str, str], list[tuple[str, int]]] = defaultdict(list)
    for row in rows(folder, "refunds"):
        refunds[row["order_id"], row["line_id"]].append((row["refunded_at"], cents(row["amount"])))
    earned: defaultdict[tuple[str, str], int] = defaultdict(int)
    for line in rows(folder, "sales"):
        left = cents(line["net"])
        steps = [(line["paid_at"], left)]  # when, and what is left of the line from then on
        for refunded_at, amount in sorted(refunds[line["order_id"], line["line_id"]]):
            left -= amount
            assert left >= 0, f"more was refunded than paid: {line}"
            steps.append((refunded_at, left))
        if line["order_id"] in cancelled:
            steps.append((cancelled[line["order_id"]], 0))
        payee = line["buyer_id"]
        for percent in PERCENTS:
            payee = members[payee]["sponsor_id"] if payee in members else ""
            if not payee:
                break
            if members[payee]["status"] == "suspended":
                continue
            before = 0
            for at, left_then in steps:
                value = (left_then * percent + 50) // 100
                earned[payee, month(at)] += value - before
                before = value
    return {key: amount for key, amount in earned.items() if amount}


def rows(folder: Path, name: str) -> Iterator[dict[str, str]]:
    """Yield the rows of one file, gzipped or plain."""
    plain = folder / f"{name}.csv"
    path, opener = (plain, open) if plain.exists() else (plain.with_suffix(".csv.gz"), gzip.open)
    with opener(path, "rt", encoding="utf-8", newline="") as text:
        yield from csv.DictReader(text)


def cents(text: str) -> int:
    """Return whole cents."""
    return int(Decimal(text) * 100)


def month(text: str) -> str:
    """Return the month of the shop's zone in which an instant lies."""
    return datetime.fromisoformat(text).astimezone(ZONE).strftime("%Y-%m")
