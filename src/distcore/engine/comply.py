"""What a plan is to compliance: the translation, and what it breaks of the shop's preset.

The one rule this file protects: whatever a plan pays is told, at its place in the document, and nothing that
it leaves open is told as harmless.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Final, assert_never
from zoneinfo import ZoneInfo

from attrs import evolve

from distcore.commission import (
    Bound,
    ByPoints,
    ByVolume,
    Custom,
    Differential,
    FirstOrder,
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
    favoured_tiers,
    gives_nothing,
    named_tiers,
    rules_for_heads,
    worst_case,
)
from distcore.compliance import (
    PRESETS,
    Finding,
    PaidTier,
    Payment,
    PlanFacts,
    Policy,
    ShareMax,
    breaking,
    findings,
)
from distcore.kernel import CompliancePreset, Severity, ShopPolicy

_PASSES_OVER: Final = (Unqualified.SKIPPED, Unqualified.ROLLS_UP)


def plan_findings(
    plan: Plan, policy: ShopPolicy, preset: CompliancePreset | None = None
) -> tuple[Finding, ...]:
    """Return what a plan without problems breaks of a preset, or may break; by default of the shop's."""
    held_against = preset or policy.compliance_preset
    if held_against is None:
        return ()
    demands = PRESETS[held_against]
    return findings(plan_facts(plan, policy, with_share=_asks_share(demands)), demands)


def share_that_counts(plan: Plan, presets: Iterable[Policy] = PRESETS.values()) -> int | None:
    """Return the largest share of a plan if it may keep it from being published; None also without a bound.

    It takes longest to find, and depends on nothing but the plan: so it is found before anything is locked.
    """
    return _share_of(plan) if any(_asks_share(_errors_of(each)) for each in presets) else None


def what_holds_back(plan: Plan, policy: ShopPolicy, share_ppm: int | None) -> tuple[Finding, ...]:
    """Return what keeps a plan without problems from being published; its share counts if any preset asks."""
    if policy.compliance_preset is None:
        return ()
    demands = _errors_of(PRESETS[policy.compliance_preset])
    return breaking(findings(_facts_of(plan, policy, share_ppm), demands))


def _errors_of(demands: Policy) -> Policy:
    """Return a policy without what is only worth a warning."""
    errors = tuple(each for each in demands.requirements if each.severity is Severity.ERROR)
    return evolve(demands, requirements=errors)


def _asks_share(demands: Policy) -> bool:
    return any(isinstance(each.demand, ShareMax) for each in demands.requirements)


def plan_facts(plan: Plan, policy: ShopPolicy, *, with_share: bool = True) -> PlanFacts:
    """Return what compliance looks at of a plan without problems; its days are those of the shop.

    The largest share takes longest to find; without it, the plan counts as one that has none.
    """
    return _facts_of(plan, policy, _share_of(plan) if with_share else None)


def _facts_of(plan: Plan, policy: ShopPolicy, share_ppm: int | None) -> PlanFacts:
    return PlanFacts(
        first_day=plan.valid_from.astimezone(policy.zone).date(),
        last_day=_last_day(plan, policy.zone),
        payments=tuple(_payments(plan)),
        tiers=tuple(_paid_tiers(plan, policy)),
        counts_from_completion=plan.freeze.counts_from is FreezeFrom.COMPLETED,
        share_ppm=share_ppm,
        fee_tiers=policy.fee_tiers,
    )


def _share_of(plan: Plan) -> int | None:
    """Return the largest share of the net, with what periods pay at most; None has no bound."""
    worst = worst_case(plan)
    of_line = worst.line.ppm if isinstance(worst.line, Bound) else None
    shares = [of_line, *(each.ppm for each in worst.periods)]
    known = [share for share in shares if share is not None]
    return sum(known) if len(known) == len(shares) else None


def _paid_tiers(plan: Plan, policy: ShopPolicy) -> Iterator[PaidTier]:
    """Yield which tiers are paid; where joining costs a fee, nobody is left to compare those with."""
    for named in named_tiers(plan):
        if named.is_paid:
            yield PaidTier(named.name, named.where)
    with_fee = () if "" in policy.fee_tiers else policy.fee_tiers
    for each in favoured_tiers(plan, with_fee):
        yield PaidTier(each.tier, each.where, each.is_certain)


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
        for_heads = rules_for_heads(component)
        for index, rule in enumerate(component.rules):
            if not gives_nothing(component, rule):
                payment = _payment(component, rule, f"{where}.rules[{index}]")
                is_certain = for_heads.get(index)
                yield evolve(payment, per_head=is_certain is True, may_be_per_head=is_certain is False)
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
        case Pool(weights=ByPoints()):
            # The points may be those of another plan, or gifts for whoever was brought.
            return Payment(where, None, to_buyer=True, may_be_per_head=True)
        case Pool():
            return Payment(where, 1, to_buyer=True)
        case Matching():
            return Payment(where, None)
        case _:
            assert_never(component)


def _payment(component: Ruled, rule: Rule, where: str) -> Payment:
    """Return which levels a rule pays; an agent of a region stands on no level above the buyer."""
    match component:
        case Upline() | Differential():
            counts_buyer = component.buyer_is_level_1
            return Payment(
                where,
                max(rule.levels, default=None),
                to_buyer=counts_buyer and (not rule.levels or 1 in rule.levels),
                counts_buyer=counts_buyer,
                passes_over=component.unqualified in _PASSES_OVER,
            )
        case SelfPurchase():
            return Payment(where, 0, to_buyer=True)
        case FirstOrder() | PromoterShare() | Region():
            return Payment(where, 1)
        case _:
            assert_never(component)
