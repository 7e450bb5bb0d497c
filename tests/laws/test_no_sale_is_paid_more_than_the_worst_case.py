"""What analysis says is the worst: random search never exceeds it, and where it is exact, a sale reaches it.

The search climbs: a sale and a lineage are changed in one place, again and again, and a change is kept if the
share that is paid is not smaller.  What is paid by the period is looked at in random worlds.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import cache, partial
from random import Random

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.laws.failing import assert_fails_somewhere
from tests.laws.selling import SEEDS, paid_at_first, sold
from tests.laws.witnessed import accrued, is_fresh, period_accrued, without_formulas

from distcore.commission import (
    Accrual,
    Bound,
    Bracket,
    Custom,
    How,
    Ladder,
    Lineage,
    Matching,
    PaidBetween,
    Percent,
    PeriodComponent,
    Plan,
    Rule,
    Sale,
    SaleLine,
    Scope,
    Unbounded,
    Upline,
    Volume,
    Witness,
    Worst,
    calculate,
    period_values,
    whole,
    worst_case,
)
from distcore.commission.period_witness import paid_at_least
from distcore.commission.period_worst import PeriodBound
from distcore.kernel import Cadence, ComponentId, LineId, Rate, RuleId
from distcore.memory import MemoryStore
from distcore.testing.builders import StoreOf
from distcore.testing.canaries import swapped
from distcore.testing.machine import EngineMachine
from distcore.testing.strategies import plans
from distcore.testing.walks import walked
from distcore.testing.worlds import (
    BEGIN,
    FORMULAS,
    drawn,
    random_lineage,
    random_periods,
    random_plan,
    random_sale,
)

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


def dust(random: Random, line: SaleLine) -> list[SaleLine]:
    """Return lines worth next to nothing: whatever is split by order leaves their part to the others."""
    tiny = evolve(line, list_minor=0, cost_minor=0, tax_minor=0)
    return [
        evolve(tiny, id=LineId(f"dust {number}"), net_minor=random.choice((1, 1, 2, 7)))
        for number in range(random.choice((0, 0, 0, 0, 50)))
    ]


def realisable(lineage: Lineage) -> Lineage:
    """Return a lineage that a shop can have: nobody is above a buyer who is no member, or appoints one."""
    if lineage.own is not None:
        return lineage
    agents = [(level, seat) for level, seat in lineage.agents if seat.member != lineage.buyer]
    return evolve(lineage, sponsors=(), agents=agents)


def random_world(random: Random) -> World:
    sale = random_sale(random)
    lines = [large(random, line) for line in sale.lines]
    sale = evolve(sale, lines=[*lines, *dust(random, lines[0])])
    return sale, realisable(random_lineage(random))


def changed(random: Random, world: World) -> World:
    """Change one thing: the order, its lines, who stands above, or what was before."""
    sale, lineage = _changed(random, world)
    return sale, realisable(lineage)


def _changed(random: Random, world: World) -> World:
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
        promoted, self_promoter = others.promoted, others.self_promoter
        return sale, evolve(lineage, own=others.own, promoted=promoted, self_promoter=self_promoter)
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
        accruals = calculate(plan, world[0], whole(world[0]), world[1], FORMULAS)
        yield world, accruals
        for line in world[0].lines:
            now = paid(accruals, line.id)
            if line.net_minor and now * of >= most * line.net_minor:
                best, most, of = world, now, line.net_minor


def rounding_of(worst: Worst, line: SaleLine) -> int:
    return worst.rounding.minor * (max(1, line.units) if worst.rounding.scope is Scope.UNIT else 1)


def assert_within(worst: Worst, sale: Sale, accruals: Sequence[Accrual]) -> None:
    if isinstance(worst.line, Bound):
        for line in sale.lines:
            most = worst.line.numerator * line.net_minor
            over = paid(accruals, line.id) - rounding_of(worst, line)
            assert over * worst.line.denominator <= most
    if isinstance(worst.orders, Bound):
        over = paid(accruals) - worst.rounding.most_minor(sale)
        assert over * worst.orders.denominator <= worst.orders.numerator * sale.net_minor


def assert_never_exceeded(random: Random, steps: int = 30) -> None:
    plan = random_plan(random, formulas=True)
    worst = worst_case(plan)
    for (sale, _), accruals in searched(random, plan, steps):
        assert_within(worst, sale, accruals)


@given(st.integers(0, 2**32))
def test_no_search_exceeds_the_worst_case(seed: int) -> None:
    assert_never_exceeded(Random(seed))


@pytest.mark.parametrize("seed", SEEDS)
def test_no_sale_of_a_shop_exceeds_the_worst_case(store_of: StoreOf, seed: int) -> None:
    worst_of = cache(worst_case)
    with sold(store_of, seed).store.begin() as tx:
        for plan, sale, _, accruals in paid_at_first(tx):
            assert_within(worst_of(plan), sale, accruals)


def test_this_law_can_fail() -> None:
    """A walk that forgets a seat finds too little."""

    def half(numerator: int, denominator: int) -> tuple[int, int]:
        return numerator, 2 * denominator

    with swapped("distcore.commission.worst:_lowest", lambda _, *args: half(*args)):
        assert_fails_somewhere(lambda random: assert_never_exceeded(random, steps=100))


def assert_shown(plan: Plan, worst: Worst, share: Bound | Unbounded, *, of_line: bool) -> None:
    witness = share.witness
    if isinstance(share, Bound) and share.is_exact and share.numerator:
        assert witness is not None, "what is exact is shown"
    if not share.is_exact or witness is None:
        return
    sale = witness.sale
    shown = without_formulas(plan)
    assert witness.accruals == calculate(shown, sale, whole(sale), witness.lineage)
    now = witness.line_paid_minor if of_line else witness.paid_minor
    net = witness.line_net_minor if of_line else sale.net_minor
    if isinstance(share, Unbounded):
        assert now > net
    else:
        assert now * share.denominator * 100 >= 99 * share.numerator * net
        assert now * 1_000_000 >= share.shown_ppm * net
        assert_within(worst, sale, witness.accruals)


def assert_posted(plan: Plan, witness: Witness | None) -> None:
    """Play a witness in a shop, if a new one can show it."""
    if witness is not None and is_fresh(witness):
        assert sorted(accrued(plan, witness), key=repr) == sorted(witness.accruals, key=repr)


@given(drawn(random_plan))
def test_a_shop_posts_what_a_witness_is_paid(plan: Plan) -> None:
    worst = worst_case(plan)
    for share in (worst.line, worst.orders):
        assert_posted(plan, share.witness)


def test_many_witnesses_need_no_past() -> None:
    """So the law above says something."""
    shown = [worst_case(random_plan(Random(seed))).line.witness for seed in range(40)]
    assert sum(witness is not None and is_fresh(witness) for witness in shown) >= 15


@given(drawn(partial(random_plan, formulas=True)))
def test_what_is_exact_is_reached_by_its_witness(plan: Plan) -> None:
    worst = worst_case(plan)
    assert_shown(plan, worst, worst.line, of_line=True)
    assert_shown(plan, worst, worst.orders, of_line=False)


@settings(max_examples=max(1, settings().max_examples // 10))
@given(plans())
def test_any_legal_plan_has_a_worst_case(plan: Plan) -> None:
    worst = worst_case(plan)
    assert_shown(plan, worst, worst.line, of_line=True)
    if plan.budget is not None:
        assert isinstance(worst.orders, Bound)
        assert worst.orders.ppm <= plan.budget.ppm


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
        for share in (worst.line, worst.orders)
    ]
    assert sum(share.is_exact for share in shares) >= 0.95 * len(shares)


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


def assert_no_period_exceeds_its_bound(seed: int, store_of: StoreOf | None = None) -> int:
    """Compare what each period paid, the rounding of amounts aside; return how many were bounded.

    The machine has compared what it says with what the store holds.
    """
    periods = walked(store_of or cache(MemoryStore), seed, 12, OneVersion).periods
    count, worst_of = 0, cache(worst_case)
    for run in periods.runs:
        worst = worst_of(run.plan)
        rounded = sum(worst.rounding.most_minor(book.sale) for book in periods.books(run.currency, run.span))
        net_minor, worth = periods.worth(run)
        slack = 4 * (len(run.people) + rounded)
        if isinstance(worst.period, Bound):
            books = periods.books(run.currency, run.span)
            of_lines = sum(minor for book in books for *_, facts in book.facts for minor in facts.values())
            over = of_lines + sum(worth.values()) - slack
            assert over * worst.period.denominator <= worst.period.numerator * net_minor
            count += 1
        for bound in worst.periods:
            paid = [minor for (component, _), minor in worth.items() if component == bound.component]
            if bound.ppm is not None:
                assert (sum(paid) - slack) * 1_000_000 <= bound.ppm * net_minor
                count += len(paid)
    return count


@pytest.mark.parametrize("seed", range(10))
def test_no_period_is_paid_more_than_the_worst_case(store_of: StoreOf, seed: int) -> None:
    assert_no_period_exceeds_its_bound(seed, store_of)


def test_the_worst_case_of_periods_can_fail() -> None:
    assert sum(map(assert_no_period_exceeds_its_bound, range(10))) > 20

    def half(real: Callable[..., PeriodBound], *args: object) -> PeriodBound:
        bound = real(*args)
        return evolve(bound, ppm=bound.ppm and bound.ppm // 2)

    def smaller(numerator: int, denominator: int) -> tuple[int, int]:
        return numerator, 3 * denominator

    with swapped("distcore.commission.worst:_lowest", lambda _, *args: smaller(*args)):
        assert_fails_somewhere(lambda random: assert_no_period_exceeds_its_bound(random.getrandbits(32)), 40)
    with swapped("distcore.commission.period_worst:_bound", half):
        assert_fails_somewhere(lambda random: assert_no_period_exceeds_its_bound(random.getrandbits(32)), 40)


def monthly(random: Random) -> Plan:
    """Draw a plan that pays by the month."""
    plan = random_periods(random, random_plan(random))
    return evolve(plan, period_cadence=Cadence.MONTHLY)


def assert_month_is_paid(plan: Plan, witness: Witness) -> dict[ComponentId, int]:
    """Play a witness in a shop, and return what it posts of the month by component.

    What is paid for small orders is not counted, and what is matched of it is paid besides.
    """
    net_minor, paid_by = period_accrued(plan, witness)
    assert net_minor == witness.net_minor
    said = {each.component.id: each.total.paid_minor for each in period_values(plan, witness)}
    assert said.keys() == paid_by.keys()
    if len(witness.sales) == 1:
        assert said == paid_by
    shown = dict(zip(said, paid_at_least(plan, witness), strict=True))
    assert all(paid_by[id] >= minor for id, minor in shown.items())
    return {id: minor if shown[id] else 0 for id, minor in said.items()}


def assert_shown_by_a_month(plan: Plan) -> int:
    """Play what shows bounds of periods, as far as a new shop can; return how many bounds those are."""
    worst, count = worst_case(plan), 0
    for bound in worst.periods:
        witness = bound.witness
        if witness is not None and bound.ppm is not None and is_fresh(witness):
            paid_minor = assert_month_is_paid(plan, witness)[bound.component]
            assert 1_000_000 * paid_minor >= bound.shown_ppm * witness.net_minor
            assert not bound.is_exact or 100 * 1_000_000 * paid_minor >= 99 * bound.ppm * witness.net_minor
            count += bound.is_exact
    period, witness = worst.period, worst.period.witness
    if plan.period_components and isinstance(period, Bound) and witness is not None and is_fresh(witness):
        paid_minor = witness.paid_minor + sum(assert_month_is_paid(plan, witness).values())
        assert 1_000_000 * paid_minor >= period.shown_ppm * witness.net_minor
        if period.is_exact:
            most = period.numerator * witness.net_minor
            assert 100 * paid_minor * period.denominator >= 99 * most
            count += 1
    return count


@given(drawn(monthly))
def test_what_is_exact_of_a_period_is_posted_by_a_shop(plan: Plan) -> None:
    assert_shown_by_a_month(plan)


LATE = PaidBetween(since=BEGIN + timedelta(days=40))
MATCHING = Matching(ComponentId("match"), (ComponentId("levels"),), (Rate.parse("50%"),), own_least_minor=500)
RISING = (Bracket(0, Rate.parse("1%")), Bracket(1_000, Rate.parse("9%")))
STEPWISE = Ladder(ComponentId("steps"), RISING, Volume.TEAM, How.STEPWISE, subtract_legs=True)


@pytest.mark.measured
@pytest.mark.parametrize("component", [MATCHING, STEPWISE], ids=lambda each: each.id)
def test_small_orders_are_of_the_period_of_the_large_one(component: PeriodComponent) -> None:
    rule = Rule(RuleId("late"), Percent(Rate.parse("20%")), (1,), match=LATE)
    lines = Upline(ComponentId("levels"), (rule,))
    plan = evolve(monthly(Random(0)), components=(lines,), caps=(), budget=None, valid_from=BEGIN)
    assert assert_shown_by_a_month(evolve(plan, period_components=(component,))) == 2


@pytest.mark.measured
@pytest.mark.parametrize(("days", "is_exact"), [(20, False), (90, True)])
def test_a_plan_that_ends_before_a_period_does_pays_no_period(days: int, is_exact: bool) -> None:
    plan = evolve(monthly(Random(0)), valid_from=BEGIN, valid_until=BEGIN + timedelta(days=days))
    own = evolve(STEPWISE, volume=Volume.OWN, subtract_legs=False)
    (bound,) = worst_case(evolve(plan, period_components=(own,))).periods
    assert (bound.ppm, bound.is_exact) == (90_000, is_exact)


def with_large_amounts(plan: Plan) -> Plan:
    """Return a plan whose fixed amounts, caps and brackets are more than what rounding adds."""

    def large(rule: Rule) -> Rule:
        pays = rule.pays
        return rule if isinstance(pays, Percent) else evolve(rule, pays=type(pays)(10**6 * pays.amount_minor))

    def apart(ladder: Ladder) -> Ladder:
        brackets = (evolve(each, from_minor=10**6 * each.from_minor) for each in ladder.brackets)
        return evolve(ladder, brackets=tuple(brackets))

    of_lines = (
        each if isinstance(each, Custom) else evolve(each, rules=tuple(map(large, each.rules)))
        for each in plan.components
    )
    of_periods = (apart(each) if isinstance(each, Ladder) else each for each in plan.period_components)
    return evolve(with_large_caps(plan), components=tuple(of_lines), period_components=tuple(of_periods))


@pytest.mark.measured
def test_most_bounds_of_periods_are_exact() -> None:
    """Most of the others take many orders, or are not at their worst together."""
    found = [worst_case(with_large_amounts(monthly(Random(seed)))) for seed in range(60)]
    bounds = [bound for worst in found for bound in worst.periods if bound.ppm is not None]
    periods = [worst.period for worst in found if worst.periods and isinstance(worst.period, Bound)]
    assert sum(bound.is_exact for bound in bounds) >= 0.9 * len(bounds) > 40
    assert sum(period.is_exact for period in periods) >= 0.8 * len(periods) > 15


def test_many_bounds_of_periods_are_shown() -> None:
    assert sum(assert_shown_by_a_month(monthly(Random(seed))) for seed in range(20)) >= 10
