"""Group sales, groups and places, in memory."""

from collections.abc import Iterator, Sequence
from typing import Final

from distcore.groups import Group, GroupId, GroupSale, GroupSaleId, GroupState, Place, PlaceState
from distcore.kernel import Instant, RetryableError, SaleId
from distcore.memory.journal import Journal


class MemoryGroupSales:
    """`distcore.groups.GroupSales` in dictionaries."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._sales: dict[tuple[GroupSaleId, int], GroupSale] = {}
        self._newest: dict[GroupSaleId, int] = {}

    def put(self, sale: GroupSale, number: int, *, at: Instant) -> None:
        """Write the next number of a group sale."""
        self._journal.insert(self._sales, (sale.id, number), sale)
        self._journal.put(self._newest, sale.id, max(number, self._newest.get(sale.id, 0)))

    def newest(self, sale: GroupSaleId) -> tuple[GroupSale, int] | None:
        """Return a group sale as it was set last, with its number."""
        number = self._newest.get(sale)
        return None if number is None else (self._sales[sale, number], number)

    def numbered(self, sale: GroupSaleId, number: int) -> GroupSale:
        """Return a group sale as it was set for the so-manyth time."""
        return self._sales[sale, number]

    def all(self) -> Iterator[tuple[GroupSale, int]]:
        """Yield every group sale by id and number."""
        for key in sorted(self._sales):
            yield self._sales[key], key[1]


class MemoryGroups:
    """`distcore.groups.Groups` in dictionaries, with the orders of each group beside them."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._groups: dict[GroupId, Group] = {}
        self._places: dict[SaleId, Place] = {}
        self._orders: dict[GroupId, frozenset[SaleId]] = {}

    def add(self, group: Group, place: Place) -> None:
        """Write a new group with its first place."""
        self._journal.insert(self._groups, group.id, group)
        self._add(place)

    def of(self, group: GroupId) -> tuple[Group, Sequence[Place]] | None:
        """Return a group with all its places by order."""
        found = self._groups.get(group)
        return None if found is None else (found, self._places_of(group))

    def held(self, group: GroupId) -> tuple[Group, Sequence[Place]] | None:
        """Return the same: nobody else writes meanwhile."""
        return self.of(group)

    def place(self, order: SaleId) -> Place | None:
        """Return the place of an order, or None."""
        return self._places.get(order)

    def change(self, group: Group | None, places: Sequence[Place]) -> None:
        """Write a group and places whose revision is one more than what is kept."""
        if group is not None:
            _check_follows(self._groups.get(group.id), group, group.id)
            self._journal.put(self._groups, group.id, group)
        for each in places:
            if each.revision == 1:
                self._add(each)
            else:
                _check_follows(self._places.get(each.order), each, each.order)
                self._journal.put(self._places, each.order, each)

    def over(self, at: Instant, count: int) -> Sequence[GroupId]:
        """Return open groups whose time is over; looks at every group."""
        found = [
            (each.closes_at, each.id)
            for each in self._groups.values()
            if each.state is GroupState.OPEN and each.closes_at <= at
        ]
        return [id for _, id in sorted(found)[:count]]

    def owed(self) -> Iterator[Place]:
        """Yield the places for which something is owed, by order; looks at every place."""
        for order in sorted(self._places):
            if self._places[order].state is PlaceState.OWED:
                yield self._places[order]

    def of_sale(self, sale: GroupSaleId) -> Iterator[Group]:
        """Yield the groups of a sale by id; looks at every group."""
        for id in sorted(self._groups):
            if self._groups[id].sale == sale:
                yield self._groups[id]

    def all(self) -> Iterator[tuple[Group, Sequence[Place]]]:
        """Yield every group by id, with its places by order."""
        for id in sorted(self._groups):
            yield self._groups[id], self._places_of(id)

    def _add(self, place: Place) -> None:
        self._journal.insert(self._places, place.order, place)
        self._journal.put(self._orders, place.group, self._orders.get(place.group, _NONE) | {place.order})

    def _places_of(self, group: GroupId) -> list[Place]:
        return [self._places[order] for order in sorted(self._orders[group])]


def _check_follows(before: Group | Place | None, after: Group | Place, id: str) -> None:
    if before is None or before.revision + 1 != after.revision:
        raise RetryableError(f"{id} was changed meanwhile")


_NONE: Final[frozenset[SaleId]] = frozenset()
