"""Which plans may stand beside each other, and which of them a sale is calculated by.

The rule this file protects: at any instant at most one plan is valid per currency, and what versions of a
plan use up together is counted alike by all of them.
"""

from collections.abc import Iterable

from distcore.commission import refusals
from distcore.commission.plan import Cap, Plan
from distcore.kernel import Currency, Instant, Refusal, format_instant


def plan_at(plans: Iterable[Plan], currency: Currency, paid_at: Instant) -> Plan | None:
    """Return the plan that a sale is calculated by: the highest version valid when it was paid."""
    valid = [plan for plan in plans if plan.currency == currency and covers(plan, paid_at)]
    return max(valid, key=lambda plan: plan.plan_version, default=None)


def publish_refusal(plan: Plan, published: Iterable[Plan]) -> Refusal | None:
    """Return why a plan can't stand beside those published, or None.

    Versions of one plan may overlap: the highest is valid.  Two different plans may not.  A cap that has the
    id of one of another version is that cap, and differs in nothing but its amount and components.
    """
    for other in published:
        if other.id == plan.id and other.plan_version == plan.plan_version and other != plan:
            return refusals.PLAN_EXISTS.refuse(plan=plan.id, plan_version=plan.plan_version)
        if other.id == plan.id and (refusal := _cap_refusal(plan, other)) is not None:
            return refusal
        if other.id != plan.id and other.currency == plan.currency:
            both_from = max(plan.valid_from, other.valid_from)
            if covers(plan, both_from) and covers(other, both_from):
                return refusals.PLANS_OVERLAP.refuse(
                    plan=plan.id, other=other.id, currency=plan.currency, valid_from=format_instant(both_from)
                )
    return None


def _cap_refusal(plan: Plan, other: Plan) -> Refusal | None:
    """Return why a version can't share what is used up of a cap with another version, or None."""
    known = {cap.id: cap for cap in other.caps}
    for cap in plan.caps:
        before = known.get(cap.id)
        what = None if before is None else _difference(plan, cap, other, before)
        if what is not None:
            return refusals.CAP_DIFFERS.refuse(
                cap=cap.id,
                plan=plan.id,
                what=what,
                plan_version=plan.plan_version,
                other=other.plan_version,
            )
    return None


def _difference(plan: Plan, cap: Cap, other: Plan, before: Cap) -> str | None:
    """Return what can't differ where a cap is used up by two versions, and does."""
    if plan.currency != other.currency:
        return "currency"
    if cap.per is not before.per:
        return "per"
    return None if cap.within is before.within else "within"


def covers(plan: Plan, instant: Instant) -> bool:
    """Say whether a plan is valid at an instant, whatever other versions say."""
    return plan.valid_from <= instant and (plan.valid_until is None or instant < plan.valid_until)
