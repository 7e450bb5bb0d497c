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
    Earned,
    Formulas,
    Plan,
    Sale,
    TallyKey,
    claims_of,
    counted_of,
    earn,
    earned_at_first,
    earned_before,
    earned_of,
    earned_refusal,
    gifts_of,
    tallies_of,
    whole,
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

    def book(self, booking: Booking, plan: Plan, seats: Seats, formulas: Formulas) -> tuple[Booking, Earned]:
        """Return a sale with what was earned before it and what it is granted, and what is earned of it.

        Nothing is used up yet.
        """
        sale, lineage = booking.sale, lineage_of(seats, booking, ())
        if not plan.keeps_tallies:
            return booking, earn(plan, sale, whole(sale), lineage, formulas)
        claims = claims_of(plan, lineage)
        before = earned_before(claims, plan, self._used)
        lineage = evolve(lineage, earned=earned_of(before))
        case = Case(sale, lineage.past, formulas, lineage.earned)
        accruals, grants = earned_at_first(claims, plan, case, self._used, self._calendar)
        gifts = tuple(gifts_of(plan, sale, whole(sale), lineage))
        return evolve(booking, grants=grants, earned=before), Earned(accruals, gifts)

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
