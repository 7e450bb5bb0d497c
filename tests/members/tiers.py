"""Tiers for tests: bronze, silver and gold by what a team bought."""

from datetime import UTC, datetime
from typing import Any, Final

from distcore.kernel import Currency, MemberId
from distcore.members import (
    Decision,
    Measures,
    Requirement,
    Standing,
    TeamSales,
    Tier,
    TierPolicy,
    decide,
)

BEGUN: Final = datetime(2026, 1, 1, tzinfo=UTC)
NAMES: Final = ("bronze", "silver", "gold")
ANN: Final = MemberId("ann")


def a_policy(*requires: Requirement, **more: Any) -> TierPolicy:
    """Return a policy with a tier for each requirement; without any, 1.00, 10.00 and 100.00 of a team."""
    asked = requires or (TeamSales(100), TeamSales(1_000), TeamSales(10_000))
    tiers = tuple(Tier(name, each) for name, each in zip(NAMES, asked, strict=False))
    return TierPolicy(1, Currency("CNY"), BEGUN, tiers, **more)


def decided(policy: TierPolicy, held: str = "", misses: int = 0, **measures: Any) -> Decision:
    """Return what is decided about somebody who holds a tier."""
    return decide(policy, ANN, Measures(**measures), Standing(held, misses), number=1)
