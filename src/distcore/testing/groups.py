"""Group sales, groups and places, as tests have them."""

from datetime import timedelta
from typing import Any, Final

from attrs import evolve

from distcore.groups import Group, GroupId, GroupSale, GroupSaleId, Paid, Place, opened
from distcore.kernel import MemberId, SaleId
from distcore.ports import Transaction
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


def put_group_sale(tx: Transaction) -> None:
    """Write a fact: how buyers may come together."""
    tx.group_sales.put(_SALE, 1, at=LATER)


def _add_group(tx: Transaction) -> None:
    if tx.group_sales.newest(_SALE.id) is None:
        put_group_sale(tx)
    tx.groups.add(*a_group())


def _change_group(tx: Transaction) -> None:
    group, _ = a_group()
    if tx.groups.of(group.id) is None:
        _add_group(tx)
    found = tx.groups.held(group.id)
    assert found is not None
    tx.groups.change(evolve(found[0], revision=found[0].revision + 1), [])


GROUPED: Final = (_add_group, _change_group)
"""Every way to write what becomes of groups."""
