"""What periods would have paid by a plan that is tried out: made of the sales that it is tried out on.

The rule this file protects: a period is worth what it would be for real, by what was frozen with it where it
was accrued, and counts only where all of it is known.  One that does not count is named.
"""

from bisect import bisect_right, insort
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum
from operator import attrgetter
from typing import Final, TypeAlias

from attrs import frozen

from distcore.commission import PeriodFacts, PeriodRun, Plan, Sale, plan_at
from distcore.engine.period_facts import (
    Sold,
    asks_sales,
    facts_with,
    matched_of_lines,
    members_of_period,
    points_held,
)
from distcore.engine.period_runs import values_by
from distcore.kernel import Calendar, ComponentId, Instant, MemberId, Period, Rhythm, last_of, period_of
from distcore.ports import Transaction

Totals: TypeAlias = Mapping[tuple[ComponentId, int, MemberId], int]
"""What a sale pays, by component, origin level and payee."""

_BY_TIME: Final = attrgetter("start", "end", "label")


class PeriodOmission(Enum):
    """Why a period is not simulated."""

    NOT_WHOLE = "not_whole"
    """It has not ended yet, or some of its sales are not asked about."""
    NOT_POSTED = "not_posted"
    """The plan in force pays by it, and nothing was posted of it yet: there is nothing to compare with."""


@frozen
class OmittedPeriod:
    """A period that was left out, and the reason."""

    period: Period
    reason: PeriodOmission


@frozen
class PeriodCost:
    """What a period pays by a plan, or was posted of it: `column` says which of those that are compared."""

    column: int
    period: Period
    amounts: Iterable[tuple[ComponentId, MemberId, int]]
    tiers: Mapping[MemberId, str]


class MetPeriods:
    """The periods of a rhythm that were met; instants come in any order."""

    def __init__(self, rhythm: Rhythm, calendar: Calendar) -> None:
        """Begin with none."""
        self._rhythm = rhythm
        self._calendar = calendar
        self._met: list[tuple[Instant, Period]] = []

    def of(self, instant: Instant) -> Period:
        """Return the period that holds an instant."""
        place = bisect_right(self._met, instant, key=lambda met: met[0]) - 1
        if place >= 0 and instant < self._met[place][1].end:
            return self._met[place][1]
        period = period_of(instant, self._rhythm, self._calendar)
        insort(self._met, (period.start, period), key=lambda met: met[0])
        return period


class _Sums:
    """What the sales of a period come to so far."""

    def __init__(self) -> None:
        self.kept: Counter[MemberId] = Counter()
        self.earned: Counter[tuple[ComponentId, MemberId]] = Counter()
        self.sold: list[Sold] = []


class _SoldByPeriod:
    """What sales come to in each period of a plan, as far as its components ask."""

    def __init__(self, plan: Plan, calendar: Calendar) -> None:
        self.plan = plan
        self.sums: defaultdict[Period, _Sums] = defaultdict(_Sums)
        self._met = MetPeriods(plan.period_cadence, calendar)
        self._matched = matched_of_lines(plan)
        self._asks_sales = asks_sales(plan)

    def add(self, sale: Sale, left_minor: int, totals: Totals) -> None:
        """Count a sale in its period."""
        sums = self.sums[self._met.of(sale.paid_at)]
        sums.kept[sale.buyer] += left_minor
        if self._asks_sales:
            sums.sold.append((sale.paid_at, sale.id, sale.buyer, left_minor))
        if self._matched:
            for (component, _, payee), amount in totals.items():
                if component in self._matched:
                    sums.earned[component, payee] += amount

    def amounts(
        self, period: Period, members: PeriodFacts, held: Iterable[tuple[MemberId, int]]
    ) -> Iterator[tuple[ComponentId, MemberId, int]]:
        """Yield what a period pays, by component and payee; what is nothing is left out."""
        sums = self.sums[period]
        earned = ((component, payee, amount) for (component, payee), amount in sums.earned.items())
        facts = facts_with(members, self.plan, sums.kept.items(), earned, sums.sold, held)
        for value in values_by(self.plan, facts):
            for payee, amount in zip(value.members, value.amounts, strict=True):
                if amount:
                    yield value.component.id, payee, amount


class SimulatedPeriods:
    """The periods of one or two plans, and those that were accrued, as far as they lie in a span.

    Pools are split by the points that the store holds: nobody has what a plan would have given.
    Nothing is read or kept where no plan pays by the period.  Memory holds a sum for each period and buyer,
    each payee that is matched, and, for stepwise ladders, each sale.
    """

    def __init__(
        self,
        tx: Transaction,
        plans: Sequence[Plan],
        published: Iterable[Plan],
        calendar: Calendar,
        since: Instant,
        until: Instant,
    ) -> None:
        """Begin with no sale; `published` are the plans by which was posted, if that is asked for."""
        self._published = tuple(published)
        self._span = (since, until)
        self._currency = plans[0].currency
        self._sold = [
            (column, _SoldByPeriod(plan, calendar))
            for column, plan in enumerate(plans)
            if plan.period_components
        ]
        self._posted_column = len(plans)
        asked = self._sold or any(plan.period_components for plan in self._published)
        runs = tx.period_runs.all() if asked else ()
        self._runs = [each for each in runs if each.currency == self._currency]

    @property
    def has_any(self) -> bool:
        """Whether a plan that is tried out pays by the period at all."""
        return bool(self._sold)

    def add(self, sale: Sale, left_minor: int, totals: Sequence[Totals]) -> None:
        """Count a sale, with what each plan pays for it; what can't be calculated pays nothing."""
        for column, sold in self._sold:
            sold.add(sale, left_minor, totals[column] if totals else {})

    def omitted(self) -> tuple[OmittedPeriod, ...]:
        """Return the periods that are left out, by time."""
        found = ((period, self._why_not(period)) for period in self._all())
        return tuple(OmittedPeriod(period, reason) for period, reason in found if reason is not None)

    def costs(self, tx: Transaction) -> Iterator[PeriodCost]:
        """Yield what periods pay, by time; the members of each are read anew, and kept while it is told."""
        runs = {each.period: each for each in self._runs}
        for period in self._all():
            if self._why_not(period) is not None:
                continue
            run = runs.get(period)
            members = _members(tx, period, run)
            tiers = dict(zip(members.members, members.tiers, strict=True))
            for column, sold in self._sold:
                if period in sold.sums:
                    held = points_held(tx, period, sold.plan)
                    yield PeriodCost(column, period, sold.amounts(period, members, held), tiers)
            if self._published and run is not None:
                yield PeriodCost(self._posted_column, period, tx.period_runs.sums(run.number), tiers)

    def _all(self) -> list[Period]:
        """Return the periods of the plans, and those of which something was posted if that is asked for."""
        found = dict.fromkeys(each.period for each in self._runs) if self._published else {}
        for _, sold in self._sold:
            found |= dict.fromkeys(sold.sums)
        return sorted(found, key=_BY_TIME)

    def _why_not(self, period: Period) -> PeriodOmission | None:
        since, until = self._span
        if period.start < since or until < period.end:
            return PeriodOmission.NOT_WHOLE
        last = last_of(period)
        in_force = plan_at(self._published, self._currency, last)
        if in_force is None or not in_force.period_components:
            return None
        is_posted = any(last in each.period for each in self._runs)
        return None if is_posted else PeriodOmission.NOT_POSTED


def _members(tx: Transaction, period: Period, run: PeriodRun | None) -> PeriodFacts:
    """Return who was a member when a period ended: as known when it was accrued, or by now if it was not."""
    if run is not None:
        return members_of_period(tx, period, revision=run.tree_revision, known_until=run.known_until)
    known_until = tx.members.known_until() or period.end
    return members_of_period(tx, period, revision=tx.members.revision(), known_until=known_until)
