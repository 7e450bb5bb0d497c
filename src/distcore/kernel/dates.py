"""Dates: days of the shop's calendar, as somebody wrote them down.

The one rule this file protects: a date is a day and nothing else, neither an instant nor the text of
one, and some of it lies in time in every zone.

    >>> from distcore.kernel import parse_date
    >>> parse_date("2017-03-06").isoformat()
    '2017-03-06'
"""

import re
from datetime import date
from typing import Final

from distcore.kernel.instants import instant_of
from distcore.kernel.limits import INSTANT_MAX, INSTANT_MIN
from distcore.kernel.outcome import InputError, Problem, shown

_FIRST: Final = instant_of(INSTANT_MIN).date()
_LAST: Final = instant_of(INSTANT_MAX - 1).date()

_LIKE: Final = "a day like 2017-03-06"

# date.fromisoformat takes more forms, like 20170306 and 2017-W10-1: the shape comes first.
_shaped = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}").fullmatch


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
