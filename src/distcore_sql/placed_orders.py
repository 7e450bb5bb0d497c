"""`distcore.pricing.PlacedOrders` in tables: a quote as a document, and beside it what became of it.

The rule this file protects: an order is dropped, or completed, once: the row that says so has its key.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from attrs import frozen
from sqlalchemy import Executable, bindparam, select

from distcore.codec import Media, dump_quote, load_quote
from distcore.kernel import Instant, SaleId, micros_of
from distcore.pricing import PlacedOrder
from distcore_sql.paging import page_of, paged
from distcore_sql.rows import instant_or_none, readable, stored_instant
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

    def drop(self, order: SaleId, *, at: Instant) -> None:
        """Write that an order was dropped; of two at once the key lets one win."""
        self._sql.insert("dropped_orders", [(order, micros_of(at))])

    def complete(self, order: SaleId, *, at: Instant) -> None:
        """Write that an order was completed; of two at once the key lets one win."""
        self._sql.insert("completed_orders", [(order, micros_of(at))])

    def all(self) -> Iterator[PlacedOrder]:
        """Yield every order by id, a page at a time."""
        return map(_placed_of, paged(self._sql, _Page, 1, PAGE))


def _placed_of(row: Sequence[Any]) -> PlacedOrder:
    sale, member, body, placed_at, *became = row
    with readable("quote"):
        quote = load_quote(body.encode(), Media.JSON)
    return PlacedOrder(SaleId(sale), member, quote, stored_instant(placed_at), *map(instant_or_none, became))


def _with_ends(tables: Tables, page: Any) -> Any:
    placed, dropped, completed = tables.placed_orders, tables.dropped_orders, tables.completed_orders
    found = placed
    for ended in (dropped, completed):
        same = (placed.c.shop == ended.c.shop) & (placed.c.sale == ended.c.sale)
        found = found.outerjoin(ended, same)  # type: ignore[assignment]
    return page.add_columns(dropped.c.dropped_at, completed.c.completed_at).select_from(found)


def _of(tables: Tables) -> Any:
    placed = tables.placed_orders
    one = select(*placed.c[1:]).where(of_shop(placed), placed.c.sale == bindparam("sale"))
    return _with_ends(tables, one)


@frozen
class _Page:
    """A page of orders: the first one, or the one that begins after an order."""

    first: bool

    def __call__(self, tables: Tables) -> Executable:
        page: Executable = _with_ends(tables, page_of(tables.placed_orders, first=self.first))
        return page
