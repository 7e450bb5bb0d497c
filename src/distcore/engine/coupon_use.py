"""An order locks coupons when it is placed, uses them when it is paid, and frees them when it is cancelled.

The rule this file protects: one order at a time has a coupon, and what an order does not use it frees.
"""

from collections.abc import Sequence

from distcore.coupons import Coupon, CouponId, CouponState, CouponUse, freed, locked, used
from distcore.coupons import refusals as no
from distcore.engine.once import answered, called, check, done_before, remember
from distcore.kernel import (
    Instant,
    MemberId,
    Problem,
    Refusal,
    RefusedError,
    SaleId,
    id_problem,
    int_problem,
    limits,
    list_problem,
    shown,
)
from distcore.ports import Transaction


def lock_coupons(
    tx: Transaction,
    coupons: Sequence[CouponId],
    owner: MemberId,
    order: SaleId,
    *,
    at: Instant,
    actor: str,
    key: str,
) -> tuple[CouponId, ...]:
    """Keep coupons of a buyer for an order that is placed, all of them or none.

    What is unknown, somebody else's, used, held by an order or over is refused in the same words.
    """
    check(*lock_problems(coupons), id_problem(owner, "owner"), id_problem(order, "order"))
    call = called(at=at, actor=actor, key=key)
    ids = tuple(sorted(coupons))
    inputs = ids, owner, order
    if done_before(tx, call, "lock_coupons", inputs) is None:
        tx.coupons.change(to_lock(tx, ids, owner, order, call.at))
        remember(tx, call, "lock_coupons", inputs, about=[order])
    return ids


def lock_problems(coupons: object) -> list[Problem | None]:
    """Say what is wrong with the coupons that an order is to have."""
    wrong = list_problem(coupons, "coupons")
    return [wrong] if wrong is not None or not isinstance(coupons, Sequence) else _ids(coupons)


def to_lock(
    tx: Transaction, coupons: Sequence[CouponId], owner: MemberId, order: SaleId, at: Instant
) -> list[Coupon]:
    """Return coupons as an order has them, which nobody has written yet; refused where it can't have one."""
    ids = sorted(coupons)
    found = tx.coupons.of(ids, for_change=True)
    taken = [answered(locked(found.get(id), id, owner, order, at)) for id in ids]
    refusal = _order_refusal(order, [*tx.coupons.of_order(order), *taken])
    if refusal is not None:
        raise RefusedError(refusal)
    return taken


def use_coupons(
    tx: Transaction,
    order: SaleId,
    uses: Sequence[CouponUse],
    *,
    revenue_minor: int,
    at: Instant,
    actor: str,
    key: str,
) -> tuple[CouponId, ...]:
    """Use the coupons of an order that is paid, each with what it took off; all others it frees.

    `revenue_minor` is what was paid for the goods.  A coupon may be over by now: it was good when it was
    locked.
    """
    check(id_problem(order, "order"), list_problem(uses, "uses"))
    most = limits.AMOUNT_MINOR_MAX
    check(*_uses(uses), int_problem(revenue_minor, "revenue_minor", least=0, most=most))
    call = called(at=at, actor=actor, key=key)
    cost_of = {each.coupon: each.cost_minor for each in sorted(uses, key=lambda each: each.coupon)}
    inputs = order, tuple(cost_of.items()), revenue_minor
    if done_before(tx, call, "use_coupons", inputs) is None:
        held = [each for each in tx.coupons.of_order(order) if each.state is CouponState.LOCKED]
        missing = sorted(cost_of.keys() - {each.id for each in held})
        if missing:
            raise RefusedError(no.NOT_USABLE.refuse(coupon=missing[0]))
        tx.coupons.change(
            [
                used(each, revenue_minor=revenue_minor, cost_minor=cost_of[each.id], at=call.at)
                if each.id in cost_of
                else freed(each, call.at)
                for each in held
            ]
        )
        remember(tx, call, "use_coupons", inputs, about=[order])
    return tuple(cost_of)


def free_coupons(
    tx: Transaction, order: SaleId, *, at: Instant, actor: str, key: str
) -> tuple[CouponId, ...]:
    """Give the coupons of an order that is cancelled back to their owners, and return which.

    An order gives each back once: what was given back is the order's no more.
    """
    check(id_problem(order, "order"))
    call = called(at=at, actor=actor, key=key)
    before = done_before(tx, call, "free_coupons", order)
    if before is not None:
        return tuple([CouponId(each) for each in before.answer.split()])
    ids = free_all(tx, order, call.at)
    remember(tx, call, "free_coupons", order, " ".join(ids), about=[order])
    return ids


def free_all(tx: Transaction, order: SaleId, at: Instant) -> tuple[CouponId, ...]:
    """Give back the coupons that an order has, and return which."""
    held = tx.coupons.of_order(order)
    tx.coupons.change([freed(each, at) for each in held])
    return tuple([each.id for each in held])


def _order_refusal(order: SaleId, coupons: Sequence[Coupon]) -> Refusal | None:
    """Refuse more coupons than a cart has, and those of two currencies: what they take off is in one."""
    most = limits.CART_COUPONS_MAX
    if len(coupons) > most:
        return no.TOO_MANY_COUPONS.refuse(order=order, coupons=len(coupons), most=most)
    currencies = sorted({each.currency for each in coupons})
    if len(currencies) > 1:
        return no.CURRENCIES_MIXED.refuse(order=order, currencies=" and ".join(currencies))
    return None


def _ids(coupons: Sequence[CouponId]) -> list[Problem | None]:
    if not 1 <= len(coupons) <= limits.CART_COUPONS_MAX:
        return [Problem("coupons", f"there are {len(coupons)}", f"give 1 to {limits.CART_COUPONS_MAX}")]
    found = [id_problem(each, f"coupons[{place}]") for place, each in enumerate(coupons)]
    if not any(found) and len(set(coupons)) < len(coupons):
        found.append(Problem("coupons", "one stands twice", "give each once"))
    return found


def _uses(uses: Sequence[CouponUse]) -> list[Problem | None]:
    strange = [place for place, each in enumerate(uses) if type(each) is not CouponUse]
    if strange:
        return [Problem(f"uses[{place}]", f"not a CouponUse: {shown(uses[place])}") for place in strange]
    costs = [
        int_problem(each.cost_minor, f"uses[{place}].cost_minor", least=0, most=limits.AMOUNT_MINOR_MAX)
        for place, each in enumerate(uses)
    ]
    return costs + (_ids([each.coupon for each in uses]) if uses else [])
