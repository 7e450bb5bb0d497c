"""Tiers of members: what each takes over a period, who rises, and who falls after how much grace.

What a member has at the end of a period is a few numbers: this context knows neither the tree nor a sale.  A
policy says what each tier takes.

>>> from datetime import UTC, datetime
>>> silver = Tier("silver", AllOf((TeamSales(1_000_00), Recruits(2, 200_00))))
>>> policy = TierPolicy(1, "CNY", datetime(2026, 1, 1, tzinfo=UTC), (silver,))
>>> tier_policy_problems(policy)
()
>>> measures = Measures(team_minor=1_350_00, recruits=((200_00, 2),))
>>> decide(policy, "ann", measures, Standing(""), number=1).tier
'silver'
"""

from distcore.members.evaluate import (
    Decision,
    Evaluation,
    Outcome,
    Standing,
    aim_of,
    decide,
    earned_rank,
    evaluation_refusal,
    standing_after,
    standing_of,
)
from distcore.members.measure import NO_MEASURES, Check, Measures, checks, full_years, judge_of, missing
from distcore.members.policy import (
    AllOf,
    AnyOf,
    BalancedSales,
    Credit,
    DirectSales,
    Falls,
    HoldsTier,
    Not,
    OwnSales,
    Recruits,
    Requirement,
    Single,
    TeamSales,
    Tier,
    TierPolicy,
    Years,
    part_problems,
    tier_policy_at,
)
from distcore.members.ports import TierEvaluations, TierPolicies
from distcore.members.reach import reach_problems, tier_policy_problems

__all__ = [
    "NO_MEASURES",
    "AllOf",
    "AnyOf",
    "BalancedSales",
    "Check",
    "Credit",
    "Decision",
    "DirectSales",
    "Evaluation",
    "Falls",
    "HoldsTier",
    "Measures",
    "Not",
    "Outcome",
    "OwnSales",
    "Recruits",
    "Requirement",
    "Single",
    "Standing",
    "TeamSales",
    "Tier",
    "TierEvaluations",
    "TierPolicies",
    "TierPolicy",
    "Years",
    "aim_of",
    "checks",
    "decide",
    "earned_rank",
    "evaluation_refusal",
    "full_years",
    "judge_of",
    "missing",
    "part_problems",
    "reach_problems",
    "standing_after",
    "standing_of",
    "tier_policy_at",
    "tier_policy_problems",
]
