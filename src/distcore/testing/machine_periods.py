"""Which period of its plans a machine accrues, and when."""

from datetime import timedelta
from random import Random

from distcore import engine
from distcore.kernel import Currency, InputError, Instant, Refusal, RefusedError
from distcore.ports import Transaction
from distcore.testing.auditor_periods import SOON, PeriodAuditor
from distcore.testing.auditor_spans import Span, span_of
from distcore.testing.worlds import RHYTHMS


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


def accrue_period(
    tx: Transaction, currency: Currency, label: str | None, *, at: Instant, actor: str, key: str
) -> engine.AccruedPeriod:
    """Accrue a period; a label that names none, because plans cut time otherwise, counts as refused."""
    try:
        return engine.accrue_period(tx, currency, label, at=at, actor=actor, key=key)
    except InputError as error:
        raise RefusedError(Refusal("malformed", (), str(error))) from None
