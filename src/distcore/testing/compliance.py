"""Named builders of overrides; `distcore.testing.builders` has the rest.

>>> an_override().approver
'boss'
"""

from distcore.compliance import Broken, Override
from distcore.kernel import Actor, CompliancePreset, Instant, PlanId
from distcore.ports import Transaction
from distcore.testing.builders import LATER

LEVELS = (Broken("paid_levels_max", "$.components[0].rules[2]"),)
"""What three levels break where two are paid."""


def an_override(
    *,
    plan: str = "plan",
    plan_version: int = 1,
    number: int = 1,
    preset: CompliancePreset = CompliancePreset.CN_COMMON,
    reason: str = "a pilot",
    approver: str = "boss",
    actor: str = "desk",
    recorded_at: Instant = LATER,
    broken: tuple[Broken, ...] = LEVELS,
) -> Override:
    """Return that the boss allows a plan with three levels."""
    who = (Actor(approver), Actor(actor), recorded_at)
    return Override(PlanId(plan), plan_version, number, preset, reason, *who, broken)


def add_override(tx: Transaction) -> None:
    """Write a fact: that a plan may break the shop's preset."""
    tx.overrides.add(an_override())
