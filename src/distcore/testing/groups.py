"""Group sales, groups and places, as tests have them."""

from datetime import timedelta
from typing import Any

from attrs import evolve

from distcore.groups import Group, GroupId, GroupSale, GroupSaleId, Paid, Place, opened
from distcore.kernel import MemberId, SaleId
from distcore.testing.builders import LATER
from distcore.testing.carts import CNY

DAY = timedelta(days=1)
_SALE = GroupSale(GroupSaleId("tea"), CNY, size=3, hours=24)


def a_group_sale(**changes: Any) -> GroupSale:
    """Return a sale to groups of three, each open for a day."""
    return evolve(_SALE, **changes)


def a_group(id: str = "group 1", order: str = "order 1", **changes: Any) -> tuple[Group, Place]:
    """Return a group that ann has just opened, and her place."""
    paid = Paid(SaleId(order), MemberId("ann"), 60)
    group, place = opened(_SALE, 1, GroupId(id), paid, LATER)
    return evolve(group, **changes), place
