"""Named builders of periods: runs, postings and facts; `distcore.testing.builders` has the rest.

>>> a_period_fact("ann", amount_minor=-7).share.payee
'ann'
"""

from typing import Final

from distcore.commission import (
    Basis,
    Cut,
    LadderBasis,
    PeriodFact,
    PeriodPosting,
    PeriodReason,
    PeriodRun,
    PeriodShare,
    PeriodTotal,
    Step,
)
from distcore.kernel import Actor, ComponentId, Currency, Instant, MemberId, PlanId, Rate
from distcore.testing.builders import LATER
from distcore.testing.tiers import a_month

TEN_PERCENT: Final = LadderBasis(10_000, 25_000, 10_000, (Step(Rate.parse("10%"), 10_000),))
"""A tenth of what somebody bought."""


def a_period_run(
    number: int = 1,
    label: str = "2017-01",
    *,
    currency: str = "CNY",
    tree_revision: int = 0,
    run_at: Instant = LATER,
) -> PeriodRun:
    """Return a run of a month, by the first version of a plan."""
    run = (PlanId("plan"), 1, tree_revision, LATER, Actor("tester"), run_at)
    return PeriodRun(number, Currency(currency), a_month(label), *run)


def a_period_posting(
    run: int = 1,
    number: int = 0,
    totals: tuple[PeriodTotal, ...] = (PeriodTotal(ComponentId("ladder"), 1_000, 1_000),),
    *,
    net_minor: int = 25_000,
    posted_at: Instant = LATER,
) -> PeriodPosting:
    """Return a posting: by default a ladder is worth 10.00 altogether."""
    return PeriodPosting(run, number, net_minor, totals, Actor("tester"), posted_at)


def a_period_fact(
    payee: str = "ann",
    run: int = 1,
    posting: int = 0,
    amount_minor: int = 1_000,
    *,
    component: str = "ladder",
    value_minor: int = 1_000,
    basis: Basis = TEN_PERCENT,
    cut: Cut | None = None,
    unqualified: PeriodReason | None = None,
) -> PeriodFact:
    """Return a fact: by default somebody gets a tenth of what was bought."""
    of = (ComponentId(component), MemberId(payee), value_minor, basis, cut, unqualified)
    return PeriodFact(run, posting, amount_minor, PeriodShare(*of))
