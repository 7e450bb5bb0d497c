"""What a matching of a period matches for somebody: facts of lines, and what periods are worth below.

The one rule this file protects: what is listed adds up, generation by generation, to what the share rests on.
"""

from collections import Counter
from collections.abc import Container, Iterator, Mapping
from itertools import chain, islice
from typing import Final

from attrs import frozen

from distcore.commission import (
    Matching,
    PeriodFacts,
    PeriodRun,
    Plan,
    SaleRecord,
    generations_below,
)
from distcore.engine.once import check
from distcore.engine.period_facts import facts_of_period
from distcore.engine.period_runs import plan_of_run, run_of_period, values_by
from distcore.kernel import ComponentId, Currency, InputError, LineId, MemberId, SaleId, Sku, id_problem
from distcore.ports import Transaction

PAGE: Final = 1_000
"""Sales whose facts are read together: bounds memory."""


@frozen
class MatchedPart:
    """What a component is worth to somebody in the downline, and which generation that is.

    Of a component of lines it is what facts of a line of a sale add up to; one of the period has no lines of
    its own here, and `line` is None.
    """

    generation: int
    earner: MemberId
    component: ComponentId
    amount_minor: int
    line: tuple[SaleId, LineId, Sku] | None = None


def matched_parts(
    tx: Transaction, currency: Currency, period: str, payee: MemberId, component: ComponentId
) -> Iterator[MatchedPart]:
    """Yield what a matching matches for a payee: first by sale and line, then what periods are worth.

    The parts of a generation add up to what the basis of the share says of it.  All of the period is
    calculated, in memory and time of a run; then its sales are read page by page, with their facts.
    """
    check(id_problem(payee, "payee"), id_problem(component, "component"))
    run = run_of_period(tx, currency, period)
    plan = plan_of_run(tx, run)
    matching = next((each for each in plan.period_components if each.id == component), None)
    if not isinstance(matching, Matching):
        raise InputError.of("component", f"{component} matches nothing", "name a matching of the plan")
    facts = facts_of_period(tx, run, plan)
    place = next((each for each, member in enumerate(facts.members) if member == payee), None)
    earners = (
        {}
        if place is None
        else {each: generation for generation, each in generations_below(matching, facts, place)}
    )
    return chain(
        _matched_lines(tx, run, plan, matching, {facts.members[each]: earners[each] for each in earners}),
        _matched_values(plan, facts, matching, earners),
    )


def _matched_lines(
    tx: Transaction, run: PeriodRun, plan: Plan, matching: Matching, generation_of: Mapping[MemberId, int]
) -> Iterator[MatchedPart]:
    of_lines = frozenset(matching.of) & {each.id for each in plan.components}
    if not of_lines or not generation_of:
        return
    paid = tx.sales.paid(run.period.start, run.period.end, with_posted=True)
    ids = (
        each.booking.sale.id
        for each in paid
        if (each.booking.plan, each.booking.sale.currency) == (plan.id, run.currency)
        and any(of in of_lines and earner in generation_of for of, _, earner in each.posted)
    )
    while page := list(islice(ids, PAGE)):
        records = tx.sales.find(page)
        for id in page:
            yield from _matched_of_sale(records[id], of_lines, generation_of)


def _matched_of_sale(
    record: SaleRecord, of_lines: Container[ComponentId], generation_of: Mapping[MemberId, int]
) -> Iterator[MatchedPart]:
    sale = record.booking.sale
    skus = {line.id: line.sku for line in sale.lines}
    sums: Counter[tuple[LineId, ComponentId, MemberId]] = Counter()
    for posting in record.postings:
        for fact in posting.accruals:
            if fact.component in of_lines and fact.payee in generation_of:
                sums[fact.line, fact.component, fact.payee] += fact.amount_minor
    for (line, component, earner), amount in sums.items():
        if amount:
            where = (sale.id, line, skus[line])
            yield MatchedPart(generation_of[earner], earner, component, amount, where)


def _matched_values(
    plan: Plan, facts: PeriodFacts, matching: Matching, earners: Mapping[int, int]
) -> Iterator[MatchedPart]:
    if not earners or not frozenset(matching.of) & {each.id for each in plan.period_components}:
        return
    for value in values_by(plan, facts):
        if value.component.id in matching.of:
            for place, generation in earners.items():
                if value.amounts[place]:
                    earner = facts.members[place]
                    yield MatchedPart(generation, earner, value.component.id, value.amounts[place])
