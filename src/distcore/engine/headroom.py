"""What earlier sales used up of caps and paid earners: loaded once for a batch, then kept up to date.

The rule this file protects: all that a batch may change is locked, in one order, before anything is decided.
Nothing is asked for, and nothing is kept, where no plan depends on it.
"""

from collections.abc import Iterable
from functools import partial

from attrs import evolve

from distcore.commission import (
    Accrual,
    Booking,
    Case,
    Formulas,
    Plan,
    Sale,
    TallyKey,
    claims_of,
    counted_of,
    earned_before,
    earned_of,
    earned_refusal,
    grants_to,
    tallies_of,
)
from distcore.engine.lineage import Forest, Seats, booking_of, lineage_of
from distcore.kernel import Calendar, Refusal
from distcore.ports import Transaction


class Headroom:
    """What was granted so far under each cap that a batch may ask for, and paid to those whom it may pay."""

    def __init__(
        self,
        tx: Transaction,
        sales: Iterable[tuple[Sale, Plan]],
        forest: Forest,
        calendar: Calendar,
        *,
        revision: int,
        for_change: bool,
    ) -> None:
        """Load what sales may change by their plans; those who write lock it."""
        self._tx = tx
        self._calendar = calendar
        self._revision = revision
        keys: set[TallyKey] = set()
        for sale, plan in sales:
            keys |= forest.decide(partial(self._asked, sale, plan))
        self._used = tx.tallies.of(keys, for_change=for_change) if keys else {}
        self._changed: set[TallyKey] = set()

    def grant(self, booking: Booking, plan: Plan, seats: Seats, formulas: Formulas) -> Booking:
        """Return a sale with what was earned before it, and what it is granted under the caps of its plan.

        Nothing is used up yet.
        """
        if not plan.keeps_tallies:
            return booking
        lineage = lineage_of(seats, booking, ())
        claims = claims_of(plan, lineage)
        earned = earned_before(claims, plan, self._used)
        case = Case(booking.sale, lineage.past, formulas, earned_of(earned))
        grants = grants_to(claims, plan, case, self._used, self._calendar)
        return evolve(booking, grants=grants, earned=earned)

    def refusal(self, booking: Booking, accruals: Iterable[Accrual]) -> Refusal | None:
        """Return why what a sale pays can't be counted."""
        return None if booking.earned is None else earned_refusal(booking, accruals, self._used)

    def add(self, booking: Booking, accruals: Iterable[Accrual]) -> None:
        """Use up what a sale that was decided is granted, and count what it pays."""
        for each in booking.grants or ():
            self._add((booking.plan, each.cap, each.member, each.period), each.granted_minor)
        for key, paid_minor in counted_of(booking, accruals).items():
            self._add(key, paid_minor)

    def write(self) -> None:
        """Write what is used up by now."""
        if self._changed:
            self._tx.tallies.put({key: self._used[key] for key in sorted(self._changed)})

    def _add(self, key: TallyKey, minor: int) -> None:
        self._used[key] += minor
        self._changed.add(key)

    def _asked(self, sale: Sale, plan: Plan, seats: Seats) -> set[TallyKey]:
        """Return all that a sale may change: whoever may be paid, whatever was bought before."""
        at = sale.paid_at
        booking = booking_of(sale, plan, seats, past=None, revision=self._revision, at=at)
        if isinstance(booking, Refusal):
            return set()
        return tallies_of(claims_of(plan, lineage_of(seats, booking, ())), plan, sale, self._calendar)
