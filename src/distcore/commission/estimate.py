"""What a cart would pay before it is sold: each component and level, at least and at most, by which tier.

The rule this file protects: every amount is one that `calculate` gives to somebody in some upline.  Nothing
is estimated by a formula of its own; what can't be tried out whole is said to be no more than was found.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Final, TypeAlias, assert_never

from attrs import evolve, frozen

from distcore.commission.asked import subtracts_all
from distcore.commission.calculate import Claims, earned_by
from distcore.commission.formula import NO_FORMULAS, Formulas
from distcore.commission.lineage import Lineage, Reason, Walk, walk
from distcore.commission.match import Case
from distcore.commission.plan import (
    Cap,
    Component,
    Custom,
    Differential,
    FirstOrder,
    FixedPerUnit,
    LevelBelow,
    Per,
    Percent,
    Plan,
    PromoterShare,
    Region,
    Residual,
    Scope,
    SelfPurchase,
    Unqualified,
    Upline,
)
from distcore.commission.sale import Sale, whole
from distcore.commission.uplines import (
    NO_TIER,
    Further,
    all_uplines,
    asked_of,
    highest_told,
    some_uplines,
    uniform_uplines,
)
from distcore.kernel import ComponentId, LineId, limits

LEVELS: Final = 3
"""Levels that are told of a component that pays every level, if nothing else is said."""

OTHER_TIER: Final = "*"
"""Stands for every tier that a plan does not name, where it makes a difference to have none."""


@frozen
class Range:
    """What a level of a component may earn, in minor units, and the tiers of those who earn just that.

    Level 0 is the buyer of an own purchase, or the promoter.  No tiers: nobody is asked, whatever the tier,
    where somebody below has ended the chain.
    """

    component: ComponentId
    level: int
    least_minor: int
    most_minor: int
    least_tiers: tuple[str, ...]
    most_tiers: tuple[str, ...]


@frozen
class Estimate:
    """What a cart may pay where everybody is active.

    Where it is not exact, a level may also earn less than the least, or more.
    """

    ranges: tuple[Range, ...]
    exact: bool


def estimate(plan: Plan, sale: Sale, *, levels: int = LEVELS, formulas: Formulas = NO_FORMULAS) -> Estimate:
    """Return what each component and level may earn of a sale: of a first order, with no cap used up.

    Tried out are uplines in which everybody is active, has one of the tiers that the plan names, or none, and
    had earned nothing before.
    Uplines are as long as the plan names levels, and `levels` long for components that pay every level; one
    that is too short to fill a level says nothing about it.  Where a budget or a cap is shared, or a
    difference is taken of all that is paid, shorter ones are tried too, without a promoter, and with a buyer
    who is nobody's downline; and longer ones, as far up as anybody shares in it: by a level that those below
    were passed over for, by what rolls up, or by being paid on every level.  Of each level of the sale's
    region there is one agent, or, where they are few, none.

    Components that do not depend on each other are tried out apart, and so is each level that depends on no
    other.  Else at most `ESTIMATE_CASES_MAX` uplines are tried, which is all of them for small plans: tiers
    to the power of levels.  Of more, those are tried in which all have one tier, one differs, or all from
    some level on do; then the estimate is not `exact`.  Neither is that of a plan with one of the shop's
    `formulas`: they may ask for tiers that the plan does not name.  Nor where something is shared with who is
    paid on every level, and rolls up.  Nor where a cap for each earner may bind what is paid on two ways, as
    a promoter and above the buyer, say: tried out is nobody who stands on both.
    """
    tiers = _tiers_of(plan)
    unbound = evolve(plan, budget=None, caps=())
    apart = [
        _tried(evolve(unbound, components=group), sale, levels, tiers, formulas, _further(plan, group))
        for group in _groups(plan)
    ]
    fit = _fit(plan, sale, apart)
    if not fit:
        every = Further(plan.components, plan.components)
        apart = [_tried(plan, sale, levels, tiers, formulas, every)]
    ranges = chain.from_iterable(tried.ranges() for tried in apart)
    exact = fit or not any(_adds_up(cap, plan, sale, levels) for cap in plan.caps)
    return Estimate(tuple(ranges), exact and all(tried.exact for tried in apart))


def _further(plan: Plan, group: tuple[Component, ...]) -> Further:
    """Return what makes a difference further up to components that depend on each other.

    What they pay together does if a budget or a cap may bind it; else nobody subtracts what the last pays.
    """
    is_bound = plan.budget is not None or bool(plan.caps)
    if len(group) > 1:
        return Further(group, group if is_bound else group[:-1])
    return Further(group, group) if is_bound and not _is_settled(plan, group[0]) else Further()


def _is_settled(plan: Plan, component: Component) -> bool:
    """Say whether a component never pays more together than on the levels that are told.

    A differential without bonuses adds up to what one seat is worth, line by line.
    """
    if not isinstance(component, Differential) or component.level_max is not None:
        return True
    if component.same_tier is not None or plan.rounding_scope is Scope.ORDER:
        return False
    return all(isinstance(rule.pays, Percent | FixedPerUnit) and not rule.levels for rule in component.rules)


def _adds_up(cap: Cap, plan: Plan, sale: Sale, levels: int) -> bool:
    """Say whether under a cap somebody may earn more than one seat does, who stands above and beside, say.

    The buyer earns nothing but an own purchase, or level 1, and stands nowhere else.
    """
    counted = tuple(each for each in plan.components if cap.is_for(each.id))
    asked = asked_of(evolve(plan, components=counted), sale, levels, (), Further(), is_shared=True)
    ways = bool(asked.above.seats) + bool(asked.beside.seats) + len(asked.agents)
    return cap.per is Per.EARNER and ways > 1


_Place: TypeAlias = tuple[ComponentId, int]


class _Tried:
    """What was found in the uplines that were tried: amounts by level, with the tiers that earned them."""

    def __init__(self, plan: Plan, sale: Sale, levels: int, formulas: Formulas, *, by_level: bool) -> None:
        self.exact = False
        self._plan, self._sale, self._levels, self._formulas = plan, sale, levels, formulas
        self._by_level = by_level
        self.most_by_line: dict[tuple[LineId, _Place], int] = {}
        self._found: dict[_Place, dict[int, set[str]]] = {}

    def add(self, lineage: Lineage) -> None:
        """Try one upline."""
        plan, sale = self._plan, self._sale
        walks = [(component, walk(component, lineage)) for component in plan.components]
        claims: Claims = [(component, found.claims) for component, found in walks]
        amounts: Counter[_Place] = Counter()
        lines: Counter[tuple[LineId, _Place]] = Counter()
        for each in earned_by(claims, plan, Case(sale, lineage.past, self._formulas), whole(sale), None):
            amounts[each.component, each.level] += each.amount_minor
            counted = each.level if self._by_level else 0
            lines[each.line, (each.component, counted)] += each.amount_minor
        for on, amount in lines.items():
            self.most_by_line[on] = max(self.most_by_line.get(on, 0), amount)
        for component, found in walks:
            for level, tier in _asked(component, found, self._levels):
                place = (component.id, level)
                tiers = self._found.setdefault(place, {}).setdefault(amounts[place], set())
                tiers.update(() if tier is None else (tier,))

    def ranges(self) -> Iterator[Range]:
        """Yield the least and the most of each level, component by component."""
        order = [each.id for each in self._plan.components]
        places = sorted(self._found, key=lambda place: (order.index(place[0]), place[1]))
        for component, level in places:
            amounts = self._found[component, level]
            least, most = min(amounts), max(amounts)
            yield Range(
                component, level, least, most, tuple(sorted(amounts[least])), tuple(sorted(amounts[most]))
            )


def _tried(
    plan: Plan, sale: Sale, levels: int, tiers: Sequence[str], formulas: Formulas, further: Further
) -> _Tried:
    """Try uplines for the components of a plan, all of them if there are few enough."""
    is_shared = len(plan.components) > 1 or plan.budget is not None or bool(plan.caps)
    is_flat = not is_shared and _is_flat(plan.components[0])
    tried = _Tried(plan, sale, levels, formulas, by_level=is_flat)
    asked = asked_of(plan, sale, levels, tiers, further, is_shared=is_shared)
    every = uniform_uplines(asked, tiers, sale.buyer) if is_flat else all_uplines(asked, tiers, sale.buyer)
    some = some_uplines(asked, tiers, sale.buyer) if every is None else every
    for each in islice(some, limits.ESTIMATE_CASES_MAX):
        tried.add(each)
    known = further.is_bounded and not any(isinstance(each, Custom) for each in plan.components)
    tried.exact = every is not None and known and (asked.are_agents_few or not is_shared)
    return tried


def _asked(component: Component, found: Walk, levels: int) -> Iterator[tuple[int, str | None]]:
    """Yield each level about which an upline says something, with the tier of whoever holds it.

    What rolls up and finds nobody says nothing; above the end of a chain nobody is asked.
    """
    highest = highest_told(component, levels)
    open_levels = {each.level for each in found.passed if each.reason is Reason.NOBODY_QUALIFIES_ABOVE}
    held = {claim.level: claim.seat.tier for claim in found.claims}
    held |= {each.level: each.seat.tier for each in found.passed if each.level and each.seat is not None}
    for level, tier in sorted(held.items()):
        if level <= highest and level not in open_levels:
            yield level, tier
    for each in found.passed:
        if each.reason is Reason.CHAIN_ENDED and each.level <= highest:
            yield each.level, None


def _groups(plan: Plan) -> Iterator[tuple[Component, ...]]:
    """Yield the components that depend on each other, caps and budget aside.

    What subtracts all that is paid depends on every component before it.
    """
    last = max((place for place, each in enumerate(plan.components, 1) if subtracts_all(each)), default=0)
    if last:
        yield plan.components[:last]
    for component in plan.components[last:]:
        yield (component,)


def _is_flat(component: Component) -> bool:
    """Say whether what a level earns depends on nobody but its holder."""
    match component:
        case SelfPurchase() | PromoterShare():
            return True
        case Differential() | Custom():
            return False
        case Upline():
            shifts = component.unqualified in {Unqualified.ROLLS_UP, Unqualified.ENDS_CHAIN}
            looks_back = isinstance(component.base, LevelBelow | Residual)
            return not looks_back and not (component.qualified_tiers and shifts)
        case FirstOrder() | Region():
            return True
        case _:
            assert_never(component)


def _fit(plan: Plan, sale: Sale, apart: Sequence[_Tried]) -> bool:
    """Say whether the most of every level together are within caps and budget: then they change nothing."""
    found = [each for tried in apart for each in tried.most_by_line.items()]
    if not plan.caps and plan.budget is None:
        return True
    fits = all(
        sum(amount for (_, (component, _)), amount in found if cap.is_for(component)) <= cap.amount_minor
        for cap in plan.caps
    )
    most: dict[LineId, int] = {}
    for (line, _), amount in found:
        most[line] = most.get(line, 0) + amount
    return fits and _fits_budget(plan, sale, most) and all(tried.exact for tried in apart)


def _fits_budget(plan: Plan, sale: Sale, most: Mapping[LineId, int]) -> bool:
    budget, rounding = plan.budget, plan.rounding
    if budget is None:
        return True
    if plan.rounding_scope is Scope.ORDER:
        return sum(most.values()) <= budget.of(sale.net_minor, rounding)
    return all(most.get(line.id, 0) <= budget.of(line.net_minor, rounding) for line in sale.lines)


def _tiers_of(plan: Plan) -> tuple[str, ...]:
    """Return the tiers that a plan names, and that of those who have none.

    A tier that is not named is like none, unless the plan names none, or pays those of the same tier.
    """
    named = set(plan.tiers)
    pays_the_same = any(isinstance(each, Differential) and each.same_tier for each in plan.components)
    if pays_the_same or NO_TIER in named:
        other = OTHER_TIER
        while other in named:
            other += OTHER_TIER
        named.add(other)
    return tuple(sorted(named | {NO_TIER}))
