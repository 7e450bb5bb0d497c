"""Small words for tests of compliance: what a plan pays, in facts."""

from datetime import date
from typing import Any

from attrs import evolve

from distcore.compliance import Demand, Payment, PlanFacts, Policy, Requirement, Source, findings
from distcore.kernel import CompliancePreset

LONG_AGO = date(2000, 1, 1)
SOURCE = Source("A law", "article 1")
HARMLESS = PlanFacts(date(2026, 1, 1), None, (), (), counts_from_completion=True, share_ppm=0)


def pays(*payments: Payment, **changes: Any) -> PlanFacts:
    """Return the facts of a plan that pays these, and is harmless otherwise."""
    return evolve(HARMLESS, payments=payments, **changes)


def level(level: int | None, where: str = "$.x", **more: bool) -> Payment:
    """Return what is paid on a level."""
    return Payment(where, level, **more)


def demanded(*demands: Demand) -> Policy:
    """Return a policy that demands this, and always has."""
    requirements = tuple(Requirement(each, SOURCE, LONG_AGO) for each in demands)
    return Policy(CompliancePreset.EU, requirements)


def broken(facts: PlanFacts, *demands: Demand) -> list[tuple[str, str, str]]:
    """Return what is found: where, what, and how bad it is."""
    found = findings(facts, demanded(*demands))
    return [(each.where, each.message, each.severity.value) for each in found]
