"""What the Complete Journey data does not know, made up: forest, tiers, completions, returns, cancellations.

The one rule this file protects: the same seed gives the same answer, on every machine, with every Python.
Every lot is a hash of the seed, a purpose and an id, never a draw from a shared generator; so an order has
the same returns in an extract as in the whole year.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import NamedTuple

from benchmarks.complete_journey_source import Household, Line, Order

SEED = "complete-journey-1"
DAY = 86_400  # seconds

ROOT_ONE_IN = 40
GOLD_PERCENT = 8
SILVER_PERCENT = 20
SUSPENDED_PERCENT = 5

COMPLETED_DAYS_MAX = 5
CANCELLED_PER_10_000 = 50  # orders
CANCELLED_SECONDS_MIN = 600
CANCELLED_SECONDS_MAX = 4 * DAY
RETURNED_PER_10_000 = 100  # lines
FIRST_RETURN_DAYS_MAX = 40
SECOND_RETURN_DAYS_MAX = 30


class Member(NamedTuple):
    """A row of ``members.csv``; level 0 has no sponsor."""

    household: Household
    sponsor: int | None
    level: int
    tier: str
    status: str


class Refund(NamedTuple):
    """A return of `units` and `cents` of the line at a place of an order; `part` counts from 1 per line."""

    refunded: int
    basket: int
    place: int
    part: int
    units: int
    cents: int


def number(purpose: str, *parts: int) -> int:
    """Return 64 bits that depend on the seed, the purpose and the parts only."""
    text = "|".join((SEED, purpose, *map(str, parts)))
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


def forest(joining: Sequence[Household]) -> list[Member]:
    """Attach each household, in order of first purchase, to an earlier one.

    The rule is preferential: a household holds one ticket for joining and one more for everybody it
    recruited, and one ticket is drawn.  One household in `ROOT_ONE_IN` has no sponsor.  All join with their
    first purchase, so a sponsor never joined later than the member.
    """
    members: list[Member] = []
    tickets: list[Member] = []
    for household in joining:
        alone = not tickets or number("root", household.id) % ROOT_ONE_IN == 0
        sponsor = None if alone else tickets[number("sponsor", household.id) % len(tickets)]
        member = _member(household, sponsor)
        members.append(member)
        tickets.extend([member, sponsor] if sponsor else [member])
    return members


def _member(household: Household, sponsor: Member | None) -> Member:
    lot = number("tier", household.id) % 100
    tier = "gold" if lot < GOLD_PERCENT else "silver" if lot < GOLD_PERCENT + SILVER_PERCENT else ""
    status = "suspended" if number("status", household.id) % 100 < SUSPENDED_PERCENT else "active"
    if sponsor is None:
        return Member(household, None, 0, tier, status)
    return Member(household, sponsor.household.id, sponsor.level + 1, tier, status)


def cancelled_at(order: Order) -> int | None:
    """Return when the order was cancelled, ten minutes to four days after payment; None for nearly all."""
    if number("cancel", order.basket) % 10_000 >= CANCELLED_PER_10_000:
        return None
    if not any(line.cents for line in order.lines):
        return None
    span = CANCELLED_SECONDS_MAX - CANCELLED_SECONDS_MIN
    return order.paid + CANCELLED_SECONDS_MIN + number("cancel delay", order.basket) % span


def completed_at(order: Order) -> int | None:
    """Return 1 to 5 whole days after payment; None for a cancelled order, which never completes."""
    if cancelled_at(order) is not None:
        return None
    return order.paid + DAY * (1 + number("complete", order.basket) % COMPLETED_DAYS_MAX)


def refunds_of(order: Order) -> Iterator[Refund]:
    """Yield the returns of an order: about one line in a hundred, never petrol, never more than what is left.

    An order that is cancelled has none, but one in four got back a third of its first paid line before.
    """
    cancelled = cancelled_at(order)
    places = [(place, line) for place, line in enumerate(order.lines, start=1) if line.cents > 0]
    if cancelled is None:
        for place, line in places:
            if number("return", order.basket, place) % 10_000 < RETURNED_PER_10_000 and _goods(line):
                yield from _returned(order, place, line)
    elif number("return", order.basket) % 4 == 0:
        place, line = places[0]
        yield Refund((order.paid + cancelled) // 2, order.basket, place, 1, 0, (line.cents + 2) // 3)


def _goods(line: Line) -> bool:
    """Return whether the line can be carried back to the shop."""
    return line.units > 0 and not (line.master and line.master.petrol)


def _returned(order: Order, place: int, line: Line) -> Iterator[Refund]:
    """Yield one or two returns of a line: the second, days or weeks after the first."""
    refunded = order.paid
    slices = _slices(line, number("kind", order.basket, place))
    for part, (units, cents) in enumerate(slices, start=1):
        days_max = FIRST_RETURN_DAYS_MAX if part == 1 else SECOND_RETURN_DAYS_MAX
        refunded += DAY + number("return delay", order.basket, place, part) % (DAY * (days_max - 1))
        yield Refund(refunded, order.basket, place, part, units, cents)


def _slices(line: Line, lot: int) -> list[tuple[int, int]]:
    """Return what comes back, as (units, cents).

    One in four is money alone, one in four is some of several units, the others are all that was bought.
    Half of the partial ones are followed by all that is left.
    """
    kind, rest_too, lot = lot % 4, lot // 4 % 2, lot // 8
    units = cents = 0
    if kind == 0:
        cents = line.cents * (10 + lot % 50) // 100
    elif kind == 1 and line.units > 1:
        units = 1 + lot % (line.units - 1)
        cents = line.cents * units // line.units
    if cents == 0:
        return [(line.units, line.cents)]
    part, rest = (units, cents), (line.units - units, line.cents - cents)
    return [part, rest] if rest_too else [part]
