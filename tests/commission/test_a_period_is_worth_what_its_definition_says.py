"""Every component of a period pays what a second, naive calculation does, and keeps its laws."""

from attrs import evolve
from hypothesis import given, settings

from distcore.commission import (
    Bracket,
    Ladder,
    Matching,
    PeriodFacts,
    PeriodReason,
    PeriodValue,
    Pool,
    Standing,
    Unclaimed,
    remade,
    values_of,
)
from distcore.commission.period_worst import period_bounds
from distcore.kernel import ComponentId, Downlines, MemberId, Rate, Rounding
from distcore.testing.period_strategies import PeriodWorld, period_worlds
from distcore.testing.periods import NaivePeriod


def valued(world: PeriodWorld) -> list[PeriodValue]:
    return values_of(world.components, world.facts, world.rounding)


@given(period_worlds())
@settings(max_examples=2 * settings().max_examples)
def test_a_naive_calculation_agrees(world: PeriodWorld) -> None:
    naive = NaivePeriod(world.facts, world.rounding).pay(world.components)
    assert naive == {each.component.id: list(each.amounts) for each in valued(world)}


@given(period_worlds())
def test_an_amount_is_made_again_from_its_basis(world: PeriodWorld) -> None:
    for value in valued(world):
        for place, amount in enumerate(value.amounts):
            share = value.share(place)
            assert remade(share, world.rounding) == share.amount_minor == amount
            assert (value.why_not(place, world.rounding) is None) == bool(amount)


@given(period_worlds())
def test_no_more_is_paid_than_the_budget(world: PeriodWorld) -> None:
    for value in valued(world):
        component, total = value.component, value.total
        budget = component.share if isinstance(component, Pool) else component.budget
        assert total.paid_minor == sum(value.amounts)
        if budget is not None:
            assert total.paid_minor <= budget.of(world.facts.net_minor, world.rounding)


@given(period_worlds())
def test_a_pool_is_paid_or_breakage_to_the_last_unit(world: PeriodWorld) -> None:
    for value in valued(world):
        pool = value.component
        if isinstance(pool, Pool):
            pool_minor = pool.share.of(world.facts.net_minor, world.rounding)
            assert value.total.paid_minor + value.total.breakage_minor == pool_minor
            if pool.unqualified is Unclaimed.SHARED and any(value.amounts):
                assert not value.total.breakage_minor


@given(period_worlds())
def test_nobody_is_paid_who_does_not_qualify(world: PeriodWorld) -> None:
    for value in valued(world):
        for place, amount in enumerate(value.amounts):
            assert amount >= 0
            if world.facts.standings[place] is not Standing.ACTIVE:
                assert not amount


@given(period_worlds())
def test_a_ladder_that_subtracts_legs_pays_a_sale_once(world: PeriodWorld) -> None:
    """All of it together is no more than its highest rate of what was sold, each rounding aside."""
    for value in valued(world):
        ladder = value.component
        if isinstance(ladder, Ladder) and ladder.subtract_legs:
            top = max(each.rate.ppm for each in ladder.brackets)
            own = sum(world.facts.own)
            assert value.total.asked_minor * 1_000_000 <= top * own + 1_000_000 * len(world.facts.members)


@given(period_worlds())
def test_no_component_pays_more_than_its_worst_case(world: PeriodWorld) -> None:
    """The rounding of each member's amounts aside."""
    facts, net = world.facts, world.facts.net_minor

    def share_of(some: frozenset[ComponentId]) -> int | None:
        earned = sum(sum(facts.earned[each]) for each in some)
        return -(-earned * 1_000_000 // net) if net else None

    bounds = period_bounds(world.components, facts.earned.keys(), share_of)
    slack = 10 * len(facts.members)
    for value, bound in zip(valued(world), bounds, strict=True):
        assert (bound.ppm is None) == (bound.why is not None)
        if bound.ppm is not None:
            assert value.total.paid_minor * 1_000_000 <= bound.ppm * net + slack * 1_000_000


@given(period_worlds())
def test_nothing_is_left_of_a_period_that_was_refunded_whole(world: PeriodWorld) -> None:
    nothing = [0] * len(world.facts.members)
    facts = evolve(
        world.facts, own=nothing, net_minor=0, earned=dict.fromkeys(world.facts.earned, nothing), sold=[]
    )
    for value in valued(evolve(world, facts=facts)):
        assert not any(value.amounts)


def test_what_comes_before_is_matched_as_it_is_paid() -> None:
    """A budget that shrinks a ladder shrinks what is matched of it."""
    ladder = Ladder(ComponentId("ladder"), (Bracket(0, Rate.parse("10%")),), budget=Rate.parse("5%"))
    matching = Matching(ComponentId("matching"), (ladder.id,), (Rate.parse("50%"),))
    members, everybody = [MemberId("ann"), MemberId("ben")], [Standing.ACTIVE] * 2
    facts = PeriodFacts(members, Downlines.of([-1, 0]), ["", ""], everybody, [0, 1000], 1000)
    paid = values_of([ladder, matching], facts, Rounding.HALF_UP)
    assert [list(each.amounts) for each in paid] == [[0, 50], [25, 0]]
    assert paid[0].why_not(0, Rounding.HALF_UP) is PeriodReason.NO_VOLUME
