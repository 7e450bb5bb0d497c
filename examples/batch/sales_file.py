"""The file that the shop writes every evening: a row for each line of an order, order by order."""

import csv
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path

from attrs import frozen

from distcore.commission import Sale, SaleLine
from distcore.engine import Completion
from distcore.kernel import Currency, InputError, LineId, MemberId, Problem, SaleId, Sku

CURRENCY = Currency("CNY")
COLUMNS = ("order_id", "buyer", "sku", "units", "net_minor", "paid_at", "completed_at")


@frozen
class Order:
    """A paid order, when it was completed if it is, and how many rows of the file it takes."""

    sale: Sale
    completion: Completion | None
    rows: int


def count_rows(path: Path) -> int:
    """Return how many rows there are below the names of the columns; refuse a file of another kind."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = csv.reader(file)
        try:
            names = next(rows, [])
            if tuple(names) != COLUMNS:
                hint = f"not {', '.join(COLUMNS)}"
                raise InputError.of(str(path), f"its columns are {', '.join(names)}", hint)
            return sum(1 for _ in rows)
        except UnicodeDecodeError as error:
            raise InputError.of(str(path), "not UTF-8", "save it as UTF-8") from error


def read(path: Path) -> Iterator[Order | Problem]:
    """Yield each order, or what is wrong with it and from which row on."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        numbered = enumerate(csv.DictReader(file), start=2)
        for order_id, found in groupby(numbered, key=lambda each: each[1]["order_id"]):
            rows = list(found)
            try:
                yield _order(order_id, [row for _, row in rows])
            except (InputError, ValueError, TypeError) as error:
                yield Problem(f"{path.name}:{rows[0][0]}", str(error))


def _order(order_id: str, rows: Sequence[dict[str, str]]) -> Order:
    first, sale_id = rows[0], SaleId(order_id)
    if any(None in row.values() for row in rows):
        raise InputError.of("row", "it has fewer cells than there are columns")
    lines = [
        SaleLine(
            LineId(str(number)), Sku(row["sku"]), units=int(row["units"]), net_minor=int(row["net_minor"])
        )
        for number, row in enumerate(rows, start=1)
    ]
    paid_at = datetime.fromisoformat(first["paid_at"])
    sale = Sale(sale_id, buyer=MemberId(first["buyer"]), currency=CURRENCY, paid_at=paid_at, lines=lines)
    completed_at = first["completed_at"]
    completion = Completion(sale_id, datetime.fromisoformat(completed_at)) if completed_at else None
    return Order(sale, completion, len(rows))
