"""What is left under the caps of a plan that is tried out, where some sales were granted something by it.

The rule this file protects: what all of them are granted together is never more than the cap.
"""

from collections import Counter
from collections.abc import Sequence

from distcore.commission import (
    Booking,
    Case,
    Claims,
    Grant,
    Granted,
    Plan,
    PlanVersions,
    TallyKey,
    granted_of,
    grants_to,
)
from distcore.kernel import Calendar


class SimulatedCaps:
    """What sales are granted under the caps of a simulated plan.

    Those that were accrued by it keep what they were granted, wherever they come in order of id: whoever is
    granted something anew has what they leave.
    """

    def __init__(self, plan: Plan, published: PlanVersions, calendar: Calendar) -> None:
        """Begin with nothing used up."""
        version = (plan.id, plan.plan_version)
        self._plan = plan
        self._kept_by = version if plan.caps and published.get(version) == plan else None
        self.has_grants = self._kept_by is not None and len(published) > 1
        self._calendar = calendar
        self._used: Counter[TallyKey] = Counter()
        self._last: tuple[Grant, ...] = ()

    def keep(self, booking: Booking) -> None:
        """Use up what a sale was granted, if it was accrued by this very plan."""
        if self._keeps(booking):
            self._use_up(booking.grants or ())

    def grant(self, booking: Booking, claims: Claims, case: Case) -> Granted | None:
        """Return what a sale is granted: what it was, where it was accrued by this very plan."""
        if self._keeps(booking):
            self._last = ()
            return granted_of(booking.grants)
        grants = grants_to(claims, self._plan, case, self._used, self._calendar)
        self._last = grants or ()
        return granted_of(grants)

    def use_up(self) -> None:
        """Count what the last sale was granted anew."""
        self._use_up(self._last)

    def _keeps(self, booking: Booking) -> bool:
        return (booking.plan, booking.plan_version) == self._kept_by

    def _use_up(self, grants: Sequence[Grant]) -> None:
        for each in grants:
            self._used[self._plan.id, each.cap, each.member, each.period] += each.granted_minor
