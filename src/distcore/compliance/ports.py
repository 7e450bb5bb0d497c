"""What must be remembered about compliance."""

from collections.abc import Sequence
from typing import Protocol

from distcore.compliance.override import Override
from distcore.kernel import PlanId


class Overrides(Protocol):
    """Plans that were published though they break a preset; nothing is ever changed."""

    def add(self, override: Override) -> None:
        """Write an override of a published version.

        A number that is taken is a conflict: `RetryableError`.
        """
        ...

    def of(self, plan: PlanId, plan_version: int) -> Sequence[Override]:
        """Return the overrides of a version, by number."""
        ...

    def all(self) -> Sequence[Override]:
        """Return every override, by plan, version and number."""
        ...
