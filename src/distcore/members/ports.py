"""What must be remembered about tiers."""

from collections.abc import Collection, Iterator, Sequence
from typing import Protocol

from distcore.kernel import Instant, MemberId
from distcore.members.evaluate import Decision, Evaluation, Outcome
from distcore.members.policy import TierPolicy


class TierPolicies(Protocol):
    """How tiers are earned and lost; a version is never changed."""

    def add(self, policy: TierPolicy, *, at: Instant) -> None:
        """Write a version; one that is there already is a conflict: `RetryableError`."""
        ...

    def all(self) -> Sequence[TierPolicy]:
        """Return every version, by version."""
        ...


class TierEvaluations(Protocol):
    """Periods whose tiers were decided, and what was decided about every member; nothing is ever changed."""

    def all(self) -> Sequence[Evaluation]:
        """Return every evaluation by number."""
        ...

    def add(self, evaluation: Evaluation) -> None:
        """Write an evaluation; a number that is taken is a conflict: `RetryableError`."""
        ...

    def decide(self, decisions: Sequence[Decision]) -> None:
        """Write decisions of evaluations that are there; one about each member in each evaluation."""
        ...

    def decisions(self, evaluation: int) -> Iterator[Decision]:
        """Yield the decisions of an evaluation by member, in constant memory."""
        ...

    def in_grace(self, evaluation: int) -> Iterator[Decision]:
        """Yield those decisions of an evaluation that gave grace, by member, in constant memory."""
        ...

    def of(self, members: Collection[MemberId]) -> dict[MemberId, list[Decision]]:
        """Return the decisions about those of these members about whom there are any, by evaluation.

        A number of statements that does not depend on the members.
        """
        ...

    def outcomes(self, evaluation: int) -> dict[Outcome, int]:
        """Count the decisions of an evaluation by outcome, where they are kept; none of one is left out."""
        ...

    def count(self) -> int:
        """Return how many decisions there are."""
        ...
