"""The period law: what was posted of a period adds up to the value of what is left of it, however it came.

Two shops are told the same sales, and the same refunds and points, in another order, and cut into other parts
by runs in between: after the last run both have posted the same to everybody.  A naive calculation agrees.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from random import Random

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from distcore import engine
from distcore.commission import (
    Bracket,
    Cancellation,
    Correction,
    Ladder,
    PeriodComponent,
    PeriodFacts,
    PeriodRun,
    Plan,
)
from distcore.engine.period_facts import facts_of_period
from distcore.kernel import ComponentId, MemberId, Rate
from distcore.ports import Store
from distcore.referral import Newcomer, State
from distcore.settlement import Adjustment
from distcore.testing.builders import (
    Shop,
    a_cancellation,
    a_line,
    a_plan,
    a_refund,
    a_sale,
    day,
    levels,
)
from distcore.testing.canaries import swapped
from distcore.testing.money import an_adjustment
from distcore.testing.period_strategies import TIERS, period_components
from distcore.testing.periods import NaivePeriod

LEVELS = ComponentId("levels")
MEMBERS = 7
SALES = 10
COMPONENTS = period_components([LEVELS])


def opened(store: Store, random: Random, components: Sequence[PeriodComponent]) -> Shop:
    """Return a shop that has sold in January and beside it, to members and to a guest."""
    plan = evolve(a_plan(levels("10%", "5%")), period_components=tuple(components))
    newcomers = []
    for number in range(MEMBERS):
        sponsor = MemberId(f"m{random.randrange(number)}") if number and random.random() < 0.8 else None
        newcomers.append(Newcomer(MemberId(f"m{number}"), day(1), sponsor, random.choice(TIERS)))
    shop = Shop.open(store, plan, newcomers)
    for number in random.sample(range(MEMBERS), 2):
        shop.refused(engine.set_state, f"m{number}", random.choice(list(State)), valid_from=day(9))
    for number in range(SALES):
        buyer = random.choice([*(f"m{each}" for each in range(MEMBERS)), "guest"])
        lines = [a_line(id, net_minor=random.choice([1, 99, 500, 12_345])) for id in ("1", "2")]
        paid_at = day(random.choice([5, 5, 9, 20, 31, 33]), number)
        shop.do(engine.accrue, a_sale(f"order {number}", buyer, lines, paid_at=paid_at))
    return shop


def corrections_of(random: Random) -> list[Correction]:
    """Return refunds of single lines, and cancellations, which may come in any order."""
    orders = random.sample(range(SALES), 5)
    refunds: list[Correction] = [
        a_refund(f"r{number}{line}", f"order {number}", {line: (0, 1)}, refunded_at=day(60))
        for number in orders[:3]
        for line in ("1", "2")
    ]
    return [*refunds, *(a_cancellation(f"order {number}", day(60)) for number in orders[3:])]


def points_of(random: Random) -> list[Adjustment]:
    """Return points that are given and taken; those of the last two days come too late for January."""
    return [
        an_adjustment(
            f"a{number}",
            f"m{random.randrange(MEMBERS)}",
            random.choice([1, 2, 300, -1]),
            currency="POINT",
            valid_at=random.choice([day(1), day(9), day(31), day(32), day(60)]),
        )
        for number in range(4)
    ]


def told(
    shop: Shop, events: Sequence[Correction | Adjustment], runs: Sequence[int]
) -> dict[tuple[str, str], int]:
    """Tell what happened, accrue January after some of it and at the end, and return what was posted."""
    for number, event in enumerate(events):
        if number in runs:
            shop.do(engine.accrue_period, "CNY", "2017-01")
        match event:
            case Adjustment():
                shop.do(engine.adjust, event)
            case Cancellation():
                shop.do(engine.cancel, event)
            case _:
                shop.do(engine.refund, event)
    shop.do(engine.accrue_period, "CNY", "2017-01")
    assert shop.do(engine.accrue_period, "CNY", "2017-01").posting is None
    with shop.store.begin() as tx:
        return {(component, payee): amount for component, payee, amount in tx.period_runs.sums(1)}


def world_of(shop: Shop) -> tuple[PeriodRun, Plan, PeriodFacts]:
    with shop.store.begin() as tx:
        (run,) = tx.period_runs.all()
        (plan,) = tx.plans.all()
        return run, plan, facts_of_period(tx, run, plan)


def naive(shop: Shop) -> dict[tuple[str, str], int]:
    """Return what a naive calculation pays for what is left."""
    _, plan, facts = world_of(shop)
    paid = NaivePeriod(facts, plan.rounding).pay(plan.period_components)
    return {
        (component, member): amount
        for component, amounts in paid.items()
        for member, amount in zip(facts.members, amounts, strict=True)
        if amount
    }


def assert_period_law(
    new_store: Callable[[], Store], seed: int, components: Sequence[PeriodComponent]
) -> None:
    random = Random(seed)
    one, other = (opened(new_store(), Random(seed), components) for _ in range(2))
    points = points_of(random)
    events = [*corrections_of(random), *points]
    random.shuffle(events)
    posted = told(one, events, random.sample(range(len(events)), 4))
    assert posted == told(other, random.sample(events, len(events)), [])
    assert posted == naive(one)
    *_, facts = world_of(one)
    if facts.points:
        inside = [each for each in points if each.valid_at <= day(31)]
        assert facts.points == [
            sum(each.amount_minor for each in inside if each.payee == member) for member in facts.members
        ]
    one.assert_sound()
    other.assert_sound()


@settings(max_examples=max(1, settings().max_examples // 4))
@given(seed=st.integers(0, 2**32 - 1), components=COMPONENTS)
def test_any_order_and_partition_of_refunds_posts_the_same(
    new_store: Callable[[], Store], seed: int, components: tuple[PeriodComponent, ...]
) -> None:
    assert_period_law(new_store, seed, components)


@settings(max_examples=max(1, settings().max_examples // 4))
@given(seed=st.integers(0, 2**32 - 1), components=COMPONENTS)
def test_nothing_is_left_where_everything_went_back(
    new_store: Callable[[], Store], seed: int, components: tuple[PeriodComponent, ...]
) -> None:
    shop = opened(new_store(), Random(seed), components)
    shop.do(engine.accrue_period, "CNY", "2017-01")
    assert told(shop, [a_cancellation(f"order {n}", day(60)) for n in range(SALES)], [3, 7]) == {}
    balances: Counter[str] = Counter()
    with shop.store.begin() as tx:
        for run in tx.period_runs.all():
            for posting in tx.period_runs.postings(run.number):
                for fact in tx.period_runs.facts(run.number, posting.number):
                    balances[fact.share.payee] += fact.amount_minor
    assert not +balances
    shop.assert_sound()


@settings(max_examples=max(1, settings().max_examples // 4))
@given(seed=st.integers(0, 2**32 - 1), components=COMPONENTS)
def test_what_is_recorded_later_alters_no_period(
    new_store: Callable[[], Store], seed: int, components: tuple[PeriodComponent, ...]
) -> None:
    """T2: moves, tiers, states, plans and members, also from before the period on."""
    random = Random(seed)
    shop = opened(new_store(), Random(seed), components)
    shop.do(engine.accrue_period, "CNY", "2017-01")
    _, _, before = world_of(shop)
    later = {"at": day(400)}
    for _ in range(8):
        member, sponsor = (f"m{each}" for each in random.sample(range(MEMBERS), 2))
        since = day(random.randint(1, 12))
        shop.refused(engine.move, member, random.choice((None, sponsor)), valid_from=since, **later)
        shop.refused(engine.set_tier, member, random.choice(TIERS), valid_from=since, **later)
        shop.refused(engine.set_state, member, random.choice(list(State)), valid_from=since, **later)
    shop.refused(engine.join, Newcomer(MemberId("guest"), day(1), MemberId("m0")), **later)
    shop.do(engine.set_plan, a_plan(levels("1%"), plan_version=2), **later)
    with shop.store.begin() as tx:
        (run,) = tx.period_runs.all()
        plan = next(each for each in tx.plans.all() if each.plan_version == 1)
        after = facts_of_period(tx, run, plan)
    assert after == before
    assert shop.do(engine.accrue_period, "CNY", "2017-01", **later).posting is None
    shop.assert_sound()


def test_this_law_can_fail(new_store: Callable[[], Store]) -> None:
    """A period whose sales count as they were sold, whatever went back since, is found."""
    own = Ladder(ComponentId("own"), (Bracket(0, Rate.parse("50%")),))
    posted = told(opened(new_store(), Random(1), [own]), [], [])

    def as_sold(real: Callable[..., PeriodFacts], *args: object) -> PeriodFacts:
        facts = real(*args)
        return evolve(facts, own=[2 * posted.get(("own", each), 0) for each in facts.members])

    with swapped("distcore.engine.period_facts:facts_of_period", as_sold), pytest.raises(AssertionError):
        assert_period_law(new_store, 1, [own])
