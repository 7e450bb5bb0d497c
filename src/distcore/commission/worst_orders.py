"""What fixed amounts come to of an order, where they have no bound of a line.

A line may be worth next to nothing beside others, and be paid an amount all the same.  The one rule this file
protects: an order that is paid an amount is worth what its condition asks for, at least.
"""

from collections.abc import Sequence

from attrs import evolve, frozen

from distcore.commission.implied import ANY_NUMBER, Numbers, numbers_of
from distcore.commission.match import Match, NetBetween, Of, UnitsBetween
from distcore.commission.plan import (
    Component,
    Custom,
    FirstOrder,
    FixedPerUnit,
    LevelBelow,
    Percent,
    Plan,
    PromoterShare,
    Rule,
    SelfPurchase,
    Upline,
)
from distcore.kernel import PPM, Rate


@frozen
class _Amount:
    """What an order is paid at most by a rule on each level, if its net is from `least` to `below`."""

    rule: Rule
    minor: int
    least: int
    below: int | None


def without_amounts(plan: Plan) -> tuple[Plan, int] | None:
    """Return a plan without its fixed amounts, and how much of an order those are at most, in ppm.

    None where there are none, where nothing bounds them, or where other amounts are made of them.
    """
    amounts: list[list[_Amount]] = []
    components: list[Component] = []
    for component in plan.components:
        fixed = [rule for rule in component.rules if not isinstance(rule.pays, Percent)]
        if isinstance(component, Custom) or not fixed:
            components.append(component)
            continue
        found = [amount for rule in fixed if (amount := _amount(component, rule)) is not None]
        if len(found) < len(fixed):
            return None
        amounts.append(found)
        rules = tuple([_nothing(rule) if rule in fixed else rule for rule in component.rules])
        components.append(evolve(component, rules=rules))
    if not amounts:
        return None
    return evolve(plan, components=tuple(components), caps=(), budget=None), _most_ppm(amounts)


def _nothing(rule: Rule) -> Rule:
    return evolve(rule, pays=Percent(Rate(0)))


def _most_ppm(amounts: Sequence[Sequence[_Amount]]) -> int:
    """Return the most that the amounts of components are of any net: where one of them begins it is least."""
    nets = {each.least for of_component in amounts for each in of_component}
    return max((-(-sum(_paid(each, net) for each in amounts) * PPM // net) for net in nets), default=0)


def _paid(amounts: Sequence[_Amount], net: int) -> int:
    """Return what a component pays at most for an order of a net: on each level one member, of one tier."""
    asked = [each for each in amounts if each.least <= net and (each.below is None or net < each.below)]
    tiers = {"", *(tier for each in asked for tier in each.rule.tiers)}
    levels = {level for each in asked for level in each.rule.levels or (0,)}
    return sum(
        max(
            sum(
                each.minor
                for each in asked
                if level in (each.rule.levels or (0,)) and (not each.rule.tiers or tier in each.rule.tiers)
            )
            for tier in tiers
        )
        for level in levels
    )


def _amount(component: Component, rule: Rule) -> _Amount | None:
    """Return what a rule pays to a known number of people, if it asks for a net."""
    if not isinstance(component, Upline | FirstOrder | SelfPurchase | PromoterShare):
        return None
    if isinstance(component.base, LevelBelow):
        return None
    least, below = numbers_of(rule.match, _net)
    assert not isinstance(rule.pays, Percent), "a share needs no net"
    minor = rule.pays.amount_minor
    if isinstance(rule.pays, FixedPerUnit):
        _, units = numbers_of(rule.match, _units)
        if units is None:
            return None
        minor *= units - 1
    return _Amount(rule, minor, least, below) if least > 0 else None


def _net(match: Match | None) -> Numbers:
    """Return what a condition that is no list of others says of the net of an order."""
    match match:
        case NetBetween(Of.ORDER, least, below):
            return least, below
        case NetBetween(Of.LINE, least, _):
            return least, None
        case _:
            return ANY_NUMBER


def _units(match: Match | None) -> Numbers:
    """Return what it says of the units of an order."""
    match match:
        case UnitsBetween(Of.ORDER, least, below):
            return least, below
        case _:
            return ANY_NUMBER
