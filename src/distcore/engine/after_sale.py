"""Money goes back, or a price was wrong: post what is earned now minus what was posted so far.

The line law: after every correction the facts of a sale add up to the value of what is left of it,
by the plan, the tree and the tiers that were frozen with the sale.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Final, TypeVar, assert_never

from attrs import evolve

from distcore.commission import (
    NO_FORMULAS,
    Cancellation,
    Correction,
    Earned,
    Formulas,
    Plan,
    Posting,
    PriceCorrection,
    Refund,
    SaleRecord,
    amount_refusal,
    by_version,
    cause_of,
    correction_refusal,
    earn,
    formula_refusal,
    happened_at,
    left_of,
    portions_of,
    price_problems,
    refund_problems,
    still_to_post,
)
from distcore.commission import refusals as no
from distcore.engine import bookkeeping
from distcore.engine.lineage import Forest, Seats, lineage_of
from distcore.engine.once import Call, Triage, called, decide_each, only, remember_all, sort_out
from distcore.kernel import Instant, Problem, Refusal, Report, id_problem
from distcore.ports import Transaction

C = TypeVar("C", Refund, Cancellation, PriceCorrection)


CORRECT_PRICE: Final = "correct_price"


def refund(
    tx: Transaction,
    refund: Refund,
    *,
    at: Instant,
    actor: str,
    key: str,
    formulas: Formulas = NO_FORMULAS,
) -> Posting:
    """Post a refund and return its deltas; of no line more goes back than is left.

    `formulas` are the functions that plans may pay by, as in `accrue`.
    """
    report = _refund_each(tx, called(at=at, actor=actor, key=key), [refund], formulas)
    return only(report, lambda: _posted(tx, refund))


def refund_all(
    tx: Transaction,
    refunds: Sequence[Refund],
    *,
    at: Instant,
    actor: str,
    key: str = "refund",
    formulas: Formulas = NO_FORMULAS,
) -> Report[Posting]:
    """Post many refunds in the order in which they happened, each by itself."""
    return _refund_each(tx, called(at=at, actor=actor, key=key, of_batch=True), refunds, formulas)


def cancel(
    tx: Transaction,
    cancellation: Cancellation,
    *,
    at: Instant,
    actor: str,
    key: str,
    formulas: Formulas = NO_FORMULAS,
) -> Posting:
    """End an order: everybody gives back all that is left of it."""
    report = _cancel_each(tx, called(at=at, actor=actor, key=key), [cancellation], formulas)
    return only(report, lambda: _posted(tx, cancellation))


def cancel_all(
    tx: Transaction,
    cancellations: Sequence[Cancellation],
    *,
    at: Instant,
    actor: str,
    key: str = "cancel",
    formulas: Formulas = NO_FORMULAS,
) -> Report[Posting]:
    """End many orders, each by itself."""
    return _cancel_each(tx, called(at=at, actor=actor, key=key, of_batch=True), cancellations, formulas)


def correct_price(
    tx: Transaction,
    price: PriceCorrection,
    *,
    at: Instant,
    actor: str,
    key: str,
    formulas: Formulas = NO_FORMULAS,
) -> Posting:
    """Correct what lines should have been sold for, lower or higher, and return its deltas.

    What went back stays: a price below what was refunded of a line is refused.
    """
    report = _correct_each(tx, called(at=at, actor=actor, key=key), [price], formulas)
    return only(report, lambda: _posted(tx, price))


def correct_price_all(
    tx: Transaction,
    prices: Sequence[PriceCorrection],
    *,
    at: Instant,
    actor: str,
    key: str = CORRECT_PRICE,
    formulas: Formulas = NO_FORMULAS,
) -> Report[Posting]:
    """Correct many prices in the order in which that happened, each by itself."""
    return _correct_each(tx, called(at=at, actor=actor, key=key, of_batch=True), prices, formulas)


def verb_of(correction: Correction) -> str:
    """Return the verb that posts a correction."""
    match correction:
        case Refund():
            return "refund"
        case PriceCorrection():
            return CORRECT_PRICE
        case Cancellation():
            return "cancel"
        case _:
            assert_never(correction)


def earned_now(
    record: SaleRecord, plan: Plan, corrections: Sequence[Correction], formulas: Formulas, seats: Seats
) -> Earned:
    """Return what is earned of a booked sale after corrections, by what was frozen with it."""
    booking = record.booking
    left = left_of(booking.sale, corrections)
    return earn(plan, booking.sale, left, lineage_of(seats, booking, corrections), formulas)


def deltas_of(record: SaleRecord, now: Earned) -> Earned | Refusal:
    """Return what is earned of a sale now less what was posted of it so far, or why it can't be posted."""
    return amount_refusal(record.booking.sale.id, now.accruals) or still_to_post(now, record.postings)


def keep_books(tx: Transaction, posted: Iterable[tuple[SaleRecord, Posting]]) -> None:
    """Write what postings move, and what is due by them, each with its sale as it is after all of them.

    A posting shares the release of its sale: after that it is released when it is posted.
    """
    portions = [
        portion
        for record, posting in posted
        for portion in portions_of(
            posting,
            record.postings.index(posting),
            record.booking.sale.currency,
            record.thawed_at,
        )
    ]
    tx.transfers.add(bookkeeping.earned(portions))
    tx.dues.add(bookkeeping.dues_of(portions))


def _refund_each(
    tx: Transaction, call: Call, refunds: Sequence[Refund], formulas: Formulas
) -> Report[Posting]:
    return _post_all(tx, call, "refund", refunds, Refund, lambda refund: refund.id, refund_problems, formulas)


def _cancel_each(
    tx: Transaction, call: Call, cancellations: Sequence[Cancellation], formulas: Formulas
) -> Report[Posting]:
    return _post_all(
        tx,
        call,
        "cancel",
        cancellations,
        Cancellation,
        lambda each: each.sale,
        _cancellation_problems,
        formulas,
    )


def _correct_each(
    tx: Transaction, call: Call, prices: Sequence[PriceCorrection], formulas: Formulas
) -> Report[Posting]:
    return _post_all(
        tx,
        call,
        CORRECT_PRICE,
        prices,
        PriceCorrection,
        lambda price: price.id,
        price_problems,
        formulas,
    )


def _cancellation_problems(cancellation: Cancellation) -> tuple[Problem, ...]:
    problem = id_problem(cancellation.sale, "sale")
    return () if problem is None else (problem,)


def _post_all(
    tx: Transaction,
    call: Call,
    verb: str,
    corrections: Sequence[C],
    kind: type[C],
    id_of: Callable[[C], str],
    problems_of: Callable[[C], Iterable[Problem]],
    formulas: Formulas,
) -> Report[Posting]:
    items: Triage[C] = sort_out(tx, call, verb, corrections, kind=kind, id_of=id_of, problems_of=problems_of)
    if not items.fresh:
        return items.nothing_new()
    desk = _Desk(tx, [one.item for one in items.fresh], call.at, formulas)
    in_time = sorted(items.fresh, key=lambda one: _order_of(one.item))
    decided = decide_each(items, in_time, verb, id_of, desk.decide)
    if decided.done:
        tx.sales.correct([(one.item, posting) for one, posting in decided.done])
        keep_books(tx, [(desk.records[posting.sale], posting) for posting in decided.answers])
    remember_all(tx, call, verb, decided, lambda correction: correction.sale)
    return decided.report(decided.answers)


def _order_of(correction: Correction) -> tuple[Instant, bool]:
    """Order by when it happened; what repeats a refund comes after it."""
    repeats = isinstance(correction, Refund) and correction.repeats is not None
    return happened_at(correction), repeats


class _Desk:
    """What corrections of a batch are decided by; one that is decided counts for the next."""

    def __init__(
        self, tx: Transaction, corrections: Sequence[Correction], at: Instant, formulas: Formulas
    ) -> None:
        self._at = at
        self._formulas = formulas
        self.records = tx.sales.find(sorted({each.sale for each in corrections}), for_change=True)
        self._plans = by_version(tx.plans.all())
        sales = [record.booking.sale for record in self.records.values()]
        self._forest = Forest.of_sales(tx, sales, self._plans.values())
        refunds = [each.id for each in corrections if isinstance(each, Refund)]
        prices = [each.id for each in corrections if isinstance(each, PriceCorrection)]
        self._refunded = set(tx.sales.refunded(refunds)) if refunds else set()
        self._repriced = set(tx.sales.repriced(prices)) if prices else set()

    def decide(self, correction: Correction) -> Posting | Refusal | None:
        """Return what a correction posts, or why not; None where the very same one is posted already."""
        record = self.records.get(correction.sale)
        if record is None:
            return no.SALE_UNKNOWN.refuse(sale=correction.sale)
        if correction in record.corrections:
            return None
        if isinstance(correction, Refund) and correction.id in self._refunded:
            return no.REFUND_EXISTS.refuse(refund=correction.id)
        if isinstance(correction, PriceCorrection) and correction.id in self._repriced:
            return no.PRICE_CORRECTION_EXISTS.refuse(price=correction.id)
        plan = self._plans[record.pin]
        refusal = correction_refusal(record, correction, self._at) or formula_refusal(plan, self._formulas)
        return refusal or self._post(record, correction, plan)

    def _post(self, record: SaleRecord, correction: Correction, plan: Plan) -> Posting | Refusal:
        corrections = (*record.corrections, correction)
        now = self._forest.decide(partial(earned_now, record, plan, corrections, self._formulas))
        deltas = deltas_of(record, now)
        if isinstance(deltas, Refusal):
            return deltas
        cause, happened = cause_of(correction), happened_at(correction)
        posting = Posting(correction.sale, cause, happened, self._at, deltas.accruals, deltas.gifts)
        postings = (*record.postings, posting)
        self.records[correction.sale] = evolve(record, postings=postings, corrections=corrections)
        if isinstance(correction, Refund):
            self._refunded.add(correction.id)
        if isinstance(correction, PriceCorrection):
            self._repriced.add(correction.id)
        return posting


def _posted(tx: Transaction, correction: Correction) -> Posting:
    record = tx.sales.find([correction.sale])[correction.sale]
    return next(posting for posting in record.postings if posting.cause == cause_of(correction))
