"""Buyers come together in groups: one opens a group, others join it, and what came to nothing is owed.

The rule this file protects: no group has more buyers than its size, however many join at once; and an order
of a group that came to nothing gives back all that it held, in the transaction that says so.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import islice
from typing import Final

from attrs import frozen

from distcore.engine.accrue import currency_refusal, policy_of
from distcore.engine.once import answered, called, check, done_before, remember
from distcore.engine.placing import (
    check_not_completed,
    check_not_dropped,
    check_placed_by,
    dropped,
    group_sale_of,
    placed_order,
)
from distcore.groups import (
    Group,
    GroupId,
    GroupSale,
    GroupSaleId,
    GroupState,
    Paid,
    Place,
    closed,
    group_sale_problems,
    is_open,
    joined,
    left,
    opened,
    repaid,
    taking_of_member,
)
from distcore.groups import refusals as no
from distcore.kernel import (
    Count,
    InputError,
    Instant,
    MemberId,
    RefusedError,
    SaleId,
    fact_id,
    format_instant,
    id_problem,
    int_problem,
    limits,
)
from distcore.ports import Transaction
from distcore.pricing import OrderStep, PlacedOrder

GROUPS_MAX: Final = 30
"""Groups that are closed by one call: their ids are kept as its answer, in a text."""

OWED_MAX: Final = 1_000
"""Places for which something is owed that are returned at once."""


@frozen
class ClosedGroups:
    """Groups whose time was over, by id: those that the shop filled, and those that came to nothing."""

    succeeded: tuple[GroupId, ...]
    expired: tuple[GroupId, ...]


def set_group_sale(tx: Transaction, sale: GroupSale, *, at: Instant, actor: str, key: str) -> GroupSale:
    """Set a group sale; groups that are open keep what they were opened with."""
    problems = group_sale_problems(sale)
    if problems:
        raise InputError(problems)
    call = called(at=at, actor=actor, key=key)
    if done_before(tx, call, "set_group_sale", sale) is None:
        policy = policy_of(tx)
        if sale.currency not in policy.currencies:
            raise RefusedError(currency_refusal(policy, sale.currency))
        before = tx.group_sales.newest(sale.id)
        if before is not None and before[0].currency != sale.currency:
            raise RefusedError(no.CURRENCY_CHANGED.refuse(sale=sale.id, currency=before[0].currency))
        if before is None or before[0] != sale:
            tx.group_sales.put(sale, 1 if before is None else before[1] + 1, at=call.at)
        remember(tx, call, "set_group_sale", sale, about=[sale.id])
    return sale


def open_group(tx: Transaction, order: SaleId, *, at: Instant, actor: str, key: str) -> Group:
    """Open a group with an order that is paid, placed by a cart that names the group sale."""
    check(id_problem(order, "order"))
    call = called(at=at, actor=actor, key=key)
    before = done_before(tx, call, "open_group", order)
    if before is not None:
        return group_of(tx, GroupId(before.answer))[0]
    placed, paid = _paid(tx, order, call.at)
    sale = GroupSaleId(placed.quote.group_sale)
    held, number = group_sale_of(tx, sale)
    if not is_open(held, call.at):
        raise RefusedError(no.SALE_CLOSED.refuse(sale=sale, at=format_instant(call.at)))
    _take(tx, held, paid.member)
    group, place = opened(held, number, GroupId(fact_id("group", call.key).hex()), paid, call.at)
    tx.placed_orders.step(placed, OrderStep.GROUPED, at=call.at)
    tx.groups.add(group, place)
    remember(tx, call, "open_group", order, group.id, about=[group.id])
    return group


def join_group(tx: Transaction, group: GroupId, order: SaleId, *, at: Instant, actor: str, key: str) -> Group:
    """Join a group with an order that is paid; with the last one it has succeeded.

    Where it is refused, the order is still placed: it joins or opens another group, or is dropped and paid
    back.
    """
    check(id_problem(group, "group"), id_problem(order, "order"))
    call = called(at=at, actor=actor, key=key)
    if done_before(tx, call, "join_group", (group, order)) is not None:
        return group_of(tx, group)[0]
    held, places = _held(tx, group)
    placed, paid = _paid(tx, order, call.at)
    if placed.quote.group_sale != held.sale:
        raise RefusedError(no.NOT_OF_SALE.refuse(order=order, sale=held.sale))
    terms = tx.group_sales.numbered(held.sale, held.number)
    after, place = answered(joined(held, places, paid, call.at, counted=terms.per_member_max is not None))
    _take(tx, terms, paid.member)
    tx.placed_orders.step(placed, OrderStep.GROUPED, at=call.at)
    tx.groups.change(after, [place])
    remember(tx, call, "join_group", (group, order), about=[group])
    return after


def leave_group(tx: Transaction, order: SaleId, *, at: Instant, actor: str, key: str) -> Place:
    """Leave a group that is open: the order is dropped, and what was paid is owed."""
    check(id_problem(order, "order"))
    call = called(at=at, actor=actor, key=key)
    if done_before(tx, call, "leave_group", order) is None:
        group, places = _held(tx, _place_of(tx, order).group)
        (place,) = [each for each in places if each.order == order]
        after, gone = answered(left(group, place, call.at))
        _give_up(tx, [(after, [(place, gone)])], call.at)
        remember(tx, call, "leave_group", order, about=[group.id])
    return _place_of(tx, order)


def close_groups(
    tx: Transaction, *, at: Instant, actor: str, key: str, groups_max: int = GROUPS_MAX
) -> ClosedGroups:
    """Close open groups whose time is over, those first that were over first.

    They are filled where their sale says so; the others expire, their orders are dropped, and what was paid
    is owed.  Done again until there are none, each call under a key of its own.
    """
    call = called(at=at, actor=actor, key=key)
    check(int_problem(groups_max, "groups_max", least=1, most=GROUPS_MAX))
    before = done_before(tx, call, "close_groups", groups_max)
    if before is None:
        found = _close(tx, tx.groups.over(call.at, groups_max), call.at)
        ids = sorted(each.id for each in found)
        remember(tx, call, "close_groups", groups_max, " ".join(ids), about=ids)
    else:
        found = [group_of(tx, GroupId(id))[0] for id in before.answer.split()]
    by_state = {state: sorted(each.id for each in found if each.state is state) for state in GroupState}
    return ClosedGroups(tuple(by_state[GroupState.SUCCEEDED]), tuple(by_state[GroupState.EXPIRED]))


def say_repaid(tx: Transaction, order: SaleId, *, at: Instant, actor: str, key: str) -> Place:
    """Say that what was owed for an order was paid back."""
    check(id_problem(order, "order"))
    call = called(at=at, actor=actor, key=key)
    if done_before(tx, call, "say_repaid", order) is None:
        tx.groups.change(None, [answered(repaid(_place_of(tx, order), call.at))])
        remember(tx, call, "say_repaid", order, about=[order])
    return _place_of(tx, order)


def group_of(tx: Transaction, group: GroupId) -> tuple[Group, Sequence[Place]]:
    """Return a group with its places, by order."""
    check(id_problem(group, "group"))
    return _known(group, tx.groups.of(group))


def owed_places(tx: Transaction, count: int = OWED_MAX) -> tuple[Place, ...]:
    """Return places for which something is owed, by order, so many at most."""
    check(int_problem(count, "count", least=1, most=limits.SPLIT_PARTS_MAX))
    return tuple(islice(tx.groups.owed(), count))


def _held(tx: Transaction, group: GroupId) -> tuple[Group, Sequence[Place]]:
    return _known(group, tx.groups.held(group))


def _known(group: GroupId, found: tuple[Group, Sequence[Place]] | None) -> tuple[Group, Sequence[Place]]:
    if found is None:
        raise RefusedError(no.GROUP_UNKNOWN.refuse(group=group))
    return found


def _paid(tx: Transaction, order: SaleId, at: Instant) -> tuple[PlacedOrder, Paid]:
    """Return an order that was placed for a group sale, by whom, and what was to be paid with money."""
    place = tx.groups.place(order)
    if place is not None:
        raise RefusedError(no.ORDER_IN_GROUP.refuse(order=order, group=place.group))
    placed = placed_order(tx, order)
    check_not_dropped(placed)
    check_not_completed(placed)
    check_placed_by(placed, at)
    if not placed.quote.group_sale:
        raise RefusedError(no.OF_NO_SALE.refuse(order=order))
    if placed.member is None:
        raise RefusedError(no.NO_MEMBER.refuse(order=order))
    return placed, Paid(order, placed.member, placed.quote.payable_minor)


def _take(tx: Transaction, sale: GroupSale, member: MemberId) -> None:
    taking = taking_of_member(sale, member)
    if taking is not None and tx.counts.take([taking]) is not None:
        raise RefusedError(no.PLACES_USED_UP.refuse(member=member, most=taking.most, sale=sale.id))


def _close(tx: Transaction, ids: Sequence[GroupId], at: Instant) -> list[Group]:
    """Close groups, all of which are locked first: whoever joins or leaves one locks it before the counts."""
    held = [_held(tx, id) for id in sorted(ids)]
    found = [(closed(group, places, at), places) for group, places in held]
    _give_up(tx, [(group, _pairs(places, gone)) for (group, gone), places in found], at)
    return [group for (group, _), _ in found]


def _pairs(places: Sequence[Place], gone: Sequence[Place]) -> list[tuple[Place, Place]]:
    """Return places that are given up, each as it was and as it is."""
    before = {each.order: each for each in places}
    return [(before[each.order], each) for each in gone]


def _give_up(
    tx: Transaction, groups: Sequence[tuple[Group, Sequence[tuple[Place, Place]]]], at: Instant
) -> None:
    """Write groups with places that are given up, each as it was and as it is; their orders are dropped."""
    back: Counter[Count] = Counter()
    for group, places in groups:
        tx.groups.change(group, [after for _, after in places])
        sale = tx.group_sales.numbered(group.sale, group.number)
        takings = [taking_of_member(sale, before.member) for before, _ in places if before.counted]
        back.update(taking.count for taking in takings if taking is not None)
    orders = [placed_order(tx, before.order) for _, places in groups for before, _ in places]
    dropped(tx, orders, at, back)


def _place_of(tx: Transaction, order: SaleId) -> Place:
    found = tx.groups.place(order)
    if found is None:
        raise RefusedError(no.NOT_IN_GROUP.refuse(order=order))
    return found
