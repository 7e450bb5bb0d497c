"""Which plans may stand beside each other, and which of them a sale is calculated by.

The rule this file protects: at any instant at most one plan is valid per currency, and what versions of a
plan use up together is counted alike by all of them.
"""

from collections.abc import Iterable, Iterator, Sequence

from attrs import evolve

from distcore.commission import refusals
from distcore.commission.plan import Cap, Plan
from distcore.kernel import Currency, Instant, Refusal, format_instant


def plan_at(plans: Iterable[Plan], currency: Currency, paid_at: Instant) -> Plan | None:
    """Return the plan that a sale is calculated by: the highest version valid when it was paid."""
    valid = [plan for plan in plans if plan.currency == currency and covers(plan, paid_at)]
    return max(valid, key=lambda plan: plan.plan_version, default=None)


def publish_refusals(plan: Plan, published: Sequence[Plan]) -> Iterator[tuple[str, Refusal]]:
    """Yield why a plan can't stand beside those published, each with the path in it that is in the way.

    Versions of one plan may overlap: the highest is valid.  Two different plans may not.  A cap that has the
    id of one of another version is that cap, and differs in nothing but its amount and components.  Where the
    version is taken, the caps are compared as those of the next version.
    """
    if is_taken(plan, published):
        exists = refusals.PLAN_EXISTS.refuse(plan=plan.id, plan_version=plan.plan_version)
        yield "$.plan_version", exists
    yield from _cap_refusals(as_next(plan, published), published)
    others = [each for each in published if each.id != plan.id and each.currency == plan.currency]
    for id in dict.fromkeys(each.id for each in others):
        for both_from in _both_valid(plan, [each for each in others if each.id == id]):
            refusal = refusals.PLANS_OVERLAP.refuse(
                plan=plan.id, other=id, currency=plan.currency, valid_from=format_instant(both_from)
            )
            yield "$.valid_from", refusal


def is_taken(plan: Plan, published: Iterable[Plan]) -> bool:
    """Say whether the version of a plan is published already, with other content."""
    return any(
        (each.id, each.plan_version) == (plan.id, plan.plan_version) and each != plan for each in published
    )


def as_next(plan: Plan, published: Sequence[Plan]) -> Plan:
    """Return a plan as it may be published: where its version is taken, as the one after the highest."""
    if not is_taken(plan, published):
        return plan
    return evolve(plan, plan_version=1 + max(each.plan_version for each in published if each.id == plan.id))


def taking_over(plan: Plan, published: Sequence[Plan]) -> Plan:
    """Return a plan as it may be published and is in force, where others are in the way above all of them.

    Whichever of them gives way, what becomes of periods is asked as if this plan were there to stay.
    """
    others = [each for each in published if each.id != plan.id and each.currency == plan.currency]
    if next(_both_valid(plan, others), None) is None:
        return as_next(plan, published)
    return evolve(plan, plan_version=1 + max(each.plan_version for each in (plan, *published)))


def _both_valid(plan: Plan, versions: Iterable[Plan]) -> Iterator[Instant]:
    """Yield where each stretch of time begins in which a plan is valid, and any version of another one."""
    covered: Instant | None = None
    for each in sorted(versions, key=lambda version: version.valid_from):
        both_from = max(plan.valid_from, each.valid_from)
        if not (covers(plan, both_from) and covers(each, both_from)):
            continue
        if covered is None or both_from > covered:
            yield both_from
        if each.valid_until is None:
            return
        covered = each.valid_until if covered is None else max(covered, each.valid_until)


def _cap_refusals(plan: Plan, published: Iterable[Plan]) -> Iterator[tuple[str, Refusal]]:
    """Yield what each cap can't differ in from that of another version, and does; each once."""
    others = [(each, {cap.id: cap for cap in each.caps}) for each in published if each.id == plan.id]
    for place, cap in enumerate(plan.caps):
        said = set()
        for other, known in others:
            for what in _differences(plan, cap, other, known.get(cap.id)):
                if what not in said:
                    said.add(what)
                    refusal = refusals.CAP_DIFFERS.refuse(
                        cap=cap.id,
                        plan=plan.id,
                        what=what,
                        plan_version=plan.plan_version,
                        other=other.plan_version,
                    )
                    yield f"$.caps[{place}]", refusal


def _differences(plan: Plan, cap: Cap, other: Plan, before: Cap | None) -> Iterator[str]:
    """Yield what can't differ where a cap is used up by two versions, and does."""
    if before is None:
        return
    if plan.currency != other.currency:
        yield "currency"
    if cap.per is not before.per:
        yield "per"
    if cap.within is not before.within:
        yield "within"


def covers(plan: Plan, instant: Instant) -> bool:
    """Say whether a plan is valid at an instant, whatever other versions say."""
    return plan.valid_from <= instant and (plan.valid_until is None or instant < plan.valid_until)
