"""`distcore.commission.Buyers` in a table: a row for each buyer and currency that was ever asked for.

Two sales of one buyer at once meet at this row: one waits for the other, or has to try again.  A row of
nobody says whether buyers are counted in the shop: who books a sale without counting its buyer shares its
lock, and who publishes the first plan that asks writes it.

The one rule this file protects: whoever is counted is counted from all sales that are booked.  Where a
transaction sees the past, those that were booked before it published may be hidden from it: it counts nobody.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from attrs import frozen
from sqlalchemy import (
    BigInteger,
    Executable,
    String,
    Text,
    and_,
    bindparam,
    cast,
    exists,
    func,
    literal,
    literal_column,
    null,
    select,
)

from distcore.commission import Bought, Buyer
from distcore.kernel import InputError
from distcore_sql.dialects import InTurn, Key, Part, Rows, insert_missing, kept_rows
from distcore_sql.paging import pages
from distcore_sql.rows import bought_of, row_of_bought
from distcore_sql.statements import Statements, among, given_ids, listed, of_shop, total
from distcore_sql.tables import Tables

PAGE: Final = 1_000
"""Buyers read at a time when all of them are: bounds memory."""


class SqlBuyers:
    """What buyers have bought so far."""

    def __init__(self, statements: Statements) -> None:
        """Read and write on the statements of a transaction."""
        self._sql = statements

    def of(self, buyers: Collection[Buyer], *, for_change: bool = False) -> dict[Buyer, Bought]:
        """Return what each has bought, by two statements, and a lock, for each currency."""
        found: dict[Buyer, Bought] = {}
        for currency in sorted({currency for _, currency in buyers}):
            asked: dict[str, Any] = {
                "ids": listed({buyer for buyer, of in buyers if of == currency}),
                "currency": currency,
            }
            if for_change:
                self._require_all_seen()
                self._sql.change(_Missing(self._sql.dialect), **asked)
                self._sql.hold(_to_hold, **asked)
            else:
                found.update(map(bought_of, self._sql.rows(_counted, **asked)))
            found.update(map(bought_of, self._sql.rows(_kept, **asked)))
        return found

    def leave_uncounted(self) -> None:
        """Share the lock of the row of nobody in turn, by one statement; the first one makes it.

        What the lock shows is what holds, also where other reads show the past.
        """
        if self._sql.locks_rows:
            found = self._sql.first(_nobody)
            if found is None:
                self._sql.change(_Nobody(self._sql.dialect))
                found = self._sql.first(_nobody)
            if found is not None and found[0]:
                raise self._sql.conflict("a plan was published that asks what buyers had bought before")

    def count_from_now_on(self) -> None:
        """Write the row of nobody, by two statements, and by which transaction if it sees the past.

        Whoever makes the row is the first one in the shop: nobody has left a buyer uncounted.
        """
        if self._sql.locks_rows:
            is_first = bool(self._sql.change(_Nobody(self._sql.dialect, is_alone=True)))
            is_blind = not is_first and self._sql.inserts_the_past()
            self._sql.change(_is_counted_by_this if is_blind else _is_counted)

    def _require_all_seen(self) -> None:
        """Raise `InputError` in the transaction that began to count, and may not see all sales.

        It would be the same if it were done again; where others begin, its locks find it too old.
        """
        if self._sql.inserts_the_past() and self._sql.first(_by_this) is not None:
            hint = "publish the first plan that asks for earlier orders in a transaction of its own"
            raise InputError.of("host", "began to count orders, of which it may not see all", hint)

    def put(self, bought: Mapping[Buyer, Bought]) -> None:
        """Write what buyers have bought by now, by one statement."""
        rows = [row_of_bought(buyer, each) for buyer, each in sorted(bought.items())]
        self._sql.change(_Put(self._sql.dialect), rows=json.dumps(rows))

    def all(self) -> Iterator[tuple[Buyer, Bought]]:
        """Yield all that is kept, a page at a time."""
        return (bought_of(row) for row in pages(self._sql, "buyers", PAGE) if row[0])


@frozen
class _Missing:
    """Count the sales of those who are asked for the first time."""

    dialect: str

    def __call__(self, tables: Tables) -> Executable:
        buyers = tables.buyers
        counted = _counted(tables).subquery()
        rows = select(bindparam("shop"), *counted.c).order_by(counted.c.buyer)
        return insert_missing(self.dialect, buyers, rows)


def _counted(tables: Tables) -> Any:
    """Count the sales of those who are not kept."""
    buyers, sales, lines = tables.buyers, tables.sales, tables.sale_lines
    asked = select(given_ids().label("buyer")).cte("asked")
    currency: Any = bindparam("currency", type_=String())
    own = (of_shop(sales), sales.c.buyer == asked.c.buyer, sales.c.currency == currency)
    spent = total(lines.c.net_minor)
    sold = sales.join(lines, and_(lines.c.shop == sales.c.shop, lines.c.sale == sales.c.sale))

    def counted(what: Any, of: Any) -> Any:
        return select(what).select_from(of).where(*own).correlate(asked).scalar_subquery()

    there = exists().where(of_shop(buyers), buyers.c.buyer == asked.c.buyer, buyers.c.currency == currency)
    sums = (
        counted(func.count(), sales),
        counted(func.min(sales.c.paid_at), sales),
        func.coalesce(counted(spent, sold), 0),
    )
    return select(asked.c.buyer, currency, *sums, null()).where(~there)


def _kept(tables: Tables) -> Any:
    buyers = tables.buyers
    of_currency = buyers.c.currency == bindparam("currency")
    return select(*buyers.c[1:]).where(of_shop(buyers), among(buyers.c.buyer), of_currency)


def _to_hold(tables: Tables) -> Any:
    return _kept(tables).order_by(tables.buyers.c.buyer).with_for_update()


@frozen
class _Nobody:
    """Make the row of nobody, which says that buyers are not counted, where there is none."""

    dialect: str
    is_alone: bool = False

    def __call__(self, tables: Tables) -> Executable:
        nothing = [literal_column("0"), null(), literal_column("0"), null()]
        row = select(bindparam("shop"), _NONE, _NONE, *nothing)
        if self.is_alone:
            row = row.where(_in_turn(tables, sharing=False))
        return insert_missing(self.dialect, tables.buyers, row, locking=True)


_NONE: Final[Any] = literal_column("''")
"""The id of nobody, and of no currency: no id is empty."""


def _of_nobody(tables: Tables) -> Any:
    buyers = tables.buyers
    return and_(of_shop(buyers), buyers.c.buyer == _NONE, buyers.c.currency == _NONE)


def _nobody(tables: Tables) -> Any:
    found = select(tables.buyers.c.spent_minor).where(_of_nobody(tables), _in_turn(tables, sharing=True))
    return found.with_for_update(read=True)


def _in_turn(tables: Tables, *, sharing: bool) -> InTurn:
    return InTurn(literal(tables.buyers.fullname), bindparam("shop", type_=String()), sharing=sharing)


def _is_counted(tables: Tables) -> Any:
    return tables.buyers.update().values(spent_minor=literal_column("1")).where(_of_nobody(tables))


def _is_counted_by_this(tables: Tables) -> Any:
    """Write the number of this transaction: no other one has it, and none has the number 1."""
    number = _number(func.pg_current_xact_id())
    return tables.buyers.update().values(spent_minor=number).where(_of_nobody(tables))


def _by_this(tables: Tables) -> Any:
    buyers = tables.buyers
    is_this = buyers.c.spent_minor == _number(func.pg_current_xact_id_if_assigned())
    return select(buyers.c.spent_minor).where(_of_nobody(tables), is_this)


def _number(transaction: Any) -> Any:
    return cast(cast(transaction, Text()), BigInteger())


@frozen
class _Put:
    """Write what those have bought by now who are kept."""

    dialect: str

    def __call__(self, tables: Tables) -> Executable:
        buyers = tables.buyers
        row = Rows(bindparam("rows", type_=String())).table_valued("value").c.value
        numbers = [cast(Part(row, place), BigInteger()) for place in (2, 3, 4)]
        names = ("buyer", "currency", "orders", "first_paid_at", "spent_minor", "first_sale")
        parts: list[Any] = [Key(Part(row, 0)), Key(Part(row, 1)), *numbers, Key(Part(row, 5))]
        named = select(*(each.label(name) for each, name in zip(parts, names, strict=True)))
        changes = kept_rows(self.dialect, named, "changes")
        somebody = buyers.c.buyer > _NONE  # MariaDB locks what it reads on its way: never the row of nobody
        return (
            buyers.update()
            .values({name: changes.c[name] for name in names[2:]})
            .where(
                of_shop(buyers),
                somebody,
                buyers.c.buyer == changes.c.buyer,
                buyers.c.currency == changes.c.currency,
            )
        )
