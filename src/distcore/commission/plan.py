"""What a merchant decides, as data: nothing here calculates.

A plan is an ordered set of components that add up.  Inside a component rules are tried in order, and
the first that fits wins, or the best in money.  Every union is closed; `assert_never` in the verbs
proves that no member is forgotten when one is added.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from functools import cached_property
from typing import ClassVar, TypeAlias, cast

from attrs import field, frozen

from distcore.commission.match import Atom, Match, TierIn, asks_earned, asks_lines, asks_past, atoms_of
from distcore.commission.period_plan import PeriodComponent
from distcore.kernel import (
    Cadence,
    CapId,
    ComponentId,
    Currency,
    Instant,
    PlanId,
    Rate,
    Rhythm,
    Rounding,
    RuleId,
    utc,
)


class Scope(Enum):
    """Where an amount is rounded, once."""

    LINE = "line"
    UNIT = "unit"
    ORDER = "order"


class BudgetCut(Enum):
    """What is not paid where more is asked for than a budget allows."""

    IN_PROPORTION = "in_proportion"
    FROM_THE_TOP = "from_the_top"


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


class Choice(Enum):
    """Which of the rules that fit a line pays it."""

    FIRST = "first"
    """The first one, also if it pays less."""
    BEST = "best"
    """The one that pays most for the order as it was sold; of equals the first."""


class Subtract(Enum):
    """What a differential takes off what a seat's own rate is worth."""

    HIGHEST_RATE = "highest_rate"
    """What this component pays below on the line: with it the amounts add up to the highest rate met."""
    ALL_PAID = "all_paid"
    """All that is paid on the line so far: by the components before, and below in this one."""


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
    """What the buyer pays for the goods after all discounts, without shipping; without tax, if not said."""

    with_tax: bool = False


@frozen
class ListPrice:
    """What the goods would cost without any discount."""


@frozen
class Margin:
    """The net less what the goods cost the shop; never below zero."""


@frozen
class LevelBelow:
    """What the level below is paid by this component; for level 1 the net."""


@frozen
class Residual:
    """The net less what the levels below are paid by this component; never below zero."""


BaseOfGoods: TypeAlias = Net | ListPrice | Margin
"""What a line is worth, whoever else is paid for it."""

Base: TypeAlias = BaseOfGoods | LevelBelow | Residual


@frozen
class Rule:
    """Pay a reward on certain levels, to certain tiers, for certain goods.

    No levels means every level, no tiers every tier, no match every line.  A reward of zero is an answer,
    not a gap.
    """

    id: RuleId
    pays: Reward
    levels: tuple[int, ...] = ()
    tiers: tuple[str, ...] = ()
    match: Match | None = None

    @cached_property
    def asks_lines(self) -> bool:
        """Whether it may be for some lines of an order, and not for others."""
        return asks_lines(self.match)


@frozen
class Upline:
    """Pay the levels above the buyer, 1 being the sponsor; there is no built-in number of levels.

    Each rule names its levels.
    """

    id: ComponentId
    rules: tuple[Rule, ...]
    unqualified: Unqualified = Unqualified.LOST
    qualified_tiers: tuple[str, ...] = ()
    buyer_is_level_1: bool = False
    level_1: FirstLevel = FirstLevel.SPONSOR
    base: Base = field(factory=Net)
    choose: Choice = Choice.FIRST

    @cached_property
    def level_max(self) -> int | None:
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


@frozen
class SameTier:
    """A bonus for seats of the tier of somebody below who earns a difference on the line.

    The first seat of that tier above gets the first rate, and so on, until somebody earns a difference of
    another tier.  It is a share `of_difference`, of what that somebody earns, or else of the base.
    """

    id: RuleId
    rates: tuple[Rate, ...]
    of_difference: bool = True


@frozen
class Differential:
    """Walking up, pay each seat what its own tier is worth, less what is paid below, if that is positive.

    Rules are for tiers; one that names levels is for those alone.
    """

    id: ComponentId
    rules: tuple[Rule, ...]
    subtract: Subtract = Subtract.HIGHEST_RATE
    same_tier: SameTier | None = None
    unqualified: Unqualified = Unqualified.SKIPPED
    qualified_tiers: tuple[str, ...] = ()
    buyer_is_level_1: bool = False
    level_1: FirstLevel = FirstLevel.SPONSOR
    base: BaseOfGoods = field(factory=Net)
    choose: Choice = Choice.FIRST

    @cached_property
    def asks_earned(self) -> bool:
        """Whether seats of one tier may be worth different amounts, by what they had earned before."""
        return any(asks_earned(rule.match) for rule in self.rules)

    @property
    def level_max(self) -> int | None:
        """The highest level that a rule names, None if one is for every level, as bonuses are."""
        levels = [rule.levels for rule in self.rules]
        if self.same_tier is not None or not all(levels):
            return None
        return max(map(max, levels), default=0)


@frozen
class SelfPurchase:
    """Pay the buyer who is a member for the own purchase."""

    id: ComponentId
    rules: tuple[Rule, ...]
    base: BaseOfGoods = field(factory=Net)
    choose: Choice = Choice.FIRST


@frozen
class PromoterShare:
    """Pay the promoter of the order, whoever stands above the buyer."""

    id: ComponentId
    rules: tuple[Rule, ...]
    base: BaseOfGoods = field(factory=Net)
    choose: Choice = Choice.FIRST


class AfterRefund(Enum):
    """What becomes of a payment for a first order when all of that order went back."""

    LOST = "lost"
    """It is gone: the next order is the second."""
    NEXT_ORDER = "next_order"
    """The first order that is accrued after that may have it."""


@frozen
class Points:
    """Whole points, on the points account of whoever is given them."""

    points: int


@frozen
class Coupons:
    """Coupons of a template of the shop: the shop hands them out when it is told that they are due."""

    template: str
    coupons: int = 1


Gift: TypeAlias = Points | Coupons
"""What is given besides money; it counts for no budget and under no cap."""


@frozen
class FirstOrder:
    """Pay once for a customer: level 1 of the customer's first paid order.

    A `gift` is given besides, once, to whoever a rule pays for a line, also if it pays nothing.
    """

    id: ComponentId
    rules: tuple[Rule, ...]
    after_refund: AfterRefund = AfterRefund.LOST
    level_1: FirstLevel = FirstLevel.SPONSOR
    base: BaseOfGoods = field(factory=Net)
    choose: Choice = Choice.FIRST
    gift: Gift | None = None

    level_max: ClassVar = 1
    unqualified: ClassVar = Unqualified.LOST
    qualified_tiers: ClassVar = ()
    buyer_is_level_1: ClassVar = False


class RegionSharing(Enum):
    """What several agents of one level of a region get."""

    IN_FULL = "in_full"
    """Each of them what the rule pays, however many there are."""
    SHARED = "shared"
    """Equal parts of what the rule pays, to the exact minor unit: it is paid once for the level."""


@frozen
class Region:
    """Pay the agents of the order's region, and of every region that it lies in.

    The agents of the first part of its path are on level 1, those of the first two on level 2, and so on.
    A rule that names no levels is for all of them.
    """

    id: ComponentId
    rules: tuple[Rule, ...]
    sharing: RegionSharing = RegionSharing.IN_FULL
    base: BaseOfGoods = field(factory=Net)
    choose: Choice = Choice.FIRST

    @cached_property
    def levels(self) -> Sequence[int]:
        """The levels that rules name, ascending."""
        return sorted({level for rule in self.rules for level in rule.levels})


ParamValue: TypeAlias = str | int | bool
"""What a formula may be told."""


@frozen
class Param:
    """One thing that a formula is told."""

    name: str
    value: ParamValue


def _by_name(entries: Iterable[Param]) -> tuple[Param, ...]:
    """Sort by name; what can't be sorted stays as it was given, to be refused later."""
    try:
        given = tuple(entries)
        return tuple(sorted(given, key=lambda each: each.name))
    except (TypeError, AttributeError):
        return cast("tuple[Param, ...]", entries)


@frozen
class Params:
    """What a formula is told, by name; in the order of the names, so that no other order is another plan."""

    entries: tuple[Param, ...] = field(default=(), converter=_by_name)


@frozen
class Formula:
    """Stands where a rule stands, on what a custom component pays: its name and version."""

    id: RuleId


@frozen
class Custom:
    """Pay what a function of the shop says, which is registered under this name and version.

    It is asked about the buyer, the promoter and the `levels` above the buyer.
    """

    id: ComponentId
    name: str
    custom_version: int
    params: Params = field(factory=Params)
    levels: int = 10
    base: BaseOfGoods = field(factory=Net)

    rules: ClassVar[tuple[Rule, ...]] = ()
    choose: ClassVar = Choice.FIRST
    level_1: ClassVar = FirstLevel.SPONSOR
    unqualified: ClassVar = Unqualified.LOST
    qualified_tiers: ClassVar[tuple[str, ...]] = ()
    buyer_is_level_1: ClassVar = False

    @property
    def level_max(self) -> int:
        """The highest level that it is asked about."""
        return self.levels

    @cached_property
    def formula(self) -> Formula:
        """What every accrual of it names as its rule."""
        return Formula(RuleId(f"{self.name} v{self.custom_version}"))


Climbing: TypeAlias = Upline | Differential | FirstOrder
"""Components that walk up from the buyer, or from the promoter."""

Ruled: TypeAlias = Climbing | SelfPurchase | PromoterShare | Region
"""Components that have rules."""

Component: TypeAlias = Ruled | Custom


class Per(Enum):
    """Whom a cap is for."""

    EARNER = "earner"
    """Each earner: what all sales together pay one of them."""
    BUYER = "buyer"
    """Each buyer: what the orders of one of them pay everybody together."""


@frozen
class Cap:
    """The most that components pay to one earner, or for one buyer.

    It is for a period of the shop's calendar, or, without one, for ever.  A sale belongs to the period in
    which it was paid.  No components means all of them.
    """

    id: CapId
    amount_minor: int
    per: Per = Per.EARNER
    within: Cadence | None = None
    components: tuple[ComponentId, ...] = ()

    def is_for(self, component: ComponentId) -> bool:
        """Say whether what a component pays counts."""
        return not self.components or component in self.components


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

    A later version of the same plan takes over wherever both are valid.  `components` pay line by line of a
    sale, within the `budget`; `period_components` pay by all that a period of the `period_cadence` sold, and
    have budgets of their own.
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
    caps: tuple[Cap, ...] = ()
    period_components: tuple[PeriodComponent, ...] = ()
    period_cadence: Rhythm = Cadence.MONTHLY
    budget_cut: BudgetCut = BudgetCut.IN_PROPORTION

    @cached_property
    def asks_past(self) -> bool:
        """Whether anything of it depends on what the buyer had bought before."""
        return any(
            isinstance(component, FirstOrder) or any(asks_past(rule.match) for rule in component.rules)
            for component in self.components
        )

    @cached_property
    def asks_earned(self) -> frozenset[ComponentId]:
        """The components that ask what an earner had earned before."""
        return frozenset(
            component.id
            for component in self.components
            if any(asks_earned(rule.match) for rule in component.rules)
        )

    @cached_property
    def keeps_tallies(self) -> bool:
        """Whether a sale depends on what earlier sales of other buyers were paid by it."""
        return bool(self.caps or self.asks_earned)

    @cached_property
    def asks_agents(self) -> bool:
        """Whether it pays agents of regions."""
        return any(isinstance(component, Region) for component in self.components)

    @cached_property
    def atoms(self) -> tuple[Atom, ...]:
        """What its rules ask for: all conditions that are made of no others, in their order."""
        rules = (rule for component in self.components for rule in component.rules)
        return tuple(atom for rule in rules for atom in atoms_of(rule.match))

    @cached_property
    def tiers(self) -> tuple[str, ...]:
        """The tiers that it names, each once, in order of appearance."""
        named: dict[str, None] = {}
        for component in self.components:
            named.update(dict.fromkeys(getattr(component, "qualified_tiers", ())))
            for rule in component.rules:
                named.update(dict.fromkeys(rule.tiers))
                asked = (atom.tiers for atom in atoms_of(rule.match) if isinstance(atom, TierIn))
                named.update((tier, None) for tiers in asked for tier in tiers)
        return tuple(named)

    @cached_property
    def amounts_decide(self) -> bool:
        """Whether it depends on amounts who wins: on those of the sale as it was sold."""
        return any(
            component.choose is Choice.BEST
            or (isinstance(component, Differential) and component.same_tier is not None)
            for component in self.components
        )

    @cached_property
    def rule_ids(self) -> frozenset[tuple[ComponentId, RuleId]]:
        """What a fact may name: each rule with its component; a bonus counts as a rule."""
        return frozenset(
            (component.id, rule) for component in self.components for rule in _rule_ids(component)
        )


def _rule_ids(component: Component) -> list[RuleId]:
    if isinstance(component, Custom):
        return [component.formula.id]
    ids = [rule.id for rule in component.rules]
    bonus = component.same_tier if isinstance(component, Differential) else None
    return ids if bonus is None else [*ids, bonus.id]


PlanVersions: TypeAlias = Mapping[tuple[PlanId, int], Plan]
"""Published plans by id and version."""


def by_version(plans: Iterable[Plan]) -> PlanVersions:
    """Return plans by id and version, as sales refer to them."""
    return {(plan.id, plan.plan_version): plan for plan in plans}
