"""Tiers of members: what each takes over a period, who rises, and who falls after how much grace.

Members are places in columns, and what they bought is an amount: this context knows neither the tree nor a
sale.  Sums over the whole forest take one walk; a policy says what each tier takes.

>>> from datetime import UTC, datetime
>>> forest = Downlines.of([-1, 0, 0, 1])
>>> team_sums(forest, [100_00, 900_00, 300_00, 50_00])
[135000, 95000, 30000, 5000]
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
from distcore.members.volume import (
    NOBODY,
    Downlines,
    direct_sums,
    legs,
    recruits_with,
    strongest_legs,
    team_sums,
)

__all__ = [
    "NOBODY",
    "NO_MEASURES",
    "AllOf",
    "AnyOf",
    "BalancedSales",
    "Check",
    "Credit",
    "Decision",
    "DirectSales",
    "Downlines",
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
    "direct_sums",
    "earned_rank",
    "evaluation_refusal",
    "full_years",
    "judge_of",
    "legs",
    "missing",
    "part_problems",
    "reach_problems",
    "recruits_with",
    "standing_after",
    "standing_of",
    "strongest_legs",
    "team_sums",
    "tier_policy_at",
    "tier_policy_problems",
]
