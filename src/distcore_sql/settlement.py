"""`distcore.settlement`'s ports in tables: policies, what is due, decisions, opening balances, holds."""

import json
from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final

from sqlalchemy import BigInteger, String, and_, bindparam, cast, exists, func, literal, select

from distcore.codec import dump_settlement
from distcore.kernel import Currency, Instant, micros_of
from distcore.settlement import Adjustment, Due, DueKey, Hold, HoldChange, HoldOn, Opening, SettlementPolicy
from distcore_sql.dialects import Key, Part, Rows, read_once
from distcore_sql.money_rows import (
    adjustment_of,
    due_of,
    hold_change_of,
    hold_of,
    opening_of,
    row_of_adjustment,
    row_of_due,
    row_of_hold_change,
    row_of_opening,
    row_of_origin,
    settlement_policy_of,
)
from distcore_sql.paging import key_of, pages
from distcore_sql.rows import stored_instant
from distcore_sql.statements import Statements, Those, among, given_ids, listed, of_shop
from distcore_sql.tables import Tables

HALF_BITS: Final = 32
"""Amounts are added up in two halves of so many bits: sums of either fit 64, however many there are."""

PAGE: Final = 5_000
"""Rows read at a time when all of them are: bounds memory."""


class SqlSettlementPolicies:
    """Settlement policies, as documents."""

    def __init__(self, statements: Statements) -> None:
        """Read and write on the statements of a transaction."""
        self._sql = statements

    def add(self, policy: SettlementPolicy, *, at: Instant) -> None:
        """Write a version that is not there yet."""
        row = (policy.currency, policy.policy_version, dump_settlement(policy), micros_of(at))
        self._sql.insert("settlement_policies", [row])

    def all(self) -> Sequence[SettlementPolicy]:
        """Return every version, by currency and version."""
        return [settlement_policy_of(row[0]) for row in self._sql.rows(_policies)]


class SqlDues:
    """Open dues, each payee's in one place."""

    def __init__(self, statements: Statements) -> None:
        """Read and write on the statements of a transaction."""
        self._sql = statements

    def add(self, dues: Sequence[Due]) -> None:
        """Write dues."""
        self._sql.insert("dues", [row_of_due(due) for due in dues])

    def find(self, keys: Collection[DueKey]) -> dict[DueKey, Due]:
        """Return those of these that are open, by one statement."""
        if not keys:
            return {}
        rows = json.dumps([(currency, payee, *row_of_origin(origin)) for currency, payee, origin in keys])
        return {due.key: due for due in map(due_of, self._sql.rows(_some_dues, rows=rows))}

    def volume(self, currency: Currency) -> int:
        """Return what the open dues add up to without their signs, exactly: high and low halves apart."""
        high, low = self._sql.rows(_volume, currency=currency)[0]
        return (int(high or 0) << HALF_BITS) + int(low or 0)

    def all(self) -> Iterator[Due]:
        """Yield every open due by currency, payee and origin, a page at a time."""
        return map(due_of, pages(self._sql, "dues", PAGE))


class SqlAdjustments:
    """Decisions about amounts."""

    def __init__(self, statements: Statements) -> None:
        """Read and write on the statements of a transaction."""
        self._sql = statements

    def find(self, ids: Collection[str]) -> dict[str, Adjustment]:
        """Return those of these that are posted."""
        found = self._sql.rows(_adjustments, ids=listed(ids)) if ids else ()
        return {row[0]: adjustment_of(row) for row in found}

    def add(self, adjustments: Sequence[Adjustment], *, at: Instant) -> None:
        """Write adjustments."""
        recorded_at = micros_of(at)
        self._sql.insert("adjustments", [row_of_adjustment(each, recorded_at) for each in adjustments])

    def all(self) -> Iterator[tuple[Adjustment, Instant]]:
        """Yield every adjustment by id, a page at a time."""
        for row in pages(self._sql, "adjustments", PAGE):
            yield adjustment_of(row), stored_instant(row[-1])


class SqlOpenings:
    """Opening balances: a release takes the row of the freeze along, as it does for orders."""

    def __init__(self, statements: Statements) -> None:
        """Read and write on the statements of a transaction."""
        self._sql = statements

    def find(self, ids: Collection[str]) -> dict[str, Opening]:
        """Return those of these that are posted."""
        found = self._sql.rows(_openings, ids=listed(ids)) if ids else ()
        return {row[0]: opening_of(row) for row in found}

    def add(self, openings: Sequence[Opening], *, at: Instant) -> None:
        """Write opening balances, frozen until they are released."""
        recorded_at = micros_of(at)
        self._sql.insert("openings", [row_of_opening(each, recorded_at) for each in openings])
        self._sql.insert(
            "opening_freezes", [(each.id, micros_of(each.frozen_until or at)) for each in openings]
        )

    def ripe(self, until: Instant, limit: int) -> Sequence[Opening]:
        """Return those whose freeze is over, by id; what is ripe is found among the frozen ones alone."""
        self._sql.hold(_ripe_to_hold, until=micros_of(until), limit=limit)
        return [opening_of(row) for row in self._sql.rows(_ripe, until=micros_of(until), limit=limit)]

    def frozen(self, ids: Collection[str]) -> dict[str, Instant]:
        """Return when the freezes end that still run, or wait for a release."""
        found = self._sql.rows(_frozen, ids=listed(ids)) if ids else ()
        return {row[0]: stored_instant(row[1]) for row in found}

    def release(self, ids: Sequence[str], *, at: Instant) -> None:
        """Write releases, and end the freezes; the count of rows says whether somebody was faster."""
        if not ids:
            return
        given = listed(ids)
        if self._sql.change(_release_openings, ids=given, at=micros_of(at)) != len(ids):
            raise self._sql.conflict("some of these opening balances are released already")
        self._sql.change_those(_THAWED, ids)

    def all(self) -> Iterator[tuple[Opening, Instant, bool]]:
        """Yield every opening balance by id, a page at a time."""
        after = ""
        while page := self._sql.rows(_all_openings, after=after, limit=PAGE):
            for row in page:
                yield opening_of(row), stored_instant(row[-2]), row[-1] is not None
            after = page[-1][0]


class SqlHolds:
    """Holds: every change is kept, and the active ones stand in a table of their own."""

    def __init__(self, statements: Statements) -> None:
        """Read and write on the statements of a transaction."""
        self._sql = statements

    def active(self, on: HoldOn, refs: Collection[str], *, for_change: bool = False) -> dict[str, Hold]:
        """Return the holds on those of these that are held; `for_change` sees those of just now too."""
        if not refs:
            return {}
        asked = {"subject": on.value, "ids": listed(refs)}
        if for_change:
            self._sql.look_ahead("holds", _as_if_held, **asked)
        found = self._sql.rows(_active, **asked)
        return {row[1]: hold_of(row) for row in found}

    def changes(self, on: HoldOn, ref: str) -> Sequence[HoldChange]:
        """Return every change of the hold on one sale or payee, by number."""
        return [hold_change_of(row) for row in self._sql.rows(_changes, subject=on.value, ref=ref)]

    def change(self, change: HoldChange) -> None:
        """Place or lift a hold; of two at once the key of the change lets one win."""
        self._sql.insert("hold_changes", [row_of_hold_change(change)])
        hold = change.hold
        if change.placed:
            self._sql.insert("holds", [(hold.on.value, hold.ref, hold.reason)])
        else:
            self._sql.change(_lift, subject=hold.on.value, ref=hold.ref)

    def all(self) -> Iterator[HoldChange]:
        """Yield every change, by what is held and number, a page at a time."""
        return map(hold_change_of, pages(self._sql, "hold_changes", PAGE))


def _some_dues(tables: Tables) -> Any:
    """Return the dues of a list of keys that is one parameter."""
    row = Rows(bindparam("rows", type_=String())).table_valued("value").c.value
    *names, last = (column.name for column in key_of(tables.dues))
    parts = [Key(Part(row, place)).label(name) for place, name in enumerate(names)]
    number = cast(Part(row, len(names)), BigInteger()).label(last)
    # Kept as rows, each of which is looked up: else the list could be read anew for every due of the shop.
    wanted = read_once(select(*parts, number).cte("wanted"))
    dues = tables.dues
    same = (column == wanted.c[column.name] for column in key_of(dues))
    return select(*dues.c[1:]).select_from(wanted.join(dues, and_(of_shop(dues), *same)))


def _volume(tables: Tables) -> Any:
    dues = tables.dues
    size = func.abs(dues.c.amount_minor)
    halves = (func.sum(size.bitwise_rshift(HALF_BITS)), func.sum(size.bitwise_and(2**HALF_BITS - 1)))
    return select(*halves).where(of_shop(dues), dues.c.currency == bindparam("currency"))


def _policies(tables: Tables) -> Any:
    policies = tables.settlement_policies
    key = (policies.c.currency, policies.c.policy_version)
    return select(policies.c.body).where(of_shop(policies)).order_by(*key)


def _adjustments(tables: Tables) -> Any:
    adjustments = tables.adjustments
    return select(*adjustments.c[1:]).where(of_shop(adjustments), among(adjustments.c.adjustment))


def _openings(tables: Tables) -> Any:
    openings = tables.openings
    return select(*openings.c[1:]).where(of_shop(openings), among(openings.c.opening))


def _all_openings(tables: Tables) -> Any:
    openings, releases = tables.openings, tables.opening_releases
    its_own = (releases.c.shop == openings.c.shop) & (releases.c.opening == openings.c.opening)
    return (
        select(*openings.c[1:], releases.c.opening.label("released"))
        .select_from(openings.outerjoin(releases, its_own))
        .where(of_shop(openings), openings.c.opening > bindparam("after"))
        .order_by(openings.c.opening)
        .limit(bindparam("limit"))
    )


def _frozen(tables: Tables) -> Any:
    freezes = tables.opening_freezes
    return select(freezes.c.opening, freezes.c.due_at).where(of_shop(freezes), among(freezes.c.opening))


def _ripe_to_hold(tables: Tables) -> Any:
    freezes = tables.opening_freezes
    due = select(freezes.c.opening).where(of_shop(freezes), freezes.c.due_at <= bindparam("until"))
    return due.order_by(freezes.c.opening).limit(bindparam("limit")).with_for_update()


def _ripe(tables: Tables) -> Any:
    freezes, openings = tables.opening_freezes, tables.openings
    its_own = (openings.c.shop == freezes.c.shop) & (openings.c.opening == freezes.c.opening)
    return (
        select(*openings.c[1:])
        .select_from(freezes.join(openings, its_own))
        .where(of_shop(freezes), freezes.c.due_at <= bindparam("until"))
        .order_by(freezes.c.opening)
        .limit(bindparam("limit"))
    )


def _release_openings(tables: Tables) -> Any:
    freezes = tables.opening_freezes
    rows = select(freezes.c.shop, freezes.c.opening, bindparam("at")).where(
        of_shop(freezes), among(freezes.c.opening)
    )
    return tables.opening_releases.insert().from_select(["shop", "opening", "recorded_at"], rows)


_THAWED: Final = Those(lambda tables: tables.opening_freezes, "opening")


def _active(tables: Tables) -> Any:
    holds = tables.holds
    of_subject = holds.c.subject == bindparam("subject")
    return select(*holds.c[1:]).where(of_shop(holds), of_subject, among(holds.c.ref))


def _as_if_held(tables: Tables) -> Any:
    """Return the row of a hold on each of these that is not held."""
    holds = tables.holds
    ref = given_ids()
    subject = bindparam("subject", type_=holds.c.subject.type)
    its_own = of_shop(holds) & (holds.c.subject == subject) & (holds.c.ref == ref)
    row: Any = select(subject.label("subject"), ref.label("ref"), literal("").label("reason"))
    return row.where(~exists().where(its_own)).order_by(ref)


def _changes(tables: Tables) -> Any:
    changes = tables.hold_changes
    return (
        select(*changes.c[1:])
        .where(
            of_shop(changes),
            changes.c.subject == bindparam("subject"),
            changes.c.ref == bindparam("ref"),
        )
        .order_by(changes.c.number)
    )


def _lift(tables: Tables) -> Any:
    holds = tables.holds
    return holds.delete().where(
        of_shop(holds), holds.c.subject == bindparam("subject"), holds.c.ref == bindparam("ref")
    )
