"""What had happened before a sale: looked up once, when it is first accrued, and frozen with it.

The one rule this file protects: what counts is what was accrued before, in the order in which it was, as it
was sold; nothing that comes later changes the past of a sale.
"""

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

from attrs import frozen

from distcore.commission.sale import Correction, PriceCorrection, Sale, left_of
from distcore.kernel import CapId, Currency, Instant, MemberId, SaleId


@frozen
class Past:
    """What the buyer of a sale had bought before in its currency, whatever became of it since.

    `orders` counts the paid orders that were accrued before, `months` the full months since the first of
    them was paid, and `spent_minor` adds up their net as sold.  `first_is_free` says that the order that has
    what is paid for a first one, if there is any, was gone.
    """

    orders: int
    months: int
    spent_minor: int
    first_is_free: bool


NOTHING_BEFORE: Final = Past(0, 0, 0, first_is_free=True)
"""The past of a first order."""

Buyer: TypeAlias = tuple[MemberId, Currency]
"""Whose orders count together: a buyer's in one currency."""


@frozen
class Bought:
    """What a buyer has bought so far: sums over sales that were accrued.

    `first_paid_at` is the earliest payment; `first_sale` has what is paid for a first order, as the last
    that could have it, if something was to be had.
    """

    orders: int = 0
    first_paid_at: Instant | None = None
    spent_minor: int = 0
    first_sale: SaleId | None = None


@frozen
class Grant:
    """What a sale was granted under a cap for a member, an earner or the buyer, in a period; never zero."""

    cap: CapId
    member: MemberId
    period: str
    granted_minor: int


@frozen
class PaidBefore:
    """What a plan had paid a member before a sale, each earlier sale as it was sold; never zero."""

    member: MemberId
    earned_minor: int


NOBODY_EARNED: Final[Mapping[MemberId, int]] = {}
"""What everybody had earned before the first sale."""


def was_gone(sale: Sale, corrections: Sequence[Correction]) -> bool:
    """Say whether there was a time when nothing was left of a sale, given its corrections as they came.

    Then it is no first order any more, for good: a price may bring back the sale, not what is paid for that.
    So of all first orders of a buyer one is paid for, by whatever plan each of them goes.
    """
    priced = (n for n, each in enumerate(corrections) if isinstance(each, PriceCorrection))
    upto = (*priced, len(corrections))  # only a price adds to what is left
    return any(not any(part.net_minor > 0 for part in left_of(sale, corrections[:end])) for end in upto)


def past_of(sale: Sale, bought: Bought, zone: ZoneInfo, *, first_was_gone: bool) -> Past:
    """Return the past of a sale, given what became of the buyer's `first_sale`."""
    first = bought.first_paid_at
    months = 0 if first is None else months_between(first, sale.paid_at, zone)
    is_free = bought.orders == 0 or (bought.first_sale is not None and first_was_gone)
    return Past(bought.orders, months, bought.spent_minor, is_free)


def with_sale(bought: Bought, sale: Sale, past: Past | None) -> Bought:
    """Return what a buyer has bought with one more sale."""
    first = sale.paid_at if bought.first_paid_at is None else min(bought.first_paid_at, sale.paid_at)
    takes_first = past is not None and past.first_is_free
    return Bought(
        bought.orders + 1,
        first,
        bought.spent_minor + sale.net_minor,
        sale.id if takes_first else bought.first_sale,
    )


def months_between(start: Instant, end: Instant, zone: ZoneInfo) -> int:
    """Return how many full months of a zone's calendar lie between; none if the end is before the start.

    A month is full at the same day and time of the next one, or, where that day is missing, at the first
    instant after it.
    """
    first, last = start.astimezone(zone).replace(tzinfo=None), end.astimezone(zone).replace(tzinfo=None)
    months = 12 * (last.year - first.year) + last.month - first.month
    is_full = (last.day, last.time()) >= (first.day, first.time())
    return max(0, months if is_full else months - 1)
