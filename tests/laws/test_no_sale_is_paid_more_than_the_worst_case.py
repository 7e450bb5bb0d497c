"""What analysis says is the worst: random search never exceeds it, and where it is exact, a sale reaches it.

The search climbs: a sale and a lineage are changed in one place, again and again, and a change is kept if the
share that is paid is not smaller.  What is paid by the period is looked at in random worlds.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from random import Random

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.laws.failing import assert_fails_somewhere

from distcore.commission import (
    Accrual,
    Bound,
    Custom,
    Lineage,
    Plan,
    Sale,
    SaleLine,
    Scope,
    Unbounded,
    Worst,
    calculate,
    whole,
    worst_case,
)
from distcore.commission.period_worst import PeriodBound
from distcore.kernel import Cadence, LineId
from distcore.memory import MemoryStore
from distcore.testing.canaries import swapped
from distcore.testing.machine import EngineMachine
from distcore.testing.strategies import plans
from distcore.testing.walks import walked
from distcore.testing.worlds import drawn, random_lineage, random_periods, random_plan, random_sale

World = tuple[Sale, Lineage]


def paid(accruals: Sequence[Accrual], line: LineId | None = None) -> int:
    return sum(each.amount_minor for each in accruals if line in {None, each.line})


def large(random: Random, line: SaleLine) -> SaleLine:
    """Make a line worth so much that rounding does not matter, or leave it as small as it is."""
    net_minor = line.net_minor * random.choice((1, 10**7, 10**9, 10**9))
    return evolve(
        line,
        net_minor=net_minor,
        list_minor=random.choice((0, net_minor, 5 * net_minor)),
        cost_minor=random.choice((0, 0, net_minor // 2)),
        tax_minor=random.choice((0, net_minor // 10)),
    )


def random_world(random: Random) -> World:
    sale = random_sale(random)
    return evolve(sale, lines=[large(random, line) for line in sale.lines]), random_lineage(random)


def changed(random: Random, world: World) -> World:
    """Change one thing: the order, its lines, who stands above, or what was before."""
    (sale, lineage), (other, others) = world, random_world(random)
    change = random.randint(0, 5)
    if change == 0:
        return evolve(other, lines=sale.lines), lineage
    if change == 1:
        return evolve(sale, lines=other.lines), lineage
    if change == 2:
        return evolve(sale, lines=sale.lines[: random.randint(1, len(sale.lines))]), lineage
    if change == 3:
        return sale, evolve(lineage, sponsors=others.sponsors, past=others.past)
    if change == 4:
        return sale, evolve(lineage, own=others.own, promoted=others.promoted)
    return sale, _one_seat_changed(random, lineage, others)


def _one_seat_changed(random: Random, lineage: Lineage, others: Lineage) -> Lineage:
    seats, new = list(lineage.sponsors), list(others.sponsors)
    if seats and new:
        at = random.randrange(len(seats))
        seats[at] = evolve(new[0], member=seats[at].member)
    return evolve(lineage, sponsors=seats)


def searched(random: Random, plan: Plan, steps: int) -> Iterator[tuple[World, tuple[Accrual, ...]]]:
    """Yield sales and what is paid for them, climbing to where most is."""
    best, most, of = random_world(random), -1, 1
    for _ in range(steps):
        world = changed(random, best) if most >= 0 else best
        accruals = calculate(plan, world[0], whole(world[0]), world[1])
        yield world, accruals
        for line in world[0].lines:
            now = paid(accruals, line.id)
            if line.net_minor and now * of >= most * line.net_minor:
                best, most, of = world, now, line.net_minor


def rounding_of(worst: Worst, line: SaleLine) -> int:
    return worst.rounding.minor * (max(1, line.units) if worst.rounding.scope is Scope.UNIT else 1)


def assert_within(worst: Worst, world: World, accruals: Sequence[Accrual]) -> None:
    sale, _ = world
    if isinstance(worst.line, Bound):
        for line in sale.lines:
            most = worst.line.numerator * line.net_minor
            over = paid(accruals, line.id) - rounding_of(worst, line)
            assert over * worst.line.denominator <= most
    if isinstance(worst.period, Bound):
        over = paid(accruals) - worst.rounding.most_minor(sale)
        assert over * worst.period.denominator <= worst.period.numerator * sale.net_minor


def assert_never_exceeded(random: Random, steps: int = 30) -> None:
    plan = random_plan(random)
    worst = worst_case(plan)
    for world, accruals in searched(random, plan, steps):
        assert_within(worst, world, accruals)


@given(st.integers(0, 2**32))
def test_no_search_exceeds_the_worst_case(seed: int) -> None:
    assert_never_exceeded(Random(seed))


def test_this_law_can_fail() -> None:
    """A walk that forgets a seat finds too little."""

    def half(numerator: int, denominator: int) -> tuple[int, int]:
        return numerator, 2 * denominator

    with swapped("distcore.commission.worst:_lowest", lambda _, *args: half(*args)):
        assert_fails_somewhere(lambda random: assert_never_exceeded(random, steps=100))


def assert_shown(plan: Plan, worst: Worst, share: Bound | Unbounded, *, of_line: bool) -> None:
    witness = share.witness
    if not share.is_exact or witness is None:
        return
    sale = witness.sale
    known = tuple(each for each in plan.components if not isinstance(each, Custom))
    shown = evolve(plan, components=known)  # of a formula nothing is known but that it obeys the budget
    assert witness.accruals == calculate(shown, sale, whole(sale), witness.lineage)
    now = witness.line_paid_minor if of_line else witness.paid_minor
    net = witness.line_net_minor if of_line else sale.net_minor
    if isinstance(share, Unbounded):
        assert now > net
    else:
        assert now * share.denominator * 100 >= 99 * share.numerator * net
        assert_within(worst, (sale, witness.lineage), witness.accruals)


@given(drawn(random_plan))
def test_what_is_exact_is_reached_by_its_witness(plan: Plan) -> None:
    worst = worst_case(plan)
    assert_shown(plan, worst, worst.line, of_line=True)
    assert_shown(plan, worst, worst.period, of_line=False)


@settings(max_examples=max(1, settings().max_examples // 10))
@given(plans())
def test_any_legal_plan_has_a_worst_case(plan: Plan) -> None:
    worst = worst_case(plan)
    assert_shown(plan, worst, worst.line, of_line=True)
    if plan.budget is not None:
        assert isinstance(worst.period, Bound)
        assert worst.period.ppm <= plan.budget.ppm


def with_large_caps(plan: Plan) -> Plan:
    """Return a plan with caps that are more than what rounding adds."""
    caps = (evolve(cap, amount_minor=10**9 * (1 + cap.amount_minor)) for cap in plan.caps)
    return evolve(plan, caps=tuple(caps))


def test_nearly_all_worst_cases_are_exact() -> None:
    """What is only estimated is honest, and of little use: it must stay rare."""
    shares = [
        share
        for seed in range(30)
        for worst in [worst_case(with_large_caps(random_plan(Random(seed))))]
        for share in (worst.line, worst.period)
    ]
    assert sum(share.is_exact for share in shares) >= 0.9 * len(shares)


@given(drawn(random_plan))
def test_what_has_no_bound_is_paid_more_than_the_net(plan: Plan) -> None:
    """Without a budget, and as often as anything is shown: the same goods for less still pay the same."""
    share = worst_case(evolve(plan, budget=None)).line
    if isinstance(share, Unbounded) and share.is_exact:
        assert share.witness is not None
        assert share.witness.line_paid_minor > share.witness.line_net_minor


class OneVersion(EngineMachine):
    """A shop that never changes its plan and takes nothing back, and accrues period after period."""

    verbs = ("accrue", "accrue_period", "accrue_period", "move")

    def _plan(self, random: Random) -> Plan:
        lines = random_plan(random)
        plan = random_periods(random, evolve(lines, components=lines.components[:1], caps=()))
        return evolve(plan, period_cadence=Cadence.DAILY) if plan.period_components else self._plan(random)

    def _publish(self, plan: Plan) -> None:
        if plan.plan_version == 1:
            super()._publish(plan)

    def _refund(self, *_: object) -> None:
        pass


def assert_no_period_exceeds_its_bound(seed: int) -> int:
    """Compare what each period paid, the rounding of amounts aside; return how many were bounded."""
    periods = walked(cache(MemoryStore), seed, 12, OneVersion).periods
    count = 0
    for run in periods.runs:
        worst = worst_case(run.plan)
        rounded = sum(worst.rounding.most_minor(book.sale) for book in periods.books(run.currency, run.span))
        net_minor, worth = periods.worth(run)
        for bound in worst.periods:
            paid = [minor for (component, _), minor in worth.items() if component == bound.component]
            if bound.ppm is not None:
                slack = 4 * (len(run.people) + rounded)
                assert (sum(paid) - slack) * 1_000_000 <= bound.ppm * net_minor
                count += len(paid)
    return count


@pytest.mark.parametrize("seed", range(10))
def test_no_period_is_paid_more_than_the_worst_case(seed: int) -> None:
    assert_no_period_exceeds_its_bound(seed)


def test_the_worst_case_of_periods_can_fail() -> None:
    assert sum(map(assert_no_period_exceeds_its_bound, range(10))) > 20

    def half(real: Callable[..., PeriodBound], *args: object) -> PeriodBound:
        bound = real(*args)
        return evolve(bound, ppm=bound.ppm and bound.ppm // 2)

    with swapped("distcore.commission.period_worst:_bound", half):
        assert_fails_somewhere(lambda random: assert_no_period_exceeds_its_bound(random.getrandbits(32)), 40)
