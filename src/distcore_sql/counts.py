"""`distcore.ports.Counts` in a table: a row for each count, and a conditional update for each taking.

The rule this file protects: what is counted is never read before it is taken; the row count says whether
there was room.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import frozen
from sqlalchemy import BigInteger, BindParameter, Executable, bindparam, literal_column, select

from distcore.kernel import Count, Taking
from distcore_sql.dialects import insert_missing
from distcore_sql.paging import pages
from distcore_sql.statements import Statements, of_shop
from distcore_sql.tables import Tables

PAGE: Final = 10_000
"""Counts that are read at a time when all of them are."""

_KEY: Final = ("kind", "subject", "part", "member")


class SqlCounts:
    """How many were had of what there are only so many of."""

    def __init__(self, statements: Statements) -> None:
        """Read and write on the statements of a transaction."""
        self._sql = statements

    def take(self, takings: Sequence[Taking]) -> Taking | None:
        """Count all of it, or nothing; return the first that has no room."""
        begin = _Missing(self._sql.dialect)
        taken: dict[Count, int] = {}
        for each in sorted(takings, key=lambda each: each.count):
            of = _of(each.count)
            self._sql.change(begin, **of)
            if not self._sql.change(_take, **of, units=each.units, most=each.most):
                self.give_back(taken)
                return each
            taken[each.count] = each.units
        return None

    def give_back(self, units: Mapping[Count, int]) -> None:
        """Count so many units less, one statement each."""
        for count, back in sorted(units.items()):
            changed = self._sql.change(_give_back, **_of(count), units=back)
            assert changed, f"{back} of {count} come back, and less were taken"

    def all(self) -> Iterator[tuple[Count, int]]:
        """Yield what is counted by count, a page at a time."""
        for *key, taken in pages(self._sql, "counts", PAGE):
            if taken:
                yield Count(*key), taken


def _of(count: Count) -> dict[str, str]:
    return {"kind": count.kind, "subject": count.of, "part": count.part, "member": count.member}


@frozen
class _Missing:
    """Begin with nothing what is counted for the first time."""

    dialect: str

    def __call__(self, tables: Tables) -> Executable:
        nothing: Any = literal_column("0")
        row: Any = select(bindparam("shop"), *map(bindparam, _KEY), nothing)
        return insert_missing(self.dialect, tables.counts, row)


def _counted(tables: Tables) -> tuple[Any, ...]:
    counts = tables.counts
    return of_shop(counts), *(counts.c[name] == bindparam(name) for name in _KEY)


def _take(tables: Tables) -> Any:
    counts = tables.counts
    units: BindParameter[int] = bindparam("units", type_=BigInteger)
    most: BindParameter[int] = bindparam("most", type_=BigInteger)
    room = counts.c.taken <= most - units
    return counts.update().values(taken=counts.c.taken + units).where(*_counted(tables), room)


def _give_back(tables: Tables) -> Any:
    counts = tables.counts
    units: BindParameter[int] = bindparam("units", type_=BigInteger)
    there = counts.c.taken >= units
    return counts.update().values(taken=counts.c.taken - units).where(*_counted(tables), there)
