"""A group of buyers, and who is in it.

The rule this file protects: a group never has more places than its size, an order never more than one, and
whatever was paid for a group that came to nothing is owed, until it is said to be paid back.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import NewType

from attrs import evolve, frozen

from distcore.groups import refusals as no
from distcore.groups.lifecycle import GROUP_TRANSITIONS, PLACE_TRANSITIONS, GroupState, PlaceState
from distcore.groups.sale import GroupSale, GroupSaleId
from distcore.kernel import Currency, Instant, MemberId, Refusal, SaleId, format_instant

GroupId = NewType("GroupId", str)


@frozen
class Paid:
    """An order that was paid, by whom, and with how much money."""

    order: SaleId
    member: MemberId
    amount_minor: int


@frozen
class Group:
    """Buyers who come together, as their sale was at its so-manyth setting when the group was opened.

    `taken` places are taken; where it succeeded with less than `size`, the shop has filled the others.  Each
    change is the next `revision`.
    """

    id: GroupId
    sale: GroupSaleId
    number: int
    currency: Currency
    size: int
    fill_from: int | None
    opened_at: Instant
    closes_at: Instant
    state: GroupState = GroupState.OPEN
    taken: int = 1
    revision: int = 1


@frozen
class Place:
    """The place of an order in a group; `counted` where it counts towards what its member may have."""

    order: SaleId
    group: GroupId
    member: MemberId
    paid_minor: int
    changed_at: Instant
    counted: bool = False
    state: PlaceState = PlaceState.TAKEN
    revision: int = 1


def opened(sale: GroupSale, number: int, id: GroupId, by: Paid, at: Instant) -> tuple[Group, Place]:
    """Return a new group, and the place of whoever opens it."""
    closes_at = at + timedelta(hours=sale.hours)
    group = Group(id, sale.id, number, sale.currency, sale.size, sale.fill_from, at, closes_at)
    return group, _place(group, by, at, counted=sale.per_member_max is not None)


def joined(
    group: Group, places: Sequence[Place], by: Paid, at: Instant, *, counted: bool = False
) -> tuple[Group, Place] | Refusal:
    """Return the group with one more in it, and the place; full, it has succeeded."""
    refusal = _closed_refusal(group, at)
    if refusal is not None:
        return refusal
    if any(each.member == by.member and each.state is PlaceState.TAKEN for each in places):
        return no.ALREADY_IN_GROUP.refuse(member=by.member, group=group.id)
    after = evolve(group, taken=group.taken + 1, revision=group.revision + 1)
    if after.taken == after.size:
        after = _moved(after, GroupState.SUCCEEDED)
    return after, _place(group, by, at, counted=counted)


def left(group: Group, place: Place, at: Instant) -> tuple[Group, Place] | Refusal:
    """Return the group without a place, which is owed what was paid; a group that is not open keeps all."""
    refusal = _closed_refusal(group, at)
    if refusal is not None:
        return refusal
    if place.state is not PlaceState.TAKEN:
        return no.NOT_IN_GROUP.refuse(order=place.order)
    early = too_early(place, at)
    if early is not None:
        return early
    return evolve(group, taken=group.taken - 1, revision=group.revision + 1), _given_up(place, at)


def closed(group: Group, places: Sequence[Place], at: Instant) -> tuple[Group, list[Place]]:
    """Return an open group whose time is over, and the places that change.

    It is filled where its sale said so and enough are there; else it expires, and every place is owed.
    """
    assert at >= group.closes_at, "its time is not over"
    after = evolve(group, revision=group.revision + 1)
    if group.fill_from is not None and group.taken >= group.fill_from:
        return _moved(after, GroupState.SUCCEEDED), []
    taken = [each for each in places if each.state is PlaceState.TAKEN]
    return _moved(after, GroupState.EXPIRED), [_given_up(each, at) for each in taken]


def repaid(place: Place, at: Instant) -> Place | Refusal:
    """Return a place whose order was paid back."""
    if place.state is not PlaceState.OWED:
        return no.NOT_OWED.refuse(order=place.order, state=place.state)
    return too_early(place, at) or _place_moved(place, PlaceState.REPAID, at)


def too_early(place: Place, at: Instant) -> Refusal | None:
    """Return the refusal of what is done with a place before it was what it is, as by a wrong clock."""
    if at >= place.changed_at:
        return None
    changed_at = format_instant(place.changed_at)
    return no.PLACE_NEWER.refuse(
        order=place.order, state=place.state, changed_at=changed_at, at=format_instant(at)
    )


def _place(group: Group, by: Paid, at: Instant, *, counted: bool) -> Place:
    return Place(by.order, group.id, by.member, by.amount_minor, at, counted)


def _closed_refusal(group: Group, at: Instant) -> Refusal | None:
    if group.state is not GroupState.OPEN:
        return no.GROUP_CLOSED.refuse(group=group.id, state=group.state)
    if at < group.opened_at:
        opened_at = format_instant(group.opened_at)
        return no.GROUP_NEWER.refuse(group=group.id, opened_at=opened_at, at=format_instant(at))
    if at >= group.closes_at:
        return no.GROUP_OVER.refuse(group=group.id, closes_at=format_instant(group.closes_at))
    return None


def _given_up(place: Place, at: Instant) -> Place:
    return evolve(_place_moved(place, PlaceState.OWED, at), counted=False)


def _place_moved(place: Place, state: PlaceState, at: Instant) -> Place:
    assert state in PLACE_TRANSITIONS[place.state], f"{place.state} never becomes {state}"
    return evolve(place, state=state, changed_at=at, revision=place.revision + 1)


def _moved(group: Group, state: GroupState) -> Group:
    assert state in GROUP_TRANSITIONS[group.state], f"{group.state} never becomes {state}"
    return evolve(group, state=state)
