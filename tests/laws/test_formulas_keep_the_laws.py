"""Whatever a formula of the shop pays: budgets, the line law, a naive calculation and explanations hold.

Among other components, some of which subtract what it pays, and over sales of which something went back.
"""

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from random import Random

from attrs import evolve
from hypothesis import given, settings
from tests.laws.failing import assert_fails_somewhere
from tests.laws.test_a_naive_calculation_agrees import naive

from distcore.commission import (
    Left,
    Lineage,
    Plan,
    Sale,
    Scope,
    calculate,
    correct,
    explain,
    recomputed,
    sums_of,
    tell,
    tell_not,
    whole,
)
from distcore.commission.sale import NOTHING_LEFT
from distcore.commission.words import Language
from distcore.testing.auditor_rounding import rounded
from distcore.testing.canaries import swapped
from distcore.testing.worlds import (
    FORMULAS,
    drawn,
    random_custom,
    random_left,
    random_lineage,
    random_plan,
    random_sale,
)

World = tuple[Plan, Sale, Sequence[Left], Lineage]


def random_world(random: Random) -> World:
    plan, sale = random_plan(random), random_sale(random)
    components = list(plan.components)
    components.insert(random.randint(0, len(components)), random_custom(random, "by formula"))
    plan = evolve(plan, components=tuple(components))
    return plan, sale, [random_left(random, line) for line in sale.lines], random_lineage(random)


def assert_the_naive_agrees(world: World) -> None:
    assert sums_of(calculate(*world, FORMULAS)) == naive(world, FORMULAS)


@settings(max_examples=3 * settings().max_examples)
@given(drawn(random_world))
def test_a_naive_calculation_agrees(world: World) -> None:
    assert_the_naive_agrees(world)


def test_this_law_can_fail() -> None:
    """A formula that is asked about what was sold, and not about what is left, is found."""

    def sold(real: object, component: object, sale: Sale, left: object, *more: object) -> object:
        return real(component, sale, whole(sale), *more)  # type: ignore[operator]

    with swapped("distcore.commission.calculate:case_of", sold):
        assert_fails_somewhere(lambda random: assert_the_naive_agrees(random_world(random)))


@given(drawn(random_world))
def test_no_scope_pays_more_than_its_budget(world: World) -> None:
    plan, sale, left, _ = world
    paid: Counter[str] = Counter()
    for each in calculate(*world, FORMULAS):
        assert each.amount_minor > 0
        paid["" if plan.rounding_scope is Scope.ORDER else each.line] += each.amount_minor
    nets = {line.id: part.net_minor for line, part in zip(sale.lines, left, strict=True)}
    for scope, net in ({"": sum(nets.values())} if plan.rounding_scope is Scope.ORDER else nets).items():
        assert net or not paid[scope]
        if plan.budget is not None:
            assert paid[scope] <= rounded(Fraction(net * plan.budget.ppm, 10**6), plan.rounding)


@given(drawn(random_world))
def test_facts_add_up_to_the_value_of_what_is_left(world: World) -> None:
    """Also if everything goes back, in two steps."""
    plan, sale, left, lineage = world
    posted = list(calculate(plan, sale, whole(sale), lineage, FORMULAS))
    for rest in (left, [NOTHING_LEFT] * len(sale.lines)):
        now = calculate(plan, sale, rest, lineage, FORMULAS)
        posted.extend(correct(now, sums_of(posted)))
        assert {share: amount for share, amount in sums_of(posted).items() if amount} == sums_of(now)
    assert not any(sums_of(posted).values())


@settings(max_examples=2 * settings().max_examples)
@given(drawn(random_world))
def test_every_amount_is_made_again_from_its_explanation(world: World) -> None:
    found = explain(*world, FORMULAS)
    assert tuple(why.accrual for why in found.whys) == calculate(*world, FORMULAS)
    for why in found.whys:
        assert recomputed(why, FORMULAS) == why.accrual.amount_minor
        assert all(why.accrual.payee in tell(why, language) for language in Language)
    for why_not in found.why_nots:
        assert all(tell_not(why_not, world[0].currency, language) for language in Language)
