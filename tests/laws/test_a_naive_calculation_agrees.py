"""Whatever the plan, the sale and the upline: fractions and lists come to the same cent, and so does why."""

from random import Random

from hypothesis import given, settings
from tests.laws.test_a_scope_never_pays_more_than_its_budget import World, random_world

from distcore.commission import (
    NO_FORMULAS,
    Differential,
    FirstOrder,
    Formulas,
    Seat,
    Standing,
    Upline,
    calculate,
    explain,
    recomputed,
    sums_of,
    tell,
    tell_not,
)
from distcore.commission.words import Language
from distcore.kernel import ComponentId, MemberId
from distcore.testing.auditor_worth import Lefts, Order, worth
from distcore.testing.worlds import drawn

STATES = {Standing.ACTIVE: "active", Standing.SUSPENDED: "suspended", Standing.GONE: "terminated"}


def seen(seat: Seat) -> tuple[str, str, str]:
    return seat.member, seat.tier, STATES[seat.standing]


def naive(world: World, formulas: Formulas = NO_FORMULAS) -> dict[tuple[str, str, str, str, int], int]:
    plan, sale, left, lineage = world
    order = Order(
        sale,
        plan,
        None if lineage.own is None else seen(lineage.own),
        [seen(seat) for seat in lineage.sponsors],
        [seen(seat) for seat in lineage.promoted],
        lineage.past,
        [(level, seen(seat)) for level, seat in lineage.agents],
        formulas,
        None
        if lineage.granted is None
        else {(cap, who): most for (cap, who), most in lineage.granted.items()},
        {str(who): minor for who, minor in lineage.earned.items()},
        lineage.same_person,
        lineage.was_gone,
    )
    lefts: Lefts = {
        line.id: (part.units, part.net_minor) for line, part in zip(sale.lines, left, strict=True)
    }
    return {share: amount for share, amount in worth(order, lefts).items() if amount}


@settings(max_examples=5 * settings().max_examples)
@given(drawn(random_world))
def test_a_naive_calculation_agrees(world: World) -> None:
    assert sums_of(calculate(*world)) == naive(world)


@settings(max_examples=2 * settings().max_examples)
@given(drawn(random_world))
def test_every_amount_is_made_again_from_its_explanation(world: World) -> None:
    found = explain(*world)
    assert tuple(why.accrual for why in found.whys) == calculate(*world)
    for why in found.whys:
        assert recomputed(why) == why.accrual.amount_minor
        assert all(why.accrual.payee in tell(why, language) for language in Language)
    for why_not in found.why_nots:
        assert all(tell_not(why_not, world[0].currency, language) for language in Language)


@given(drawn(random_world))
def test_everybody_above_who_may_earn_is_paid_or_told_why_not(world: World) -> None:
    """Of each component and line with something left: whoever was met is named."""
    plan, _sale, left, lineage = world
    found = explain(*world)
    named: set[tuple[ComponentId | None, MemberId]] = {
        (why.accrual.component, why.accrual.payee) for why in found.whys
    }
    named |= {(each.component, each.member) for each in found.why_nots if each.member is not None}
    named |= {(each.component, member) for each in found.why_nots for member in each.above}
    for component in plan.components:
        for payee in {accrual.payee for accrual in calculate(*world) if accrual.component == component.id}:
            assert (component.id, payee) in named
        if isinstance(component, Upline | Differential | FirstOrder) and any(part.net_minor for part in left):
            above = {seat.member for seat in (*lineage.sponsors, *lineage.promoted)} - {lineage.buyer}
            assert {member for member in above if (component.id, member) not in named} == set()


def test_a_world_has_everything() -> None:
    """What is drawn pays by every kind of component, on every base and scope."""
    paid = set()
    for seed in range(2_000):
        world = random_world(Random(seed))
        kinds = {each.id: type(each).__name__ for each in world[0].components}
        bases = {each.id: type(each.base).__name__ for each in world[0].components}
        rules = {each.rule for each in calculate(*world)}
        for each in calculate(*world):
            paid |= {kinds[each.component], bases[each.component], world[0].rounding_scope.value}
        paid |= {rule for rule in rules if rule == "same tier"}
    assert paid == {
        *("Upline", "Differential", "SelfPurchase", "PromoterShare", "FirstOrder", "Region", "same tier"),
        *("Net", "ListPrice", "Margin", "LevelBelow", "Residual"),
        *("line", "unit", "order"),
    }
