"""Is everything still true?  Recompute the line law and the traces of all that is stored.

Nothing is taken on trust: every sale is calculated again from what was frozen with it, every fact is
traced to a line, a rule, a plan version and a member, and the sums that reports show are compared
with the facts one by one.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Final

from attrs import frozen

from distcore.commission import (
    SOLD,
    GroupBy,
    Plan,
    PlanVersions,
    Posting,
    Refund,
    SaleRecord,
    by_version,
    cause_of,
    correct,
    due_of,
    happened_at,
    left_of,
    sums_of,
)
from distcore.engine.after_sale import earned_now
from distcore.engine.lineage import Forest, levels_of, named_in
from distcore.kernel import Currency, MemberId, Problem, format_minor, instant_of, limits
from distcore.ports import Transaction
from distcore.referral import Aspect, BeyondTreeError, EndlessUplineError, Member

BATCH: Final = 1_000
"""Sales that are verified together: bounds memory."""

Progress = Callable[[int], None]
"""Called with the number of sales verified so far."""


@frozen
class Verified:
    """What was looked at, and what was found wrong: up to a limit of problems, all of them counted."""

    members: int
    sales: int
    facts: int
    problems: tuple[Problem, ...]
    problem_count: int

    @property
    def sound(self) -> bool:
        """Whether nothing was found wrong."""
        return self.problem_count == 0


class _Findings:
    """Problems found so far: a bounded number of them, and how many there were."""

    def __init__(self) -> None:
        self.kept: list[Problem] = []
        self.count = 0

    def add(self, problems: Iterator[Problem]) -> None:
        for problem in problems:
            self.count += 1
            if len(self.kept) < limits.PROBLEMS_MAX:
                self.kept.append(problem)


def verify(tx: Transaction, *, progress: Progress | None = None) -> Verified:
    """Check everything of a shop, in memory that does not grow with its sales."""
    found = _Findings()
    members = _verify_forest(tx, found)
    plans = by_version(tx.plans.all())
    sums: Counter[tuple[MemberId, Currency]] = Counter()
    sales = facts = 0
    records = tx.sales.all()
    while batch := list(islice(records, BATCH)):
        forest = Forest(tx, _named(batch), levels_of(plans.values()))
        for record in batch:
            found.add(_sale_problems(record, plans, forest))
            for posting in record.postings:
                facts += len(posting.accruals)
                for accrual in posting.accruals:
                    sums[accrual.payee, record.booking.sale.currency] += accrual.amount_minor
        sales += len(batch)
        if progress is not None:
            progress(sales)
    found.add(_sum_problems(tx, sums))
    return Verified(members, sales, facts, tuple(found.kept), found.count)


def _named(batch: Sequence[SaleRecord]) -> set[MemberId]:
    payees = {each.payee for record in batch for posting in record.postings for each in posting.accruals}
    return payees | named_in([record.booking.sale for record in batch])


def _verify_forest(tx: Transaction, found: _Findings) -> int:
    """Check that the members form a forest at the last change of each, in one pass over all of them."""
    sponsors: dict[MemberId, MemberId | None] = {}
    joined = {}
    for member in tx.members.all():
        sponsors[member.id] = _last_sponsor(member)
        joined[member.id] = member.joined_at
    for member_id, sponsor in sponsors.items():
        if sponsor is None:
            continue
        where = f"member {member_id}"
        if sponsor not in joined:
            found.add(iter([Problem(where, f"the sponsor {sponsor} is missing")]))
        elif joined[sponsor] > joined[member_id]:
            found.add(iter([Problem(where, f"the sponsor {sponsor} joined later")]))
    found.add(Problem(f"member {each}", "stands in a cycle") for each in _in_cycles(sponsors))
    return len(sponsors)


def _last_sponsor(member: Member) -> MemberId | None:
    last = member.sponsor
    for change in member.changes:
        if change.aspect is Aspect.SPONSOR:
            last = None if change.value is None else MemberId(change.value)
    return last


def _in_cycles(sponsors: dict[MemberId, MemberId | None]) -> Iterator[MemberId]:
    """Yield one member of each cycle; every member is visited once."""
    walked: dict[MemberId, MemberId] = {}
    for start in sponsors:
        at: MemberId | None = start
        while at is not None and at not in walked:
            walked[at] = start
            at = sponsors.get(at)
        if at is not None and walked[at] == start:
            yield at


def _sale_problems(record: SaleRecord, plans: PlanVersions, forest: Forest) -> Iterator[Problem]:
    booking = record.booking
    where = f"sale {booking.sale.id}"
    plan = plans.get((booking.plan, booking.plan_version))
    if plan is None:
        yield Problem(where, f"version {booking.plan_version} of plan {booking.plan} is missing")
        return
    dangling = tuple(_dangling_problems(record, forest, where))
    yield from dangling
    if not dangling:
        yield from _line_law_problems(record, plan, forest, where)
        yield from _amount_problems(record, where)
    for posting in record.postings:
        yield from _trace_problems(record, plan, posting, forest, where)
    yield from _cause_problems(record, where)
    yield from _due_problems(record, plan, where)


def _dangling_problems(record: SaleRecord, forest: Forest, where: str) -> Iterator[Problem]:
    """Find what a sale refers to and is not there: nothing can be calculated from it."""
    booking = record.booking
    if booking.buyer_is_member and booking.sale.buyer not in forest.tree:
        yield Problem(where, f"the buyer {booking.sale.buyer} was a member and is none")
    if booking.sale.promoter is not None and booking.sale.promoter not in forest.tree:
        yield Problem(where, f"the promoter {booking.sale.promoter} is not a member")
    lines = {line.id for line in booking.sale.lines}
    refunds = {each.id: each for each in record.corrections if isinstance(each, Refund)}
    for refund in refunds.values():
        if refund.repeats is not None and refund.repeats not in refunds:
            yield Problem(where, f"{cause_of(refund)} repeats {refund.repeats}, which is missing")
        for line in refund.lines:
            if line.line not in lines:
                yield Problem(
                    where, f"{cause_of(refund)} names line {line.line}, which the sale does not have"
                )


def _line_law_problems(record: SaleRecord, plan: Plan, forest: Forest, where: str) -> Iterator[Problem]:
    sums = sums_of(accrual for posting in record.postings for accrual in posting.accruals)
    try:
        now = forest.decide(partial(earned_now, record, plan, record.corrections))
    except (BeyondTreeError, EndlessUplineError) as broken:
        yield Problem(where, f"its upline can't be walked: {broken.member} is missing or stands in a cycle")
        return
    for accrual in correct(now, sums):
        stored = sums.get((accrual.line, accrual.component, accrual.rule, accrual.payee, accrual.level), 0)
        currency = plan.currency
        yield Problem(
            f"{where}, line {accrual.line}, {accrual.component}, rule {accrual.rule}, level {accrual.level}",
            f"{accrual.payee} has {format_minor(stored, currency)} {currency} posted, "
            f"the plan gives {format_minor(stored + accrual.amount_minor, currency)}",
        )


def _trace_problems(
    record: SaleRecord, plan: Plan, posting: Posting, forest: Forest, where: str
) -> Iterator[Problem]:
    lines = {line.id for line in record.booking.sale.lines}
    rules = {(component.id, rule.id) for component in plan.components for rule in component.rules}
    place = f"{where}, {posting.cause}"
    for accrual in posting.accruals:
        if accrual.line not in lines:
            yield Problem(place, f"a fact names line {accrual.line}, which the sale does not have")
        if (accrual.component, accrual.rule) not in rules:
            yield Problem(
                place, f"a fact names {accrual.component}/{accrual.rule}, which the plan does not have"
            )
        if accrual.payee not in forest.tree:
            yield Problem(place, f"a fact pays {accrual.payee}, who is not a member")
        if accrual.amount_minor == 0:
            yield Problem(place, "a fact of zero says nothing")
    if len(sums_of(posting.accruals)) != len(posting.accruals):
        yield Problem(place, "two facts have the same line, component, rule, payee and level")


def _cause_problems(record: SaleRecord, where: str) -> Iterator[Problem]:
    """Each cause has posted exactly once, with the instant at which it happened."""
    expected = {cause_of(each): happened_at(each) for each in record.corrections}
    expected[SOLD] = record.booking.sale.paid_at
    for posting in record.postings:
        happened = expected.pop(posting.cause, None)
        if happened is None:
            yield Problem(where, f"{posting.cause} has posted without a cause, or twice")
        elif happened != posting.valid_at:
            yield Problem(where, f"{posting.cause} has posted with another instant than its own")
    for cause in expected:
        yield Problem(where, f"{cause} has no posting")


def _amount_problems(record: SaleRecord, where: str) -> Iterator[Problem]:
    sale = record.booking.sale
    for line, part in zip(sale.lines, left_of(sale, record.corrections), strict=True):
        if part.net_minor < 0 or part.units < 0:
            yield Problem(f"{where}, line {line.id}", "more went back than was bought")


def _due_problems(record: SaleRecord, plan: Plan, where: str) -> Iterator[Problem]:
    if record.released and record.due is None:
        yield Problem(where, "it is released, but its freeze never began")
    sale = record.booking.sale
    begun = due_of(plan.freeze, paid_at=sale.paid_at, completed_at=record.completed_at, zone=None)
    if (begun is None) != (record.due is None):
        yield Problem(where, "its freeze has begun and it has no due, or the other way round")


def _sum_problems(tx: Transaction, sums: Counter[tuple[MemberId, Currency]]) -> Iterator[Problem]:
    """Compare the sums that reports show with the facts, payee by payee."""
    reported: Counter[tuple[MemberId, Currency]] = Counter()
    first, end = instant_of(limits.INSTANT_MIN), instant_of(limits.INSTANT_MAX)
    for earning in tx.earnings.of(first, end, GroupBy.VALID):
        reported[earning.payee, earning.currency] += earning.frozen_minor + earning.released_minor
    for payee, currency in sorted(sums.keys() | reported.keys()):
        if sums[payee, currency] != reported[payee, currency]:
            yield Problem(
                f"payee {payee}",
                f"reports show {format_minor(reported[payee, currency], currency)} {currency}, "
                f"the facts of all sales add up to {format_minor(sums[payee, currency], currency)}",
            )
