"""Who rises, who falls, who stays and who has grace: policy × measures × standing → decisions.

Somebody rises at once, to the highest tier whose requirements are met.  Who misses the own tier keeps it for
as many evaluations in a row as the policy gives, and then falls.  The one rule this file protects: the same
arguments give the same decision, member by member, so neither the order of members nor anybody else's
decision changes it.

    >>> from datetime import UTC, datetime
    >>> from distcore.members import Tier, TeamSales, TierPolicy
    >>> tiers = (Tier("silver", TeamSales(2_000_00)), Tier("gold", TeamSales(20_000_00)))
    >>> policy = TierPolicy(1, "CNY", datetime(2026, 1, 1, tzinfo=UTC), tiers, grace_periods=1)
    >>> first = decide(policy, "ann", Measures(team_minor=25_000_00), Standing(""), number=1)
    >>> first.outcome.value, first.tier
    ('promoted', 'gold')
    >>> second = decide(policy, "ann", Measures(team_minor=12_000_00), standing_after(first), number=2)
    >>> second.outcome.value, second.tier, second.misses
    ('in_grace', 'gold', 1)
    >>> decide(policy, "ann", Measures(), standing_after(second), number=3).tier
    'silver'
"""

from enum import Enum

from attrs import field, frozen

from distcore.kernel import Actor, Instant, MemberId, Period, Refusal, format_instant, utc
from distcore.members import refusals
from distcore.members.measure import Measures, judges_of
from distcore.members.policy import Falls, TierPolicy


class Outcome(Enum):
    """What an evaluation decided about a member."""

    PROMOTED = "promoted"
    DEMOTED = "demoted"
    KEPT = "kept"
    """What the tier takes is met; or there is no tier, and none is earned."""
    IN_GRACE = "in_grace"
    """The tier is missed, and kept."""
    LEFT_ALONE = "left_alone"
    """The tier was given by hand and is none of the policy's."""


@frozen
class Standing:
    """The tier that somebody holds, and for how many evaluations in a row it was missed; empty is no tier."""

    tier: str
    misses: int = 0


@frozen
class Decision:
    """What an evaluation decided about a member, and what it rests on.

    `held` is the tier before, `earned` the highest whose requirements are met, `tier` the one that holds from
    the end of the period on.  `misses` counts the evaluations in a row in which `tier` was missed.
    """

    evaluation: int
    member: MemberId
    outcome: Outcome
    held: str
    earned: str
    tier: str
    misses: int
    measures: Measures

    @property
    def changes_tier(self) -> bool:
        """Whether another tier holds from the end of the period on."""
        return self.tier != self.held

    @property
    def says_something(self) -> bool:
        """Whether there is anything to remember: a tier, or something that could lead to one."""
        return bool(self.held or self.earned or self.measures.team_minor or self.measures.credit)


def _evaluated_at(value: Instant) -> Instant:
    return utc(value, "evaluated_at")


@frozen
class Evaluation:
    """A period whose tiers were decided: by which policy, over which tree, with which credits, by whom.

    `number` counts the evaluations of a shop from 1.  `credits` is the hash of what the shop gave as
    such.  The changes of tier that it made have the revisions after `tree_revision`, one each.
    """

    number: int
    period: Period
    policy_version: int
    credits: bytes
    tree_revision: int
    actor: Actor
    evaluated_at: Instant = field(converter=_evaluated_at)


def decide(
    policy: TierPolicy, member: MemberId, measures: Measures, standing: Standing, *, number: int
) -> Decision:
    """Decide about one member in the evaluation of a number."""
    ranks = policy.ranks
    held = ranks.get(standing.tier)
    earned = earned_rank(policy, measures, held or 0)
    best = "" if not earned else policy.tiers[earned - 1].name
    if held is None:
        outcome, tier, misses = Outcome.LEFT_ALONE, standing.tier, 0
    elif earned > held:
        outcome, tier, misses = Outcome.PROMOTED, best, 0
    elif earned == held:
        outcome, tier, misses = Outcome.KEPT, standing.tier, 0
    elif standing.misses < policy.grace_periods:
        outcome, tier, misses = Outcome.IN_GRACE, standing.tier, standing.misses + 1
    else:
        outcome, tier, misses = Outcome.DEMOTED, _fallen(policy, held, earned), 0
    return Decision(number, member, outcome, standing.tier, best, tier, misses, measures)


def earned_rank(policy: TierPolicy, measures: Measures, held: int) -> int:
    """Return the rank of the highest tier whose requirements are met, 0 for none."""
    judges = judges_of(policy)
    for rank in range(len(judges), 0, -1):
        if judges[rank - 1](measures, held):
            return rank
    return 0


def aim_of(policy: TierPolicy, decision: Decision) -> str:
    """Return the tier that a member is after: the own one while it is missed, else the next, if there is any.

    Whoever was given a tier by hand that is none of the policy's is after the one above what is earned.
    """
    if decision.outcome is Outcome.IN_GRACE:
        return decision.tier
    rank = policy.ranks.get(decision.tier, policy.ranks[decision.earned])
    return policy.tiers[rank].name if rank < len(policy.tiers) else ""


def standing_after(decision: Decision) -> Standing:
    """Return where a member stands after a decision, if nobody gives another tier by hand."""
    return Standing(decision.tier, decision.misses)


def standing_of(tier: str, last: Decision | None) -> Standing:
    """Return where a member stands who holds a tier; `last` is the last decision that gave grace.

    What was missed counts as long as the tier is the same: who was given another one begins anew.
    """
    if last is None or last.tier != tier:
        return Standing(tier)
    return standing_after(last)


def evaluation_refusal(label: str, expected: Period, *, at: Instant) -> Refusal | None:
    """Return why the tiers of a period can't be decided: another one comes first, or it has not ended."""
    if label != expected.label:
        return refusals.TIERS_OUT_OF_ORDER.refuse(period=label, expected=expected.label)
    if expected.end > at:
        return refusals.TIERS_TOO_EARLY.refuse(
            period=label, end=format_instant(expected.end), at=format_instant(at)
        )
    return None


def _fallen(policy: TierPolicy, held: int, earned: int) -> str:
    rank = earned if policy.falls is Falls.TO_WHAT_IS_EARNED else held - 1
    return policy.tiers[rank - 1].name if rank else ""
