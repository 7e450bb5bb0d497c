"""Members, refunds and cancellations from files; sales have a module of their own.

A bad cell makes its member, refund or cancellation bad, and nobody else's.  What a file says twice in
the same words it says once; in other words, it is a problem.

The one rule this file protects: all good rows of a file are held at once, so how many there may be is
bounded while they are read.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeAlias

from attrs import frozen

from distcore.commission import Cancellation, Refund, RefundLine, refund_problems
from distcore.kernel import (
    Currency,
    InputError,
    Instant,
    LineId,
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
CANCELLATIONS: Final = Columns(("order_id", "cancelled_at"))

_STATES: Final = {state.value: state for state in State} | {"": State.ACTIVE}


Readers: TypeAlias = tuple[tuple[str, Callable[[str], Any]], ...]
"""Which columns are read, and how; the first names the row."""

_Rows: TypeAlias = list[tuple[Any, ...]]
"""The rows of a refund: the number of each, and what its cells mean."""

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
    found: dict[str, _Rows] = {}
    bad: set[str] = set()
    held = Held(file.name)
    for count, (number, id, values) in enumerate(keyed_rows(file, columns, problems, "refund")):
        bound(file, number, count, limits.FILE_CORRECTIONS_MAX)
        if values is None:
            held.add((id,))
            bad.add(id)
            continue
        held.add(each for each in values if isinstance(each, str))
        rows = found.setdefault(id, [])
        if len(rows) == limits.LINES_MAX:
            message = f"refund {shown(id)} has more than {limits.LINES_MAX} rows"
            raise InputError.of(file.at(number, "refund_id"), message, "no order has so many lines")
        rows.append((number, *values))
        if rows[0][1:5] != rows[-1][1:5]:
            message = f"refund {shown(id)} has other particulars at {file.at(rows[0][0])}"
            hint = "order_id, refunded_at and repeats are the same on all rows of a refund"
            problems.add(Problem(file.at(number, "refund_id"), message, hint))
            bad.add(id)
    problems.spoiled += len(bad)
    return _in_time(found, bad)


def _in_time(found: dict[str, "_Rows"], bad: set[str]) -> list[Placed[RefundRows]]:
    """Return the good refunds by the instant at which they happened; the rows are let go on the way."""
    good = []
    while found:
        id, rows = found.popitem()
        if id not in bad:
            good.append(_refund_of(rows))
    good.reverse()
    return sorted(good, key=lambda placed: placed.item.refunded_at)


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
    read = placed.item
    lines = []
    for row in read.rows:
        try:
            amount = amount_of(row.amount, currency, "write what went back as a positive amount")
            lines.append(RefundLine(row.line, row.units, amount))
        except InputError as error:
            for problem in in_cell(error, file.at(row.number, "amount"), f"refund {shown(read.id)}"):
                problems.add(problem)
    refund = Refund(read.id, read.sale, tuple(lines), read.refunded_at, read.repeats)
    whole = len(lines) == len(read.rows)
    found = refund_problems(refund) if whole else ()
    for problem in found:
        message = f"refund {shown(read.id)}: {problem.message}"
        problems.add(Problem(_cell(file, placed, problem.where), message, problem.hint))
    if found or not whole:
        problems.spoiled += 1
        return None
    return refund


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


def _cell(file: TableFile, placed: Placed[RefundRows], where: str) -> str:
    """Return the cell of a file of refunds that a path into a refund means, or its first row."""
    found = _line_path(where)
    if found is None:
        return file.at(placed.line, _COLUMN_OF.get(where, ""))
    place, name = found.groups()
    return file.at(placed.item.rows[int(place)].number, _COLUMN_OF[name or "line"])


def _state_of(text: str) -> State:
    if text not in _STATES:
        raise InputError.of("", f"not a status: {shown(text)}", ", ".join(state.value for state in State))
    return _STATES[text]


def bound(file: TableFile, number: int, count: int, most: int) -> None:
    """Refuse one row more than there may be; `count` were read before."""
    if count >= most:
        raise InputError.of(file.at(number), f"the file has more than {most} rows", "split the file")
