"""What sales and periods cost by a plan that is tried out, by where it stems from and by who earns it.

The rule this file protects: what is told by any aspect, and by payee, adds up to the same total.
"""

from collections import Counter
from collections.abc import Mapping
from enum import Enum
from functools import cached_property
from typing import TypeAlias

from attrs import frozen

from distcore.analytics import Distribution, distribution
from distcore.engine.simulate_periods import PeriodCost
from distcore.kernel import ComponentId, DamagedError, MemberId, SaleId


class Aspect(Enum):
    """What costs are added up by."""

    MONTH = "month"
    """The month of the shop's calendar in which the sale was paid; of a period, that of its last instant."""
    COMPONENT = "component"
    LEVEL = "level"
    """The origin level; 0 is the buyer of an own purchase, the promoter, or whoever a period pays."""
    TIER = "tier"
    """The tier of whoever holds the level, also where somebody else is paid for it; of whoever a period pays,
    the tier at its last instant."""


@frozen
class Part:
    """Where a cost stems from."""

    month: str
    component: ComponentId
    level: int
    tier: str


@frozen
class Outlay:
    """What sales and periods cost, in minor units, by origin and by payee; nobody has nothing."""

    parts: Mapping[Part, int]
    payees: Mapping[MemberId, int]

    @cached_property
    def total_minor(self) -> int:
        """What it costs altogether."""
        return sum(self.parts.values())

    @cached_property
    def spread(self) -> Distribution:
        """How it is spread over those who earn."""
        return distribution(self.payees.values())

    def by(self, aspect: Aspect) -> dict[str | int, int]:
        """Return the sums by one aspect, in its order."""
        sums: Counter[str | int] = Counter()
        for part, amount in self.parts.items():
            sums[getattr(part, aspect.value)] += amount
        return dict(sorted(sums.items()))


Tiers: TypeAlias = Mapping[tuple[ComponentId, int, MemberId], str]
"""The tier of whoever holds a level of a component, by whom is paid for it."""

Answer: TypeAlias = tuple[Mapping[tuple[ComponentId, int, MemberId], int], Tiers]
"""What one sale pays, and the tiers of those who hold its levels."""


class CostSums:
    """What sales and periods cost so far."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._parts: dict[tuple[str, ComponentId, int, str], int] = {}
        self._payees: dict[MemberId, int] = {}

    def add(self, month: str, answer: Answer, sale: SaleId) -> None:
        """Add what a sale pays."""
        parts, payees = self._parts, self._payees
        totals, tiers = answer
        for (component, level, payee), amount in totals.items():
            tier = tiers.get((component, level, payee))
            if tier is None:
                raise DamagedError(f"sale {sale} paid level {level} of {component}, which nobody held")
            part = (month, component, level, tier)
            parts[part] = parts.get(part, 0) + amount
            payees[payee] = payees.get(payee, 0) + amount

    def add_period(self, month: str, cost: PeriodCost) -> None:
        """Add what a period pays, which is of no level."""
        for component, payee, amount in cost.amounts:
            tier = cost.tiers.get(payee)
            if tier is None:
                raise DamagedError(f"period {cost.period} paid {component} to {payee}, who was no member")
            part = (month, component, 0, tier)
            self._parts[part] = self._parts.get(part, 0) + amount
            self._payees[payee] = self._payees.get(payee, 0) + amount

    def outlay(self) -> Outlay:
        """Return it, in order."""
        parts = {Part(*part): amount for part, amount in sorted(self._parts.items())}
        return Outlay(parts, dict(sorted(self._payees.items())))
