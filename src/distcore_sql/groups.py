"""`distcore.groups` in tables: group sales as documents, groups and places as rows.

The rule this file protects: a row is written by the revision that was read; the row count says whether
somebody was faster.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, Final

from attrs import frozen
from sqlalchemy import Executable, Table, bindparam, literal_column, select

from distcore.codec import Media, dump_group_sale, load_group_sale
from distcore.groups import Group, GroupId, GroupSale, GroupSaleId, GroupState, Place, PlaceState
from distcore.kernel import Instant, MemberId, SaleId, micros_of
from distcore_sql.paging import page_of, paged, pages
from distcore_sql.rows import readable, stored_currency, stored_instant, stored_word
from distcore_sql.statements import Statements, of_shop
from distcore_sql.tables import Tables

PAGE: Final = 1_000
"""Documents, groups or places that are read at a time."""


class SqlGroupSales:
    """Group sales as they were set."""

    def __init__(self, statements: Statements) -> None:
        """Read and write on the statements of a transaction."""
        self._sql = statements

    def put(self, sale: GroupSale, number: int, *, at: Instant) -> None:
        """Write the next number of a group sale; of two at once the key lets one win."""
        self._sql.insert("group_sales", [(sale.id, number, dump_group_sale(sale), micros_of(at))])

    def newest(self, sale: GroupSaleId) -> tuple[GroupSale, int] | None:
        """Return a group sale as it was set last, with its number."""
        row = self._sql.first(_newest, sale=sale)
        return None if row is None else (_sale_of(row[1]), row[0])

    def numbered(self, sale: GroupSaleId, number: int) -> GroupSale:
        """Return a group sale as it was set for the so-manyth time."""
        row = self._sql.first(_numbered, sale=sale, number=number)
        assert row is not None, "a group refers to its sale"
        return _sale_of(row[0])

    def all(self) -> Iterator[tuple[GroupSale, int]]:
        """Yield every group sale by id and number, a page at a time."""
        for _, number, body, _ in pages(self._sql, "group_sales", PAGE):
            yield _sale_of(body), number


class SqlGroups:
    """Groups and places as they are now."""

    def __init__(self, statements: Statements) -> None:
        """Read and write on the statements of a transaction."""
        self._sql = statements

    def add(self, group: Group, place: Place) -> None:
        """Write a new group with its first place."""
        self._sql.insert("buying_groups", [_row_of_group(group)])
        self._sql.insert("group_places", [_row_of_place(place)])

    def of(self, group: GroupId) -> tuple[Group, Sequence[Place]] | None:
        """Return a group with all its places by order."""
        row = self._sql.first(_group, id=group)
        return None if row is None else (_group_of(row), self._places_of(group))

    def held(self, group: GroupId) -> tuple[Group, Sequence[Place]] | None:
        """Return the same, locked until the transaction ends."""
        self._sql.hold(_to_hold, id=group)
        return self.of(group)

    def place(self, order: SaleId) -> Place | None:
        """Return the place of an order, or None."""
        row = self._sql.first(_place, sale=order)
        return None if row is None else _place_of(row)

    def change(self, group: Group | None, places: Sequence[Place]) -> None:
        """Write a group and places whose revision is one more than what is kept, one statement each."""
        if group is not None:
            self._change("buying_groups", _row_of_group(group), group.revision)
        for each in places:
            if each.revision == 1:
                self._sql.insert("group_places", [_row_of_place(each)])
            else:
                self._change("group_places", _row_of_place(each), each.revision)

    def over(self, at: Instant, count: int) -> Sequence[GroupId]:
        """Return open groups whose time is over, so many at most."""
        return [GroupId(row[0]) for row in self._sql.rows(_over, at=micros_of(at), count=count)]

    def owed(self) -> Iterator[Place]:
        """Yield the places for which something is owed, by order, a page at a time."""
        page = _Where("group_places", "state")
        return map(_place_of, paged(self._sql, page, 1, PAGE, value=PlaceState.OWED.value))

    def of_sale(self, sale: GroupSaleId) -> Iterator[Group]:
        """Yield the groups of a sale by id, a page at a time."""
        return map(_group_of, paged(self._sql, _Where("buying_groups", "group_sale"), 1, PAGE, value=sale))

    def all(self) -> Iterator[tuple[Group, Sequence[Place]]]:
        """Yield every group by id, with its places by order; groups a page at a time."""
        for row in pages(self._sql, "buying_groups", PAGE):
            yield _group_of(row), self._places_of(GroupId(row[0]))

    def _places_of(self, group: GroupId) -> list[Place]:
        return [_place_of(row) for row in self._sql.rows(_places, id=group)]

    def _change(self, name: str, row: Sequence[Any], revision: int) -> None:
        values = {f"value_{place}": value for place, value in enumerate(row)}
        if not self._sql.change(_Change(name), **values, before=revision - 1):
            raise self._sql.conflict(f"{row[0]} was changed meanwhile")


@lru_cache(maxsize=1024)
def _sale_of(body: str) -> GroupSale:
    with readable("group sale"):
        return load_group_sale(body.encode(), Media.JSON)


def _row_of_group(group: Group) -> tuple[str | int | None, ...]:
    return (
        group.id,
        group.sale,
        group.number,
        group.currency,
        group.size,
        group.fill_from,
        micros_of(group.opened_at),
        micros_of(group.closes_at),
        group.state.value,
        group.taken,
        group.revision,
    )


def _group_of(row: Sequence[Any]) -> Group:
    return Group(
        GroupId(row[0]),
        GroupSaleId(row[1]),
        row[2],
        stored_currency(row[3], "group"),
        row[4],
        row[5],
        stored_instant(row[6]),
        stored_instant(row[7]),
        stored_word(GroupState, row[8], "group"),
        *row[9:],
    )


def _row_of_place(place: Place) -> tuple[str | int | None, ...]:
    return (
        place.order,
        place.group,
        place.member,
        place.paid_minor,
        micros_of(place.changed_at),
        int(place.counted),
        place.state.value,
        place.revision,
    )


def _place_of(row: Sequence[Any]) -> Place:
    return Place(
        SaleId(row[0]),
        GroupId(row[1]),
        MemberId(row[2]),
        row[3],
        stored_instant(row[4]),
        bool(row[5]),
        stored_word(PlaceState, row[6], "place"),
        row[7],
    )


def _newest(tables: Tables) -> Any:
    sales = tables.group_sales
    one = select(sales.c.number, sales.c.body).where(of_shop(sales), sales.c.group_sale == bindparam("sale"))
    return one.order_by(sales.c.number.desc()).limit(literal_column("1"))


def _numbered(tables: Tables) -> Any:
    sales = tables.group_sales
    key = sales.c.group_sale == bindparam("sale"), sales.c.number == bindparam("number")
    return select(sales.c.body).where(of_shop(sales), *key)


def _group(tables: Tables) -> Any:
    groups = tables.buying_groups
    return select(*groups.c[1:]).where(of_shop(groups), groups.c.buying_group == bindparam("id"))


def _to_hold(tables: Tables) -> Any:
    return _group(tables).with_for_update()


def _place(tables: Tables) -> Any:
    places = tables.group_places
    return select(*places.c[1:]).where(of_shop(places), places.c.sale == bindparam("sale"))


def _places(tables: Tables) -> Any:
    places = tables.group_places
    of_group = select(*places.c[1:]).where(of_shop(places), places.c.buying_group == bindparam("id"))
    return of_group.order_by(places.c.sale)


def _over(tables: Tables) -> Any:
    groups = tables.buying_groups
    is_open: Any = literal_column(f"'{GroupState.OPEN.value}'")
    over = select(groups.c.buying_group).where(
        of_shop(groups), groups.c.state == is_open, groups.c.closes_at <= bindparam("at")
    )
    return over.order_by(groups.c.closes_at, groups.c.buying_group).limit(bindparam("count"))


@frozen
class _Change:
    """Write a row of a table whose first column is its key, by the revision before."""

    name: str

    def __call__(self, tables: Tables) -> Executable:
        table: Table = getattr(tables, self.name)
        _, key, *columns = table.c
        values: Any = {column.name: bindparam(f"value_{place}") for place, column in enumerate(columns, 1)}
        as_it_was = table.c.revision == bindparam("before")
        changed: Executable = (
            table.update().values(values).where(of_shop(table), key == bindparam("value_0"), as_it_was)
        )
        return changed


@frozen
class _Where:
    """Pages of the rows of a table with a value in a column."""

    name: str
    column: str

    def __call__(self, first: bool) -> "_Page":
        return _Page(self.name, self.column, first)


@frozen
class _Page:
    """A page of them: the first one, or the one that begins after a key."""

    name: str
    column: str
    first: bool

    def __call__(self, tables: Tables) -> Executable:
        table: Table = getattr(tables, self.name)
        page: Executable = page_of(table, first=self.first).where(table.c[self.column] == bindparam("value"))
        return page
