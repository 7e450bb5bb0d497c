"""What is counted against limits, in memory."""

from collections.abc import Iterator, Mapping, Sequence

from distcore.kernel import Count, Taking
from distcore.memory.journal import Journal


class MemoryCounts:
    """`distcore.ports.Counts` in a dictionary."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._taken: dict[Count, int] = {}

    def take(self, takings: Sequence[Taking]) -> Taking | None:
        """Count all of it, or nothing; return the first that has no room."""
        for each in sorted(takings, key=lambda each: each.count):
            if self.of(each.count) + each.units > each.most:
                return each
        for each in takings:
            self._journal.put(self._taken, each.count, self.of(each.count) + each.units)
        return None

    def give_back(self, units: Mapping[Count, int]) -> None:
        """Count so many units less."""
        for count, back in units.items():
            assert self.of(count) >= back, f"{back} of {count} come back, and {self.of(count)} were taken"
            self._journal.put(self._taken, count, self.of(count) - back)

    def of(self, count: Count) -> int:
        """Return what is counted so far."""
        return self._taken.get(count, 0)

    def all(self) -> Iterator[tuple[Count, int]]:
        """Yield what is counted by count."""
        for count in sorted(self._taken):
            if self._taken[count]:
                yield count, self._taken[count]
