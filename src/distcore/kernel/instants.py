"""Instants: when something happened, as one point of time everywhere.

The one rule this file protects: an instant is an aware ``datetime`` in UTC, between
``INSTANT_MIN`` and ``INSTANT_MAX``, and never finer than a microsecond.  A time without an offset
is refused: nobody can know what it means.

    >>> from distcore.kernel import format_instant, parse_instant
    >>> format_instant(parse_instant("2017-02-01T00:59:59+01:00"))
    '2017-01-31T23:59:59Z'
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from distcore.kernel.limits import INSTANT_MAX, INSTANT_MIN
from distcore.kernel.outcome import InputError, shown

Instant: TypeAlias = datetime
"""An aware ``datetime`` whose ``tzinfo`` is UTC."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST: Final = _EPOCH + timedelta(microseconds=INSTANT_MIN)
_END: Final = _EPOCH + timedelta(microseconds=INSTANT_MAX)

_HH_MM: Final = "(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_SECONDS: Final = r":[0-5][0-9](?:\.[0-9]{1,6})?"
# datetime.fromisoformat takes more forms, and more of them with every Python: the shape comes first.
_shaped = re.compile(
    f"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}[T ]{_HH_MM}(?:{_SECONDS})?(?:Z|[+-]{_HH_MM})"
).fullmatch

# Files beside the zones: they are the machine's own, or count leap seconds.
_NO_ZONES: Final = ("localtime", "posixrules", "posix/", "right/")
_zone_name = re.compile(r"[A-Za-z0-9_+-]{1,40}(?:/[A-Za-z0-9_+-]{1,40}){0,3}").fullmatch


def parse_instant(text: object, where: str = "") -> Instant:
    """Return the instant written in ISO 8601 with an offset or ``Z``, to the microsecond at most."""
    if not isinstance(text, str) or not _shaped(text):
        raise InputError.of(where, f"not an instant: {shown(text)}", "like 2017-01-31T23:59:59+01:00")
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        raise InputError.of(where, f"no such day: {shown(text)}") from None
    return _in_utc(value, where)


def format_instant(instant: Instant) -> str:
    """Return the instant as ``2017-01-31T23:59:59Z``; a fraction is written if it is not zero."""
    assert instant.tzinfo is UTC, f"not an instant: {instant!r}"
    return instant.isoformat()[: -len("+00:00")] + "Z"


def utc(value: object, where: str = "") -> Instant:
    """Return an aware datetime of the caller as an instant; a naive one is an InputError."""
    if not isinstance(value, datetime):
        raise InputError.of(where, f"not an instant: {shown(value)}", "an aware datetime")
    if value.utcoffset() is None:
        raise InputError.of(where, f"a time without an offset: {shown(value)}", "an aware datetime")
    return _in_utc(value, where)


def micros_of(instant: Instant) -> int:
    """Return microseconds since 1970-01-01 UTC."""
    since = instant - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def instant_of(micros: int) -> Instant:
    """Return the instant that many microseconds after 1970-01-01 UTC."""
    return _EPOCH + timedelta(microseconds=micros)


def add_days(instant: Instant, days: int, zone: ZoneInfo | None) -> Instant:
    """Return the instant ``days`` later: calendar days in ``zone``, or of 24 hours without one.

    A calendar day keeps the time on the wall.  Where that is skipped, it moves forward by what was
    skipped; where it comes twice, it is the first.  No days later is the same instant.
    """
    try:
        if zone is None or not days:
            return _in_utc(instant + timedelta(days=days), "")
        wall = instant.astimezone(zone).replace(tzinfo=None) + timedelta(days=days)
        return _in_utc(wall.replace(tzinfo=zone, fold=0), "")
    except OverflowError:
        raise InputError.of("", f"out of time: {format_instant(instant)} and {days} days") from None


def zone_of(name: object, where: str = "") -> ZoneInfo:
    """Return the time zone with an IANA name, like ``Europe/Berlin``."""
    if isinstance(name, str) and _zone_name(name) and not name.startswith(_NO_ZONES):
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            pass  # nothing of that name, a folder or another file: one answer for all
    raise InputError.of(where, f"unknown time zone: {shown(name)}", "an IANA name like Asia/Shanghai")


def _in_utc(value: datetime, where: str) -> Instant:
    # Compared before it is converted, because a conversion near the end of the calendar overflows.
    if not _FIRST <= value < _END:
        raise InputError.of(where, f"out of time: {shown(value.isoformat())}", "from 1970 to 9998")
    if type(value) is not datetime:  # a data frame's timestamp: equal, but not the same kind of value
        value = datetime.combine(value.date(), value.time(), value.tzinfo)
    return value if value.tzinfo is UTC else value.astimezone(UTC)
