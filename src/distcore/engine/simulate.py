"""What would it cost?  Any plan against what the shop has sold, without writing anything.

The rule this file protects: a sale is calculated by the code that real sales are calculated by, of what is
left of it, with the tree and the tiers that were frozen with it; and a period by the code of real ones, of
what is left of its sales.  So the plan that is in force, simulated, costs to the cent what was posted.  What
a span costs is its part of what everything costs.  What can't be calculated is counted and named, never
dropped in silence.
"""

from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from functools import partial
from itertools import islice
from typing import Final

from attrs import frozen

from distcore.analytics import Comparison, compare
from distcore.commission import (
    NO_FORMULAS,
    Case,
    Formulas,
    Left,
    PaidSale,
    Plan,
    PlanVersions,
    Sale,
    base_refusal,
    by_version,
    claims_of,
    formula_refusal,
    left_of,
    plan_errors,
    tiers_of,
)
from distcore.engine.accrue import policy_of
from distcore.engine.lineage import Forest, Seats, levels_of, lineage_of, named_in, regions_in
from distcore.engine.simulate_costs import Answer, CostSums, Outlay, Tiers
from distcore.engine.simulate_past import SimulatedPast
from distcore.engine.simulate_periods import MetPeriods, OmittedPeriod, PeriodCost, SimulatedPeriods
from distcore.engine.simulate_tallies import SimulatedTallies
from distcore.kernel import (
    Cadence,
    Calendar,
    InputError,
    Instant,
    RefusedError,
    SaleId,
    instant_of,
    last_of,
    limits,
    utc,
)
from distcore.ports import Transaction

BATCH: Final = 1_000
"""Sales that are calculated together: bounds memory."""

ALWAYS: Final = (instant_of(limits.INSTANT_MIN), instant_of(limits.INSTANT_MAX))
"""The first instant that there is, and the last."""

Progress = Callable[[int], None]
"""Called with the number of sales that were looked at so far."""


class Baseline(Enum):
    """What a plan is compared with, other than a second plan."""

    POSTED = "posted"
    """What was posted of the same sales, whatever plans they were pinned to."""


class Omission(Enum):
    """Why a sale can't be calculated by a plan."""

    OTHER_CURRENCY = "other_currency"
    """The plan is in another currency."""
    BASE_UNKNOWN = "base_unknown"
    """A line does not say what percentages are taken of: its list price, cost or tax."""
    AMOUNT_TOO_LARGE = "amount_too_large"
    """It would pay more than a store holds, so it could not be booked."""


@frozen
class Omitted:
    """How many sales were left out for a reason, and the first of them by id."""

    reason: Omission
    sales: int
    first: SaleId


@frozen
class Simulation:
    """What a plan would have cost, and what it is compared with, if anything.

    `sales` were calculated, and `net_minor` is what is left of them; both costs are of the same sales.
    `omitted_periods` are in neither cost.
    """

    plan: Plan
    against: Plan | Baseline | None
    sales: int
    net_minor: int
    omitted: tuple[Omitted, ...]
    cost: Outlay
    baseline: Outlay | None
    omitted_periods: tuple[OmittedPeriod, ...] = ()

    def compared(self, *, largest: int) -> Comparison | None:
        """Return who gains and who loses against the baseline, the largest movements by name."""
        return (
            None
            if self.baseline is None
            else compare(self.baseline.payees, self.cost.payees, largest=largest)
        )


def simulate(
    tx: Transaction,
    plan: Plan,
    *,
    since: Instant | None = None,
    until: Instant | None = None,
    at: Instant | None = None,
    against: Plan | Baseline | None = None,
    progress: Progress | None = None,
    formulas: Formulas = NO_FORMULAS,
) -> Simulation:
    """Calculate every sale paid in `[since, until)` by a plan, whenever that is valid; nothing is written.

    Where a sale depends on others, they come in the order of payment, those paid at once in that of their
    ids.  An earner has earned what the plan paid before, as it was sold, and a buyer has bought what was paid
    for before.  What was frozen with a sale is kept: its buyer's past by whatever plan it was accrued, grants
    and what was earned if by this very one.  Whatever is frozen comes before what is not: others are granted
    what all grants that are kept leave (then sales are read twice), and no order of a buyer is the first if a
    later one was frozen as such.

    Sales paid before `since` use up caps, pay earners and count as orders, and add nothing to what is
    returned.  So that of a span is its part of a simulation of everything, with all periods that lie in it.
    Memory grows with the members that are met, not with the sales.  A sale that one of two compared plans
    can't calculate is left out of both: it pays nothing, and uses up what was granted with it and is kept, if
    anything; but it is an order of its buyer.

    So is every period of the plan: by what was frozen with it if it was accrued, otherwise by the tree as it
    is known now, and of all sales in the currency, since what is left of them is known also of those that
    are left out.  A period counts if all of it lies in `[since, until)` and it has ended by `at`, if that is
    given; against what was posted, not before anything was posted of it, where the plan in force pays by the
    period.  Those that don't count are named.  A pool by points is split by those that the store holds: none
    that the plan would have given, and all that others gave.

    Raises `InputError` for an impossible plan, for two of different currencies and for a period that is worth
    more than 64 bits can hold, and `RefusedError` where one pays by a formula that is not among `formulas`.
    """
    begin, end = _time(since, until)
    ended = end if at is None else min(end, utc(at, "at"))
    plans = [plan, against] if isinstance(against, Plan) else [plan]
    _check(plans, formulas)
    published, calendar = by_version(tx.plans.all()), policy_of(tx).calendar
    posted = against is Baseline.POSTED
    past = SimulatedPast(tx, plans, published.values(), calendar.zone)
    periods = SimulatedPeriods(tx, plans, published.values() if posted else (), calendar, begin, ended)
    run = _Run(plans, published, calendar, formulas, posted, periods, past)
    forest = Forest(tx, (), levels_of(run.calculated))
    run.read(tx, forest, begin, end, progress)
    for cost in periods.costs(tx):
        run.add_period(cost)
    costs = [each.outlay() for each in run.sums]
    omitted = tuple(Omitted(reason, *run.omitted[reason]) for reason in Omission if reason in run.omitted)
    baseline = costs[1] if len(costs) > 1 else None
    sold = (run.sales, run.net_minor, omitted)
    return Simulation(plan, against, *sold, costs[0], baseline, periods.omitted())


class _Run:
    """Adds up sale after sale; what is compared is added up beside it."""

    def __init__(
        self,
        plans: list[Plan],
        published: PlanVersions,
        calendar: Calendar,
        formulas: Formulas,
        posted: bool,
        periods: SimulatedPeriods,
        past: SimulatedPast,
    ) -> None:
        """Begin with one or two plans, or with one and what was posted."""
        self.published = published if posted else {}
        self.posted = posted
        self.sums = [CostSums() for _ in range(len(plans) + posted)]
        self.sales = 0
        self.net_minor = 0
        self.omitted: dict[Omission, tuple[int, SaleId]] = {}
        self.calculated = [*plans, *self.published.values()]
        self._plans = plans
        self._formulas = formulas
        self._alike = {
            version: place
            for version, plan in self.published.items()
            for place, simulated in enumerate(plans)
            if simulated.components == plan.components
        }
        self._months = MetPeriods(Cadence.MONTHLY, calendar)
        self._periods = periods
        self._past = past
        self._tallies = [SimulatedTallies(plan, published, calendar) for plan in plans]
        self._depend = any(tallies.depend for tallies in self._tallies)

    def read(
        self, tx: Transaction, forest: Forest, begin: Instant, end: Instant, progress: Progress | None
    ) -> None:
        """Calculate the sales paid in `[begin, end)`, and before them those that they depend on."""
        granted = [tallies for tallies in self._tallies if tallies.has_grants]
        for each in tx.sales.paid(*ALWAYS) if granted else ():
            for tallies in granted:
                tallies.keep(each.booking)
        seen = 0
        for found, is_asked in self._spans(tx, begin, end):
            while batch := list(islice(found, BATCH)):
                sales = [paid.booking.sale for paid in batch]
                forest.reach(named_in(sales), regions_in(sales, self.calculated))
                for paid in batch:
                    self._add(paid, forest, is_asked=is_asked)
                seen += len(batch)
                if progress is not None:
                    progress(seen)

    def _spans(
        self, tx: Transaction, begin: Instant, end: Instant
    ) -> Iterator[tuple[Iterator[PaidSale], bool]]:
        """Yield sales, and whether they are asked about; in the order of payment where that matters."""
        if not (self._past.is_counted or self._depend):
            yield tx.sales.paid(begin, end, with_posted=self.posted), True
            return
        yield tx.sales.by_payment(ALWAYS[0], begin), False
        yield tx.sales.by_payment(begin, end, with_posted=self.posted), True

    def _add(self, paid: PaidSale, forest: Forest, *, is_asked: bool) -> None:
        """Calculate a sale, count it for those that come later, and add it up if it is asked about."""
        sale = paid.booking.sale
        if sale.currency != self._plans[0].currency:
            if is_asked:
                self._omit(Omission.OTHER_CURRENCY, sale.id)
            return
        paid = self._past.known_of(paid)
        self._past.add(paid)
        if not (is_asked or self._depend):
            return
        left = left_of(sale, paid.corrections)
        answers = self._calculated(paid, left, forest)
        if not isinstance(answers, Omission):
            for tallies in self._tallies:
                tallies.use_up()
        if is_asked:
            self._add_up(sale, sum([part.net_minor for part in left]), answers)

    def _add_up(self, sale: Sale, net_minor: int, answers: list[Answer] | Omission) -> None:
        """Add up what each plan pays, or leave a sale out."""
        known = [] if isinstance(answers, Omission) else answers
        if self._periods.has_any:
            self._periods.add(sale, net_minor, [totals for totals, _ in known])
        if isinstance(answers, Omission):
            self._omit(answers, sale.id)
            return
        month = self._months.of(sale.paid_at).label
        for sums, answer in zip(self.sums, answers, strict=True):
            sums.add(month, answer, sale.id)
        self.sales += 1
        self.net_minor += net_minor

    def _omit(self, reason: Omission, sale: SaleId) -> None:
        count, first = self.omitted.get(reason, (0, sale))
        self.omitted[reason] = (count + 1, min(first, sale))

    def add_period(self, cost: PeriodCost) -> None:
        """Add up what a period pays, by a plan or as posted."""
        month = self._months.of(last_of(cost.period)).label
        self.sums[cost.column].add_period(month, cost)

    def _calculated(self, paid: PaidSale, left: Sequence[Left], forest: Forest) -> list[Answer] | Omission:
        """Return what each plan pays, or why one can't be told."""
        if any(base_refusal(plan, paid.booking.sale) is not None for plan in self._plans):
            return Omission.BASE_UNKNOWN
        answers = forest.decide(partial(self._answers, paid, left))
        if any(sum(totals.values()) > limits.AMOUNT_MINOR_MAX for totals, _ in answers):
            return Omission.AMOUNT_TOO_LARGE
        return answers

    def _answers(self, paid: PaidSale, left: Sequence[Left], seats: Seats) -> list[Answer]:
        """Return what each plan pays for what is left of a sale, and what was posted if that is asked."""
        booking = paid.booking
        lineage = lineage_of(seats, booking, paid.corrections)
        case = Case(booking.sale, lineage.past, self._formulas, was_gone=lineage.was_gone)
        answers: list[Answer] = []
        for plan, tallies in zip(self._plans, self._tallies, strict=True):
            claims = claims_of(plan, lineage)
            answers.append((tallies.pays(paid, claims, case, left), tiers_of(claims)))
        if self.posted:
            version = paid.pin
            alike = self._alike.get(version)  # the plan that is in force is simulated more often than not
            tiers: Tiers = {}
            if alike is not None:
                tiers = answers[alike][1]
            elif paid.posted:
                tiers = tiers_of(claims_of(self.published[version], lineage))
            answers.append((paid.posted, tiers))
        return answers


def _time(since: Instant | None, until: Instant | None) -> tuple[Instant, Instant]:
    """Return an instant that is asked for, or the first or last that there is."""
    begin = ALWAYS[0] if since is None else utc(since, "since")
    end = ALWAYS[1] if until is None else utc(until, "until")
    if end <= begin:
        raise InputError.of("until", "ends before it begins", "until is exclusive and after since")
    return begin, end


def _check(plans: Sequence[Plan], formulas: Formulas) -> None:
    problems = [each for plan in plans for each in plan_errors(plan)]
    if problems:
        raise InputError(tuple(problems))
    if len({plan.currency for plan in plans}) > 1:
        raise InputError.of("against", "is in another currency", "compare plans of one currency")
    for plan in plans:
        refusal = formula_refusal(plan, formulas)
        if refusal is not None:
            raise RefusedError(refusal)
