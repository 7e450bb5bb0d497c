"""For whom, and when: what price lists and offers have in common."""

from datetime import time
from enum import Enum
from zoneinfo import ZoneInfo

from attrs import field, frozen

from distcore.kernel import Instant, Weekday, paths_to, utc
from distcore.pricing.cart import Cart

MIDNIGHT = time()


class Barred(Enum):
    """Why a price list or an offer is not for this cart now."""

    NOT_YET = "not_yet"
    OVER = "over"
    NOT_AT_THIS_HOUR = "not_at_this_hour"
    OTHER_TIER = "other_tier"
    OTHER_GROUP = "other_group"
    OTHER_CHANNEL = "other_channel"
    OTHER_REGION = "other_region"
    NOT_A_NEWCOMER = "not_a_newcomer"
    NOT_IN_A_GROUP = "not_in_a_group"


@frozen
class Audience:
    """For whom: of each kind one of those named, where any are; a region covers all that lies in it.

    `newcomers` are buyers who have paid no order yet; `group_sales` is for carts that are bought in a group.
    """

    tiers: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    newcomers: bool = False
    group_sales: tuple[str, ...] = ()


@frozen
class Hours:
    """Some hours of some days of the week in the shop's zone, `[start, end)`; no end is midnight."""

    weekdays: tuple[Weekday, ...]
    start: time = MIDNIGHT
    end: time | None = None


def _from(value: Instant | None) -> Instant | None:
    return None if value is None else utc(value, "valid_from")


def _until(value: Instant | None) -> Instant | None:
    return None if value is None else utc(value, "valid_until")


@frozen
class Schedule:
    """When: `[valid_from, valid_until)`, and in it only at some hours of the week, if any are named."""

    valid_from: Instant | None = field(default=None, converter=_from)
    valid_until: Instant | None = field(default=None, converter=_until)
    hours: tuple[Hours, ...] = ()


ANYBODY = Audience()
ALWAYS = Schedule()
_WEEK = tuple(Weekday)


def barred(audience: Audience, schedule: Schedule, cart: Cart, at: Instant, zone: ZoneInfo) -> Barred | None:
    """Return why something is not for a cart at an instant, or None."""
    return _when(schedule, at, zone) or _who(audience, cart)


def _when(schedule: Schedule, at: Instant, zone: ZoneInfo) -> Barred | None:
    if schedule is ALWAYS:
        return None
    if schedule.valid_from is not None and at < schedule.valid_from:
        return Barred.NOT_YET
    if schedule.valid_until is not None and at >= schedule.valid_until:
        return Barred.OVER
    if schedule.hours and not _is_open(schedule.hours, at, zone):
        return Barred.NOT_AT_THIS_HOUR
    return None


def _is_open(hours: tuple[Hours, ...], at: Instant, zone: ZoneInfo) -> bool:
    local = at.astimezone(zone)
    day, now = _WEEK[local.weekday()], local.time()
    return any(
        day in each.weekdays and each.start <= now and (each.end is None or now < each.end) for each in hours
    )


def _who(audience: Audience, cart: Cart) -> Barred | None:
    if audience is ANYBODY:
        return None
    shopper = cart.shopper
    if audience.tiers and shopper.tier not in audience.tiers:
        return Barred.OTHER_TIER
    if audience.groups and not set(audience.groups) & set(shopper.groups):
        return Barred.OTHER_GROUP
    if audience.channels and cart.channel not in audience.channels:
        return Barred.OTHER_CHANNEL
    if audience.regions and not set(audience.regions) & set(paths_to(cart.region)):
        return Barred.OTHER_REGION
    if audience.newcomers and shopper.orders_before:
        return Barred.NOT_A_NEWCOMER
    if audience.group_sales and cart.group_sale not in audience.group_sales:
        return Barred.NOT_IN_A_GROUP
    return None
