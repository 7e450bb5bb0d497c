"""`distcore.ledger`'s ports in tables: transfers, the balances that decisions are made by, and seals."""

import json
from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final

from attrs import frozen
from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Executable,
    String,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    or_,
    select,
    union_all,
)

from distcore.kernel import Currency, Instant, MemberId, Origin, micros_of
from distcore.ledger import Account, AccountBalance, Balance, Transfer
from distcore_sql.dialects import Key, Part, Rows, insert_missing, kept_rows
from distcore_sql.money_rows import balance_of, row_of_transfer, transfer_of
from distcore_sql.paging import pages
from distcore_sql.rows import stored_currency
from distcore_sql.statements import Statements, among, listed, of_shop, total
from distcore_sql.tables import Tables

PAGE: Final = 5_000
"""Rows read at a time when all of them are: bounds memory."""


class SqlTransfers:
    """Transfers by their natural key, and by payee."""

    def __init__(self, statements: Statements) -> None:
        """Read and write on the statements of a transaction."""
        self._sql = statements

    def add(self, transfers: Sequence[Transfer]) -> None:
        """Write transfers."""
        self._sql.insert("transfers", [row_of_transfer(each) for each in transfers])

    def of_origins(self, origins: Collection[Origin]) -> Sequence[Transfer]:
        """Return what stems from these: by one statement for each kind of origin that is named."""
        wanted = set(origins)
        found: list[Transfer] = []
        for kind in sorted({each.kind.value for each in wanted}):
            refs = listed(sorted({each.ref for each in wanted if each.kind.value == kind}))
            rows = self._sql.rows(_of_refs, kind=kind, ids=refs)
            found += (each for each in map(transfer_of, rows) if each.origin in wanted)
        return found

    def of_payee(
        self, payee: MemberId, start: Instant | None = None, end: Instant | None = None
    ) -> Sequence[Transfer]:
        """Return what moved for one payee; an index leads to it."""
        since = 0 if start is None else micros_of(start)
        until = 2**63 - 1 if end is None else micros_of(end)
        return [transfer_of(row) for row in self._sql.rows(_of_payee, payee=payee, start=since, end=until)]

    def all(self) -> Iterator[Transfer]:
        """Yield every transfer in order of its natural key, a page at a time."""
        return map(transfer_of, pages(self._sql, "transfers", PAGE))

    def balances(self, payee: MemberId | None = None) -> Iterator[AccountBalance]:
        """Yield what is on the accounts, payees a page at a time."""
        if payee is not None:
            yield from map(_balance_of, self._sql.rows(_accounts_of_one, payee=payee))
            return
        after = ""
        while payees := [row[0] for row in self._sql.rows(_some_payees, after=after, limit=PAGE)]:
            between = {"after": after, "until": payees[-1]}
            yield from map(_balance_of, self._sql.rows(_accounts_between, **between))
            after = payees[-1]

    def held(self, account: Account, currency: Currency, before: Instant) -> Iterator[tuple[MemberId, int]]:
        """Yield what was on an account before an instant, by payee, by one statement."""
        rows = self._sql.rows(_held, account=account, currency=currency, before=micros_of(before))
        return ((row[0], row[1]) for row in rows)


class SqlBalances:
    """What is carried and what is payable, one row for a payee and currency."""

    def __init__(self, statements: Statements) -> None:
        """Read and write on the statements of a transaction."""
        self._sql = statements

    def of(self, payees: Collection[MemberId], currency: Currency) -> dict[MemberId, Balance]:
        """Return the balances of those of these payees that have one."""
        found = self._sql.rows(_balances, ids=listed(payees), currency=currency) if payees else ()
        return {row[0]: balance_of(row) for row in found}

    def carrying(self, currency: Currency, least_minor: int) -> Iterator[Balance]:
        """Yield the balances that carry at least so much, by payee, a page at a time."""
        after = ""
        while page := self._sql.rows(
            _carrying, currency=currency, least=least_minor, after=after, limit=PAGE
        ):
            yield from map(balance_of, page)
            after = page[-1][0]

    def largest(self, currency: Currency) -> int:
        """Return the largest that is carried or owed plus the largest payable."""
        least, most, payable = self._sql.rows(_largest, currency=currency)[0]
        return max(-(least or 0), most or 0) + (payable or 0)

    def all(self) -> Iterator[Balance]:
        """Yield every balance in order of payee and currency, a page at a time."""
        return map(balance_of, pages(self._sql, "balances", PAGE))

    def change(self, changes: Sequence[Balance]) -> None:
        """Add to balances by two statements for all of them, in order of payee."""
        sums: dict[tuple[MemberId, Currency], list[int]] = {}
        for each in changes:
            row = sums.setdefault((each.payee, each.currency), [0, 0])
            row[0] += each.carried_minor
            row[1] += each.payable_minor
        if sums:
            rows = json.dumps([(*whose, *row) for whose, row in sorted(sums.items())])
            self._sql.change(_Missing(self._sql.dialect), rows=rows)
            self._sql.change(_Add(self._sql.dialect), rows=rows)

    def take(self, payee: MemberId, currency: Currency, amount_minor: int) -> bool:
        """Take from what is payable if there is as much: the condition and the write are one."""
        return bool(self._sql.change(_take, payee=payee, currency=currency, amount=amount_minor))


def _balance_of(row: Sequence[Any]) -> AccountBalance:
    payee, account, currency, minor = row
    return AccountBalance(account, payee, stored_currency(currency, "transfer"), minor)


def _of_refs(tables: Tables) -> Any:
    transfers = tables.transfers
    key = list(transfers.primary_key.columns)
    of_kind = transfers.c.kind == bindparam("kind")
    return select(*transfers.c[1:]).where(of_shop(transfers), of_kind, among(transfers.c.ref)).order_by(*key)


def _of_payee(tables: Tables) -> Any:
    transfers = tables.transfers
    posted = transfers.c.posted_at
    return (
        select(*transfers.c[1:])
        .where(
            of_shop(transfers),
            transfers.c.payee == bindparam("payee"),
            posted >= bindparam("start"),
            posted < bindparam("end"),
        )
        .order_by(posted, *list(transfers.primary_key.columns))
    )


def _some_payees(tables: Tables) -> Any:
    payee = tables.transfers.c.payee
    beyond = select(payee).distinct().where(of_shop(tables.transfers), payee > bindparam("after"))
    return beyond.order_by(payee).limit(bindparam("limit"))


def _accounts_of_one(tables: Tables) -> Any:
    return _accounts(tables, tables.transfers.c.payee == bindparam("payee"))


def _accounts_between(tables: Tables) -> Any:
    payee = tables.transfers.c.payee
    return _accounts(tables, payee > bindparam("after"), payee <= bindparam("until"))


def _accounts(tables: Tables, *which: ColumnElement[bool]) -> Any:
    """Add up what accounts gave and were given, by payee, account and currency."""
    transfers = tables.transfers
    payee, currency, amount = transfers.c.payee, transfers.c.currency, transfers.c.amount_minor
    moves = union_all(
        select(payee, transfers.c.debit.label("account"), currency, (-amount).label("minor")).where(
            of_shop(transfers), *which
        ),
        select(payee, transfers.c.credit.label("account"), currency, amount.label("minor")).where(
            of_shop(transfers), *which
        ),
    ).subquery()
    of = (moves.c.payee, moves.c.account, moves.c.currency)
    minor = total(moves.c.minor)
    return select(*of, minor).group_by(*of).having(func.sum(moves.c.minor) != 0).order_by(*of)


def _held(tables: Tables) -> Any:
    """Add up what an account was given before an instant, less what was taken."""
    transfers = tables.transfers
    payee, amount = transfers.c.payee, transfers.c.amount_minor
    taken, given = (column == bindparam("account") for column in (transfers.c.debit, transfers.c.credit))
    moved = case((taken, -amount), else_=amount)
    return (
        select(payee, total(moved))
        .where(
            of_shop(transfers),
            transfers.c.currency == bindparam("currency"),
            transfers.c.valid_at < bindparam("before"),
            or_(taken, given),
        )
        .group_by(payee)
        .having(func.sum(moved) != 0)
        .order_by(payee)
    )


def _balances(tables: Tables) -> Any:
    balances = tables.balances
    of_currency = balances.c.currency == bindparam("currency")
    return select(*balances.c[1:]).where(of_shop(balances), among(balances.c.payee), of_currency)


def _largest(tables: Tables) -> Any:
    balances = tables.balances
    carried = balances.c.carried_minor
    ends = (func.min(carried), func.max(carried), func.max(balances.c.payable_minor))
    return select(*ends).where(of_shop(balances), balances.c.currency == bindparam("currency"))


def _carrying(tables: Tables) -> Any:
    balances = tables.balances
    return (
        select(*balances.c[1:])
        .where(
            of_shop(balances),
            balances.c.payee > bindparam("after"),
            balances.c.currency == bindparam("currency"),
            balances.c.carried_minor >= bindparam("least"),
        )
        .order_by(balances.c.payee)
        .limit(bindparam("limit"))
    )


def _changes() -> tuple[ColumnElement[Any], ...]:
    """Return payee, currency and two amounts of a list of rows that is one parameter."""
    row = Rows(bindparam("rows", type_=String())).table_valued("value").c.value
    amounts = (cast(Part(row, place), BigInteger()) for place in (2, 3))
    return (Key(Part(row, 0)), Key(Part(row, 1)), *amounts)


@frozen
class _Missing:
    """Make the balances that are changed and not there yet, with nothing in them; lock the others.

    The update that follows takes its rows in whatever order the planner finds good.
    """

    dialect: str

    def __call__(self, tables: Tables) -> Executable:
        balances = tables.balances
        payee, currency, *_ = _changes()
        nothing: Any = (literal_column("0"), literal_column("0"))
        rows: Any = select(bindparam("shop"), payee, currency, *nothing).order_by(payee, currency)
        return insert_missing(self.dialect, balances, rows, locking=True)


@frozen
class _Add:
    """Add to balances that are there."""

    dialect: str

    def __call__(self, tables: Tables) -> Executable:
        balances = tables.balances
        payee, currency, carried, payable = _changes()
        names = ("payee", "currency", "carried", "payable")
        what = zip((payee, currency, carried, payable), names, strict=True)
        changes = kept_rows(self.dialect, select(*(each.label(name) for each, name in what)), "changes")
        return (
            balances.update()
            .values(
                carried_minor=balances.c.carried_minor + changes.c.carried,
                payable_minor=balances.c.payable_minor + changes.c.payable,
            )
            .where(
                of_shop(balances),
                balances.c.payee == changes.c.payee,
                balances.c.currency == changes.c.currency,
            )
        )


def _take(tables: Tables) -> Any:
    balances = tables.balances
    payable, carried = balances.c.payable_minor, balances.c.carried_minor
    amount: BindParameter[int] = bindparam("amount")
    return (
        balances.update()
        .values(payable_minor=payable - amount)
        .where(
            of_shop(balances),
            balances.c.payee == bindparam("payee"),
            balances.c.currency == bindparam("currency"),
            case((carried < 0, payable + carried), else_=payable) >= amount,
        )
    )
