"""Which period of its plans a machine accrues, and when; and how its plans cut time."""

from collections.abc import Sequence
from datetime import timedelta
from random import Random
from typing import assert_never

from attrs import evolve

from distcore import engine
from distcore.commission import Formulas, Ladder, Matching, PeriodComponent, Plan, Pool
from distcore.kernel import ComponentId, Currency, InputError, Instant, Rate, Refusal, RefusedError
from distcore.ports import Transaction
from distcore.testing.auditor_periods import SOON, PeriodAuditor
from distcore.testing.auditor_spans import Span, span_of
from distcore.testing.worlds import RATES_PPM, RHYTHMS, hour, random_ladder


def random_period(
    random: Random, periods: PeriodAuditor, currency: Currency, now: Instant
) -> tuple[Span | None, Instant]:
    """Draw a period, and when it is asked for: mostly when it is due, and now and then too early.

    It is the next one, one that was accrued, or one in which something was sold, mostly as plans cut time.
    """
    sales = [x.sale.paid_at for x in periods.auditor.books.values() if x.sale.currency == currency][-4:]
    plan = periods.plan_at(currency, now)
    rhythm = random.choice(RHYTHMS) if plan is None or random.random() < 0.1 else plan.period_cadence
    of_sales = [span_of(at, rhythm, periods.shop) for at in sales or [now]]
    accrued = [run.span for run in periods.runs if run.currency == currency][-2:]
    span = random.choice((None, *accrued, *of_sales))
    coming = periods.next(currency, now) if span is None else span
    if coming is not None and random.random() < 0.9:
        due = periods.due(currency, coming)
        now = max(now, due + random.choice((-SOON, *[timedelta()] * 9, timedelta(hours=7))))
    return span, now


def in_turn(plans: Sequence[Plan]) -> list[Plan]:
    """Return plans as versions that take turns every three hours, of the cadence of the first one."""
    return [
        evolve(
            each,
            plan_version=place + 1,
            valid_from=hour(3 * place),
            period_cadence=plans[0].period_cadence,
        )
        for place, each in enumerate(plans)
    ]


def random_turn(random: Random, plan: Plan, until: Instant | None, periods: PeriodAuditor) -> Plan:
    """Return a plan that ends some time and mostly may take its turn.

    Then it cuts time as the plan before it does, or begins where a period of that plan ends.
    """
    before = periods.cadence_at(plan.currency, plan.valid_from - SOON)
    drawn = random.random()
    if before is not None and drawn < 0.4:
        plan = evolve(plan, period_cadence=before)
    elif before is not None and drawn < 0.9:
        span = span_of(plan.valid_from, before, periods.shop)
        plan = evolve(plan, valid_from=random.choice((span.start, span.end)))
    return plan if until is None or until <= plan.valid_from else evolve(plan, valid_until=until)


def rerated(random: Random, plan: Plan, plan_version: int) -> Plan:
    """Return another version of a plan: what it pays by the period has other rates, and one more pays."""
    found: list[PeriodComponent] = []
    for each in plan.period_components:
        match each:
            case Ladder():
                rates = (evolve(one, rate=Rate(random.choice(RATES_PPM))) for one in each.brackets)
                found.append(evolve(each, brackets=tuple(rates)))
            case Pool():
                found.append(evolve(each, share=Rate(random.choice(RATES_PPM))))
            case Matching():
                found.append(evolve(each, rates=tuple(Rate(random.choice(RATES_PPM)) for _ in each.rates)))
            case _:
                assert_never(each)
    if random.random() < 0.5:
        found.append(random_ladder(random, ComponentId(f"period {len(found) + 1}")))
    return evolve(plan, plan_version=plan_version, period_components=tuple(found))


def accrue_period(
    tx: Transaction,
    currency: Currency,
    label: str | None,
    *,
    at: Instant,
    actor: str,
    key: str,
    pin: engine.NewPin | None = None,
) -> engine.AccruedPeriod:
    """Accrue a period; a label that names none, because plans cut time otherwise, counts as refused."""
    try:
        return engine.accrue_period(tx, currency, label, at=at, actor=actor, key=key, pin=pin)
    except InputError as error:
        raise _malformed(error) from None


def set_plan(tx: Transaction, plan: Plan, *, at: Instant, actor: str, key: str, formulas: Formulas) -> Plan:
    """Publish a plan; one that would change the cadence inside a period counts as refused."""
    try:
        return engine.set_plan(tx, plan, at=at, actor=actor, key=key, formulas=formulas)
    except InputError as error:
        raise _malformed(error) from None


def _malformed(error: InputError) -> RefusedError:
    return RefusedError(Refusal("malformed", (), str(error)))
