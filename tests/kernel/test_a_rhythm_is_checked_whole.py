"""Everything that is impossible about a rhythm is said at once, each with its place, before it is used."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
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
    limits,
    next_period,
    parse_instant,
    parse_period,
    period_of,
    periods_between,
    previous_period,
    rhythm_problems,
)

CALENDAR = Calendar(ZoneInfo("Asia/Shanghai"))
NOW, LATER = parse_instant("2026-01-05T00:00:00Z"), parse_instant("2026-02-05T00:00:00Z")
MONDAY = date(2026, 1, 5)
DAY = timedelta(days=1)


def dates(count: int) -> tuple[date, ...]:
    return tuple(MONDAY + place * DAY for place in range(count))


@pytest.mark.parametrize(
    "rhythm",
    [
        *Cadence,
        EveryDays(1, MONDAY),
        EveryDays(limits.PERIOD_DAYS_MAX, MONDAY),
        EveryDays(7, date(1970, 1, 1)),
        EveryDays(7, date(9998, 12, 31)),
        OnDates((MONDAY,)),
        OnDates((date(1970, 1, 1), MONDAY, MONDAY + DAY, date(9998, 12, 31))),
        OnDates(dates(limits.PERIOD_DATES_MAX)),
    ],
    ids=lambda rhythm: ascii(rhythm)[:60],
)
def test_a_possible_rhythm_has_no_problem(rhythm: Rhythm) -> None:
    assert rhythm_problems(rhythm, "$.cadence") == ()


HOSTILE: list[tuple[Any, list[str]]] = [
    (EveryDays(0, MONDAY), ["x.days: out of range: 0 (from 1 to 3660)"]),
    (EveryDays(-7, MONDAY), ["x.days: out of range: -7 (from 1 to 3660)"]),
    (EveryDays(3_661, MONDAY), ["x.days: out of range: 3661 (from 1 to 3660)"]),
    (EveryDays(True, MONDAY), ["x.days: not a whole number: True"]),
    (EveryDays(7.0, MONDAY), ["x.days: not a whole number: 7.0"]),  # type: ignore[arg-type]
    (
        EveryDays(7, datetime(2026, 1, 5)),  # in Python, a datetime is a date
        ["x.anchor: not a date: datetime.datetime(2026, 1, 5, 0, 0) (a day like 2017-03-06)"],
    ),
    (EveryDays(7, date(1969, 12, 31)), ["x.anchor: out of time: 1969-12-31 (from 1970 to 9998)"]),
    (EveryDays(7, date.max), ["x.anchor: out of time: 9999-12-31 (from 1970 to 9998)"]),
    (
        EveryDays("7", "2026-01-05"),  # type: ignore[arg-type]
        ["x.days: not a whole number: '7'", "x.anchor: not a date: '2026-01-05' (a day like 2017-03-06)"],
    ),
    (OnDates(()), ["x.dates: there are 0 (give 1 to 1000)"]),
    (OnDates(dates(1_001)), ["x.dates: there are 1001 (give 1 to 1000)"]),
    (OnDates([MONDAY]), ["x.dates: not a tuple: [datetime.date(2026, 1, 5)] (a tuple of dates)"]),  # type: ignore[arg-type]
    (OnDates("2026-01-05"), ["x.dates: not a tuple: '2026-01-05' (a tuple of dates)"]),  # type: ignore[arg-type]
    (
        OnDates((MONDAY, MONDAY)),
        ["x.dates[1]: not after the date before it: 2026-01-05 (each date once, the earliest first)"],
    ),
    (
        OnDates((date.min, MONDAY, None, MONDAY - DAY, MONDAY + DAY, MONDAY, date.max, MONDAY + 2 * DAY)),  # type: ignore[arg-type]
        [
            "x.dates[0]: out of time: 0001-01-01 (from 1970 to 9998)",
            "x.dates[2]: not a date: None (a day like 2017-03-06)",
            "x.dates[3]: not after the date before it: 2026-01-04 (each date once, the earliest first)",
            "x.dates[5]: not after the date before it: 2026-01-05 (each date once, the earliest first)",
            "x.dates[6]: out of time: 9999-12-31 (from 1970 to 9998)",
        ],
    ),
    ("monthly", ["x: not a rhythm: 'monthly' (a Cadence, EveryDays or OnDates)"]),
    (None, ["x: not a rhythm: None (a Cadence, EveryDays or OnDates)"]),
    (MONDAY, ["x: not a rhythm: datetime.date(2026, 1, 5) (a Cadence, EveryDays or OnDates)"]),
    (EveryDays, [f"x: not a rhythm: {EveryDays!r} (a Cadence, EveryDays or OnDates)"]),
]


@pytest.mark.parametrize(("rhythm", "problems"), HOSTILE, ids=lambda value: ascii(value)[:60])
def test_what_is_impossible_has_a_place(rhythm: Any, problems: list[str]) -> None:
    assert [str(problem) for problem in rhythm_problems(rhythm, "x")] == problems


VERBS: list[Callable[[Rhythm], object]] = [
    lambda rhythm: period_of(NOW, rhythm, CALENDAR),
    lambda rhythm: next_period(Period("from-2026-01-05", NOW, LATER), rhythm, CALENDAR),
    lambda rhythm: previous_period(Period("from-2026-01-05", NOW, LATER), rhythm, CALENDAR),
    lambda rhythm: list(periods_between(NOW, LATER, rhythm, CALENDAR)),
    lambda rhythm: parse_period("from-2026-01-05", CALENDAR, rhythm=rhythm),
]


@pytest.mark.parametrize(
    "rhythm", [rhythm for rhythm, _ in HOSTILE if rhythm], ids=lambda each: ascii(each)[:60]
)
def test_no_verb_takes_an_impossible_rhythm(rhythm: Any) -> None:
    for verb in VERBS:
        verb(EveryDays(1, MONDAY))
        with pytest.raises(InputError) as raised:
            verb(rhythm)
        assert raised.value.problems == rhythm_problems(rhythm, "rhythm")
