"""Periods: the shop's days, weeks and months as half-open spans of time.

The one rule this file protects: every instant is in exactly one period, in every zone.  So a period
is not "all instants with this local date" (where clocks go back over midnight, that is in two
pieces) but the span between two starts: a date starts at the first instant whose local date is that
or a later one.  A date that the zone skipped is an empty period.

A label names a period, and sorts by time within its cadence: ``2017``, ``2017-Q1``, ``2017-03``,
``2017-03-H1`` (to the 15th), ``2017-03-05``, and ``week-2017-03-06`` by the first day of the week.

    >>> from zoneinfo import ZoneInfo
    >>> from distcore.kernel import Cadence, Calendar, format_instant, parse_instant, period_of
    >>> march = period_of(parse_instant("2017-03-31T23:00:00Z"), Cadence.MONTHLY, Calendar(ZoneInfo("UTC")))
    >>> march.label, format_instant(march.end)
    ('2017-03', '2017-04-01T00:00:00Z')
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from datetime import MAXYEAR, UTC, date, datetime, time, timedelta
from enum import Enum
from functools import lru_cache
from typing import Final, assert_never
from zoneinfo import ZoneInfo

from attrs import frozen

from distcore.kernel.checks import int_problem
from distcore.kernel.instants import Instant
from distcore.kernel.outcome import InputError, shown

# First dates of the periods that can hold an instant, in every zone.
_DATE_MIN: Final = date(1969, 1, 1)
_DATE_MAX: Final = date(9999, 1, 1)


class Cadence(Enum):
    """How often a new period starts."""

    DAILY = "daily"
    WEEKLY = "weekly"
    HALF_MONTHLY = "half_monthly"
    """On the 1st and the 16th."""
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    YEARLY = "yearly"


@frozen
class Calendar:
    """The shop's time zone and the day its weeks start with (0 is Monday, 6 is Sunday)."""

    zone: ZoneInfo
    week_start: int = 0

    def __attrs_post_init__(self) -> None:
        """Refuse a week without a first day."""
        if problem := int_problem(self.week_start, "week_start", least=0, most=6):
            raise InputError((problem,))


@frozen
class Period:
    """The instants from ``start`` to before ``end``."""

    label: str
    start: Instant
    end: Instant

    def __contains__(self, instant: Instant) -> bool:
        """Return whether the instant is in this period."""
        return self.start <= instant < self.end

    def __str__(self) -> str:
        """Return the label."""
        return self.label


def period_of(instant: Instant, cadence: Cadence, calendar: Calendar) -> Period:
    """Return the one period that holds the instant."""
    first = _first_of(instant.astimezone(calendar.zone).date(), cadence, calendar)
    period = _period(first, cadence, calendar.zone)
    while instant >= period.end:  # clocks that went back over midnight show an old date again
        period = next_period(period, cadence, calendar)
    return period


def next_period(period: Period, cadence: Cadence, calendar: Calendar) -> Period:
    """Return the period that follows, which may be empty; after the end of time it is an InputError."""
    labelled = _read(period.label)
    assert labelled, f"not a label: {period.label}"
    assert labelled[0] is cadence, f"{period.label} is not {cadence.value}"
    following = _following(labelled[1], cadence)
    if following > _DATE_MAX:
        raise InputError.of("", f"there is no period after {period.label}")
    return _period(following, cadence, calendar.zone)


def periods_between(start: Instant, end: Instant, cadence: Cadence, calendar: Calendar) -> Iterator[Period]:
    """Yield the periods that touch ``[start, end)``, by time, without a gap; empty ones too."""
    if start >= end:
        return
    period = period_of(start, cadence, calendar)
    yield period
    while period.end < end:
        period = next_period(period, cadence, calendar)
        yield period


def parse_period(text: object, calendar: Calendar, where: str = "") -> Period:
    """Return the period with that label."""
    labelled = _read(text) if isinstance(text, str) else None
    if labelled is None:
        raise InputError.of(
            where, f"not a period: {shown(text)}", "like 2017, 2017-Q1, 2017-03 or 2017-03-05"
        )
    cadence, first = labelled
    if first != _first_of(first, cadence, calendar):
        raise InputError.of(where, f"not the first day of a week: {shown(text)}")
    return _period(first, cadence, calendar.zone)


@lru_cache(maxsize=4096)  # a shop looks at the same few months over and over
def _period(first: date, cadence: Cadence, zone: ZoneInfo) -> Period:
    return Period(
        label=_label_of(first, cadence),
        start=_start_of(first, zone),
        end=_start_of(_following(first, cadence), zone),
    )


def _start_of(day: date, zone: ZoneInfo) -> Instant:
    """Return the first instant whose date in the zone is ``day`` or a later one."""
    midnight = datetime.combine(day, time(), zone)  # of two midnights, this is the first
    start = midnight.astimezone(UTC)
    if start.astimezone(zone).replace(tzinfo=None) == midnight.replace(tzinfo=None):
        return start
    # The clocks skipped this midnight, perhaps from 23:30 to 00:30: search where they did.  The second
    # fold is read with the offset of after the jump, which gives an instant before it.
    before = midnight.replace(fold=1).astimezone(UTC)

    def date_at(second: int) -> date:
        return (before + timedelta(seconds=second)).astimezone(zone).date()

    span = (start - before) // timedelta(seconds=1)
    return before + timedelta(seconds=bisect_left(range(span), day, key=date_at))


def _first_of(day: date, cadence: Cadence, calendar: Calendar) -> date:
    """Return the first date of the period that ``day`` is in."""
    match cadence:
        case Cadence.DAILY:
            return day
        case Cadence.WEEKLY:
            return day - timedelta(days=(day.weekday() - calendar.week_start) % 7)
        case Cadence.HALF_MONTHLY:
            return day.replace(day=1 if day.day < 16 else 16)
        case Cadence.MONTHLY:
            return day.replace(day=1)
        case Cadence.QUARTERLY:
            return day.replace(month=day.month - (day.month - 1) % 3, day=1)
        case Cadence.YEARLY:
            return day.replace(month=1, day=1)
        case _:
            assert_never(cadence)


def _following(first: date, cadence: Cadence) -> date:
    """Return the first date of the next period."""
    match cadence:
        case Cadence.DAILY:
            return first + timedelta(days=1)
        case Cadence.WEEKLY:
            return first + timedelta(days=7)
        case Cadence.HALF_MONTHLY:
            return first.replace(day=16) if first.day == 1 else _months_later(first, 1)
        case Cadence.MONTHLY:
            return _months_later(first, 1)
        case Cadence.QUARTERLY:
            return _months_later(first, 3)
        case Cadence.YEARLY:
            return _months_later(first, 12)
        case _:
            assert_never(cadence)


def _months_later(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    # The calendar ends with 9999, a year after the last instant: that last year just lacks a day.
    return date(day.year + years, month + 1, 1) if day.year + years <= MAXYEAR else date.max


def _label_of(first: date, cadence: Cadence) -> str:
    match cadence:
        case Cadence.DAILY:
            return first.isoformat()
        case Cadence.WEEKLY:
            return f"week-{first.isoformat()}"
        case Cadence.HALF_MONTHLY:
            return f"{first.isoformat()[:7]}-H{1 if first.day == 1 else 2}"
        case Cadence.MONTHLY:
            return first.isoformat()[:7]
        case Cadence.QUARTERLY:
            return f"{first.year}-Q{(first.month + 2) // 3}"
        case Cadence.YEARLY:
            return f"{first.year}"
        case _:
            assert_never(cadence)


_LABELS: Final = {
    Cadence.YEARLY: re.compile("([0-9]{4})"),
    Cadence.QUARTERLY: re.compile("([0-9]{4})-Q([1-4])"),
    Cadence.MONTHLY: re.compile("([0-9]{4})-([0-9]{2})"),
    Cadence.HALF_MONTHLY: re.compile("([0-9]{4})-([0-9]{2})-H([12])"),
    Cadence.DAILY: re.compile("([0-9]{4})-([0-9]{2})-([0-9]{2})"),
    Cadence.WEEKLY: re.compile("week-([0-9]{4})-([0-9]{2})-([0-9]{2})"),
}


def _read(label: str) -> tuple[Cadence, date] | None:
    """Return the cadence and the first date that a label names, or None."""
    for cadence, shape in _LABELS.items():
        if found := shape.fullmatch(label):
            try:
                first = _date_of(cadence, *map(int, found.groups()))
            except ValueError:  # no such month or day
                return None
            return (cadence, first) if _DATE_MIN <= first <= _DATE_MAX else None
    return None


def _date_of(cadence: Cadence, year: int, part: int = 1, day: int = 1) -> date:
    match cadence:
        case Cadence.QUARTERLY:
            return date(year, 3 * part - 2, 1)
        case Cadence.HALF_MONTHLY:
            return date(year, part, 15 * day - 14)
        case _:
            return date(year, part, day)
