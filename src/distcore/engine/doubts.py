"""What is doubtful about a plan in a shop: tiers that nobody earns, goods never sold, gifts, and its turn."""

from distcore.commission import Plan, cadence_doubts, named_templates, unknown_problems
from distcore.coupons import TemplateId
from distcore.kernel import Problem
from distcore.members import tier_policy_at
from distcore.ports import Transaction


def plan_doubts(tx: Transaction, plan: Plan) -> tuple[Problem, ...]:
    """Return what a plan without errors names and the shop does not know; it may know it tomorrow.

    Tiers are those of the tier policies that hold in the time of the plan; a shop without one is not asked.
    Categories are those of what was ever sold, if anything with one was; looks at every line.  Coupons are
    of templates that the shop has now, whenever they would be given.
    """
    tiers, categories = _tiers(tx, plan), tx.sales.categories() or None
    named = {each.name for each in named_templates(plan)}
    templates = {each for each in named if tx.coupon_templates.newest(TemplateId(each)) is not None}
    return tuple(unknown_problems(plan, tiers=tiers, categories=categories, templates=templates))


def turn_doubts(tx: Transaction, plan: Plan) -> tuple[Problem, ...]:
    """Return which part of a period nobody would pay, where a plan without errors takes its turn in a shop.

    A later plan may still pay it: what keeps this one from being published is no doubt.
    """
    policy = tx.policies.current()
    return () if policy is None else tuple(cadence_doubts(plan, tx.plans.all(), policy.calendar))


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
