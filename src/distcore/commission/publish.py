"""Which plans may stand beside each other, and which of them a sale is calculated by.

The rule this file protects: at any instant at most one plan is valid per currency.
"""

from collections.abc import Iterable, Iterator
from typing import assert_never

from distcore.commission import refusals
from distcore.commission.plan import (
    CategoryIs,
    FixedPerOrder,
    FixedPerUnit,
    Match,
    Percent,
    Plan,
    Rule,
    SkuIn,
    Upline,
)
from distcore.kernel import (
    Currency,
    Instant,
    Problem,
    Refusal,
    Severity,
    currency_problem,
    format_instant,
    id_problem,
    int_problem,
    limits,
    shape_problems,
    shown,
    text_problem,
)


def plan_at(plans: Iterable[Plan], currency: Currency, paid_at: Instant) -> Plan | None:
    """Return the plan that a sale is calculated by: the highest version valid when it was paid."""
    valid = [plan for plan in plans if plan.currency == currency and _covers(plan, paid_at)]
    return max(valid, key=lambda plan: plan.plan_version, default=None)


def publish_refusal(plan: Plan, published: Iterable[Plan]) -> Refusal | None:
    """Return why a plan can't stand beside those published, or None.

    Versions of one plan may overlap: the highest is valid.  Two different plans may not.
    """
    for other in published:
        if other.id == plan.id and other.plan_version == plan.plan_version and other != plan:
            return refusals.PLAN_EXISTS.refuse(plan=plan.id, plan_version=plan.plan_version)
        if other.id != plan.id and other.currency == plan.currency:
            both_from = max(plan.valid_from, other.valid_from)
            if _covers(plan, both_from) and _covers(other, both_from):
                return refusals.PLANS_OVERLAP.refuse(
                    plan=plan.id, other=other.id, currency=plan.currency, valid_from=format_instant(both_from)
                )
    return None


def plan_problems(plan: Plan) -> tuple[Problem, ...]:
    """Return all that is impossible or doubtful about a plan, with paths into its document."""
    misshapen = tuple(shape_problems(plan, Plan, "$"))
    if misshapen:
        return misshapen
    found = [
        id_problem(plan.id, "$.id"),
        int_problem(plan.plan_version, "$.plan_version", least=1, most=limits.UNITS_MAX),
        int_problem(plan.freeze.days, "$.freeze.days", least=0, most=limits.FREEZE_DAYS_MAX),
        currency_problem(plan.currency, "$.currency"),
        *_validity_problems(plan),
        *_size_problems("$.components", len(plan.components), limits.COMPONENTS_MAX),
        *_twice("$.components", [component.id for component in plan.components]),
    ]
    for index, component in enumerate(plan.components):
        found.extend(_component_problems(plan, component, f"$.components[{index}]"))
    found.extend(_together_problems(plan))
    return tuple(problem for problem in found if problem is not None)


def _covers(plan: Plan, instant: Instant) -> bool:
    return plan.valid_from <= instant and (plan.valid_until is None or instant < plan.valid_until)


def _validity_problems(plan: Plan) -> Iterator[Problem]:
    if plan.valid_until is not None and plan.valid_until <= plan.valid_from:
        yield Problem(
            "$.valid_until", "ends before it begins", "valid_until is exclusive and after valid_from"
        )


def _size_problems(where: str, count: int, most: int) -> Iterator[Problem]:
    if not 1 <= count <= most:
        yield Problem(where, f"there are {count}", f"give 1 to {most}")


def _twice(where: str, ids: list[str]) -> Iterator[Problem]:
    seen = set()
    for index, each in enumerate(ids):
        if each in seen:
            yield Problem(f"{where}[{index}].id", f"{shown(each)} stands twice", "give each an id of its own")
        seen.add(each)


def _component_problems(plan: Plan, component: Upline, where: str) -> Iterator[Problem | None]:
    yield id_problem(component.id, f"{where}.id")
    for place, tier in enumerate(component.qualified_tiers):
        yield id_problem(tier, f"{where}.qualified_tiers[{place}]")
    yield from _size_problems(f"{where}.rules", len(component.rules), limits.RULES_MAX)
    yield from _twice(f"{where}.rules", [rule.id for rule in component.rules])
    for index, rule in enumerate(component.rules):
        yield from _rule_problems(plan, rule, f"{where}.rules[{index}]")


def _rule_problems(plan: Plan, rule: Rule, where: str) -> Iterator[Problem | None]:
    yield id_problem(rule.id, f"{where}.id")
    yield from _size_problems(f"{where}.levels", len(rule.levels), limits.LEVEL_MAX)
    for place, level in enumerate(rule.levels):
        yield int_problem(level, f"{where}.levels[{place}]", least=1, most=limits.LEVEL_MAX)
    for place, tier in enumerate(rule.tiers):
        yield id_problem(tier, f"{where}.tiers[{place}]")
    yield from _match_problems(rule.match, f"{where}.match")
    match rule.pays:
        case FixedPerUnit(amount_minor) | FixedPerOrder(amount_minor):
            yield int_problem(amount_minor, f"{where}.pays.amount", least=0, most=limits.AMOUNT_MINOR_MAX)
        case Percent(rate):
            if plan.budget is not None and rate.ppm > plan.budget.ppm:
                yield Problem(
                    f"{where}.pays.rate",
                    f"{rate} is above the budget of {plan.budget}",
                    "lower the rate or raise the budget",
                )
        case _:
            assert_never(rule.pays)


def _match_problems(match: Match | None, where: str) -> Iterator[Problem | None]:
    match match:
        case None:
            return
        case CategoryIs(category):
            yield text_problem(category, f"{where}.category")
            if not category or category.startswith("/") or category.endswith("/"):
                yield Problem(f"{where}.category", "is not a path", "write it as food/fresh")
        case SkuIn(skus):
            yield from _size_problems(f"{where}.skus", len(skus), limits.RULES_MAX)
            for place, sku in enumerate(skus):
                yield id_problem(sku, f"{where}.skus[{place}]")
        case _:
            assert_never(match)


def _together_problems(plan: Plan) -> Iterator[Problem]:
    """Warn where levels together exceed the budget: they will be shrunk, which may be meant."""
    if plan.budget is None:
        return
    together = 0
    for component in plan.components:
        best: dict[int, int] = {}
        for rule in component.rules:
            if isinstance(rule.pays, Percent):
                for level in rule.levels:
                    best[level] = max(best.get(level, 0), rule.pays.rate.ppm)
        together += sum(best.values())
    if together > plan.budget.ppm:
        yield Problem(
            "$.budget",
            f"all levels together can ask for {together} ppm, the budget is {plan.budget.ppm} ppm",
            "what exceeds the budget is shrunk in proportion",
            Severity.WARNING,
        )
