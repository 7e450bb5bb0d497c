"""Why a period is worth to somebody what it is, or why nothing: calculated again, by what was frozen.

The one rule this file protects: what is explained is what the next run would post, so what was posted and
what is still to come always add up to it.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from enum import Enum
from typing import assert_never

from attrs import frozen

from distcore.commission import (
    Ladder,
    Matching,
    PeriodComponent,
    PeriodFact,
    PeriodFacts,
    PeriodReason,
    PeriodRun,
    PeriodShare,
    PeriodTotal,
    Plan,
    Pool,
    Volume,
    left_of,
)
from distcore.engine.once import check
from distcore.engine.period_facts import facts_of_period
from distcore.engine.period_runs import plan_of_run, run_of_period, values_of_run
from distcore.kernel import (
    NOBODY,
    ComponentId,
    Currency,
    InputError,
    Instant,
    LineId,
    MemberId,
    SaleId,
    Sku,
    id_problem,
)
from distcore.ports import Transaction


@frozen
class ToldShare:
    """What a component is worth to somebody now, or the reason for nothing, and what was posted of it.

    `share` is None for who was no member at the end of the period, and of a component that the plan has not.
    """

    component: ComponentId
    share: PeriodShare | None
    reason: PeriodReason | None
    posted_minor: int
    total: PeriodTotal

    @property
    def amount_minor(self) -> int:
        """What it is worth now."""
        return 0 if self.share is None else self.share.amount_minor

    @property
    def to_post_minor(self) -> int:
        """What the next run would post."""
        return self.amount_minor - self.posted_minor


@frozen
class PeriodExplanation:
    """A run, the plan that it goes by, what each component is worth to a payee, and every fact so far."""

    run: PeriodRun
    plan: Plan
    payee: MemberId
    shares: tuple[ToldShare, ...]
    facts: tuple[PeriodFact, ...]


@frozen
class PeriodLine:
    """A line of the basis of a period: what is left of it counts; `is_own` says that the payee bought it."""

    sale: SaleId
    line: LineId
    sku: Sku
    buyer: MemberId
    paid_at: Instant
    net_minor: int
    is_own: bool


class RestsOn(Enum):
    """What the value of a component rests on for a member, and so what its basis lists."""

    OWN_LINES = "own_lines"
    """What is left of the lines that the member bought."""
    TEAM_LINES = "team_lines"
    """What is left of the lines that the member and the whole downline bought."""
    ALL_LINES = "all_lines"
    """What is left of all lines of the period."""
    MATCHED = "matched"
    """What components were worth to the downline, line by line: see `matched_parts`."""


def rests_on(component: PeriodComponent) -> RestsOn:
    """Return what a component rests on; a budget, which all lines decide, aside."""
    match component:
        case Ladder(volume=volume):
            return RestsOn.OWN_LINES if volume is Volume.OWN else RestsOn.TEAM_LINES
        case Pool():
            return RestsOn.ALL_LINES
        case Matching():
            return RestsOn.MATCHED
        case _:
            assert_never(component)


def explain_period(tx: Transaction, currency: Currency, period: str, payee: MemberId) -> PeriodExplanation:
    """Calculate a period that was accrued again, and say what each component is worth to somebody, and why.

    Also of components that paid the payee before the period was pinned to a version without them.  All of it
    is calculated, in memory and time of a run: who else has a part in it decides too.
    """
    check(id_problem(payee, "payee"))
    run = run_of_period(tx, currency, period)
    plan = plan_of_run(tx, run)
    facts = tuple(tx.period_runs.of(run.number, [payee]).get(payee, ()))
    posted: Counter[ComponentId] = Counter()
    for fact in facts:
        posted[fact.share.component] += fact.amount_minor
    shares = []
    for value in values_of_run(tx, run, plan):
        component = value.component.id
        place = next((each for each, member in enumerate(value.members) if member == payee), None)
        share = None if place is None else value.share(place)
        reason = PeriodReason.NO_MEMBER if place is None else value.why_not(place, plan.rounding)
        shares.append(ToldShare(component, share, reason, posted.pop(component, 0), value.total))
    for component, minor in posted.items():
        nothing = PeriodTotal(component, 0, 0)
        shares.append(ToldShare(component, None, PeriodReason.NOT_IN_PLAN, minor, nothing))
    return PeriodExplanation(run, plan, payee, tuple(shares), facts)


def period_lines(
    tx: Transaction,
    currency: Currency,
    period: str,
    payee: MemberId | None = None,
    *,
    of: RestsOn = RestsOn.TEAM_LINES,
) -> Iterator[PeriodLine]:
    """Yield the lines that a period rests on, by sale: of what the team of a payee bought, or of all.

    With `of` those that the payee bought alone, or all of them with the own ones marked.  What is left of
    them is the volume; a line of which nothing is left is left out.
    """
    check(None if payee is None else id_problem(payee, "payee"))
    if of is RestsOn.MATCHED:
        raise InputError.of("of", "what is matched is no lines", "ask for matched_parts")
    run = run_of_period(tx, currency, period)
    if payee is None or of is RestsOn.ALL_LINES:
        team = None
    elif of is RestsOn.OWN_LINES:
        team = frozenset({payee})
    else:
        team = _team(facts_of_period(tx, run, plan_of_run(tx, run)), payee)
    return _lines(tx, run, payee, team)


def _lines(
    tx: Transaction, run: PeriodRun, payee: MemberId | None, team: frozenset[MemberId] | None
) -> Iterator[PeriodLine]:
    for each in tx.sales.paid(run.period.start, run.period.end):
        sale = each.booking.sale
        if sale.currency != run.currency or (team is not None and sale.buyer not in team):
            continue
        for line, left in zip(sale.lines, left_of(sale, each.corrections), strict=True):
            if left.net_minor:
                is_own = sale.buyer == payee
                yield PeriodLine(sale.id, line.id, line.sku, sale.buyer, sale.paid_at, left.net_minor, is_own)


def _team(facts: PeriodFacts, payee: MemberId) -> frozenset[MemberId]:
    """Return the members of a team, the payee among them; sponsors come before whom they sponsor."""
    sponsors: Sequence[int] = facts.forest.sponsors
    inside = bytearray(len(facts.members))
    for place in reversed(facts.forest.upwards):
        sponsor = sponsors[place]
        inside[place] = facts.members[place] == payee or (sponsor != NOBODY and inside[sponsor])
    return frozenset(member for member, good in zip(facts.members, inside, strict=True) if good)
