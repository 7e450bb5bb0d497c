"""Points that are held at the end of a period weigh in its pools, as far as they are known by then."""

from datetime import timedelta
from itertools import count
from typing import Final

import pytest
from attrs import evolve
from tests.builders import CNY, SHANGHAI, Shop, day, month, newcomer, percent, plan, refund, sale, shop
from tests.periods import JANUARY, MARCH, PARTS, a_monthly_plan, a_monthly_shop, accrued, buys, worth, wrong

from distcore import engine
from distcore.commission import (
    ByPoints,
    ByTier,
    FirstOrder,
    FixedPerOrder,
    Freeze,
    Ladder,
    PeriodReason,
    Points,
    Pool,
    PoolBasis,
    Rule,
    TierWeight,
    tell_period,
)
from distcore.engine import Completion, simulate
from distcore.kernel import (
    POINT,
    ComponentId,
    InputError,
    Instant,
    MemberId,
    PlanId,
    Rate,
    RuleId,
    SaleId,
    ShopPolicy,
    limits,
)
from distcore.memory.ledger import MemoryTransfers
from distcore.referral import State
from distcore.testing.money import an_adjustment

HELD: Final = evolve(PARTS, weights=ByPoints())
"""1 % of what a period sold, by points: 12.00 of the 1,200.00 of January."""

WELCOME: Final = FirstOrder(
    ComponentId("welcome"), (Rule(RuleId("thanks"), FixedPerOrder(0)),), gift=Points(300)
)
END: Final = month().end
SOON: Final = timedelta(microseconds=1)
_numbers = count()


def given(found: Shop, payee: str, points: int, valid_at: Instant = JANUARY) -> None:
    """Give points by decision, or take them."""
    one = an_adjustment(f"a{next(_numbers)}", payee, points, currency="POINT", valid_at=valid_at)
    found.do(engine.adjust, one, at=MARCH)


def a_shop_of_points(**points: int) -> Shop:
    found = a_monthly_shop(HELD)
    for payee, number in points.items():
        given(found, payee, number)
    return found


def test_points_weigh_and_who_owes_any_weighs_nothing() -> None:
    found = a_shop_of_points(ann=100, ben=-400, cai=300)
    accrued(found)
    assert worth(found) == {"parts": {"ann": 300, "cai": 900}}
    assert accrued(found).posting is None
    assert wrong(found) == []


def test_what_is_held_before_the_very_end_counts() -> None:
    found = a_shop_of_points(ann=100)
    given(found, "ben", 100, END - SOON)
    given(found, "cai", 100, END)
    accrued(found)
    assert worth(found) == {"parts": {"ann": 600, "ben": 600}}


def test_what_is_told_of_late_counts_when_the_period_is_accrued_again() -> None:
    found = a_shop_of_points(ann=100)
    accrued(found)
    given(found, "cai", 300, END)
    assert accrued(found).posting is None
    given(found, "cai", 200, day(2))
    assert accrued(found).posting is not None
    assert worth(found) == {"parts": {"ann": 400, "cai": 800}}
    given(found, "ann", -100, day(3))
    accrued(found)
    assert worth(found) == {"parts": {"cai": 1_200}}
    assert wrong(found) == []


def test_whoever_is_no_member_at_the_end_weighs_nothing() -> None:
    """Nor is anybody who was told of later, or is terminated; of who is suspended nobody has the part."""
    found = a_shop_of_points(ann=100, ben=100, cai=100)
    found.do(engine.join, newcomer("dan", joined_at=END), at=MARCH)
    found.do(engine.join, newcomer("eve"), at=MARCH)
    given(found, "dan", 1_000)
    found.do(engine.set_state, "ben", State.TERMINATED, at=MARCH, valid_from=day(5))
    found.do(engine.set_state, "cai", State.SUSPENDED, at=MARCH, valid_from=day(5))
    accrued(found)
    found.do(engine.join, newcomer("zoe"), at=MARCH + SOON)
    for payee in ("eve", "zoe"):
        one = an_adjustment(payee, payee, 200, currency="POINT", valid_at=JANUARY)
        found.do(engine.adjust, one, at=MARCH + SOON)
    accrued(found, at=MARCH + SOON)
    assert worth(found) == {"parts": {"ann": 300, "eve": 600}}
    assert accrued(found, at=MARCH + SOON).posting is None


# ---- gifts


def a_shop_of_gifts(days: int = 7) -> Shop:
    """Return a shop in which `ann` and `ben` have 300 points each for the first order of a customer."""
    members = [newcomer("ann"), newcomer("ben"), newcomer("cai", "ann"), newcomer("dan", "ben")]
    gifts = evolve(plan(percent("10%", 1)), components=(WELCOME,), period_components=(HELD,))
    found = shop(*members, plan=evolve(gifts, freeze=Freeze(days)))
    for buyer in ("cai", "dan"):
        buys(found, buyer, 60_000, id=f"of {buyer}")
        found.do(engine.complete, Completion(SaleId(f"of {buyer}"), JANUARY), at=MARCH)
    return found


@pytest.mark.parametrize("released_at", [day(17), END - SOON, MARCH])
def test_gifts_count_once_they_are_released_from_the_end_of_their_freeze_on(released_at: Instant) -> None:
    """At whatever hour that is: what was released after the run counts in the next one."""
    found = a_shop_of_gifts()
    accrued(found)
    assert worth(found) == {}
    found.do(engine.release, at=released_at)
    accrued(found)
    assert worth(found) == {"parts": {"ann": 600, "ben": 600}}
    assert wrong(found) == []


def test_a_freeze_that_ends_with_the_period_ends_after_it() -> None:
    found = a_shop_of_gifts(days=30)
    found.do(engine.release, at=MARCH)
    found.do(engine.accrue_period, "CNY", "2026-01", at=MARCH)
    assert worth(found) == {}


@pytest.mark.parametrize(
    ("refunded_at", "parts"), [(END - SOON, {"ben": 600}), (END, {"ann": 300, "ben": 300})]
)
def test_a_refund_that_takes_points_back_changes_the_period_in_which_it_happened(
    refunded_at: Instant, parts: dict[str, int]
) -> None:
    """Half of what was sold goes back in any case; points that come back later were held at the end."""
    found = a_shop_of_gifts()
    found.do(engine.release, at=day(20))
    accrued(found)
    assert worth(found) == {"parts": {"ann": 600, "ben": 600}}
    back = refund(("1", 1, 60_000), of="of cai", refunded_at=refunded_at)
    found.do(engine.refund, back, at=MARCH)
    assert accrued(found).posting is not None
    assert worth(found) == {"parts": parts}
    assert accrued(found).posting is None
    assert wrong(found) == []


# ---- plans in points


def test_what_a_plan_in_points_pays_weighs_in_the_pool_of_another() -> None:
    """By sales since the end of their freeze, and by the period since its last instant."""
    members = (newcomer("ann"), newcomer("ben", "ann"))
    policy = ShopPolicy(SHANGHAI, (CNY, POINT))
    found = shop(*members, plan=a_monthly_plan(HELD), policy=policy)
    everybody = Pool(ComponentId("all"), Rate.parse("1%"), ByTier((TierWeight("", 1),)))
    in_points = evolve(a_monthly_plan(everybody), id=PlanId("in points"), currency=POINT)
    found.do(engine.set_plan, in_points)
    buys(found, "ben", 100_000)
    bought = sale(id="in points", buyer="ben", paid_at=JANUARY, currency="POINT")
    found.do(engine.accrue, bought, at=MARCH)
    found.do(engine.complete, Completion(SaleId("in points"), JANUARY), at=MARCH)
    accrued(found)
    assert worth(found) == {}
    found.do(engine.release, at=MARCH)
    accrued(found)
    assert worth(found) == {"parts": {"ann": 1_000}}
    found.do(engine.accrue_period, "POINT", "2026-01", at=MARCH)
    accrued(found)
    assert worth(found) == {"parts": {"ann": 955, "ben": 45}}
    assert wrong(found) == []


def test_a_plan_in_points_is_not_published_with_a_pool_by_points() -> None:
    found = shop(newcomer("ann"), plan=plan(percent("10%", 1)), policy=ShopPolicy(SHANGHAI, (CNY, POINT)))
    by = evolve(a_monthly_plan(HELD), id=PlanId("in points"), currency=POINT)
    (problem,) = found.problems(engine.set_plan, by)
    assert problem.startswith("$.period_components[0].weights: what it pays in points would weigh")
    with pytest.raises(InputError, match="would weigh in the same period"):
        found.ask(simulate, by)


# ---- why


def test_what_somebody_has_of_a_pool_says_the_points_and_those_of_all() -> None:
    found = a_shop_of_points(ann=100, ben=-400, cai=300)
    accrued(found)
    told = {each: found.ask(engine.explain_period, CNY, "2026-01", MemberId(each)) for each in ("ann", "ben")}
    (share,) = told["ann"].shares
    assert share.share is not None
    assert share.share.basis == PoolBasis(1_200, 100, 400, 0)
    assert tell_period(share.share, "2026-01", CNY) == (
        "ann gets 3.00 CNY by parts for 2026-01; 100 of 400 parts of a pool of 12.00 CNY"
    )
    assert [(each.amount_minor, each.reason) for each in told["ben"].shares] == [(0, PeriodReason.NO_POINTS)]


# ---- who asks, and what can't be


def test_points_are_read_only_where_a_pool_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MemoryTransfers, "held", lambda *_: pytest.fail("points are read"))
    found = a_monthly_shop()
    given(found, "ann", 100)
    assert accrued(found).posting is not None
    assert found.ask(simulate, a_monthly_plan()).cost.total_minor
    assert isinstance(a_monthly_plan().period_components[0], Ladder)


def test_points_that_no_64_bits_hold_freeze_no_plan() -> None:
    found = a_shop_of_points(ann=1)
    with found.store.begin() as tx:
        one = next(each for each in tx.transfers.all() if each.currency == POINT)
        origin = evolve(one.origin, ref="more")
        tx.transfers.add([evolve(one, origin=origin, amount_minor=limits.TOTAL_MINOR_MAX)])
    (problem,) = found.problems(engine.accrue_period, "CNY", "2026-01", at=MARCH)
    assert "64 bits" in problem
    with found.store.begin() as tx:
        assert list(tx.period_runs.all()) == []
