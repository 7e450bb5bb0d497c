"""Are tiers still what they were earned by?  Every decision is made again from what it rests on.

Nothing is taken on trust: each decision is decided anew from its measures and from the decision before, the
tier that it gives is looked up in the tree, and the changes of the tree that an evaluation made are counted.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from operator import attrgetter
from typing import Final

from attrs import define, field

from distcore.engine.tiers import left_since
from distcore.kernel import Problem
from distcore.members import Decision, Evaluation, TierPolicy, decide, standing_of
from distcore.ports import Transaction
from distcore.referral import Aspect, Change, Member, seat_of

BATCH: Final = 1_000
"""Members that are looked at together: bounds memory."""


@define
class _Judged:
    """An evaluation with the policy that it went by, and the revisions that its decisions made."""

    evaluation: Evaluation
    policy: TierPolicy
    changes: int = 0
    newest: int = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.newest = self.evaluation.tree_revision


def tier_problems(tx: Transaction) -> Iterator[Problem]:
    """Yield what is wrong with evaluations and with what they decided, in one pass over all members."""
    evaluations = tx.tier_evaluations.all()
    judged: dict[int, _Judged] = {}
    yield from _row_problems(evaluations, tx.tier_policies.all(), judged)
    seen = 0
    everybody = tx.members.all()
    while evaluations and (page := list(islice(everybody, BATCH))):
        found = tx.tier_evaluations.of([member.id for member in page])
        for member in page:
            decisions = found.get(member.id, [])
            seen += len(decisions)
            yield from _member_problems(member, decisions, judged)
    if seen != (count := tx.tier_evaluations.count()):
        yield Problem("tier decisions", f"there are {count}, and {seen} are about members")
    for number, each in judged.items():
        made = each.newest - each.evaluation.tree_revision
        if made != each.changes:
            yield Problem(
                f"tier evaluation {number}",
                f"its decisions change {each.changes} tiers, and it made {made} revisions of the tree",
            )


def _row_problems(
    evaluations: Sequence[Evaluation], policies: Sequence[TierPolicy], judged: dict[int, _Judged]
) -> Iterator[Problem]:
    """Yield what is wrong with the evaluations themselves, and fill in those that can be made again."""
    by_version = {each.policy_version: each for each in policies}
    last: Evaluation | None = None
    for number, each in enumerate(evaluations, 1):
        where = f"tier evaluation {each.number}"
        if each.number != number:
            yield Problem(where, f"number {number} is missing")
        elif last is not None and each.period.start != last.period.end:
            yield Problem(where, f"{each.period.label} does not begin where {last.period.label} ended")
        last = each
        policy = by_version.get(each.policy_version)
        if policy is None:
            yield Problem(where, f"version {each.policy_version} of the tier policy is missing")
        else:
            judged[each.number] = _Judged(each, policy)


def _member_problems(
    member: Member, decisions: Sequence[Decision], judged: Mapping[int, _Judged]
) -> Iterator[Problem]:
    before: Decision | None = None
    for decision in decisions:
        each = judged.get(decision.evaluation)
        if each is not None:  # else it is named already, or was never there
            where = f"member {member.id}, tier evaluation {decision.evaluation}"
            last = None if before is None else judged.get(before.evaluation)
            if before is None or last is None or _begins_anew(member, before, last, each):
                before = None
            yield from _decision_problems(member, decision, before, each, where)
            if decision.changes_tier:
                yield from _change_problems(decision, _made(member, each.evaluation), each, where)
        before = decision


def _begins_anew(member: Member, before: Decision, last: _Judged, now: _Judged) -> bool:
    """Return whether grace does not go on from an evaluation: another came between, or another tier."""
    if last.evaluation.number != now.evaluation.number - 1:
        return True
    return left_since(member, before.tier, last.evaluation, now.evaluation)


def _made(member: Member, evaluation: Evaluation) -> Change | None:
    """Return the change of tier that an evaluation made: the first one after the revision that it saw."""
    since, at = evaluation.period.end, evaluation.evaluated_at
    its_own = (
        each
        for each in member.changes
        if each.aspect is Aspect.TIER
        and (each.valid_from, each.recorded_at) == (since, at)
        and each.revision > evaluation.tree_revision
    )
    return min(its_own, key=attrgetter("revision"), default=None)


def _decision_problems(
    member: Member, decision: Decision, before: Decision | None, each: _Judged, where: str
) -> Iterator[Problem]:
    """Hold a decision against the tier that was held, and against what its measures give."""
    evaluation = each.evaluation
    seat = seat_of(member, valid_at=evaluation.period.end, revision=evaluation.tree_revision)
    if seat.tier != decision.held:
        yield Problem(where, f"it says that {decision.held!r} was held, and {seat.tier!r} was")
    standing = standing_of(decision.held, before)
    if decide(each.policy, member.id, decision.measures, standing, number=evaluation.number) != decision:
        yield Problem(where, "what was decided does not follow from what it rests on")


def _change_problems(decision: Decision, made: Change | None, each: _Judged, where: str) -> Iterator[Problem]:
    """Hold the tier that a decision gives against the tree, and count it."""
    each.changes += 1
    if made is None or made.value != decision.tier:
        yield Problem(where, f"it gives {decision.tier!r}, and the tree has no such change")
    else:
        each.newest = max(each.newest, made.revision)
