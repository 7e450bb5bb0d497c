"""Compliance: what is demanded of plans in some places, as dated data, and who allowed a plan to break it.

No preset is legal advice.  This context knows no plan, only facts about one: how many levels it pays, whether
heads are paid, whether buyers earn from their own purchases, what it can cost.

>>> from datetime import date
>>> second_level = Payment("$.components[0].rules[1]", level_max=2)
>>> facts = PlanFacts(date(2026, 1, 1), None, (second_level,), (), True, share_ppm=150_000)
>>> (finding,) = findings(facts, PRESETS[CompliancePreset.CN_STRICT])
>>> finding.message
'pays level 2; at most 1 level may be paid'
>>> print(finding.requirement.source)
Regulation on Prohibiting Pyramid Selling (禁止传销条例, State Council Decree 444), article 7 (3)
>>> findings(facts, PRESETS[CompliancePreset.CN_COMMON])
()
"""

from distcore.compliance.check import Finding, breaking, findings
from distcore.compliance.facts import PaidTier, Payment, PlanFacts
from distcore.compliance.override import (
    Broken,
    Override,
    Permission,
    broken_by,
    override_refusal,
    permission_problems,
    preset_refusal,
)
from distcore.compliance.policy import (
    WORDS,
    Demand,
    EntryFee,
    HeadsAndDepth,
    InternalConsumption,
    OnlyCompletedSales,
    PaidLevelsMax,
    PayPerHead,
    Policy,
    Requirement,
    ShareMax,
    Source,
)
from distcore.compliance.ports import Overrides
from distcore.compliance.presets import CN_COMMON, CN_STRICT, EU, PRESETS, US
from distcore.kernel import CompliancePreset

__all__ = [
    "CN_COMMON",
    "CN_STRICT",
    "EU",
    "PRESETS",
    "US",
    "WORDS",
    "Broken",
    "CompliancePreset",
    "Demand",
    "EntryFee",
    "Finding",
    "HeadsAndDepth",
    "InternalConsumption",
    "OnlyCompletedSales",
    "Override",
    "Overrides",
    "PaidLevelsMax",
    "PaidTier",
    "PayPerHead",
    "Payment",
    "Permission",
    "PlanFacts",
    "Policy",
    "Requirement",
    "ShareMax",
    "Source",
    "breaking",
    "broken_by",
    "findings",
    "override_refusal",
    "permission_problems",
    "preset_refusal",
]
