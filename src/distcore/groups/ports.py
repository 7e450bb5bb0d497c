"""What must be remembered about group buying.

The rule this file protects: what two change at once, one of them is told to try again.
"""

from collections.abc import Iterator, Sequence
from typing import Protocol

from distcore.groups.group import Group, GroupId, Place
from distcore.groups.sale import GroupSale, GroupSaleId
from distcore.kernel import Instant, SaleId


class GroupSales(Protocol):
    """Group sales, each with the number of its setting, from 1 on; nothing is ever overwritten."""

    def put(self, sale: GroupSale, number: int, *, at: Instant) -> None:
        """Write the next number of a group sale; one that is taken is a conflict: `RetryableError`."""
        ...

    def newest(self, sale: GroupSaleId) -> tuple[GroupSale, int] | None:
        """Return a group sale as it was set last, with its number."""
        ...

    def numbered(self, sale: GroupSaleId, number: int) -> GroupSale:
        """Return a group sale as it was set for the so-manyth time."""
        ...

    def all(self) -> Iterator[tuple[GroupSale, int]]:
        """Yield every group sale by id and number."""
        ...


class Groups(Protocol):
    """Groups and places as they are now."""

    def add(self, group: Group, place: Place) -> None:
        """Write a new group with its first place; an id or an order that is there is a conflict."""
        ...

    def of(self, group: GroupId) -> tuple[Group, Sequence[Place]] | None:
        """Return a group with all its places by order."""
        ...

    def held(self, group: GroupId) -> tuple[Group, Sequence[Place]] | None:
        """Return the same, locked until the transaction ends."""
        ...

    def place(self, order: SaleId) -> Place | None:
        """Return the place of an order, or None."""
        ...

    def change(self, group: Group | None, places: Sequence[Place]) -> None:
        """Write a group and places whose revision is one more than what is kept; a place's first one is new.

        Where it is not, somebody was faster: `RetryableError`.
        """
        ...

    def over(self, at: Instant, count: int) -> Sequence[GroupId]:
        """Return open groups whose time is over, those first that were over first; so many at most."""
        ...

    def owed(self) -> Iterator[Place]:
        """Yield the places for which something is owed, by order."""
        ...

    def of_sale(self, sale: GroupSaleId) -> Iterator[Group]:
        """Yield the groups of a sale by id."""
        ...

    def all(self) -> Iterator[tuple[Group, Sequence[Place]]]:
        """Yield every group by id, with its places by order."""
        ...
