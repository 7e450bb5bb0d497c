"""Somebody who may do anything to a database changes what is sealed, past the library and past its guards.

Triggers sleep, or are gone, while it happens, and stand as before afterwards; nobody asks whether rows refer
to rows that are there, nor for conditions where a database lets them be left out.  In MariaDB a trigger that
goes takes the transaction with it, so there they are gone as long as anybody tampers.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from random import Random
from typing import Any, Final, TypeAlias
from unicodedata import normalize

from attrs import frozen
from sqlalchemy import Connection, Table
from sqlalchemy.exc import DatabaseError
from tests.laws.tampering import LAST_SEAL, UnchangedError

from distcore.ledger import next_block
from distcore.ports import Store, Transaction
from distcore_sql import SqlStore, SqlTransaction, Tables
from distcore_sql.money_rows import block_of, leaves_of, row_of_block
from distcore_sql.seals import LEAVES, reference

Values: TypeAlias = dict[str, Any]

SEALS: Final = ("sealed_blocks", "sealed_leaves")
SEALED: Final = (*LEAVES, *SEALS)


def tamper_with_tables(tx: Transaction, random: Random) -> str:
    """Do one thing to what a store in a database holds, past its ports."""
    shop = raw(tx, random)
    while True:
        way = random.choice(WAYS)
        try:
            with shop.connection.begin_nested():
                return f"{way.__name__}: {way(shop)}"
        except (UnchangedError, DatabaseError):  # nothing to change, or no row can be so
            continue


@frozen
class Raw:
    """The tables of a shop, as somebody sees them who has a connection."""

    tx: SqlTransaction
    connection: Connection
    tables: Tables
    shop: str
    random: Random

    def rows(self, name: str) -> list[Values]:
        """Return all rows of a table that are sealed, or seals, in the order of their keys."""
        table = self.table(name)
        found = self.connection.execute(
            table.select().where(table.c.shop == self.shop).order_by(*table.primary_key.columns)
        )
        rows = [dict(each) for each in found.mappings()]
        return [each for each in rows if each.get("command_key") != LAST_SEAL]

    def some_row(self, names: Sequence[str]) -> tuple[str, Values]:
        name = self.random.choice(names)
        rows = self.rows(name)
        if not rows:
            raise UnchangedError
        return name, self.random.choice(rows)

    def table(self, name: str) -> Table:
        found: Table = getattr(self.tables, name)
        return found

    def key(self, name: str) -> list[str]:
        return [column.name for column in self.table(name).primary_key.columns]

    def put(self, name: str, *rows: Values) -> None:
        table = self.table(name)
        with self.asleep(table):
            for row in rows:
                self.connection.execute(table.insert().values(row))

    def remove(self, name: str, *rows: Values) -> None:
        table = self.table(name)
        with self.asleep(table):
            for row in rows:
                same = [table.c[column] == row[column] for column in self.key(name)]
                assert self.connection.execute(table.delete().where(*same)).rowcount == 1

    def change(self, name: str, row: Values, **values: Any) -> None:
        table = self.table(name)
        same = [table.c[column] == row[column] for column in self.key(name)]
        with self.asleep(table):
            assert self.connection.execute(table.update().where(*same).values(values)).rowcount == 1

    def truncate(self, name: str) -> None:
        table = self.table(name)
        with self.asleep(table):
            self.connection.exec_driver_sql(TRUNCATE[self.connection.dialect.name].format(table.name))

    def asleep(self, table: Table) -> AbstractContextManager[None]:
        """Let whatever guards a table sleep for a while."""
        return ASLEEP[self.connection.dialect.name](self.connection, table)


@contextmanager
def _dropped(connection: Connection, table: Table) -> Iterator[None]:
    """SQLite has no other way than to drop triggers, and to make them again."""
    triggers = "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ?"
    found = connection.exec_driver_sql(triggers, (table.name,)).fetchall()
    for name, _ in found:
        connection.exec_driver_sql(f"DROP TRIGGER {name}")
    connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
    connection.exec_driver_sql("PRAGMA ignore_check_constraints = ON")
    try:
        yield
    finally:
        connection.exec_driver_sql("PRAGMA ignore_check_constraints = OFF")
    for _, sql in found:
        connection.exec_driver_sql(sql)


@contextmanager
def _disabled(connection: Connection, _table: Table) -> Iterator[None]:
    """PostgreSQL lets its superuser go past all triggers, those that keep foreign keys too."""
    connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
    yield
    connection.exec_driver_sql("SET LOCAL session_replication_role = origin")


@contextmanager
def _unchecked(connection: Connection, _table: Table) -> Iterator[None]:
    """MariaDB lets anybody leave foreign keys and conditions out; its triggers are gone already."""
    connection.exec_driver_sql("SET SESSION foreign_key_checks = OFF, check_constraint_checks = OFF")
    try:
        yield
    finally:
        connection.exec_driver_sql("SET SESSION foreign_key_checks = ON, check_constraint_checks = ON")


@contextmanager
def unguarded(store: Store) -> Iterator[None]:
    """Let the triggers be gone from a store for a while, where that can't be done within a transaction."""
    if not (isinstance(store, SqlStore) and store._engine.dialect.name == "mariadb"):
        yield
        return
    triggers = (
        "SELECT trigger_name, action_timing, event_manipulation, event_object_table, action_statement"
        " FROM information_schema.triggers WHERE trigger_schema = DATABASE()"
    )
    with store._engine.begin() as connection:
        found = connection.exec_driver_sql(triggers).fetchall()
        for name, *_ in found:
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
    yield
    with store._engine.begin() as connection:
        for name, when, event, table, body in found:
            made = f"CREATE TRIGGER {name} {when} {event} ON {table} FOR EACH ROW {body}"
            connection.exec_driver_sql(made)


ASLEEP: Final[Mapping[str, Callable[[Connection, Table], AbstractContextManager[None]]]] = {
    "sqlite": _dropped,
    "postgresql": _disabled,
    "mariadb": _unchecked,
}
TRUNCATE: Final = {
    "sqlite": "DELETE FROM {}",
    "postgresql": "TRUNCATE {} CASCADE",
    "mariadb": "DELETE FROM {}",
}
"""In PostgreSQL whatever refers to the table goes along; in MariaDB nothing that is truncated comes back."""


def raw(tx: Transaction, random: Random) -> Raw:
    """Return the tables behind the ports of a transaction."""
    assert isinstance(tx, SqlTransaction)
    return Raw(tx, tx._statements._connection, tx._statements._tables, tx.shop, random)


# What somebody does


def change(shop: Raw, names: Sequence[str] = SEALED) -> str:
    """Change one value of one row; it may be a part of its key, or the shop that it belongs to."""
    name, row = shop.some_row(names)
    column = shop.random.choice(list(row))
    new = _changed(row[column], shop.random, nullable=bool(shop.table(name).c[column].nullable))
    if new == row[column]:
        raise UnchangedError
    shop.change(name, row, **{column: new})
    return f"{name}.{column} of {row}: {new!r}"


def remove(shop: Raw, names: Sequence[str] = SEALED) -> str:
    """Take a row away."""
    name, row = shop.some_row(names)
    shop.remove(name, row)
    return f"{name} {row}"


def insert(shop: Raw, names: Sequence[str] = SEALED) -> str:
    """Put a row more into what was written at once, or among the seals."""
    grow = [name for name in names if name in SEALS or LEAVES[name] < len(shop.key(name)) - 1]
    name, row = shop.some_row(grow)
    width = 0 if name in SEALS else LEAVES[name]
    column = shop.random.choice(shop.key(name)[1 + width :])
    new = row | {column: _changed(row[column], shop.random, nullable=False)}
    shop.put(name, new)
    return f"{name} {new}"


def swap(shop: Raw, names: Sequence[str] = SEALED) -> str:
    """Let one value of two rows change places: of a key as well, so that they stand in another order."""
    name, one = shop.some_row(names)
    other = shop.random.choice(shop.rows(name))
    column = shop.random.choice(list(one)[1:])
    changed = [one | {column: other[column]}, other | {column: one[column]}]
    if all(each in [one, other] for each in changed):
        raise UnchangedError
    shop.remove(name, one, other)
    shop.put(name, *changed)
    return f"{name}.{column} of {one} and {other}"


def put_elsewhere(shop: Raw) -> str:
    """Let two rows that were written at once change places."""
    name, one = shop.some_row(("accruals", "sealed_leaves"))
    written = ("block",) if name == "sealed_leaves" else ("sale", "posting")
    others = [each for each in shop.rows(name) if all(each[part] == one[part] for part in written)]
    other = shop.random.choice(others)
    if other == one:
        raise UnchangedError
    shop.remove(name, one, other)
    changed = one | {"position": other["position"]}, other | {"position": one["position"]}
    shop.put(name, *changed)
    return f"{name} {one} and {other}"


def truncate(shop: Raw) -> str:
    """Empty a table, or cut off its end."""
    name, _ = shop.some_row(SEALED)
    if shop.random.random() < 0.5:
        shop.truncate(name)
        return name
    rows = shop.rows(name)
    gone = rows[shop.random.randrange(len(rows)) :]
    shop.remove(name, *gone)
    return f"{name}, {len(gone)} rows"


def cut_off_the_end(shop: Raw) -> str:
    """Remove the newest blocks with their seals, and perhaps the facts that they sealed."""
    blocks = shop.rows("sealed_blocks")
    first = shop.random.randint(1, len(blocks))
    leaves = [each for each in shop.rows("sealed_leaves") if each["block"] >= first]
    shop.remove("sealed_leaves", *leaves)
    shop.remove("sealed_blocks", *[each for each in blocks if each["number"] >= first])
    gone = {(each["kind"], each["ref"]) for each in leaves}
    if shop.random.random() < 0.5:
        for name in LEAVES:
            shop.remove(name, *[each for each in shop.rows(name) if _leaf(name, each) in gone])
    return f"blocks from {first}"


def change_and_hash_again(shop: Raw) -> str:
    """Change rows, and the hashes of them that stand in the blocks."""
    what = _something(shop)
    _hash_again(shop)
    return what


def change_and_make_the_block_again(shop: Raw) -> str:
    """Change rows, their hashes, and the blocks that hold them."""
    what = _something(shop)
    for number in sorted(_hash_again(shop)):
        _make_again(shop, number)
    return what


def change_and_make_all_blocks_again(shop: Raw) -> str:
    """Change rows, and forge the whole chain: only what was kept elsewhere gives it away."""
    what = _something(shop)
    _hash_again(shop)
    for block in shop.rows("sealed_blocks"):
        _make_again(shop, block["number"])
    return what


WAYS: Final[tuple[Callable[[Raw], str], ...]] = (
    *(change, change, change, change),
    *(remove, remove, insert, insert),
    *(swap, swap, put_elsewhere),
    *(truncate, cut_off_the_end),
    *(change_and_hash_again, change_and_make_the_block_again, change_and_make_all_blocks_again),
)


def _something(shop: Raw) -> str:
    way = shop.random.choice((change, change, remove, insert, swap))
    return f"{way.__name__} {way(shop, tuple(LEAVES))}"


def _changed(value: Any, random: Random, *, nullable: bool) -> Any:
    """Return another value, also one that nobody would see the difference of."""
    if nullable and random.random() < 0.2:
        return None
    match value:
        case None:
            return random.choice(["", "x", 0])
        case int():
            return random.choice([value - 1, value + 1, value + 1_000, -value, 0, 1, 2**62])
        case str():
            return random.choice(
                [
                    *(f"{value}x", f"{value} ", f" {value}", value[1:], value[:-1], ""),
                    *(value.upper(), value.lower(), value.swapcase(), normalize("NFD", value)),
                    *(value.replace("0", "1", 1), value.replace(",", ", ", 1), f"{value}\u200b"),
                ]
            )
    raise AssertionError(f"no store writes {value!r}")


def _leaf(name: str, row: Values) -> tuple[str, str]:
    """Return what a row belongs to."""
    key = tuple(row.values())[1 : 1 + LEAVES[name]]
    return name, reference(key if len(key) > 1 else key[0])


def _hash_again(shop: Raw) -> set[int]:
    """Write the hashes of what stands there now, forget what is gone; return the blocks that held them."""
    there = {
        (name, each.leaf.ref): each.leaf.digest.hex()
        for name in LEAVES
        for each in shop.tx.seals.leaves(name)
    }
    found = set()
    for seal in shop.rows("sealed_leaves"):
        digest = there.get((seal["kind"], seal["ref"]))
        if digest == seal["digest"]:
            continue
        found.add(seal["block"])
        if digest is None:
            shop.remove("sealed_leaves", seal)
        else:
            shop.change("sealed_leaves", seal, digest=digest)
    return found


def _make_again(shop: Raw, number: int) -> None:
    """Make a block again from the members and the block before it that stand there now."""
    members = [each for each in shop.rows("sealed_leaves") if each["block"] == number]
    in_order = sorted(members, key=lambda each: each["position"])
    leaves = leaves_of([(each["kind"], each["ref"], each["digest"]) for each in in_order])
    if not leaves:
        raise UnchangedError
    rows = shop.rows("sealed_blocks")
    blocks = {each["number"]: block_of([*each.values()][1:]) for each in rows}
    (row,) = (each for each in rows if each["number"] == number)
    new = next_block(blocks.get(number - 1), leaves, at=blocks[number].sealed_at)
    names = [*row][1:]
    shop.change("sealed_blocks", row, **dict(zip(names, row_of_block(new), strict=True)))
