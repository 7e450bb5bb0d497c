"""All rows of a table in the order of its key, a page at a time, however many there are."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from attrs import frozen
from sqlalchemy import BindParameter, Executable, Table, bindparam, select

from distcore_sql.dialects import After
from distcore_sql.statements import Statements, Value, of_shop
from distcore_sql.tables import Tables


@frozen
class Page:
    """A page of a table: the first one, or the one that begins after a key."""

    name: str
    first: bool

    def __call__(self, tables: Tables) -> Executable:
        """Return the query of the page."""
        table: Table = getattr(tables, self.name)
        page: Executable = page_of(table, first=self.first)
        return page


def key_of(table: Table) -> list[Any]:
    """Return the columns of a key, the shop aside; they are the first of the table, in its order."""
    return list(table.primary_key.columns)[1:]


def page_of(table: Table, *, first: bool) -> Any:
    """Return the query of a page, to which more conditions can be added."""
    key = key_of(table)
    page = select(*table.c[1:]).where(of_shop(table)).order_by(*key).limit(bindparam("limit"))
    if first:
        return page
    return page.where(After(*key, *parts_of("after", len(key))))


def parts_of(name: str, width: int) -> list[BindParameter[Any]]:
    """Return the parameters that hold a key, part by part."""
    return [bindparam(f"{name}_{place}") for place in range(width)]


def in_parts(name: str, key: Sequence[Value]) -> dict[str, Value]:
    """Return a key as the values of its parameters."""
    return {f"{name}_{place}": part for place, part in enumerate(key)}


def pages(sql: Statements, name: str, size: int) -> Iterator[Sequence[Any]]:
    """Yield all rows of a table of the shop, in the order of its key."""
    return paged(sql, lambda first: Page(name, first), sql.key_width(name), size)


def paged(
    sql: Statements,
    build: Callable[[bool], Callable[[Tables], Executable]],
    width: int,
    size: int,
    **values: str | int,
) -> Iterator[Sequence[Any]]:
    """Yield the rows of pages; the first `width` columns of a row are the key after which the next begins."""
    page = sql.rows(build(True), limit=size, **values)
    while page:
        yield from page
        if len(page) < size:
            return
        after = in_parts("after", page[-1][:width])
        page = sql.rows(build(False), limit=size, **after, **values)
