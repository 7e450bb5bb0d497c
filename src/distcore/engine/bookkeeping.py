"""Where facts become transfers and dues: the only place where commission, settlement and payout meet.

The one rule this file protects: every fact moves its money once, from the account where it was to the one
where it is, under an origin that leads back to the fact.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from distcore.commission import PeriodFact, PeriodPosting, PeriodRun, Portion
from distcore.kernel import POINT, Currency, Instant, Key, MemberId, Origin, OriginKind, last_of
from distcore.ledger import (
    ADJUSTMENTS,
    CARRIED,
    COMMISSION,
    FROZEN,
    IN_PAYOUT,
    OPENING,
    PAYABLE,
    POINTS,
    POINTS_ISSUED,
    POINTS_SPENT,
    RELEASED,
    STORED_VALUE,
    WITHHELD,
    Account,
    Balance,
    Transfer,
    channel_account,
    moved,
)
from distcore.payout import STORED_VALUE_CHANNEL, Payout, PayoutState, Step
from distcore.pricing import PlacedOrder
from distcore.settlement import Adjustment, Assessment, Closing, Due, Opening, Statement

_SALE: Final = OriginKind.SALE


def origin_of(portion: Portion) -> Origin:
    """Return what a portion stems from: a posting of its sale."""
    return Origin(_SALE, portion.sale, portion.posting)


def of_points(origin: Origin) -> Origin:
    """Return what moves the points of a posting of a sale out of their freeze."""
    return Origin(OriginKind.POINTS, origin.ref, origin.number)


def earned(portions: Iterable[Portion]) -> list[Transfer]:
    """Return the transfers of what was posted: to what is frozen, or what is released, of each payee.

    Points are issued, and are the payee's own once they are released: what changes them later counts since
    it happened, and not before they came.
    """
    return [
        transfer
        for each in portions
        for transfer in moved(
            origin_of(each),
            each.payee,
            each.currency,
            each.amount_minor,
            source_of(each.currency),
            FROZEN if each.released_at is None else released_to(each.currency),
            valid_at=_moved_at(each),
            at=each.posted_at,
        )
    ]


def dues_of(portions: Iterable[Portion]) -> list[Due]:
    """Return what is due of released portions: points are never settled."""
    return [
        Due(origin_of(each), each.payee, each.currency, each.amount_minor, each.valid_at, each.released_at)
        for each in portions
        if each.released_at is not None and each.currency != POINT
    ]


def _moved_at(portion: Portion) -> Instant:
    """Return when a portion moved: points whose freeze is over, not before that."""
    free_at = portion.free_at if portion.currency == POINT else None
    return free_at or portion.valid_at


def source_of(currency: Currency) -> Account:
    """Return the account that pays for what is earned in a currency."""
    return POINTS_ISSUED if currency == POINT else COMMISSION


def released_to(currency: Currency) -> Account:
    """Return the account of a payee where what is earned in a currency is once it is released."""
    return POINTS if currency == POINT else RELEASED


def of_period(
    run: PeriodRun, posting: PeriodPosting, facts: Iterable[PeriodFact]
) -> tuple[list[Transfer], list[Due]]:
    """Return what facts of a posting of a period move, and what is due by them: released at once.

    They count for the last instant of the period, whenever they are posted.
    """
    origin = Origin(OriginKind.PERIOD, run.period.label, posting.number)
    valid_at, at, currency = last_of(run.period), posting.posted_at, run.currency
    sums: Counter[MemberId] = Counter()
    for each in facts:
        sums[each.share.payee] += each.amount_minor
    transfers: list[Transfer] = []
    dues: list[Due] = []
    for payee, amount in sums.items():
        if amount:
            accounts = source_of(currency), released_to(currency)
            transfers += moved(origin, payee, currency, amount, *accounts, valid_at=valid_at, at=at)
            dues.append(Due(origin, payee, currency, amount, valid_at, released_at=at))
    return transfers, [] if currency == POINT else dues


def thawed(portions: Iterable[Portion], key: Key, batch: int, at: Instant) -> list[Transfer]:
    """Return the transfers of a release: one for each payee and currency, whatever the number of sales.

    Points come one by one, each when its own freeze ended: who holds them at an instant does not depend on
    the hour at which a batch ran.
    """
    sums: Counter[tuple[MemberId, Currency]] = Counter()
    points: Counter[tuple[Origin, MemberId, Instant]] = Counter()
    for each in portions:
        if each.currency != POINT:
            sums[each.payee, each.currency] += each.amount_minor
        else:
            assert each.free_at is not None, "what is released is out of its freeze"
            points[of_points(origin_of(each)), each.payee, each.free_at] += each.amount_minor
    origin = Origin(OriginKind.RELEASE, key, batch)
    transfers: list[Transfer] = []
    for (payee, currency), amount in sorted(sums.items()):
        transfers += moved(origin, payee, currency, amount, FROZEN, RELEASED, valid_at=at, at=at)
    for (of, payee, free_at), amount in points.items():
        transfers += moved(of, payee, POINT, amount, FROZEN, POINTS, valid_at=free_at, at=at)
    return transfers


def adjusted(adjustment: Adjustment, at: Instant) -> tuple[tuple[Transfer, ...], tuple[Due, ...]]:
    """Return what an adjustment moves, and what is due by it: points are never settled."""
    origin = Origin(OriginKind.ADJUSTMENT, adjustment.id)
    points = adjustment.currency == POINT
    transfers = moved(
        origin,
        adjustment.payee,
        adjustment.currency,
        adjustment.amount_minor,
        POINTS_ISSUED if points else ADJUSTMENTS,
        POINTS if points else RELEASED,
        valid_at=adjustment.valid_at,
        at=at,
    )
    if points:
        return transfers, ()
    amount = adjustment.amount_minor
    return transfers, (
        Due(origin, adjustment.payee, adjustment.currency, amount, adjustment.valid_at, released_at=at),
    )


def opened(opening: Opening, at: Instant) -> tuple[Transfer, ...]:
    """Return what an opening balance moves: into a freeze that still runs, or to what is released."""
    target = FROZEN if is_frozen(opening, at) else RELEASED
    return moved(
        Origin(OriginKind.OPENING, opening.id),
        opening.payee,
        opening.currency,
        opening.amount_minor,
        OPENING,
        target,
        valid_at=opening.valid_at,
        at=at,
    )


def opening_thawed(opening: Opening, at: Instant) -> tuple[Transfer, ...]:
    """Return what the end of the freeze of an opening balance moves."""
    return moved(
        Origin(OriginKind.OPENING, opening.id, 1),
        opening.payee,
        opening.currency,
        opening.amount_minor,
        FROZEN,
        RELEASED,
        valid_at=at,
        at=at,
    )


def due_of_opening(opening: Opening, released_at: Instant) -> Due:
    """Return what is due of an opening balance: since it was taken over, or since its freeze ended."""
    return Due(
        Origin(OriginKind.OPENING, opening.id),
        opening.payee,
        opening.currency,
        opening.amount_minor,
        opening.valid_at,
        released_at=released_at,
    )


def opening_released_at(opening: Opening, at: Instant) -> Instant:
    """Return since when an opening balance that was posted at an instant is released, or will be."""
    return at if opening.frozen_until is None else max(opening.frozen_until, at)


def is_frozen(opening: Opening, at: Instant) -> bool:
    """Say whether the freeze of an opening balance still runs at an instant."""
    return opening.frozen_until is not None and opening.frozen_until > at


def spent(placed: PlacedOrder) -> tuple[Transfer, ...]:
    """Return what the points move that pay for an order."""
    return _spent(placed, 0, POINTS, POINTS_SPENT, placed.placed_at)


def given_back(placed: PlacedOrder) -> tuple[Transfer, ...]:
    """Return what those points move that paid for an order that was dropped."""
    assert placed.dropped_at is not None, "it was dropped"
    return _spent(placed, 1, POINTS_SPENT, POINTS, placed.dropped_at)


def promised(placed: PlacedOrder) -> tuple[Transfer, ...]:
    """Return what the points move that an order gives once it is completed: to nobody who is unknown."""
    assert placed.completed_at is not None, "it was completed"
    if placed.member is None or not placed.points_promised:
        return ()
    origin, at = Origin(OriginKind.ORDER, placed.order, 2), placed.completed_at
    of = (placed.member, POINT, placed.points_promised)
    return moved(origin, *of, POINTS_ISSUED, POINTS, valid_at=at, at=at)


def of_order(placed: PlacedOrder) -> Iterator[Transfer]:
    """Yield all that an order moves, by what became of it."""
    yield from spent(placed)
    if placed.dropped_at is not None:
        yield from given_back(placed)
    if placed.completed_at is not None:
        yield from promised(placed)


def _spent(
    placed: PlacedOrder, step: int, debit: Account, credit: Account, at: Instant
) -> tuple[Transfer, ...]:
    if not placed.quote.points:
        return ()
    assert placed.member is not None, "points are a member's"
    origin = Origin(OriginKind.ORDER, placed.order, step)
    return moved(origin, placed.member, POINT, placed.quote.points, debit, credit, valid_at=at, at=at)


def settled(
    closing: Closing, statement: Statement, assessment: Assessment | None, at: Instant
) -> tuple[Transfer, ...]:
    """Return what a statement moves: its lines to what is carried, payable and withheld.

    What is carried changes by what is left over; the rest of the lines is due.
    """
    origin = Origin(OriginKind.STATEMENT, closing.period.label, closing.number)
    carried_minor = statement.closing_minor - statement.opening_minor
    payable_minor = 0 if assessment is None else assessment.payable_minor
    withheld_minor = 0 if assessment is None else assessment.withheld_minor
    return tuple(
        transfer
        for amount, account in (
            (carried_minor, CARRIED),
            (payable_minor, PAYABLE),
            (withheld_minor, WITHHELD),
        )
        for transfer in moved(
            origin,
            statement.payee,
            statement.currency,
            amount,
            RELEASED,
            account,
            valid_at=closing.period.end,
            at=at,
        )
    )


def balance_change(statement: Statement, assessment: Assessment | None) -> Balance:
    """Return how a statement changes what is carried and what is payable."""
    return Balance(
        statement.payee,
        statement.currency,
        statement.closing_minor - statement.opening_minor,
        0 if assessment is None else assessment.payable_minor,
    )


def paid(payout: Payout, steps: Sequence[Step]) -> list[Transfer]:
    """Return what steps of a payout move: reserved, given back, or gone."""
    return [transfer for step in steps for transfer in _stepped(payout, step)]


def _stepped(payout: Payout, step: Step) -> tuple[Transfer, ...]:
    accounts = _accounts_of(payout, step.state)
    if accounts is None:
        return ()
    origin = Origin(OriginKind.PAYOUT, payout.id, step.number)
    of = (payout.payee, payout.currency, payout.amount_minor)
    return moved(origin, *of, *accounts, valid_at=step.valid_at, at=step.at)


def _accounts_of(payout: Payout, state: PayoutState) -> tuple[Account, Account] | None:
    """Return from which account to which the amount goes when a payout comes to a state."""
    match state:
        case PayoutState.REQUESTED:
            return PAYABLE, IN_PAYOUT
        case PayoutState.FAILED | PayoutState.CANCELLED:
            return IN_PAYOUT, PAYABLE
        case PayoutState.SUCCEEDED if payout.channel == STORED_VALUE_CHANNEL:
            return IN_PAYOUT, STORED_VALUE
        case PayoutState.SUCCEEDED:
            return IN_PAYOUT, channel_account(payout.channel)
        case _:
            return None
