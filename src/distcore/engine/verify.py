"""Is everything still true?  Recompute the line law and the traces of all that is stored.

Nothing is taken on trust: every sale is calculated again from what was frozen with it, every fact is
traced to a line, a rule, a plan version and a member, and the sums that reports show are compared
with the facts one by one.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from typing import Final
from zoneinfo import ZoneInfo

from attrs import define, field, frozen

from distcore.commission import (
    NO_FORMULAS,
    SOLD,
    Cancellation,
    Formulas,
    GroupBy,
    Pin,
    Plan,
    PlanVersions,
    Posting,
    Refund,
    SaleRecord,
    by_version,
    cause_of,
    due_of,
    formulas_missing,
    happened_at,
    is_recomputation,
    left_of,
    sums_of,
)
from distcore.engine.accrue import policy_of
from distcore.engine.after_sale import CORRECT_PRICE, verb_of
from distcore.engine.join import joined_as
from distcore.engine.lineage import Forest
from distcore.engine.release import Completion
from distcore.engine.seal import check_seals
from distcore.engine.verify_buyers import Buyers
from distcore.engine.verify_compliance import override_problems
from distcore.engine.verify_coupons import coupon_problems
from distcore.engine.verify_groups import group_problems
from distcore.engine.verify_money import Money
from distcore.engine.verify_periods import period_problems
from distcore.engine.verify_postings import posting_problems
from distcore.engine.verify_pricing import placed_problems, pricing_problems
from distcore.engine.verify_recruiting import identity_revisions, recruiting_problems
from distcore.engine.verify_tallies import Tallies, asked_problems, grant_problems
from distcore.engine.verify_tiers import tier_problems
from distcore.kernel import (
    Calendar,
    ComponentId,
    Currency,
    DistcoreError,
    MemberId,
    Problem,
    RetryableError,
    RuleId,
    digest,
    format_instant,
    format_minor,
    instant_of,
    limits,
)
from distcore.ledger import Anchor
from distcore.ports import Transaction
from distcore.referral import last_sponsor
from distcore.settlement import Customs

BATCH: Final = 1_000
"""Sales that are verified together: bounds memory."""

Progress = Callable[[int], None]
"""Called with the number of sales verified so far."""


@frozen
class Verified:
    """What was looked at, and what was found wrong: up to a limit of problems, all of them counted.

    `sealed` counts the leaves that are sealed, `tail` those that are not yet; `anchor` is the newest block.
    `uncompared` counts the sales whose amounts were not calculated again, because `formulas_missing` were not
    given; their gifts, traces and sums were compared.
    """

    members: int
    sales: int
    facts: int
    problems: tuple[Problem, ...]
    problem_count: int
    sealed: int = 0
    tail: int = 0
    anchor: Anchor | None = None
    uncompared: int = 0
    formulas_missing: tuple[str, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether nothing was found wrong."""
        return self.problem_count == 0


VERBS: Final = (
    *("set_policy", "join", "accrue", "refund", "cancel", CORRECT_PRICE, "complete"),
    *("adjust", "open_balance"),
)
"""Verbs of which every input is still stored, so that its hash can be made again."""


@frozen
class _Known:
    """What the sales of the shop may rest on."""

    plans: PlanVersions
    zones: tuple[ZoneInfo | None, ...]
    calendars: frozenset[Calendar]
    revision: int
    formulas: Formulas

    def lacks(self, pins: Iterable[Pin]) -> set[str]:
        """Return what some plan versions pay by and nobody gave: the names and versions of formulas."""
        return {name for pin in pins for name in self._lacking.get(pin, ())}

    @cached_property
    def _lacking(self) -> Mapping[Pin, Sequence[str]]:
        return {pin: formulas_missing(plan, self.formulas) for pin, plan in self.plans.items()}


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


def verify(
    tx: Transaction,
    *,
    progress: Progress | None = None,
    anchor: Anchor | None = None,
    customs: Customs | None = None,
    formulas: Formulas = NO_FORMULAS,
) -> Verified:
    """Check everything of a shop, in memory that does not grow with its sales.

    Sealed rows are compared with their seals, and the newest block with an `anchor` that was kept elsewhere.
    What a `custom` withholding withheld, and what a plan with a formula paid, is calculated again where the
    function is given, in `customs` and `formulas`.  Gifts don't depend on it, and are compared anyway.

    What was booked is compared with the hashes of the commands that booked it, so an input that was
    changed by hand is found too, unless the hash was changed with it.

    The seals come first.  What was tampered with may keep the rest from being read: then that is a problem
    beside those that the seals name.  What can't be read though its seals are whole raises, as it does
    everywhere.
    """
    seals = check_seals(tx, anchor)
    found = _Findings()
    seen = _Seen()
    try:
        _verify_all(tx, seen, found, progress, customs or {}, formulas)
    except RetryableError:
        raise
    except STUMBLES as error:
        if not seals.problems:
            raise
        found.add(iter([_unreadable(error)]))
    found.add(iter(seals.problems))
    return Verified(
        seen.members,
        seen.sales,
        seen.facts,
        tuple(found.kept),
        found.count,
        seals.sealed,
        seals.tail,
        seals.newest,
        seen.uncompared,
        tuple(sorted(seen.formulas)),
    )


STUMBLES: Final = (
    *(DistcoreError, ValueError, TypeError, AttributeError),
    *(LookupError, ArithmeticError, AssertionError),
)
"""What is raised by code that is given what can't be: nothing holds of what was tampered with."""


@define
class _Seen:
    """How much was looked at so far."""

    members: int = 0
    sales: int = 0
    facts: int = 0
    uncompared: int = 0
    formulas: set[str] = field(factory=set)

    def lacks(self, formulas: Collection[str]) -> None:
        """Count a sale for which these formulas are missing, if any is."""
        self.uncompared += bool(formulas)
        self.formulas.update(formulas)


def _unreadable(error: Exception) -> Problem:
    """Say that the rest can't be looked at."""
    why = str(error) if isinstance(error, DistcoreError) else type(error).__name__
    return Problem("store", f"nothing more can be checked: {why}", "what else is named was tampered with")


def _verify_all(
    tx: Transaction,
    seen: _Seen,
    found: _Findings,
    progress: Progress | None,
    customs: Customs,
    formulas: Formulas,
) -> None:
    """Check everything but the seals."""
    found.add(iter(tx.damages()))
    policies = tx.policies.all()
    if not policies and not tx.commands.count("set_policy"):
        policy_of(tx)  # refused: there is no such shop
    zones = tuple({policy.day_zone for policy in policies})
    calendars = frozenset(policy.calendar for policy in policies)
    known = _Known(by_version(tx.plans.all()), zones, calendars, tx.members.revision(), formulas)
    inputs = _Inputs(tx, found)
    seen.members = _verify_forest(tx, known, inputs, found)
    sums: Counter[tuple[MemberId, Currency]] = Counter()
    money, buyers, tallies = Money(tx, customs), Buyers(tx), Tallies(tx, known.plans.values())
    records = tx.sales.all()
    while batch := list(islice(records, BATCH)):
        sales = [record.booking.sale for record in batch]
        forest = Forest.of_sales(tx, sales, known.plans.values(), also=_payees_of(batch))
        inputs.check(_commands_of(batch))
        found.add(money.add_sales(batch))
        buyers.add(batch)
        tallies.add(batch)
        for record in batch:
            found.add(_sale_problems(record, known, forest))
            seen.lacks(known.lacks(_pins_of(record)))
            for posting in record.postings:
                seen.facts += len(posting.accruals)
                for accrual in posting.accruals:
                    sums[accrual.payee, record.booking.sale.currency] += accrual.amount_minor
        seen.sales += len(batch)
        if progress is not None:
            progress(seen.sales)
    found.add(recruiting_problems(tx))
    found.add(override_problems(tx))
    found.add(pricing_problems(tx))
    found.add(placed_problems(tx))
    found.add(coupon_problems(tx))
    found.add(group_problems(tx))
    inputs.check(_other_commands(tx))
    inputs.finish()
    found.add(_sum_problems(tx, sums))
    found.add(buyers.finish())
    found.add(tallies.finish())
    found.add(tier_problems(tx))
    found.add(period_problems(tx))
    found.add(money.finish())


class _Inputs:
    """Compares what is stored with the hashes of the commands that stored it."""

    def __init__(self, tx: Transaction, found: _Findings) -> None:
        self._commands = tx.commands
        self._found = found
        self._counts: Counter[str] = Counter()

    def check(self, stored: Iterable[tuple[str, str, object]]) -> None:
        """Look for the command of each of these: a verb, a place, and what went in."""
        by_verb: dict[str, dict[bytes, str]] = {}
        for verb, where, item in stored:
            by_verb.setdefault(verb, {})[digest((verb, item))] = where
        for verb, places in by_verb.items():
            done = self._commands.known(verb, list(places))
            self._counts[verb] += len(places)
            self._found.add(
                Problem(where, f"it is not what was stored: no {verb} was done with this")
                for inputs, where in places.items()
                if inputs not in done
            )

    def finish(self) -> None:
        """Compare the numbers: what was done is still there."""
        for verb in VERBS:
            done, stored = self._commands.count(verb), self._counts[verb]
            if done > stored:
                self._found.add(iter([Problem(verb, f"{done} were done, {stored} are stored")]))


def _commands_of(batch: Iterable[SaleRecord]) -> Iterator[tuple[str, str, object]]:
    """Yield what sales, their corrections and completions went in as."""
    for record in batch:
        sale = record.booking.sale
        yield "accrue", f"sale {sale.id}", sale
        for correction in record.corrections:
            yield verb_of(correction), f"sale {sale.id}, {cause_of(correction)}", correction
        if record.completed_at is not None:
            yield "complete", f"sale {sale.id}", Completion(sale.id, record.completed_at)


def _other_commands(tx: Transaction) -> Iterator[tuple[str, str, object]]:
    """Yield what policies, adjustments and opening balances went in as."""
    for policy in tx.policies.all():
        yield "set_policy", "policy of the shop", policy
    for adjustment, _ in tx.adjustments.all():
        yield "adjust", f"adjustment {adjustment.id}", adjustment
    for opening, _, _ in tx.openings.all():
        yield "open_balance", f"opening balance {opening.id}", opening


def _payees_of(batch: Sequence[SaleRecord]) -> set[MemberId]:
    return {each.payee for record in batch for posting in record.postings for each in posting.accruals}


def _verify_forest(tx: Transaction, known: _Known, inputs: _Inputs, found: _Findings) -> int:
    """Check that the members form a forest at the last change of each, in one pass over all of them."""
    sponsors: dict[MemberId, MemberId | None] = {}
    joined = {}
    revisions = 0
    everybody = tx.members.all()
    while batch := list(islice(everybody, BATCH)):
        inputs.check(("join", f"member {member.id}", joined_as(member)) for member in batch)
        for member in batch:
            sponsors[member.id] = last_sponsor(member)
            joined[member.id] = member.joined_at
            revisions += len(member.changes)
    revisions += identity_revisions(tx)
    if revisions != known.revision:
        counted = Problem("tree", f"it is at revision {known.revision}, and has {revisions} changes")
        found.add(iter([counted]))
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


def _sale_problems(record: SaleRecord, known: _Known, forest: Forest) -> Iterator[Problem]:
    booking = record.booking
    where = f"sale {booking.sale.id}"
    plan = known.plans.get((booking.plan, booking.plan_version))
    if plan is None:
        yield Problem(where, f"version {booking.plan_version} of plan {booking.plan} is missing")
        return
    if not 0 <= booking.tree_revision <= known.revision:
        yield Problem(where, f"it saw revision {booking.tree_revision} of a tree that has {known.revision}")
    if booking.sale.currency != plan.currency:
        yield Problem(where, f"it is in {booking.sale.currency}, its plan in {plan.currency}")
    yield from grant_problems(booking, plan, known.calendars, where)
    dangling = tuple(_dangling_problems(record, forest, where))
    yield from dangling
    missing = tuple(_repin_problems(record, known, where))
    yield from missing
    pins = _pins_of(record)
    if not dangling and not missing:
        formulas = None if known.lacks(pins) else known.formulas
        yield from posting_problems(record, known.plans, formulas, forest, where)
        if formulas is not None:
            yield from asked_problems(booking, plan, formulas, forest, where)
        yield from _amount_problems(record, where)
    rules = frozenset().union(*(known.plans[pin].rule_ids for pin in pins & known.plans.keys()))
    for posting in record.postings:
        yield from _trace_problems(record, rules, posting, forest, where)
    yield from _cause_problems(record, where)
    yield from _due_problems(record, plan, known, where)


def _pins_of(record: SaleRecord) -> set[Pin]:
    """Return the plan versions that the postings of a sale were calculated by."""
    return {record.upto(number)[1] for number in range(len(record.postings))}


def _dangling_problems(record: SaleRecord, forest: Forest, where: str) -> Iterator[Problem]:
    """Find what a sale refers to and is not there: nothing can be calculated from it."""
    booking = record.booking
    if booking.buyer_is_member and booking.sale.buyer not in forest.tree:
        yield Problem(where, f"the buyer {booking.sale.buyer} was a member and is none")
    if booking.sale.promoter is not None and booking.sale.promoter not in forest.tree:
        yield Problem(where, f"the promoter {booking.sale.promoter} is not a member")
    lines = {line.id for line in booking.sale.lines}
    refunds = {each.id for each in record.corrections if isinstance(each, Refund)}
    for each in record.corrections:
        if isinstance(each, Refund) and each.repeats is not None and each.repeats not in refunds:
            yield Problem(where, f"{cause_of(each)} repeats {each.repeats}, which is missing")
        for line in () if isinstance(each, Cancellation) else each.lines:
            if line.line not in lines:
                yield Problem(where, f"{cause_of(each)} names line {line.line}, which the sale does not have")


def _repin_problems(record: SaleRecord, known: _Known, where: str) -> Iterator[Problem]:
    """Find re-pins to what is not there, by whoever may not, or beside a posting of something else."""
    recomputed = [number for number, each in enumerate(record.postings) if is_recomputation(each.cause)]
    for each in record.repins:
        version = known.plans.get((each.plan, each.plan_version))
        if version is None:
            yield Problem(where, f"version {each.plan_version} of plan {each.plan} is missing")
        elif version.currency != record.booking.sale.currency:
            yield Problem(where, f"it was pinned to a plan in {version.currency}")
        if each.posting not in recomputed:
            yield Problem(where, f"posting {each.posting} pinned it to another plan, and is no recomputation")
        if each.approver == each.actor:
            yield Problem(where, f"{each.actor} approved the own re-pin")


def _trace_problems(
    record: SaleRecord,
    rules: Collection[tuple[ComponentId, RuleId]],
    posting: Posting,
    forest: Forest,
    where: str,
) -> Iterator[Problem]:
    lines = {line.id for line in record.booking.sale.lines}
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
    if record.postings and record.postings[0].posted_at != record.booking.booked_at:
        yield Problem(where, "its first facts were posted at another instant than it was booked")
    for posting in record.postings:
        if is_recomputation(posting.cause):
            expected.setdefault(posting.cause, record.booking.sale.paid_at)
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


def _due_problems(record: SaleRecord, plan: Plan, known: _Known, where: str) -> Iterator[Problem]:
    """The freeze ends when one of the shop's policies, past or present, says so."""
    if record.released and record.due is None:
        yield Problem(where, "it is released, but its freeze never began")
    paid_at, completed_at = record.booking.sale.paid_at, record.completed_at
    dues = {
        due_of(plan.freeze, paid_at=paid_at, completed_at=completed_at, zone=zone) for zone in known.zones
    }
    if record.due not in dues:
        ends = "does not end" if record.due is None else f"ends at {format_instant(record.due)}"
        yield Problem(where, f"its freeze {ends}, which no policy of the shop says")


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
