"""Where one plan makes way for another: how each cuts time, and what becomes of a period that lies across.

The rule this file protects: a period is paid by one cadence alone, so what a month sold never goes through
the brackets of a week.
"""

from collections.abc import Iterable, Iterator, Sequence

from attrs import frozen

from distcore.commission.plan import Plan
from distcore.commission.publish import plan_at, taking_over
from distcore.kernel import (
    Calendar,
    Currency,
    Instant,
    Period,
    Problem,
    Rhythm,
    Severity,
    last_of,
    limits,
    micros_of,
    period_of,
)


@frozen
class PlanTurn:
    """An instant at which another plan comes into force, or none does: what was before, and what is after."""

    at: Instant
    former: Plan | None
    latter: Plan | None


@frozen
class CadenceChange:
    """An instant at which periods of one cadence end, and those of another go on: perhaps after a while."""

    at: Instant
    cadence: Rhythm


def plan_turns(plans: Iterable[Plan], currency: Currency) -> Iterator[PlanTurn]:
    """Yield by time where the plan in force in a currency changes: versions take over, and may end."""
    mine = [each for each in plans if each.currency == currency]
    edges = {each.valid_from for each in mine} | {each.valid_until for each in mine}
    former = None
    for at in sorted(edge for edge in edges if edge is not None):
        latter = plan_at(mine, currency, at)
        if latter is not former:
            yield PlanTurn(at, former, latter)
        former = latter


def cadence_of(plan: Plan | None) -> Rhythm | None:
    """Return how a plan cuts time; None where none is in force, or where it pays nothing by the period."""
    return plan.period_cadence if plan is not None and plan.period_components else None


def cadence_changes(plans: Iterable[Plan], currency: Currency) -> list[CadenceChange]:
    """Return by time where periods of one cadence end, each with the cadence that comes next."""
    found: list[CadenceChange] = []
    ended: CadenceChange | None = None
    for turn in plan_turns(plans, currency):
        before, after = cadence_of(turn.former), cadence_of(turn.latter)
        if before is not None:
            ended = CadenceChange(turn.at, before)
        if after is not None and ended is not None and ended.cadence != after:
            found.append(CadenceChange(ended.at, after))
    return found


def cadence_problems(plan: Plan, published: Sequence[Plan], calendar: Calendar) -> Iterator[Problem]:
    """Yield where a plan would let the cadence change inside a period: it may where one ends.

    Wherever plans take turns in its currency once it is published: where it begins, where it ends and another
    one comes back, and where others meet it in between.  What is so without it is not its affair.  A plan
    that can't be published beside the others is asked as if it took their place.
    """
    placed = taking_over(plan, published)
    others = [each for each in published if (each.id, each.plan_version) != (placed.id, placed.plan_version)]
    known = [_cadences(turn) for turn, _ in _across(others, plan.currency, calendar)]
    for turn, period in _across([*others, placed], plan.currency, calendar):
        if _cadences(turn) not in known:
            former, latter = (plan if each is placed else each for each in (turn.former, turn.latter))
            yield _problem(plan, PlanTurn(turn.at, former, latter), period, calendar)


def cadence_doubts(plan: Plan, published: Sequence[Plan], calendar: Calendar) -> Iterator[Problem]:
    """Yield warnings where a plan would leave a part of a period to nobody.

    There a plan makes way for one that pays nothing by the period, or for none, and at the end of the period
    no plan of its cadence is in force.  A later one may still come: it is paid by the plan of its end.
    """
    others = [each for each in published if (each.id, each.plan_version) != (plan.id, plan.plan_version)]
    known = [(turn.at, cadence_of(turn.former)) for turn, _ in _unpaid(others, plan.currency, calendar)]
    for turn, period in _unpaid([*others, plan], plan.currency, calendar):
        if (turn.at, cadence_of(turn.former)) not in known:
            at = _local(turn.at, calendar)
            yield Problem(
                _where(plan, turn),
                f"{_named(turn.former)} makes way at {at}, inside {period.label}, and pays nothing by it",
                "let it be followed by one of its period_cadence, or end where a period does",
                Severity.WARNING,
            )


def _across(
    plans: Sequence[Plan], currency: Currency, calendar: Calendar
) -> Iterator[tuple[PlanTurn, Period]]:
    """Yield the turns at which the cadence changes inside a period of the former plan, with the period."""
    for turn in plan_turns(plans, currency):
        before, after = cadence_of(turn.former), cadence_of(turn.latter)
        if before is not None and after is not None and before != after:
            period = period_of(turn.at, before, calendar)
            if period.start != turn.at:
                yield turn, period


def _unpaid(
    plans: Sequence[Plan], currency: Currency, calendar: Calendar
) -> Iterator[tuple[PlanTurn, Period]]:
    """Yield the turns at which nothing takes over inside a period, and is there at its end either."""
    for turn in plan_turns(plans, currency):
        before = cadence_of(turn.former)
        if before is not None and cadence_of(turn.latter) is None:
            period = period_of(turn.at, before, calendar)
            if period.start != turn.at and cadence_of(plan_at(plans, currency, last_of(period))) != before:
                yield turn, period


def _cadences(turn: PlanTurn) -> tuple[Instant, Rhythm | None, Rhythm | None]:
    return turn.at, cadence_of(turn.former), cadence_of(turn.latter)


def _problem(plan: Plan, turn: PlanTurn, period: Period, calendar: Calendar) -> Problem:
    where, at = _where(plan, turn), _local(turn.at, calendar)
    message = f"period_cadence would change at {at}, inside {period.label} of {_named(turn.former)}"
    if micros_of(period.end) >= limits.INSTANT_MAX:
        hint = "that period never ends: keep its period_cadence"
    elif turn.at in {plan.valid_from, plan.valid_until}:
        hint = f"it may {'begin' if turn.at == plan.valid_from else 'end'} at {_local(period.end, calendar)}"
    else:
        hint = f"keep the period_cadence of {_named(turn.latter if turn.former == plan else turn.former)}"
    return Problem(where, message, hint)


def _where(plan: Plan, turn: PlanTurn) -> str:
    """Return what of a plan brings a turn about: its beginning, its end, or what it is in between."""
    if turn.at == plan.valid_from:
        return "$.valid_from"
    return "$.valid_until" if turn.at == plan.valid_until else "$.period_cadence"


def _named(plan: Plan | None) -> str:
    assert plan is not None, "something is in force on this side of a turn"
    return f"version {plan.plan_version} of {plan.id}"


def _local(at: Instant, calendar: Calendar) -> str:
    """Return an instant as the shop writes it in a plan."""
    return at.astimezone(calendar.zone).isoformat()
