"""Whoever asks for a period by its label means the period that is closed under it."""

from datetime import date
from typing import Any

import pytest
from attrs import evolve
from tests.money import CNY, POLICY, a_shop, close, on

from distcore import engine
from distcore.kernel import (
    Cadence,
    Currency,
    EveryDays,
    InputError,
    OnDates,
    Period,
    Rhythm,
    ShopPolicy,
    Weekday,
    zone_of,
)
from distcore.settlement import Review, SettlementPolicy
from distcore.testing.builders import Shop

JPY = Currency("JPY")
TEN_DAYS = EveryDays(10, date(2026, 1, 5))
DATES = OnDates((date(2026, 1, 20), date(2026, 4, 20), date(2026, 5, 1)))
LIKE = "like 2017, 2017-Q1, 2017-03 or 2017-03-05"


def settled(rhythm: Rhythm, **changed: Any) -> SettlementPolicy:
    return evolve(POLICY, cadence=rhythm, **changed)


def named(shop: Shop, label: str, currency: Currency | None = None) -> Period:
    with shop.store.begin() as tx:
        return engine.period_named(tx, label, currency)


def refused(shop: Shop, label: str, currency: Currency | None = None) -> str:
    with pytest.raises(InputError) as caught:
        named(shop, label, currency)
    return str(caught.value)


def closed(shop: Shop, *labels: str | None) -> list[Period]:
    """Return what was closed; each was named the same before, where its label was known."""
    found = []
    for label in labels:
        before = label and named(shop, label)
        period = close(shop, label, on("2026-12-01")).period
        assert before in {None, period}
        found.append(period)
    return found


@pytest.mark.parametrize(
    ("rhythm", "labels"),
    [
        (TEN_DAYS, ("from-2026-01-15", "from-2026-01-25", "from-2026-02-04")),
        (DATES, ("from-2026-01-20", "from-2026-04-20")),
        (Cadence.WEEKLY, ("week-2026-01-05", "week-2026-01-12")),
        (Cadence.HALF_MONTHLY, ("2026-01-H1", "2026-01-H2")),
    ],
)
def test_a_rhythm_names_what_was_closed_and_what_was_not(rhythm: Rhythm, labels: tuple[str, ...]) -> None:
    shop = a_shop(settled(rhythm))

    periods = closed(shop, *labels)

    assert [period.label for period in periods] == list(labels)
    assert [named(shop, label) for label in labels] == periods


def test_periods_before_and_after_those_that_can_be_closed_have_names_too() -> None:
    """What lies before the first policy is divided as that one says, and what is to come as the last one."""
    shop = a_shop(settled(TEN_DAYS))
    assert named(shop, "from-2025-12-26").start == on("2025-12-26")
    assert named(shop, "from-2026-12-01").end == on("2026-12-11")

    shop = a_shop(settled(DATES))
    assert named(shop, "before-2026-01-20").end == named(shop, "from-2026-01-20").start


def test_a_change_of_rhythm_leaves_every_period_its_name() -> None:
    shop = a_shop(settled(TEN_DAYS))
    periods = closed(shop, "from-2026-01-15")
    monthly = settled(Cadence.MONTHLY, policy_version=2, valid_from=on("2026-01-20"))
    shop.do(engine.set_settlement, monthly)

    periods += closed(shop, None, "2026-02")

    assert [period.label for period in periods] == ["from-2026-01-15", "from-2026-01-25", "2026-02"]
    assert (periods[1].start, periods[1].end) == (on("2026-01-25"), on("2026-02-01"))
    assert [named(shop, period.label) for period in periods] == periods
    assert refused(shop, "from-2026-02-04") == (
        f"period: not a period: 'from-2026-02-04' ({LIKE}; CNY: that day is in 2026-02)"
    )


def test_what_is_closed_next_has_a_name_before_it_is_closed() -> None:
    """It is what is left of a month after ten days."""
    shop = a_shop(settled(TEN_DAYS))
    closed(shop, "from-2026-01-15")
    shop.do(engine.set_settlement, settled(Cadence.MONTHLY, policy_version=2, valid_from=on("2026-01-25")))

    before = named(shop, "from-2026-01-25")

    assert before.end == on("2026-02-01")
    assert close(shop, "from-2026-01-25", on("2026-03-01")).period == before


def test_a_closed_week_keeps_its_name_when_weeks_begin_on_another_day() -> None:
    shop = a_shop(settled(Cadence.WEEKLY))
    (week,) = closed(shop, "week-2026-01-05")

    shop.do(engine.set_policy, ShopPolicy(zone_of("Asia/Shanghai"), (CNY,), Weekday.SUNDAY))

    assert named(shop, "week-2026-01-05") == week
    assert refused(shop, "week-2026-01-12") == (
        "period: not a period: 'week-2026-01-12' (that day is in week-2026-01-11)"
    )


def test_a_closing_that_was_rejected_names_nothing() -> None:
    shop = a_shop(settled(TEN_DAYS, review=Review.REVIEWED))
    close(shop, "from-2026-01-15", on("2026-12-01"))
    shop.do(engine.reject_closing, 1, "another rhythm", actor="boss", at=on("2026-12-01"))
    shop.do(engine.set_settlement, settled(EveryDays(10, date(2026, 1, 4)), policy_version=2))

    assert refused(shop, "from-2026-01-15").endswith(f"({LIKE}; CNY: that day is in from-2026-01-14)")


def test_a_label_of_two_currencies_is_one_period_or_asks_which() -> None:
    shop = a_shop(settled(TEN_DAYS), currencies=("CNY", "JPY"))
    shop.do(engine.set_settlement, settled(TEN_DAYS, currency=JPY))
    assert named(shop, "from-2026-01-15").end == on("2026-01-25")

    weeks = settled(EveryDays(7, date(2026, 1, 15)), currency=JPY, policy_version=2)
    shop.do(engine.set_settlement, weeks)

    assert refused(shop, "from-2026-01-15") == (
        "period: from-2026-01-15 is not the same period in CNY and JPY (name the currency)"
    )
    assert named(shop, "from-2026-01-15", CNY).end == on("2026-01-25")
    assert named(shop, "from-2026-01-15", JPY).end == on("2026-01-22")
    assert named(shop, "from-2026-01-22") == named(shop, "from-2026-01-22", JPY)
    assert named(shop, "2026-01") == named(shop, "2026-01", JPY)


@pytest.mark.parametrize(
    ("label", "currency", "hint"),
    [
        ("from-2026-01-16", None, f"{LIKE}; CNY: that day is in from-2026-01-15"),
        ("2026-13", None, f"{LIKE}; CNY: like from-2026-01-05"),
        ("from-2026-01-15", JPY, f"{LIKE}; JPY: it has no settlement policy"),
    ],
)
def test_what_is_no_period_is_refused_with_what_would_be_one(
    label: str, currency: Currency | None, hint: str
) -> None:
    shop = a_shop(settled(TEN_DAYS), currencies=("CNY", "JPY"))
    assert refused(shop, label, currency) == f"period: not a period: '{label}' ({hint})"


def test_a_hint_does_not_say_twice_what_months_are_like() -> None:
    assert refused(a_shop(), "from-2026-01-15") == f"period: not a period: 'from-2026-01-15' ({LIKE})"


def test_what_is_malformed_is_refused() -> None:
    assert refused(a_shop(), "", Currency("cny")).splitlines()[0].startswith("period: ")
    assert refused(a_shop(), "2026-01", Currency("cny")).startswith("currency: ")
