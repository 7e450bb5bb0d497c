"""Dates and times of day: days of the shop's calendar and hours of its clock, as somebody wrote them down.

The one rule this file protects: a date is a day and nothing else, neither an instant nor the text of
one, and some of it lies in time in every zone.  A time of day is what a clock shows: whole seconds, and
no offset, since the clock is the shop's.

    >>> from distcore.kernel import format_time, parse_date, parse_time
    >>> parse_date("2017-03-06").isoformat()
    '2017-03-06'
    >>> format_time(parse_time("20:00:00"))
    '20:00'
"""

import re
from datetime import date, time
from typing import Final

from distcore.kernel.instants import instant_of
from distcore.kernel.limits import INSTANT_MAX, INSTANT_MIN
from distcore.kernel.outcome import InputError, Problem, shown

_FIRST: Final = instant_of(INSTANT_MIN).date()
_LAST: Final = instant_of(INSTANT_MAX - 1).date()

_LIKE: Final = "a day like 2017-03-06"
_TIME_LIKE: Final = "a time of day like 20:00"

# date.fromisoformat takes more forms, like 20170306 and 2017-W10-1: the shape comes first.
_shaped = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}").fullmatch
# time.fromisoformat takes more forms, too, and 24:00 with some Pythons and not with others.
_shaped_time = re.compile("(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?").fullmatch


def date_problem(value: object, where: str) -> Problem | None:
    """Return what is wrong with a date, or None; it is from 1970 to 9998, and no ``datetime``."""
    if type(value) is not date:
        return Problem(where, f"not a date: {shown(value)}", _LIKE)
    if not _FIRST <= value <= _LAST:
        return Problem(where, f"out of time: {value}", "from 1970 to 9998")
    return None


def parse_date(text: object, where: str = "") -> date:
    """Return the date written as ``2017-03-06``, from 1970 to 9998."""
    if not isinstance(text, str) or not _shaped(text):
        raise InputError.of(where, f"not a date: {shown(text)}", _LIKE)
    try:
        value = date.fromisoformat(text)
    except ValueError:
        raise InputError.of(where, f"no such day: {shown(text)}", _LIKE) from None
    if problem := date_problem(value, where):
        raise InputError((problem,))
    return value


def time_problem(value: object, where: str) -> Problem | None:
    """Return what is wrong with a time of day, or None; it has whole seconds and no offset."""
    if type(value) is not time:
        return Problem(where, f"not a time of day: {shown(value)}", _TIME_LIKE)
    if value.tzinfo is not None:
        return Problem(where, f"a time of day with a zone: {shown(value)}", "it is by the shop's clock")
    if value.microsecond:
        return Problem(where, f"finer than a second: {value}", _TIME_LIKE)
    return None


def parse_time(text: object, where: str = "") -> time:
    """Return the time of day written as ``20:00`` or ``20:00:30``."""
    if not isinstance(text, str) or not _shaped_time(text):
        raise InputError.of(where, f"not a time of day: {shown(text)}", _TIME_LIKE)
    return time.fromisoformat(text)


def format_time(value: time) -> str:
    """Return a time of day as ``20:00``; seconds are written if they are not zero."""
    problem = time_problem(value, "")
    assert problem is None, str(problem)
    return value.isoformat("seconds" if value.second else "minutes")
