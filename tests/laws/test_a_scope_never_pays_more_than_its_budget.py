"""M4: no scope pays more than its rounded budget, nobody twice, and no buyer unless the plan says so."""

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from random import Random
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from tests.laws.failing import assert_fails_somewhere
from tests.laws.selling import SEEDS, Paid, paid_by, sold

from distcore.commission import (
    Accrual,
    BudgetCut,
    Custom,
    Differential,
    Left,
    Lineage,
    Plan,
    Region,
    Sale,
    Scope,
    SelfPurchase,
    Upline,
    calculate,
)
from distcore.commission.calculate import budget_scopes
from distcore.memory import MemoryStore
from distcore.testing.auditor_rounding import rounded
from distcore.testing.builders import StoreOf
from distcore.testing.canaries import swapped
from distcore.testing.worlds import drawn, random_left, random_lineage, random_plan, random_sale

World = tuple[Plan, Sale, Sequence[Left], Lineage]


def random_world(random: Random) -> World:
    sale = random_sale(random)
    left = [random_left(random, line) for line in sale.lines]
    return random_plan(random), sale, left, random_lineage(random)


def paid_in(world: World) -> Paid:
    return *world[:3], calculate(*world)


def assert_within_budget(paid: Paid) -> None:
    plan, sale, left, accruals = paid
    nets = {line.id: part.net_minor for line, part in zip(sale.lines, left, strict=True)}
    sums: Counter[str] = Counter()
    for accrual in accruals:
        assert accrual.amount_minor > 0, "a sale takes from nobody, and a zero is no fact"
        sums["" if plan.rounding_scope is Scope.ORDER else accrual.line] += accrual.amount_minor
    for scope, net in ({"": sum(nets.values())} if plan.rounding_scope is Scope.ORDER else nets).items():
        assert net or not sums[scope]
        if plan.budget is not None:
            assert sums[scope] <= rounded(Fraction(net * plan.budget.ppm, 10**6), plan.rounding)


def assert_paid_once(paid: Paid) -> None:
    """Nobody is paid twice at a level; agents may share one, and for a formula so do buyer and promoter."""
    plan, *_, accruals = paid
    shared = {each.id for each in plan.components if isinstance(each, Region | Custom)}
    places = [(each.component, each.line, each.level) for each in accruals]
    payees = [
        place + (each.payee,) * (each.component in shared)
        for place, each in zip(places, accruals, strict=True)
    ]
    assert len(set(payees)) == len(accruals)


def assert_buyers_earn_where_said(paid: Paid) -> None:
    """A formula is asked about the buyer too, and says so itself."""
    plan, sale, _, accruals = paid
    asked = {component.id for component in plan.components if isinstance(component, Custom)}
    said = {
        component.id: 0 if isinstance(component, SelfPurchase) else 1
        for component in plan.components
        if isinstance(component, SelfPurchase)
        or (isinstance(component, Upline | Differential) and component.buyer_is_level_1)
    }
    for accrual in accruals:
        if accrual.payee == sale.buyer and accrual.component not in asked:
            assert accrual.level == said[accrual.component]


@settings(max_examples=3 * settings().max_examples)
@given(drawn(random_world))
def test_a_scope_never_pays_more_than_its_rounded_budget(world: World) -> None:
    assert_within_budget(paid_in(world))


@given(drawn(random_world))
def test_a_level_of_a_line_is_paid_once_in_a_component(world: World) -> None:
    assert_paid_once(paid_in(world))


@given(drawn(random_world))
def test_a_buyer_earns_only_where_the_plan_says_so_and_then_at_level_1(world: World) -> None:
    assert_buyers_earn_where_said(paid_in(world))


def assert_cut_as_said(world: World) -> None:
    """A budget takes what is too much: in proportion, or from nobody while anybody higher is paid."""
    plan, sale, left, lineage = world
    paid = {share_of(each): each.amount_minor for each in calculate(*world)}
    free = calculate(evolve(plan, budget=None), sale, left, lineage)
    assert set(paid) <= set(map(share_of, free))
    for budget, group in budget_scopes(plan, sale, left, free):
        granted = [paid.get(share_of(each), 0) for each in group]
        asked = [each.amount_minor for each in group]
        together = sum(asked)
        if budget is None or together <= budget:
            assert granted == asked
            continue
        assert sum(granted) == budget
        if plan.budget_cut is BudgetCut.IN_PROPORTION:
            exact = [Fraction(budget * each, together) for each in asked]
            assert all(abs(one - two) < 1 for one, two in zip(granted, exact, strict=True))
        else:
            highest = max((each.level for each, one in zip(group, granted, strict=True) if one), default=0)
            below = [place for place, each in enumerate(group) if each.level < highest]
            assert [granted[place] for place in below] == [asked[place] for place in below]
            assert all(one <= two for one, two in zip(granted, asked, strict=True))


def share_of(accrual: Accrual) -> Accrual:
    return evolve(accrual, amount_minor=0)


@given(drawn(random_world))
def test_a_budget_takes_what_is_too_much_as_the_plan_says(world: World) -> None:
    assert_cut_as_said(world)


@pytest.mark.parametrize("cut", BudgetCut)
def test_a_budget_that_is_cut_otherwise_is_noticed(cut: BudgetCut) -> None:
    def always(heights_of: Any, plan: Plan, *args: Any) -> Any:
        return heights_of(evolve(plan, budget_cut=cut), *args)

    with swapped("distcore.commission.calculate:heights_of", always):
        assert_fails_somewhere(lambda random: assert_cut_as_said(random_world(random)))


def assert_kept_by_a_shop(store_of: StoreOf, seed: int) -> int:
    """Look at all sales of a shop, also those that were corrected and pinned anew; return of how many."""
    with sold(store_of, seed).store.begin() as tx:
        sales = list(paid_by(tx))
    for paid in sales:
        assert_within_budget(paid)
        assert_paid_once(paid)
        assert_buyers_earn_where_said(paid)
    return sum(bool(accruals) for *_, accruals in sales)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_a_shop_has_posted_keeps_the_law(store_of: StoreOf, seed: int) -> None:
    assert_kept_by_a_shop(store_of, seed)


def test_shops_have_posted_something() -> None:
    assert sum(assert_kept_by_a_shop(cache(MemoryStore), seed) for seed in SEEDS) > 20


def test_this_law_can_fail() -> None:
    with swapped("distcore.commission.calculate:within_budget", lambda _, *args: list(args[-1])):
        assert_fails_somewhere(lambda random: assert_within_budget(paid_in(random_world(random))))
