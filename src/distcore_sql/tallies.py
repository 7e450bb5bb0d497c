"""`distcore.commission.Tallies` in a table: a row for each cap, member and period that was ever asked for.

Two sales that ask for the same headroom at once meet at this row: one waits for the other, or has to try
again.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import frozen
from sqlalchemy import BigInteger, Executable, String, and_, bindparam, cast, literal, select

from distcore.commission import TallyKey, tally_problems
from distcore.kernel import InputError
from distcore_sql.dialects import Key, Part, Rows, counted, insert_missing, kept_rows, read_once
from distcore_sql.paging import key_of, pages
from distcore_sql.statements import Statements, of_shop
from distcore_sql.tables import Tables

PAGE: Final = 1_000
"""Sums read at a time when all of them are: bounds memory."""


class SqlTallies:
    """What sales were granted under caps."""

    def __init__(self, statements: Statements) -> None:
        """Read and write on the statements of a transaction."""
        self._sql = statements

    def of(self, keys: Collection[TallyKey], *, for_change: bool = False) -> dict[TallyKey, int]:
        """Return what each comes to, by one statement; for a change by one more, and a lock."""
        if not keys:
            return {}
        asked = json.dumps(sorted(keys))
        if for_change:
            self._sql.change(_Missing(self._sql.dialect), asked=asked)
            self._sql.hold(_to_hold, asked=asked)
        found = dict(map(_tally_of, self._sql.rows(_kept, asked=asked)))
        return {key: found.get(key, 0) for key in keys}

    def put(self, used: Mapping[TallyKey, int]) -> None:
        """Write what they come to by now, by one statement."""
        problems = tuple(tally_problems(used))
        if problems:  # SQLite would keep the nearest number that it can hold
            raise InputError(problems)
        rows = [(*key, minor) for key, minor in sorted(used.items())]
        if self._sql.updated(_Put(self._sql.dialect), asked=json.dumps(rows)) != len(rows):
            raise self._sql.conflict("some of these sums were never asked for")

    def all(self) -> Iterator[tuple[TallyKey, int]]:
        """Yield all that is kept, a page at a time."""
        return map(_tally_of, pages(self._sql, "tallies", PAGE))


def _tally_of(row: Sequence[Any]) -> tuple[TallyKey, int]:
    plan, cap, member, period, granted_minor = row
    return (plan, cap, member, period), granted_minor


@frozen
class _Missing:
    """Begin with nothing what is asked for the first time."""

    dialect: str

    def __call__(self, tables: Tables) -> Executable:
        tallies = tables.tallies
        asked = _asked().cte("asked")
        rows = select(bindparam("shop"), *asked.c, literal(0, BigInteger())).order_by(*asked.c)
        return insert_missing(self.dialect, tallies, rows)


_NAMES: Final = ("plan", "cap", "member", "period")


def _asked(*more: Any) -> Any:
    row = Rows(bindparam("asked", type_=String())).table_valued("value").c.value
    keys = [Key(Part(row, place)).label(name) for place, name in enumerate(_NAMES)]
    numbers = [cast(Part(row, len(_NAMES)), BigInteger()).label(name) for name in more]
    return select(*keys, *numbers)


def _kept(tables: Tables) -> Any:
    tallies = tables.tallies
    # Kept as rows, as with balances: SQLite would read the list anew for every sum of the shop.
    asked = read_once(_asked().cte("asked"))
    same = and_(*(column == asked.c[column.name] for column in key_of(tallies)))
    return select(*tallies.c[1:]).select_from(asked.join(tallies, and_(of_shop(tallies), same)))


def _to_hold(tables: Tables) -> Any:
    tallies = tables.tallies
    return _kept(tables).order_by(*key_of(tallies)).with_for_update(of=tallies)


@frozen
class _Put:
    """Write sums that are there."""

    dialect: str

    def __call__(self, tables: Tables) -> Executable:
        tallies = tables.tallies
        changes = kept_rows(self.dialect, _asked("granted_minor"), "changes")
        same = (column == changes.c[column.name] for column in key_of(tallies))
        update = tallies.update().values(granted_minor=changes.c.granted_minor)
        put: Executable = counted(self.dialect, update.where(of_shop(tallies), *same), tallies.c.member)
        return put
