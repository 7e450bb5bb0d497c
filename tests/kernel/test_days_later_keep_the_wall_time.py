"""Days later: by the calendar of a zone the clock on the wall shows the same, otherwise 24 hours each."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distcore.kernel import InputError, add_days, format_instant, instant_of, limits, parse_instant

instants = st.datetimes(datetime(1971, 1, 1), datetime(2040, 12, 31), timezones=st.just(UTC))
days = st.integers(0, limits.FREEZE_DAYS_MAX)
zones = st.sampled_from(sorted(available_timezones())).map(ZoneInfo)


@given(instants, days)
def test_without_a_zone_a_day_has_24_hours(instant: datetime, days: int) -> None:
    assert add_days(instant, days, None) - instant == timedelta(days=days)


@given(instants, days, zones)
def test_the_wall_time_is_kept_unless_it_is_skipped(instant: datetime, days: int, zone: ZoneInfo) -> None:
    wall = instant.astimezone(zone).replace(tzinfo=None) + timedelta(days=days)
    later = add_days(instant, days, zone)
    there = later.astimezone(zone).replace(tzinfo=None)
    assert later.tzinfo is UTC
    assert there >= wall
    if there > wall:
        before = (later - timedelta(days=1)).astimezone(zone).utcoffset()
        after = (later + timedelta(days=1)).astimezone(zone).utcoffset()
        assert before is not None
        assert after is not None
        assert there - wall == after - before


@given(instants, zones)
def test_no_days_later_is_the_same_instant(instant: datetime, zone: ZoneInfo) -> None:
    assert add_days(instant, 0, zone) == instant


@given(instants, days, zones)
def test_days_never_go_back(instant: datetime, days: int, zone: ZoneInfo) -> None:
    assert add_days(instant, days, zone) >= instant


@pytest.mark.parametrize(
    ("start", "days", "zone", "expected"),
    [
        ("2017-03-10T12:00:00-05:00", 7, "America/New_York", "2017-03-17T16:00:00Z"),
        (
            "2017-03-11T02:30:00-05:00",
            1,
            "America/New_York",
            "2017-03-12T07:30:00Z",
        ),  # 02:30 is skipped: 03:30
        ("2017-11-04T01:30:00-04:00", 1, "America/New_York", "2017-11-05T05:30:00Z"),  # twice: the first
        (
            "2011-12-29T10:00:00-10:00",
            1,
            "Pacific/Apia",
            "2011-12-30T20:00:00Z",
        ),  # a day is skipped: the 31st
        ("2017-01-31T00:00:00Z", 1, "UTC", "2017-02-01T00:00:00Z"),
    ],
)
def test_by_example(start: str, days: int, zone: str, expected: str) -> None:
    assert format_instant(add_days(parse_instant(start), days, ZoneInfo(zone))) == expected


def test_the_second_of_two_equal_times_stays_when_no_day_is_added() -> None:
    second = parse_instant("2017-11-05T01:30:00-05:00")
    assert add_days(second, 0, ZoneInfo("America/New_York")) == second


@pytest.mark.parametrize("days", [1, 3_660, 10**30])
@pytest.mark.parametrize("zone", [None, ZoneInfo("Asia/Shanghai")])
def test_time_ends(days: int, zone: ZoneInfo | None) -> None:
    with pytest.raises(InputError, match="out of time"):
        add_days(instant_of(limits.INSTANT_MAX - 1), days, zone)
