"""Simulate, against what was posted for periods: the plan in force makes no difference, payee by payee.

Some periods are accrued early, and everything goes on: moves, tiers, members, refunds; in the end all of them
are accrued, once more if need be.  Another plan's periods cost what a naive calculation says.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from random import Random
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.laws.by_payment import in_order_of_payment, orders_by_payment
from tests.laws.failing import assert_fails_somewhere

from distcore import engine
from distcore.commission import (
    Bracket,
    ByVolume,
    Ladder,
    Matching,
    PeriodComponent,
    PeriodFacts,
    Plan,
    Pool,
    Sale,
    Standing,
    Volume,
)
from distcore.engine import Aspect, Baseline, Simulation, simulate
from distcore.kernel import (
    NOBODY,
    Cadence,
    ComponentId,
    Currency,
    Downlines,
    EveryDays,
    MemberId,
    Period,
    PlanId,
    Rate,
    last_of,
    period_of,
    periods_between,
)
from distcore.ports import Transaction
from distcore.testing.auditor import Auditor, Book, remaining
from distcore.testing.auditor_worth import worth
from distcore.testing.builders import StoreOf
from distcore.testing.canaries import swapped
from distcore.testing.machine import EngineMachine
from distcore.testing.period_strategies import period_components
from distcore.testing.periods import NaivePeriod
from distcore.testing.walks import machine_of
from distcore.testing.worlds import BEGIN, FORMULAS, hour, random_plan

CNY = Currency("CNY")
LINES = ComponentId("two")
"""The component that every plan of these worlds has."""

CADENCES = (Cadence.DAILY, EveryDays(2, BEGIN.date()), Cadence.WEEKLY)
OVER = hour(2_000)
"""When every period and every freeze of these worlds has ended."""

TEAMS = Ladder(ComponentId("teams"), (Bracket(0, Rate.parse("30%")),), Volume.TEAM)
EVERYTHING: tuple[PeriodComponent, ...] = (
    TEAMS,
    Pool(ComponentId("pool"), Rate.parse("10%"), ByVolume()),
    Matching(ComponentId("match"), (LINES, TEAMS.id), (Rate.parse("50%"),)),
)

WORLDS = settings(max_examples=max(1, settings().max_examples // 12))


BEHIND_THE_AUDITOR = {"set_plan", "accrue_period", "repin_period", "look_back"}
"""What is not done, or not looked at: the auditor does not know of the periods that are accrued here."""


class OnePlan(EngineMachine):
    """A shop that never changes its plan, and pays by the period."""

    verbs = tuple(verb for verb in EngineMachine.verbs if verb not in BEHIND_THE_AUDITOR)
    components: tuple[PeriodComponent, ...] = EVERYTHING
    accrued = 0

    def _publish(self, plan: Plan) -> None:
        if plan.plan_version == 1:
            cadence = Random(plan.freeze.days).choice(CADENCES)
            super()._publish(evolve(plan, period_components=self.components, period_cadence=cadence))

    def accrue_periods(self, periods: Iterable[Period]) -> None:
        for period in periods:
            self.accrued += 1
            who = {"at": OVER, "actor": "machine", "key": f"period {self.accrued}"}
            with self.store.begin() as tx:
                engine.accrue_period(tx, CNY, period.label, **who)  # type: ignore[arg-type]
        self.dumped = self._dump()

    def inspect(self, tx: Transaction) -> None:
        """Compare nothing: here periods are accrued behind the auditor's back."""

    @property
    def plan(self) -> Plan:
        (plan,) = self.auditor.plans
        return plan

    @property
    def begun(self) -> list[Period]:
        """All that have begun, in the order of time."""
        calendar = self.auditor.policy.calendar
        return list(periods_between(hour(0), self.now, self.plan.period_cadence, calendar))


def lived(store_of: StoreOf, seed: int, components: tuple[PeriodComponent, ...], steps: int) -> OnePlan:
    """Return a shop that has lived for some time."""
    random = Random(seed)
    kind: Any = machine_of(store_of, type("OnePlan", (OnePlan,), {"components": components}))
    machine: OnePlan = kind()
    machine.open_shop(seed)
    for _ in range(steps):
        machine.step(random.choice(machine.verbs), random.getrandbits(32))
    return machine


def check_no_difference(
    store_of: StoreOf,
    seed: int,
    components: tuple[PeriodComponent, ...],
    broken: Callable[[], AbstractContextManager[object]] = nullcontext,
) -> Simulation:
    """Accrue some periods early, all of them in the end, and compare."""
    random = Random(seed + 1)
    machine = lived(store_of, seed, components, 20)
    early = machine.begun
    machine.accrue_periods(random.sample(early, len(early) // 2))
    for _ in range(20):
        machine.step(random.choice(machine.verbs), random.getrandbits(32))
    machine.accrue_periods(machine.begun)
    with machine.store.begin() as tx, broken():
        found = simulate(tx, machine.plan, at=OVER, against=Baseline.POSTED, formulas=FORMULAS)
        posted = sum(minor for run in tx.period_runs.all() for *_, minor in tx.period_runs.sums(run.number))
        machine.verify(tx)
    assert found.omitted_periods == ()
    assert found.baseline == found.cost
    compared = found.compared(largest=9)
    assert compared is not None
    assert (compared.change_minor, compared.gaining, compared.losing, compared.largest) == (0, 0, 0, ())
    assert sum(_of(found, components).values()) == posted
    assert machine._dump() == machine.dumped, "nothing is written"
    return found


def _of(found: Simulation, components: Iterable[PeriodComponent]) -> dict[ComponentId, int]:
    """Return what some components cost."""
    cost = found.cost.by(Aspect.COMPONENT)
    return {each.id: cost.get(each.id, 0) for each in components}


@WORLDS
@given(seed=st.integers(0, 2**32 - 1), components=period_components([LINES]))
def test_the_plan_in_force_makes_no_difference(
    store_of: StoreOf, seed: int, components: tuple[PeriodComponent, ...]
) -> None:
    check_no_difference(store_of, seed, components)


def test_there_is_something_to_compare(store_of: StoreOf) -> None:
    """Every component pays in some world, so none of them makes no difference because it is nothing."""
    paid: Counter[ComponentId] = Counter()
    for seed in range(3):
        paid.update(_of(check_no_difference(store_of, seed, EVERYTHING), EVERYTHING))
    assert min(paid.values()) > 0


# Another plan


def naive(machine: OnePlan, other: Plan) -> Counter[tuple[str, str]]:
    """Return what another plan pays for sales and for periods, by component and payee."""
    auditor, paid = machine.auditor, Counter[tuple[str, str]]()
    periods: dict[Period, list[tuple[Book, dict[tuple[str, str], int]]]] = {}
    orders = {book.sale.id: order for book, order in orders_by_payment(auditor, other)}
    for book in in_order_of_payment(auditor):
        if book.sale.currency != other.currency:
            continue
        mine: Counter[tuple[str, str]] = Counter()
        if book.sale.id in orders:
            for (_, component, _, payee, _), amount in worth(orders[book.sale.id], _left(book)).items():
                mine[component, payee] += amount
        paid.update(mine)
        period = period_of(book.sale.paid_at, other.period_cadence, auditor.policy.calendar)
        periods.setdefault(period, []).append((book, mine))
    for period, sold in periods.items():
        facts = facts_of(auditor, period, sold, machine.periods.points(period.end))
        for component, amounts in NaivePeriod(facts, other.rounding).pay(other.period_components).items():
            for member, amount in zip(facts.members, amounts, strict=True):
                paid[component, member] += amount
    return +paid


def facts_of(
    auditor: Auditor,
    period: Period,
    sold: list[tuple[Book, dict[tuple[str, str], int]]],
    points: dict[str, int],
) -> PeriodFacts:
    """Return what is known of a period, as the auditor knows it by now."""
    last = last_of(period)
    ids = sorted(id for id, each in auditor.members.items() if each.joined_at <= last)
    sponsors = [auditor.holds(id, "sponsor", last) for id in ids]
    standing = {"active": Standing.ACTIVE, "suspended": Standing.SUSPENDED, "terminated": Standing.GONE}
    net: Counter[str] = Counter()
    earned: Counter[str] = Counter()
    in_order = []
    for book, mine in sorted(sold, key=lambda each: (each[0].sale.paid_at, each[0].sale.id)):
        left = sum(amount for _, amount in _left(book).values())
        net[book.sale.buyer] += left
        earned.update({payee: amount for (component, payee), amount in mine.items() if component == LINES})
        if book.sale.buyer in ids:
            in_order.append((ids.index(book.sale.buyer), left))
    return PeriodFacts(
        [MemberId(id) for id in ids],
        Downlines.of([NOBODY if each is None else ids.index(each) for each in sponsors]),
        [auditor.holds(id, "tier", last) for id in ids],
        [standing[auditor.holds(id, "state", last)] for id in ids],
        [net[id] for id in ids],
        sum(net.values()),
        {LINES: [earned[id] for id in ids]},
        in_order,
        [points.get(id, 0) for id in ids],
    )


def _left(book: Book) -> dict[str, tuple[int, int]]:
    return remaining(book.sale, book.corrections)


@WORLDS
@given(
    seed=st.integers(0, 2**32 - 1), components=period_components([LINES]), cadence=st.sampled_from(CADENCES)
)
def test_another_plan_costs_what_a_naive_calculation_says(
    store_of: StoreOf, seed: int, components: tuple[PeriodComponent, ...], cadence: Any
) -> None:
    machine = lived(store_of, seed, EVERYTHING, 40)
    other = random_plan(Random(seed), formulas=True)
    other = evolve(other, id=PlanId("other"), period_components=components, period_cadence=cadence)
    with machine.store.begin() as tx:
        found = simulate(tx, other, formulas=FORMULAS)
    expected = naive(machine, other)
    payees: Counter[str] = Counter()
    of_component: Counter[str] = Counter()
    for (component, payee), amount in expected.items():
        payees[payee] += amount
        of_component[component] += amount
    assert found.cost.payees == dict(sorted(payees.items()))
    assert found.cost.by(Aspect.COMPONENT) == dict(sorted(of_component.items()))
    for aspect in Aspect:
        assert sum(found.cost.by(aspect).values()) == found.cost.total_minor == sum(payees.values())


# It can fail


def _as_known_now(real: Callable[..., PeriodFacts], tx: Any, period: Period, **_: object) -> PeriodFacts:
    return real(tx, period, revision=tx.members.revision(), known_until=tx.members.known_until())


def _as_sold(real: Callable[..., object], of: object, sale: Sale, _: int, totals: object) -> object:
    return real(of, sale, sum(line.net_minor for line in sale.lines), totals)


@pytest.mark.parametrize(
    ("target", "defect"),
    [
        ("distcore.engine.period_facts:members_of_period", _as_known_now),
        ("distcore.engine.simulate_periods:SimulatedPeriods.add", _as_sold),
        (
            "distcore.engine.simulate_periods:SimulatedPeriods.add",
            lambda real, of, sale, left, _: real(of, sale, left, []),
        ),
    ],
    ids=["with the tree of today", "as if nothing went back", "nothing is matched"],
)
def test_a_simulation_of_something_else_is_caught(store_of: StoreOf, target: str, defect: Any) -> None:
    assert_fails_somewhere(
        lambda random: check_no_difference(
            store_of, random.randint(0, 99), EVERYTHING, lambda: swapped(target, defect)
        ),
        worlds=20,
    )
