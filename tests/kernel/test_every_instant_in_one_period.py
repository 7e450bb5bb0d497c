"""T3: every instant is in exactly one period, in every zone, from 2000 to 2040.

Between two clock changes a zone is a plain offset, so the fast profile looks at every clock change of
every zone, and the deep one at every period of every zone.
"""

import struct
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from zoneinfo import TZPATH, ZoneInfo, available_timezones

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from distcore.kernel import (
    Cadence,
    Calendar,
    EveryDays,
    InputError,
    Instant,
    OnDates,
    Period,
    Rhythm,
    instant_of,
    limits,
    next_period,
    parse_instant,
    parse_period,
    period_of,
    periods_between,
    previous_period,
)
from distcore.testing.strategies import rhythms

BEGIN = datetime(2000, 1, 1, tzinfo=UTC)
END = datetime(2041, 1, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
ZONES = sorted(available_timezones())
NASTY_ZONES = [
    "America/Havana",  # no midnight in spring
    "America/Nuuk",  # back from midnight to 23:00
    "America/Sao_Paulo",  # no midnight in spring, back over it in autumn
    "America/St_Johns",  # back from 00:01 to 23:01: two midnights
    "Antarctica/Troll",  # two hours at once
    "Asia/Gaza",  # other dates every year
    "Africa/Casablanca",  # four changes a year
    "Australia/Lord_Howe",  # half an hour
    "Pacific/Apia",  # no 2011-12-30
    "Pacific/Kwajalein",
]
CHANGING = (date(2007, 11, 4), date(2010, 10, 10), date(2011, 12, 30), date(2011, 12, 31), date(2017, 10, 15))
"""Dates on which clocks of the nasty zones do what they do; 2011-12-30 never was in Apia."""
LONGER: list[Rhythm] = [
    *(cadence for cadence in Cadence if cadence is not Cadence.DAILY),
    EveryDays(11, date(2011, 12, 30)),
    EveryDays(10, date(2017, 3, 6)),
    EveryDays(limits.PERIOD_DAYS_MAX, date(2011, 12, 30)),
    OnDates(CHANGING),
    OnDates((date(2011, 12, 30),)),
]
Partition = Callable[[Instant, Calendar], tuple[Instant, Instant]]


def local_date(instant: Instant, zone: ZoneInfo) -> date:
    return instant.astimezone(zone).date()


def distinct_zones() -> Iterator[ZoneInfo]:
    """Yield one zone of all those whose clocks show the same in all these years."""
    files, clocks = set(), set()
    for name in ZONES:
        found = [path for folder in TZPATH if (path := Path(folder, name)).is_file()]
        file = found[0].read_bytes() if found else name.encode()
        if file not in files:
            files.add(file)
            zone = ZoneInfo(name)
            shown = tuple((at, at.astimezone(zone).utcoffset()) for at in (BEGIN, *clock_changes(zone)))
            if shown not in clocks:
                clocks.add(shown)
                yield zone


@cache
def clock_changes(zone: ZoneInfo) -> tuple[Instant, ...]:
    """Return the first instants with another offset; two changes within two weeks would be missed."""

    def offset_at(instant: Instant) -> timedelta | None:
        return instant.astimezone(zone).utcoffset()

    found = []
    before, old = BEGIN - 14 * DAY, offset_at(BEGIN - 14 * DAY)
    while before < END:
        after = before + 14 * DAY
        new = offset_at(after)
        if new != old:
            low, high = before, after
            while high - low > SECOND:
                middle = low + timedelta(seconds=int((high - low).total_seconds()) // 2)
                low, high = (middle, high) if offset_at(middle) == old else (low, middle)
            found.append(high)
        before, old = after, new
    return tuple(found)


def assert_one_after_another(periods: list[Period]) -> None:
    for one, other in pairwise(periods):
        assert one.end == other.start
        assert one.start <= one.end
        assert one.label < other.label


def assert_starts_first(day: Period, zone: ZoneInfo) -> None:
    """The oracle: a day starts at the first instant whose local date is that day or a later one.

    The latest date so far is seen just before the start itself or just before the clocks go back.
    """
    named = date.fromisoformat(day.label)
    assert local_date(day.start, zone) >= named
    near = [t for t in clock_changes(zone) if timedelta(0) < day.start - t < 3 * DAY]
    assert all(local_date(t - TICK, zone) < named for t in [day.start, *near])


def test_around_every_clock_change_of_every_zone() -> None:
    for zone in distinct_zones():
        calendar = Calendar(zone)
        for change in clock_changes(zone):
            around = (change - 1.2 * DAY, change + 1.2 * DAY)
            days = list(periods_between(*around, Cadence.DAILY, calendar))
            assert_one_after_another(days)
            assert days[0].start <= around[0] < around[1] <= days[-1].end, zone
            starts = [day.start for day in days[1:]]
            for instant in (change - TICK, change, *starts, *(start - TICK for start in starts)):
                holders = [day for day in days if instant in day]
                assert holders == [period_of(instant, Cadence.DAILY, calendar)], (zone, instant)
            for day in days:
                assert_starts_first(day, zone)


def assert_whole(periods: list[Period], rhythm: Rhythm, calendar: Calendar) -> None:
    """The law, from one period to the next and back, for periods that may be empty."""
    assert_one_after_another(periods)
    for one, other in pairwise(periods):
        assert next_period(one, rhythm, calendar) == other
        assert previous_period(other, rhythm, calendar) == one
    for period in periods:
        assert parse_period(period.label, calendar, rhythm=rhythm) == period
        if period.start < period.end:
            assert period_of(period.start, rhythm, calendar) == period
            assert period_of(period.end - TICK, rhythm, calendar) == period


@pytest.mark.parametrize("rhythm", LONGER, ids=ascii)
@pytest.mark.parametrize("zone", NASTY_ZONES)
def test_longer_periods_leave_no_gap_in_forty_years(zone: str, rhythm: Rhythm) -> None:
    calendar = Calendar(ZoneInfo(zone))
    periods = list(periods_between(BEGIN, END, rhythm, calendar))
    assert periods[0].start <= BEGIN
    assert periods[-1].end >= END
    assert_whole(periods, rhythm, calendar)


@pytest.mark.deep
@pytest.mark.parametrize("zone", ZONES)
def test_all_periods_of_all_zones(zone: str) -> None:
    calendar = Calendar(ZoneInfo(zone))
    for rhythm in LONGER:
        assert_whole(list(periods_between(BEGIN, END, rhythm, calendar)), rhythm, calendar)
    days = list(periods_between(BEGIN, END, Cadence.DAILY, calendar))
    assert_one_after_another(days)
    for day in days:
        if day.start < day.end:
            assert period_of(day.start, Cadence.DAILY, calendar) == day
            assert period_of(day.end - TICK, Cadence.DAILY, calendar) == day
        assert_starts_first(day, calendar.zone)


instants = st.integers(limits.INSTANT_MIN, limits.INSTANT_MAX - 1).map(instant_of)


zones = st.sampled_from(ZONES).map(ZoneInfo)
BEFORE_TIME, LAST_DAY = date(1970, 1, 1), date(9998, 12, 31)


@given(
    instants | st.datetimes(datetime(2000, 1, 1), datetime(2040, 12, 31), timezones=st.just(UTC)),
    zones,
    rhythms(),
    st.integers(0, 6),
)
@example(instant_of(0), ZoneInfo("Etc/GMT+12"), Cadence.YEARLY, 0)
@example(instant_of(limits.INSTANT_MAX - 1), ZoneInfo("Etc/GMT-14"), Cadence.YEARLY, 0)
@example(instant_of(limits.INSTANT_MAX - 1), ZoneInfo("Etc/GMT-14"), Cadence.WEEKLY, 6)
@example(instant_of(0), ZoneInfo("Etc/GMT+12"), EveryDays(3_660, LAST_DAY), 0)
@example(instant_of(0), ZoneInfo("Etc/GMT+12"), EveryDays(3_660, BEFORE_TIME), 0)
@example(instant_of(limits.INSTANT_MAX - 1), ZoneInfo("Etc/GMT-14"), EveryDays(3_660, LAST_DAY), 0)
@example(instant_of(0), ZoneInfo("Etc/GMT-14"), OnDates((BEFORE_TIME, LAST_DAY)), 0)
@example(instant_of(0), ZoneInfo("Etc/GMT+12"), OnDates((BEFORE_TIME, LAST_DAY)), 0)
@example(instant_of(limits.INSTANT_MAX - 1), ZoneInfo("Etc/GMT+12"), OnDates((BEFORE_TIME, LAST_DAY)), 0)
def test_whatever_the_instant(instant: Instant, zone: ZoneInfo, rhythm: Rhythm, week_start: int) -> None:
    calendar = Calendar(zone, week_start)
    period = period_of(instant, rhythm, calendar)
    assert instant in period
    assert parse_period(period.label, calendar, rhythm=rhythm) == period
    assert list(periods_between(instant, instant + TICK, rhythm, calendar)) == [period]
    assert isinstance(rhythm, EveryDays | OnDates) or parse_period(period.label, calendar) == period


@given(instants, zones, rhythms())
def test_the_next_period_starts_where_one_ends(instant: Instant, zone: ZoneInfo, rhythm: Rhythm) -> None:
    calendar = Calendar(zone)
    period = period_of(instant, rhythm, calendar)
    if period.end < instant_of(limits.INSTANT_MAX):
        following = next_period(period, rhythm, calendar)
        assert following.start == period.end
        assert period.end not in period
        assert previous_period(following, rhythm, calendar) == period


@given(instants, zones, rhythms())
def test_the_previous_period_of_now_is_the_latest_that_is_over(
    now: Instant, zone: ZoneInfo, rhythm: Rhythm
) -> None:
    calendar = Calendar(zone)
    period = period_of(now, rhythm, calendar)
    if period.start > instant_of(limits.INSTANT_MIN):
        previous = previous_period(period, rhythm, calendar)
        assert previous.end == period.start <= now
        assert next_period(previous, rhythm, calendar) == period


@given(zones, rhythms())
@example(ZoneInfo("Etc/GMT-14"), Cadence.DAILY)
@example(ZoneInfo("Etc/GMT+12"), EveryDays(3_660, LAST_DAY))
def test_no_period_reaches_beyond_time(zone: ZoneInfo, rhythm: Rhythm) -> None:
    begin, end = instant_of(limits.INSTANT_MIN), instant_of(limits.INSTANT_MAX)
    calendar = Calendar(zone)
    first, last = (period_of(instant, rhythm, calendar) for instant in (begin, end - TICK))
    assert (first.start, last.end) == (begin, end)
    with pytest.raises(InputError, match=f"there is no period before {first}"):
        previous_period(first, rhythm, calendar)
    with pytest.raises(InputError, match=f"there is no period after {last}"):
        next_period(last, rhythm, calendar)


@given(st.integers(1, limits.PERIOD_DAYS_MAX), st.integers(-50, 50), instants, zones)
def test_an_anchor_may_be_any_of_the_first_days(
    days: int, times: int, instant: Instant, zone: ZoneInfo
) -> None:
    calendar, anchor = Calendar(zone), date(2500, 1, 1)
    moved = EveryDays(days, anchor + times * days * DAY)
    assert period_of(instant, moved, calendar) == period_of(instant, EveryDays(days, anchor), calendar)


@pytest.mark.parametrize("zone", NASTY_ZONES)
def test_every_seven_days_from_a_monday_are_weeks(zone: str) -> None:
    calendar = Calendar(ZoneInfo(zone))
    weeks, sevens = (
        [
            (str(each).split("-", 1)[1], each.start, each.end)
            for each in periods_between(BEGIN, END, rhythm, calendar)
        ]
        for rhythm in (Cadence.WEEKLY, EveryDays(7, date(2017, 3, 6)))
    )
    assert weeks == sevens


@pytest.mark.parametrize("zone", NASTY_ZONES)
def test_the_firsts_of_months_as_dates_are_months(zone: str) -> None:
    calendar = Calendar(ZoneInfo(zone))
    firsts = OnDates(tuple(date(2000 + month // 12, month % 12 + 1, 1) for month in range(41 * 12)))
    for month in periods_between(BEGIN + DAY, END - 40 * DAY, Cadence.MONTHLY, calendar):
        dated = parse_period(f"from-{month}-01", calendar, rhythm=firsts)
        assert (dated.start, dated.end) == (month.start, month.end)


def test_what_lies_before_the_first_date_and_after_the_last_are_periods_too() -> None:
    shanghai = Calendar(ZoneInfo("Asia/Shanghai"))
    two = OnDates((date(2017, 3, 6), date(2017, 6, 1)))
    before, between, after = periods_between(
        instant_of(limits.INSTANT_MIN), instant_of(limits.INSTANT_MAX), two, shanghai
    )
    assert before == Period(
        "before-2017-03-06", instant_of(limits.INSTANT_MIN), parse_instant("2017-03-05T16:00:00Z")
    )
    assert between == Period("from-2017-03-06", before.end, parse_instant("2017-05-31T16:00:00Z"))
    assert after == Period("from-2017-06-01", between.end, instant_of(limits.INSTANT_MAX))


def test_a_date_that_is_added_ends_the_last_period_and_changes_no_other() -> None:
    calendar = Calendar(ZoneInfo("Asia/Shanghai"))
    old = OnDates((date(2017, 3, 6), date(2017, 6, 1)))
    new = OnDates((*old.dates, date(2017, 9, 1)))
    was, now = (list(periods_between(BEGIN, END, rhythm, calendar)) for rhythm in (old, new))
    assert was[:2] == now[:2]
    assert (was[2].label, was[2].start) == (now[2].label, now[2].start)
    assert now[2].end == now[3].start < was[2].end


def days_in(zone: str, first: str, until: str) -> list[tuple[str, float]]:
    """Return labels of days and their hours."""
    calendar = Calendar(ZoneInfo(zone))
    start, end = parse_period(first, calendar).start, parse_period(until, calendar).start
    days = periods_between(start, end, Cadence.DAILY, calendar)
    return [(day.label, (day.end - day.start) / timedelta(hours=1)) for day in days]


def test_days_of_23_and_25_hours() -> None:
    assert days_in("America/New_York", "2017-03-11", "2017-03-14") == [
        ("2017-03-11", 24),
        ("2017-03-12", 23),
        ("2017-03-13", 24),
    ]
    assert days_in("America/New_York", "2017-11-05", "2017-11-06") == [("2017-11-05", 25)]


def test_a_skipped_day_is_empty() -> None:
    assert days_in("Pacific/Apia", "2011-12-29", "2012-01-01") == [
        ("2011-12-29", 24),
        ("2011-12-30", 0),
        ("2011-12-31", 24),
    ]
    apia = Calendar(ZoneInfo("Pacific/Apia"))
    skipping: list[tuple[str, Rhythm]] = [
        ("2011-12-30", Cadence.DAILY),
        ("from-2011-12-30", EveryDays(1, date(2011, 1, 1))),
        ("from-2011-12-30", OnDates((date(2011, 12, 30), date(2011, 12, 31)))),
    ]
    for label, rhythm in skipping:
        skipped = parse_period(label, apia, rhythm=rhythm)
        assert skipped.start == skipped.end
        assert skipped.start not in skipped


def test_a_day_without_a_midnight_starts_at_one() -> None:
    day = parse_period("2017-10-15", Calendar(ZoneInfo("America/Sao_Paulo")))
    assert day.start == parse_instant("2017-10-15T03:00:00Z")
    assert day.start.astimezone(ZoneInfo("America/Sao_Paulo")).hour == 1


def test_a_day_with_two_midnights_starts_at_the_first() -> None:
    calendar = Calendar(ZoneInfo("America/St_Johns"))
    day = parse_period("2006-10-29", calendar)
    assert day.start == parse_instant("2006-10-29T02:30:00Z")
    again_saturday = parse_instant("2006-10-29T02:45:00Z")
    assert local_date(again_saturday, calendar.zone) == date(2006, 10, 28)
    assert period_of(again_saturday, Cadence.DAILY, calendar) == day


def made_zone(change: datetime, before: timedelta, after: timedelta) -> ZoneInfo:
    """Return a zone with one clock change, from the bytes of a time zone file."""
    header = b"TZif" + bytes(16) + struct.pack(">6l", 0, 0, 0, 1, 2, 4)
    offsets = [struct.pack(">lbB", round(o.total_seconds()), 0, 0) for o in (before, after)]
    body = struct.pack(">l", round(change.timestamp())) + b"\x01" + b"".join(offsets) + b"XXX\0"
    return ZoneInfo.from_file(BytesIO(header + body), key="Made/Up")


@pytest.mark.parametrize("minutes_before", [1, 30, 59])
def test_clocks_that_jump_over_midnight(minutes_before: int) -> None:
    """Toronto did so in 1919, from 23:30 to 00:30; nobody did since 1970, but somebody may."""
    change = datetime(2030, 4, 1, tzinfo=UTC) - timedelta(minutes=minutes_before)
    calendar = Calendar(made_zone(change, timedelta(0), timedelta(hours=1)))
    day = parse_period("2030-04-01", calendar)
    assert day.start == change
    assert period_of(change, Cadence.DAILY, calendar) == day
    assert period_of(change - TICK, Cadence.DAILY, calendar).label == "2030-03-31"


def test_no_time_has_no_periods() -> None:
    calendar = Calendar(ZoneInfo("UTC"))
    assert list(periods_between(BEGIN, BEGIN, Cadence.DAILY, calendar)) == []
    assert list(periods_between(END, BEGIN, Cadence.DAILY, calendar)) == []


def test_time_ends() -> None:
    calendar = Calendar(ZoneInfo("Etc/GMT-14"))
    last = period_of(instant_of(limits.INSTANT_MAX - 1), Cadence.YEARLY, calendar)
    assert last.label == "9999"
    with pytest.raises(InputError, match="no period after 9999"):
        next_period(last, Cadence.YEARLY, calendar)


def by_local_date(instant: Instant, calendar: Calendar) -> tuple[Instant, Instant]:
    """The canary: a day as all that has its date, from its first midnight to the next one."""
    day = local_date(instant, calendar.zone)
    start, end = (
        datetime(d.year, d.month, d.day, tzinfo=calendar.zone).astimezone(UTC) for d in (day, day + DAY)
    )
    return start, end


def by_distcore(instant: Instant, calendar: Calendar) -> tuple[Instant, Instant]:
    period = period_of(instant, Cadence.DAILY, calendar)
    return period.start, period.end


def breaks(partition: Partition) -> int:
    """Count instants that are outside of the period that is said to hold them."""
    calendars = [Calendar(ZoneInfo(zone)) for zone in NASTY_ZONES]
    found = 0
    for calendar in calendars:
        for change in clock_changes(calendar.zone):
            for minutes in (-30, 0, 30):
                instant = change + timedelta(minutes=minutes)
                start, end = partition(instant, calendar)
                found += not start <= instant < end
    return found


def test_the_law_notices_periods_by_local_date() -> None:
    assert breaks(by_distcore) == 0
    assert breaks(by_local_date) > 0
