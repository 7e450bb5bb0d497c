"""`distcore.pricing.PlacedOrders` in tables: a quote as a document, and beside it what became of it.

The rule this file protects: a step is written by the number of steps that were read; the key lets one win.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from attrs import frozen
from sqlalchemy import Executable, bindparam, literal_column, select

from distcore.codec import Media, dump_quote, load_quote
from distcore.kernel import Instant, SaleId, micros_of
from distcore.pricing import STEPS_MAX, OrderStep, PlacedOrder
from distcore_sql.paging import page_of, paged
from distcore_sql.rows import readable, stored_instant, stored_word
from distcore_sql.statements import Statements, of_shop
from distcore_sql.tables import Tables

PAGE: Final = 100
"""Quotes that are read at a time: each may be long."""


class SqlPlacedOrders:
    """What buyers agreed to."""

    def __init__(self, statements: Statements) -> None:
        """Read and write on the statements of a transaction."""
        self._sql = statements

    def put(self, placed: PlacedOrder) -> None:
        """Write an order; of two at once the key lets one win."""
        row = placed.order, placed.member, dump_quote(placed.quote), micros_of(placed.placed_at)
        self._sql.insert("placed_orders", [row])

    def of(self, order: SaleId) -> PlacedOrder | None:
        """Return an order, or None."""
        row = self._sql.first(_of, sale=order)
        return None if row is None else _placed_of(row)

    def step(self, placed: PlacedOrder, step: OrderStep, *, at: Instant) -> None:
        """Write the next step of an order; of two at once the key lets one win."""
        self._sql.insert("order_steps", [(placed.order, placed.steps + 1, step.value, micros_of(at))])

    def all(self) -> Iterator[PlacedOrder]:
        """Yield every order by id, a page at a time."""
        return map(_placed_of, paged(self._sql, _Page, 1, PAGE))


def _placed_of(row: Sequence[Any]) -> PlacedOrder:
    sale, member, body, placed_at, *steps = row
    with readable("quote"):
        quote = load_quote(body.encode(), Media.JSON)
    placed = PlacedOrder(SaleId(sale), member, quote, stored_instant(placed_at))
    for step, at in zip(steps[::2], steps[1::2], strict=True):
        if step is not None:
            placed = placed.after(stored_word(OrderStep, step, "order"), stored_instant(at))
    return placed


def _with_steps(tables: Tables, page: Any) -> Any:
    found: Any = tables.placed_orders
    columns: list[Any] = []
    for number in range(1, STEPS_MAX + 1):
        step = tables.order_steps.alias(f"step_{number}")
        same = (tables.placed_orders.c.shop == step.c.shop) & (tables.placed_orders.c.sale == step.c.sale)
        found = found.outerjoin(step, same & (step.c.number == literal_column(str(number))))
        columns += [step.c.step, step.c.stepped_at]
    return page.add_columns(*columns).select_from(found)


def _of(tables: Tables) -> Any:
    placed = tables.placed_orders
    one = select(*placed.c[1:]).where(of_shop(placed), placed.c.sale == bindparam("sale"))
    return _with_steps(tables, one)


@frozen
class _Page:
    """A page of orders: the first one, or the one that begins after an order."""

    first: bool

    def __call__(self, tables: Tables) -> Executable:
        page: Executable = _with_steps(tables, page_of(tables.placed_orders, first=self.first))
        return page
