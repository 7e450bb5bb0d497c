"""M2: every cent traces to one sale line, beneficiary, level and plan version; both directions agree.

Downwards, each fact names a line of its sale, a rule of its plan version that pays this level, and a member
who stands above the buyer; upwards, the sums by payee are those of the facts, and every explained amount is
posted.  A fact of a period names a component of its plan and a basis, and the lines that are listed of the
period add up to that.  Whatever does not find its other end is an orphan.
"""

from collections import Counter
from collections.abc import Callable, Container, Iterator
from functools import cache
from typing import Any

import pytest
from attrs import evolve, frozen

from distcore import engine
from distcore.commission import (
    Basis,
    Component,
    Custom,
    Differential,
    Earning,
    FirstOrder,
    LadderBasis,
    Matching,
    PeriodComponent,
    PeriodFact,
    PeriodRun,
    Plan,
    Pool,
    PoolBasis,
    Region,
    SaleRecord,
    Upline,
    Why,
    share_of,
)
from distcore.engine import MatchedPart, PeriodLine, ToldShare
from distcore.engine.period_runs import plan_of_run
from distcore.kernel import ComponentId, LineId, MemberId, Period, RuleId
from distcore.memory import MemoryStore
from distcore.ports import Transaction
from distcore.testing.builders import ALWAYS, StoreOf
from distcore.testing.walks import walked
from distcore.testing.worlds import FORMULAS

WORLDS = range(15)
EVER = Period("ever", *ALWAYS)


@frozen
class AccruedPeriod:
    """A period with its facts and lines, and for each member those of the team, what is matched, and told."""

    run: PeriodRun
    facts: tuple[PeriodFact, ...]
    lines: tuple[PeriodLine, ...]
    teams: dict[MemberId, tuple[PeriodLine, ...]]
    matched: dict[tuple[MemberId, ComponentId], tuple[MatchedPart, ...]]
    told: dict[tuple[MemberId, ComponentId], ToldShare]


@frozen
class Books:
    """All that a trace runs through."""

    records: tuple[SaleRecord, ...]
    periods: tuple[AccruedPeriod, ...]
    plans: tuple[Plan, ...]
    members: frozenset[MemberId]
    earnings: tuple[Earning, ...]
    whys: dict[str, tuple[Why, ...]]


def books_of(tx: Transaction) -> Books:
    records = tuple(tx.sales.all())
    return Books(
        records,
        tuple(period_of(tx, run) for run in tx.period_runs.all()),
        tuple(tx.plans.all()),
        frozenset(member.id for member in tx.members.all()),
        tuple(engine.earnings(tx, EVER)),
        {
            sale: engine.explain(tx, sale, formulas=FORMULAS).explained.whys
            for sale in [record.booking.sale.id for record in records]
        },
    )


def period_of(tx: Transaction, run: PeriodRun) -> AccruedPeriod:
    named, everybody = (run.currency, run.period.label), [each.id for each in tx.members.all()]
    postings, plan = tx.period_runs.postings(run.number), plan_of_run(tx, run)
    matchings = [each.id for each in plan.period_components if isinstance(each, Matching)]
    return AccruedPeriod(
        run,
        tuple(fact for each in postings for fact in tx.period_runs.facts(run.number, each.number)),
        tuple(engine.period_lines(tx, *named)),
        {each: tuple(engine.period_lines(tx, *named, each)) for each in everybody},
        {
            (each, matching): tuple(engine.matched_parts(tx, *named, each, matching))
            for each in everybody
            for matching in matchings
        },
        {
            (each, told.component): told
            for each in everybody
            for told in engine.explain_period(tx, *named, each).shares
        },
    )


def orphans(books: Books) -> Iterator[str]:
    by_payee: Counter[tuple[str, str]] = Counter()
    for period in books.periods:
        yield from orphans_of(period, books)
        for part in period.facts:
            by_payee[part.share.payee, period.run.currency] += part.amount_minor
    for record in books.records:
        sale = record.booking.sale
        by_share: Counter[object] = Counter()
        for posting in record.postings:
            for fact in posting.accruals:
                by_share[share_of(fact)] += fact.amount_minor
                by_payee[fact.payee, sale.currency] += fact.amount_minor
                if fact.line not in {line.id for line in sale.lines}:
                    yield f"{fact} names no line of its sale"
                if fact.payee not in books.members:
                    yield f"{fact} pays a stranger"
                if not any(pays(plan, record, fact.component, fact.rule, fact.level) for plan in books.plans):
                    yield f"{fact} has no rule"
        explained = Counter({share_of(why.accrual): why.accrual.amount_minor for why in books.whys[sale.id]})
        if +by_share != explained or min(by_share.values(), default=0) < 0:
            yield f"{sale.id}: the facts are {by_share}, explained is {explained}"
    yield from unreported(books, by_payee)


def unreported(books: Books, by_payee: Counter[tuple[str, str]]) -> Iterator[str]:
    reported: Counter[tuple[str, str]] = Counter()
    for row in books.earnings:
        reported[row.payee, row.currency] += row.frozen_minor + row.released_minor
    reported.subtract(by_payee)
    if any(reported.values()):
        yield f"reported is by so much more than there are facts: {reported}"


def orphans_of(period: AccruedPeriod, books: Books) -> Iterator[str]:
    """Yield what is posted of a period and not told, or told only, and bases that do not list their lines."""
    run = period.run
    sums: Counter[tuple[MemberId, ComponentId]] = Counter()
    for fact in period.facts:
        sums[fact.share.payee, fact.share.component] += fact.amount_minor
    posted = Counter({whose: told.posted_minor for whose, told in period.told.items()})
    if sums != posted or min(sums.values(), default=0) < 0:
        yield f"{run.period}: the facts are {sums}, told is {posted}"
    sold = {(each.booking.sale.id, line.id) for each in books.records for line in each.booking.sale.lines}
    listed = {(each.sale, each.line) for each in period.lines}
    matched = (each.line for parts in period.matched.values() for each in parts)
    if not listed | {each[:2] for each in matched if each is not None} <= sold:
        yield f"{run.period} lists a line that was not sold"
    for (payee, id), told in period.told.items():
        found = [
            (plan, component)
            for plan in books.plans
            for component in plan.period_components
            if (plan.id, plan.plan_version, component.id) == (*run.pin, id)
        ]
        if told.share is not None and not any(
            rests(*each, period, payee, told.share.basis) for each in found
        ):
            yield f"{payee}: {told.share} is by no component, or does not list its lines"


def rests(
    plan: Plan, component: PeriodComponent, period: AccruedPeriod, payee: MemberId, basis: Basis
) -> bool:
    """Say whether the lines of a period, or what is matched of them, add up to the basis of a component."""
    team = period.teams[payee]
    if isinstance(basis, LadderBasis):
        own = sum(each.net_minor for each in team if each.is_own)
        return (basis.own_minor, basis.team_minor) == (own, sum(each.net_minor for each in team))
    if isinstance(basis, PoolBasis):
        net = sum(each.net_minor for each in period.lines)
        return isinstance(component, Pool) and basis.pool_minor == component.share.of(net, plan.rounding)
    sums: Counter[int] = Counter()
    for each in period.matched[payee, component.id]:
        sums[each.generation] += each.amount_minor
    earned = {place: each.earned_minor for place, each in enumerate(basis.generations, 1)}
    return isinstance(component, Matching) and +sums == +Counter(earned)


def pays(plan: Plan, record: SaleRecord, component: str, rule: str, level: int) -> bool:
    pins = {record.upto(number)[1] for number in range(len(record.postings))}
    return (plan.id, plan.plan_version) in pins and any(
        level in levels
        for each in plan.components
        for one, levels in rules_of(each)
        if (each.id, one) == (component, rule)
    )


def rules_of(component: Component) -> Iterator[tuple[str, Container[int]]]:
    """Yield rules with the levels that they pay; a bonus is a rule, and no upline is as long as the range."""
    if isinstance(component, Custom):
        yield component.formula.id, range(component.levels + 1)
    walks = isinstance(component, Upline | Differential | Region)
    for rule in component.rules:
        first = (1,) if isinstance(component, FirstOrder) else (0,)
        yield rule.id, rule.levels or (range(1, 1_000) if walks else first)
    if isinstance(component, Differential) and component.same_tier is not None:
        yield component.same_tier.id, range(2, 1_000)


@pytest.mark.parametrize("seed", WORLDS)
def test_nothing_is_an_orphan(store_of: StoreOf, seed: int) -> None:
    with walked(store_of, seed).store.begin() as tx:
        assert list(orphans(books_of(tx))) == []


def test_there_is_something_to_trace(store_of: StoreOf) -> None:
    records: list[SaleRecord] = []
    periods: list[AccruedPeriod] = []
    for seed in WORLDS[:8]:
        with walked(store_of, seed).store.begin() as tx:
            books = books_of(tx)
        records += books.records
        periods += books.periods
    assert sum(len(each.facts) for each in periods) > 10
    assert any(fact.amount_minor < 0 for each in periods for fact in each.facts)
    facts = [fact for record in records for posting in record.postings for fact in posting.accruals]
    assert len(facts) > 40
    assert any(fact.amount_minor < 0 for fact in facts)
    assert len({record.booking.plan_version for record in records}) > 1


def with_fact(books: Books, **change: Any) -> Books:
    """Change the first fact of the first sale that has one."""
    place = next(n for n, record in enumerate(books.records) if record.postings[0].accruals)
    record = books.records[place]
    first, *others = record.postings[0].accruals
    posting = evolve(record.postings[0], accruals=(evolve(first, **change), *others))
    damaged = evolve(record, postings=(posting, *record.postings[1:]))
    return evolve(books, records=(*books.records[:place], damaged, *books.records[place + 1 :]))


def with_period(books: Books, **change: Any) -> Books:
    """Change the first period that paid something."""
    place = next(n for n, period in enumerate(books.periods) if period.facts)
    damaged = evolve(books.periods[place], **change)
    return evolve(books, periods=(*books.periods[:place], damaged, *books.periods[place + 1 :]))


def with_share(books: Books, **change: Any) -> Books:
    """Change the first fact of a period."""
    first, *others = next(each.facts for each in books.periods if each.facts)
    fact = evolve(first, share=evolve(first.share, **change))
    return with_period(books, facts=(fact, *others))


def matched_of(books: Books) -> dict[tuple[MemberId, ComponentId], tuple[MatchedPart, ...]]:
    return next(each.matched for each in books.periods if each.facts)


def with_line(
    matched: dict[tuple[MemberId, ComponentId], tuple[MatchedPart, ...]], line: str
) -> dict[tuple[MemberId, ComponentId], tuple[MatchedPart, ...]]:
    """Let what is matched be of a line that was never sold."""
    found = {}
    for whose, parts in matched.items():
        named = [(each, each.line) for each in parts]
        found[whose] = tuple(
            evolve(each, line=where and (where[0], LineId(line), where[2])) for each, where in named
        )
    return found


Damage = Callable[[Books], Books]


@pytest.mark.parametrize(
    "damage",
    [
        lambda books: with_fact(books, line=LineId("another")),
        lambda books: with_fact(books, payee=MemberId("another")),
        lambda books: with_fact(books, rule=RuleId("another")),
        lambda books: with_fact(books, level=9_999),
        lambda books: with_fact(books, amount_minor=987_654),
        lambda books: evolve(books, plans=()),
        lambda books: evolve(books, earnings=()),
        lambda books: evolve(books, whys={sale: whys[1:] for sale, whys in books.whys.items()}),
        lambda books: evolve(books, members=frozenset()),
    ],
)
def test_an_orphan_is_found(store_of: StoreOf, damage: Damage) -> None:
    with walked(store_of, 11).store.begin() as tx:
        books = books_of(tx)
    assert list(orphans(damage(books)))


@pytest.mark.parametrize(
    "damage",
    [
        lambda books: with_share(books, payee=MemberId("another")),
        lambda books: with_share(books, component=ComponentId("another")),
        lambda books: with_period(books, facts=books.periods[0].facts[1:]),
        lambda books: with_period(books, lines=[evolve(books.periods[0].lines[0], line=LineId("another"))]),
        lambda books: with_period(books, teams=dict.fromkeys(books.periods[0].teams, ())),
        lambda books: with_period(books, told={}),
        lambda books: with_period(books, matched=dict.fromkeys(matched_of(books), ())),
        lambda books: with_period(books, matched=with_line(matched_of(books), "another")),
        lambda books: evolve(books, periods=()),
        lambda books: evolve(books, plans=()),
    ],
)
def test_an_orphan_of_a_period_is_found(damage: Damage) -> None:
    """In a world whose first period paid by a ladder and a matching."""
    with walked(cache(MemoryStore), 37).store.begin() as tx:
        books = books_of(tx)
    assert list(orphans(books)) == []
    assert list(orphans(damage(books)))
