"""A date is a day of time, and a time of day what a clock shows; each is read as it is written."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distcore.kernel import InputError, date_problem, format_time, parse_date, parse_time, time_problem
from distcore.testing.strategies import dates

FIRST, LAST = date(1970, 1, 1), date(9998, 12, 31)


@given(dates())
def test_a_date_reads_back(day: date) -> None:
    assert date_problem(day, "day") is None
    assert parse_date(day.isoformat()) == day


@pytest.mark.parametrize("day", [FIRST, LAST])
def test_time_has_a_first_and_a_last_day(day: date) -> None:
    assert parse_date(day.isoformat()) == day


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("1969-12-31", "day: out of time: 1969-12-31 (from 1970 to 9998)"),
        ("9999-01-01", "day: out of time: 9999-01-01 (from 1970 to 9998)"),
        ("2017-02-29", "day: no such day: '2017-02-29' (a day like 2017-03-06)"),
        ("2017-13-01", "day: no such day: '2017-13-01' (a day like 2017-03-06)"),
        ("0000-01-01", "day: no such day: '0000-01-01' (a day like 2017-03-06)"),
        ("20170306", "day: not a date: '20170306' (a day like 2017-03-06)"),
        ("2017-W10-1", "day: not a date: '2017-W10-1' (a day like 2017-03-06)"),
        ("2017-3-6", "day: not a date: '2017-3-6' (a day like 2017-03-06)"),
        ("2017-03-06\n", "day: not a date: '2017-03-06\\n' (a day like 2017-03-06)"),
        ("2017-03-06T00:00:00Z", "day: not a date: '2017-03-06T00:00:00Z' (a day like 2017-03-06)"),
        ("２０１７-03-06", "day: not a date: '２０１７-03-06' (a day like 2017-03-06)"),
        ("", "day: not a date: '' (a day like 2017-03-06)"),
        (20170306, "day: not a date: 20170306 (a day like 2017-03-06)"),
        (True, "day: not a date: True (a day like 2017-03-06)"),
        (None, "day: not a date: None (a day like 2017-03-06)"),
        (date(2017, 3, 6), "day: not a date: datetime.date(2017, 3, 6) (a day like 2017-03-06)"),
    ],
)
def test_what_is_not_a_date(text: object, problem: str) -> None:
    with pytest.raises(InputError) as raised:
        parse_date(text, "day")
    assert str(raised.value) == problem


@pytest.mark.parametrize(
    "value", [datetime(2017, 3, 6), datetime(2017, 3, 6, tzinfo=UTC), "2017-03-06", 0, None]
)
def test_only_a_date_is_one(value: object) -> None:
    assert str(date_problem(value, "day")).startswith("day: not a date: ")


TIMES = st.times().map(lambda each: each.replace(microsecond=0))
LIKE = "(a time of day like 20:00)"


@given(TIMES)
def test_a_time_of_day_reads_back(hour: time) -> None:
    assert time_problem(hour, "end") is None
    assert parse_time(format_time(hour)) == parse_time(hour.isoformat()) == hour


@pytest.mark.parametrize(
    ("text", "hour", "written"),
    [
        ("00:00", time(), "00:00"),
        ("20:00:00", time(20), "20:00"),
        ("09:05:07", time(9, 5, 7), "09:05:07"),
        ("23:59:59", time(23, 59, 59), "23:59:59"),
    ],
)
def test_seconds_are_written_if_there_are_any(text: str, hour: time, written: str) -> None:
    assert parse_time(text) == hour
    assert format_time(hour) == written


@pytest.mark.parametrize(
    "text",
    [
        *("24:00", "20:60", "20:00:60", "25:00", "-1:00", "8:00", "20", "2000", "T20:00", "20:00:0", "20.00"),
        *("20:00:00.5", "20:00:00,5", "20:00Z", "20:00+08:00", "20:00 ", "20:00\n", "8 pm", "", "２０:00"),
        *("2017-03-06", "2017-03-06T20:00", "9" * 200),
        *(20, 20.5, float("nan"), True, None, ["20:00"], time(20), b"20:00"),
    ],
)
def test_what_is_not_a_time_of_day(text: object) -> None:
    with pytest.raises(InputError) as raised:
        parse_time(text, "end")
    assert str(raised.value).startswith("end: not a time of day: ")
    assert str(raised.value).endswith(LIKE)
    assert len(str(raised.value)) < 120


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("20:00", f"end: not a time of day: '20:00' {LIKE}"),
        (None, f"end: not a time of day: None {LIKE}"),
        (datetime(2017, 3, 6), f"end: not a time of day: datetime.datetime(2017, 3, 6, 0, 0) {LIKE}"),
        (time(20, 0, 0, 500_000), f"end: finer than a second: 20:00:00.500000 {LIKE}"),
    ],
)
def test_only_what_a_clock_shows_is_a_time_of_day(value: object, problem: str) -> None:
    assert str(time_problem(value, "end")) == problem


@pytest.mark.parametrize("zone", [UTC, ZoneInfo("Asia/Shanghai")])
def test_a_time_of_day_has_no_zone(zone: ZoneInfo) -> None:
    problem = str(time_problem(time(20, tzinfo=zone), "end"))
    assert problem.startswith("end: a time of day with a zone: datetime.time(20, 0, tzinfo=")
    assert problem.endswith("(it is by the shop's clock)")
