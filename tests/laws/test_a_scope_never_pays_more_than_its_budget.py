"""M4: no scope pays more than its rounded budget, nobody twice, and no buyer unless the plan says so."""

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from random import Random

from attrs import evolve
from hypothesis import given, settings
from tests.laws.failing import assert_fails_somewhere

from distcore.commission import (
    Differential,
    Left,
    Lineage,
    Plan,
    Sale,
    Scope,
    SelfPurchase,
    Upline,
    calculate,
)
from distcore.testing.auditor_rounding import rounded
from distcore.testing.canaries import swapped
from distcore.testing.worlds import drawn, random_left, random_lineage, random_plan, random_sale

World = tuple[Plan, Sale, Sequence[Left], Lineage]


def random_world(random: Random) -> World:
    sale = random_sale(random)
    left = [random_left(random, line) for line in sale.lines]
    return random_plan(random), sale, left, random_lineage(random)


def assert_within_budget(world: World) -> None:
    plan, sale, left, lineage = world
    nets = {line.id: part.net_minor for line, part in zip(sale.lines, left, strict=True)}
    paid: Counter[str] = Counter()
    for accrual in calculate(plan, sale, left, lineage):
        assert accrual.amount_minor > 0, "a sale takes from nobody, and a zero is no fact"
        paid["" if plan.rounding_scope is Scope.ORDER else accrual.line] += accrual.amount_minor
    for scope, net in ({"": sum(nets.values())} if plan.rounding_scope is Scope.ORDER else nets).items():
        if plan.budget is not None:
            assert paid[scope] <= rounded(Fraction(net * plan.budget.ppm, 10**6), plan.rounding)


@settings(max_examples=3 * settings().max_examples)
@given(drawn(random_world))
def test_a_scope_never_pays_more_than_its_rounded_budget(world: World) -> None:
    assert_within_budget(world)


def test_this_law_can_fail() -> None:
    with swapped("distcore.commission.calculate:within_budget", lambda _, *args: list(args[-1])):
        assert_fails_somewhere(lambda random: assert_within_budget(random_world(random)))


@given(drawn(random_world))
def test_a_budget_only_ever_takes_and_takes_from_all_in_proportion(world: World) -> None:
    plan, sale, left, lineage = world
    free = {each: each.amount_minor for each in calculate(evolve(plan, budget=None), sale, left, lineage)}
    asked = {evolve(each, amount_minor=0): amount for each, amount in free.items()}
    for each in calculate(plan, sale, left, lineage):
        assert each.amount_minor <= asked[evolve(each, amount_minor=0)]


@given(drawn(random_world))
def test_a_level_of_a_line_is_paid_once_in_a_component(world: World) -> None:
    accruals = calculate(*world)
    assert len({(each.component, each.line, each.level) for each in accruals}) == len(accruals)


@given(drawn(random_world))
def test_a_buyer_earns_only_where_the_plan_says_so_and_then_at_level_1(world: World) -> None:
    plan, sale, _, _ = world
    said = {
        component.id: 0 if isinstance(component, SelfPurchase) else 1
        for component in plan.components
        if isinstance(component, SelfPurchase)
        or (isinstance(component, Upline | Differential) and component.buyer_is_level_1)
    }
    for accrual in calculate(*world):
        assert accrual.payee != sale.buyer or accrual.level == said[accrual.component]
