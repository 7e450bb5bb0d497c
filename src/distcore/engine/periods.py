"""Which period a label names: one of the calendar, or one in which a currency is settled.

The one rule this file protects: whoever closes a period and whoever asks what was earned in it mean the same
instants.
"""

from collections.abc import Sequence

from attrs import frozen

from distcore.engine.accrue import policy_of
from distcore.engine.once import check
from distcore.kernel import (
    Cadence,
    Calendar,
    Currency,
    InputError,
    Instant,
    Period,
    RefusedError,
    Rhythm,
    currency_problem,
    format_instant,
    id_problem,
    parse_period,
    period_of,
    previous_period,
    shown,
)
from distcore.ports import Transaction
from distcore.settlement import Closing, ClosingState, SettlementPolicy, settlement_policy_at
from distcore.settlement import refusals as no


def period_named(tx: Transaction, label: str, currency: Currency | None = None) -> Period:
    """Return the period of a label: of the shop's calendar, or one in which a currency is settled.

    The same label may mean another period in each currency, where they are settled every so many days, on
    dates, or since a change of cadence: then the currency has to be named.
    """
    unknown = None if currency is None else currency_problem(currency, "currency")
    check(id_problem(label, "period"), unknown)
    try:
        return parse_period(label, policy_of(tx).calendar, "period")
    except InputError as error:
        hints = [error.problems[0].hint]
    periods: dict[Period, Currency] = {}
    for each in _settled(tx) if currency is None else [currency]:
        answer = SettledPeriods.of(tx, each).named(label)
        if isinstance(answer, Period):
            periods.setdefault(answer, each)
        elif answer:
            hints.append(f"{each}: {answer}")
    if not periods:
        raise InputError.of("period", f"not a period: {shown(label)}", "; ".join(hints))
    if len(periods) > 1:
        message = f"{label} is not the same period in {' and '.join(periods.values())}"
        raise InputError.of("period", message, "name the currency")
    return next(iter(periods))


@frozen
class SettledPeriods:
    """The periods of a currency: those that were closed or drafted, and what its policies say of others."""

    currency: Currency
    policies: Sequence[SettlementPolicy]
    closings: Sequence[Closing]
    calendar: Calendar

    @classmethod
    def of(cls, tx: Transaction, currency: Currency) -> "SettledPeriods":
        """Gather what is known of a currency."""
        policies = [each for each in tx.settlement_policies.all() if each.currency == currency]
        closings = [each for each in tx.closings.of(currency) if each.state is not ClosingState.REJECTED]
        return cls(currency, policies, closings, policy_of(tx).calendar)

    def closing(self, label: str | None) -> Closing | None:
        """Return the closing of a label: it keeps its period, whatever policy and calendar have become."""
        return next((each for each in self.closings if each.period.label == label), None)

    def next(self, label: str | None, at: Instant) -> tuple[SettlementPolicy, Period]:
        """Return what is closed next, and by which policy; the first period may be named."""
        if self.closings:
            return self._following(self.closings[-1])
        expected = self._first(self._valid_at(at), label, at)
        policy = self._valid_at(expected.start)
        if period_of(expected.start, policy.cadence, self.calendar) != expected:
            hint = "its settlement policy has another cadence"
            raise InputError.of("period", f"{expected.label} is no period", hint)
        return policy, expected

    def named(self, label: str) -> Period | str:
        """Return the period of a label, whether it is closed, comes next, or neither; or a hint if none is.

        A policy names the periods that begin while it is valid; the first one also those before it.
        """
        closing = self.closing(label)
        if closing is not None:
            return closing.period
        if self.closings:
            _, following = self._following(self.closings[-1])
            if following.label == label:
                return following
        hint = "" if self.policies else "it has no settlement policy"
        for policy in self.policies:  # the hint of the newest one stays
            try:
                found = parse_period(label, self.calendar, rhythm=policy.cadence)
            except InputError as error:
                if not isinstance(policy.cadence, Cadence):  # what those are like is said anyway
                    hint = error.problems[0].hint
                continue
            then = self._valid_at(max(found.start, min(each.valid_from for each in self.policies)))
            own = period_of(found.start, then.cadence, self.calendar)
            if own == found:
                return found
            hint = f"that day is in {own.label}"
        return hint

    def _following(self, last: Closing) -> tuple[SettlementPolicy, Period]:
        """Return the period that begins where the last one ended."""
        start = last.period.end
        policy = self._valid_at(start)
        return policy, following(start, policy.cadence, self.calendar)

    def _first(self, policy: SettlementPolicy, label: str | None, at: Instant) -> Period:
        """Return the period that a shop begins with: the named one, or the last one that has ended."""
        if label is not None:
            return parse_period(label, self.calendar, "period", rhythm=policy.cadence)
        return previous_period(period_of(at, policy.cadence, self.calendar), policy.cadence, self.calendar)

    def _valid_at(self, instant: Instant) -> SettlementPolicy:
        policy = settlement_policy_at(self.policies, self.currency, instant)
        if policy is None:
            refusal = no.NO_SETTLEMENT_POLICY.refuse(currency=self.currency, instant=format_instant(instant))
            raise RefusedError(refusal)
        return policy


def following(start: Instant, rhythm: Rhythm, calendar: Calendar) -> Period:
    """Return the period that begins where another one ended.

    After a change of rhythm the first one is what is left of its period, and named by its first day.
    """
    period = period_of(start, rhythm, calendar)
    if period.start == start:
        return period
    first_day = start.astimezone(calendar.zone).date().isoformat()
    return Period(f"from-{first_day}", start, period.end)


def _settled(tx: Transaction) -> list[Currency]:
    return sorted({each.currency for each in tx.settlement_policies.all()})
