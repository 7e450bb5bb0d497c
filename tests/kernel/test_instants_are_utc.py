"""An instant is an aware datetime in UTC; what has no offset is refused."""

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distcore.kernel import (
    InputError,
    format_instant,
    instant_of,
    limits,
    micros_of,
    parse_instant,
    utc,
    zone_of,
)

micros = st.integers(limits.INSTANT_MIN, limits.INSTANT_MAX - 1)
offsets = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(micros)
def test_round_trips(value: int) -> None:
    instant = instant_of(value)
    assert micros_of(instant) == value
    assert parse_instant(format_instant(instant)) == instant
    assert utc(instant) is instant


@given(micros.filter(lambda value: value % 1_000_000_000), offsets)
def test_an_offset_changes_the_writing_not_the_instant(value: int, offset: timezone) -> None:
    instant = instant_of(value)
    there = instant.astimezone(offset)
    for same in (utc(there), parse_instant(there.isoformat()), parse_instant(there.isoformat(" "))):
        assert same == instant
        assert same.tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2017-01-31T23:59:59Z", "2017-01-31T23:59:59Z"),
        ("2017-02-01T00:59:59+01:00", "2017-01-31T23:59:59Z"),
        ("2017-01-31 23:59:59-00:00", "2017-01-31T23:59:59Z"),
        ("2017-01-31T23:59Z", "2017-01-31T23:59:00Z"),
        ("2017-01-31T23:59:59.5Z", "2017-01-31T23:59:59.500000Z"),
        ("2017-01-31T23:59:59.000001Z", "2017-01-31T23:59:59.000001Z"),
        ("2016-02-29T00:00:00+23:59", "2016-02-28T00:01:00Z"),
        ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"),
        ("9998-12-31T23:59:59.999999Z", "9998-12-31T23:59:59.999999Z"),
    ],
)
def test_by_example(text: str, written: str) -> None:
    assert format_instant(parse_instant(text)) == written


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2017-01-31",
        "2017-01-31T23:59:59",
        "20170131T235959Z",
        "2017-W05-2T23:59:59Z",
        "2017-01-31T24:00:00Z",
        "2017-01-31T23:59:60Z",
        "2017-01-31T23:59:59.1234567Z",
        "2017-01-31T23:59:59,5Z",
        "2017-01-31T23:59:59.Z",
        "2017-01-31T23:59:59z",
        "2017-01-31T23:59:59+0100",
        "2017-01-31T23:59:59+01:00:01",
        "2017-01-31T23:59:59+24:00",
        "2017-01-31T23:59:59Z\n",
        " 2017-01-31T23:59:59Z",
        "2017-01-31T23:59:59Z" * 50_000,
        "２０１７-01-31T23:59:59Z",
        1485907199,
        None,
        datetime(2017, 1, 31, tzinfo=UTC),
    ],
)
def test_refused_with_the_place(text: object) -> None:
    with pytest.raises(InputError, match=r"^line 3: not an instant: .* \(like 2017-01-31T23:59:59\+01:00\)$"):
        parse_instant(text, "line 3")


@pytest.mark.parametrize("text", ["2017-02-29T00:00:00Z", "2017-13-01T00:00:00Z", "0000-01-01T00:00:00Z"])
def test_no_such_day(text: str) -> None:
    with pytest.raises(InputError, match=r"^line 3: no such day"):
        parse_instant(text, "line 3")


@pytest.mark.parametrize(
    "text",
    [
        "1969-12-31T23:59:59.999999Z",
        "1970-01-01T00:59:59+01:00",
        "9999-01-01T00:00:00Z",
        "9998-12-31T23:59:59-00:01",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
    ],
)
def test_time_has_a_first_and_a_last_instant(text: str) -> None:
    with pytest.raises(InputError, match=r"out of time: .* \(from 1970 to 9998\)"):
        parse_instant(text)
    with pytest.raises(InputError, match="out of time"):
        utc(datetime.fromisoformat(text))


class Nowhere(tzinfo):
    """A time zone that does not know its offset: as good as none."""

    def utcoffset(self, at: datetime | None) -> None:
        return None

    dst = tzname = utcoffset


class Timestamp(datetime):
    """A data frame's kind of datetime."""


def test_a_time_without_an_offset_is_refused() -> None:
    for naive in (datetime(2017, 1, 31), datetime(2017, 1, 31, tzinfo=Nowhere())):
        with pytest.raises(InputError, match=r"^paid_at: a time without an offset"):
            utc(naive, "paid_at")
    for other in ("2017-01-31T23:59:59Z", 0, None):
        with pytest.raises(InputError, match=r"^paid_at: not an instant: .* \(an aware datetime\)"):
            utc(other, "paid_at")


def test_a_subclass_of_datetime_becomes_a_plain_one() -> None:
    for zone in (UTC, ZoneInfo("Europe/Berlin")):
        value = Timestamp(2017, 10, 29, 2, 30, 0, 1, tzinfo=zone, fold=1)
        plain = utc(value)
        assert type(plain) is datetime
        assert plain == value.astimezone(UTC)


def test_only_instants_are_written() -> None:
    for value in (datetime(2017, 1, 31), datetime(2017, 1, 31, tzinfo=ZoneInfo("Europe/Berlin"))):
        with pytest.raises(AssertionError):
            format_instant(value)


@pytest.mark.parametrize("name", ["Europe/Berlin", "UTC", "Etc/GMT+12", "America/Argentina/Buenos_Aires"])
def test_zones_have_iana_names(name: str) -> None:
    assert zone_of(name) is ZoneInfo(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Mars/Olympus",
        "Europe",
        "europe//berlin",
        "../../etc/passwd",
        "/etc/localtime",
        "localtime",
        "posixrules",
        "right/UTC",
        "posix/UTC",
        "zone.tab",
        "tzdata",
        "Europe/Berlin\0",
        "Europe/Berlin ",
        "\ud800",
        "x" * 10**6,
        None,
        8,
    ],
)
def test_no_such_zone(name: object) -> None:
    with pytest.raises(InputError, match=r"^\$\.zone: unknown time zone: .* \(an IANA name"):
        zone_of(name, "$.zone")
