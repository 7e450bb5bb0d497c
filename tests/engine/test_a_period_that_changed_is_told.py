"""Which accrued periods something was posted about since is told, and nothing is calculated for it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from attrs import evolve
from tests.builders import CNY, SHANGHAI, Shop, line, month, newcomer, percent, plan, sale, shop
from tests.periods import JANUARY, MARCH, PARTS, TEAMS, a_monthly_plan, a_monthly_shop, buys

from distcore import engine
from distcore.commission import (
    ByPoints,
    ByTier,
    Cancellation,
    FirstOrder,
    FixedPerOrder,
    Points,
    Pool,
    PriceCorrection,
    PriceLine,
    Refund,
    RefundLine,
    Rule,
    TierWeight,
)
from distcore.engine import NewPin
from distcore.kernel import (
    POINT,
    ComponentId,
    Currency,
    InputError,
    Instant,
    LineId,
    PlanId,
    PriceCorrectionId,
    Rate,
    RefundId,
    RuleId,
    SaleId,
    ShopPolicy,
    parse_instant,
)
from distcore.memory.ledger import MemoryTransfers
from distcore.referral import State
from distcore.testing.money import an_adjustment

LATER = MARCH + timedelta(hours=1)
LAST = MARCH + timedelta(hours=2)
FEBRUARY = parse_instant("2026-02-10T00:00:00Z")


def a_shop() -> Shop:
    """Return a shop that has accrued January and February, the second one with nothing sold."""
    found = a_monthly_shop()
    for label in ("2026-01", "2026-02"):
        accrued(found, label)
    return found


def accrued(found: Shop, label: str, at: Instant = MARCH) -> engine.AccruedPeriod:
    return found.do(engine.accrue_period, CNY, label, at=at)


def changed(found: Shop) -> dict[str, Instant]:
    """Return the periods that something was posted about since, with when."""
    states = found.ask(engine.period_states)
    return {each.run.period.label: each.changed_at for each in states if each.changed_at is not None}


def refunded(found: Shop, at: Instant = LATER) -> None:
    refund = Refund(RefundId("r1"), SaleId("cai 90000"), (RefundLine(LineId("1"), 0, 1_000),), JANUARY)
    found.do(engine.refund, refund, at=at)


def cancelled(found: Shop) -> None:
    found.do(engine.cancel, Cancellation(SaleId("ben 30000"), MARCH), at=LATER)


def repriced(found: Shop) -> None:
    lines = (PriceLine(LineId("1"), 91_000),)
    price = PriceCorrection(PriceCorrectionId("p1"), SaleId("cai 90000"), lines, MARCH)
    found.do(engine.correct_price, price, at=LATER)


def imported(found: Shop, paid_at: Instant = JANUARY) -> None:
    found.do(engine.accrue, sale(line(), id="late", buyer="cai", paid_at=paid_at), at=LATER)


def repinned(found: Shop) -> None:
    """Pin what was sold to another version; where that is as good, only the pin is posted."""
    found.do(engine.set_plan, evolve(a_monthly_plan(), plan_version=2))
    pin = NewPin(PlanId("plan"), 2, "a rate came late", "boss")
    found.do(engine.recompute, CNY, month(), at=LATER, pin=pin)


@pytest.mark.parametrize("happens", [refunded, cancelled, repriced, imported, repinned])
def test_whatever_is_posted_of_its_sales_counts(happens: Callable[[Shop], None]) -> None:
    found = a_shop()
    assert changed(found) == {}
    happens(found)
    assert changed(found) == {"2026-01": LATER}
    accrued(found, "2026-01", LAST)
    assert changed(found) == {}


def test_what_is_accrued_again_without_a_change_is_up_to_date_too() -> None:
    """A guest's money belongs to nobody's team, so nothing is posted; somebody has looked all the same."""
    found = shop(plan=a_monthly_plan(TEAMS))
    accrued(found, "2026-01")
    found.do(engine.accrue, sale(line(), id="late", buyer="guest", paid_at=JANUARY), at=LATER)
    assert changed(found) == {"2026-01": LATER}
    assert accrued(found, "2026-01", LAST).posting is None
    assert changed(found) == {}
    (state,) = found.ask(engine.period_states)
    assert (state.run.run_at, state.accrued_at) == (MARCH, LAST)


@pytest.mark.parametrize("at", [MARCH, MARCH - timedelta(hours=1)])
def test_what_was_not_seen_is_told_whatever_its_instant(at: Instant) -> None:
    """As of a command that began before the accrual, and ended after it."""
    found = a_shop()
    refunded(found, at=at)
    assert changed(found) == {"2026-01": MARCH}
    assert accrued(found, "2026-01", MARCH).posting is not None
    assert changed(found) == {}
    cancelled(found)
    assert changed(found) == {"2026-01": LATER}


# ---- pools by points

BY_POINTS = evolve(PARTS, weights=ByPoints())
WELCOME = FirstOrder(ComponentId("welcome"), (Rule(RuleId("thanks"), FixedPerOrder(0)),), gift=Points(300))
END = month().end
SOON = timedelta(microseconds=1)


def a_shop_by_points() -> Shop:
    """Return a shop that has accrued January and February, of which it splits pools by points.

    For customers of January `ann` and `ben` have 300 points each, which are not released yet.
    """
    members = (newcomer("ann"), newcomer("ben", "ann"), newcomer("cai", "ben"))
    by_points = evolve(a_monthly_plan(BY_POINTS), components=(WELCOME,))
    found = shop(*members, plan=by_points, policy=ShopPolicy(SHANGHAI, (CNY, POINT)))
    for buyer in ("ben", "cai"):
        buys(found, buyer, 60_000)
        found.do(engine.complete, engine.Completion(SaleId(f"{buyer} 60000"), JANUARY), at=MARCH)
    buys(found, "ann", 60_000, paid_at=FEBRUARY)
    for label in ("2026-01", "2026-02"):
        accrued(found, label)
    return found


def given(found: Shop, valid_at: Instant, at: Instant = LATER) -> None:
    one = an_adjustment("a1", "ben", 900, currency="POINT", valid_at=valid_at)
    found.do(engine.adjust, one, at=at)


def accrued_anew(found: Shop, at: Instant) -> list[str]:
    """Accrue whatever something was posted about, and return of what there was a difference."""
    return [label for label in changed(found) if accrued(found, label, at).posting is not None]


def test_points_that_are_released_are_told() -> None:
    found = a_shop_by_points()
    assert changed(found) == {}
    found.do(engine.release, at=LATER)
    assert changed(found) == {"2026-01": LATER, "2026-02": LATER}
    assert accrued_anew(found, LAST) == ["2026-01", "2026-02"]
    assert changed(found) == {}


@pytest.mark.parametrize(
    ("valid_at", "labels"),
    [
        (JANUARY, ["2026-01", "2026-02"]),
        (END - SOON, ["2026-01", "2026-02"]),
        (END, ["2026-02"]),
        (MARCH, []),
    ],
)
def test_points_that_are_given_by_decision_are_told_of_what_ends_later(
    valid_at: Instant, labels: list[str]
) -> None:
    found = a_shop_by_points()
    given(found, valid_at)
    assert changed(found) == dict.fromkeys(labels, LATER)
    assert accrued_anew(found, LAST) == labels
    assert accrued(found, "2026-01", LAST).posting is None
    assert accrued(found, "2026-02", LAST).posting is None


def test_points_that_are_taken_back_are_told_of_the_month_in_which_that_happened() -> None:
    """And the money of the month in which it was sold."""
    found = a_shop_by_points()
    found.do(engine.release, at=LATER)
    accrued_anew(found, LATER)
    back = Refund(RefundId("r1"), SaleId("cai 60000"), (RefundLine(LineId("1"), 1, 60_000),), FEBRUARY)
    found.do(engine.refund, back, at=LAST)
    assert changed(found) == {"2026-01": LAST, "2026-02": LAST}
    assert accrued_anew(found, LAST + timedelta(hours=1)) == ["2026-01", "2026-02"]


def test_what_a_period_of_a_plan_in_points_pays_is_told() -> None:
    """A period that itself pays points is split by none."""
    found = a_shop_by_points()
    everybody = Pool(ComponentId("all"), Rate.parse("10%"), ByTier((TierWeight("", 1),)))
    in_points = evolve(a_monthly_plan(everybody), id=PlanId("in points"), currency=POINT)
    found.do(engine.set_plan, in_points)
    bought = sale(line(), id="in points", buyer="ben", paid_at=FEBRUARY, currency="POINT")
    found.do(engine.accrue, bought, at=LATER)
    assert changed(found) == {}
    found.do(engine.accrue_period, POINT, "2026-02", at=LATER)
    assert changed(found) == {"2026-02": LATER}
    assert accrued_anew(found, LATER) == ["2026-02"]


def test_points_are_told_by_the_version_that_a_period_goes_by() -> None:
    """What is asked about is what that one rests on, whatever was seen for another one."""
    found = a_shop_by_points()
    given(found, JANUARY)
    by_tier = evolve(BY_POINTS, weights=ByTier((TierWeight("", 1),)))
    by_points = evolve(a_monthly_plan(BY_POINTS), components=(WELCOME,))
    for version, pool in ((2, by_tier), (3, BY_POINTS)):
        found.do(engine.set_plan, evolve(by_points, plan_version=version, period_components=(pool,)))

    def pinned(version: int) -> None:
        pin = NewPin(PlanId("plan"), version, "a mistake", "boss")
        found.do(engine.accrue_period, CNY, "2026-01", at=LAST, pin=pin)

    assert changed(found) == {"2026-01": LATER, "2026-02": LATER}
    pinned(2)
    found.do(engine.release, at=LAST)
    assert changed(found) == {"2026-02": LAST}
    pinned(3)
    assert changed(found) == {"2026-02": LAST}
    found.do(engine.adjust, an_adjustment("a2", "ben", 1, currency="POINT", valid_at=JANUARY), at=LAST)
    assert changed(found) == {"2026-01": LAST, "2026-02": LAST}


def test_points_make_no_difference_where_no_pool_is_split_by_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MemoryTransfers, "all", lambda *_: pytest.fail("transfers are read"))
    found = a_shop()
    given(found, JANUARY)
    assert changed(found) == {}


def test_what_changes_no_period_is_not_told() -> None:
    """Other months, other currencies, and what was decided once."""
    found = a_shop()
    imported(found, paid_at=parse_instant("2026-03-05T00:00:00Z"))
    found.do(engine.set_policy, ShopPolicy(SHANGHAI, (CNY, Currency("USD"))), at=LATER)
    dollars = evolve(plan(percent("1%", 1)), id=PlanId("dollars"), currency=Currency("USD"))
    found.do(engine.set_plan, dollars, at=LATER)
    in_dollars = sale(line(), id="$", buyer="cai", paid_at=JANUARY, currency="USD")
    found.do(engine.accrue, in_dollars, at=LATER)
    found.do(engine.set_state, "ben", State.SUSPENDED, at=LATER, valid_from=JANUARY)
    found.do(engine.complete, engine.Completion(SaleId("cai 90000"), MARCH), at=LATER)
    found.do(engine.recompute, CNY, month(), at=LATER)
    assert changed(found) == {}


def test_each_period_is_told_by_itself() -> None:
    found = a_shop()
    imported(found, paid_at=FEBRUARY)
    assert changed(found) == {"2026-02": LATER}
    refunded(found, at=LAST)
    assert changed(found) == {"2026-01": LAST, "2026-02": LATER}
    accrued(found, "2026-02", LAST)
    assert changed(found) == {"2026-01": LAST}


def test_a_currency_may_be_named() -> None:
    found = a_shop()
    assert [each.run.number for each in found.ask(engine.period_states, CNY)] == [1, 2]
    assert found.ask(engine.period_states, Currency("JPY")) == ()
    with pytest.raises(InputError, match="currency"):
        found.ask(engine.period_states, Currency("yen"))


def test_a_shop_that_accrued_nothing_has_none() -> None:
    assert shop().ask(engine.period_states) == ()


def test_what_is_answered_under_its_key_again_looks_at_nothing() -> None:
    found = a_shop()
    refunded(found)
    first = found.do(engine.accrue_period, CNY, "2026-01", at=LAST, key="k")
    found.do(engine.cancel, Cancellation(SaleId("ben 30000"), MARCH), at=LAST + timedelta(hours=1))
    assert found.do(engine.accrue_period, CNY, "2026-01", at=LAST + timedelta(hours=2), key="k") == first
    assert changed(found) == {"2026-01": LAST + timedelta(hours=1)}
