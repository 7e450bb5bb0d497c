"""Period components, and the worlds they are asked about, as Hypothesis draws them: all of it is legal."""

from collections.abc import Sequence

from attrs import evolve, frozen
from hypothesis import strategies as st

from distcore.commission import (
    Bracket,
    ByPoints,
    ByTier,
    ByVolume,
    How,
    Ladder,
    Matching,
    PeriodComponent,
    PeriodFacts,
    Plan,
    Pool,
    PoolWeight,
    Standing,
    TierWeight,
    Unclaimed,
    Volume,
)
from distcore.kernel import POINT, PPM, ComponentId, Downlines, MemberId, Rate, Rounding, SplitMethod, limits
from distcore.testing.strategies import plans, rates, rhythms
from distcore.testing.tier_strategies import forests

TIERS = ("", "silver", "gold")
"""The tiers of worlds; an empty one is none."""

OF_LINES = (ComponentId("levels"), ComponentId("share"))
"""Components of lines that may be matched."""

_STARTS = (1, 2, 5, 100, 101, 500, 1_000)


@frozen
class PeriodWorld:
    """What components are asked about."""

    components: tuple[PeriodComponent, ...]
    facts: PeriodFacts
    rounding: Rounding


def _tiers() -> st.SearchStrategy[tuple[str, ...]]:
    return st.sampled_from([(), (), ("gold",), ("silver", "gold")])


def _leasts() -> st.SearchStrategy[int]:
    return st.sampled_from([0, 0, 1, 100])


def _budgets() -> st.SearchStrategy[Rate | None]:
    """Draw a budget, perhaps: one of nothing is refused beside any rate above zero."""
    return st.none() | rates().filter(lambda rate: rate.ppm > 0)


@st.composite
def ladders(draw: st.DrawFn, id: ComponentId) -> Ladder:
    """Draw a ladder; its rates may fall."""
    starts = [0, *sorted(draw(st.sets(st.sampled_from(_STARTS), max_size=4)))]
    volume, how = draw(st.sampled_from(Volume)), draw(st.sampled_from(How))
    if how is How.STEPWISE and volume is Volume.BALANCED:
        volume = Volume.TEAM
    is_team = volume is Volume.TEAM
    caps = st.none() | st.integers(10_000, PPM).map(Rate) | st.sampled_from([Rate(PPM // 2), Rate(600_000)])
    return Ladder(
        id,
        tuple(Bracket(start, draw(rates())) for start in starts),
        volume,
        how,
        draw(caps) if is_team and how is not How.STEPWISE else None,
        is_team and draw(st.booleans()),
        draw(_tiers()),
        draw(_leasts()),
        draw(_budgets()),
    )


@st.composite
def pools(draw: st.DrawFn, id: ComponentId, *, by_points: bool = True) -> Pool:
    """Draw a pool in which somebody could have a part, perhaps by points, which no plan in points has."""
    qualified = draw(_tiers())
    by_tier = st.builds(
        lambda silver, gold: ByTier((TierWeight("silver", silver), TierWeight("gold", gold))),
        st.integers(0, 30),
        st.integers(1, 30),
    )
    by_volume = st.builds(ByVolume, st.sampled_from(Volume))
    weights: st.SearchStrategy[PoolWeight] = by_volume | by_tier
    if by_points:
        weights |= st.just(ByPoints())
    return Pool(
        id,
        draw(rates()),
        draw(weights),
        qualified,
        draw(_leasts()),
        draw(st.sampled_from(Unclaimed)),
        draw(st.sampled_from(SplitMethod)),
    )


@st.composite
def matchings(draw: st.DrawFn, id: ComponentId, of: Sequence[ComponentId]) -> Matching:
    """Draw what matches some of the components before it."""
    return Matching(
        id,
        tuple(draw(st.lists(st.sampled_from(list(of)), min_size=1, max_size=3, unique=True))),
        tuple(draw(st.lists(rates(), min_size=1, max_size=4))),
        draw(_tiers()),
        draw(_leasts()),
        draw(st.booleans()),
        draw(_budgets()),
    )


@st.composite
def period_components(
    draw: st.DrawFn, of_lines: Sequence[ComponentId] = OF_LINES, *, by_points: bool = True
) -> tuple[PeriodComponent, ...]:
    """Draw a few components, each of which may match what stands before it."""
    found: list[PeriodComponent] = []
    before = list(of_lines)
    for number in range(draw(st.integers(1, 4))):
        id = ComponentId(f"period {number}")
        kind: st.SearchStrategy[PeriodComponent] = ladders(id) | pools(id, by_points=by_points)
        found.append(draw(kind | matchings(id, before) if before else kind))
        before.append(id)
    return tuple(found)


@st.composite
def period_plans(draw: st.DrawFn) -> Plan:
    """Draw a plan with components of lines and of periods, perhaps with a warning."""
    plan = draw(plans())
    of_lines = [each.id for each in plan.components]
    components = draw(period_components(of_lines, by_points=plan.currency != POINT))
    return evolve(plan, period_components=components, period_cadence=draw(rhythms()))


@st.composite
def period_worlds(draw: st.DrawFn, *, most: int = 8) -> PeriodWorld:
    """Draw components and a period that they are asked about."""
    sponsors = draw(forests(most=most))
    count = len(sponsors)
    sold = draw(st.lists(st.tuples(st.integers(0, max(count - 1, 0)), st.integers(0, 700)), max_size=12))
    sold = sold if count else []
    own = [0] * count
    for buyer, net in sold:
        own[buyer] += net

    def column(values: st.SearchStrategy[int]) -> list[int]:
        return draw(st.lists(values, min_size=count, max_size=count))

    facts = PeriodFacts(
        [MemberId(f"m{place}") for place in range(count)],
        Downlines.of(sponsors),
        [TIERS[each] for each in column(st.integers(0, 2))],
        [list(Standing)[each] for each in column(st.sampled_from([0, 0, 0, 1, 2]))],
        own,
        sum(own) + draw(st.sampled_from([0, 0, 999])),
        {each: column(st.integers(0, 300)) for each in OF_LINES},
        sold,
        column(st.integers(-3, 9) | st.sampled_from([-limits.TOTAL_MINOR_MAX, limits.TOTAL_MINOR_MAX])),
        {place: each for place, each in enumerate(column(st.sampled_from([0, 1, 2, 3, 3, 3]))) if each < 3},
    )
    return PeriodWorld(draw(period_components()), facts, draw(st.sampled_from(Rounding)))
