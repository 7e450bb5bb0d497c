"""Group buying: buyers who come together in time have a price of their own.

A merchant sets a `GroupSale`: how many buyers make a group, and for how long it is open.  A buyer who has
paid opens a group, others join it; with the last one it has succeeded, and where its time is over before,
it expires, and what was paid is owed back.

>>> from datetime import datetime, UTC
>>> noon = datetime(2026, 11, 11, 12, tzinfo=UTC)
>>> sale = GroupSale("tea for two", "CNY", size=2, hours=24)
>>> group, first = opened(sale, 1, "group 1", Paid("order 1", "ann", 4_000), noon)
>>> group.state, group.closes_at.isoformat()
(<GroupState.OPEN: 'open'>, '2026-11-12T12:00:00+00:00')
>>> joined(group, [first], Paid("order 2", "ben", 4_000), noon)[0].state
<GroupState.SUCCEEDED: 'succeeded'>

Alone, the first one is owed what was paid:

>>> late, places = closed(group, [first], group.closes_at)
>>> late.state, [(place.order, place.state.value, place.paid_minor) for place in places]
(<GroupState.EXPIRED: 'expired'>, [('order 1', 'owed', 4000)])
"""

from distcore.groups.group import (
    Group,
    GroupId,
    Paid,
    Place,
    closed,
    joined,
    left,
    opened,
    repaid,
    too_early,
)
from distcore.groups.lifecycle import (
    GROUP_TRANSITIONS,
    PLACE_TRANSITIONS,
    GroupState,
    PlaceState,
)
from distcore.groups.ports import Groups, GroupSales
from distcore.groups.sale import (
    COUNTED,
    GroupSale,
    GroupSaleId,
    group_sale_problems,
    is_open,
    is_running,
    taking_of_member,
)

__all__ = [
    "COUNTED",
    "GROUP_TRANSITIONS",
    "PLACE_TRANSITIONS",
    "Group",
    "GroupId",
    "GroupSale",
    "GroupSaleId",
    "GroupSales",
    "GroupState",
    "Groups",
    "Paid",
    "Place",
    "PlaceState",
    "closed",
    "group_sale_problems",
    "is_open",
    "is_running",
    "joined",
    "left",
    "opened",
    "repaid",
    "taking_of_member",
    "too_early",
]
