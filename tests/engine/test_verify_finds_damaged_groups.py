"""What verify says of groups that can't be: each damage is named, and nothing else."""

from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve
from tests.engine.test_buyers_buy_in_groups import SALE, a_shop, an_open_group, place

from distcore import engine
from distcore.groups import COUNTED, GroupId, GroupSaleId, GroupState, Paid, PlaceState, opened
from distcore.kernel import Count, Currency, MemberId, SaleId
from distcore.memory.store import MemoryTransaction
from distcore.pricing import COUNTED as PRICED
from distcore.pricing import OrderStep
from distcore.testing.builders import LATER, Shop
from distcore.testing.carts import AT

__all__ = ["a_shop"]

Damage = Callable[[MemoryTransaction, GroupId], None]


def without_a_number(tx: MemoryTransaction, _: GroupId) -> None:
    tx.group_sales.put(evolve(SALE, hours=0), 3, at=LATER)


def more_counted(tx: MemoryTransaction, _: GroupId) -> None:
    tx.counts.give_back({Count(COUNTED, SALE.id, member="ann"): 1})


def group_as(**changes: Any) -> Damage:
    def damage(tx: MemoryTransaction, id: GroupId) -> None:
        found = tx.groups.of(id)
        assert found is not None
        tx.groups.change(evolve(found[0], revision=found[0].revision + 1, **changes), [])

    return damage


def place_as(**changes: Any) -> Damage:
    def damage(tx: MemoryTransaction, _: GroupId) -> None:
        mine = tx.groups.place(SaleId("order 1"))
        assert mine is not None
        tx.groups.change(None, [evolve(mine, revision=mine.revision + 1, **changes)])

    return damage


def dropped(tx: MemoryTransaction, _: GroupId) -> None:
    placed = engine.placed_order(tx, SaleId("order 1"))
    tx.placed_orders.step(placed, OrderStep.DROPPED, at=LATER)
    tx.counts.give_back({Count(PRICED, "together", "tea"): 1})


def another_order(tx: MemoryTransaction, _: GroupId) -> None:
    """A group of an order that nobody placed, in which nobody's places are counted."""
    paid = Paid(SaleId("nowhere"), MemberId("cai"), 60)
    tx.groups.add(*opened(evolve(SALE, per_member_max=None), 1, GroupId("other"), paid, AT))


def never_took_one(tx: MemoryTransaction, _: GroupId) -> None:
    """A group of an order that was placed for it, and did not say that it took a place."""
    paid = Paid(SaleId("order 2"), MemberId("ben"), 60)
    tx.groups.add(*opened(evolve(SALE, per_member_max=None), 1, GroupId("other"), paid, AT))


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (never_took_one, ["place of order 'order 2': its order never took one"]),
        (
            without_a_number,
            [
                "number 3 of group sale 'tea for two': number 2 is missing",
                "number 3 of group sale 'tea for two', $.hours: out of range: 0 (from 1 to 8760)",
            ],
        ),
        (
            more_counted,
            ["places of 'ann' in group sale 'tea for two': 0 are counted, and there are 1"],
        ),
        (group_as(taken=2), ["2 places are said to be taken, and 1 are", "all 2 places"]),
        (group_as(taken=0), ["0 places are said to be taken, and 1 are"]),
        (group_as(state=GroupState.EXPIRED), ["it is expired, and a place is taken"]),
        (
            place_as(state=PlaceState.OWED),
            [
                "1 places are said to be taken, and 0 are",
                "it is owed, and is counted",
                "it is owed, and its order was not dropped",
            ],
        ),
        (dropped, ["place of order 'order 1': its group is open, and its order was dropped"]),
        (another_order, ["place of order 'nowhere': no such order was placed"]),
        (
            place_as(paid_minor=59),
            ["place of order 'order 1': its amount is 59, and that of the order is 60"],
        ),
        (
            place_as(member=MemberId("ben"), counted=False),
            [
                "its member is 'ben', and that of the order is 'ann'",
                "places of 'ann' in group sale 'tea for two': 1 are counted, and there are 0",
            ],
        ),
        (
            group_as(sale=GroupSaleId("tea"), currency=Currency("USD")),
            [
                "its group sale is 'tea', and that of the order is 'tea for two'",
                "its currency is 'USD', and that of the order is 'CNY'",
                "places of 'ann' in group sale 'tea': 0 are counted, and there are 1",
                "places of 'ann' in group sale 'tea for two': 1 are counted, and there are 0",
            ],
        ),
    ],
)
def test_what_is_damaged_is_named(shop: Shop, damage: Damage, said: list[str]) -> None:
    id = an_open_group(shop)
    place(shop, "order 2", "ben")
    shop.assert_sound()
    with shop.store.begin() as tx:
        assert isinstance(tx, MemoryTransaction)
        damage(tx, id)
    with shop.store.begin() as tx:
        found = [str(problem) for problem in engine.verify(tx).problems]
    assert len(found) == len(said)
    assert all(words in problem for words, problem in zip(said, found, strict=True))
