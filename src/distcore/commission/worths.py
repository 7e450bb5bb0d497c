"""What a claim may be worth in a situation, as a share of the net: percentages and fixed amounts alike.

Shares are whole numbers of `ONE`, rounded up.  The rule this file protects: nothing is worth more than is
said here, at whatever net of the situation.
"""

from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias, assert_never

from distcore.commission.asked import asks_tier
from distcore.commission.award import rules_for
from distcore.commission.lineage import Claim, Lineage, Passed, Reason, Seat, Standing, walk
from distcore.commission.match import (
    Atom,
    BrandIn,
    BuyerGroupIn,
    Case,
    CategoryIs,
    ChannelIn,
    EarnedBefore,
    Match,
    MonthsSinceFirst,
    NetBetween,
    Of,
    OrderNumber,
    PaidBetween,
    RegionIs,
    SkuIn,
    SpentBefore,
    TagIn,
    TierIn,
    UnitsBetween,
    asks_earned,
    atoms_of,
    fits,
)
from distcore.commission.plan import (
    Choice,
    Component,
    FirstOrder,
    FixedPerOrder,
    FixedPerUnit,
    LevelBelow,
    ListPrice,
    Margin,
    Net,
    Percent,
    Plan,
    Region,
    Residual,
    Rule,
)
from distcore.commission.situation import BUYER, Earner, Situation, usual
from distcore.kernel import PPM, MemberId, limits, paths_to

ONE: Final = 10**30
"""The whole net."""

BOUNDLESS: Final = 10**90
"""What stands for a share without a bound: no bounded one comes near."""

OF_EACH: Final = 1_000 * BOUNDLESS
"""What has no bound whatever else is in the order, for which it is easier to show."""

AGENT_LEVELS: Final = (limits.REGION_LENGTH_MAX + 1) // 2
"""Levels of agents at most: a part of a region has a character, and a slash before it but for the first."""

Pay: TypeAlias = tuple[int, int]
"""A rate in ppm of the base, or, where that is 0, a share of the net."""


def share_up(numerator: int, denominator: int) -> int:
    """Return a share of the net, rounded up."""
    return -(-numerator * ONE // denominator)


def amount_of(pays: Sequence[Pay], base: int) -> int:
    """Return the most that one of these is worth of a base."""
    return max([-(-rate_ppm * base // PPM) or fixed for rate_ppm, fixed in pays], default=0)


def whole_of(component: Component) -> int:
    """Return what a base may be of the net: the whole, or more than any number."""
    match component.base:
        case Net(with_tax):
            return BOUNDLESS if with_tax else ONE
        case ListPrice():
            return BOUNDLESS
        case Margin() | LevelBelow() | Residual():
            return ONE
        case _:
            assert_never(component.base)


class Worths:
    """What everybody may be paid on every level in one situation, or, without one, in any."""

    def __init__(self, plan: Plan, situation: Situation | None) -> None:
        self._situation = situation
        self._found: dict[tuple[str, int, Earner], Sequence[Pay]] = {}
        self.asked = 0
        """How many rules were looked at."""
        self._past = None if situation is None else situation.past
        if situation is not None:
            sale = usual(situation, plan)
            self._case, self._line = Case(sale, situation.past), sale.lines[0]

    def may_pay(self, component: Component) -> bool:
        """Say whether the order is one that a component is for."""
        if self._past is None or not isinstance(component, FirstOrder):
            return True
        nobody = Lineage(BUYER, None, past=self._past)
        return Passed(0, Reason.NOT_THE_FIRST_ORDER) not in walk(component, nobody).passed

    def of(self, component: Component, level: int, who: Earner) -> Sequence[Pay]:
        """Return what may be paid for a level to somebody: of several, whichever is worth most."""
        self.asked += 1
        key = (component.id, level, who)
        if key not in self._found:
            self._found[key] = tuple(set(self._pays(component, level, who)))
        return self._found[key]

    def levels_of(self, component: Region) -> Sequence[int]:
        """Return the levels of agents that may be paid: those that rules name and a region has."""
        most = AGENT_LEVELS
        if self._situation is not None:
            regions = paths_to(self._case.sale.region)
            most = sum(len(each) <= limits.REGION_LENGTH_MAX for each in regions)
        if all(rule.levels for rule in component.rules):
            return [level for level in component.levels if level <= most]
        return range(1, most + 1)

    def _pays(self, component: Component, level: int, who: Earner) -> Iterator[Pay]:
        nobody = MemberId("")
        rules = rules_for(component, Claim(level, Seat(nobody, who.tier, Standing.ACTIVE), nobody))
        for_all = True
        for rule in rules:
            self.asked += 1
            for_all = for_all and is_of_order(rule.match)
            if self._situation is None:
                yield self._pay(component, rule, for_all=False)
            elif fits(rule.match, self._case, self._line, who.tier, who.earned_minor):
                alone = component.choose is Choice.FIRST or len(rules) == 1
                yield self._pay(component, rule, for_all=for_all and alone)
                if component.choose is Choice.FIRST:
                    return

    def _pay(self, component: Component, rule: Rule, *, for_all: bool) -> Pay:
        pays = rule.pays
        match pays:
            case Percent(rate):
                whole = whole_of(component)
                return (rate.ppm, 0) if whole == ONE else (0, rate.ppm and OF_EACH)
            case FixedPerUnit(amount_minor):
                return 0, self._per_unit(amount_minor)
            case FixedPerOrder(amount_minor):
                return 0, self._per_order(amount_minor, for_all=for_all)
            case _:
                assert_never(pays)

    def _per_unit(self, amount_minor: int) -> int:
        """An amount per unit is bounded where there are so many units at most, and so much net at least."""
        if not amount_minor:
            return 0
        if self._situation is None:
            return BOUNDLESS
        net, units = self._situation.net.line.least, self._situation.units
        most = min(units.line.most, units.order.most)
        return share_up(amount_minor * most, net) if net and most < limits.UNITS_MAX else most and OF_EACH

    def _per_order(self, amount_minor: int, *, for_all: bool) -> int:
        """An amount per order is split by net, over all of the order only if no rule looks at the lines."""
        if not amount_minor:
            return 0
        if self._situation is None:
            return BOUNDLESS
        net = self._situation.net
        least = max(net.line.least, net.order.least) if for_all else net.line.least
        return share_up(amount_minor, least) if least else BOUNDLESS


class Kinds:
    """Tells situations of a plan apart by all that worths depend on: those of one kind pay the same."""

    def __init__(self, plan: Plan, earners: Sequence[Earner]) -> None:
        self._plan = plan
        rules = [rule for component in plan.components for rule in component.rules]
        matches = dict.fromkeys(rule.match for rule in rules if rule.match is not None)
        self._asked = [
            (match, earners if asks_tier(match) or asks_earned(match) else earners[:1]) for match in matches
        ]
        self._asks_first = any(isinstance(component, FirstOrder) for component in plan.components)
        self._has_fixed = any(not isinstance(rule.pays, Percent) for rule in rules)
        self.cost = 1 + sum(len(of) * sum(1 for _ in atoms_of(match)) for match, of in self._asked)
        """How many conditions are asked to find a kind."""

    def of(self, situation: Situation) -> tuple[object, ...]:
        """Return the kind of a situation."""
        sale = usual(situation, self._plan)
        case, line, past = Case(sale, situation.past), sale.lines[0], situation.past
        return (
            tuple(
                [
                    fits(match, case, line, who.tier, who.earned_minor)
                    for match, earners in self._asked
                    for who in earners
                ]
            ),
            (past.orders == 0, past.first_is_free) if self._asks_first else (),
            (situation.net, situation.units) if self._has_fixed else (),
            len(paths_to(sale.region)) if self._plan.asks_agents else 0,
        )


def is_of_order(match: Match | None) -> bool:
    """Say whether a condition holds for all lines of an order or for none."""
    return all(map(_is_of_order, atoms_of(match)))


def _is_of_order(atom: Atom) -> bool:
    match atom:
        case CategoryIs() | SkuIn() | BrandIn() | TagIn():
            return False
        case NetBetween(of) | UnitsBetween(of):
            return of is Of.ORDER
        case (
            ChannelIn()
            | RegionIs()
            | BuyerGroupIn()
            | TierIn()
            | PaidBetween()
            | OrderNumber()
            | MonthsSinceFirst()
            | SpentBefore()
            | EarnedBefore()
        ):
            return True
        case _:
            assert_never(atom)
