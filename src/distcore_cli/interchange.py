"""Members, refunds and cancellations from CSV files; sales have a module of their own.

A bad cell makes its member, refund or cancellation bad, and nobody else's.  What a file says twice in
the same words it says once; in other words, it is a problem.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

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
from distcore_cli.csv_reader import Columns, CsvFile, Problems

MEMBERS: Final = Columns(("member_id", "sponsor_id", "joined_at"), ("tier", "status"))
REFUNDS: Final = Columns(("refund_id", "order_id", "line_id", "units", "amount", "refunded_at"), ("repeats",))
CANCELLATIONS: Final = Columns(("order_id", "cancelled_at"))

_STATES: Final = {state.value: state for state in State} | {"": State.ACTIVE}


_Readers = tuple[tuple[str, Callable[[str], Any]], ...]


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


def read_members(file: CsvFile, problems: Problems) -> list[Placed[Newcomer]]:
    """Return the members of a file, in its order; all at once, since a sponsor may come last."""
    columns: _Readers = (
        ("member_id", id_of),
        ("joined_at", Meanings(parse_instant).__getitem__),
        ("sponsor_id", id_or_none),
        ("tier", text_of),
        ("status", _state_of),
    )
    found: dict[str, Placed[Newcomer]] = {}
    for number, _, values in _rows(file, columns, problems, "member"):
        if values is None:
            problems.spoiled += 1
            continue
        newcomer = Newcomer(*values)
        first = found.setdefault(newcomer.id, Placed(number, newcomer))
        if first.item != newcomer:
            message = f"{shown(newcomer.id)} stands on line {first.line} with other particulars"
            problems.add(Problem(file.at(number, "member_id"), message, "name each member once"))
            problems.spoiled += 1
        _bound(file, len(found), limits.FILE_MEMBERS_MAX, "members")
    return list(found.values())


def read_refunds(file: CsvFile, problems: Problems) -> list[Placed[RefundRows]]:
    """Return the refunds of a file by the instant at which they happened.

    All at once: a chargeback may stand above the refund that it repeats.
    """
    columns: _Readers = (
        ("refund_id", id_of),
        ("order_id", id_of),
        ("refunded_at", Meanings(parse_instant).__getitem__),
        ("repeats", id_or_none),
        ("line_id", id_of),
        ("units", units_of),
        ("amount", str),
    )
    found: dict[str, list[tuple[int, list[Any]]]] = {}
    bad: set[str] = set()
    for number, id, values in _rows(file, columns, problems, "refund"):
        if values is None:
            bad.add(id)
            continue
        rows = found.setdefault(id, [])
        rows.append((number, values))
        if rows[0][1][:4] != values[:4]:
            message = f"refund {shown(id)} has other particulars on line {rows[0][0]}"
            hint = "order_id, refunded_at and repeats are the same on all rows of a refund"
            problems.add(Problem(file.at(number, "refund_id"), message, hint))
            bad.add(id)
        _bound(file, len(found), limits.FILE_ORDERS_MAX, "refunds")
    problems.spoiled += len(bad)
    good = [_refund_of(rows) for id, rows in found.items() if id not in bad]
    return sorted(good, key=lambda placed: placed.item.refunded_at)


def read_cancellations(file: CsvFile, problems: Problems) -> list[Placed[Cancellation]]:
    """Return the cancellations of a file, in its order."""
    columns: _Readers = (("order_id", id_of), ("cancelled_at", Meanings(parse_instant).__getitem__))
    found: dict[str, Placed[Cancellation]] = {}
    for number, id, values in _rows(file, columns, problems, "order"):
        if values is None:
            problems.spoiled += 1
            continue
        cancellation = Cancellation(*values)
        first = found.setdefault(id, Placed(number, cancellation))
        if first.item != cancellation:
            message = f"{shown(id)} stands on line {first.line} with another instant"
            problems.add(Problem(file.at(number, "cancelled_at"), message, "cancel each order once"))
            problems.spoiled += 1
        _bound(file, len(found), limits.FILE_ORDERS_MAX, "orders")
    return list(found.values())


def refund_in(
    file: CsvFile, placed: Placed[RefundRows], currency: Currency, problems: Problems
) -> Refund | None:
    """Return a refund with its amounts in the currency of its order, or None where one is bad."""
    read = placed.item
    lines = []
    for row in read.rows:
        try:
            lines.append(RefundLine(row.line, row.units, amount_of(row.amount, currency)))
        except InputError as error:
            for problem in in_cell(error, file.at(row.number, "amount"), f"refund {shown(read.id)}"):
                problems.add(problem)
    refund = Refund(read.id, read.sale, tuple(lines), read.refunded_at, read.repeats)
    whole = len(lines) == len(read.rows)
    found = refund_problems(refund) if whole else ()
    for problem in found:
        message = f"refund {shown(read.id)}: {problem.where} {problem.message}"
        problems.add(Problem(file.at(placed.line), message, problem.hint))
    if found or not whole:
        problems.spoiled += 1
        return None
    return refund


def _rows(
    file: CsvFile, columns: _Readers, problems: Problems, noun: str
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
    if nobodys.kept:
        raise InputError(tuple(nobodys.kept))


def _refund_of(rows: list[tuple[int, list[Any]]]) -> Placed[RefundRows]:
    number, values = rows[0]
    id, sale, refunded_at, repeats = values[:4]
    lines = tuple(RefundRow(each, *cells[4:]) for each, cells in rows)
    return Placed(number, RefundRows(id, sale, refunded_at, repeats, lines))


def _state_of(text: str) -> State:
    if text not in _STATES:
        raise InputError.of("", f"not a status: {shown(text)}", ", ".join(state.value for state in State))
    return _STATES[text]


def _bound(file: CsvFile, count: int, most: int, what: str) -> None:
    if count > most:
        raise InputError.of(file.name, f"has more than {most} {what}", "split the file")
