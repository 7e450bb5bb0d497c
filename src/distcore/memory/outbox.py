"""What is still to be told, in memory."""

from collections.abc import Collection, Iterable, Sequence

from distcore.kernel import Instant
from distcore.memory.journal import Journal
from distcore.ports import Event, Waiting


class MemoryOutbox:
    """`distcore.ports.Outbox` in dictionaries."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._opened: dict[str, Instant] = {}
        self._events: dict[str, Event] = {}
        self._claimed: dict[str, Instant] = {}

    def is_open(self) -> bool:
        """Say whether what is done is kept to be told."""
        return bool(self._opened)

    def open(self, *, at: Instant) -> None:
        """Keep what is done from now on."""
        if not self._opened:
            self._journal.put(self._opened, "at", at)

    def close(self) -> None:
        """Keep nothing more."""
        if self._opened:
            self._journal.remove(self._opened, "at")

    def add(self, events: Iterable[Event]) -> None:
        """Keep new events, if it is open."""
        if self._opened:
            self._journal.insert_all(self._events, [(each.id, each) for each in events])

    def claim(self, most: int, *, now: Instant, until: Instant) -> Sequence[Event]:
        """Take up to so many events that nobody has, the oldest first; those that somebody had come last."""
        free = [each for each in self._events.values() if self._claimed.get(each.id, now) <= now]
        taken = sorted(free, key=self._turn)[:most]
        for each in taken:
            self._journal.put(self._claimed, each.id, until)
        return taken

    def _turn(self, event: Event) -> tuple[bool, Instant, Instant, str]:
        until = self._claimed.get(event.id)
        return (until is not None, until or event.done_at, event.done_at, event.id)

    def forget(self, events: Collection[str]) -> None:
        """Take away events that were told."""
        for id in {*events} & self._events.keys():
            self._journal.remove(self._events, id)
            if id in self._claimed:
                self._journal.remove(self._claimed, id)

    def waiting(self) -> Waiting:
        """Return how much is still to be told."""
        since = min((each.done_at for each in self._events.values()), default=None)
        return Waiting(len(self._events), since)

    def all(self) -> Sequence[Event]:
        """Return every event that is still to be told, by id."""
        return [self._events[id] for id in sorted(self._events)]
