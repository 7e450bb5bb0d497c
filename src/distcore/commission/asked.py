"""What a plan names and asks for, with paths into its document: tiers, categories and coupon templates.

The one rule this file protects: what stands under a `not` is named, and not wanted.
"""

from collections.abc import Collection, Iterable, Iterator
from typing import assert_never

from attrs import frozen

from distcore.commission.match import (
    AllOf,
    AnyOf,
    Atom,
    CategoryIs,
    Match,
    Not,
    TierIn,
    atoms_of,
    lies_in,
)
from distcore.commission.period_plan import ByTier, PeriodComponent
from distcore.commission.plan import (
    Component,
    Coupons,
    Differential,
    FirstOrder,
    FixedPerOrder,
    FixedPerUnit,
    Gift,
    Percent,
    Plan,
    Reward,
    Rule,
    Subtract,
)
from distcore.kernel import Problem, Severity, shown


@frozen
class Named:
    """What a plan names, and where; `is_paid` says that something is paid for it there."""

    name: str
    where: str
    is_paid: bool = True


def pays_nothing(reward: Reward) -> bool:
    """Say whether a reward is zero: an answer, and no payment."""
    match reward:
        case Percent(rate):
            return not rate.ppm
        case FixedPerUnit(amount_minor) | FixedPerOrder(amount_minor):
            return not amount_minor
        case _:
            assert_never(reward)


def subtracts_all(component: Component) -> bool:
    """Say whether all that is paid below is subtracted, by every component before it."""
    return isinstance(component, Differential) and component.subtract is Subtract.ALL_PAID


def gives_nothing(component: Component, rule: Rule) -> bool:
    """Say whether whoever a rule of a component pays gets neither money nor a gift."""
    return not has_gift(component) and pays_nothing(rule.pays)


def has_gift(component: Component) -> bool:
    """Say whether a component gives something besides money."""
    return gift_of(component) is not None


def gift_of(component: Component) -> Gift | None:
    """Return what a component gives besides money."""
    return component.gift if isinstance(component, FirstOrder) else None


def named_tiers(plan: Plan) -> Iterator[Named]:
    """Yield the tiers that a plan names, where it does."""
    for place, component in enumerate(plan.components):
        where = f"$.components[{place}]"
        for index, tier in enumerate(getattr(component, "qualified_tiers", ())):
            yield Named(tier, f"{where}.qualified_tiers[{index}]")
    for place, each in enumerate(plan.period_components):
        yield from _named_by_period(each, f"$.period_components[{place}]")
    for component, rule, where in _rules(plan):
        is_paid = not gives_nothing(component, rule)
        for index, tier in enumerate(rule.tiers):
            yield Named(tier, f"{where}.tiers[{index}]", is_paid)
        for atom, at, wanted in _placed(rule.match, f"{where}.match"):
            if isinstance(atom, TierIn):
                for index, tier in enumerate(atom.tiers):
                    yield Named(tier, f"{at}.tiers[{index}]", is_paid and wanted)


def _named_by_period(component: PeriodComponent, where: str) -> Iterator[Named]:
    for index, tier in enumerate(component.qualified_tiers):
        yield Named(tier, f"{where}.qualified_tiers[{index}]")
    weights = getattr(component, "weights", None)
    for index, each in enumerate(weights.tiers if isinstance(weights, ByTier) else ()):
        yield Named(each.tier, f"{where}.weights.tiers[{index}].tier", is_paid=each.weight > 0)


def names_tier(rule: Rule, tier: str) -> bool:
    """Say whether a rule names a tier, and wants it."""
    placed = _placed(rule.match, "")
    return tier in rule.tiers or any(
        wanted and isinstance(atom, TierIn) and tier in atom.tiers for atom, _, wanted in placed
    )


def asks_tier(match: Match | None) -> bool:
    """Say whether a condition depends on who would earn."""
    return any(isinstance(each, TierIn) for each in atoms_of(match))


def named_categories(plan: Plan) -> Iterator[Named]:
    """Yield the categories that a plan names, where it does."""
    for component, rule, where in _rules(plan):
        for atom, at, wanted in _placed(rule.match, f"{where}.match"):
            if isinstance(atom, CategoryIs):
                is_paid = wanted and not gives_nothing(component, rule)
                yield Named(atom.category, f"{at}.category", is_paid)


def named_templates(plan: Plan) -> Iterator[Named]:
    """Yield the coupon templates that a plan names, where it does."""
    for place, component in enumerate(plan.components):
        gift = gift_of(component)
        if isinstance(gift, Coupons):
            yield Named(gift.template, f"$.components[{place}].gift.template")


def unknown_problems(
    plan: Plan,
    *,
    tiers: Collection[str] | None = None,
    categories: Collection[str] | None = None,
    templates: Collection[str] | None = None,
) -> Iterator[Problem]:
    """Warn of tiers, categories and coupon templates that are none of these, each once; None is not to ask.

    A shop may still give such a tier by hand, or sell such goods tomorrow.  A category is known if anything
    lies in it.
    """
    if tiers is not None:
        for each in _first_of_each(named_tiers(plan)):
            if each.name and each.name not in tiers:  # everybody may be of no tier
                message = f"the tier policy has no tier {shown(each.name)}"
                yield Problem(each.where, message, "nobody earns it; give it by hand", Severity.WARNING)
    if categories is not None:
        for each in _first_of_each(named_categories(plan)):
            if not any(lies_in(known, each.name) for known in categories):
                message = f"nothing of category {shown(each.name)} was ever sold"
                yield Problem(each.where, message, "look at its spelling", Severity.WARNING)
    if templates is not None:
        for each in _first_of_each(named_templates(plan)):
            if each.name not in templates:
                message = f"the shop has no coupon template {shown(each.name)}"
                hint = "look at its spelling, or set it before it is due"
                yield Problem(each.where, message, hint, Severity.WARNING)


def _first_of_each(named: Iterable[Named]) -> list[Named]:
    found: dict[str, Named] = {}
    for each in named:
        found.setdefault(each.name, each)
    return list(found.values())


def _rules(plan: Plan) -> Iterator[tuple[Component, Rule, str]]:
    for place, component in enumerate(plan.components):
        for index, rule in enumerate(component.rules):
            yield component, rule, f"$.components[{place}].rules[{index}]"


def _placed(match: Match | None, where: str, *, wanted: bool = True) -> Iterator[tuple[Atom, str, bool]]:
    """Yield the conditions that a condition is made of, with their paths, and whether they are wanted."""
    match match:
        case None:
            return
        case AllOf(matches) | AnyOf(matches):
            for index, each in enumerate(matches):
                yield from _placed(each, f"{where}.matches[{index}]", wanted=wanted)
        case Not(negated):
            yield from _placed(negated, f"{where}.match", wanted=not wanted)
        case _:
            yield match, where, wanted
