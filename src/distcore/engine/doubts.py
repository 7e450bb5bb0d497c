"""What is doubtful about a plan in a shop: what the shop knows of tiers and goods, and its preset."""

from distcore.commission import Plan, unknown_problems
from distcore.engine.accrue import policy_of
from distcore.engine.comply import plan_findings
from distcore.kernel import CompliancePreset, Problem
from distcore.members import tier_policy_at
from distcore.ports import Transaction


def plan_doubts(tx: Transaction, plan: Plan, preset: CompliancePreset | None = None) -> tuple[Problem, ...]:
    """Return what a plan without errors breaks of a preset, by default the shop's, and what nobody knows.

    Tiers are those of the tier policies that hold in the time of the plan; a shop without one knows none, and
    is not asked.  Categories are those of what was ever sold, if anything was.
    """
    found = [each.problem for each in plan_findings(plan, policy_of(tx), preset)]
    categories = tx.sales.categories()
    return (*found, *unknown_problems(plan, tiers=_tiers(tx, plan), categories=categories or None))


def _tiers(tx: Transaction, plan: Plan) -> frozenset[str] | None:
    """Return the tiers that somebody may earn while a plan is valid, None where there is no policy."""
    policies = tx.tier_policies.all()
    if not policies:
        return None
    until = plan.valid_until
    held = tier_policy_at(policies, plan.valid_from)
    later = [each for each in policies if each.valid_from > plan.valid_from]
    during = [each for each in later if until is None or each.valid_from < until]
    return frozenset(tier.name for policy in (held, *during) if policy is not None for tier in policy.tiers)
