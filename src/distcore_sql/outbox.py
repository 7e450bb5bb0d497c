"""`distcore.ports.Outbox` in tables: a row for each event that is still to be told.

The rule this file protects: an event is found by being there, not by coming after the last one.  Rows become
visible in the order of their commits, which no number tells.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

from attrs import frozen
from sqlalchemy import BigInteger, Executable, bindparam, func, select

from distcore.kernel import Instant, ShopId, micros_of
from distcore.ports import Event, Waiting
from distcore_sql.dialects import insert_missing
from distcore_sql.rows import event_of, row_of_event, stored_instant
from distcore_sql.statements import Statements, Those, of_shop
from distcore_sql.tables import Tables


class SqlOutbox:
    """What is still to be told; whoever looks for commands learns whether anything is kept at all."""

    def __init__(self, statements: Statements, shop: ShopId) -> None:
        """Read and write on the statements of a transaction."""
        self._sql = statements
        self._shop = shop
        self._is_open: bool | None = None

    def learn(self, *, is_open: bool) -> None:
        """Take from another statement whether it is open: nobody has to ask again."""
        self._is_open = is_open

    def is_open(self) -> bool:
        """Say whether what is done is kept to be told."""
        if self._is_open is None:
            self._is_open = bool(self._sql.rows(is_open)[0][0])
        return self._is_open

    def open(self, *, at: Instant) -> None:
        """Keep what is done from now on."""
        self._sql.change(_Opened(self._sql.dialect), at=micros_of(at))
        self._is_open = True

    def close(self) -> None:
        """Keep nothing more."""
        self._sql.change(_closed)
        self._is_open = False

    def add(self, events: Iterable[Event]) -> None:
        """Keep new events, if it is open."""
        if self.is_open():
            self._sql.insert("outbox", [row_of_event(each) for each in events])

    def claim(self, most: int, *, now: Instant, until: Instant) -> Sequence[Event]:
        """Take up to so many events that nobody has, the oldest first; those that somebody had come last."""
        self._sql.hold()  # where rows are not locked, nobody else may ask meanwhile
        free = self._sql.rows(_free, now=micros_of(now), most=most)
        events = [event_of(self._shop, row) for row in free]
        if events:
            self._sql.change_those(_CLAIMED, [each.id for each in events], until=micros_of(until))
        return events

    def forget(self, events: Collection[str]) -> None:
        """Take away events that were told."""
        if events:
            self._sql.change_those(_FORGOTTEN, sorted(events))

    def waiting(self) -> Waiting:
        """Return how much is still to be told."""
        events, since = self._sql.rows(_waiting)[0]
        return Waiting(events, None if since is None else stored_instant(since))

    def all(self) -> Sequence[Event]:
        """Return every event that is still to be told, by id."""
        return [event_of(self._shop, row) for row in self._sql.rows(_all)]


@frozen
class _Opened:
    """Write that it is open; whoever comes second leaves it as it is."""

    dialect: str

    def __call__(self, tables: Tables) -> Executable:
        row: Any = select(bindparam("shop"), bindparam("at", type_=BigInteger))
        return insert_missing(self.dialect, tables.outboxes, row)


def is_open(tables: Tables) -> Any:
    """Return 1 if what is done is kept to be told, else 0."""
    outboxes = tables.outboxes
    return select(func.count()).select_from(outboxes).where(of_shop(outboxes))


def _closed(tables: Tables) -> Any:
    return tables.outboxes.delete().where(of_shop(tables.outboxes))


def _free(tables: Tables) -> Any:
    outbox = tables.outbox
    free = outbox.c.free_at <= bindparam("now")
    in_turn = (outbox.c.free_at, outbox.c.done_at, outbox.c.event)
    first = _events(tables).where(free).order_by(*in_turn).limit(bindparam("most"))
    return first.with_for_update(skip_locked=True)


_CLAIMED: Final = Those(lambda tables: tables.outbox, "event", lambda _: {"free_at": bindparam("until")})

_FORGOTTEN: Final = Those(lambda tables: tables.outbox, "event")


def _waiting(tables: Tables) -> Any:
    outbox = tables.outbox
    return select(func.count(), func.min(outbox.c.done_at)).where(of_shop(outbox))


def _all(tables: Tables) -> Any:
    return _events(tables).order_by(tables.outbox.c.event)


def _events(tables: Tables) -> Any:
    """Return the columns of events, those aside that say who has them."""
    outbox = tables.outbox
    return select(*outbox.c[1:-1]).where(of_shop(outbox))
