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
    Executable,
    String,
    bindparam,
    cast,
    func,
    literal_column,
    select,
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
from distcore.kernel import Instant, Sku, micros_of
from distcore.pricing import (
    Break,
    Current,
    FreightTemplate,
    Numbered,
    Offer,
    PointsIn,
    PriceList,
    PriceOf,
    Term,
)
from distcore_sql.dialects import Key, Part, Rows
from distcore_sql.paging import page_of, paged, pages
from distcore_sql.pricing_tables import TERMS
from distcore_sql.rows import readable
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
        self._put("offers", offer.id, number, dump_offer(offer), at)

    def put_list(self, prices: PriceList, number: int, *, at: Instant) -> None:
        """Write the next number of a price list, and its prices in bulk."""
        self._put("price_lists", prices.id, number, dump_price_list(evolve(prices, prices=())), at)
        rows = [
            (prices.id, number, each.sku, step.from_units, step.price_minor)
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

    def current(self) -> Current:
        """Return the newest number of everything; price lists without their prices."""
        found: tuple[list[Any], ...] = ([], [], [], [])
        for kind, _, number, body in self._sql.rows(_newest):
            found[kind].append(Numbered(number, _READ[kind](body)))
        offers, lists, templates, points = map(tuple, found)
        return Current(offers, lists, templates, points)

    def prices(self, lists: Mapping[str, int], skus: Collection[Sku]) -> Mapping[str, Sequence[PriceOf]]:
        """Return what these numbers of these lists say of these SKUs."""
        asked = json.dumps(sorted(lists.items()))
        rows = self._sql.rows(_prices, lists=asked, ids=listed(set(skus)))
        return {id: list(_prices_of(of_list)) for id, of_list in groupby(rows, key=lambda row: row[0])}

    def prices_of(self, price_list: str, number: int) -> Iterator[PriceOf]:
        """Yield all prices of a number of a list in order of SKU, a page at a time."""
        width = self._sql.key_width("prices")
        of: dict[str, str | int] = {"of_list": price_list, "of_number": number}
        return _prices_of(paged(self._sql, _PricesOf, width, PAGE_OF_PRICES, **of))

    def all(self) -> Iterator[Numbered[Term]]:
        """Yield all that was ever decided, a page at a time; price lists without their prices."""
        for (name, _), read in zip(TERMS, _READ, strict=True):
            for _, number, body, _ in pages(self._sql, name, PAGE):
                yield Numbered(number, read(body))

    def _put(self, name: str, id: str, number: int, body: str, at: Instant) -> None:
        self._sql.insert(name, [(id, number, body, micros_of(at))])


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
    for sku, breaks in groupby(rows, key=lambda row: row[2]):
        yield PriceOf(Sku(sku), tuple([Break(from_units, price) for *_, from_units, price in breaks]))


def _newest(tables: Tables) -> Any:
    """Return the newest number of each id, of all tables of documents at once."""
    parts = []
    for place, (name, id) in enumerate(TERMS):
        table = getattr(tables, name)
        newest = (
            select(table.c[id].label("id"), func.max(table.c.number).label("number"))
            .where(of_shop(table))
            .group_by(table.c[id])
            .subquery()
        )
        same = (table.c[id] == newest.c.id) & (table.c.number == newest.c.number)
        kind: Any = literal_column(str(place)).label("kind")
        what = (kind, table.c[id].label("id"), table.c.number, table.c.body)
        parts.append(select(*what).select_from(newest.join(table, same)).where(of_shop(table)))
    found = union_all(*parts).subquery("found")
    return select(found).order_by(found.c.kind, found.c.id)


def _prices(tables: Tables) -> Any:
    prices = tables.prices
    row = Rows(bindparam("lists", type_=String())).table_valued("value").c.value
    number = cast(Part(row, 1), BigInteger())
    asked = select(Key(Part(row, 0)).label("price_list"), number.label("number")).cte("asked")
    asked = asked.prefix_with("MATERIALIZED")
    same = (prices.c.price_list == asked.c.price_list) & (prices.c.number == asked.c.number)
    some = select(*prices.c[1:]).select_from(asked.join(prices, same))
    of_skus = some.where(of_shop(prices), among(prices.c.sku))
    return of_skus.order_by(prices.c.price_list, prices.c.sku, prices.c.from_units)


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
