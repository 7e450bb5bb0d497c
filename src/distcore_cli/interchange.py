"""Members, refunds, prices and cancellations from files; sales have a module of their own.

A bad cell makes its member or its correction bad, and nobody else's.  What a file says twice in the same
words it says once; in other words, it is a problem.

The one rule this file protects: all good rows of a file are held at once, so how many there may be is
bounded while they are read.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from attrs import frozen

from distcore.commission import (
    Cancellation,
    PriceCorrection,
    PriceLine,
    Refund,
    RefundLine,
    price_problems,
    refund_problems,
)
from distcore.kernel import (
    Currency,
    InputError,
    Instant,
    LineId,
    PriceCorrectionId,
    Problem,
    RefundId,
    SaleId,
    limits,
    parse_instant,
    shown,
)
from distcore.referral import Newcomer, State
from distcore_cli.cells import (
    Meanings,
    Placed,
    amount_of,
    id_of,
    id_or_none,
    in_cell,
    read_row,
    text_of,
    units_of,
)
from distcore_cli.problems import Problems
from distcore_cli.table_file import Columns, Held, TableFile

MEMBERS: Final = Columns(("member_id", "sponsor_id", "joined_at"), ("tier", "status"))
REFUNDS: Final = Columns(("refund_id", "order_id", "line_id", "units", "amount", "refunded_at"), ("repeats",))
PRICES: Final = Columns(("correction_id", "order_id", "line_id", "net", "corrected_at"))
CANCELLATIONS: Final = Columns(("order_id", "cancelled_at"))

_STATES: Final = {state.value: state for state in State} | {"": State.ACTIVE}


Readers: TypeAlias = tuple[tuple[str, Callable[[str], Any]], ...]
"""Which columns are read, and how; the first names the row."""

_Rows: TypeAlias = list[tuple[Any, ...]]
"""The rows of a refund or a price correction: the number of each, and what its cells mean."""

_line_path = re.compile(r"lines\[(\d+)\](?:\.(\w+))?").fullmatch
_COLUMN_OF: Final = {
    "id": "refund_id",
    "sale": "order_id",
    "refunded_at": "refunded_at",
    "repeats": "repeats",
    "line": "line_id",
    "units": "units",
    "amount_minor": "amount",
}
_COLUMN_OF_PRICE: Final = {
    "id": "correction_id",
    "sale": "order_id",
    "corrected_at": "corrected_at",
    "line": "line_id",
    "net_minor": "net",
}
"""Column by the name of the field that it fills."""


@frozen
class RefundRow:
    """One line of a refund; the amount is still text, since the order decides its currency."""

    number: int
    line: LineId
    units: int
    amount: str


@frozen
class RefundRows:
    """The rows of one refund."""

    id: RefundId
    sale: SaleId
    refunded_at: Instant
    repeats: RefundId | None
    rows: tuple[RefundRow, ...]


@frozen
class PriceRow:
    """One line of a price correction; the net is still text, since the order decides its currency."""

    number: int
    line: LineId
    net: str


@frozen
class PriceRows:
    """The rows of one price correction."""

    id: PriceCorrectionId
    sale: SaleId
    corrected_at: Instant
    rows: tuple[PriceRow, ...]


def read_members(file: TableFile, problems: Problems) -> list[Placed[Newcomer]]:
    """Return the members of a file, in its order; all at once, since a sponsor may come last."""
    columns: Readers = (
        ("member_id", id_of),
        ("joined_at", Meanings(parse_instant).__getitem__),
        ("sponsor_id", id_or_none),
        ("tier", text_of),
        ("status", _state_of),
    )
    found: dict[str, Placed[Newcomer]] = {}
    held = Held(file.name)
    for count, (number, _, values) in enumerate(keyed_rows(file, columns, problems, "member")):
        bound(file, number, count, limits.FILE_MEMBERS_MAX)
        if values is None:
            problems.spoiled += 1
            continue
        newcomer = Newcomer(*values)
        first = found.get(newcomer.id)
        if first is None:
            held.add((newcomer.id, newcomer.sponsor or "", newcomer.tier))
            found[newcomer.id] = Placed(number, newcomer)
        elif first.item != newcomer:
            message = f"{shown(newcomer.id)} stands at {file.at(first.line)} with other particulars"
            problems.add(Problem(file.at(number, "member_id"), message, "name each member once"))
            problems.spoiled += 1
    return list(found.values())


def read_refunds(file: TableFile, problems: Problems) -> list[Placed[RefundRows]]:
    """Return the refunds of a file by the instant at which they happened.

    All at once: a chargeback may stand above the refund that it repeats.
    """
    columns: Readers = (
        ("refund_id", id_of),
        ("order_id", id_of),
        ("refunded_at", Meanings(parse_instant).__getitem__),
        ("repeats", id_or_none),
        ("line_id", id_of),
        ("units", units_of),
        ("amount", str),
    )
    found = _grouped(file, columns, problems, "refund", ("order_id", "refunded_at", "repeats"))
    return sorted(map(_refund_of, found), key=lambda placed: placed.item.refunded_at)


def read_prices(file: TableFile, problems: Problems) -> list[Placed[PriceRows]]:
    """Return the price corrections of a file by the instant at which they happened."""
    columns: Readers = (
        ("correction_id", id_of),
        ("order_id", id_of),
        ("corrected_at", Meanings(parse_instant).__getitem__),
        ("line_id", id_of),
        ("net", str),
    )
    found = _grouped(file, columns, problems, "price correction", ("order_id", "corrected_at"))
    return sorted(map(_price_of, found), key=lambda placed: placed.item.corrected_at)


def _grouped(
    file: TableFile, columns: Readers, problems: Problems, noun: str, same: Sequence[str]
) -> Iterator["_Rows"]:
    """Yield the rows of each thing that is good; what is in `same` all of its rows say alike."""
    found: dict[str, _Rows] = {}
    bad: set[str] = set()
    held = Held(file.name)
    key, end = columns[0][0], 2 + len(same)
    for count, (number, id, values) in enumerate(keyed_rows(file, columns, problems, noun)):
        bound(file, number, count, limits.FILE_CORRECTIONS_MAX)
        if values is None:
            held.add((id,))
            bad.add(id)
            continue
        held.add(each for each in values if isinstance(each, str))
        rows = found.setdefault(id, [])
        if len(rows) == limits.LINES_MAX:
            message = f"{noun} {shown(id)} has more than {limits.LINES_MAX} rows"
            raise InputError.of(file.at(number, key), message, "no order has so many lines")
        rows.append((number, *values))
        if rows[0][1:end] != rows[-1][1:end]:
            message = f"{noun} {shown(id)} has other particulars at {file.at(rows[0][0])}"
            alike = f"{', '.join(same[:-1])} and {same[-1]} are the same on all rows of a {noun}"
            problems.add(Problem(file.at(number, key), message, alike))
            bad.add(id)
    problems.spoiled += len(bad)
    return _let_go(found, bad)


def _let_go(found: dict[str, "_Rows"], bad: set[str]) -> Iterator["_Rows"]:
    """Yield the good ones in the order of the file; the rows are let go on the way."""
    for id in list(found):
        rows = found.pop(id)
        if id not in bad:
            yield rows


def read_cancellations(file: TableFile, problems: Problems) -> list[Placed[Cancellation]]:
    """Return the cancellations of a file, in its order."""
    columns: Readers = (("order_id", id_of), ("cancelled_at", Meanings(parse_instant).__getitem__))
    found: dict[str, Placed[Cancellation]] = {}
    held = Held(file.name)
    for count, (number, id, values) in enumerate(keyed_rows(file, columns, problems, "order")):
        bound(file, number, count, limits.FILE_CORRECTIONS_MAX)
        if values is None:
            problems.spoiled += 1
            continue
        cancellation = Cancellation(*values)
        first = found.get(id)
        if first is None:
            held.add((id,))
            found[id] = Placed(number, cancellation)
        elif first.item != cancellation:
            message = f"{shown(id)} stands at {file.at(first.line)} with another instant"
            problems.add(Problem(file.at(number, "cancelled_at"), message, "cancel each order once"))
            problems.spoiled += 1
    return list(found.values())


def refund_in(
    file: TableFile, placed: Placed[RefundRows], currency: Currency, problems: Problems
) -> Refund | None:
    """Return a refund with its amounts in the currency of its order, or None where one is bad."""
    read, what = placed.item, f"refund {shown(placed.item.id)}"
    lines = []
    for row in read.rows:
        try:
            amount = amount_of(row.amount, currency, "write what went back as a positive amount")
            lines.append(RefundLine(row.line, row.units, amount))
        except InputError as error:
            for problem in in_cell(error, file.at(row.number, "amount"), what):
                problems.add(problem)
    refund = Refund(read.id, read.sale, tuple(lines), read.refunded_at, read.repeats)
    whole, numbers = len(lines) == len(read.rows), [row.number for row in read.rows]
    found = refund_problems(refund) if whole else ()
    _add_all(found, file, what, numbers, _COLUMN_OF, problems)
    problems.spoiled += bool(found) or not whole
    return None if found or not whole else refund


def price_in(
    file: TableFile, placed: Placed[PriceRows], currency: Currency, problems: Problems
) -> PriceCorrection | None:
    """Return a price correction with its nets in the currency of its order, or None where one is bad."""
    read, what = placed.item, f"price correction {shown(placed.item.id)}"
    lines = []
    for row in read.rows:
        try:
            net = amount_of(row.net, currency, "write what the line should have been sold for")
            lines.append(PriceLine(row.line, net))
        except InputError as error:
            for problem in in_cell(error, file.at(row.number, "net"), what):
                problems.add(problem)
    price = PriceCorrection(read.id, read.sale, tuple(lines), read.corrected_at)
    whole, numbers = len(lines) == len(read.rows), [row.number for row in read.rows]
    found = price_problems(price) if whole else ()
    _add_all(found, file, what, numbers, _COLUMN_OF_PRICE, problems)
    problems.spoiled += bool(found) or not whole
    return None if found or not whole else price


def _add_all(
    found: Iterable[Problem],
    file: TableFile,
    what: str,
    numbers: Sequence[int],
    columns: Mapping[str, str],
    problems: Problems,
) -> None:
    """Report what is malformed about a correction, each with its cell."""
    for problem in found:
        where = _cell(file, numbers, problem.where, columns)
        problems.add(Problem(where, f"{what}: {problem.message}", problem.hint))


def keyed_rows(
    file: TableFile, columns: Readers, problems: Problems, noun: str
) -> Iterator[tuple[int, str, list[Any] | None]]:
    """Yield number, id and values of each row, no values for a bad one; the id stands in the first column.

    A row without an id refuses the whole file: something in it would lack this row.
    """
    cells_of = file.cells([column for column, _ in columns])
    key = columns[0][0]
    nobodys = Problems()
    for number, row in file.rows():
        row.append("")
        cells = cells_of(row)
        id = cells[0]
        if id and not id.isspace():
            yield number, id, read_row(file, number, columns, cells, problems, f"{noun} {shown(id)}")
        else:
            nobodys.add(Problem(file.at(number, key), "is blank", "the file is refused: name it"))
            nobodys.raise_at(limits.PROBLEMS_MAX)
    nobodys.raise_at(1)


def _refund_of(rows: "_Rows") -> Placed[RefundRows]:
    number, id, sale, refunded_at, repeats, *_ = rows[0]
    lines = tuple(RefundRow(each[0], *each[5:]) for each in rows)
    return Placed(number, RefundRows(id, sale, refunded_at, repeats, lines))


def _price_of(rows: "_Rows") -> Placed[PriceRows]:
    number, id, sale, corrected_at, *_ = rows[0]
    return Placed(number, PriceRows(id, sale, corrected_at, tuple(PriceRow(r[0], *r[4:]) for r in rows)))


def _cell(file: TableFile, numbers: Sequence[int], where: str, columns: Mapping[str, str]) -> str:
    """Return the cell that a path into a refund or a price correction means, or its first row."""
    found = _line_path(where)
    if found is None:
        return file.at(numbers[0], columns.get(where, ""))
    place, name = found.groups()
    return file.at(numbers[int(place)], columns[name or "line"])


def _state_of(text: str) -> State:
    if text not in _STATES:
        raise InputError.of("", f"not a status: {shown(text)}", ", ".join(state.value for state in State))
    return _STATES[text]


def bound(file: TableFile, number: int, count: int, most: int) -> None:
    """Refuse one row more than there may be; `count` were read before."""
    if count >= most:
        raise InputError.of(file.at(number), f"the file has more than {most} rows", "split the file")
