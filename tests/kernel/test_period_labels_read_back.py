"""A label names one period, and only labels do."""

from collections.abc import Callable
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from distcore.kernel import (
    Cadence,
    Calendar,
    EveryDays,
    InputError,
    OnDates,
    Period,
    Rhythm,
    format_instant,
    next_period,
    parse_instant,
    parse_period,
    period_of,
    periods_between,
    previous_period,
)

Verb = Callable[[Period, Rhythm, Calendar], Period]
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
    with pytest.raises(
        InputError, match=r"^period: not a period: 'week-2017-03-06' \(that day is in week-2017-03-05\)$"
    ):
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


FIRSTS = EveryDays(10, date(2017, 3, 6))
DATES = OnDates((date(2017, 3, 6), date(2017, 6, 1)))


@pytest.mark.parametrize(
    ("label", "rhythm", "start", "end"),
    [
        ("from-2017-03-06", FIRSTS, "2017-03-06T00:00:00Z", "2017-03-16T00:00:00Z"),
        ("from-2017-03-16", FIRSTS, "2017-03-16T00:00:00Z", "2017-03-26T00:00:00Z"),
        ("from-2017-02-24", FIRSTS, "2017-02-24T00:00:00Z", "2017-03-06T00:00:00Z"),
        ("before-2017-03-06", DATES, "1970-01-01T00:00:00Z", "2017-03-06T00:00:00Z"),
        ("from-2017-03-06", DATES, "2017-03-06T00:00:00Z", "2017-06-01T00:00:00Z"),
        ("from-2017-06-01", DATES, "2017-06-01T00:00:00Z", "9999-01-01T00:00:00Z"),
        ("2017-03-H1", Cadence.HALF_MONTHLY, "2017-03-01T00:00:00Z", "2017-03-16T00:00:00Z"),
    ],
)
def test_a_label_of_a_rhythm_is_read_with_it(label: str, rhythm: Rhythm, start: str, end: str) -> None:
    period = parse_period(label, UTC, rhythm=rhythm)
    assert (str(period), format_instant(period.start), format_instant(period.end)) == (label, start, end)


@pytest.mark.parametrize(
    ("label", "rhythm", "hint"),
    [
        ("from-2017-03-06", None, "like 2017, 2017-Q1, 2017-03 or 2017-03-05"),
        ("before-2017-03-06", None, "like 2017, 2017-Q1, 2017-03 or 2017-03-05"),
        ("from-2017-03-07", FIRSTS, "that day is in from-2017-03-06"),
        ("from-2017-03-05", FIRSTS, "that day is in from-2017-02-24"),
        ("before-2017-03-06", FIRSTS, "like from-2017-03-06"),
        ("from-2017-02-29", FIRSTS, "like from-2017-03-06"),
        ("from-0001-01-01", FIRSTS, "like from-2017-03-06"),
        ("from-1969-12-25", EveryDays(7, date(1970, 1, 1)), "like from-1970-01-01"),
        ("from-9999-01-01", EveryDays(1, date(1970, 1, 1)), "like from-1970-01-01"),
        ("2017-03", FIRSTS, "like from-2017-03-06"),
        ("from-2017-03-07", DATES, "that day is in from-2017-03-06"),
        ("from-2017-03-05", DATES, "that day is in before-2017-03-06"),
        ("from-9999-01-01", DATES, "that day is in from-2017-06-01"),
        ("from-0001-01-01", DATES, "like from-2017-03-06"),
        ("before-2017-06-01", DATES, "like from-2017-03-06"),
        ("before-0001-01-01", DATES, "like from-2017-03-06"),
        ("From-2017-03-06", DATES, "like from-2017-03-06"),
        ("week-2017-03-06", DATES, "like from-2017-03-06"),
        ("2017", Cadence.MONTHLY, "like 2017-03"),
        ("2017-03", Cadence.YEARLY, "like 2017"),
        ("2017-03", Cadence.WEEKLY, "like week-2017-02-27"),
        ("1969", Cadence.YEARLY, "like 2017"),
        ("9999", None, "like 2017, 2017-Q1, 2017-03 or 2017-03-05"),
        (20170306, FIRSTS, "like from-2017-03-06"),
        (None, Cadence.DAILY, "like 2017-03-05"),
    ],
)
def test_what_is_not_a_label_of_a_rhythm(label: object, rhythm: Rhythm | None, hint: str) -> None:
    with pytest.raises(InputError) as raised:
        parse_period(label, UTC, "period", rhythm=rhythm)
    (problem,) = raised.value.problems
    assert (problem.where, problem.hint) == ("period", hint)
    assert problem.message.startswith("not a period: ")


def test_a_year_of_which_only_hours_are_in_time_has_a_label() -> None:
    """West of Greenwich, clocks still showed 1969 when time began, and already show 9999 in the east."""
    west, east = Calendar(ZoneInfo("Etc/GMT+12")), Calendar(ZoneInfo("Etc/GMT-14"))
    assert format_instant(parse_period("1969", west).end) == "1970-01-01T12:00:00Z"
    assert format_instant(parse_period("9999", east).start) == "9998-12-31T10:00:00Z"
    for calendar in (west, UTC):
        with pytest.raises(InputError, match="not a period: '9999'"):
            parse_period("9999", calendar)


@pytest.mark.parametrize("verb", [next_period, previous_period])
@pytest.mark.parametrize("rhythm", [Cadence.MONTHLY, FIRSTS, EveryDays(7, date(2017, 3, 7)), DATES])
def test_a_period_is_of_the_rhythm(verb: Verb, rhythm: Rhythm) -> None:
    """A shop may change its rhythm, and the periods of the old one are none of the new one."""
    for period in [
        parse_period("2017", UTC),
        parse_period("before-2017-01-01", UTC, rhythm=OnDates((date(2017, 1, 1),))),
        parse_period("from-2017-03-08", UTC, rhythm=EveryDays(1, date(2017, 1, 1))),
    ]:
        with pytest.raises(InputError, match=f"^period: not a period of this rhythm: '{period}'$"):
            verb(period, rhythm, UTC)
