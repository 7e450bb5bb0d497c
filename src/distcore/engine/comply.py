"""What a plan is to compliance: the translation, and what it breaks of the shop's preset.

The one rule this file protects: whatever a plan pays is told, at its place in the document, and nothing that
it leaves open is told as harmless.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final, assert_never
from zoneinfo import ZoneInfo

from distcore.commission import (
    Bound,
    ByVolume,
    Custom,
    Differential,
    FirstOrder,
    FixedPerOrder,
    FreezeFrom,
    Ladder,
    Matching,
    PeriodComponent,
    Plan,
    Pool,
    PromoterShare,
    Region,
    Rule,
    Ruled,
    SelfPurchase,
    Unqualified,
    Upline,
    Volume,
    Worst,
    is_for_first_orders,
    named_tiers,
    pays_nothing,
    worst_case,
)
from distcore.compliance import PRESETS, Finding, PaidTier, Payment, PlanFacts, ShareMax, findings
from distcore.kernel import CompliancePreset, ShopPolicy

_PASSES_OVER: Final = (Unqualified.SKIPPED, Unqualified.ROLLS_UP)


def plan_findings(
    plan: Plan, policy: ShopPolicy, preset: CompliancePreset | None = None
) -> tuple[Finding, ...]:
    """Return what a plan without problems breaks of a preset, or may break; by default of the shop's."""
    held_against = preset or policy.compliance_preset
    if held_against is None:
        return ()
    demands = PRESETS[held_against]
    with_share = any(isinstance(each.demand, ShareMax) for each in demands.requirements)
    return findings(plan_facts(plan, policy, with_share=with_share), demands)


def plan_facts(plan: Plan, policy: ShopPolicy, *, with_share: bool = True) -> PlanFacts:
    """Return what compliance looks at of a plan without problems; its days are those of the shop.

    The largest share takes longest to find; without it, the plan counts as one that has none.
    """
    worst = worst_case(plan) if with_share else None
    return PlanFacts(
        first_day=plan.valid_from.astimezone(policy.zone).date(),
        last_day=_last_day(plan, policy.zone),
        payments=tuple(_payments(plan)),
        tiers=tuple(PaidTier(each.name, each.where) for each in named_tiers(plan) if each.is_paid),
        counts_from_completion=plan.freeze.counts_from is FreezeFrom.COMPLETED,
        share_ppm=None if worst is None else _share_of(worst),
        fee_tiers=policy.fee_tiers,
    )


def _share_of(worst: Worst) -> int | None:
    """Return the largest share of the net, with what periods pay at most; None has no bound."""
    of_line = worst.line.ppm if isinstance(worst.line, Bound) else None
    shares = [of_line, *(each.ppm for each in worst.periods)]
    known = [share for share in shares if share is not None]
    return sum(known) if len(known) == len(shares) else None


def _last_day(plan: Plan, zone: ZoneInfo) -> date | None:
    if plan.valid_until is None:
        return None
    return (plan.valid_until - timedelta(microseconds=1)).astimezone(zone).date()


def _payments(plan: Plan) -> Iterator[Payment]:
    for place, component in enumerate(plan.components):
        where = f"$.components[{place}]"
        if isinstance(component, Custom):
            yield Payment(where, component.level_max, to_buyer=True)
            continue
        for index, rule in enumerate(component.rules):
            if not pays_nothing(rule.pays):
                yield _payment(component, rule, f"{where}.rules[{index}]")
        bonus = component.same_tier if isinstance(component, Differential) else None
        if bonus is not None and any(rate.ppm for rate in bonus.rates):
            yield Payment(f"{where}.same_tier", None)
    for place, each in enumerate(plan.period_components):
        yield _of_period(each, f"$.period_components[{place}]")


def _of_period(component: PeriodComponent, where: str) -> Payment:
    """Return what a component of a period pays; what counts a team, or what a team earned, has no bound."""
    match component:
        case Ladder(volume=volume) | Pool(weights=ByVolume(volume)):
            is_own = volume is Volume.OWN
            return Payment(where, 0 if is_own else None, to_buyer=True)
        case Pool():
            return Payment(where, 1, to_buyer=True)
        case Matching():
            return Payment(where, None)
        case _:
            assert_never(component)


def _payment(component: Ruled, rule: Rule, where: str) -> Payment:
    """Return what a rule pays; an agent of a region stands on no level above the buyer."""
    is_fixed = isinstance(rule.pays, FixedPerOrder)
    per_head = is_fixed and is_for_first_orders(rule.match)
    match component:
        case Upline() | Differential():
            counts_buyer = component.buyer_is_level_1
            return Payment(
                where,
                max(rule.levels, default=None),
                to_buyer=counts_buyer and (not rule.levels or 1 in rule.levels),
                counts_buyer=counts_buyer,
                passes_over=component.unqualified in _PASSES_OVER,
                per_head=per_head,
            )
        case FirstOrder():
            return Payment(where, 1, per_head=is_fixed)
        case SelfPurchase():
            return Payment(where, 0, to_buyer=True)
        case PromoterShare() | Region():
            return Payment(where, 1, per_head=per_head)
        case _:
            assert_never(component)
