"""Rhythms: when new periods begin, as a value that a document can hold.

A rhythm is a ``Cadence`` of the calendar, or ``EveryDays``, or ``OnDates``.  The one rule this file
protects: every rhythm cuts all of time.  So an anchor has periods before it as well as after it, and
what lies before the first of some dates is a period too, as is what lies after the last.  That last
one ends with time itself: whoever closes periods that are over never closes it, and it gets an end,
not another label, once a date is added.

    >>> from datetime import date
    >>> from distcore.kernel import OnDates, rhythm_problems
    >>> for problem in rhythm_problems(OnDates((date(2017, 3, 6), date(2017, 3, 6))), "$.cadence"):
    ...     print(problem)
    $.cadence.dates[1]: not after the date before it: 2017-03-06 (each date once, the earliest first)
"""

from collections.abc import Iterator
from datetime import date
from enum import Enum
from typing import TypeAlias

from attrs import frozen

from distcore.kernel.checks import int_problem
from distcore.kernel.dates import date_problem
from distcore.kernel.limits import PERIOD_DATES_MAX, PERIOD_DAYS_MAX
from distcore.kernel.outcome import Problem, shown


class Cadence(Enum):
    """How often a new period begins by the calendar."""

    DAILY = "daily"
    WEEKLY = "weekly"
    HALF_MONTHLY = "half_monthly"
    """On the 1st and the 16th."""
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    YEARLY = "yearly"


@frozen
class EveryDays:
    """A new period begins every so many ``days``, one of them on the ``anchor``.

    The anchor may be any of the first days, a past or a coming one: the periods are the same.
    """

    days: int
    anchor: date


@frozen
class OnDates:
    """A new period begins on each of these dates, which go up."""

    dates: tuple[date, ...]


Rhythm: TypeAlias = Cadence | EveryDays | OnDates


def rhythm_problems(rhythm: object, where: str) -> tuple[Problem, ...]:
    """Return all that is impossible about a rhythm; paths begin with ``where``.

    Days are from 1 to ``PERIOD_DAYS_MAX``, dates from 1 to ``PERIOD_DATES_MAX``.
    """
    match rhythm:
        case Cadence():
            return ()
        case EveryDays(days, anchor):
            of_days = int_problem(days, f"{where}.days", least=1, most=PERIOD_DAYS_MAX)
            found = (of_days, date_problem(anchor, f"{where}.anchor"))
            return tuple(problem for problem in found if problem is not None)
        case OnDates(dates):
            return tuple(_dates_problems(dates, f"{where}.dates"))
        case _:
            return (Problem(where, f"not a rhythm: {shown(rhythm)}", "a Cadence, EveryDays or OnDates"),)


def _dates_problems(dates: object, where: str) -> Iterator[Problem]:
    if type(dates) is not tuple:
        yield Problem(where, f"not a tuple: {shown(dates)}", "a tuple of dates")
    elif not 1 <= len(dates) <= PERIOD_DATES_MAX:
        yield Problem(where, f"there are {len(dates)}", f"give 1 to {PERIOD_DATES_MAX}")
    else:
        yield from _order_problems(dates, where)


def _order_problems(dates: tuple[object, ...], where: str) -> Iterator[Problem]:
    latest = date.min
    for place, each in enumerate(dates):
        if problem := date_problem(each, f"{where}[{place}]"):
            yield problem
            continue
        assert isinstance(each, date)
        if each <= latest:
            message = f"not after the date before it: {each}"
            yield Problem(f"{where}[{place}]", message, "each date once, the earliest first")
        latest = max(latest, each)
