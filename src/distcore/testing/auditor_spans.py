"""Periods, naively: found by walking through the days, where the library calculates dates."""

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from distcore.kernel import Cadence, EveryDays, Instant, Rhythm, ShopPolicy


class Span(NamedTuple):
    """A period."""

    label: str
    start: Instant
    end: Instant


def span_of(instant: Instant, rhythm: Rhythm, shop: ShopPolicy) -> Span:
    """Return the period that holds an instant: walk to its first day, then to the first day of the next."""

    def name(day: date) -> str:
        if isinstance(rhythm, EveryDays):
            return f"from-{day - timedelta(days=(day - rhythm.anchor).days % rhythm.days)}"
        if rhythm is Cadence.WEEKLY:
            return f"week-{day - timedelta(days=(day.weekday() - shop.calendar.week_start) % 7)}"
        if rhythm is Cadence.HALF_MONTHLY:
            return f"{day:%Y-%m}-H{1 if day.day <= 15 else 2}"
        if rhythm is Cadence.QUARTERLY:
            return f"{day:%Y}-Q{(day.month + 2) // 3}"
        return f"{day:%Y-%m}" if rhythm is Cadence.MONTHLY else f"{day}"

    def midnight(day: date) -> Instant:
        return datetime.combine(day, time(), shop.zone).astimezone(UTC)

    first = last = instant.astimezone(shop.zone).date()
    while name(first - timedelta(days=1)) == name(first):
        first -= timedelta(days=1)
    while name(last) == name(first):
        last += timedelta(days=1)
    return Span(name(first), midnight(first), midnight(last))


def following(start: Instant, rhythm: Rhythm, shop: ShopPolicy) -> Span:
    """Return the period that begins where another one ended: what is left of one, if need be."""
    span = span_of(start, rhythm, shop)
    if span.start == start:
        return span
    return Span(f"from-{start.astimezone(shop.zone).date()}", start, span.end)


def span_before(span: Span, rhythm: Rhythm, shop: ShopPolicy) -> Span:
    """Return the period before one."""
    return span_of(span.start - timedelta(microseconds=1), rhythm, shop)
