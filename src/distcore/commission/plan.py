"""What a merchant decides, as data: nothing here calculates.

A plan is an ordered set of components that add up.  Inside a component rules are tried in order and
the first that fits wins.  Every union is closed; `assert_never` in the verbs proves that no member
is forgotten when one is added.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from functools import cached_property
from typing import TypeAlias

from attrs import field, frozen

from distcore.kernel import ComponentId, Currency, Instant, PlanId, Rate, Rounding, RuleId, utc


class Scope(Enum):
    """Where an amount is rounded, once."""

    LINE = "line"
    UNIT = "unit"
    ORDER = "order"


class FreezeFrom(Enum):
    """What starts the clock of the freeze, per order."""

    COMPLETED = "completed"
    PAID = "paid"


class Unqualified(Enum):
    """What becomes of a level whose member does not qualify."""

    LOST = "lost"
    SKIPPED = "skipped"
    ROLLS_UP = "rolls_up"
    ENDS_CHAIN = "ends_chain"


class FirstLevel(Enum):
    """Who is level 1 of an order that somebody promoted; the upline goes on from there."""

    SPONSOR = "sponsor"
    PROMOTER = "promoter"


@frozen
class Percent:
    """A share of the base."""

    rate: Rate


@frozen
class FixedPerUnit:
    """An amount for every unit that the buyer keeps, in minor units of the plan's currency."""

    amount_minor: int


@frozen
class FixedPerOrder:
    """An amount paid once while anything of the matching lines remains, split over them by net."""

    amount_minor: int


Reward: TypeAlias = Percent | FixedPerUnit | FixedPerOrder


@frozen
class Net:
    """What the buyer pays for the goods after all discounts, without shipping and tax."""


Base: TypeAlias = Net


@frozen
class CategoryIs:
    """The line's category is this one or lies below it: `food` covers `food/fresh`."""

    category: str


@frozen
class SkuIn:
    """The line's SKU is one of these."""

    skus: tuple[str, ...]


Match: TypeAlias = CategoryIs | SkuIn


@frozen
class Rule:
    """Pay a reward on certain levels, to certain tiers, for certain goods.

    No tiers means every tier, no match every line.  A reward of zero is an answer, not a gap.
    """

    id: RuleId
    levels: tuple[int, ...]
    pays: Reward
    tiers: tuple[str, ...] = ()
    match: Match | None = None


@frozen
class Upline:
    """Pay the levels above the buyer, 1 being the sponsor; there is no built-in number of levels."""

    id: ComponentId
    rules: tuple[Rule, ...]
    unqualified: Unqualified = Unqualified.LOST
    qualified_tiers: tuple[str, ...] = ()
    buyer_is_level_1: bool = False
    level_1: FirstLevel = FirstLevel.SPONSOR
    base: Base = field(factory=Net)

    @cached_property
    def level_max(self) -> int:
        """The highest level that a rule names."""
        return max(self._by_level, default=0)

    def rules_at(self, level: int) -> Sequence[Rule]:
        """Return the rules that name a level, in their order."""
        return self._by_level.get(level, ())

    @cached_property
    def _by_level(self) -> Mapping[int, Sequence[Rule]]:
        """An index over the rules: a plan may have thousands, and every accrual looks for one."""
        found: dict[int, list[Rule]] = {}
        for rule in self.rules:
            for level in dict.fromkeys(rule.levels):
                found.setdefault(level, []).append(rule)
        return found


Component: TypeAlias = Upline


@frozen
class Freeze:
    """How long an accrual waits: `days` after what it counts from, at the same time of day."""

    days: int
    counts_from: FreezeFrom = FreezeFrom.COMPLETED


def _valid_from(value: Instant) -> Instant:
    return utc(value, "$.valid_from")


def _valid_until(value: Instant | None) -> Instant | None:
    return None if value is None else utc(value, "$.valid_until")


@frozen
class Plan:
    """A version of a commission plan; sales paid in `[valid_from, valid_until)` are calculated by it.

    A later version of the same plan takes over wherever both are valid.
    """

    id: PlanId
    plan_version: int
    currency: Currency
    valid_from: Instant = field(converter=_valid_from)
    freeze: Freeze
    components: tuple[Component, ...]
    valid_until: Instant | None = field(default=None, converter=_valid_until)
    rounding: Rounding = Rounding.HALF_UP
    rounding_scope: Scope = Scope.LINE
    budget: Rate | None = None


PlanVersions: TypeAlias = Mapping[tuple[PlanId, int], Plan]
"""Published plans by id and version."""


def by_version(plans: Iterable[Plan]) -> PlanVersions:
    """Return plans by id and version, as sales refer to them."""
    return {(plan.id, plan.plan_version): plan for plan in plans}
