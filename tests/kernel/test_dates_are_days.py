"""A date is a day of time, read from the one form in which it is written."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given

from distcore.kernel import InputError, date_problem, parse_date
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
