"""Whether a sale, or a period, may be pinned to another plan version.

The rule this file protects: only the plan changes.  What was frozen stays, so a plan that needs what was
never frozen, or that promises another freeze, is refused.
"""

from collections.abc import Collection

from distcore.commission import refusals
from distcore.commission.accrual import SaleRecord
from distcore.commission.cadence import cadence_of
from distcore.commission.intake import base_refusal
from distcore.commission.period_accrual import PeriodRun
from distcore.commission.plan import Plan
from distcore.commission.publish import covers
from distcore.kernel import ComponentId, Refusal, format_instant, last_of


def repin_refusal(record: SaleRecord, plan: Plan, first: Plan) -> Refusal | None:
    """Return why a sale can't be pinned to a plan, given the one that it was booked with, or None.

    Back to that one it always can be: all that it needs was frozen with the sale, what caps grant included.
    """
    if (plan.id, plan.plan_version) == (first.id, first.plan_version):
        return None
    booking = record.booking
    sale, what = booking.sale, {"plan": plan.id, "plan_version": plan.plan_version}
    if not covers(plan, sale.paid_at):
        return refusals.PLAN_NOT_VALID.refuse(sale=sale.id, paid_at=format_instant(sale.paid_at), **what)
    if booking.past is None and plan.asks_past:
        return refusals.PAST_UNKNOWN.refuse(sale=sale.id, **what)
    if plan.asks_earned:
        return refusals.EARNED_UNKNOWN.refuse(sale=sale.id, **what)
    if plan.caps:
        return refusals.NOT_GRANTED.refuse(sale=sale.id, **what)
    since, wanted = first.freeze.counts_from, plan.freeze.counts_from
    if since is not wanted:
        return refusals.FREEZE_DIFFERS.refuse(sale=sale.id, since=since.value, wanted=wanted.value, **what)
    return base_refusal(plan, sale)


def period_repin_refusal(
    run: PeriodRun, plan: Plan, now: Plan, paid: Collection[ComponentId]
) -> Refusal | None:
    """Return why a period can't be pinned to a plan, given the one that it is pinned to now, or None.

    Every component that has `paid` somebody stands in the new one, so that what is posted of it can be told;
    one that should have paid nothing has a rate of zero there.  The freeze stays as it was, as for a sale.
    """
    what = {"plan": plan.id, "plan_version": plan.plan_version, "period": run.period.label}
    ended = last_of(run.period)
    if run.pin == (plan.id, plan.plan_version):
        return refusals.PINNED_ALREADY.refuse(**what)
    cuts_alike = cadence_of(plan) == cadence_of(now)  # one without components cuts nothing
    if not (covers(plan, ended) and cuts_alike):
        return refusals.PLAN_NOT_OF_PERIOD.refuse(instant=format_instant(ended), **what)
    kinds = {each.id: type(each) for each in plan.period_components}
    for each in now.period_components:
        if each.id in paid and kinds.get(each.id) is not type(each):
            kind = type(each).__name__.lower()
            return refusals.COMPONENT_MISSING.refuse(kind=kind, component=each.id, **what)
    return None
