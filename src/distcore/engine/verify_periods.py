"""Facts of periods, held against what they rest on, and against what was said of them.

Nothing is taken on trust: the amount of every share is made again from its basis, every fact is the
difference to the share before it, and the facts of each component add up to the total that its posting names.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from distcore.commission import (
    PeriodFact,
    PeriodPosting,
    PeriodRun,
    Plan,
    PlanVersions,
    by_version,
    remade,
)
from distcore.engine.period_runs import VERB, inputs_of_pin
from distcore.kernel import ComponentId, Currency, Period, Problem, digest
from distcore.ports import Transaction

BATCH: Final = 1_000
"""Facts that are looked at together: bounds memory."""


def period_problems(tx: Transaction) -> Iterator[Problem]:
    """Yield what is wrong with periods that were accrued, with their postings and with every fact."""
    plans, revision = by_version(tx.plans.all()), tx.members.revision()
    ended: dict[Currency, list[Period]] = {}
    seen = [0]
    for number, run in enumerate(tx.period_runs.all(), 1):
        where = _where(run)
        if run.number != number:
            yield Problem(where, f"run {number} is missing")
        if not 0 <= run.tree_revision <= revision:
            yield Problem(where, f"it saw revision {run.tree_revision} of a tree that has {revision}")
        for other in ended.setdefault(run.currency, []):
            if run.period.start < other.end and other.start < run.period.end:
                yield Problem(where, f"it overlaps {other.label}")
        ended[run.currency].append(run.period)
        pins = [(run.plan, run.plan_version), *((each.plan, each.plan_version) for each in run.repins)]
        for id, version in pins:
            if (id, version) not in plans:
                yield Problem(where, f"version {version} of plan {id} is missing")
        yield from _repin_problems(tx, run, plans)
        yield from _run_problems(tx, run, plans, seen)
    if seen[0] != (count := tx.period_runs.count()):
        yield Problem("period facts", f"there are {count}, and {seen[0]} are of postings")


def _where(run: PeriodRun) -> str:
    return f"period {run.period.label} in {run.currency}"


def _repin_problems(tx: Transaction, run: PeriodRun, plans: PlanVersions) -> Iterator[Problem]:
    """Hold re-pins against the postings that they begin with, and against the commands that made them."""
    if not run.repins:
        return
    postings = {each.number: each for each in tx.period_runs.postings(run.number)}
    wanted = {each: digest((VERB, inputs_of_pin(run, each))) for each in run.repins}
    done = tx.commands.known(VERB, list(wanted.values()))
    last = 0
    for each in run.repins:
        where = f"{_where(run)}, pinned at posting {each.posting}"
        posting, plan = postings.get(each.posting), plans.get((each.plan, each.plan_version))
        if posting is None or each.posting <= last:
            yield Problem(where, "no posting begins with it")
        elif posting.actor != each.actor or wanted[each] not in done:
            yield Problem(where, "nobody asked for it")
        if plan is not None and plan.currency != run.currency:
            yield Problem(where, f"the plan is in {plan.currency}")
        if each.approver == each.actor:
            yield Problem(where, f"{each.actor} approved it too")
        last = each.posting


def _run_problems(tx: Transaction, run: PeriodRun, plans: PlanVersions, seen: list[int]) -> Iterator[Problem]:
    """Hold every posting against the plan version that the run went by then."""
    sums: Counter[ComponentId] = Counter()
    for number, posting in enumerate(tx.period_runs.postings(run.number)):
        where = f"{_where(run)}, posting {posting.number}"
        plan = plans.get(run.pin_at(posting.number))
        if posting.number != number:
            yield Problem(where, f"posting {number} is missing")
        facts = tx.period_runs.facts(run.number, posting.number)
        while page := list(islice(facts, BATCH)):
            seen[0] += len(page)
            for fact in page:
                sums[fact.share.component] += fact.amount_minor
            if plan is not None:
                yield from _fact_problems(tx, page, plan, where)
        yield from _total_problems(posting, sums, plan, where)


def _fact_problems(tx: Transaction, page: Sequence[PeriodFact], plan: Plan, where: str) -> Iterator[Problem]:
    """Make every amount again, and hold it against what was worth before."""
    known = {each.id for each in plan.period_components}
    first = not page[0].posting
    before = {} if first else tx.period_runs.of(page[0].run, [each.share.payee for each in page])
    for fact in page:
        share = fact.share
        here = f"{where}, {share.component} of {share.payee}"
        if share.component not in known:
            yield Problem(here, "the plan has no such component")
        if remade(share, plan.rounding) != share.amount_minor:
            yield Problem(here, "its amount does not follow from what it rests on")
        earlier = [
            each.share.amount_minor
            for each in before.get(share.payee, ())
            if each.share.component == share.component and each.posting < fact.posting
        ]
        if fact.amount_minor != share.amount_minor - (earlier[-1] if earlier else 0):
            yield Problem(here, "it is not the difference to what it was worth before")


def _total_problems(
    posting: PeriodPosting, sums: Counter[ComponentId], plan: Plan | None, where: str
) -> Iterator[Problem]:
    named = [total.component for total in posting.totals]
    if plan is not None and named != [each.id for each in plan.period_components]:
        yield Problem(where, "it does not name the components of its plan")
    for total in posting.totals:
        if total.paid_minor != sums[total.component]:
            yield Problem(f"{where}, {total.component}", "its facts do not add up to what is paid")
