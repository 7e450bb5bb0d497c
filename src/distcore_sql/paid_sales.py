"""Sales of a span with what is left of them, and no single fact: by id, or in the order of payment.

The one rule this file protects: memory does not grow with the sales; of those that are put into the order of
payment it holds some ids.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final, TypeVar

from attrs import frozen
from sqlalchemy import Executable, Table, bindparam, func, select

from distcore.commission import Correction, PaidSale, Repin, Totals
from distcore.kernel import Instant, SaleId, micros_of
from distcore_sql.dialects import After
from distcore_sql.paging import paged, parts_of
from distcore_sql.rows import booking_of, correction_of, line_of, repin_of
from distcore_sql.statements import Statements, among, listed, of_shop, same_sale, total
from distcore_sql.tables import Tables

K = TypeVar("K")
V = TypeVar("V")

PAGE: Final = 1_000
"""Sales read at a time: bounds memory."""

IDS: Final = 50_000
"""Ids put into the order of payment at a time: bounds memory, and each time all sales are looked at."""


def by_id(
    sql: Statements, since: Instant, until: Instant, *, with_posted: bool, after: str
) -> Iterator[PaidSale]:
    """Yield the sales paid in `[since, until)` whose id comes after another one, in order of id."""
    between = {"since": micros_of(since), "until": micros_of(until)}
    while page := sql.rows(_page_of_paid, after=after, limit=PAGE, **between):
        yield from _read(sql, page, with_posted=with_posted)
        after = page[-1][0]


def by_payment(sql: Statements, since: Instant, until: Instant, *, with_posted: bool) -> Iterator[PaidSale]:
    """Yield the sales paid in `[since, until)` in the order in which they were paid; no index has that."""
    between = {"since": micros_of(since), "until": micros_of(until)}
    ids = (row[1] for row in paged(sql, _Payments, 2, IDS, **between))
    while page := list(islice(ids, PAGE)):
        rows = {row[0]: row for row in sql.rows(_bookings, ids=listed(page))}
        yield from _read(sql, [rows[id] for id in page], with_posted=with_posted)


def _read(sql: Statements, rows: Sequence[Sequence[Any]], *, with_posted: bool) -> Iterator[PaidSale]:
    """Yield the sales of some rows, with their lines and what went back."""
    given = listed([row[0] for row in rows])
    lines = gathered((row[0], line_of(row)) for row in sql.rows(lines_of, ids=given))
    corrections, repins = _corrections_of(sql, given)
    posted = _posted_of(sql, given) if with_posted else {}
    for row in rows:
        id = row[0]
        booking = booking_of(row, lines.pop(id, ()))
        yield PaidSale(booking, tuple(corrections.get(id, ())), posted.get(id, {}), tuple(repins.get(id, ())))


def _posted_of(sql: Statements, ids: list[str]) -> dict[SaleId, Totals]:
    """Return what the facts of sales add up to, added up by the database."""
    posted: dict[SaleId, Totals] = {}
    for sale, component, level, payee, amount in sql.rows(_posted, ids=ids):
        posted.setdefault(sale, {})[component, level, payee] = amount
    return posted


def _corrections_of(
    sql: Statements, ids: list[str]
) -> tuple[dict[SaleId, list[Correction]], dict[SaleId, list[Repin]]]:
    """Return the corrections and re-pins of sales, each sale's in the order in which they were posted."""
    found = sql.rows(_corrections, ids=ids)
    back = back_of(sql.rows(correction_lines_of, ids=ids)) if found else {}
    corrections = gathered(
        (row[0], correction_of(row, back.get(tuple(row[:2]), ()))) for row in found if row[6] is not None
    )
    return corrections, gathered((row[0], repin_of(row)) for row in found if row[11] is not None)


def gathered(pairs: Iterable[tuple[K, V]]) -> dict[K, list[V]]:
    """Gather values by their key, in their order."""
    found: defaultdict[K, list[V]] = defaultdict(list)
    for key, value in pairs:
        found[key].append(value)
    return found


def back_of(rows: Iterable[Sequence[Any]]) -> dict[tuple[Any, ...], list[Sequence[Any]]]:
    """Gather the lines of corrections by sale and posting."""
    return gathered(((row[0], row[1]), row[2:]) for row in rows)


def _page_of_paid(tables: Tables) -> Any:
    sales = tables.sales
    beyond = select(*sales.c[1:]).where(of_shop(sales), sales.c.sale > bindparam("after"))
    paid = beyond.where(sales.c.paid_at >= bindparam("since"), sales.c.paid_at < bindparam("until"))
    return paid.order_by(sales.c.sale).limit(bindparam("limit"))


@frozen
class _Payments:
    """A page of when sales of a span were paid: the first one, or the one that begins after another."""

    first: bool

    def __call__(self, tables: Tables) -> Executable:
        sales = tables.sales
        key = (sales.c.paid_at, sales.c.sale)
        paid = select(*key).where(of_shop(sales)).order_by(*key).limit(bindparam("limit"))
        paid = paid.where(sales.c.paid_at >= bindparam("since"), sales.c.paid_at < bindparam("until"))
        return paid if self.first else paid.where(After(*key, *parts_of("after", 2)))


def _bookings(tables: Tables) -> Any:
    sales = tables.sales
    return select(*sales.c[1:]).where(of_shop(sales), among(sales.c.sale))


def _posted(tables: Tables) -> Any:
    """Add up the facts of sales by component, level and payee, each sale's side by side."""
    facts = tables.accruals
    of = (facts.c.sale, facts.c.component, facts.c.level, facts.c.payee)
    amount = total(facts.c.amount_minor)
    some = select(*of, amount).where(of_shop(facts), among(facts.c.sale)).group_by(*of)
    return some.having(func.sum(facts.c.amount_minor) != 0).order_by(*of)


def lines_of(tables: Tables) -> Any:
    """Return the lines of some sales."""
    return rows_of_sales(tables.sale_lines)


def correction_lines_of(tables: Tables) -> Any:
    """Return the lines of the corrections of some sales."""
    return rows_of_sales(tables.correction_lines)


def rows_of_sales(table: Table) -> Any:
    """Return the rows of some sales, each sale's in the order of the key."""
    key = list(table.primary_key.columns)[1:]
    return select(*table.c[1:]).where(of_shop(table), among(table.c.sale)).order_by(*key)


def postings_of(tables: Tables) -> Any:
    """Return the postings of sales, each with the correction or the re-pin that it came with."""
    postings, corrections, repins = tables.postings, tables.corrections, tables.repins
    joined: Any = postings
    for table in (corrections, repins):
        its_own = same_sale(table, postings) & (table.c.posting == postings.c.posting)
        joined = joined.join(table, its_own, isouter=True)
    return (
        select(*postings.c[1:], *list(corrections.c)[3:], *list(repins.c)[3:])
        .select_from(joined)
        .where(of_shop(postings), among(postings.c.sale))
        .order_by(postings.c.sale, postings.c.posting)
    )


def _corrections(tables: Tables) -> Any:
    corrected, repinned = tables.corrections.c.kind.is_not(None), tables.repins.c.plan.is_not(None)
    return postings_of(tables).where(corrected | repinned)
