"""What rounding may add to the worst case of a plan, stated apart: of tiny amounts that is much.

The rule this file protects: nothing that is paid exceeds its share by more than what is said here.
"""

from collections.abc import Sequence
from typing import assert_never

from attrs import frozen

from distcore.commission.climb import kinds_of
from distcore.commission.plan import (
    Component,
    Differential,
    FixedPerOrder,
    LevelBelow,
    Plan,
    Region,
    Scope,
    Upline,
)
from distcore.commission.sale import Sale
from distcore.commission.situation import Earner
from distcore.commission.worths import AGENT_LEVELS
from distcore.kernel import Rounding


@frozen
class Rounded:
    """How much rounding adds at most, in minor units for each `scope`: of tiny amounts that is much."""

    minor: int
    scope: Scope

    def most_minor(self, sale: Sale) -> int:
        """Return how much that is for an order."""
        match self.scope:
            case Scope.LINE:
                return self.minor * len(sale.lines)
            case Scope.UNIT:
                return self.minor * sum(max(1, line.units) for line in sale.lines)
            case Scope.ORDER:
                return self.minor
            case _:
                assert_never(self.scope)


def rounding_of(plan: Plan, earners: Sequence[Earner], *, is_cut: bool) -> Rounded:
    """Return the most by which rounding exceeds a share; a budget is rounded once for its scope."""
    halves = {Rounding.DOWN: 0, Rounding.UP: 2}.get(plan.rounding, 1)
    budget = halves if plan.budget is not None else 0
    if is_cut and plan.rounding_scope is not Scope.ORDER:
        return Rounded(-(-budget // 2), Scope.LINE)
    asked = sum(_halves(plan, component, halves, earners) for component in plan.components)
    return Rounded(-(-(asked + budget) // 2), plan.rounding_scope)


def _halves(plan: Plan, component: Component, halves: int, earners: Sequence[Earner]) -> int:
    """Return by how many halves of a minor unit a component may exceed its share.

    What is split over lines, by order, may give any of them one more.
    """
    together = plan.rounding_scope is Scope.ORDER
    if together or any(isinstance(rule.pays, FixedPerOrder) for rule in component.rules):
        halves += 2
    awards = len(component.rules) if together else 1
    if isinstance(component, Upline):
        levels = len({level for rule in component.rules for level in rule.levels})
        times = levels * (levels + 1) // 2 if isinstance(component.base, LevelBelow) else levels
        return awards * halves * times
    if isinstance(component, Region):
        named = all(rule.levels for rule in component.rules)
        return awards * halves * (len(component.levels) if named else AGENT_LEVELS)
    if isinstance(component, Differential) and component.same_tier is not None:
        steps = len(kinds_of(component, earners))
        return awards * (halves + steps * len(component.same_tier.rates) * (halves + 2))
    return awards * halves
