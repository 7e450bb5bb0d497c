"""What a cart would pay before it is sold: each component and level, at least and at most, by which tier.

The rule this file protects: every amount is one that `calculate` gives to somebody in some upline.  Nothing
is estimated by a formula of its own; what can't be tried out whole is said to be no more than was found.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, combinations, islice, product
from typing import Final, TypeAlias, TypeGuard, assert_never

from attrs import evolve, frozen

from distcore.commission.calculate import Claims, earned_by
from distcore.commission.formula import NO_FORMULAS, Formulas
from distcore.commission.lineage import Lineage, Reason, Seat, Standing, Walk, walk
from distcore.commission.match import Case
from distcore.commission.plan import (
    Cap,
    Climbing,
    Component,
    Custom,
    Differential,
    FirstLevel,
    FirstOrder,
    LevelBelow,
    Per,
    Plan,
    PromoterShare,
    Region,
    Residual,
    Scope,
    SelfPurchase,
    Subtract,
    Unqualified,
    Upline,
)
from distcore.commission.sale import Sale, whole
from distcore.kernel import ComponentId, LineId, MemberId, limits, paths_to

LEVELS: Final = 3
"""Levels that are told of a component that pays every level, if nothing else is said."""

NO_TIER: Final = ""
"""The tier of somebody who has none."""

OTHER_TIER: Final = "*"
"""Stands for every tier that a plan does not name, where it makes a difference to have none."""


_AGENTS_APART: Final = 4
"""Levels of agents of which every set is tried, where one more shares what the others get."""


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
    """What a cart may pay; where it is not exact, a level may also earn less than the least, or more."""

    ranges: tuple[Range, ...]
    exact: bool


def estimate(plan: Plan, sale: Sale, *, levels: int = LEVELS, formulas: Formulas = NO_FORMULAS) -> Estimate:
    """Return what each component and level may earn of a sale: of a first order, with no cap used up.

    Tried out are uplines in which everybody is active, has one of the tiers that the plan names, or none, and
    had earned nothing before.
    Uplines are as long as the plan names levels, and `levels` long for components that pay every level; one
    that is too short to fill a level says nothing about it.  Where a budget or a cap is shared, or a
    difference is taken of all that is paid, shorter ones are tried too, without a promoter, and with a buyer
    who is nobody's downline.  Of each level of the sale's region there is one agent, or, where they are few,
    none.

    Components that do not depend on each other are tried out apart, and so is each level that depends on no
    other.  Else at most `ESTIMATE_CASES_MAX` uplines are tried, which is all of them for small plans: tiers
    to the power of levels.  Of more, those are tried in which all have one tier, one differs, or all from
    some level on do; then the estimate is not `exact`.  Neither is that of a plan with one of the shop's
    `formulas`: they may ask for tiers that the plan does not name.  Nor where a cap for each earner may bind
    what is paid on two ways, as a promoter and above the buyer, say: tried out is nobody who stands on both.
    """
    tiers = _tiers_of(plan)
    unbound = evolve(plan, budget=None, caps=())
    each_group = (evolve(unbound, components=group) for group in _groups(plan))
    apart = [_tried(group, sale, levels, tiers, formulas) for group in each_group]
    fit = _fit(plan, sale, apart)
    if not fit:
        apart = [_tried(plan, sale, levels, tiers, formulas)]
    ranges = chain.from_iterable(tried.ranges() for tried in apart)
    exact = fit or not any(_adds_up(cap, plan, sale, levels) for cap in plan.caps)
    return Estimate(tuple(ranges), exact and all(tried.exact for tried in apart))


def _adds_up(cap: Cap, plan: Plan, sale: Sale, levels: int) -> bool:
    """Say whether under a cap somebody may earn more than one seat does, who stands above and beside, say.

    The buyer earns nothing but an own purchase, or level 1, and stands nowhere else.
    """
    counted = tuple(each for each in plan.components if cap.is_for(each.id))
    shape = _shape_of(evolve(plan, components=counted), sale, levels)
    ways = bool(shape.above) + bool(shape.beside) + len(shape.agents)
    return cap.per is Per.EARNER and ways > 1


_Place: TypeAlias = tuple[ComponentId, int]


class _Tried:
    """What was found in the uplines that were tried: amounts by level, with the tiers that earned them."""

    def __init__(self, levels: int, formulas: Formulas, *, exact: bool) -> None:
        self.exact = exact
        self._formulas = formulas
        self._levels = levels
        self.most_by_line: dict[tuple[LineId, _Place], int] = {}
        self._found: dict[_Place, dict[int, set[str]]] = {}

    def add(self, plan: Plan, sale: Sale, lineage: Lineage) -> None:
        """Try one upline."""
        walks = [(component, walk(component, lineage)) for component in plan.components]
        claims: Claims = [(component, found.claims) for component, found in walks]
        amounts: dict[_Place, int] = {}
        lines: dict[tuple[LineId, _Place], int] = {}
        for each in earned_by(claims, plan, Case(sale, lineage.past, self._formulas), whole(sale), None):
            place = (each.component, each.level)
            amounts[place] = amounts.get(place, 0) + each.amount_minor
            lines[each.line, place] = lines.get((each.line, place), 0) + each.amount_minor
        for on, amount in lines.items():
            self.most_by_line[on] = max(self.most_by_line.get(on, 0), amount)
        for component, found in walks:
            for level, tier in _asked(component, found, self._levels):
                place = (component.id, level)
                tiers = self._found.setdefault(place, {}).setdefault(amounts.get(place, 0), set())
                tiers.update(() if tier is None else (tier,))

    def ranges(self) -> Iterator[Range]:
        """Yield the least and the most of each level."""
        for (component, level), amounts in self._found.items():
            least, most = min(amounts), max(amounts)
            yield Range(
                component, level, least, most, tuple(sorted(amounts[least])), tuple(sorted(amounts[most]))
            )


@frozen
class _Shape:
    """Who is there: the buyer as a member, so many seats above and from the promoter up, agents of levels."""

    own: bool
    above: int
    beside: int
    agents: tuple[int, ...] = ()

    @property
    def places(self) -> int:
        """How many tiers make an upline of it."""
        return self.own + self.above + self.beside + len(self.agents)


def _tried(plan: Plan, sale: Sale, levels: int, tiers: Sequence[str], formulas: Formulas) -> _Tried:
    """Try uplines for the components of a plan, all of them if there are few enough."""
    shape = _shape_of(plan, sale, levels)
    if len(plan.components) == 1 and plan.budget is None and not plan.caps:
        flat, shapes = _is_flat(plan.components[0]), [shape]
    else:
        highest = max((_climbs(each, levels) for each in plan.components if _is_climbing(each)), default=0)
        flat, shapes = False, list(_shorter(shape, highest))
    few = flat or _are_few(tiers, shapes)
    known = not any(isinstance(each, Custom) for each in plan.components)
    exact = few and known and (flat or len(shape.agents) <= _AGENTS_APART)
    tried = _Tried(levels, formulas, exact=exact)
    cases = (
        (each, case)
        for each in shapes
        for case in (
            _uniform(tiers, each.places)
            if flat
            else product(tiers, repeat=each.places)
            if few
            else _some(tiers, each.places)
        )
    )
    for each, case in islice(cases, limits.ESTIMATE_CASES_MAX):
        tried.add(plan, sale, _lineage(sale.buyer, each, case, own=shape.own))
    return tried


def _shape_of(plan: Plan, sale: Sale, levels: int) -> _Shape:
    """Return the longest upline that the components of a plan ask."""
    above = max((_seats_of(each, FirstLevel.SPONSOR, levels) for each in plan.components), default=0)
    beside = max((_seats_of(each, FirstLevel.PROMOTER, levels) for each in plan.components), default=0)
    agents = range(1, len(paths_to(sale.region)) + 1) if plan.asks_agents else ()
    return _Shape(any(map(_asks_buyer, plan.components)), above, beside, tuple(agents))


def _shorter(shape: _Shape, highest: int) -> Iterator[_Shape]:
    """Yield a shape and all shorter ones, each with all of its agents, with none, and with some if few."""
    few = len(shape.agents) <= _AGENTS_APART
    counts = range(len(shape.agents), -1, -1) if few else (len(shape.agents), 0)
    there = [agents for count in counts for agents in combinations(shape.agents, count)]
    for each, agents in product(_shorter_lines(shape, highest), there):
        yield evolve(each, agents=agents)


def _shorter_lines(shape: _Shape, highest: int) -> Iterator[_Shape]:
    """Yield a shape and all shorter ones: who is not there leaves more of what is shared.

    Without one of the two lines every component climbs the other, up to the `highest` level of all.  A buyer
    who is no member has nobody above.
    """
    for above, beside in product(range(shape.above, -1, -1), range(shape.beside, -1, -1)):
        yield _Shape(shape.own, above, beside)
    yield from (_Shape(shape.own, above, 0) for above in range(shape.above + 1, highest + 1))
    yield from (_Shape(shape.own, 0, beside) for beside in range(shape.beside + 1, highest + 1))
    if shape.own:
        yield from (_Shape(False, 0, beside) for beside in range(max(shape.beside, highest), -1, -1))


def _are_few(tiers: Sequence[str], shapes: Iterable[_Shape]) -> bool:
    """Say whether all uplines of some shapes can be tried."""
    count = 0
    for shape in shapes:
        count += len(tiers) ** min(shape.places, limits.ESTIMATE_CASES_MAX)
        if count > limits.ESTIMATE_CASES_MAX:
            return False
    return True


def _lineage(buyer: MemberId, shape: _Shape, case: Sequence[str], *, own: bool) -> Lineage:
    """Return a lineage with these tiers: the buyer's if it matters (`own`), above, the promoter's, agents."""
    seats = [
        Seat(MemberId(f"{buyer}/{place}"), tier, Standing.ACTIVE)
        for place, tier in enumerate(case[shape.own :])
    ]
    seat = Seat(buyer, case[0] if shape.own else NO_TIER, Standing.ACTIVE)
    end = shape.above + shape.beside
    return Lineage(
        buyer,
        None if own and not shape.own else seat,
        seats[: shape.above],
        seats[shape.above : end],
        agents=list(zip(shape.agents, seats[end:], strict=True)),
    )


def _asked(component: Component, found: Walk, levels: int) -> Iterator[tuple[int, str | None]]:
    """Yield each level about which an upline says something, with the tier of whoever holds it.

    What rolls up and finds nobody says nothing; above the end of a chain nobody is asked.
    """
    highest = _highest(component, levels)
    open_levels = {each.level for each in found.passed if each.reason is Reason.NOBODY_QUALIFIES_ABOVE}
    held = {claim.level: claim.seat.tier for claim in found.claims}
    held |= {each.level: each.seat.tier for each in found.passed if each.level and each.seat is not None}
    for level, tier in sorted(held.items()):
        if level <= highest and level not in open_levels:
            yield level, tier
    for each in found.passed:
        if each.reason is Reason.CHAIN_ENDED and each.level <= highest:
            yield each.level, None


def _uniform(tiers: Sequence[str], places: int) -> Iterator[tuple[str, ...]]:
    return ((tier,) * places for tier in tiers)


def _some(tiers: Sequence[str], places: int) -> Iterator[tuple[str, ...]]:
    """Yield uplines of one tier, then those in which one place differs, or all from some place on."""
    yield from _uniform(tiers, places)
    for place in range(places):
        for tier, other in product(tiers, tiers):
            if tier != other:
                yield (*(tier,) * place, other, *(tier,) * (places - place - 1))
                yield (*(tier,) * place, *(other,) * (places - place))


def _groups(plan: Plan) -> Iterator[tuple[Component, ...]]:
    """Yield the components that depend on each other, caps and budget aside.

    What subtracts all that is paid depends on every component before it.
    """
    last = max((place for place, each in enumerate(plan.components, 1) if _subtracts_all(each)), default=0)
    if last:
        yield plan.components[:last]
    for component in plan.components[last:]:
        yield (component,)


def _subtracts_all(component: Component) -> bool:
    return isinstance(component, Differential) and component.subtract is Subtract.ALL_PAID


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


def _asks_buyer(component: Component) -> bool:
    match component:
        case SelfPurchase() | Custom():
            return True
        case PromoterShare() | FirstOrder() | Region():
            return False
        case Upline() | Differential():
            return component.buyer_is_level_1
        case _:
            assert_never(component)


def _seats_of(component: Component, line: FirstLevel, levels: int) -> int:
    """Return how many seats of a line a component asks, at most."""
    match component:
        case SelfPurchase() | Region():
            return 0
        case PromoterShare():
            return line is FirstLevel.PROMOTER
        case Custom(levels=above):
            return 1 if line is FirstLevel.PROMOTER else above
        case Upline() | Differential() | FirstOrder():
            return _climbs(component, levels) if component.level_1 is line else 0
        case _:
            assert_never(component)


def _is_climbing(component: Component) -> TypeGuard[Climbing]:
    return isinstance(component, Upline | Differential | FirstOrder)


def _climbs(component: Climbing, levels: int) -> int:
    """Return the levels of a component, and one more where the last of them may roll up."""
    rolls_up = component.unqualified is Unqualified.ROLLS_UP and bool(component.qualified_tiers)
    return _highest(component, levels) + rolls_up


def _highest(component: Component, levels: int) -> int:
    """Return the last level that is told of a component."""
    match component:
        case SelfPurchase() | PromoterShare():
            return 0
        case Region():
            return limits.LEVEL_MAX
        case Custom():
            return component.levels
        case Upline() | Differential() | FirstOrder():
            return levels if component.level_max is None else component.level_max
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
