"""Named builders of tiers: policies, evaluations and decisions; `distcore.testing.builders` has the rest.

>>> from distcore.members import Measures, Standing, decide
>>> decide(a_tier_policy(), "ann", Measures(team_minor=12_000), Standing("bronze"), number=1).tier
'gold'
"""

from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from distcore.kernel import (
    Actor,
    Cadence,
    Calendar,
    Currency,
    Instant,
    MemberId,
    Period,
    Rhythm,
    digest,
    parse_period,
)
from distcore.members import (
    Decision,
    Evaluation,
    Falls,
    Measures,
    Outcome,
    Requirement,
    TeamSales,
    Tier,
    TierPolicy,
)
from distcore.testing.builders import ALWAYS

NAMES: Final = ("bronze", "silver", "gold")

FEBRUARY: Final = datetime(2017, 2, 10, tzinfo=UTC)
"""When January is evaluated, unless a test says otherwise."""


def a_tier_policy(
    policy_version: int = 1,
    *requires: Requirement,
    currency: str = "CNY",
    valid_from: Instant = ALWAYS[0],
    rhythm: Rhythm = Cadence.MONTHLY,
    grace_periods: int = 0,
    falls: Falls = Falls.ONE_STEP,
) -> TierPolicy:
    """Return a policy of bronze, silver and gold: by default for what a team buys in a month."""
    asked = requires or (TeamSales(100), TeamSales(1_000), TeamSales(10_000))
    tiers = tuple(Tier(name, each) for name, each in zip(NAMES, asked, strict=False))
    return TierPolicy(policy_version, Currency(currency), valid_from, tiers, rhythm, grace_periods, falls)


def a_month(label: str = "2017-01", zone: str = "Asia/Shanghai") -> Period:
    """Return a month of a shop in China."""
    return parse_period(label, Calendar(ZoneInfo(zone)))


def an_evaluation(
    number: int = 1,
    period: Period | None = None,
    *,
    policy_version: int = 1,
    tree_revision: int = 0,
    evaluated_at: Instant = FEBRUARY,
) -> Evaluation:
    """Return an evaluation of January without credits."""
    return Evaluation(
        number,
        period or a_month(),
        policy_version,
        digest({}),
        tree_revision,
        Actor("tester"),
        evaluated_at,
    )


def a_tier_decision(
    member: str = "ann",
    evaluation: int = 1,
    outcome: Outcome = Outcome.PROMOTED,
    *,
    held: str = "",
    earned: str = "silver",
    tier: str = "silver",
    misses: int = 0,
    measures: Measures | None = None,
) -> Decision:
    """Return a decision: by default the team bought enough for silver."""
    what = Measures(team_minor=1_500) if measures is None else measures
    return Decision(evaluation, MemberId(member), outcome, held, earned, tier, misses, what)
