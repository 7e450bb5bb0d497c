"""What must be kept of group buying."""

from typing import Any

import pytest
from attrs import evolve

from distcore.groups import Group, GroupId, GroupSale, GroupSaleId, GroupState, Place, PlaceState
from distcore.kernel import Currency, MemberId, RetryableError, SaleId, instant_of, limits
from distcore.ports import Transaction
from distcore.testing.builders import LATER, StoreOf
from distcore.testing.contracts.kept import NASTY, broken_off
from distcore.testing.groups import DAY, a_group, a_group_sale


def _open(tx: Transaction, *groups: tuple[Group, Place]) -> None:
    tx.group_sales.put(a_group_sale(), 1, at=LATER)
    for group, place in groups:
        tx.groups.add(group, place)


def _next(kept: Any, **changes: Any) -> Any:
    return evolve(kept, revision=kept.revision + 1, **changes)


class GroupSalesContract:
    """Group sales: numbered, and never overwritten."""

    def test_group_sales_are_returned_whole(self, store_of: StoreOf) -> None:
        """Every id, every edge, by id and number; of each the newest holds."""
        full = a_group_sale(
            id=GroupSaleId("full"),
            currency=Currency("JPY"),
            size=limits.GROUP_SIZE_MAX,
            hours=limits.GROUP_HOURS_MAX,
            per_member_max=limits.UNITS_MAX,
            fill_from=1,
            valid_from=instant_of(limits.INSTANT_MIN),
            valid_until=instant_of(limits.INSTANT_MAX - 1),
        )
        sales: list[tuple[GroupSale, int]] = [(a_group_sale(id=GroupSaleId(id)), 1) for id in NASTY]
        sales += [(full, 1), (evolve(full, size=2), 2), (evolve(full, size=3), 10)]
        with store_of("another").begin() as tx:
            tx.group_sales.put(full, 11, at=LATER)
        with store_of("shop").begin() as tx:
            for sale, number in sales:
                tx.group_sales.put(sale, number, at=LATER)
        with store_of("shop").begin() as tx:
            assert list(tx.group_sales.all()) == sorted(sales, key=lambda each: (each[0].id, each[1]))
            assert tx.group_sales.newest(full.id) == sales[-1][:2]
            assert tx.group_sales.numbered(full.id, 2) == evolve(full, size=2)
            assert tx.group_sales.newest(GroupSaleId("Full")) is None

    def test_a_number_of_a_group_sale_that_is_taken_is_a_conflict(self, store_of: StoreOf) -> None:
        """Whoever was slower tries again."""
        store = store_of("shop")
        with store.begin() as tx:
            tx.group_sales.put(a_group_sale(), 1, at=LATER)
        with pytest.raises(RetryableError), store.begin() as tx:
            tx.group_sales.put(a_group_sale(), 1, at=LATER)


class GroupsContract:
    """Groups and places, each changed by its revision."""

    def test_groups_are_returned_whole(self, store_of: StoreOf) -> None:
        """Under every id, with all places by order, and nothing of another shop."""
        with store_of("another").begin() as tx:
            _open(tx, a_group())
        groups = [a_group(id, f"order {place}") for place, id in enumerate(NASTY)]
        group, place = a_group("full", "last", size=limits.GROUP_SIZE_MAX, fill_from=2)
        more = [
            evolve(place, order=SaleId(f"o {n}"), member=MemberId(id), counted=True, paid_minor=10**15)
            for n, id in enumerate(NASTY)
        ]
        with store_of("shop").begin() as tx:
            _open(tx, *groups, (group, place))
            tx.groups.change(_next(group, taken=2), more)
        with store_of("shop").begin() as tx:
            found = sorted(groups, key=lambda each: each[0].id)
            places = sorted([place, *more], key=lambda each: each.order)
            full = (_next(group, taken=2), places)
            expected = sorted([*((each, [own]) for each, own in found), full], key=lambda of: of[0].id)
            assert list(tx.groups.all()) == expected
            assert tx.groups.of(GroupId("full")) == full
            assert tx.groups.of(GroupId("Full")) is None
            assert tx.groups.held(GroupId("full")) == full
            assert tx.groups.held(GroupId("Full")) is None
            assert tx.groups.place(SaleId("o 0")) == more[0]
            assert tx.groups.place(SaleId("O 0")) is None
            assert [each.id for each in tx.groups.of_sale(group.sale)] == [each.id for each, _ in expected]
            assert list(tx.groups.of_sale(GroupSaleId("other"))) == []

    def test_a_group_or_a_place_that_is_there_is_a_conflict(self, store_of: StoreOf) -> None:
        """An order has one place, in whatever group."""
        store = store_of("shop")
        group, place = a_group()
        with store.begin() as tx:
            _open(tx, (group, place))
        for again in (a_group("group 1", "order 2"), a_group("group 2", "order 1")):
            with pytest.raises(RetryableError), store.begin() as tx:
                tx.groups.add(*again)
        with pytest.raises(RetryableError), store.begin() as tx:
            tx.groups.change(_next(group), [place])
        with broken_off(store) as tx:
            tx.groups.change(_next(group), [_next(place, state=PlaceState.OWED)])
        with store.begin() as tx:
            assert list(tx.groups.all()) == [(group, [place])]

    def test_whoever_was_slower_with_a_group_is_told(self, store_of: StoreOf) -> None:
        """A revision that does not follow is a conflict, of a group and of a place."""
        store = store_of("shop")
        group, place = a_group()
        owed = _next(place, state=PlaceState.OWED, changed_at=LATER + DAY)
        with store.begin() as tx:
            _open(tx, (group, place))
            tx.groups.change(_next(group, taken=0), [owed])
        late: list[tuple[Group | None, list[Place]]] = [
            (_next(group), []),
            (None, [_next(place)]),
            (_next(a_group("nowhere")[0]), []),
            (None, [_next(a_group(order="nowhere")[1])]),
        ]
        for each in late:
            with pytest.raises(RetryableError), store.begin() as tx:
                tx.groups.change(*each)
        with store.begin() as tx:
            assert list(tx.groups.all()) == [(_next(group, taken=0), [owed])]

    def test_groups_that_are_over_come_first(self, store_of: StoreOf) -> None:
        """Open ones, from their end on, those first that were over first; so many at most."""
        ends = {"b": LATER + DAY, "a": LATER + DAY, "c": LATER + 2 * DAY, "d": LATER + 3 * DAY}
        groups = [a_group(id, f"order {id}", closes_at=end) for id, end in ends.items()]
        done = a_group("done", "order done", state=GroupState.SUCCEEDED)
        with store_of("shop").begin() as tx:
            _open(tx, *groups, done)
        with store_of("shop").begin() as tx:
            tick = instant_of(1) - instant_of(0)
            assert list(tx.groups.over(LATER + DAY - tick, 9)) == []
            assert list(tx.groups.over(LATER + DAY, 9)) == ["a", "b"]
            assert list(tx.groups.over(LATER + 2 * DAY, 2)) == ["a", "b"]
            assert list(tx.groups.over(LATER + 9 * DAY, 9)) == ["a", "b", "c", "d"]

    def test_what_is_owed_is_told_by_order(self, store_of: StoreOf) -> None:
        """Also more than a page of it, and nothing that was paid back."""
        group, first = a_group(size=limits.GROUP_SIZE_MAX)
        places = [
            evolve(first, order=SaleId(f"order {n:04}"), state=PlaceState.OWED) for n in range(2, 1_203)
        ]
        gone = evolve(first, order=SaleId("order x"), state=PlaceState.REPAID)
        with store_of("shop").begin() as tx:
            _open(tx, (group, first))
            tx.groups.change(None, [gone, *reversed(places)])
        with store_of("shop").begin() as tx:
            assert list(tx.groups.owed()) == places
