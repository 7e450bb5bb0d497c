"""M2: every cent traces to one sale line, beneficiary, level and plan version; both directions agree.

Downwards, each fact names a line of its sale, a rule of its plan version that pays this level, and a member
who stands above the buyer; upwards, the sums by payee are those of the facts, and every explained amount is
posted.  Whatever does not find its other end is an orphan.
"""

from collections import Counter
from collections.abc import Callable, Container, Iterator
from typing import Any

import pytest
from attrs import evolve, frozen

from distcore import engine
from distcore.commission import (
    Component,
    Custom,
    Differential,
    Earning,
    FirstOrder,
    GroupBy,
    Plan,
    Region,
    SaleRecord,
    Upline,
    Why,
    share_of,
)
from distcore.kernel import LineId, MemberId, RuleId
from distcore.ports import Transaction
from distcore.testing.builders import ALWAYS, StoreOf
from distcore.testing.walks import walked
from distcore.testing.worlds import FORMULAS

WORLDS = range(15)


@frozen
class Books:
    """All that a trace runs through."""

    records: tuple[SaleRecord, ...]
    plans: tuple[Plan, ...]
    members: frozenset[MemberId]
    earnings: tuple[Earning, ...]
    whys: dict[str, tuple[Why, ...]]


def books_of(tx: Transaction) -> Books:
    records = tuple(tx.sales.all())
    return Books(
        records,
        tuple(tx.plans.all()),
        frozenset(member.id for member in tx.members.all()),
        tuple(tx.earnings.of(*ALWAYS, GroupBy.VALID)),
        {
            sale: engine.explain(tx, sale, formulas=FORMULAS).explained.whys
            for sale in [record.booking.sale.id for record in records]
        },
    )


def orphans(books: Books) -> Iterator[str]:
    by_payee: Counter[tuple[str, str]] = Counter()
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
    reported: Counter[tuple[str, str]] = Counter()
    for row in books.earnings:
        reported[row.payee, row.currency] += row.frozen_minor + row.released_minor
    reported.subtract(by_payee)
    if any(reported.values()):
        yield f"reported is by so much more than there are facts: {reported}"


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
    for seed in WORLDS[:8]:
        with walked(store_of, seed).store.begin() as tx:
            records += books_of(tx).records
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
