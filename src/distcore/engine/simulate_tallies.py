"""What a plan that is tried out has granted and paid so far, where it depends on that.

The rule this file protects: what all sales are granted together is never more than the cap, and those that
were accrued by the plan are calculated by what was frozen with them.  Sales come in the order of payment.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from attrs import evolve

from distcore.commission import (
    Booking,
    Case,
    Claims,
    Grant,
    Granted,
    Left,
    PaidSale,
    Plan,
    PlanVersions,
    TallyKey,
    Totals,
    earned_at_first,
    earned_before,
    earned_key,
    earned_of,
    granted_of,
    grants_to,
    totals_by,
    totals_of,
    whole,
)
from distcore.kernel import Calendar, MemberId


class SimulatedTallies:
    """What sales were granted under the caps of a simulated plan, and what it paid earners.

    Those that were accrued by it keep what they were granted, whenever they were paid: whoever is granted
    something anew has what they leave.  They keep what was earned before, too; for others that is what the
    plan pays of all that were paid earlier, as they were sold.
    """

    def __init__(self, plan: Plan, published: PlanVersions, calendar: Calendar) -> None:
        """Begin with nothing used up, and nothing earned.

        `depend` says whether any sale may depend on others, `has_grants` whether some keep what they were
        granted.
        """
        version = (plan.id, plan.plan_version)
        self._plan = plan
        self._kept_by = version if plan.keeps_tallies and published.get(version) == plan else None
        self.depend = plan.keeps_tallies and (self._kept_by is None or len(published) > 1)
        self.has_grants = bool(self.depend and self._kept_by is not None and plan.caps)
        self._calendar = calendar
        self._used: Counter[TallyKey] = Counter()
        self._last: tuple[Grant, ...] = ()
        self._last_paid: Iterable[tuple[MemberId, int]] = ()

    def keep(self, booking: Booking) -> None:
        """Use up what a sale was granted, if it was accrued by this very plan."""
        if self._keeps(booking):
            self._use_up(booking.grants or ())

    def pays(self, paid: PaidSale, claims: Claims, case: Case, left: Sequence[Left]) -> Totals:
        """Return what the plan pays for what is left of a sale; nothing is used up or counted yet."""
        plan, booking = self._plan, paid.booking
        if plan.asks_earned:
            earned = booking.earned if self._keeps(booking) else earned_before(claims, plan, self._used)
            case = evolve(case, earned=earned_of(earned))
        as_sold = evolve(case, was_gone=False) if case.was_gone else case
        if plan.caps and not paid.corrections and not self._keeps(booking):
            accruals, grants = earned_at_first(claims, plan, as_sold, self._used, self._calendar)
            self._last = grants or ()
            totals = sold = totals_of(accruals)
        else:
            granted = self._grant(booking, claims, as_sold)
            totals = totals_by(claims, plan, case, left, granted)
            anew = plan.asks_earned and paid.corrections
            sold = totals_by(claims, plan, as_sold, whole(case.sale), granted) if anew else totals
        if plan.asks_earned:
            self._last_paid = [(payee, amount) for (_, _, payee), amount in sold.items()]
        return totals

    def use_up(self) -> None:
        """Count what the last sale was granted anew, and what it paid as it was sold."""
        self._use_up(self._last)
        for payee, amount in self._last_paid:
            self._used[earned_key(self._plan.id, payee, self._plan.currency)] += amount

    def _grant(self, booking: Booking, claims: Claims, case: Case) -> Granted | None:
        """Return what a sale is granted: what it was, where it was accrued by this very plan."""
        if self._keeps(booking):
            self._last = ()
            return granted_of(booking.grants)
        grants = grants_to(claims, self._plan, case, self._used, self._calendar)
        self._last = grants or ()
        return granted_of(grants)

    def _keeps(self, booking: Booking) -> bool:
        return (booking.plan, booking.plan_version) == self._kept_by

    def _use_up(self, grants: Sequence[Grant]) -> None:
        for each in grants:
            self._used[self._plan.id, each.cap, each.member, each.period] += each.granted_minor
