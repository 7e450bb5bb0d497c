"""A label names one period, and only labels do."""

from zoneinfo import ZoneInfo

import pytest

from distcore.kernel import (
    Cadence,
    Calendar,
    InputError,
    format_instant,
    next_period,
    parse_instant,
    parse_period,
    period_of,
    periods_between,
)

UTC = Calendar(ZoneInfo("UTC"))
SUNDAYS = Calendar(ZoneInfo("America/New_York"), week_start=6)


@pytest.mark.parametrize(
    ("label", "start", "end"),
    [
        ("2017", "2017-01-01T00:00:00Z", "2018-01-01T00:00:00Z"),
        ("2017-Q1", "2017-01-01T00:00:00Z", "2017-04-01T00:00:00Z"),
        ("2017-Q4", "2017-10-01T00:00:00Z", "2018-01-01T00:00:00Z"),
        ("2017-02", "2017-02-01T00:00:00Z", "2017-03-01T00:00:00Z"),
        ("2017-12", "2017-12-01T00:00:00Z", "2018-01-01T00:00:00Z"),
        ("2017-03-H1", "2017-03-01T00:00:00Z", "2017-03-16T00:00:00Z"),
        ("2017-03-H2", "2017-03-16T00:00:00Z", "2017-04-01T00:00:00Z"),
        ("2016-02-29", "2016-02-29T00:00:00Z", "2016-03-01T00:00:00Z"),
        ("week-2017-03-06", "2017-03-06T00:00:00Z", "2017-03-13T00:00:00Z"),
    ],
)
def test_by_example(label: str, start: str, end: str) -> None:
    period = parse_period(label, UTC)
    assert (str(period), format_instant(period.start), format_instant(period.end)) == (label, start, end)


def test_the_week_starts_where_the_shop_says() -> None:
    instant = parse_instant("2017-03-12T12:00:00Z")
    assert str(period_of(instant, Cadence.WEEKLY, UTC)) == "week-2017-03-06"
    week = period_of(instant, Cadence.WEEKLY, SUNDAYS)
    assert str(week) == "week-2017-03-12"
    assert (format_instant(week.start), format_instant(week.end)) == (
        "2017-03-12T05:00:00Z",
        "2017-03-19T04:00:00Z",
    )
    with pytest.raises(InputError, match=r"^period: not the first day of a week: 'week-2017-03-06'"):
        parse_period("week-2017-03-06", SUNDAYS, "period")


def test_a_span_that_starts_and_ends_within_periods() -> None:
    start, end = parse_instant("2017-01-31T12:00:00Z"), parse_instant("2017-04-01T00:00:00Z")
    months = [str(month) for month in periods_between(start, end, Cadence.MONTHLY, UTC)]
    assert months == ["2017-01", "2017-02", "2017-03"]


@pytest.mark.parametrize(
    "label",
    [
        "",
        "17",
        "2017-Q0",
        "2017-Q5",
        "2017-13",
        "2017-00",
        "2017-H1",
        "2017-03-H3",
        "2017-02-29",
        "2017-Q1-05",
        "week-2017",
        "week-2017-02-30",
        "Week-2017-03-06",
        "2017-W10",
        "1968",
        "0000",
        "9999-01-02",
        "2017-03 ",
        "2017\n",
        "２０１７",
        "2017" * 10**5,
        2017,
        None,
    ],
)
def test_what_is_not_a_label(label: object) -> None:
    with pytest.raises(InputError, match=r"^period: not a period: .* \(like 2017, "):
        parse_period(label, UTC, "period")


@pytest.mark.parametrize("week_start", [-1, 7, True, "monday", None])
def test_a_week_has_seven_days(week_start: int) -> None:
    with pytest.raises(InputError, match=r"^week_start: "):
        Calendar(ZoneInfo("UTC"), week_start)


def test_the_cadence_is_that_of_the_label() -> None:
    with pytest.raises(AssertionError, match="2017 is not monthly"):
        next_period(parse_period("2017", UTC), Cadence.MONTHLY, UTC)
