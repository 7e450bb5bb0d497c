"""Is what is kept of group buying still possible?  Group sales, groups, their places, and what is counted."""

from collections import Counter
from collections.abc import Iterator, Sequence

from attrs import evolve

from distcore.groups import (
    COUNTED,
    Group,
    GroupSaleId,
    GroupState,
    Place,
    PlaceState,
    group_sale_problems,
)
from distcore.kernel import Count, Problem, shown
from distcore.ports import Transaction
from distcore.pricing import PlacedOrder


def group_problems(tx: Transaction) -> Iterator[Problem]:
    """Yield what is wrong with groups; what is counted for members is what they sit in.

    A place is compared with its order as it was placed, each by a statement of its own.
    Memory holds the members of group sales that count them.
    """
    known: dict[GroupSaleId, int] = {}
    for sale, number in tx.group_sales.all():
        where = f"number {number} of group sale {shown(sale.id)}"
        if number != known.get(sale.id, 0) + 1:
            yield Problem(where, f"number {known.get(sale.id, 0) + 1} is missing")
        known[sale.id] = number
        for each in group_sale_problems(sale):
            yield evolve(each, where=f"{where}, {each.where}")
    held: Counter[Count] = Counter()
    for group, places in tx.groups.all():
        yield from _wrong_with(group, places)
        for place in places:
            yield from _wrong_with_order(group, place, tx.placed_orders.of(place.order))
        held.update(Count(COUNTED, group.sale, member=place.member) for place in places if place.counted)
    counted = {count: units for count, units in tx.counts.all() if count.kind == COUNTED}
    for count in sorted(held.keys() | counted.keys()):
        if held[count] != counted.get(count, 0):
            where = f"places of {shown(count.member)} in group sale {shown(count.of)}"
            yield Problem(where, f"{counted.get(count, 0)} are counted, and there are {held[count]}")


def _wrong_with(group: Group, places: Sequence[Place]) -> Iterator[Problem]:
    """Yield what is wrong with a group: its state says what its places must be."""
    where = f"group {shown(group.id)}"
    if group.state is not GroupState.EXPIRED:
        taken = sum(place.state is PlaceState.TAKEN for place in places)
        if taken != group.taken:
            yield Problem(where, f"{group.taken} places are said to be taken, and {taken} are")
    elif any(place.state is PlaceState.TAKEN for place in places):
        yield Problem(where, "it is expired, and a place is taken")
    if group.state is GroupState.OPEN and group.taken >= group.size:
        yield Problem(where, f"it is open, and all {group.size} places are taken")
    for place in places:
        if place.counted and place.state is not PlaceState.TAKEN:
            yield Problem(
                f"place of order {shown(place.order)}", f"it is {place.state.value}, and is counted"
            )


def _wrong_with_order(group: Group, place: Place, placed: PlacedOrder | None) -> Iterator[Problem]:
    """Yield where a place is not that of its order, or one of them is given up and the other is not.

    An order of a group that succeeded may be dropped, as any other: it keeps its place.
    """
    where = f"place of order {shown(place.order)}"
    if placed is None:
        yield Problem(where, "no such order was placed")
        return
    compared = (
        ("member", place.member, placed.member),
        ("group sale", group.sale, placed.quote.group_sale),
        ("currency", group.currency, placed.quote.currency),
        ("amount", place.paid_minor, placed.quote.payable_minor),
    )
    for name, held, ordered in compared:
        if held != ordered:
            yield Problem(where, f"its {name} is {shown(held)}, and that of the order is {shown(ordered)}")
    if placed.grouped_at is None:
        yield Problem(where, "its order never took one")
    if place.state is not PlaceState.TAKEN and placed.dropped_at is None:
        yield Problem(where, f"it is {place.state.value}, and its order was not dropped")
    if place.state is PlaceState.TAKEN and group.state is GroupState.OPEN and placed.dropped_at is not None:
        yield Problem(where, "its group is open, and its order was dropped")
