"""Which rows a transaction locks, and when: told by the database, which somebody else asks after each write.

Whoever asks tries to lock every row himself and skips what he does not get: that is locked.  A new row can't
be seen by others; it is told by the statement that makes it.
"""

import re
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from attrs import define, field, frozen
from sqlalchemy import Engine, Table, select
from tests.sql.crash import SHOP, TABLES, an_engine
from tests.sql.watched import Point, When, watch

Row: TypeAlias = tuple[str | int, ...]
"""A key without its shop."""

PREFIX: Final = "distcore_"

BY_NAME: Final[Mapping[str, Table]] = {table.name.removeprefix(PREFIX): table for table in TABLES.all()}

NAMED: Final = re.compile(rf"\b{PREFIX}(\w+)\b")

MADE: Final = re.compile(rf"(?:INSERT INTO|COPY) [\"`]?{PREFIX}(\w+)")


UPSERTS: Final = ("ON CONFLICT", "ON DUPLICATE KEY")

MADE_UNDER: Final[Mapping[str, frozenset[str]]] = {
    name: frozenset(key.column.table.name.removeprefix(PREFIX) for key in table.foreign_keys)
    | {
        "transfers": {"sales", "openings", "opening_freezes", "adjustments", "closings", "payouts", "trees"}
        | {"placed_orders", "order_steps"},
        "dues": {"sales", "openings", "opening_freezes", "adjustments", "closings", "trees"},
        "holds": {"hold_changes"},
        "member_changes": {"trees"},
        "period_postings": {"trees"},
        "period_runs": {"trees"},
    }.get(name, set())
    for name, table in BY_NAME.items()
}
"""Tables whose rows are written under a row of another one, which whoever does has locked or made before."""


@frozen
class Step:
    """What one statement locks in a table: rows that are there, and perhaps new ones.

    A row of `rows` nobody else may read for a change; of those in `shared` somebody else may still say that
    they have to stay.
    """

    table: str
    rows: frozenset[Row]
    shared: frozenset[Row]
    makes: bool
    text: str

    @property
    def name(self) -> str:
        """Return what it locks; rows that are made apart, unless the same statement locks those there are."""
        is_apart = self.makes and not any(word in self.text for word in UPSERTS)
        return f"new {self.table}" if is_apart else self.table


@define
class LockLog:
    """The steps of each transaction of an engine, from now on; a context manager."""

    url: str
    engine: Engine
    done: list[tuple[Step, ...]] = field(factory=list)
    _now: list[Step] = field(factory=list)
    _held: dict[str, set[Row]] = field(factory=lambda: defaultdict(set))
    _other: Engine = field(init=False)

    def __enter__(self) -> "LockLog":
        self._other = an_engine(self.url)
        watch(self.engine, self._look)
        return self

    def __exit__(self, *_: object) -> None:
        self._other.dispose()

    def _look(self, point: Point, _driver: object, _cursor: object) -> None:
        if point.when is When.BEFORE:
            return
        if point.commits:
            self.done.append(tuple(self._now))
            self._now.clear()
            self._held.clear()
        elif any(word in point.text for word in ("INSERT", "UPDATE", "DELETE", "COPY")):
            self._now += self._steps(point.text)

    def _steps(self, text: str) -> Iterator[Step]:
        found = MADE.search(text)
        made = found and found[1]
        for name in _concerned(text):
            rows, shared = self._locked(BY_NAME[name])
            rows -= self._held[name]
            self._held[name] |= rows
            if rows or shared or name == made:
                yield Step(name, frozenset(rows), frozenset(shared), name == made, text)

    def _locked(self, table: Table) -> tuple[set[Row], set[Row]]:
        """Return the rows that nobody else gets, and those that nobody else gets alone."""
        key = list(table.primary_key.columns)[1:] or list(table.primary_key.columns)
        every = select(*key).where(table.c.shop == SHOP)
        with self._other.connect() as connection:

            def seen(rows: Any) -> set[Row]:
                found = {tuple(row) for row in connection.execute(rows)}
                connection.rollback()
                return found

            there = seen(every)
            taken = there - seen(every.with_for_update(read=True, skip_locked=True))
            return taken, there - taken - seen(every.with_for_update(key_share=True, skip_locked=True))


def _concerned(text: str) -> list[str]:
    """Return the tables that a statement names, and those to which they refer, where rows are locked too."""
    named = set(NAMED.findall(text)) & BY_NAME.keys()
    parents = {
        key.column.table.name.removeprefix(PREFIX) for name in named for key in BY_NAME[name].foreign_keys
    }
    return sorted(named | parents)


def waiting(transactions: Sequence[tuple[Step, ...]]) -> Iterator[tuple[Step, ...]]:
    """Yield of each transaction the steps at which it may wait for another one.

    Not the rows that it makes under what it holds alone; nor those of which nobody asks more than that they
    stay.  Nor its command and the events of it: the same key waits for itself, when everything else is done.
    Where something follows, a whole verb has been done by another, as both hold the row of the tree.
    """
    exclusive = {step.table for steps in transactions for step in steps if step.rows}
    for steps in transactions:
        yield tuple(_waiting(steps, exclusive))


def _waiting(steps: Sequence[Step], exclusive: Container[str]) -> Iterator[Step]:
    seen: set[str] = set()
    for step in steps:
        if step.table in {"commands", "outbox"} and step.makes:
            seen.add(step.table)
            continue
        assert "commands" not in seen or "trees" in seen, f"{step.text} after the command"
        is_free = not seen & MADE_UNDER[step.table]
        if step.rows or (step.shared and step.table in exclusive) or (step.makes and is_free):
            yield step
        seen.add(step.table)


def before_each(transactions: Iterable[tuple[Step, ...]]) -> dict[str, set[str]]:
    """Return the graph that must have no circle: for each name those that a transaction locked before it."""
    found: dict[str, set[str]] = {}
    for steps in transactions:
        before: list[str] = []
        for name in [step.name for step in steps]:
            found.setdefault(name, set()).update(before)
            found[name].discard(before[-1] if before and before[-1] == name else "")
            if not before or before[-1] != name:
                before.append(name)
    return found


def out_of_order(steps: Sequence[Step]) -> Iterator[str]:
    """Yield the statements by which a transaction locks rows of a table before others with a lower key.

    Whatever belongs to something that it holds may be locked in any order.
    """
    last: dict[str, Row] = {}
    seen: set[str] = set()
    for step in steps:
        if step.rows and not seen & MADE_UNDER[step.table]:
            is_sorted = len(step.rows) == 1 or "ORDER BY" in step.text
            if not is_sorted or min(step.rows) < last.get(step.table, ()):
                yield step.text
            last[step.table] = max(step.rows)
        seen.add(step.table)
