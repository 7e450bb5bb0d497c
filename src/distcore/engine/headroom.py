"""What is left under the caps of plans: gathered once for a batch, and kept up to date sale by sale.

The rule this file protects: all that a batch may use up is locked, in one order, before anything is granted.
Nothing is asked for, and nothing is kept, where no plan has caps.
"""

from collections.abc import Iterable
from functools import partial

from attrs import evolve

from distcore.commission import (
    Booking,
    Case,
    Formulas,
    Plan,
    Sale,
    TallyKey,
    claims_of,
    grants_to,
    tallies_of,
)
from distcore.engine.lineage import Forest, Seats, booking_of, lineage_of
from distcore.kernel import Calendar, Refusal
from distcore.ports import Transaction


class Headroom:
    """What was granted so far under each cap that a batch may ask for."""

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
        """Load what sales may use up by their plans; those who write lock it."""
        self._tx = tx
        self._calendar = calendar
        self._revision = revision
        keys: set[TallyKey] = set()
        for sale, plan in sales:
            keys |= forest.decide(partial(self._asked, sale, plan))
        self._used = tx.tallies.of(keys, for_change=for_change) if keys else {}
        self._changed: set[TallyKey] = set()

    def grant(self, booking: Booking, plan: Plan, seats: Seats, formulas: Formulas) -> Booking:
        """Return a sale with what it is granted under the caps of its plan; nothing is used up yet."""
        if not plan.caps:
            return booking
        lineage = lineage_of(seats, booking)
        case = Case(booking.sale, lineage.past, formulas)
        return evolve(
            booking, grants=grants_to(claims_of(plan, lineage), plan, case, self._used, self._calendar)
        )

    def add(self, booking: Booking) -> None:
        """Use up what a sale that was decided is granted."""
        for each in booking.grants or ():
            key = (booking.plan, each.cap, each.member, each.period)
            self._used[key] += each.granted_minor
            self._changed.add(key)

    def write(self) -> None:
        """Write what is used up by now."""
        if self._changed:
            self._tx.tallies.put({key: self._used[key] for key in sorted(self._changed)})

    def _asked(self, sale: Sale, plan: Plan, seats: Seats) -> set[TallyKey]:
        """Return all that a sale may use up: whoever may be paid, whatever was bought before."""
        at = sale.paid_at
        booking = booking_of(sale, plan, seats, past=None, revision=self._revision, at=at)
        if isinstance(booking, Refusal):
            return set()
        return tallies_of(claims_of(plan, lineage_of(seats, booking)), plan, sale, self._calendar)
