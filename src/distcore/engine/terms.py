"""A merchant decides about prices: offers, price lists, freight, and what points are worth.

The rule this file protects: a change is the next number of its id, so whatever held before can be looked up;
what is set again unchanged is left alone.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar, assert_never

from distcore.catalog import refusals as catalog_refusals
from distcore.coupons import TemplateId
from distcore.coupons import refusals as coupon_refusals
from distcore.engine.accrue import currency_refusal, policy_of
from distcore.engine.once import called, done_before, remember
from distcore.kernel import (
    InputError,
    Instant,
    Problem,
    RefusedError,
    currency_problem,
    limits,
    shape_problems,
)
from distcore.ports import Transaction
from distcore.pricing import (
    Current,
    FreightTemplate,
    Gift,
    LaterCoupon,
    Numbered,
    Offer,
    PointsIn,
    PriceList,
    Term,
    offer_problems,
    points_problems,
    price_list_problems,
    template_problems,
)
from distcore.pricing import refusals as no

T = TypeVar("T", Offer, PriceList, FreightTemplate, PointsIn)


def set_offer(tx: Transaction, offer: Offer, *, at: Instant, actor: str, key: str) -> Offer:
    """Set an offer; it ends when it is set again with an end.

    Raises `InputError`, and `RefusedError` also where it promises what the shop does not have: a gift that is
    not in the catalog, or coupons of a template that was never set.
    """

    def put(number: int, current: Current, when: Instant) -> None:
        if number == 1:
            _check_room(current, when)
        _check_promise(tx, offer)
        tx.terms.put_offer(offer, number, at=when)

    problems = offer_problems(offer)
    return _set(tx, "set_offer", offer, problems, lambda held: held.offers, put, at=at, actor=actor, key=key)


def set_price_list(tx: Transaction, prices: PriceList, *, at: Instant, actor: str, key: str) -> PriceList:
    """Set a price list with all its prices.  Raises `InputError` and `RefusedError`."""

    def put(number: int, _current: Current, when: Instant) -> None:
        tx.terms.put_list(prices, number, at=when)

    is_list = isinstance(prices, PriceList)  # what is none has no prices to be counted
    problems = price_list_problems(prices) if is_list else tuple(shape_problems(prices, PriceList, "$"))
    return _set(
        tx, "set_price_list", prices, problems, lambda held: held.lists, put, at=at, actor=actor, key=key
    )


def set_freight(
    tx: Transaction, template: FreightTemplate, *, at: Instant, actor: str, key: str
) -> FreightTemplate:
    """Set a freight template.  Raises `InputError` and `RefusedError`."""

    def put(number: int, _current: Current, when: Instant) -> None:
        tx.terms.put_template(template, number, at=when)

    problems = template_problems(template)
    return _set(
        tx, "set_freight", template, problems, lambda held: held.templates, put, at=at, actor=actor, key=key
    )


def set_points(tx: Transaction, points: PointsIn, *, at: Instant, actor: str, key: str) -> PointsIn:
    """Set what points are worth in a currency.  Raises `InputError` and `RefusedError`."""

    def put(number: int, _current: Current, when: Instant) -> None:
        tx.terms.put_points(points, number, at=when)

    problems = _points_in_problems(points)
    return _set(
        tx, "set_points", points, problems, lambda held: held.points, put, at=at, actor=actor, key=key
    )


def _set(
    tx: Transaction,
    verb: str,
    value: T,
    problems: tuple[Problem, ...],
    kind: Callable[[Current], Sequence[Numbered[T]]],
    put: Callable[[int, Current, Instant], None],
    *,
    at: Instant,
    actor: str,
    key: str,
) -> T:
    """Write the next number of something, unless the last one says the very same."""
    if problems:
        raise InputError(problems)
    call = called(at=at, actor=actor, key=key)
    if done_before(tx, call, verb, value) is None:
        policy = policy_of(tx)
        if value.currency not in policy.currencies:
            raise RefusedError(currency_refusal(policy, value.currency))
        current = tx.terms.current()
        before = [each for each in kind(current) if id_of(each.value) == id_of(value)]
        if not before or not _says(tx, before[0], value):
            put(before[0].number + 1 if before else 1, current, call.at)
        remember(tx, call, verb, value, about=[id_of(value)])
    return value


def term_problems(value: Term) -> tuple[Problem, ...]:
    """Return all that is impossible about what a merchant decides."""
    match value:
        case Offer():
            return offer_problems(value)
        case PriceList():
            return price_list_problems(value)
        case FreightTemplate():
            return template_problems(value)
        case PointsIn():
            return _points_in_problems(value)
        case _:
            assert_never(value)


def id_of(value: Term) -> str:
    """Return under which id it is numbered."""
    return value.currency if isinstance(value, PointsIn) else value.id


def _says(tx: Transaction, before: Numbered[T], value: T) -> bool:
    """Say whether a number says what is to be set; of a price list, whatever the order of its prices."""
    if not isinstance(value, PriceList):
        return before.value == value
    held = before.value
    assert isinstance(held, PriceList)
    header = (value.currency, value.priority, value.audience, value.schedule)
    if (held.currency, held.priority, held.audience, held.schedule) != header:
        return False
    wanted = sorted(value.prices, key=lambda each: each.sku)
    return wanted == list(tx.terms.prices_of(held.id, before.number))


def _check_room(current: Current, at: Instant) -> None:
    """Refuse a new offer where every cart would be held against too many."""
    ends = [each.value.schedule.valid_until for each in current.offers]
    lasting = sum([end is None or at < end for end in ends])
    if lasting >= limits.OFFERS_MAX:
        raise RefusedError(no.TOO_MANY_OFFERS.refuse(offers=lasting))


def _check_promise(tx: Transaction, offer: Offer) -> None:
    """Refuse an offer that promises what nobody could give, however it is completed."""
    match offer.effect:
        case Gift(sku):
            if not tx.products.of([sku]):
                raise RefusedError(catalog_refusals.UNKNOWN_SKU.refuse(skus=sku))
        case LaterCoupon(template):
            if tx.coupon_templates.newest(TemplateId(template)) is None:
                raise RefusedError(coupon_refusals.TEMPLATE_UNKNOWN.refuse(template=template))
        case _:
            pass


def _points_in_problems(points: PointsIn) -> tuple[Problem, ...]:
    misshapen = tuple(shape_problems(points, PointsIn, "$"))
    if misshapen:
        return misshapen
    problem = currency_problem(points.currency, "$.currency")
    return (*([] if problem is None else [problem]), *points_problems(points.policy, points.currency))
