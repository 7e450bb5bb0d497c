"""Simulate, against what was posted: the plan that is in force makes no difference, in any world.

Whoever was moved, promoted, suspended or refunded since: a sale is calculated with what was frozen with it.
Another plan costs what a naive calculation says.
"""

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from random import Random
from typing import Any

import pytest
from attrs import evolve
from tests.laws.by_payment import orders_by_payment
from tests.laws.failing import assert_fails_somewhere

from distcore import engine
from distcore.commission import (
    AfterRefund,
    FirstOrder,
    FreezeFrom,
    Plan,
    PriceCorrection,
    PriceLine,
    plan_errors,
)
from distcore.engine import Aspect, Baseline, simulate
from distcore.kernel import ComponentId, DamagedError, MemberId, PlanId, PriceCorrectionId
from distcore.testing.auditor import remaining
from distcore.testing.auditor_worth import worth
from distcore.testing.builders import StoreOf
from distcore.testing.canaries import swapped
from distcore.testing.machine import EngineMachine
from distcore.testing.walks import walked
from distcore.testing.worlds import FORMULAS, GIFTS, MEMBERS, random_plan, random_rules

WORLDS = range(12)


class OnePlan(EngineMachine):
    """A shop that never changes its plan, and accrues no period: for those there is a law of their own."""

    verbs = tuple(
        verb for verb in EngineMachine.verbs if verb not in {"set_plan", "accrue_period", "repin_period"}
    )

    def _publish(self, plan: Plan) -> None:
        if plan.plan_version == 1:
            super()._publish(plan)


class FirstOrders(OnePlan):
    """A shop that pays for first orders, of two buyers, of which many go back and come back by a price."""

    verbs = (*OnePlan.verbs, *("accrue", "refund", "correct_price") * 5)

    def _plan(self, random: Random) -> Plan:
        plan = random_plan(random, formulas=True)
        rules, answer = random_rules(random, ()), random.choice(tuple(AfterRefund))
        first = FirstOrder(ComponentId("first"), rules, answer, gift=random.choice(GIFTS))
        freeze = evolve(plan.freeze, counts_from=FreezeFrom.COMPLETED)
        found = evolve(plan, components=(first, *plan.components), freeze=freeze)
        return self._plan(random) if any(plan_errors(found)) else found

    def _buyer(self, random: Random) -> MemberId:
        return MemberId(random.choice(MEMBERS[3:5]))

    def correct_price(self, random: Random) -> None:
        """Sell everything for nothing, for what it was sold for, or for more."""
        book = self.auditor.books.get(self._sale(random))
        if book is not None:
            id, of = PriceCorrectionId(f"p{next(self.prices)}"), random.choice((0, 0, 1, 2))
            lines = tuple(PriceLine(line.id, of * line.net_minor) for line in book.sale.lines)
            price = PriceCorrection(id, book.sale.id, lines, self._since(random, book.sale.id))
            self._correct(engine.correct_price, price)


KINDS = (OnePlan, FirstOrders)


def lived(store_of: StoreOf, seed: int, kind: type[EngineMachine] = OnePlan) -> tuple[EngineMachine, Plan]:
    machine = walked(store_of, seed, steps=40, machine=kind)
    with machine.store.begin() as tx:
        (plan,) = tx.plans.all()
    return machine, plan


def check_no_difference(
    store_of: StoreOf,
    seed: int,
    broken: Callable[[], AbstractContextManager[object]] = nullcontext,
    kind: type[EngineMachine] = OnePlan,
) -> None:
    machine, plan = lived(store_of, seed, kind)
    before = machine.dumped
    with machine.store.begin() as tx, broken():
        found = simulate(tx, plan, against=Baseline.POSTED, formulas=FORMULAS)
    assert found.baseline == found.cost
    assert found.sales == sum(book.sale.currency == plan.currency for book in machine.auditor.books.values())
    compared = found.compared(largest=9)
    assert compared is not None
    assert (compared.change_minor, compared.gaining, compared.losing, compared.largest) == (0, 0, 0, ())
    assert machine._dump() == before


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", WORLDS)
def test_the_plan_in_force_costs_what_was_posted(
    store_of: StoreOf, seed: int, kind: type[EngineMachine]
) -> None:
    check_no_difference(store_of, seed, kind=kind)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", WORLDS)
def test_another_plan_costs_what_a_naive_calculation_says(
    store_of: StoreOf, seed: int, kind: type[EngineMachine]
) -> None:
    machine, plan = lived(store_of, seed, kind)
    other = evolve(random_plan(Random(seed), formulas=True), id=PlanId("other"))
    payees: Counter[str] = Counter()
    orders = list(orders_by_payment(machine.auditor, other, plan))
    for book, order in orders:
        for (_, _, _, payee, _), amount in worth(order, remaining(book.sale, book.corrections)).items():
            payees[payee] += amount
    with machine.store.begin() as tx:
        found = simulate(tx, other, against=plan, formulas=FORMULAS)
        swapped_round = simulate(tx, plan, against=other, formulas=FORMULAS)
    assert found.cost.payees == dict(sorted((+payees).items()))
    assert sum(each.sales for each in found.omitted) == len(machine.auditor.books) - len(orders)
    assert (found.cost, found.baseline) == (swapped_round.baseline, swapped_round.cost)
    for aspect in Aspect:
        assert sum(found.cost.by(aspect).values()) == found.cost.total_minor == sum(payees.values())


@pytest.mark.parametrize(
    ("target", "defect"),
    [
        (
            "distcore.engine.lineage:lineage_of",
            lambda of, seats, booking, back: of(seats, evolve(booking, tree_revision=99), back),
        ),
        ("distcore.commission.sale:left_of", lambda _, sale, corrections: sale.lines),
    ],
    ids=["with the tree of today", "as if nothing went back"],
)
def test_a_simulation_of_something_else_is_caught(store_of: StoreOf, target: str, defect: Any) -> None:
    def law(random: Random) -> None:
        try:
            check_no_difference(store_of, random.randint(0, 99), lambda: swapped(target, defect))
        except DamagedError as error:
            raise AssertionError("somebody was paid who held no level") from error

    assert_fails_somewhere(law, worlds=20)
