"""A sale was paid: book it, and post who earns what.

Gather what the batch needs, decide sale by sale, write what was decided: a sale is booked whole or
refused whole, and the next one is none the wiser.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from attrs import frozen

from distcore.commission import (
    NO_FORMULAS,
    SOLD,
    Booking,
    Formulas,
    Plan,
    Posting,
    Sale,
    amount_refusal,
    base_refusal,
    due_of,
    formula_refusal,
    plan_at,
    portions_of,
    sale_problems,
)
from distcore.commission import refusals as no
from distcore.engine import bookkeeping, refusals
from distcore.engine.headroom import Headroom
from distcore.engine.history import History
from distcore.engine.lineage import Forest, Seats, booking_of
from distcore.engine.once import Call, Decided, called, decide_each, only, remember_all, sort_out
from distcore.kernel import (
    Currency,
    Instant,
    Refusal,
    RefusedError,
    Report,
    SaleId,
    ShopPolicy,
    format_instant,
)
from distcore.ports import Transaction

VERB = "accrue"


@frozen
class _Setting:
    """What every sale of a batch is decided by."""

    policy: ShopPolicy
    plans: Sequence[Plan]
    revision: int
    at: Instant
    formulas: Formulas


@frozen
class _Booked:
    """A sale decided: the booking, its first posting, and when its freeze ends, if it has begun."""

    booking: Booking
    posting: Posting
    due: Instant | None


def accrue(
    tx: Transaction,
    sale: Sale,
    *,
    at: Instant,
    actor: str,
    key: str,
    formulas: Formulas = NO_FORMULAS,
) -> Posting:
    """Book a sale and return what it posted; again under the same key: the same posting.

    The plan version, the tree and the tiers of this moment are frozen with the sale.  Raises
    `InputError` for a malformed sale and `RefusedError` for one that can't be booked.  `formulas` are the
    functions that plans may pay by, by name and version; one that raises or answers anything but amounts
    is an `InputError`, and nothing is booked.
    """
    report = _accrue(tx, called(at=at, actor=actor, key=key), [sale], formulas)
    return only(report, lambda: tx.sales.find([sale.id])[sale.id].postings[0])


def accrue_all(
    tx: Transaction,
    sales: Sequence[Sale],
    *,
    at: Instant,
    actor: str,
    key: str = VERB,
    formulas: Formulas = NO_FORMULAS,
) -> Report[Posting]:
    """Book many sales; each is done, repeated or refused by itself, under `key` and its own id.

    A formula that answers nonsense stops the whole batch: it is a mistake of the shop's own code.
    """
    return _accrue(tx, called(at=at, actor=actor, key=key, of_batch=True), sales, formulas)


def policy_of(tx: Transaction) -> ShopPolicy:
    """Return the shop's policy; refused where there is none, as where a shop's name was mistyped."""
    policy = tx.policies.current()
    if policy is None:
        raise RefusedError(refusals.NO_POLICY.refuse())
    return policy


def currency_refusal(policy: ShopPolicy, currency: Currency) -> Refusal:
    """Return the refusal of a currency that the shop does not have."""
    return refusals.CURRENCY_NOT_OF_SHOP.refuse(currency=currency, currencies=", ".join(policy.currencies))


def plan_for(
    policy: ShopPolicy, plans: Sequence[Plan], currency: Currency, paid_at: Instant, *, what: str
) -> Plan | Refusal:
    """Return the plan that a sale paid at an instant is calculated by; `what` is what a refusal names."""
    if currency not in policy.currencies:
        return currency_refusal(policy, currency)
    plan = plan_at(plans, currency, paid_at)
    return plan or no.NO_PLAN.refuse(currency=currency, paid_at=format_instant(paid_at), sale=what)


def _accrue(tx: Transaction, call: Call, sales: Sequence[Sale], formulas: Formulas) -> Report[Posting]:
    items = sort_out(tx, call, VERB, sales, kind=Sale, id_of=_id_of, problems_of=sale_problems)
    new = [one.item for one in items.fresh]
    if not new:
        return items.nothing_new()
    setting = _Setting(policy_of(tx), tx.plans.all(), tx.members.revision(), call.at, formulas)
    forest = Forest.of_sales(tx, new, setting.plans)
    history = History(tx, new, setting.plans, for_change=True)
    calendar, revision, pairs = setting.policy.calendar, setting.revision, _with_tallies(new, setting)
    headroom = Headroom(tx, pairs, forest, calendar, revision=revision, for_change=True)
    present = _present(tx, new)

    def decide(sale: Sale) -> _Booked | Refusal | None:
        if sale.id in present:
            return None if present[sale.id] == sale else no.SALE_EXISTS.refuse(sale=sale.id)
        decided = forest.decide(partial(_decide, sale, setting, history, headroom))
        if isinstance(decided, _Booked):
            history.add(sale, decided.booking.past)
            headroom.add(decided.booking, decided.posting.accruals)
        return decided

    decided = decide_each(items, items.fresh, VERB, _id_of, decide)
    _write(tx, call, decided)
    history.write()
    headroom.write()
    return decided.report(booked.posting for booked in decided.answers)


def _id_of(sale: Sale) -> str:
    return sale.id


def _present(tx: Transaction, sales: Sequence[Sale]) -> Mapping[SaleId, Sale]:
    """Return those of the sales that are booked already, under whatever key."""
    known = tx.sales.known([sale.id for sale in sales])
    return {id: record.booking.sale for id, record in tx.sales.find(known).items()} if known else {}


def _with_tallies(sales: Iterable[Sale], setting: _Setting) -> list[tuple[Sale, Plan]]:
    """Return the sales that depend on what others were paid by their plan, each with its plan."""
    if not any(plan.keeps_tallies for plan in setting.plans):
        return []
    found = ((sale, plan_at(setting.plans, sale.currency, sale.paid_at)) for sale in sales)
    return [(sale, plan) for sale, plan in found if plan is not None and plan.keeps_tallies]


def _decide(
    sale: Sale, setting: _Setting, history: History, headroom: Headroom, seats: Seats
) -> _Booked | Refusal:
    plan = _plan_for(sale, setting)
    if isinstance(plan, Refusal):
        return plan
    unknown = base_refusal(plan, sale) or formula_refusal(plan, setting.formulas)
    if unknown is not None:
        return unknown
    past = history.past_of(sale, plan, setting.policy)
    booking = booking_of(sale, plan, seats, past=past, revision=setting.revision, at=setting.at)
    if isinstance(booking, Refusal):
        return booking
    booking, earned = headroom.book(booking, plan, seats, setting.formulas)
    too_much = amount_refusal(sale.id, earned.accruals) or headroom.refusal(booking, earned.accruals)
    return too_much or _Booked(
        booking,
        Posting(sale.id, SOLD, sale.paid_at, setting.at, earned.accruals, earned.gifts),
        due_of(plan.freeze, paid_at=sale.paid_at, completed_at=None, zone=setting.policy.day_zone),
    )


def _plan_for(sale: Sale, setting: _Setting) -> Plan | Refusal:
    if sale.paid_at > setting.at:
        return no.PAID_IN_FUTURE.refuse(
            sale=sale.id, paid_at=format_instant(sale.paid_at), at=format_instant(setting.at)
        )
    return plan_for(setting.policy, setting.plans, sale.currency, sale.paid_at, what=sale.id)


def _write(tx: Transaction, call: Call, decided: Decided[Sale, _Booked]) -> None:
    if decided.done:
        tx.sales.book(
            [(booked.booking, booked.posting) for booked in decided.answers],
            [(booked.booking.sale.id, booked.due) for booked in decided.answers if booked.due is not None],
        )
        portions = (
            portion
            for booked in decided.answers
            for portion in portions_of(booked.posting, 0, booked.booking.sale.currency)
        )
        tx.transfers.add(bookkeeping.earned(portions))
    remember_all(tx, call, VERB, decided, _id_of)
