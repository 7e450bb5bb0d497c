"""Which period of a currency is accrued: the one that somebody names, or the next one.

Plans cut time, and may take turns.  The one rule this file protects: a period has one cadence from its first
instant to its last one, so where another cadence ended inside it, only what is left of it is a period.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import chain
from zoneinfo import ZoneInfo

from attrs import frozen

from distcore.commission import (
    CadenceChange,
    PeriodRun,
    Plan,
    PlanTurn,
    cadence_changes,
    cadence_of,
    plan_at,
    plan_turns,
)
from distcore.commission import refusals as no
from distcore.engine.periods import following
from distcore.kernel import (
    Calendar,
    Currency,
    InputError,
    Instant,
    Period,
    RefusedError,
    Rhythm,
    add_days,
    format_instant,
    last_of,
    limits,
    micros_of,
    parse_period,
    period_of,
    previous_period,
)


@frozen
class PlanPeriods:
    """What periods there are in a currency: as its plans cut time, and as some were accrued already."""

    currency: Currency
    plans: Sequence[Plan]
    runs: Sequence[PeriodRun]
    calendar: Calendar

    def next(self, at: Instant, day_zone: ZoneInfo | None = None) -> Period:
        """Return the period after the last one, or at first the last one that is due.

        Where none is due at first, it is the last one that has ended.

        Where no plan pays by the period for a while, it is the first one of the plan that does again.
        Refused where a plan of another cadence is in force when it ends, or came and went inside it, and
        where none is by then and another one comes later.
        """
        if self.runs:
            start = max(each.period.end for each in self.runs)
            since, rhythm = self._paid_from(start)
            found = following(start, rhythm, self.calendar) if since == start else self._of(since, rhythm)
            is_left_out = self._cadence_at(last_of(found)) is None and self._instead_of(found) is not None
        else:
            rhythm = self._plan_at(at).period_cadence
            found, is_left_out = self._first(at, rhythm, day_zone), False
        if is_left_out or not self._fits(found, rhythm):
            raise self._misfit(found)
        return found

    def due(self, period: Period, plan: Plan, day_zone: ZoneInfo | None) -> Instant:
        """Return since when a period can be accrued: it is over, and so is the freeze of its plan."""
        if micros_of(period.end) >= limits.INSTANT_MAX:
            return period.end  # what comes after the last of some dates ends with time itself
        return add_days(period.end, plan.freeze.days, day_zone)

    def _first(self, at: Instant, rhythm: Rhythm, day_zone: ZoneInfo | None) -> Period:
        """Return the last period that is due, as long as plans of one cadence pay by them, or has ended."""
        whole = previous_period(period_of(at, rhythm, self.calendar), rhythm, self.calendar)
        ended = found = self._left_of(whole, rhythm)
        while self._cadence_at(last_of(found)) == rhythm and self._fits(found, rhythm):
            if self.due(found, self.plan_for(found), day_zone) <= at:
                return found
            if micros_of(whole.start) <= limits.INSTANT_MIN:
                break  # what comes before the first of some dates has nothing before it
            whole = previous_period(whole, rhythm, self.calendar)
            found = self._left_of(whole, rhythm)
        return ended

    def named(self, label: str) -> Period:
        """Return the period of a label: one of the plan in force at its end, or what is left of one."""
        misfit = None
        for found, rhythm in chain(self._rests(), self._parsed(label)):
            if found.label == label:
                if self._fits(found, rhythm):
                    return found
                misfit = found
        if misfit is not None:
            raise self._misfit(misfit)
        newest = self._with_periods()[-1:]
        return parse_period(
            label, self.calendar, "period", rhythm=newest[0].period_cadence if newest else None
        )

    def plan_for(self, period: Period) -> Plan:
        """Return the plan in force at the last instant of a period, if it has something to pay by it."""
        return self._plan_at(last_of(period))

    def _paid_from(self, start: Instant) -> tuple[Instant, Rhythm]:
        """Return since when, from an instant on, a plan pays by the period, and its cadence."""
        for at in (start, *(turn.at for turn in self._turns if turn.at > start)):
            rhythm = self._cadence_at(at)
            if rhythm is not None:
                return at, rhythm
        raise self._nothing_at(start)

    def _rests(self) -> Iterator[tuple[Period, Rhythm]]:
        """Yield what follows what was accrued, and what is left of periods where another cadence ended."""
        for run in self.runs:
            plan = plan_at(self.plans, self.currency, run.period.end)
            if plan is not None:
                yield following(run.period.end, plan.period_cadence, self.calendar), plan.period_cadence
        for change in self._changes:
            found = following(change.at, change.cadence, self.calendar)
            if self._cadence_at(last_of(found)) is not None:
                yield found, change.cadence

    def _parsed(self, label: str) -> Iterator[tuple[Period, Rhythm]]:
        """Yield the periods that have a label by the cadences of plans, the newest plan first."""
        for rhythm in dict.fromkeys(each.period_cadence for each in reversed(self._with_periods())):
            try:
                yield parse_period(label, self.calendar, "period", rhythm=rhythm), rhythm
            except InputError:
                continue

    def _fits(self, period: Period, rhythm: Rhythm) -> bool:
        """Say whether a period of a rhythm is of it alone; what no plan pays is refused for that."""
        then = self._cadence_at(last_of(period))
        return then is None or (then == rhythm and self._left_of(period, rhythm) == period)

    def _left_of(self, period: Period, rhythm: Rhythm) -> Period:
        """Return what is left of a period of a rhythm since another one ended in it."""
        ended = [each.at for each in self._changes if each.cadence == rhythm]
        inside = [at for at in ended if period.start < at < period.end]
        return following(inside[-1], rhythm, self.calendar) if inside else period

    def _of(self, instant: Instant, rhythm: Rhythm) -> Period:
        return self._left_of(period_of(instant, rhythm, self.calendar), rhythm)

    def _misfit(self, period: Period) -> InputError:
        """Return why a period is none, and which one takes its place."""
        hint = "a plan in force in it has another period_cadence"
        if self._cadence_at(last_of(period)) is None:
            hint = "when it ends, no plan is in force that pays by the period"
        other = self._instead_of(period)
        if other is not None:
            hint += f": name {other.label}"
        return InputError.of("period", f"{period.label} is no period", hint)

    def _instead_of(self, period: Period) -> Period | None:
        """Return the first period after the beginning of one that is none, as plans take turns."""
        instants = {last_of(period), *(turn.at for turn in self._turns if turn.at > period.start)}
        for at in sorted(instants):
            rhythm = self._cadence_at(at)
            if rhythm is not None:
                other = self._of(at, rhythm)
                if self._is_free(other, rhythm):
                    return other
        return None

    def _is_free(self, period: Period, rhythm: Rhythm) -> bool:
        """Say whether a period may be accrued once it is over."""
        if any(period.start < each.period.end and each.period.start < period.end for each in self.runs):
            return False
        return self._cadence_at(last_of(period)) is not None and self._fits(period, rhythm)

    def _plan_at(self, instant: Instant) -> Plan:
        plan = plan_at(self.plans, self.currency, instant)
        if plan is None or not plan.period_components:
            raise self._nothing_at(instant)
        return plan

    def _nothing_at(self, instant: Instant) -> RefusedError:
        refusal = no.NO_PERIOD_COMPONENTS.refuse(currency=self.currency, instant=format_instant(instant))
        return RefusedError(refusal)

    def _cadence_at(self, instant: Instant) -> Rhythm | None:
        return cadence_of(plan_at(self.plans, self.currency, instant))

    @cached_property
    def _turns(self) -> list[PlanTurn]:
        return list(plan_turns(self.plans, self.currency))

    @cached_property
    def _changes(self) -> Sequence[CadenceChange]:
        return cadence_changes(self.plans, self.currency)

    def _with_periods(self) -> list[Plan]:
        mine = [each for each in self.plans if each.currency == self.currency and each.period_components]
        return sorted(mine, key=lambda each: (each.valid_from, each.plan_version))
