"""Overrides in memory."""

from collections.abc import Sequence

from distcore.compliance import Override
from distcore.kernel import PlanId
from distcore.memory.journal import Journal


class MemoryOverrides:
    """`distcore.compliance.Overrides` in a dictionary."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._overrides: dict[tuple[PlanId, int, int], Override] = {}

    def add(self, override: Override) -> None:
        """Write an override."""
        key = (override.plan, override.plan_version, override.number)
        self._journal.insert(self._overrides, key, override)

    def of(self, plan: PlanId, plan_version: int) -> Sequence[Override]:
        """Return the overrides of a version; looks at all of them."""
        return [each for each in self.all() if (each.plan, each.plan_version) == (plan, plan_version)]

    def all(self) -> Sequence[Override]:
        """Return every override, by plan, version and number."""
        return [self._overrides[key] for key in sorted(self._overrides)]
