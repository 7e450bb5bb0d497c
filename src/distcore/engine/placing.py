"""An order is placed at the price that its buyer agreed to, and dropped where it comes to nothing.

The rule this file protects: an order holds what it was promised, all of it or nothing: units at prices of
which there are only so many, and its coupons.  What it holds it gives back once.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from distcore.coupons import Coupon, CouponId, TemplateId
from distcore.coupons import refusals as coupon_refusals
from distcore.engine import bookkeeping
from distcore.engine.coupon_use import free_all, lock_problems, to_lock
from distcore.engine.coupons import claim_promised
from distcore.engine.once import called, check, done_before, remember
from distcore.engine.quoting import check_agreement, checkout_quote
from distcore.groups import GroupSale, GroupSaleId, GroupState, PlaceState, is_running, too_early
from distcore.groups import refusals as group_refusals
from distcore.kernel import (
    POINT,
    Count,
    Instant,
    MemberId,
    Refusal,
    RefusedError,
    SaleId,
    Taking,
    format_instant,
    id_problem,
)
from distcore.ledger import POINTS, POINTS_SPENT
from distcore.ports import Transaction
from distcore.pricing import (
    SPENT,
    OrderStep,
    PlacedOrder,
    Quote,
    Wanted,
    is_for_its_group,
    is_quote_of,
    points_of,
    quote_problems,
    wanted_problems,
)
from distcore.pricing import refusals as no


def place_order(
    tx: Transaction,
    order: SaleId,
    wanted: Wanted,
    terms_hash: bytes,
    *,
    agreed_minor: int,
    coupons: Sequence[CouponId] = (),
    at: Instant,
    actor: str,
    key: str,
) -> Quote:
    """Sell a cart to a buyer who agreed to its price, and keep the quote with the order.

    `terms_hash` and `agreed_minor` are as in `checkout_quote`, which decides whether the price still holds.
    `coupons` are locked: one for each offer by coupon that the cart names.  Units at prices of which only so
    many are sold are taken, in all and for the member, and so are the points that pay: those of the ledger.
    Whatever is refused takes nothing.  A cart that names a group sale is sold in its currency, while a group
    of it can be open, and only where the sale makes a difference: by the price of a line, or by an offer.
    """
    check(id_problem(order, "order"), *(lock_problems(coupons) if coupons not in ((), []) else ()))
    call = called(at=at, actor=actor, key=key)
    check_agreement(wanted, terms_hash, agreed_minor)
    inputs = order, wanted, terms_hash, agreed_minor, tuple(sorted(coupons))
    if done_before(tx, call, "place_order", inputs) is not None:
        return placed_order(tx, order).quote
    if tx.placed_orders.of(order) is not None:
        raise RefusedError(no.ORDER_PLACED.refuse(order=order))
    _check_group_sale(tx, order, wanted, call.at)
    found = checkout_quote(tx, wanted, terms_hash, agreed_minor=agreed_minor, at=call.at)
    assert not quote_problems(found), "what a cart may cost, a document may hold"
    _check_group_price(tx, order, found, call.at)
    locked = _to_lock(tx, order, wanted, coupons, call.at)
    points = _points_to_take(tx, found, wanted.shopper.member)
    full = tx.counts.take((*found.takings, *points))
    if full is not None:
        raise RefusedError(_gone(full))
    placed = PlacedOrder(order, wanted.shopper.member, found, call.at)
    tx.transfers.add(bookkeeping.spent(placed))
    tx.coupons.change(locked)
    tx.placed_orders.put(placed)
    remember(tx, call, "place_order", inputs, about=[order])
    return found


def drop_order(tx: Transaction, order: SaleId, *, at: Instant, actor: str, key: str) -> PlacedOrder:
    """Give back what an order holds, that is never paid or is cancelled: units and coupons, once.

    An order that was dropped before stays as it is.  One that sits in an open group leaves that first; one of
    a group that succeeded keeps its place and counts for its member: others have their price because of it.
    """
    check(id_problem(order, "order"))
    call = called(at=at, actor=actor, key=key)
    if done_before(tx, call, "drop_order", order) is None:
        placed = placed_order(tx, order)
        check_placed_by(placed, call.at)
        check_not_completed(placed)
        _check_in_no_open_group(tx, order, call.at)
        dropped(tx, [placed], call.at, {})
        remember(tx, call, "drop_order", order, about=[order])
    return placed_order(tx, order)


def complete_order(tx: Transaction, order: SaleId, *, at: Instant, actor: str, key: str) -> PlacedOrder:
    """Give the buyer what the offers of an order promised for when it is completed: points and coupons, once.

    An order that was completed before stays as it is; one that was dropped is refused.  Coupons are claimed
    as by the member: where none is left of a template, nothing is given, and it can be asked again.  A buyer
    who is not known gets nothing.  One that sits in an open group is not completed: the group may come to
    nothing.
    """
    check(id_problem(order, "order"))
    call = called(at=at, actor=actor, key=key)
    if done_before(tx, call, "complete_order", order) is None:
        placed = placed_order(tx, order)
        check_placed_by(placed, call.at)
        check_not_dropped(placed)
        if placed.completed_at is None:
            _check_in_no_open_group(tx, order, call.at)
            _complete(tx, placed, call.at)
        remember(tx, call, "complete_order", order, about=[order])
    return placed_order(tx, order)


def _complete(tx: Transaction, placed: PlacedOrder, at: Instant) -> None:
    promised = {TemplateId(template): count for template, count in placed.coupons_promised.items()}
    if placed.member is not None and promised:
        claim_promised(tx, placed.order, promised, placed.member, at)
    tx.placed_orders.step(placed, OrderStep.COMPLETED, at=at)
    tx.transfers.add(bookkeeping.promised(placed.after(OrderStep.COMPLETED, at)))


def dropped(tx: Transaction, orders: Sequence[PlacedOrder], at: Instant, back: Mapping[Count, int]) -> None:
    """Give back what orders hold that were not dropped before, as they were read, and what else was counted.

    Coupons before counts, as orders take them, counts all at once, which is in order of their keys, and the
    steps of orders last: so nobody waits in a circle.
    """
    units = Counter(back)
    now = [placed for placed in orders if placed.dropped_at is None]
    for placed in now:
        free_all(tx, placed.order, at)
        units.update(placed.held)
    tx.counts.give_back(units)
    for placed in now:
        tx.placed_orders.step(placed, OrderStep.DROPPED, at=at)
        tx.transfers.add(bookkeeping.given_back(placed.after(OrderStep.DROPPED, at)))


def check_not_dropped(placed: PlacedOrder) -> None:
    """Refuse what is done with an order that was dropped, and holds nothing any more."""
    if placed.dropped_at is not None:
        dropped_at = format_instant(placed.dropped_at)
        raise RefusedError(no.ORDER_DROPPED.refuse(order=placed.order, dropped_at=dropped_at))


def check_not_completed(placed: PlacedOrder) -> None:
    """Refuse what is done with an order that was completed, and gave what it promised."""
    if placed.completed_at is not None:
        completed_at = format_instant(placed.completed_at)
        raise RefusedError(no.ORDER_COMPLETED.refuse(order=placed.order, completed_at=completed_at))


def check_placed_by(placed: PlacedOrder, at: Instant) -> None:
    """Refuse what is done with an order before it was placed, as by a clock that goes wrong."""
    if at < placed.placed_at:
        placed_at = format_instant(placed.placed_at)
        raise RefusedError(
            no.ORDER_NEWER.refuse(order=placed.order, placed_at=placed_at, at=format_instant(at))
        )


def _check_in_no_open_group(tx: Transaction, order: SaleId, at: Instant) -> None:
    """Refuse to end an order that sits in an open group: it leaves the group, and is owed what was paid.

    One of a group that succeeded does not end before it came into it.
    """
    place = tx.groups.place(order)
    if place is None or place.state is not PlaceState.TAKEN:
        return
    found = tx.groups.held(place.group)
    assert found is not None, "a place is in a group"
    if found[0].state is GroupState.OPEN:
        raise RefusedError(group_refusals.STILL_IN_GROUP.refuse(order=order, group=place.group))
    early = too_early(place, at)
    if early is not None:
        raise RefusedError(early)


def placed_order(tx: Transaction, order: SaleId) -> PlacedOrder:
    """Return an order as it was placed; its quote is what `pricing.plan_return` plans a return by."""
    check(id_problem(order, "order"))
    found = tx.placed_orders.of(order)
    if found is None:
        raise RefusedError(no.ORDER_UNKNOWN.refuse(order=order))
    return found


def group_sale_of(tx: Transaction, sale: GroupSaleId) -> tuple[GroupSale, int]:
    """Return a group sale as it was set last, with its number."""
    found = tx.group_sales.newest(sale)
    if found is None:
        raise RefusedError(group_refusals.SALE_UNKNOWN.refuse(sale=sale))
    return found


def _check_group_sale(tx: Transaction, order: SaleId, wanted: Wanted, at: Instant) -> None:
    """Refuse a cart for a group that can't be: it would have the price of one, and never be in one.

    In another currency, what is owed for it would be told in the wrong one.
    """
    if not wanted.group_sale:
        return
    sale, _ = group_sale_of(tx, GroupSaleId(wanted.group_sale))
    if sale.currency != wanted.currency:
        raise RefusedError(
            group_refusals.OTHER_CURRENCY.refuse(
                order=order, found=wanted.currency, sale=sale.id, currency=sale.currency
            )
        )
    if not is_running(sale, at):
        raise RefusedError(group_refusals.NOT_RUNNING.refuse(sale=sale.id, at=format_instant(at)))


def _check_group_price(tx: Transaction, order: SaleId, found: Quote, at: Instant) -> None:
    """Refuse a cart that would wait for a group and cost what it costs without one.

    So it is where a limit of the group's price is used up, or another price list decides.
    """
    if not found.group_sale:
        return
    lists = [each.value for each in tx.terms.current(at=at).lists]
    if not is_for_its_group(found, lists):
        raise RefusedError(group_refusals.NO_PRICE.refuse(order=order, sale=found.group_sale))


def placed_as(
    tx: Transaction, order: SaleId, wanted: Wanted, coupons: Sequence[CouponId] = ()
) -> PlacedOrder | None:
    """Return an order if it was placed before, whatever it would cost by now.

    Refused where it was placed with another cart, or, unless it was dropped, does not have these coupons.
    """
    wrong = lock_problems(coupons) if coupons not in ((), []) else ()
    check(id_problem(order, "order"), *wrong, *wanted_problems(wanted))
    placed = tx.placed_orders.of(order)
    if placed is None:
        return None
    held = {each.id for each in tx.coupons.of_order(order)} if placed.dropped_at is None else set(coupons)
    if held != set(coupons) or not is_quote_of(placed.quote, wanted):
        raise RefusedError(no.ORDER_DIFFERS.refuse(order=order))
    return placed


def _to_lock(
    tx: Transaction, order: SaleId, wanted: Wanted, coupons: Sequence[CouponId], at: Instant
) -> list[Coupon]:
    """Return the coupons of a cart as the order has them; the offers that it names are theirs, each once."""
    owner = wanted.shopper.member
    if coupons and owner is None:
        raise RefusedError(coupon_refusals.NOT_USABLE.refuse(coupon=min(coupons)))
    taken = to_lock(tx, coupons, owner, order, at) if owner is not None and coupons else []
    given = sorted([each.offer for each in taken])
    if given != sorted(wanted.coupons):
        asked = ", ".join(sorted(wanted.coupons)) or "none"
        raise RefusedError(no.COUPONS_DIFFER.refuse(asked=asked, given=", ".join(given) or "none"))
    return taken


def _points_to_take(tx: Transaction, found: Quote, member: MemberId | None) -> tuple[Taking, ...]:
    """Return what is counted where points pay: no more than ever came to the member, spent or not.

    Both are of one statement, so that of two orders at once only one has the last point.
    """
    if not found.points:
        return ()
    if member is None:
        raise RefusedError(no.POINTS_SHORT.refuse(points=found.points))
    held = {each.account: each.minor for each in tx.transfers.balances(member) if each.currency == POINT}
    came = held.get(POINTS, 0) + held.get(POINTS_SPENT, 0)
    if held.get(POINTS, 0) < found.points:
        raise RefusedError(no.POINTS_SHORT.refuse(points=found.points))
    return (Taking(points_of(member), found.points, came),)


def _gone(full: Taking) -> Refusal:
    if full.count.kind == SPENT:
        return no.POINTS_SHORT.refuse(points=full.units)
    facts = {"sku": full.count.part, "most": full.most, "price_list": full.count.of}
    if full.count.member:
        return no.PRICE_GONE_FOR_MEMBER.refuse(**facts, member=full.count.member)
    return no.PRICE_GONE.refuse(**facts)
