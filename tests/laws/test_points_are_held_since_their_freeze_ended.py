"""Whoever holds points at an instant holds them by what had happened, whenever it was posted or released."""

from collections.abc import Callable
from typing import TypeAlias

import pytest
from attrs import evolve

from distcore import engine
from distcore.commission import FirstOrder, FixedPerOrder, Points, Rule
from distcore.engine import Completion, NewPin
from distcore.kernel import POINT, ComponentId, MemberId, PlanId, RuleId, SaleId
from distcore.ledger import POINTS
from distcore.ports import Store
from distcore.settlement import HoldOn
from distcore.testing.builders import (
    Shop,
    a_cancellation,
    a_chain,
    a_plan,
    a_policy,
    a_refund,
    a_sale,
    day,
    levels,
)
from distcore.testing.money import a_hold, an_adjustment
from distcore.testing.tiers import a_month

NewStore: TypeAlias = Callable[[], Store]

THANKS = Rule(RuleId("thanks"), FixedPerOrder(0))
WELCOME = FirstOrder(ComponentId("welcome"), (THANKS,), gift=Points(500))
DAYS = range(10, 41)


def opened(new_store: NewStore) -> Shop:
    """Return a shop in which the first order of each customer of `ann` gives her points."""
    return Shop.open(new_store(), a_plan(WELCOME), (*a_chain("ann", "ben"), a_chain("ann", "cai")[1]))


def bought(shop: Shop, sale: str, buyer: str, told: int = 11) -> None:
    """Sell something on the tenth that is completed the day after: its freeze ends on the eighteenth."""
    shop.do(engine.accrue, a_sale(sale, buyer), at=day(told))
    shop.do(engine.complete, Completion(SaleId(sale), day(11)), at=day(told))


def held(shop: Shop) -> dict[int, int]:
    """Return what `ann` held in the first hour of a day, for each day on which that changed."""
    found: dict[int, int] = {}
    with shop.store.begin() as tx:
        for each in DAYS:
            points = dict(tx.transfers.held(POINTS, POINT, day(each, 1))).get(MemberId("ann"), 0)
            if points != next(reversed(found.values()), 0):
                found[each] = points
    return found


@pytest.mark.parametrize("releases", [(18,), (19,), (23,), (25,), (40,), (18, 25), (23, 40)])
def test_the_hour_of_a_release_changes_nothing(new_store: NewStore, releases: tuple[int, ...]) -> None:
    """One order ends after its freeze, and one before that is over; both are told of late."""
    shop = opened(new_store)
    bought(shop, "order 1", "ben")
    bought(shop, "order 2", "cai")
    ends = {24: a_cancellation("order 1", day(22)), 26: a_cancellation("order 2", day(14))}
    for each in DAYS:
        if each in ends:
            shop.do(engine.cancel, ends[each], at=day(each))
        if each in releases:
            shop.do(engine.release, at=day(each))
    assert held(shop) == {18: 500, 22: 0}
    shop.assert_sound()


def test_what_is_told_or_let_go_late_was_held_all_the_same(new_store: NewStore) -> None:
    shop = opened(new_store)
    bought(shop, "order 1", "ben")
    shop.do(engine.place_hold, a_hold("order 1"), at=day(12))
    bought(shop, "order 2", "cai", told=25)
    shop.do(engine.release, at=day(30))
    assert held(shop) == {18: 500}
    shop.do(engine.lift_hold, HoldOn.SALE, "order 1", "all is well", at=day(31))
    shop.do(engine.release, at=day(32))
    assert held(shop) == {18: 1_000}
    shop.do(engine.adjust, an_adjustment("gift", amount_minor=-7, currency="POINT", valid_at=day(15)))
    assert held(shop) == {15: -7, 18: 993}
    shop.assert_sound()


def test_what_a_recomputation_gives_was_held_since_the_freeze_ended(new_store: NewStore) -> None:
    """It says the day of the sale, and nothing of it could be held that early."""
    shop = opened(new_store)
    bought(shop, "order 1", "ben")
    shop.do(engine.release, at=day(20))
    shop.do(engine.set_plan, a_plan(evolve(WELCOME, gift=Points(30)), plan_version=2))
    pin = NewPin(PlanId("plan"), 2, "too many were promised", "boss")
    shop.do(engine.recompute, "CNY", a_month(), pin=pin, at=day(33))
    assert held(shop) == {18: 30}
    shop.assert_sound()


def test_points_of_a_plan_in_points_come_with_its_gifts(new_store: NewStore) -> None:
    """Both of an order at once, by one transfer."""
    by = a_plan(levels("10%"), WELCOME, currency="POINT")
    shop = Shop.open(new_store(), by, a_chain("ann", "ben"), a_policy(currencies=("POINT",)))
    shop.do(engine.accrue, a_sale("order 1", "ben", currency="POINT"), at=day(11))
    shop.do(engine.complete, Completion(SaleId("order 1"), day(11)), at=day(11))
    shop.do(engine.release, at=day(20))
    refund = a_refund("r1", lines={"1": (0, 2_000)}, refunded_at=day(22))
    shop.do(engine.refund, refund, at=day(25))
    assert held(shop) == {18: 1_500, 22: 1_300}
    with shop.store.begin() as tx:
        moved = [(str(each.origin), each.credit) for each in tx.transfers.all() if each.credit == POINTS]
    assert moved == [("points order 1/0", POINTS)]
    shop.assert_sound()
