"""The uplines that an estimate tries out: how many stand where, and of which tiers.

The rule this file protects: where it makes a difference who stands further up than is told, lines are as long
as that, and what is called all of them leaves out only uplines that pay the same as another one.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, combinations, islice, product, zip_longest
from typing import Final, TypeAlias, TypeGuard, assert_never

from attrs import field, frozen

from distcore.commission.lineage import Lineage, Seat, Standing, asks_buyer, is_qualified
from distcore.commission.plan import (
    Climbing,
    Component,
    Custom,
    Differential,
    FirstLevel,
    FirstOrder,
    Plan,
    PromoterShare,
    Region,
    SelfPurchase,
    Unqualified,
    Upline,
)
from distcore.commission.sale import Sale
from distcore.kernel import MemberId, limits, paths_to

NO_TIER: Final = ""
"""The tier of somebody who has none."""

_AGENTS_APART: Final = 4
"""Levels of agents of which every set is tried, where one more shares what the others get."""

_Line: TypeAlias = tuple[str, ...]
"""The tiers of a line, the lowest seat first."""

_Agents: TypeAlias = tuple[tuple[int, str], ...]
"""The tiers of agents, each with the level."""


@frozen
class Further:
    """What makes a difference above the levels that are told.

    Of these `components` it does who has a level that is told, for it may stand higher; of those that are
    `paid` also who else is paid.
    """

    components: tuple[Component, ...] = ()
    paid: tuple[Component, ...] = ()

    @property
    def is_bounded(self) -> bool:
        """Whether it ends: what is paid on every level, and rolls up, may be paid to anybody above."""
        return not any(is_climbing(each) and _is_endless(each) and _rolls_up(each) for each in self.paid)


@frozen
class Reach:
    """How far up a line somebody makes a difference: `seats` of any tier, and above them some of some tiers.

    Of a tier those are who is among the first so many of it `in_all`, and so many `besides`.
    """

    seats: int
    in_all: Counter[str] = field(factory=Counter)
    besides: Counter[str] = field(factory=Counter)

    @property
    def longest(self) -> int:
        """The most seats that make a difference in a line of two tiers."""
        return self.seats + sum(count for _, count in (self.in_all + self.besides).most_common(2))

    def goes_on(self, line: _Line, tier: str) -> bool:
        """Say whether one more seat, of a tier, may make a difference on top of a line."""
        if len(line) < self.seats:
            return True
        low, high = line[: self.seats].count(tier), line[self.seats :].count(tier)
        return high < max(0, self.in_all[tier] - low) + self.besides[tier]


@frozen
class Asked:
    """Whom the components of a plan ask about a sale: its buyer, if `own`, two lines, and agents of levels.

    Without one of the two lines every component climbs the other, as far as `alone`.  Where something
    `is_shared`, it makes a difference who is not there.
    """

    own: bool
    above: Reach
    beside: Reach
    alone: Reach
    agents: tuple[int, ...]
    is_shared: bool

    @property
    def are_agents_few(self) -> bool:
        """Whether agents are tried with and without each other."""
        return len(self.agents) <= _AGENTS_APART

    @property
    def sets_of_agents(self) -> list[tuple[int, ...]]:
        """The levels on which agents are there: where they share something all sets, if they are few."""
        if not self.is_shared:
            return [self.agents]
        counts = range(len(self.agents), -1, -1) if self.are_agents_few else (len(self.agents), 0)
        return [levels for count in counts for levels in combinations(self.agents, count)]


def asked_of(
    plan: Plan, sale: Sale, levels: int, tiers: Sequence[str], further: Further, *, is_shared: bool
) -> Asked:
    """Return whom a plan asks; of components that pay every level so many are told."""
    lines = [
        [(each, _seats_of(each, line, levels, further)) for each in plan.components] for line in FirstLevel
    ]
    either = [max(pair, key=lambda of: of[1]) for pair in zip(*lines, strict=True)]
    above, beside, alone = (_reach(climbed, levels, tiers, further) for climbed in (*lines, either))
    return Asked(
        any(map(asks_buyer, plan.components)),
        above,
        beside,
        alone,
        tuple(range(1, len(paths_to(sale.region)) + 1)) if plan.asks_agents else (),
        is_shared,
    )


def all_uplines(asked: Asked, tiers: Sequence[str], buyer: MemberId) -> list[Lineage] | None:
    """Return every upline that makes a difference, None if there are too many to try.

    Where nothing is shared, one that is too short to fill a level says nothing about it, and is left out.
    """
    most = limits.ESTIMATE_CASES_MAX
    above = _lines(tiers, asked.above, 1 if asked.is_shared else asked.above.seats)
    beside = _lines(tiers, asked.beside, 1 if asked.is_shared else asked.beside.seats)
    alone = _lines(tiers, asked.alone, 0) if asked.is_shared else []
    agents = list(islice(_agents(asked, tiers), most + 1))
    if above is None or beside is None or alone is None or len(agents) > most:
        return None
    own: Sequence[str | None] = tiers if asked.own else (NO_TIER,)
    found: Iterator[tuple[str | None, _Line, _Line, _Agents]] = product(own, above, beside, agents)
    if asked.is_shared:
        promoted = alone[1:] if asked.beside.seats else ()
        found = chain(
            found,
            product(own, alone, ((),), agents),
            product(own, ((),), promoted, agents),
            product((None,), ((),), alone if asked.own else (), agents),
        )
    cases = list(islice(found, most + 1))
    return None if len(cases) > most else [_lineage(buyer, *each) for each in cases]


def some_uplines(asked: Asked, tiers: Sequence[str], buyer: MemberId) -> Iterator[Lineage]:
    """Yield uplines in which all have one tier, one differs, or all from some level on do; of each shape."""
    shapes = list(islice(_shapes(asked), limits.ESTIMATE_CASES_MAX))
    turns = zip_longest(*(_some(tiers, _places(*shape)) for shape in shapes))
    for cases in turns:
        for shape, case in zip(shapes, cases, strict=True):
            if case is not None:
                yield _cut(buyer, shape, case)


def uniform_uplines(asked: Asked, tiers: Sequence[str], buyer: MemberId) -> Iterator[Lineage]:
    """Yield the longest uplines that are told in which all have one tier."""
    shape = (asked.own, asked.above.seats, asked.beside.seats, asked.agents)
    for case in _uniform(tiers, _places(*shape)):
        yield _cut(buyer, shape, case)


def _lines(tiers: Sequence[str], reach: Reach, shortest: int) -> list[_Line] | None:
    """Return all lines that make a difference, the shortest first; None if there are too many."""
    most = limits.ESTIMATE_CASES_MAX
    found: list[_Line] = []
    last: list[_Line] = [()]
    while last:
        if len(last) > most or len(found) > most:
            return None
        if len(last[0]) >= shortest:
            found.extend(last)
        longer = ((*line, tier) for line in last for tier in tiers if reach.goes_on(line, tier))
        last = list(islice(longer, most + 1))
    return found


def _agents(asked: Asked, tiers: Sequence[str]) -> Iterator[_Agents]:
    for levels in asked.sets_of_agents:
        for of in product(tiers, repeat=len(levels)):
            yield tuple(zip(levels, of, strict=True))


_Shape: TypeAlias = tuple[bool | None, int, int, tuple[int, ...]]
"""The buyer, if it matters of which tier, None if no member; seats above and beside, and levels of agents."""


def _shapes(asked: Asked) -> Iterator[_Shape]:
    """Yield how many may be there, the most first: who is not there leaves more of what is shared."""
    above, beside, alone = asked.above, asked.beside, asked.alone
    if not asked.is_shared:
        yield (asked.own, above.seats, beside.seats, asked.agents)
        return
    both = product(range(above.longest, 0, -1), range(beside.longest, 0, -1))
    one = range(alone.longest, -1, -1)
    members = chain(both, product(one, (0,)), product((0,), one[:-1] if beside.seats else ()))
    nobody = product((0,), one if asked.own else ())
    for own, line in chain(product((asked.own,), members), product((None,), nobody)):
        for agents in asked.sets_of_agents:
            yield (own, *line, agents)


def _places(own: bool | None, above: int, beside: int, agents: Sequence[int]) -> int:
    """Return how many tiers make an upline of a shape."""
    return int(bool(own)) + above + beside + len(agents)


def _cut(buyer: MemberId, shape: _Shape, tiers: _Line) -> Lineage:
    """Return an upline of a shape with these tiers: the buyer's, above, the promoter's, those of agents."""
    own, above, beside, agents = shape
    start = int(bool(own))
    end = start + above + beside
    return _lineage(
        buyer,
        None if own is None else tiers[0] if own else NO_TIER,
        tiers[start : start + above],
        tiers[start + above : end],
        tuple(zip(agents, tiers[end:], strict=True)),
    )


def _lineage(buyer: MemberId, own: str | None, above: _Line, beside: _Line, agents: _Agents) -> Lineage:
    tiers = (*above, *beside, *(tier for _, tier in agents))
    seats = [Seat(MemberId(f"{buyer}/{place}"), tier, Standing.ACTIVE) for place, tier in enumerate(tiers)]
    end = len(above) + len(beside)
    levels = [level for level, _ in agents]
    return Lineage(
        buyer,
        None if own is None else Seat(buyer, own, Standing.ACTIVE),
        seats[: len(above)],
        seats[len(above) : end],
        agents=list(zip(levels, seats[end:], strict=True)),
    )


def _uniform(tiers: Sequence[str], places: int) -> Iterator[_Line]:
    return ((tier,) * places for tier in tiers)


def _some(tiers: Sequence[str], places: int) -> Iterator[_Line]:
    """Yield uplines of one tier, then those in which one place differs, or all from some place on."""
    yield from _uniform(tiers, places)
    for place in range(places):
        for tier, other in product(tiers, tiers):
            if tier != other:
                yield (*(tier,) * place, other, *(tier,) * (places - place - 1))
                yield (*(tier,) * place, *(other,) * (places - place))


def _reach(
    climbed: Iterable[tuple[Component, int]], levels: int, tiers: Sequence[str], further: Further
) -> Reach:
    """Return how far up a line makes a difference of which components ask so many seats, if any."""
    seats, in_all, besides = 0, Counter[str](), Counter[str]()
    for component, asked in climbed:
        seats = max(seats, asked)
        if not asked or component not in further.components or not is_climbing(component):
            continue
        is_paid = component in further.paid
        for tier in tiers:
            in_all[tier] = max(in_all[tier], _in_all(component, tier, levels, is_paid=is_paid))
            besides[tier] += _besides(component, tier, is_paid=is_paid)
    return Reach(seats, in_all, besides)


def _in_all(component: Climbing, tier: str, levels: int, *, is_paid: bool) -> int:
    """Return among how many of a tier, from the lowest seat up, are all who matter to a component.

    Who is passed over makes room for another one who holds a level.  Of a component that pays every level,
    seats of a tier are worth the same above the levels that rules name: there the first of them is paid, and
    as many more as there are bonuses.
    """
    if not is_qualified(component.qualified_tiers, tier):
        return 0
    told = _told(component, levels) if component.qualified_tiers and _skips(component) else 0
    if not is_paid or not _is_endless(component) or not _pays(component, tier):
        return told
    bonus = component.same_tier if isinstance(component, Differential) else None
    return max(told, _named(component)) + 1 + (0 if bonus is None else len(bonus.rates))


def _besides(component: Climbing, tier: str, *, is_paid: bool) -> int:
    """Return how many of a tier matter to a component above the seats, whoever of the tier stands below."""
    qualifies = is_qualified(component.qualified_tiers, tier)
    if _rolls_up(component):
        return int(qualifies)  # whoever is given what rolled up
    ends = component.unqualified is Unqualified.ENDS_CHAIN
    return int(ends and is_paid and _is_endless(component) and not qualifies)


def _pays(component: Climbing, tier: str) -> bool:
    return any(not rule.tiers or tier in rule.tiers for rule in component.rules)


def _skips(component: Climbing) -> bool:
    return component.unqualified is Unqualified.SKIPPED


def _rolls_up(component: Climbing) -> bool:
    """Say whether what a tier does not get that does not qualify rolls up."""
    return component.unqualified is Unqualified.ROLLS_UP and bool(component.qualified_tiers)


def _is_endless(component: Climbing) -> bool:
    return component.level_max is None


def _named(component: Component) -> int:
    """Return the highest level that a rule names, if any."""
    return max(chain.from_iterable(rule.levels for rule in component.rules), default=0)


def _told(component: Climbing, levels: int) -> int:
    """Return up to which level a component is looked at: all that rules name, and those that are told."""
    return max(levels, _named(component)) if component.level_max is None else component.level_max


def _seats_of(component: Component, line: FirstLevel, levels: int, further: Further) -> int:
    """Return how many seats of a line a component asks, whatever their tiers."""
    match component:
        case SelfPurchase() | Region():
            return 0
        case PromoterShare():
            return int(line is FirstLevel.PROMOTER)
        case Custom(levels=above):
            return 1 if line is FirstLevel.PROMOTER else above
        case Upline() | Differential() | FirstOrder():
            if component.level_1 is not line:
                return 0
            if component in further.components:
                return _told(component, levels)
            return highest_told(component, levels) + _rolls_up(component)
        case _:
            assert_never(component)


def is_climbing(component: Component) -> TypeGuard[Climbing]:
    """Say whether a component walks up a line."""
    return isinstance(component, Upline | Differential | FirstOrder)


def highest_told(component: Component, levels: int) -> int:
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
