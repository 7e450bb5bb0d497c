"""Compare what is kept of caps and earners with the sales, and that with what these could be granted.

Nothing but the order of sales decides how much of a cap one is granted.  So each grant is held against its
cap and what its sale asked for, and all of them together against the highest cap that any version had.  What
was earned before a sale is held against all that its earner was paid.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import partial

from distcore.commission import (
    EARNED,
    Booking,
    Case,
    Formulas,
    Grant,
    Plan,
    Posting,
    SaleRecord,
    TallyKey,
    claims_of,
    counted_of,
    earned_key,
    kept_of_grants,
)
from distcore.engine.lineage import Forest, Seats, lineage_of
from distcore.kernel import Calendar, CapId, InputError, MemberId, PlanId, Problem, SaleId, period_of
from distcore.ports import Transaction
from distcore.referral import BeyondTreeError, EndlessUplineError


class Tallies:
    """What is kept of caps and earners, and what the grants and payments of sales add up to."""

    def __init__(self, tx: Transaction, plans: Iterable[Plan]) -> None:
        """Load what is kept, and look for the highest amount of each cap."""
        self._kept = dict(tx.tallies.all())
        self._found: Counter[TallyKey] = Counter()
        self._before: dict[TallyKey, tuple[int, SaleId]] = {}
        self._highest: dict[tuple[PlanId, CapId], int] = {}
        for plan in plans:
            for cap in plan.caps:
                of = (plan.id, cap.id)
                self._highest[of] = max(self._highest.get(of, 0), cap.amount_minor)

    def add(self, records: Iterable[SaleRecord]) -> None:
        """Count some sales."""
        for record in records:
            booking = record.booking
            for each in booking.grants or ():
                self._found[booking.plan, each.cap, each.member, each.period] += each.granted_minor
            if booking.earned is not None:
                self._add_earned(booking, record.postings)

    def _add_earned(self, booking: Booking, postings: Sequence[Posting]) -> None:
        """Count what a sale paid at first, and remember the most that somebody had earned with it."""
        paid = counted_of(booking, postings[0].accruals if postings else ())
        self._found.update(paid)
        for each in booking.earned or ():
            key = earned_key(booking.plan, each.member, booking.sale.currency)
            most = (each.earned_minor + paid[key], booking.sale.id)
            self._before[key] = max(self._before.get(key, most), most)

    def finish(self) -> Iterator[Problem]:
        """Compare; what was only asked for is kept as zero."""
        for key in sorted({*self._kept, *self._found, *self._before}):
            yield from self._earned_problems(key) if key[1] == EARNED else self._granted_problems(key)

    def _granted_problems(self, key: TallyKey) -> Iterator[Problem]:
        kept, found = self._kept.get(key, 0), self._found[key]
        plan, cap, member, period = key
        where = f"plan {plan}, cap {cap}, member {member}" + (f", {period}" if period else "")
        if kept != found:
            yield Problem(where, f"{kept} minor units are kept as granted, the sales have {found}")
        highest = self._highest.get((plan, cap), 0)
        if kept > highest:
            yield Problem(where, f"{kept} minor units are kept as granted, the highest cap is {highest}")

    def _earned_problems(self, key: TallyKey) -> Iterator[Problem]:
        kept, found = self._kept.get(key, 0), self._found[key]
        plan, _, member, currency = key
        where = f"plan {plan}, member {member}, {currency}"
        if kept != found:
            yield Problem(where, f"{kept} minor units are kept as earned, the sales paid {found}")
        if key in self._before and self._before[key][0] > found:
            most, sale = self._before[key]
            yield Problem(where, f"with sale {sale} it had {most} minor units, all sales paid {found}")


def grant_problems(
    booking: Booking, plan: Plan, calendars: Collection[Calendar], where: str
) -> Iterator[Problem]:
    """Find what a sale can't have been granted by its plan, whatever it asked for.

    Periods may be those of any calendar that the shop ever had: it is not kept which one it had at the time.
    """
    if (booking.grants is None) != (not plan.caps):
        has = "no grants, and its plan has caps" if plan.caps else "grants, and its plan has no caps"
        yield Problem(where, f"it has {has}")
    if (booking.earned is None) != (not plan.asks_earned):
        kept = "not kept, and its plan asks" if plan.asks_earned else "kept, and its plan does not ask"
        yield Problem(where, f"what was earned before it is {kept}")
    caps = {cap.id: cap for cap in plan.caps}
    for each in booking.grants or ():
        cap = caps.get(each.cap)
        if cap is None:
            yield Problem(where, f"it was granted something under {each.cap}, which its plan does not have")
            continue
        within, at = cap.within, booking.sale.paid_at
        periods = {""} if within is None else {period_of(at, within, each).label for each in calendars}
        if each.period not in periods:
            yield Problem(where, f"under {cap.id} it was granted something in {each.period or 'no period'}")
        if each.granted_minor > cap.amount_minor:
            yield Problem(where, f"{_told(each)}, the cap is {cap.amount_minor}")


def asked_problems(
    booking: Booking, plan: Plan, formulas: Formulas, forest: Forest, where: str
) -> Iterator[Problem]:
    """Find what a sale was granted and did not ask for as it was sold.

    What is in the way of asking again is said where its postings are made again.
    """
    if not booking.grants:
        return
    try:
        kept = forest.decide(partial(_kept, booking, plan, booking.grants, formulas))
    except (InputError, BeyondTreeError, EndlessUplineError):
        return
    caps = {cap.id for cap in plan.caps}
    for each in booking.grants:
        asked = kept.get((each.cap, each.member), 0)
        if each.cap in caps and asked < each.granted_minor:
            yield Problem(where, f"{_told(each)}, it asked for {asked}")


def _kept(
    booking: Booking, plan: Plan, grants: tuple[Grant, ...], formulas: Formulas, seats: Seats
) -> dict[tuple[CapId, MemberId], int]:
    lineage = lineage_of(seats, booking, ())
    case = Case(booking.sale, lineage.past, formulas, lineage.earned)
    return kept_of_grants(claims_of(plan, lineage), plan, case, grants)


def _told(grant: Grant) -> str:
    return f"under {grant.cap} {grant.member} was granted {grant.granted_minor} minor units"
