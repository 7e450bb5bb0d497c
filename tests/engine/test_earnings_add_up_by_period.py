"""Who earned what in a period: by when it happened or when it was posted, in the shop's zone."""

import pytest
from attrs import evolve
from tests.builders import CNY, SHANGHAI, Shop, day, line, month, percent, plan, refund, sale, shop

from distcore import engine
from distcore.commission import Earning, GroupBy
from distcore.kernel import Currency, MemberId, PlanId, ShopPolicy, parse_instant

BEN, ANN = MemberId("ben"), MemberId("ann")
TWO = line("1", 10_000, units=2)


@pytest.fixture(name="shop")
def a_shop() -> Shop:
    """Return a shop with a sale of January, and a refund of January that was posted in February."""
    found = shop(plan=plan(percent("10%", 1), percent("5%", 2)))
    found.do(engine.accrue, sale(TWO), at=day(3))
    found.do(engine.refund, refund(("1", 1, 5_000), refunded_at=day(20)), at=day(35))
    return found


def test_earnings_group_by_when_it_happened(shop: Shop) -> None:
    assert shop.ask(engine.earnings, month("2026-01")) == [
        Earning(ANN, CNY, 500, -250, frozen_minor=250, released_minor=0),
        Earning(BEN, CNY, 1_000, -500, frozen_minor=500, released_minor=0),
    ]
    assert shop.ask(engine.earnings, month("2026-02")) == []


def test_earnings_group_by_when_it_was_posted_if_asked(shop: Shop) -> None:
    by = GroupBy.POSTED
    assert shop.ask(engine.earnings, month("2026-01"), by=by, payee=BEN) == [
        Earning(BEN, CNY, 1_000, 0, frozen_minor=1_000, released_minor=0)
    ]
    assert shop.ask(engine.earnings, month("2026-02"), by=by, payee=BEN) == [
        Earning(BEN, CNY, 0, -500, frozen_minor=-500, released_minor=0)
    ]


def test_earnings_of_one_payee_are_only_theirs(shop: Shop) -> None:
    assert [each.payee for each in shop.ask(engine.earnings, month(), payee=ANN)] == [ANN]
    assert shop.ask(engine.earnings, month(), payee=MemberId("cai")) == []


def test_a_period_ends_at_midnight_of_the_shop() -> None:
    """Midnight in Shanghai is 16:00 in UTC: a sale then is of the next day there."""
    found = shop(plan=plan(percent("10%", 1)))
    for id, paid_at in [("last", "2026-01-31T15:59:59.999999Z"), ("first", "2026-01-31T16:00:00Z")]:
        at = parse_instant("2026-02-05T00:00:00Z")
        found.do(engine.accrue, sale(line("1", 100), id=id, paid_at=parse_instant(paid_at)), at=at)
        found.do(
            engine.accrue, sale(line("1", 1_000), id=f"{id} of year", paid_at=parse_instant(paid_at)), at=at
        )
    assert [each.accrued_minor for each in found.ask(engine.earnings, month("2026-01"))] == [110]
    assert [each.accrued_minor for each in found.ask(engine.earnings, month("2026-02"))] == [110]
    assert [each.accrued_minor for each in found.ask(engine.earnings, month("2026"))] == [220]


def test_currencies_are_never_added_up() -> None:
    yen = Currency("JPY")
    found = shop(plan=plan(percent("10%", 1)), policy=ShopPolicy(SHANGHAI, (CNY, yen)))
    found.do(engine.set_plan, evolve(plan(percent("10%", 1)), id=PlanId("yen"), currency=yen))
    found.do(engine.accrue, sale(line("1", 100)))
    found.do(engine.accrue, sale(line("1", 1_000), id="order 2", currency="JPY"))
    assert [(each.currency, each.accrued_minor) for each in found.ask(engine.earnings, month())] == [
        ("CNY", 10),
        ("JPY", 100),
    ]


def test_what_cancels_out_is_shown_as_long_as_it_moved(shop: Shop) -> None:
    shop.do(engine.refund, refund(("1", 1, 5_000), id="r2", refunded_at=day(21)), at=day(36))
    assert shop.ask(engine.earnings, month(), payee=BEN) == [
        Earning(BEN, CNY, 1_000, -1_000, frozen_minor=0, released_minor=0)
    ]


def test_the_span_of_all_facts_is_known(shop: Shop) -> None:
    assert shop.ask(lambda tx: tx.earnings.span()) == (day(2), day(20))
    assert Shop().ask(lambda tx: tx.earnings.span()) is None
