"""Between nouns and rows: one explicit function each way, in the order of the columns.

A row is written without its shop, which every row of a transaction shares.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import Enum
from functools import lru_cache
from typing import Any, TypeVar, assert_never

from distcore.codec import Media, load_plan, load_policy
from distcore.commission import (
    SOLD,
    Accrual,
    Booking,
    Bought,
    Buyer,
    Cancellation,
    Correction,
    Coupons,
    DueGift,
    Gift,
    Given,
    Grant,
    PaidBefore,
    Past,
    Plan,
    Points,
    Portion,
    Posting,
    PriceCorrection,
    PriceLine,
    Refund,
    RefundLine,
    Repin,
    Sale,
    SaleLine,
    Timeline,
    happened_at,
    portions_of,
)
from distcore.kernel import (
    EXPONENTS,
    POINT,
    CapId,
    ComponentId,
    Currency,
    DamagedError,
    InputError,
    Instant,
    MemberId,
    SaleId,
    ShopId,
    ShopPolicy,
    instant_of,
    limits,
    micros_of,
    shown,
)
from distcore.ports import Command, Event
from distcore.referral import Aspect, Change, Member, State
from distcore_sql.statements import Values

E = TypeVar("E", bound=Enum)


def row_of_member(member: Member) -> Values:
    """Return the row of a member as joined."""
    return (
        member.id,
        micros_of(member.joined_at),
        micros_of(member.recorded_at),
        member.sponsor,
        member.tier,
        member.state.value,
    )


def member_of(row: Sequence[Any], changes: Sequence[Change]) -> Member:
    """Return a member with the changes, which are in the order in which they hold."""
    id, joined_at, recorded_at, sponsor, tier, state = row[:6]
    return Member(
        id,
        stored_instant(joined_at),
        stored_instant(recorded_at),
        sponsor,
        tier,
        stored_word(State, state, "member"),
        tuple(changes),
    )


def row_of_change(change: Change) -> Values:
    """Return the row of a change."""
    return (
        change.revision,
        change.member,
        change.aspect.value,
        change.value,
        micros_of(change.valid_from),
        micros_of(change.recorded_at),
    )


def change_of(row: Sequence[Any]) -> Change:
    """Return the change of a row."""
    revision, member, aspect, value, valid_from, recorded_at = row
    return Change(
        member,
        stored_word(Aspect, aspect, "change of a member"),
        value,
        stored_instant(valid_from),
        stored_instant(recorded_at),
        revision,
    )


def row_of_booking(booking: Booking) -> Values:
    """Return the row of a sale without its lines."""
    sale = booking.sale
    return (
        sale.id,
        sale.buyer,
        sale.currency,
        micros_of(sale.paid_at),
        sale.promoter,
        sale.region,
        sale.channel,
        sale.buyer_group,
        booking.plan,
        booking.plan_version,
        int(booking.buyer_is_member),
        booking.tree_revision,
        micros_of(booking.booked_at),
        *_values_of_past(booking.past),
        _text_of_grants(booking.grants, booking.earned),
    )


def _values_of_past(past: Past | None) -> Values:
    if past is None:
        return (None, None, None, None)
    return (past.orders, past.months, past.spent_minor, int(past.first_is_free))


def _text_of_grants(grants: tuple[Grant, ...] | None, earned: tuple[PaidBefore, ...] | None) -> str | None:
    """Write grants as lists, in their order: they are read with their sale, and never looked for.

    Where a plan asks what was earned before, that stands beside them.
    """
    rows = None
    if grants is not None:
        rows = [(each.cap, each.member, each.period, each.granted_minor) for each in grants]
    if earned is None:
        return None if rows is None else json.dumps(rows, ensure_ascii=False)
    before = [(each.member, each.earned_minor) for each in earned]
    return json.dumps({"grants": rows, "earned": before}, ensure_ascii=False)


def _grants_of(text: str | None) -> tuple[tuple[Grant, ...] | None, tuple[PaidBefore, ...] | None]:
    if text is None:
        return None, None
    with readable("grant of a sale"):
        found = json.loads(text)
        if not isinstance(found, dict):
            return _granted(found), None
        if list(found) != ["grants", "earned"]:
            raise ValueError("what was earned stands beside the grants")
        rows = found["grants"]
        return None if rows is None else _granted(rows), _earned(found["earned"])


def _granted(found: object) -> tuple[Grant, ...]:
    if not isinstance(found, list) or not all(map(_is_grant, found)):
        raise ValueError("a grant is three texts and an amount")
    if len({(cap, member) for cap, member, *_ in found}) != len(found):
        raise ValueError("under a cap a member has one grant")
    return tuple([Grant(CapId(cap), MemberId(member), *rest) for cap, member, *rest in found])


def _earned(found: object) -> tuple[PaidBefore, ...]:
    if not isinstance(found, list) or not all(map(_is_earned, found)):
        raise ValueError("what was earned is a text and an amount")
    if len({member for member, _ in found}) != len(found):
        raise ValueError("a member has earned one amount")
    return tuple([PaidBefore(MemberId(member), earned_minor) for member, earned_minor in found])


def _is_earned(value: object) -> bool:
    if not isinstance(value, list) or [type(each) for each in value] != [str, int]:
        return False
    earned_minor: int = value[-1]
    return 1 <= earned_minor <= limits.TOTAL_MINOR_MAX


def _is_grant(value: object) -> bool:
    if not isinstance(value, list) or [type(each) for each in value] != [str, str, str, int]:
        return False
    granted_minor: int = value[-1]
    return 1 <= granted_minor <= limits.AMOUNT_MINOR_MAX


def booking_of(row: Sequence[Any], lines: Sequence[SaleLine]) -> Booking:
    """Return a booked sale with its lines."""
    id, buyer, currency, paid_at, promoter, region, channel, buyer_group = row[:8]
    plan, plan_version, buyer_is_member, tree_revision, booked_at = row[8:13]
    orders, months, spent_minor, first_is_free = row[13:17]
    past = None if orders is None else Past(orders, months, spent_minor, bool(first_is_free))
    known = stored_currency(currency, "sale")
    sale = Sale(
        id, buyer, known, stored_instant(paid_at), tuple(lines), promoter, region, channel, buyer_group
    )
    booked, (grants, earned) = stored_instant(booked_at), _grants_of(row[17])
    is_member = bool(buyer_is_member)
    return Booking(sale, plan, plan_version, is_member, tree_revision, booked, past, grants, earned)


def row_of_bought(buyer: Buyer, bought: Bought) -> Values:
    """Return the row of what a buyer has bought."""
    first = None if bought.first_paid_at is None else micros_of(bought.first_paid_at)
    return (*buyer, bought.orders, first, bought.spent_minor, bought.first_sale)


def bought_of(row: Sequence[Any]) -> tuple[Buyer, Bought]:
    """Return what a buyer has bought, and who that is."""
    buyer, currency, orders, first_paid_at, spent_minor, first_sale = row
    first = None if first_paid_at is None else stored_instant(first_paid_at)
    whose = (buyer, stored_currency(currency, "buyer"))
    return whose, Bought(orders, first, spent_minor, first_sale)


def timeline_of(row: Sequence[Any]) -> Timeline:
    """Return when what happened to a sale: a released one is due when its freeze ended."""
    completed_at, frozen_until, released_from = row[-3:]
    due = frozen_until if released_from is None else released_from
    return Timeline(
        stored_instant(row[3]),
        row[8],
        row[9],
        None if completed_at is None else stored_instant(completed_at),
        None if due is None else stored_instant(due),
    )


def rows_of_lines(sale: Sale) -> list[Values]:
    """Return the rows of the lines of a sale."""
    id = sale.id
    return [
        (
            id,
            line.id,
            line.sku,
            line.units,
            line.net_minor,
            line.category,
            line.list_minor,
            line.cost_minor,
            line.tax_minor,
            line.brand,
            json.dumps(line.tags, ensure_ascii=False) if line.tags else None,
        )
        for line in sale.lines
    ]


def line_of(row: Sequence[Any]) -> SaleLine:
    """Return the line of a row that begins with its sale."""
    _, id, sku, units, net, category, list_minor, cost, tax, brand, tags = row
    known = _tags_of(tags) if tags else ()
    return SaleLine(id, sku, units, net, category, list_minor, cost, tax, brand, known)


def _tags_of(tags: str) -> tuple[str, ...]:
    with readable("line of a sale"):
        found = json.loads(tags)
        if not isinstance(found, list):
            raise ValueError("its tags are no list")
        return tuple(found)


def row_of_posting(posting: Posting, number: int) -> Values:
    """Return the row of a posting without its facts; `number` counts the postings of its sale from 0."""
    return (
        posting.sale,
        number,
        posting.cause,
        micros_of(posting.valid_at),
        micros_of(posting.posted_at),
        _text_of_gifts(posting.gifts),
    )


def _text_of_gifts(gifts: tuple[Given, ...]) -> str | None:
    """Write gifts as lists, in their order: hardly a posting has any, and they are read with it."""
    if not gifts:
        return None
    rows = [(each.component, each.payee, *_row_of_gift(each.gift), each.change) for each in gifts]
    return json.dumps(rows, ensure_ascii=False)


def _row_of_gift(gift: Gift) -> tuple[str, int]:
    """Return a gift as a template and a number: points are of none."""
    match gift:
        case Points(points):
            return "", points
        case Coupons(template, coupons):
            return template, coupons
        case _:
            assert_never(gift)


def gifts_of(text: str | None) -> tuple[Given, ...]:
    """Return the gifts of a posting."""
    if text is None:
        return ()
    with readable("gift of a posting"):
        found = json.loads(text)
        if not isinstance(found, list) or not found or not all(map(_is_given, found)):
            raise ValueError("a gift is three texts, a number, and whether it was given or given back")
        return tuple(
            Given(
                ComponentId(component),
                MemberId(payee),
                Coupons(template, count) if template else Points(count),
                change,
            )
            for component, payee, template, count, change in found
        )


def _is_given(value: object) -> bool:
    if not isinstance(value, list) or [type(each) for each in value] != [str, str, str, int, int]:
        return False
    return 1 <= value[3] <= limits.AMOUNT_MINOR_MAX and value[4] in {1, -1}


def rows_of_accruals(posting: Posting, number: int) -> list[Values]:
    """Return the rows of the facts of a posting."""
    sale = posting.sale
    return [
        (
            sale,
            number,
            at,
            each.line,
            each.component,
            each.rule,
            each.payee,
            each.level,
            each.amount_minor,
        )
        for at, each in enumerate(posting.accruals)
    ]


def accrual_of(row: Sequence[Any]) -> Accrual:
    """Return the fact of a row that begins with its sale and posting."""
    _, _, line, component, rule, payee, level, amount_minor = row
    return Accrual(line, component, rule, payee, level, amount_minor)


def row_of_correction(correction: Correction, number: int) -> Values:
    """Return the row of a correction without its lines; `number` is that of its posting."""
    happened = micros_of(happened_at(correction))
    match correction:
        case Cancellation(sale):
            return (sale, number, "cancellation", None, None, None, happened)
        case PriceCorrection(id, sale):
            return (sale, number, "price", None, None, id, happened)
        case Refund(id, sale):
            return (sale, number, "refund", id, correction.repeats, None, happened)
        case _:
            assert_never(correction)


def rows_of_correction_lines(correction: Correction, number: int) -> list[Values]:
    """Return the rows of what goes back, or of new prices, line by line; a cancellation names none."""
    sale = correction.sale
    match correction:
        case Cancellation():
            return []
        case PriceCorrection():
            return [(sale, number, each.line, 0, each.net_minor) for each in correction.lines]
        case Refund():
            return [(sale, number, each.line, each.units, each.amount_minor) for each in correction.lines]
        case _:
            assert_never(correction)


def posting_of(row: Sequence[Any], accruals: Sequence[Accrual]) -> Posting:
    """Return the posting of a row with its facts."""
    sale, _, cause, valid_at, posted_at, gifts = row[:6]
    valid, posted = stored_instant(valid_at), stored_instant(posted_at)
    return Posting(sale, cause, valid, posted, tuple(accruals), gifts_of(gifts))


def portion_of(row: Sequence[Any]) -> Portion:
    """Return a portion of a released sale."""
    sale, posting, payee, currency, valid_at, posted_at, due_at, amount_minor = row
    return Portion(
        sale,
        posting,
        payee,
        stored_currency(currency, "sale"),
        amount_minor,
        stored_instant(valid_at),
        stored_instant(posted_at),
        stored_instant(due_at),
    )


def points_portions_of(row: Sequence[Any]) -> list[Portion]:
    """Return the points of a posting of a released sale."""
    sale, number, _, valid_at, posted_at, gifts, due_at, _ = row
    valid, posted = stored_instant(valid_at), stored_instant(posted_at)
    posting = Posting(sale, SOLD, valid, posted, (), gifts_of(gifts))
    return portions_of(posting, number, POINT, stored_instant(due_at))


def due_gifts_of(row: Sequence[Any]) -> list[DueGift]:
    """Return the gifts of a posting of a released sale, each with when it became due."""
    sale, _, cause, _, posted_at, gifts, _, released = row
    recorded_at = stored_instant(max(released, posted_at))
    return [DueGift(sale, cause, each, recorded_at) for each in gifts_of(gifts)]


def correction_of(row: Sequence[Any], lines: Sequence[Sequence[Any]]) -> Correction:
    """Return the correction beside the posting of a row, with the rows of its lines."""
    sale = row[0]
    kind, refund, repeats, price, happened = row[6:11]
    if kind == "cancellation":
        return Cancellation(sale, stored_instant(happened))
    if kind == "price":
        prices = tuple([PriceLine(line, net_minor) for line, _, net_minor in lines])
        return PriceCorrection(price, sale, prices, stored_instant(happened))
    back = tuple([RefundLine(*each) for each in lines])
    return Refund(refund, sale, back, stored_instant(happened), repeats)


def row_of_repin(of: SaleId | int, repin: Repin) -> Values:
    """Return the row of a re-pin of a sale, or of a run of a period."""
    to = (repin.plan, repin.plan_version, repin.reason, repin.approver, repin.actor)
    return (of, repin.posting, *to)


def repin_of(row: Sequence[Any]) -> Repin:
    """Return the re-pin beside the posting of a row."""
    return Repin(row[1], *row[11:16])


def row_of_command(command: Command) -> Values:
    """Return the row of a command."""
    return (
        command.key,
        command.verb,
        command.inputs.hex(),
        command.answer,
        micros_of(command.done_at),
        command.actor,
    )


def command_of(row: Sequence[Any]) -> Command:
    """Return the command of a row."""
    key, verb, inputs, answer, done_at, actor = row
    return Command(key, verb, stored_bytes(inputs, "command"), answer, stored_instant(done_at), actor)


def row_of_event(event: Event) -> Values:
    """Return the row of an event that nobody has."""
    told = (event.id, event.verb, event.about, event.key, micros_of(event.done_at), event.actor)
    return (*told, 0)


def event_of(shop: ShopId, row: Sequence[Any]) -> Event:
    """Return the event of a row."""
    id, verb, about, key, done_at, actor = row
    return Event(id, shop, verb, about, key, stored_instant(done_at), actor)


@lru_cache(maxsize=256)
def plan_of(body: str) -> Plan:
    """Return the plan of a document; a plan is read for every order, and parsed once."""
    with readable("plan"):
        return load_plan(body.encode(), Media.JSON)


@lru_cache(maxsize=64)
def policy_of(body: str) -> ShopPolicy:
    """Return the policy of a document; parsed once, as plans are."""
    with readable("policy"):
        return load_policy(body.encode(), Media.JSON)


def stored_instant(micros: int) -> Instant:
    """Return a stored instant; every row has one or two, and nearly all can be read."""
    try:
        return instant_of(micros)
    except OverflowError as error:
        raise _damaged("instant", error) from error


def instant_or_none(micros: int | None) -> Instant | None:
    """Return a stored instant where there is one."""
    return None if micros is None else stored_instant(micros)


def micros_or_none(instant: Instant | None) -> int | None:
    """Return an instant as it is stored, where there is one."""
    return None if instant is None else micros_of(instant)


def stored_currency(currency: str, what: str) -> Currency:
    """Return the currency of a stored thing; whoever shows an amount needs its decimals."""
    if currency not in EXPONENTS:
        raise _damaged(what, ValueError(f"unknown currency {shown(currency)}"))
    return Currency(currency)


def stored_word(kind: type[E], word: str, what: str) -> E:
    """Return the state, or another word of ours, of a stored thing."""
    try:
        return kind(word)
    except ValueError as error:
        raise _damaged(what, error) from error


def stored_bytes(digits: str, what: str) -> bytes:
    """Return a stored hash."""
    try:
        return bytes.fromhex(digits)
    except ValueError as error:
        raise _damaged(what, error) from error


@contextmanager
def readable(what: str) -> Iterator[None]:
    """Say of what can't be read that it was stored, and is damaged."""
    try:
        yield
    except (InputError, ValueError, OverflowError, RecursionError) as error:
        raise _damaged(what, error) from error


def _damaged(what: str, error: Exception) -> DamagedError:
    return DamagedError(f"a stored {what} can't be read: {error}")
