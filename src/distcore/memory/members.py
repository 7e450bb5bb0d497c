"""Policies of tiers, evaluations and decisions in memory."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from distcore.kernel import Instant, MemberId
from distcore.members import Decision, Evaluation, Outcome, TierPolicy
from distcore.memory.journal import Journal


class MemoryTierPolicies:
    """`distcore.members.TierPolicies` in a dictionary."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._policies: dict[int, TierPolicy] = {}

    def add(self, policy: TierPolicy, *, at: Instant) -> None:
        """Write a version."""
        self._journal.insert(self._policies, policy.policy_version, policy)

    def all(self) -> Sequence[TierPolicy]:
        """Return every version, by version."""
        return [self._policies[version] for version in sorted(self._policies)]


class MemoryTierEvaluations:
    """`distcore.members.TierEvaluations` in dictionaries, one of decisions for each evaluation."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._evaluations: dict[int, Evaluation] = {}
        self._decisions: dict[int, dict[MemberId, Decision]] = {}

    def all(self) -> Sequence[Evaluation]:
        """Return every evaluation by number."""
        return [self._evaluations[number] for number in sorted(self._evaluations)]

    def add(self, evaluation: Evaluation) -> None:
        """Write an evaluation."""
        self._journal.insert(self._evaluations, evaluation.number, evaluation)
        self._journal.insert(self._decisions, evaluation.number, {})

    def decide(self, decisions: Sequence[Decision]) -> None:
        """Write decisions."""
        by_evaluation: dict[int, list[tuple[MemberId, Decision]]] = {}
        for each in decisions:
            by_evaluation.setdefault(each.evaluation, []).append((each.member, each))
        for number, rows in by_evaluation.items():
            self._journal.insert_all(self._decisions[number], rows)

    def decisions(self, evaluation: int) -> Iterator[Decision]:
        """Yield the decisions of an evaluation by member."""
        decided = self._decisions.get(evaluation, {})
        for member in sorted(decided):
            yield decided[member]

    def in_grace(self, evaluation: int) -> Iterator[Decision]:
        """Yield those decisions of an evaluation that gave grace; looks at all of it."""
        return (each for each in self.decisions(evaluation) if each.misses)

    def of(self, members: Collection[MemberId]) -> dict[MemberId, list[Decision]]:
        """Return the decisions about these members; looks at every evaluation."""
        numbers = sorted(self._decisions)
        found = {
            member: [self._decisions[each][member] for each in numbers if member in self._decisions[each]]
            for member in members
        }
        return {member: decided for member, decided in found.items() if decided}

    def outcomes(self, evaluation: int) -> dict[Outcome, int]:
        """Count the decisions of an evaluation by outcome; looks at all of it."""
        return dict(Counter(each.outcome for each in self._decisions.get(evaluation, {}).values()))

    def count(self) -> int:
        """Return how many decisions there are."""
        return sum(map(len, self._decisions.values()))
