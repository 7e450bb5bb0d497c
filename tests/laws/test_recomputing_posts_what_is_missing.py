"""Recompute: what should have been posted, less what was; what was posted and settled stays as it is.

By what was frozen that is nothing.  By another version of the plan it is what makes a shop as if it had sold
by that version from the beginning, and closed statements are made up for in the period that is open.
"""

from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.laws.buying import NewStore
from tests.laws.failing import assert_fails_somewhere
from tests.laws.selling import ORDERS, SEEDS, sold, three_orders

from distcore import engine
from distcore.commission import Freeze, Plan, SaleRecord
from distcore.engine import Completion, NewPin
from distcore.kernel import Cadence, ComponentId, Currency, MemberId, Period, PlanId, SaleId
from distcore.memory import MemoryStore
from distcore.settlement import SettlementPolicy, Statement
from distcore.testing.builders import ALWAYS, Shop, StoreOf, a_refund, day
from distcore.testing.canaries import swapped
from distcore.testing.machine_periods import rerated
from distcore.testing.worlds import FORMULAS, random_ladder, random_matching, random_plan, random_pool

CNY = Currency("CNY")
EVER = Period("ever", *ALWAYS)
JANUARY = Period("january", day(1), day(32))


@pytest.mark.parametrize("seed", SEEDS)
def test_by_what_was_frozen_nothing_is_missing(store_of: StoreOf, seed: int) -> None:
    """Whatever was moved, published, refunded and pinned anew since."""
    machine = sold(store_of, seed)
    before = machine.dumped
    with machine.store.begin() as tx:
        found = engine.recompute(
            tx, CNY, EVER, at=machine.now, actor="machine", key="all of it", formulas=FORMULAS
        )
    assert found.sales == sum(book.sale.currency == CNY for book in machine.auditor.books.values())
    assert (found.report.done, found.report.refused) == ((), ())
    assert machine._dump() == before


def random_version(random: Random, *, asks_past: bool) -> Plan:
    """Draw what sales of another version may be pinned to: what it asks for was frozen with them."""
    plan = evolve(random_plan(random, formulas=True), valid_from=day(1), freeze=Freeze(days=7))
    if plan.asks_earned or (plan.asks_past and not asks_past):
        return random_version(random, asks_past=asks_past)
    return plan


def two_versions(random: Random) -> tuple[Plan, Plan]:
    """Draw two versions; by the month both pay by the same, at other rates.

    The first may have caps: what it granted is kept, for when it comes back.
    """
    first = random_version(random, asks_past=True)
    second = evolve(random_version(random, asks_past=first.asks_past), caps=())
    ladder, pool = random_ladder(random, ComponentId("ladder")), random_pool(random, ComponentId("pool"))
    by_month = (ladder, pool, random_matching(random, ComponentId("match"), [ladder.id, pool.id]))
    first, second = (
        evolve(each, period_components=by_month, period_cadence=Cadence.MONTHLY) for each in (first, second)
    )
    again = rerated(random, second, 2)
    return first, evolve(again, period_components=again.period_components[: len(by_month)])


def accrue_january(shop: Shop, **options: Any) -> str:
    code: str = shop.refused(engine.accrue_period, CNY, "2017-01", **{"at": day(39), **options})
    return code


def pin(shop: Shop, plan_version: int, key: str) -> engine.Recomputed:
    """Pin the sales, and the month itself."""
    to = NewPin(PlanId("p1"), plan_version, "a rate came late", "boss")
    found: engine.Recomputed = shop.do(
        engine.recompute, CNY, JANUARY, at=day(41), pin=to, key=key, formulas=FORMULAS
    )
    assert not found.report.refused
    assert accrue_january(shop, at=day(41), pin=to) in {"", "pinned_already"}
    return found


def ends(shop: Shop) -> list[object]:
    with shop.store.begin() as tx:
        of_month = sorted(tx.period_runs.sums(1))
    return [*map(shop.shares, ORDERS), of_month]


def assert_as_if_from_the_beginning(new_store: NewStore, seed: int) -> None:
    first, second = two_versions(Random(seed))
    late = three_orders(new_store(), first, Random(seed))
    early = three_orders(new_store(), evolve(second, plan_version=1), Random(seed))
    assert (accrue_january(late), accrue_january(early)) == ("", "")
    by_the_first = ends(late)
    late.do(engine.set_plan, second, at=day(40), formulas=FORMULAS)
    pin(late, 2, "to the second")
    assert ends(late) == ends(early)
    assert not pin(late, 2, "once more").report.done
    pin(late, 1, "back")
    assert ends(late) == by_the_first
    pin(late, 2, "to the second after all")
    for shop in (late, early):
        for order in ORDERS:
            shop.do(engine.refund, a_refund(f"r {order}", order, {"2": (1, 4_115)}), formulas=FORMULAS)
        assert accrue_january(shop, at=day(42)) == ""
        shop.assert_sound(formulas=FORMULAS)
    assert ends(late) == ends(early)


@settings(max_examples=max(1, settings().max_examples // 4))
@given(seed=st.integers(0, 2**32 - 1))
def test_another_version_is_as_if_from_the_beginning(new_store: NewStore, seed: int) -> None:
    assert_as_if_from_the_beginning(new_store, seed)


def statements(shop: Shop, closing: int) -> list[Statement]:
    with shop.store.begin() as tx:
        return list(tx.closings.statements(closing))


def assert_made_up_for(new_store: NewStore, seed: int) -> int:
    """Pin what is settled anew; return of how many payees the next statement makes up for it."""
    first, second = two_versions(Random(seed))
    shop = three_orders(new_store(), first, Random(seed))
    shop.do(engine.set_settlement, SettlementPolicy(CNY, 1, day(0)), at=day(12))
    for order in ORDERS:
        shop.do(engine.complete, Completion(SaleId(order), day(12)), at=day(12))
    shop.do(engine.release, at=day(25))
    accrue_january(shop)
    shop.do(engine.close_period, CNY, "2017-01", at=day(39))
    closed = statements(shop, 1)
    shop.do(engine.set_plan, second, at=day(40), formulas=FORMULAS)
    pin(shop, 2, "to the second")
    shop.do(engine.release, at=day(42))
    shop.do(engine.close_period, CNY, "2017-02", at=day(70))
    assert statements(shop, 1) == closed
    stated: Counter[MemberId] = Counter()
    for each in (*closed, *statements(shop, 2)):
        stated[each.payee] += each.lines_minor
    earned: Counter[MemberId] = Counter()
    for order in ORDERS:
        for (*_, payee, _), amount in shop.shares(order).items():
            earned[payee] += amount
    with shop.store.begin() as tx:
        for _, payee, amount in tx.period_runs.sums(1):
            earned[payee] += amount
    assert {who: minor for who, minor in stated.items() if minor} == earned
    shop.assert_sound(formulas=FORMULAS)
    return sum(bool(each.lines_minor) for each in statements(shop, 2))


@settings(max_examples=max(1, settings().max_examples // 4))
@given(seed=st.integers(0, 2**32 - 1))
def test_closed_statements_stay_and_the_open_one_makes_up(new_store: NewStore, seed: int) -> None:
    assert_made_up_for(new_store, seed)


def test_there_is_something_to_make_up_for(new_store: NewStore) -> None:
    assert sum(assert_made_up_for(new_store, seed) for seed in range(8)) > 8


def test_sales_were_granted_something_under_caps() -> None:
    """So the law above is about caps as well."""
    granted = 0
    for seed in range(8):
        first, _ = two_versions(Random(seed))
        with three_orders(MemoryStore("shop"), first, Random(seed)).store.begin() as tx:
            granted += any(count for _, count in tx.tallies.all())
    assert granted >= 2


def test_a_month_goes_by_the_other_version_too() -> None:
    """So the law above is about periods as well."""
    differing = 0
    for seed in range(8):
        first, second = two_versions(Random(seed))
        shop = three_orders(MemoryStore("shop"), first, Random(seed))
        accrue_january(shop)
        by_the_first = ends(shop)[-1]
        shop.do(engine.set_plan, second, at=day(40), formulas=FORMULAS)
        pin(shop, 2, "to the second")
        differing += ends(shop)[-1] != by_the_first
    assert differing >= 4


def test_this_law_can_fail(new_store: NewStore) -> None:
    """What is earned now is posted as if nothing had been posted before."""

    def as_if_new(real: Callable[..., object], record: SaleRecord, now: object) -> object:
        return real(evolve(record, postings=()), now)

    with swapped("distcore.engine.after_sale:deltas_of", as_if_new):
        assert_fails_somewhere(
            lambda random: assert_as_if_from_the_beginning(new_store, random.getrandbits(32))
        )
