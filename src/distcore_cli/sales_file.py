"""Sales from a file, one row a line: orders whole or not at all.

The lines of an order may stand anywhere in the file.  A first pass counts the rows of each order; the
second gives an order out as soon as its last row was read, so that memory holds the orders that are
begun, not the file.  One bad cell makes its whole order bad, and nobody else's.  An order with too many
lines refuses the file: it may be one without an end.
"""

from collections.abc import Iterator
from typing import Any, Final

from attrs import define, field, frozen

from distcore.commission import Sale, SaleLine
from distcore.kernel import (
    Currency,
    InputError,
    Instant,
    MemberId,
    Problem,
    SaleId,
    format_instant,
    id_problem,
    limits,
    parse_instant,
    shown,
)
from distcore_cli.cells import (
    Amounts,
    Meanings,
    Placed,
    currency_of,
    id_of,
    id_or_none,
    instant_or_none,
    read_row,
    tags_of,
    text_of,
    units_of,
)
from distcore_cli.problems import Problems
from distcore_cli.progress import Steps
from distcore_cli.table_file import Columns, Held, TableFile

SALES: Final = Columns(
    ("order_id", "line_id", "buyer_id", "sku", "units", "net", "currency", "paid_at"),
    (
        "promoter_id",
        "category",
        "list",
        "cost",
        "tax",
        "region",
        "channel",
        "brand",
        "tags",
        "buyer_group",
        "completed_at",
    ),
)

HEAD: Final = (
    "buyer_id",
    "promoter_id",
    "currency",
    "paid_at",
    "completed_at",
    "region",
    "channel",
    "buyer_group",
)
"""The columns that say the same on all lines of an order."""

LINE: Final = ("line_id", "sku", "units", "net", "category", "list", "cost", "tax", "brand", "tags")


@frozen
class Order:
    """A sale, and when it was completed if it was."""

    sale: Sale
    completed_at: Instant | None


@frozen
class _Head:
    """What the cells of `HEAD` mean."""

    buyer: MemberId
    promoter: MemberId | None
    currency: Currency
    paid_at: Instant
    completed_at: Instant | None
    region: str
    channel: str
    buyer_group: str


@define
class _Begun:
    """An order of which some rows were read: its lines, and how many rows are to come."""

    cells: tuple[str, ...]
    head: _Head | None
    rows_left: int
    numbers: list[int] = field(factory=list)
    lines: list[SaleLine] = field(factory=list)
    bad: bool = False
    bytes_held: int = 0
    lines_held: int = 0


class SalesFile:
    """The orders of a sales file; `rows` and `orders` are known after `count`."""

    def __init__(self, file: TableFile, problems: Problems, *, at: Instant) -> None:
        """Read a file as of an instant: nothing in it may be completed later."""
        self.rows = 0
        self.orders = 0
        self._file = file
        self._problems = problems
        self._at = at
        self._rows_of: dict[str, int] = {}
        self._held = Held(file.name)
        self._open_lines = 0
        self._ids: Meanings[Any] = Meanings(id_of)
        self._texts = Meanings(text_of)
        self._units = Meanings(units_of)
        self._tags = Meanings(tags_of)
        self._instants = Meanings(parse_instant)
        self._amounts = Amounts()

    def count(self, steps: Steps) -> None:
        """Read the file to its end and count the rows of every order; raise where it is damaged."""
        place = self._file.header.index("order_id")
        rows_of = self._rows_of
        nobodys = Problems()

        def read(position: int) -> None:
            steps.reached(position)
            self._bounded()

        for line, row in self._file.rows(read):
            id = row[place]
            if id in rows_of:
                rows_of[id] += 1
                if rows_of[id] > limits.LINES_MAX:
                    raise self._too_long(id, line)
            elif not id or id.isspace():
                hint = "the file is refused, because some order would lack this line"
                nobodys.add(Problem(self._file.at(line, "order_id"), "is blank", hint))
                nobodys.raise_at(limits.PROBLEMS_MAX)
            elif id_problem(id, "") is None:
                rows_of[id] = 1
                self._held.add((id,))
            self.rows += 1
        self._bounded()
        self.orders = len(rows_of)
        nobodys.raise_at(1)

    def read(self) -> Iterator[Placed[Order]]:
        """Yield each good order, placed by its first line, when its last row was read."""
        head_of, line_of = self._file.cells(HEAD), self._file.cells(LINE)
        place = self._file.header.index("order_id")
        begun: dict[str, _Begun] = {}
        for number, row in self._file.rows():
            row.append("")
            id = row[place]
            cells = head_of(row)
            order = begun.get(id)
            if order is None:
                order = self._begin(id, number, cells)
                if order is None:
                    continue
                begun[id] = order
            elif cells != order.cells:
                self._compare(id, order, number, cells)
            if order.head is not None:
                self._hold(order, number, row)
                self._add(id, order, number, line_of(row))
            order.rows_left -= 1
            if not order.rows_left:
                del begun[id]
                self._drop(order)
                sale = self._finish(id, order)
                if sale is None:
                    self._problems.spoiled += 1
                else:
                    yield Placed(order.numbers[0], sale)
        if begun or self._rows_of:
            raise self._changed()

    def _bounded(self) -> None:
        if len(self._rows_of) > limits.FILE_ORDERS_MAX:
            raise InputError.of(
                self._file.name, f"has more than {limits.FILE_ORDERS_MAX} orders", "split the file by order"
            )

    def _too_long(self, id: str, number: int) -> InputError:
        message = f"order {shown(id)} has more than {limits.LINES_MAX} lines"
        return InputError.of(self._file.at(number, "order_id"), message, "split the order")

    def _hold(self, order: _Begun, number: int, row: list[str]) -> None:
        """Count a line of an order that is not whole yet; refuse where too much would be held."""
        if order.rows_left == 1 and not order.bytes_held:
            return  # the only line of its order: it is held for no time
        order.bytes_held += self._held.add(row)
        order.lines_held += 1
        self._open_lines += 1
        if self._open_lines > limits.FILE_OPEN_LINES_MAX:
            message = f"{limits.FILE_OPEN_LINES_MAX} lines wait for other lines of their orders"
            raise InputError.of(self._file.at(number), message, "sort the file by order_id")

    def _drop(self, order: _Begun) -> None:
        """Let go of what was counted of an order."""
        if order.bytes_held:
            self._held.drop(order.bytes_held)
            self._open_lines -= order.lines_held

    def _changed(self) -> InputError:
        return InputError.of(self._file.name, "changed while it was read", "import it again")

    def _begin(self, id: str, number: int, cells: tuple[str, ...]) -> _Begun | None:
        """Return an order with its first row; None for a row whose order can't be named."""
        rows = self._rows_of.pop(id, 0)
        if not rows:
            problem = id_problem(id, self._file.at(number, "order_id"))
            if problem is None:
                raise self._changed()
            self._problems.add(problem)
            self._problems.spoiled += 1
            return None
        order = _Begun(cells, self._head(id, number, cells), rows)
        order.bad = order.head is None
        return order

    def _head(self, id: str, number: int, cells: tuple[str, ...]) -> _Head | None:
        ids, texts, instants = self._ids, self._texts, self._instants
        readers = (ids.__getitem__, id_or_none, currency_of, instants.__getitem__, instant_or_none)
        columns = tuple(zip(HEAD, (*readers, *(texts.__getitem__,) * 3), strict=True))
        values = read_row(self._file, number, columns, cells, self._problems, f"order {shown(id)}")
        if values is None:
            return None
        head = _Head(*values)
        completed_at, late = head.completed_at, ""
        if completed_at is not None and completed_at < head.paid_at:
            late = f"is before paid_at, {format_instant(head.paid_at)}"
        elif completed_at is not None and completed_at > self._at:
            late = f"is after {format_instant(self._at)}, the instant of this command"
        if late:
            self._problem(number, "completed_at", f"order {shown(id)}: {late}", "leave out what is not yet")
        return None if late else head

    def _add(self, id: str, order: _Begun, number: int, cells: tuple[str, ...]) -> None:
        """Read a line of an order; a bad one spoils it."""
        assert order.head is not None
        amounts = self._amounts[order.head.currency]
        ids, texts = self._ids, self._texts
        line_id, sku, units, net, category, listed, cost, tax, brand, tags = cells
        try:
            line = SaleLine(
                ids[line_id],
                ids[sku],
                self._units[units],
                amounts[net],
                texts[category],
                amounts[listed] if listed else None,
                amounts[cost] if cost else None,
                amounts[tax] if tax else None,
                texts[brand],
                self._tags[tags],
            )
        except InputError:
            self._explain(id, order, number, cells)
        else:
            order.lines.append(line)
            order.numbers.append(number)

    def _explain(self, id: str, order: _Begun, number: int, cells: tuple[str, ...]) -> None:
        """Name every bad cell of a line, now that there is one."""
        assert order.head is not None
        amounts = self._amounts[order.head.currency]

        def amount_or_none(text: str) -> int | None:
            return amounts[text] if text else None

        first = (id_of, id_of, units_of, amounts.__getitem__, text_of)
        readers = (*first, *(amount_or_none,) * 3, text_of, tags_of)
        columns = tuple(zip(LINE, readers, strict=True))
        read_row(self._file, number, columns, cells, self._problems, f"order {shown(id)}")
        order.bad = True

    def _compare(self, id: str, order: _Begun, number: int, cells: tuple[str, ...]) -> None:
        """Spoil an order whose rows disagree; two ways to write one instant agree."""
        for column, first, other in zip(HEAD, order.cells, cells, strict=True):
            if first != other and not self._same_instant(column, first, other):
                message = f"order {shown(id)}: {shown(other)} here, {shown(first)} above"
                self._spoil(order, number, column, message, "write the same on all lines of an order")

    def _same_instant(self, column: str, first: str, other: str) -> bool:
        if not column.endswith("_at"):
            return False
        try:
            return self._instants[first] == self._instants[other]
        except InputError:
            return False

    def _finish(self, id: str, order: _Begun) -> Order | None:
        """Return a whole order, or None for a bad one."""
        lines, head = order.lines, order.head
        if head is None or order.bad:
            return None
        if self._has_twins(id, order) or self._exceeds(id, order):
            return None
        sale = Sale(
            SaleId(id),
            head.buyer,
            head.currency,
            head.paid_at,
            tuple(lines),
            head.promoter,
            head.region,
            head.channel,
            head.buyer_group,
        )
        return Order(sale, head.completed_at)

    def _has_twins(self, id: str, order: _Begun) -> bool:
        """Say whether two lines of an order have the same id, and name the later one."""
        if len({line.id for line in order.lines}) == len(order.lines):
            return False
        seen: set[str] = set()
        for line, number in zip(order.lines, order.numbers, strict=True):
            if line.id in seen:
                message = f"order {shown(id)}: {shown(line.id)} stands twice"
                self._problem(number, "line_id", message, "give each line of an order its own id")
            seen.add(line.id)
        return True

    def _exceeds(self, id: str, order: _Begun) -> bool:
        if sum(line.net_minor for line in order.lines) <= limits.AMOUNT_MINOR_MAX:
            return False
        message = f"order {shown(id)}: its lines exceed {limits.AMOUNT_MINOR_MAX} minor units"
        self._problem(order.numbers[0], "net", message, "split the order")
        return True

    def _spoil(self, order: _Begun, number: int, column: str, message: str, hint: str) -> None:
        self._problem(number, column, message, hint)
        order.bad = True

    def _problem(self, number: int, column: str, message: str, hint: str) -> None:
        self._problems.add(Problem(self._file.at(number, column), message, hint))
