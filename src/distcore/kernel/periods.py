"""Periods: the shop's days, weeks and months as half-open spans of time.

The one rule this file protects: every instant is in exactly one period of a rhythm, in every zone.
So a period is not "all instants with this local date" (where clocks go back over midnight, that is in
two pieces) but the span between two starts: a date starts at the first instant whose local date is
that or a later one.  A date that the zone skipped is an empty period.  No period reaches beyond time.

A label names a period, and sorts by time within its rhythm: ``2017``, ``2017-Q1``, ``2017-03``,
``2017-03-H1`` (to the 15th), ``2017-03-05``, ``week-2017-03-06`` by the first day of the week, and
``from-2017-03-06`` by the first day of a period of ``EveryDays`` or ``OnDates``.  What lies before
the first of the dates is ``before-2017-03-06``.

    >>> from zoneinfo import ZoneInfo
    >>> from distcore.kernel import Cadence, Calendar, format_instant, parse_instant, period_of
    >>> march = period_of(parse_instant("2017-03-31T23:00:00Z"), Cadence.MONTHLY, Calendar(ZoneInfo("UTC")))
    >>> march.label, format_instant(march.end)
    ('2017-03', '2017-04-01T00:00:00Z')
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import MAXYEAR, UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final, assert_never
from zoneinfo import ZoneInfo

from attrs import frozen

from distcore.kernel.checks import int_problem
from distcore.kernel.instants import Instant, instant_of
from distcore.kernel.limits import INSTANT_MAX, INSTANT_MIN, PERIOD_DAYS_MAX
from distcore.kernel.outcome import InputError, shown
from distcore.kernel.rhythm import Cadence, EveryDays, OnDates, Rhythm, rhythm_problems

_BEGIN: Final = instant_of(INSTANT_MIN)
_END: Final = instant_of(INSTANT_MAX)
_DAY: Final = timedelta(days=1)

# Dates that clocks of some zone show in time; the first of them may be in a period that began before.
_DATE_MIN: Final = date(1969, 12, 31)
_DATE_MAX: Final = date(9999, 1, 1)
_FIRST_MIN: Final = _DATE_MIN - PERIOD_DAYS_MAX * _DAY


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


def period_of(instant: Instant, rhythm: Rhythm, calendar: Calendar) -> Period:
    """Return the one period that holds the instant."""
    _check(rhythm)
    first = _first_of(instant.astimezone(calendar.zone).date(), rhythm, calendar)
    period = _period(first, rhythm, calendar.zone)
    while instant >= period.end:  # clocks that went back over midnight show an old date again
        period = _next(period, rhythm, calendar)
    return period


def next_period(period: Period, rhythm: Rhythm, calendar: Calendar) -> Period:
    """Return the period that follows, which may be empty.

    An InputError after the end of time, and for a period of another rhythm.
    """
    _check(rhythm)
    return _next(period, rhythm, calendar)


def previous_period(period: Period, rhythm: Rhythm, calendar: Calendar) -> Period:
    """Return the period before, which may be empty; of the period that holds now, the latest that is over.

    An InputError before the beginning of time, and for a period of another rhythm.
    """
    _check(rhythm)
    first = _first_named(period, rhythm, calendar)
    if _period(first, rhythm, calendar.zone).start == _BEGIN:
        raise InputError.of("", f"there is no period before {period.label}")
    return _period(_first_of(first - _DAY, rhythm, calendar), rhythm, calendar.zone)


def periods_between(start: Instant, end: Instant, rhythm: Rhythm, calendar: Calendar) -> Iterator[Period]:
    """Yield the periods that touch ``[start, end)``, by time, without a gap; empty ones too."""
    if start >= end:
        return
    period = period_of(start, rhythm, calendar)
    yield period
    while period.end < end:
        period = _next(period, rhythm, calendar)
        yield period


def last_of(period: Period) -> Instant:
    """Return the last instant of a period: its end belongs to the next one."""
    return period.end - timedelta(microseconds=1)


def parse_period(
    text: object, calendar: Calendar, where: str = "", *, rhythm: Rhythm | None = None
) -> Period:
    """Return the period of a rhythm with that label; without a rhythm, that of any cadence.

    A label of ``EveryDays`` or ``OnDates`` names its period only together with them.

        >>> from distcore.kernel import EveryDays, parse_date
        >>> paydays = EveryDays(14, parse_date("2017-03-03"))
        >>> period = parse_period("from-2017-03-31", Calendar(ZoneInfo("UTC")), rhythm=paydays)
        >>> str(next_period(period, paydays, Calendar(ZoneInfo("UTC"))))
        'from-2017-04-14'
    """
    if rhythm is not None:
        _check(rhythm)
    hint = _hint(rhythm, calendar)
    for each in Cadence if rhythm is None else (rhythm,):
        day = _day_named(text, each) if isinstance(text, str) else None
        if day is not None:
            period = _period(_first_of(day, each, calendar), each, calendar.zone)
            if period.label != text:
                hint = f"that day is in {period.label}"
            elif period.end > _BEGIN and period.start < _END:
                return period
    raise InputError.of(where, f"not a period: {shown(text)}", hint)


def _check(rhythm: Rhythm) -> None:
    if problems := rhythm_problems(rhythm, "rhythm"):
        raise InputError(problems)


def _next(period: Period, rhythm: Rhythm, calendar: Calendar) -> Period:
    first = _first_named(period, rhythm, calendar)
    if _period(first, rhythm, calendar.zone).end == _END:
        raise InputError.of("", f"there is no period after {period.label}")
    return _period(_following(first, rhythm), rhythm, calendar.zone)


def _first_named(period: Period, rhythm: Rhythm, calendar: Calendar) -> date:
    """Return the first date of a period of the rhythm; the period may be of the rhythm of last year."""
    day = _day_named(period.label, rhythm)
    first = None if day is None else _first_of(day, rhythm, calendar)
    if first is None or _label_of(first, rhythm) != period.label:
        raise InputError.of("period", f"not a period of this rhythm: {shown(period.label)}")
    return first


@lru_cache(maxsize=4096)  # a shop looks at the same few months over and over
def _period(first: date, rhythm: Rhythm, zone: ZoneInfo) -> Period:
    return Period(
        label=_label_of(first, rhythm),
        start=_start_of(first, zone),
        end=_start_of(_following(first, rhythm), zone),
    )


def _start_of(day: date, zone: ZoneInfo) -> Instant:
    """Return the first instant whose date in the zone is ``day`` or a later one; not one out of time."""
    if not _DATE_MIN <= day <= _DATE_MAX:
        return _BEGIN if day < _DATE_MIN else _END
    midnight = datetime.combine(day, time(), zone)  # of two midnights, this is the first
    start = midnight.astimezone(UTC)
    if start.astimezone(zone).replace(tzinfo=None) != midnight.replace(tzinfo=None):
        start = _jump_to(day, midnight, start)
    return min(max(start, _BEGIN), _END)


def _jump_to(day: date, midnight: datetime, after: Instant) -> Instant:
    """Return when the clocks skipped this midnight, perhaps from 23:30 to 00:30: at ``after`` they had."""
    # The second fold is read with the offset of after the jump, which gives an instant before it.
    before = midnight.replace(fold=1).astimezone(UTC)

    def date_at(second: int) -> date:
        return (before + timedelta(seconds=second)).astimezone(midnight.tzinfo).date()

    span = (after - before) // timedelta(seconds=1)
    return before + timedelta(seconds=bisect_left(range(span), day, key=date_at))


def _first_of(day: date, rhythm: Rhythm, calendar: Calendar) -> date:
    """Return the first date of the period that ``day`` is in; ``date.min`` if that is as old as time."""
    match rhythm:
        case EveryDays(days, anchor):
            return day - (day - anchor).days % days * _DAY
        case OnDates(dates):
            begun = bisect_right(dates, day)
            return dates[begun - 1] if begun else date.min
        case Cadence.DAILY:
            return day
        case Cadence.WEEKLY:
            return day - (day.weekday() - calendar.week_start) % 7 * _DAY
        case Cadence.HALF_MONTHLY:
            return day.replace(day=1 if day.day < 16 else 16)
        case Cadence.MONTHLY:
            return day.replace(day=1)
        case Cadence.QUARTERLY:
            return day.replace(month=day.month - (day.month - 1) % 3, day=1)
        case Cadence.YEARLY:
            return day.replace(month=1, day=1)
        case _:
            assert_never(rhythm)


def _following(first: date, rhythm: Rhythm) -> date:
    """Return the first date of the next period; ``date.max`` if there is none."""
    match rhythm:
        case EveryDays(days, _):
            return first + min(days * _DAY, date.max - first)
        case OnDates(dates):
            begun = bisect_right(dates, first)
            return dates[begun] if begun < len(dates) else date.max
        case Cadence.DAILY:
            return first + _DAY
        case Cadence.WEEKLY:
            return first + 7 * _DAY
        case Cadence.HALF_MONTHLY:
            return first.replace(day=16) if first.day == 1 else _months_later(first, 1)
        case Cadence.MONTHLY:
            return _months_later(first, 1)
        case Cadence.QUARTERLY:
            return _months_later(first, 3)
        case Cadence.YEARLY:
            return _months_later(first, 12)
        case _:
            assert_never(rhythm)


def _months_later(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    return date(day.year + years, month + 1, 1) if day.year + years <= MAXYEAR else date.max


def _label_of(first: date, rhythm: Rhythm) -> str:
    match rhythm:
        case OnDates(dates) if first < dates[0]:
            return f"before-{dates[0].isoformat()}"
        case EveryDays() | OnDates():
            return f"from-{first.isoformat()}"
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
            assert_never(rhythm)


_LABELS: Final = {
    Cadence.YEARLY: re.compile("([0-9]{4})"),
    Cadence.QUARTERLY: re.compile("([0-9]{4})-Q([1-4])"),
    Cadence.MONTHLY: re.compile("([0-9]{4})-([0-9]{2})"),
    Cadence.HALF_MONTHLY: re.compile("([0-9]{4})-([0-9]{2})-H([12])"),
    Cadence.DAILY: re.compile("([0-9]{4})-([0-9]{2})-([0-9]{2})"),
    Cadence.WEEKLY: re.compile("week-([0-9]{4})-([0-9]{2})-([0-9]{2})"),
}
_FROM: Final = re.compile("from-([0-9]{4})-([0-9]{2})-([0-9]{2})")


def _day_named(label: str, rhythm: Rhythm) -> date | None:
    """Return the day of which a label of a rhythm speaks, or None for another text."""
    if isinstance(rhythm, OnDates) and label == _label_of(date.min, rhythm):
        return date.min
    shape = _LABELS[rhythm] if isinstance(rhythm, Cadence) else _FROM
    if not (found := shape.fullmatch(label)):
        return None
    try:
        day = _date_of(rhythm, *map(int, found.groups()))
    except ValueError:  # no such month or day
        return None
    return day if _FIRST_MIN <= day <= _DATE_MAX else None


def _date_of(rhythm: Rhythm, year: int, part: int = 1, day: int = 1) -> date:
    match rhythm:
        case Cadence.QUARTERLY:
            return date(year, 3 * part - 2, 1)
        case Cadence.HALF_MONTHLY:
            return date(year, part, 15 * day - 14)
        case _:
            return date(year, part, day)


def _hint(rhythm: Rhythm | None, calendar: Calendar) -> str:
    """Return what labels look like."""
    match rhythm:
        case None:
            return "like 2017, 2017-Q1, 2017-03 or 2017-03-05"
        case EveryDays(_, anchor):
            day = anchor
        case OnDates(dates):
            day = dates[0]
        case Cadence():
            day = date(2017, 3, 5)
        case _:
            assert_never(rhythm)
    return f"like {_label_of(_first_of(day, rhythm, calendar), rhythm)}"
