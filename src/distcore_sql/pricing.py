"""`distcore.pricing.Terms` in tables: documents that are numbered, and the prices of lists as rows.

The rule this file protects: a quote reads the prices of its own SKUs, however many a list has; what it reads
is one document for each offer, parsed once in a process.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from typing import Any, Final

from attrs import evolve, frozen
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Executable,
    FromClause,
    String,
    Table,
    and_,
    bindparam,
    cast,
    exists,
    func,
    literal,
    literal_column,
    select,
    true,
    union_all,
)

from distcore.codec import (
    Media,
    dump_freight,
    dump_offer,
    dump_points,
    dump_price_list,
    load_freight,
    load_offer,
    load_points,
    load_price_list,
)
from distcore.kernel import Instant, MemberId, Sku, micros_of, shown
from distcore.pricing import (
    COUNTED,
    Asked,
    Break,
    Current,
    FreightTemplate,
    Numbered,
    Offer,
    PointsIn,
    PriceList,
    PriceOf,
    Sold,
    Term,
)
from distcore_sql.dialects import Key, Part, Rows, read_once
from distcore_sql.paging import page_of, paged, pages
from distcore_sql.pricing_tables import ENDING, TERMS
from distcore_sql.rows import micros_or_none, readable
from distcore_sql.statements import Statements, among, listed, of_shop
from distcore_sql.tables import Tables

PAGE: Final = 1_000
"""Documents read at a time when all of them are: bounds memory."""

PAGE_OF_PRICES: Final = 10_000
"""Prices read at a time when all of a list are."""


class SqlTerms:
    """All that a merchant decides about prices."""

    def __init__(self, statements: Statements) -> None:
        """Read and write on the statements of a transaction."""
        self._sql = statements

    def put_offer(self, offer: Offer, number: int, *, at: Instant) -> None:
        """Write the next number of an offer; of two at once the key lets one win."""
        self._put("offers", offer.id, number, dump_offer(offer), at, micros_or_none(_end_of(offer)))

    def put_list(self, prices: PriceList, number: int, *, at: Instant) -> None:
        """Write the next number of a price list, and its prices in bulk."""
        body = dump_price_list(evolve(prices, prices=()))
        self._put("price_lists", prices.id, number, body, at, micros_or_none(_end_of(prices)))
        rows = [
            (
                prices.id,
                number,
                each.sku,
                step.from_units,
                step.price_minor,
                each.total_max,
                each.per_member_max,
            )
            for each in sorted(prices.prices, key=lambda each: each.sku)
            for step in each.breaks
        ]
        self._sql.insert("prices", rows)

    def put_template(self, template: FreightTemplate, number: int, *, at: Instant) -> None:
        """Write the next number of a freight template."""
        self._put("freight_templates", template.id, number, dump_freight(template), at)

    def put_points(self, points: PointsIn, number: int, *, at: Instant) -> None:
        """Write the next number of what points are worth in a currency."""
        self._put("points_policies", points.currency, number, dump_points(points), at)

    def current(self, *, at: Instant | None = None, also: Collection[str] = ()) -> Current:
        """Return the newest number of everything that is not over; price lists without their prices."""
        found: tuple[list[Any], ...] = ([], [], [], [])
        if at is None:
            rows = self._sql.rows(_newest)
        else:
            rows = self._sql.rows(_newest_running, at=micros_of(at), ids=listed(set(also)))
        for kind, _, number, body in rows:
            found[kind].append(Numbered(number, _READ[kind](body)))
        offers, lists, templates, points = map(tuple, found)
        return Current(offers, lists, templates, points)

    def prices(
        self, lists: Mapping[str, int], skus: Collection[Sku], member: MemberId | None
    ) -> Sequence[Asked]:
        """Return what these numbers of these lists ask for these SKUs, and what was sold so far."""
        asked = json.dumps(sorted(lists.items()))
        rows = self._sql.rows(_prices, lists=asked, ids=listed(set(skus)), member=member or "")
        found: list[Asked] = []
        for (price_list, _), of_product in groupby(rows, key=lambda row: (row[0], row[2])):
            breaks = list(of_product)
            in_all, mine = breaks[0][-2:]
            sold = Sold(in_all, 0 if member is None else mine)
            found.append(Asked(price_list, _price_of([row[:-2] for row in breaks]), sold))
        return found

    def prices_of(self, price_list: str, number: int) -> Iterator[PriceOf]:
        """Yield all prices of a number of a list in order of SKU, a page at a time."""
        width = self._sql.key_width("prices")
        of: dict[str, str | int] = {"of_list": price_list, "of_number": number}
        return _prices_of(paged(self._sql, _PricesOf, width, PAGE_OF_PRICES, **of))

    def all(self) -> Iterator[Numbered[Term]]:
        """Yield all that was ever decided, a page at a time; price lists without their prices."""
        for (name, _), read in zip(TERMS, _READ, strict=True):
            for _, number, body, _, *until in pages(self._sql, name, PAGE):
                value = read(body)
                with readable("term"):
                    if until and until != [micros_or_none(_end_of(value))]:
                        raise ValueError(f"{name}: the end of {shown(value.id)} is not that of its document")
                yield Numbered(number, value)

    def _put(self, name: str, id: str, number: int, body: str, at: Instant, *until: int | None) -> None:
        self._sql.insert(name, [(id, number, body, micros_of(at), *until)])


def _end_of(value: Offer | PriceList) -> Instant | None:
    return value.schedule.valid_until


@lru_cache(maxsize=4096)
def _offer_of(body: str) -> Offer:
    with readable("offer"):
        return load_offer(body.encode(), Media.JSON)


@lru_cache(maxsize=1024)
def _list_of(body: str) -> PriceList:
    with readable("price list"):
        return load_price_list(body.encode(), Media.JSON)


@lru_cache(maxsize=1024)
def _template_of(body: str) -> FreightTemplate:
    with readable("freight template"):
        return load_freight(body.encode(), Media.JSON)


@lru_cache(maxsize=64)
def _points_of(body: str) -> PointsIn:
    with readable("points policy"):
        return load_points(body.encode(), Media.JSON)


_READ: Final[tuple[Callable[[str], Any], ...]] = (_offer_of, _list_of, _template_of, _points_of)
"""What reads the documents of each of `TERMS`: a text is parsed once in a process, as plans are."""


def _prices_of(rows: Iterator[Sequence[Any]] | Sequence[Sequence[Any]]) -> Iterator[PriceOf]:
    """Yield prices by quantity of rows of one list, which are in order of SKU and units."""
    for _, breaks in groupby(rows, key=lambda row: row[2]):
        yield _price_of(list(breaks))


def _price_of(rows: Sequence[Sequence[Any]]) -> PriceOf:
    """Return the price of the rows of a product; what is said of the whole product stands in each of them."""
    breaks = tuple([Break(from_units, price_minor) for _, _, _, from_units, price_minor, _, _ in rows])
    return PriceOf(Sku(rows[0][2]), breaks, *rows[0][5:])


def _newest(tables: Tables, *, is_running: bool = False) -> Any:
    """Return the newest number of each id, of all tables of documents at once."""
    parts = []
    for place, (name, id) in enumerate(TERMS):
        table = getattr(tables, name)
        later = table.alias()
        is_replaced = exists().where(
            of_shop(later), later.c[id] == table.c[id], later.c.number > table.c.number
        )
        kind: Any = literal_column(str(place)).label("kind")
        newest = select(kind, table.c[id].label("id"), table.c.number, table.c.body).where(
            of_shop(table), ~is_replaced
        )
        asked = _asked(table, table.c[id]) if is_running and name in ENDING else [true()]
        parts.extend([newest.where(each) for each in asked])
    found = union_all(*parts).subquery("found")
    return select(found).order_by(found.c.kind, found.c.id)


def _asked(table: FromClause, id: ColumnElement[str]) -> list[ColumnElement[bool]]:
    """Return what is not over, and what is named: each is looked up, where SQLite would walk through all.

    It looks up by the ids that are named, and not by the end, where that is a sum.
    """
    until: ColumnElement[int] = table.c.valid_until
    at: ColumnElement[int] = bindparam("at", type_=BigInteger())
    return [until.is_(None), until > at, (until + 0 <= at) & among(id)]


def _newest_running(tables: Tables) -> Any:
    """Return those of them that are not over, or are named."""
    return _newest(tables, is_running=True)


def _prices(tables: Tables) -> Any:
    prices = tables.prices
    row = Rows(bindparam("lists", type_=String())).table_valued("value").c.value
    number = cast(Part(row, 1), BigInteger())
    asked = select(Key(Part(row, 0)).label("price_list"), number.label("number")).cte("asked")
    asked = read_once(asked)
    same = (prices.c.price_list == asked.c.price_list) & (prices.c.number == asked.c.number)
    taken = tables.counts.alias("in_all"), tables.counts.alias("by_member")
    joined = asked.join(prices, same)
    for counts, member in zip(taken, (literal(""), bindparam("member")), strict=True):
        joined = joined.outerjoin(counts, _counted_at(prices, counts, member))
    sold = [func.coalesce(counts.c.taken, literal_column("0")) for counts in taken]
    some = select(*prices.c[1:], *sold).select_from(joined)
    of_skus = some.where(of_shop(prices), among(prices.c.sku))
    return of_skus.order_by(prices.c.price_list, prices.c.sku, prices.c.from_units)


def _counted_at(prices: Table, counts: FromClause, member: Any) -> Any:
    """Return the condition that a row counts what is sold at a price, in all or to a member."""
    return and_(
        counts.c.shop == prices.c.shop,
        counts.c.kind == literal(COUNTED),
        counts.c.subject == prices.c.price_list,
        counts.c.part == prices.c.sku,
        counts.c.member == member,
    )


@frozen
class _PricesOf:
    """A page of the prices of a number of a list: the first one, or the one that begins after a key."""

    first: bool

    def __call__(self, tables: Tables) -> Executable:
        prices = tables.prices
        of_list = (
            prices.c.price_list == bindparam("of_list"),
            prices.c.number == bindparam("of_number"),
        )
        page: Executable = page_of(prices, first=self.first).where(*of_list)
        return page
