"""M4, M5, and the laws of explaining, recomputing and the worst case: plans of all components, on each store.

What walks through worlds meets agents, first orders and promoters now and then; here they are at hand.
"""

from collections.abc import Callable
from functools import cache
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.laws.selling import ORDERS, of_any_plan, paid_at_first, paid_by
from tests.laws.test_a_scope_never_pays_more_than_its_budget import (
    assert_buyers_earn_where_said,
    assert_paid_once,
    assert_within_budget,
)
from tests.laws.test_no_sale_is_paid_more_than_the_worst_case import assert_within
from tests.laws.test_what_is_explained_adds_up import (
    assert_accruals_add_up,
    assert_members_add_up,
    assert_periods_add_up,
)

from distcore import engine
from distcore.commission import worst_case
from distcore.commission.period_plan import PeriodComponent
from distcore.commission.plan import Component
from distcore.kernel import Currency, Period
from distcore.memory import MemoryStore
from distcore.ports import Store
from distcore.testing.builders import ALWAYS, Shop, a_cancellation, a_refund
from distcore.testing.worlds import FORMULAS

NewStore = Callable[[], Store]

CNY = Currency("CNY")
EVER = Period("ever", *ALWAYS)
SLICES = ({"2": (1, 4_115)}, {"2": (0, 1_000), "10": (0, 1)}, {"2": (1, 3_000)})
AT_ONCE = {"2": (2, 8_115), "10": (0, 1)}


def accrue_january(shop: Shop) -> None:
    """Accrue it, if the plan pays by the period."""
    assert shop.refused(engine.accrue_period, "CNY", "2017-01") in {"", "no_period_components"}


def refund(shop: Shop, slices: tuple[dict[str, tuple[int, int]], ...]) -> None:
    for order in ORDERS:
        for number, lines in enumerate(slices):
            shop.do(engine.refund, a_refund(f"{order}, {number}", order, lines), formulas=FORMULAS)
    accrue_january(shop)


def assert_keeps_the_laws(shop: Shop) -> None:
    """Look at all that is posted: within budgets, to whom the plan says, explained, and nothing missing."""
    with shop.store.begin() as tx:
        for paid in paid_by(tx):
            assert_within_budget(paid)
            assert_paid_once(paid)
            assert_buyers_earn_where_said(paid)
        assert_members_add_up(tx)
        assert_accruals_add_up(tx)
        assert_periods_add_up(tx)
    found = shop.do(engine.recompute, CNY, EVER, formulas=FORMULAS)
    assert (found.sales, found.report.done, found.report.refused) == (len(ORDERS), (), ())
    shop.assert_sound(formulas=FORMULAS)


def assert_within_the_worst_case(shop: Shop) -> None:
    worst_of = cache(worst_case)
    with shop.store.begin() as tx:
        for plan, sale, _, accruals in paid_at_first(tx):
            assert_within(worst_of(plan), sale, accruals)


def ends(shop: Shop) -> list[object]:
    of_sales = [shop.shares(order) for order in ORDERS]
    with shop.store.begin() as tx:
        of_periods = [
            [each for each in sorted(tx.period_runs.sums(run.number)) if each[-1]]
            for run in tx.period_runs.all()
        ]
    return [of_sales, of_periods]


def kinds_paid(shop: Shop) -> set[type]:
    """Return the kinds of components that somebody was paid by."""
    with shop.store.begin() as tx:
        kinds = {
            (plan.id, plan.plan_version, each.id): type(each)
            for plan in tx.plans.all()
            for each in (*plan.components, *plan.period_components)
        }
        paid = {
            kinds[(*record.pin, fact.component)]
            for record in tx.sales.all()
            for posting in record.postings
            for fact in posting.accruals
        }
        for run in tx.period_runs.all():
            paid |= {kinds[(*run.pin, each)] for each, *_ in tx.period_runs.sums(run.number)}
        return paid


def assert_laws(new_store: NewStore, seed: int) -> set[type]:
    """Sell the same in two shops and take it back in other slices; return the kinds that were paid."""
    one, other = (of_any_plan(new_store(), Random(seed)) for _ in range(2))
    accrue_january(one)
    assert_keeps_the_laws(one)
    assert_within_the_worst_case(one)
    paid = kinds_paid(one)
    refund(one, SLICES)
    refund(other, (AT_ONCE,))
    assert ends(one) == ends(other)
    assert_keeps_the_laws(one)
    for order in ORDERS:
        one.do(engine.cancel, a_cancellation(order), formulas=FORMULAS)
    accrue_january(one)
    assert not any(map(one.shares, ORDERS))
    assert_keeps_the_laws(one)
    return paid


@settings(max_examples=max(1, settings().max_examples // 8))
@given(seed=st.integers(0, 2**32 - 1))
def test_a_shop_of_any_plan_keeps_the_laws(new_store: NewStore, seed: int) -> None:
    assert_laws(new_store, seed)


def test_every_kind_of_component_was_paid() -> None:
    """So the law above is about all of them."""
    paid = {kind for seed in range(40) for kind in kinds_paid(accrued(seed))}
    assert paid == {*Component.__args__, *PeriodComponent.__args__}


def accrued(seed: int) -> Shop:
    shop = of_any_plan(MemoryStore("shop"), Random(seed))
    accrue_january(shop)
    return shop
