"""A period is over: what it is worth to every member is posted, and posted again where it has changed since.

The first run freezes what is never decided again: the tree as it is known, who is a member, and, unless it
is pinned to another version, the plan in force at the last instant of the period.  Every later one calculates
the period anew from what is left of it, and posts the difference.  The one rule this file protects: what was
posted of a period adds up to its value at the last run, whatever was refunded and in whatever order.  Memory
holds columns, and a page of facts.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from attrs import evolve, frozen

from distcore.commission import (
    PeriodFact,
    PeriodFacts,
    PeriodGrounds,
    PeriodPosting,
    PeriodRun,
    PeriodValue,
    Plan,
    Repin,
    by_version,
    period_repin_refusal,
    values_of,
)
from distcore.commission import refusals as no
from distcore.engine import bookkeeping
from distcore.engine.accrue import currency_refusal, policy_of
from distcore.engine.once import Call, called, check, done_before, remember
from distcore.engine.period_facts import asks_points, facts_of_period
from distcore.engine.pin import NewPin, pin_problems, pin_refusal
from distcore.engine.plan_periods import PlanPeriods
from distcore.kernel import (
    ComponentId,
    Currency,
    DamagedError,
    InputError,
    Instant,
    MemberId,
    Period,
    Problem,
    Refusal,
    RefusedError,
    currency_problem,
    digest,
    format_instant,
    id_problem,
    limits,
)
from distcore.ports import Transaction

VERB: Final = "accrue_period"

PAGE: Final = 5_000
"""Payees whose facts are written together: bounds memory."""

Progress = Callable[[int], None]
"""Called with the number of members looked at so far."""


@frozen
class AccruedPeriod:
    """A period that was accrued, and what this run posted; None if nothing has changed since the last one."""

    run: PeriodRun
    posting: PeriodPosting | None


def accrue_period(
    tx: Transaction,
    currency: Currency,
    period: str | None = None,
    *,
    at: Instant,
    actor: str,
    key: str,
    pin: NewPin | None = None,
    progress: Progress | None = None,
) -> AccruedPeriod:
    """Post what a period of a currency is worth to every member: the named one, or the next one.

    At first that is the last one that is due: over, and so is the freeze of the plan.

    A period that was accrued is calculated anew, by the plan and the tree of the first time, from what is
    left of it now: what has changed is posted, and where nothing has, nothing is.  Periods may be accrued in
    any order.

    With `pin` a period that was accrued goes by another plan version from now on, one that has all of the
    components that pay somebody: a rate that was entered late.  The tree, the members and the freeze stay as
    they were.  Refused where the actor approves it too, and where the version is not one for the end of the
    period, or the one that it goes by already.

    Refused before the period and the freeze of the plan are over, where the plan has no period components,
    and where another period that was accrued overlaps it.  An `InputError` where a plan of another cadence is
    in force in it, with the period to name instead.
    """
    call = called(at=at, actor=actor, key=key)
    missing = Problem("period", "is missing", "name the period that is pinned to another plan version")
    check(
        currency_problem(currency, "currency"),
        (None if pin is None else missing) if period is None else id_problem(period, "period"),
        *pin_problems(pin),
    )
    tx.members.lock()  # of two at once, one comes second; and no plan is published meanwhile
    inputs = (currency, period) if pin is None else (currency, period, pin)
    command = done_before(tx, call, VERB, inputs)
    if command is not None:
        return _as_answered(tx, _Answer.read(command.answer))
    runs = tx.period_runs.all()
    run = next((each for each in runs if (each.currency, each.period.label) == (currency, period)), None)
    is_first, repin = run is None, None
    if pin is not None:
        if run is None:
            raise RefusedError(no.PERIOD_NOT_ACCRUED.refuse(period=period, currency=currency))
        run, repin = _repinned(tx, call, run, pin)
    elif run is None:
        run = _begin(tx, call, runs, currency, period)
    plan = plan_of_run(tx, run)
    grounds = tx.period_runs.grounds_of(run.currency, run.period, by_points=asks_points(plan))
    posting = _post(tx, call, run, plan, repin, progress, is_first=is_first)  # sees all of that, or more
    accrued = AccruedPeriod(run, posting)
    remember(tx, call, VERB, inputs, _Answer.of(accrued, grounds).text(), about=[str(run.number)])
    return accrued


@frozen
class PeriodState:
    """A period that was accrued, when it last was, and when the newest of what it rests on was posted.

    `changed_at` is None where all of that was looked at.  What was posted need not change any amount.
    """

    run: PeriodRun
    accrued_at: Instant
    changed_at: Instant | None


def period_states(tx: Transaction, currency: Currency | None = None) -> tuple[PeriodState, ...]:
    """Return the periods that were accrued, by number of their runs: all, or those of a currency.

    Of each it says whether sales paid in it, in its currency, were accrued, corrected, recomputed or pinned
    anew since it was last accrued; and, where its plan splits a pool by points, whether points that are held
    before its end moved: released, taken back, adjusted, or paid by a period in `POINT`.  Nothing is
    calculated, and it takes as many statements for any number of periods.

    It goes by what the accrual saw, and by no instant: what began before it and was committed after it is
    told too.  For its cost see `PeriodRuns.grounds`.
    """
    check(None if currency is None else currency_problem(currency, "currency"))
    policy_of(tx)
    runs = [each for each in tx.period_runs.all() if currency in {None, each.currency}]
    inputs = {digest((VERB, each)) for run in runs for each in _inputs_of(run)}
    looks = defaultdict[int, list[tuple[Instant, _Answer]]](list)
    for each in tx.commands.done(VERB, inputs) if runs else ():
        answer = _Answer.read(each.answer)
        looks[answer.run].append((each.done_at, answer))
    grounds = tx.period_runs.grounds(_by_points(tx, runs)) if runs else {}
    found = []
    for run in runs:
        now = grounds.get(run.number, PeriodGrounds())
        last = max([run.run_at, *(at for at, _ in looks[run.number])])
        answers = [answer for _, answer in looks[run.number]]
        found.append(PeriodState(run, last, None if _all_seen(now, answers) else now.posted_at))
    return tuple(found)


@frozen
class _Answer:
    """What is remembered of an accrual: what it gave, and how much of what the period rests on it saw."""

    run: int
    posting: int | None
    repins: int
    postings: int
    transfers: int

    @classmethod
    def of(cls, accrued: AccruedPeriod, seen: PeriodGrounds) -> "_Answer":
        posting = None if accrued.posting is None else accrued.posting.number
        return cls(accrued.run.number, posting, len(accrued.run.repins), seen.postings, seen.transfers)

    @classmethod
    def read(cls, text: str) -> "_Answer":
        """Return what is remembered; nothing where it is from before that was: no pins, and nothing seen."""
        run, posting, *more = text.split(" ")
        repins, postings, transfers = [*map(int, more), 0, 0, 0][:3]
        return cls(int(run), int(posting) if posting else None, repins, postings, transfers)

    def text(self) -> str:
        posting = "" if self.posting is None else self.posting
        return f"{self.run} {posting} {self.repins} {self.postings} {self.transfers}"


def _all_seen(now: PeriodGrounds, answers: Sequence[_Answer]) -> bool:
    """Say whether somebody saw all of it: it only grows, so whoever saw the most came last."""
    postings, transfers = (each.postings for each in answers), (each.transfers for each in answers)
    return now.postings <= max(postings, default=0) and now.transfers <= max(transfers, default=0)


def _inputs_of(run: PeriodRun) -> Iterator[object]:
    """Yield what a run may have been accrued by: as the next one, by name, with each other plan version."""
    yield run.currency, None
    yield run.currency, run.period.label
    for each in run.repins:
        yield inputs_of_pin(run, each)


def inputs_of_pin(run: PeriodRun, repin: Repin) -> object:
    """Return the inputs of the command that pinned a run."""
    pin = NewPin(repin.plan, repin.plan_version, repin.reason, repin.approver)
    return run.currency, run.period.label, pin


def _by_points(tx: Transaction, runs: Sequence[PeriodRun]) -> list[int]:
    """Return the numbers of the runs of which a pool is split by points."""
    plans = by_version(tx.plans.all())
    return [each.number for each in runs if asks_points(plans[each.pin])]


def run_of_period(tx: Transaction, currency: Currency, period: str) -> PeriodRun:
    """Return the run of a period of a currency."""
    check(currency_problem(currency, "currency"), id_problem(period, "period"))
    for run in tx.period_runs.all():
        if (run.currency, run.period.label) == (currency, period):
            return run
    raise RefusedError(no.PERIOD_NOT_ACCRUED.refuse(period=period, currency=currency))


def plan_of_run(tx: Transaction, run: PeriodRun) -> Plan:
    """Return the version of the plan that a run goes by now."""
    return by_version(tx.plans.all())[run.pin]


def values_of_run(tx: Transaction, run: PeriodRun, plan: Plan) -> list[PeriodValue]:
    """Return what a period is worth now: by what was frozen with its run, from what is left of it."""
    return values_by(plan, facts_of_period(tx, run, plan))


def values_by(plan: Plan, facts: PeriodFacts) -> list[PeriodValue]:
    """Return what the components of a plan are worth, by what is known of a period."""
    values = values_of(plan.period_components, facts, plan.rounding)
    if sum(value.total.paid_minor for value in values) > limits.TOTAL_MINOR_MAX:
        raise InputError.of("period", "it pays more than 64 bits can hold", "check the rates of the plan")
    return values


def _as_answered(tx: Transaction, answer: _Answer) -> AccruedPeriod:
    """Return the first answer: the run as it was pinned then."""
    run = next(each for each in tx.period_runs.all() if each.number == answer.run)
    run = evolve(run, repins=run.repins[: answer.repins])
    postings = {each.number: each for each in tx.period_runs.postings(run.number)}
    return AccruedPeriod(run, None if answer.posting is None else postings[answer.posting])


# ---- the first run


def _begin(
    tx: Transaction, call: Call, runs: Sequence[PeriodRun], currency: Currency, label: str | None
) -> PeriodRun:
    """Return a run with what is decided once: the period, the plan, the tree."""
    policy = policy_of(tx)
    if currency not in policy.currencies:
        raise RefusedError(currency_refusal(policy, currency))
    mine = [each for each in runs if each.currency == currency]
    periods = PlanPeriods(currency, tx.plans.all(), mine, policy.calendar)
    period = periods.next(call.at, policy.day_zone) if label is None else periods.named(label)
    plan = periods.plan_for(period)
    refusal = _refusal(period, plan, mine, periods.due(period, plan, policy.day_zone), call.at)
    if refusal is not None:
        raise RefusedError(refusal)
    return PeriodRun(
        len(runs) + 1,
        currency,
        period,
        plan.id,
        plan.plan_version,
        tx.members.revision(),
        tx.members.known_until() or call.at,
        call.actor,
        call.at,
    )


def _refusal(
    period: Period, plan: Plan, runs: Sequence[PeriodRun], due: Instant, at: Instant
) -> Refusal | None:
    for each in runs:
        if period.start < each.period.end and each.period.start < period.end:
            return no.PERIODS_OVERLAP.refuse(
                period=period.label, other=each.period.label, currency=plan.currency
            )
    if due > at:
        return no.PERIOD_TOO_EARLY.refuse(period=period.label, due=format_instant(due), at=format_instant(at))
    return None


def _repinned(tx: Transaction, call: Call, run: PeriodRun, pin: NewPin) -> tuple[PeriodRun, Repin]:
    """Return a run that goes by another plan version, and what says so."""
    plans = by_version(tx.plans.all())
    refusal = pin_refusal(pin, run.currency, plans, call.actor)
    if refusal is None:
        paid = {component for component, *_ in tx.period_runs.sums(run.number)}
        refusal = period_repin_refusal(run, plans[pin.plan, pin.plan_version], plans[run.pin], paid)
    if refusal is not None:
        raise RefusedError(refusal)
    repin = pin.from_posting(len(tx.period_runs.postings(run.number)), call.actor)
    return evolve(run, repins=(*run.repins, repin)), repin


# ---- postings


def _post(
    tx: Transaction,
    call: Call,
    run: PeriodRun,
    plan: Plan,
    repin: Repin | None,
    progress: Progress | None,
    *,
    is_first: bool,
) -> PeriodPosting | None:
    """Post what has changed; the first time, and by another plan, also where nothing is worth anything else.

    Nothing is written before all is calculated: what can't be calculated freezes no plan.
    """
    values = values_of_run(tx, run, plan)
    so_far = _SoFar.of(tx, run, values)
    number = len(tx.period_runs.postings(run.number))
    changed = so_far.changed(values)
    if number and not changed and repin is None:
        return None
    if is_first:
        tx.period_runs.add(run)
    totals = tuple(value.total for value in values)
    net_minor = values[0].net_minor
    posting = PeriodPosting(run.number, number, net_minor, totals, call.actor, call.at)
    tx.period_runs.post(posting, repin)
    for start in range(0, len(changed), PAGE):
        page = changed[start : start + PAGE]
        facts = [fact for place in page for fact in so_far.facts(values, place, posting)]
        tx.period_runs.write(facts)
        transfers, dues = bookkeeping.of_period(run, posting, facts)
        tx.transfers.add(transfers)
        tx.dues.add(dues)
        if progress is not None:
            progress(page[-1] + 1)
    return posting


@frozen
class _SoFar:
    """What was posted of a run before, in a column for each component."""

    columns: Mapping[ComponentId, Sequence[int]]

    @classmethod
    def of(cls, tx: Transaction, run: PeriodRun, values: Sequence[PeriodValue]) -> "_SoFar":
        columns = {value.component.id: [0] * len(value.amounts) for value in values}
        place_of: dict[MemberId, int] = {}
        for component, payee, amount in tx.period_runs.sums(run.number):
            if not place_of:
                place_of.update((member, place) for place, member in enumerate(values[0].members))
            if payee not in place_of or component not in columns:
                raise DamagedError(f"{payee} was paid {component}, and can't have been")
            columns[component][place_of[payee]] = amount
        return cls(columns)

    def changed(self, values: Sequence[PeriodValue]) -> list[int]:
        """Return the places at which anything is worth something else now."""
        found: set[int] = set()
        for value in values:
            pairs = zip(value.amounts, self.columns[value.component.id], strict=True)
            found.update(place for place, (now, before) in enumerate(pairs) if now != before)
        return sorted(found)

    def facts(
        self, values: Sequence[PeriodValue], place: int, posting: PeriodPosting
    ) -> Iterator[PeriodFact]:
        """Yield what is posted of a place."""
        for value in values:
            delta = value.amounts[place] - self.columns[value.component.id][place]
            if delta:
                yield PeriodFact(posting.run, posting.number, delta, value.share(place))
