"""Periods are closed one by one, each once, and none before it has ended."""

import pytest
from attrs import evolve
from tests.money import CNY, POLICY, a_shop, close, figures, give, on

from distcore import engine
from distcore.kernel import (
    Cadence,
    Currency,
    InputError,
    Instant,
    RefusedError,
    ShopPolicy,
    Weekday,
    parse_instant,
    zone_of,
)
from distcore.settlement import Closing, ClosingState, Review
from distcore.testing.builders import Shop

USD = Currency("USD")
WEEKLY = evolve(POLICY, policy_version=2, cadence=Cadence.WEEKLY)
DAILY = evolve(POLICY, policy_version=2, cadence=Cadence.DAILY)


def closed(*labels: str) -> Shop:
    shop = a_shop()
    for label in labels:
        close(shop, label)
    return shop


def span(closing: Closing) -> tuple[str, Instant, Instant]:
    return closing.period.label, closing.period.start, closing.period.end


def test_a_closing_says_what_was_closed_by_whom_and_when() -> None:
    closing = close(a_shop(), "2026-01", on("2026-02-01 10:00"), actor="ann of accounting")

    assert closing.number == 1
    assert span(closing) == ("2026-01", on("2026-01-01"), on("2026-02-01"))
    assert closing.state is ClosingState.APPROVED
    assert (closing.actor, closing.drafted_at) == ("ann of accounting", on("2026-02-01 10:00"))


def test_a_period_that_has_not_ended_is_not_closed() -> None:
    shop = a_shop()

    assert shop.refused(engine.close_period, CNY, "2026-01", at=on("2026-01-31 23:59")) == "period_not_ended"
    assert shop.refused(engine.close_period, CNY, "2026-01", at=on("2026-02-01")) == ""


@pytest.mark.parametrize("label", ["2026-03", "2025-12", "2026-02-01", "2026", "week-2026-02-02"])
def test_no_period_is_closed_out_of_order(label: str) -> None:
    shop = closed("2026-01")

    assert shop.refused(engine.close_period, CNY, label, at=on("2027-02-01")) == "period_out_of_order"


def test_a_period_that_is_closed_is_not_closed_again() -> None:
    shop = closed("2026-01")
    give(shop, "ann", 1_000, on("2026-01-20"))
    before = shop.dump()

    again = close(shop, "2026-01", on("2026-03-01"))

    assert again.number == 1
    assert again.drafted_at == on("2026-02-01 10:00")
    assert [line for line in shop.dump().splitlines() if not line.startswith("command")] == [
        line for line in before.splitlines() if not line.startswith("command")
    ]


def test_the_next_period_needs_no_name() -> None:
    shop = closed("2026-01")

    assert close(shop, when=on("2026-03-01")).period.label == "2026-02"
    assert shop.refused(engine.close_period, CNY, at=on("2026-03-31")) == "period_not_ended"
    assert close(shop, when=on("2026-04-01")).period.label == "2026-03"


def test_the_first_period_without_a_name_is_the_last_one_that_has_ended() -> None:
    assert close(a_shop(), when=on("2026-04-01")).period.label == "2026-03"
    assert close(a_shop(), when=on("2026-04-30 23:59")).period.label == "2026-03"


def test_everything_before_the_first_period_is_on_its_statement() -> None:
    shop = a_shop()
    for day in ("2026-01-05", "2026-02-05", "2026-03-05"):
        give(shop, "ann", 1_000, on(day))

    close(shop, "2026-02")

    assert figures(shop, 1) == (0, 2_000, 2_000, 0)


@pytest.mark.parametrize("label", ["2025-12", None])
def test_the_first_period_begins_when_a_settlement_policy_is_valid(label: str | None) -> None:
    shop = a_shop()

    refused = shop.refused(engine.close_period, CNY, label, at=on("2026-01-10"))

    assert refused == "no_settlement_policy"


@pytest.mark.parametrize("label", ["2026-01-05", "2026", "2026-01-H1", "week-2026-01-05", "2026-Q1"])
def test_the_first_label_has_the_cadence_of_the_policy(label: str) -> None:
    with pytest.raises(InputError, match=r"^period: "):
        close(a_shop(), label)


def test_without_a_name_the_first_period_begins_under_the_policy_that_closes_it() -> None:
    """January began when months were settled: that a day has ended since gives no first period."""
    shop = a_shop()
    shop.do(engine.set_settlement, evolve(DAILY, valid_from=on("2026-02-01")))

    assert close(shop, when=on("2026-02-03")).period.label == "2026-02-02"

    shop = a_shop(evolve(POLICY, cadence=Cadence.DAILY))
    shop.do(engine.set_settlement, evolve(POLICY, policy_version=2, valid_from=on("2026-01-15")))
    with pytest.raises(InputError, match=r"^period: 2026-01 is no period"):
        close(shop, when=on("2026-02-03"))


def test_a_currency_without_a_settlement_policy_is_not_closed() -> None:
    shop = a_shop(currencies=("CNY", "USD"))

    assert shop.refused(engine.close_period, USD, "2026-01", at=on("2026-03-01")) == "no_settlement_policy"
    assert shop.refused(engine.close_period, USD, at=on("2026-03-01")) == "no_settlement_policy"


def test_currencies_are_closed_each_by_itself() -> None:
    shop = a_shop(evolve(POLICY, review=Review.REVIEWED), currencies=("CNY", "USD"))
    shop.do(engine.set_settlement, evolve(POLICY, currency=USD))
    close(shop, "2026-01")

    closing = shop.do(engine.close_period, USD, "2026-02", at=on("2026-03-01"))

    assert (closing.number, closing.period.label, closing.state) == (2, "2026-02", ClosingState.APPROVED)
    assert shop.refused(engine.close_period, CNY, "2026-02", at=on("2026-03-01")) == "draft_waits"


def test_a_change_of_cadence_leaves_no_gap() -> None:
    """Months until February, whose last day is a Saturday; then weeks, the first of which is a day."""
    shop = closed("2026-01", "2026-02")
    shop.do(engine.set_settlement, evolve(WEEKLY, valid_from=on("2026-03-01")))
    shop.do(engine.set_settlement, evolve(POLICY, policy_version=3, valid_from=on("2026-03-09")))

    spans = [span(close(shop, when=on("2026-05-01"))) for _ in range(4)]

    assert spans == [
        ("from-2026-03-01", on("2026-03-01"), on("2026-03-02")),
        ("week-2026-03-02", on("2026-03-02"), on("2026-03-09")),
        ("from-2026-03-09", on("2026-03-09"), on("2026-04-01")),
        ("2026-04", on("2026-04-01"), on("2026-05-01")),
    ]


def test_a_policy_takes_over_with_the_first_period_that_begins_in_its_time() -> None:
    shop = closed("2026-01")
    shop.do(engine.set_settlement, evolve(DAILY, valid_from=on("2026-02-02")))

    versions = [close(shop, when=on("2026-04-01")) for _ in range(2)]

    assert [(each.period.label, each.policy_version) for each in versions] == [
        ("2026-02", 1),
        ("2026-03-01", 2),
    ]


def test_days_of_23_and_25_hours_are_closed_as_days() -> None:
    shop = a_shop(evolve(POLICY, cadence=Cadence.DAILY), zone="America/New_York")
    shop.do(engine.close_period, CNY, "2026-03-07", at=on("2026-12-01"))
    march = shop.do(engine.close_period, CNY, at=on("2026-12-01"))

    assert span(march) == (
        "2026-03-08",
        parse_instant("2026-03-08T00:00:00-05:00"),
        parse_instant("2026-03-09T00:00:00-04:00"),
    )

    shop = a_shop(evolve(POLICY, cadence=Cadence.DAILY), zone="America/New_York")
    november = shop.do(engine.close_period, CNY, "2026-11-01", at=on("2026-12-01"))
    assert (november.period.end - november.period.start).total_seconds() == 25 * 3_600


@pytest.mark.parametrize(
    ("moment", "closing"),
    [("2026-03-08T23:59:59.999999-04:00", 1), ("2026-03-09T00:00:00-04:00", 2)],
)
def test_a_fact_belongs_to_the_day_of_the_shop_in_which_it_was_released(moment: str, closing: int) -> None:
    shop = a_shop(evolve(POLICY, cadence=Cadence.DAILY), zone="America/New_York")
    give(shop, "ann", 1_000, parse_instant(moment))

    for label in ("2026-03-08", "2026-03-09"):
        shop.do(engine.close_period, CNY, label, at=on("2026-12-01"))

    assert figures(shop, closing) == (0, 1_000, 1_000, 0)


def test_a_closed_week_keeps_its_name_when_weeks_begin_on_another_day() -> None:
    shop = a_shop(evolve(POLICY, cadence=Cadence.WEEKLY))
    first = close(shop, "week-2026-01-05")
    shop.do(engine.set_policy, ShopPolicy(zone_of("Asia/Shanghai"), (CNY,), Weekday.SUNDAY))

    assert shop.do(engine.close_period, CNY, "week-2026-01-05", at=on("2026-02-01")) == first
    assert span(close(shop, when=on("2026-02-01"))) == (
        "from-2026-01-12",
        on("2026-01-12"),
        on("2026-01-18"),
    )


def test_a_shop_that_moves_west_closes_the_hours_that_come_again_by_themselves() -> None:
    """At midnight in Shanghai it is still January in New York; a label names one closing."""
    shop = closed("2026-01")
    shop.do(engine.set_policy, ShopPolicy(zone_of("America/New_York"), (CNY,)))

    hours, february = (span(close(shop, when=on("2026-04-01"))) for _ in range(2))

    assert hours == ("from-2026-01-31", on("2026-02-01"), parse_instant("2026-02-01T00:00:00-05:00"))
    assert february == ("2026-02", hours[2], parse_instant("2026-03-01T00:00:00-05:00"))
    assert shop.do(engine.close_period, CNY, "2026-01", at=on("2026-04-01")).number == 1
    assert shop.do(engine.close_period, CNY, "from-2026-01-31", at=on("2026-04-01")).number == 2


def test_a_shop_that_moves_east_closes_a_month_that_is_short() -> None:
    shop = a_shop(zone="America/New_York")
    shop.do(engine.close_period, CNY, "2026-02", at=on("2026-04-01"))
    shop.do(engine.set_policy, ShopPolicy(zone_of("Asia/Shanghai"), (CNY,)))

    march = close(shop, when=on("2026-04-01"))

    assert span(march) == ("from-2026-03-01", parse_instant("2026-03-01T00:00:00-05:00"), on("2026-04-01"))


def test_a_closing_that_nobody_made_is_refused() -> None:
    shop = a_shop()

    assert shop.refused(engine.approve_closing, 7) == "closing_unknown"
    assert shop.refused(engine.reject_closing, 7, "wrong") == "closing_unknown"
    with shop.store.begin() as tx, pytest.raises(RefusedError, match=r"^closing_unknown: "):
        engine.closing_of(tx, 7)
