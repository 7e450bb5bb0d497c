"""Points that came to another account, or at another instant, than they must have, are found."""

import pytest
from attrs import evolve
from tests.engine.test_verify_finds_damaged_money import Lie, each, problems, without

from distcore import engine
from distcore.commission import ByTier, FirstOrder, FixedPerOrder, Points, Pool, Rule, TierWeight
from distcore.engine import Completion
from distcore.kernel import ComponentId, MemberId, OriginKind, Rate, RuleId, SaleId
from distcore.ledger import POINTS, Transfer
from distcore.memory import MemoryStore
from distcore.testing.builders import Shop, a_cancellation, a_chain, a_plan, a_policy, a_sale, day, levels
from distcore.testing.money import an_adjustment

THANKS = Rule(RuleId("thanks"), FixedPerOrder(0))
POOL = Pool(ComponentId("pool"), Rate.parse("1%"), ByTier((TierWeight("", 1),)))


def a_shop_with_points() -> Shop:
    """Return a shop with points of an order that was released and then cancelled, of one that is frozen, of
    an adjustment, and of a period of a plan in points."""
    welcome = FirstOrder(ComponentId("welcome"), (THANKS,), gift=Points(500))
    policy = a_policy(currencies=("CNY", "POINT"))
    members = (*a_chain("ann", "ben"), a_chain("ann", "cai")[1])
    shop = Shop.open(MemoryStore("shop"), a_plan(levels("10%"), welcome), members, policy)
    monthly = a_plan(levels("10%"), currency="POINT", id="in points")
    shop.do(engine.set_plan, evolve(monthly, period_components=(POOL,)))
    for number, buyer in enumerate(("ben", "cai"), 1):
        shop.do(engine.accrue, a_sale(f"order {number}", buyer), at=day(11))
    shop.do(engine.complete, Completion(SaleId("order 1"), day(11)), at=day(11))
    shop.do(engine.release, at=day(20))
    shop.do(engine.cancel, a_cancellation("order 1", day(22)), at=day(25))
    shop.do(engine.adjust, an_adjustment("points", "ann", 7, currency="POINT"))
    shop.do(engine.accrue, a_sale("order 3", "ben", currency="POINT"))
    shop.do(engine.accrue_period, "POINT", "2017-01")
    return shop


def of(kind: OriginKind, ref: str = "order 1", **changed: object) -> Lie:
    """Return the lie that changes transfers of an origin."""
    return each(lambda one: one.origin.kind is kind and one.origin.ref == ref, **changed)


def test_points_are_sound() -> None:
    shop = a_shop_with_points()
    assert problems(shop) == []
    assert shop.accounts("ann", "POINT") == {"points_issued": -1_541, "frozen": 1_500, "points": 41}


@pytest.mark.parametrize(
    ("lie", "origin"),
    [
        (of(OriginKind.POINTS, valid_at=day(20)), "sale order 1/0"),
        (of(OriginKind.POINTS, amount_minor=499), "sale order 1/0"),
        (of(OriginKind.POINTS, payee=MemberId("ben")), "sale order 1/0"),
        (without(lambda one: one.origin.kind is OriginKind.POINTS), "sale order 1/0"),
        (of(OriginKind.SALE, valid_at=day(18)), "sale order 1/1"),
        (of(OriginKind.ADJUSTMENT, "points", valid_at=day(11)), "adjustment points/0"),
        (of(OriginKind.PERIOD, "2017-01", valid_at=day(11)), "period 2017-01/0"),
    ],
)
def test_points_that_came_at_another_time(lie: Lie, origin: str) -> None:
    assert problems(a_shop_with_points(), "transfers", "of_origins", lie) == [
        f"points of {origin}: did not come, or not when they must have"
    ]


def test_points_that_came_twice() -> None:
    def twice(found: list[Transfer]) -> list[Transfer]:
        return [*found, *(one for one in found if POINTS in {one.debit, one.credit})]

    found = problems(a_shop_with_points(), "transfers", "of_origins", twice)
    assert [each.partition(":")[0] for each in found if each.startswith("points")] == [
        "points of sale order 1/0",
        "points of sale order 1/1",
        "points of period 2017-01/0",
        "points of adjustment points/0",
    ]
