"""What would it cost?  Any plan against what the shop has sold, without writing anything.

The rule this file protects: a sale is calculated by the code that real sales are calculated by, of what is
left of it, with the tree and the tiers that were frozen with it; and a period by the code of real ones, of
what is left of its sales.  So the plan that is in force, simulated, costs to the cent what was posted.  What
can't be calculated is counted and named, never dropped in silence.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from functools import cached_property, partial
from itertools import islice
from typing import Final, TypeAlias

from attrs import frozen

from distcore.analytics import Comparison, Distribution, compare, distribution
from distcore.commission import (
    NO_FORMULAS,
    Booking,
    Case,
    Formulas,
    Left,
    PaidSale,
    Plan,
    PlanVersions,
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
from distcore.engine.simulate_periods import MetPeriods, OmittedPeriod, PeriodCost, SimulatedPeriods
from distcore.engine.simulate_tallies import SimulatedTallies
from distcore.kernel import (
    Cadence,
    Calendar,
    ComponentId,
    DamagedError,
    InputError,
    Instant,
    MemberId,
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
    PAST_UNKNOWN = "past_unknown"
    """It depends on what was bought before, and the sale was accrued by a plan that did not ask."""
    AMOUNT_TOO_LARGE = "amount_too_large"
    """It would pay more than a store holds, so it could not be booked."""


@frozen
class Omitted:
    """How many sales were left out for a reason, and the first of them by id."""

    reason: Omission
    sales: int
    first: SaleId


class Aspect(Enum):
    """What costs are added up by."""

    MONTH = "month"
    """The month of the shop's calendar in which the sale was paid; of a period, that of its last instant."""
    COMPONENT = "component"
    LEVEL = "level"
    """The origin level; 0 is the buyer of an own purchase, the promoter, or whoever a period pays."""
    TIER = "tier"
    """The tier of whoever holds the level, also where somebody else is paid for it; of whoever a period pays,
    the tier at its last instant."""


@frozen
class Part:
    """Where a cost stems from."""

    month: str
    component: ComponentId
    level: int
    tier: str


@frozen
class Outlay:
    """What sales and periods cost, in minor units, by origin and by payee; nobody has nothing."""

    parts: Mapping[Part, int]
    payees: Mapping[MemberId, int]

    @cached_property
    def total_minor(self) -> int:
        """What it costs altogether."""
        return sum(self.parts.values())

    @cached_property
    def spread(self) -> Distribution:
        """How it is spread over those who earn."""
        return distribution(self.payees.values())

    def by(self, aspect: Aspect) -> dict[str | int, int]:
        """Return the sums by one aspect, in its order."""
        sums: Counter[str | int] = Counter()
        for part, amount in self.parts.items():
            sums[getattr(part, aspect.value)] += amount
        return dict(sorted(sums.items()))


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

    Sales that were accrued by that very plan keep what they were granted under its caps; others are granted
    what those leave, in order of id: then sales are read twice.  In that order, too, an earner has earned
    what the plan paid before, as it was sold; sales that were accrued by it keep what was frozen.  Memory
    grows with the members that are met, not with the sales.  A sale that one of two compared plans can't
    calculate is left out of both.

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
    periods = SimulatedPeriods(tx, plans, published.values() if posted else (), calendar, begin, ended)
    run = _Run(plans, published, calendar, formulas, posted, periods)
    calculated = [*plans, *run.published.values()]
    forest = Forest(tx, (), levels_of(calculated))
    if run.has_grants:
        for each in tx.sales.paid(begin, end):
            run.keep(each.booking)
    paid = tx.sales.paid(begin, end, with_posted=run.posted)
    seen = 0
    while batch := list(islice(paid, BATCH)):
        sales = [each.booking.sale for each in batch]
        forest.reach(named_in(sales), regions_in(sales, calculated))
        for each in batch:
            run.add(each, forest)
        seen += len(batch)
        if progress is not None:
            progress(seen)
    for cost in periods.costs(tx):
        run.add_period(cost)
    costs = [each.outlay() for each in run.sums]
    omitted = tuple(Omitted(reason, *run.omitted[reason]) for reason in Omission if reason in run.omitted)
    baseline = costs[1] if len(costs) > 1 else None
    sold = (run.sales, run.net_minor, omitted)
    return Simulation(plan, against, *sold, costs[0], baseline, periods.omitted())


Tiers: TypeAlias = Mapping[tuple[ComponentId, int, MemberId], str]
"""The tier of whoever holds a level of a component, by whom is paid for it."""

Answer: TypeAlias = tuple[Mapping[tuple[ComponentId, int, MemberId], int], Tiers]
"""What one sale pays, and the tiers of those who hold its levels."""


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
    ) -> None:
        """Begin with one or two plans, or with one and what was posted."""
        self.published = published if posted else {}
        self.posted = posted
        self.sums = [_Sums() for _ in range(len(plans) + posted)]
        self.sales = 0
        self.net_minor = 0
        self.omitted: dict[Omission, tuple[int, SaleId]] = {}
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
        self._tallies = [SimulatedTallies(plan, published, calendar) for plan in plans]

    @property
    def has_grants(self) -> bool:
        """Whether some sales may keep what they were granted, and others may not."""
        return any(tallies.has_grants for tallies in self._tallies)

    def keep(self, booking: Booking) -> None:
        """Use up what a sale was granted that keeps it."""
        for tallies in self._tallies:
            tallies.keep(booking)

    def add(self, paid: PaidSale, forest: Forest) -> None:
        """Calculate a sale and add it up, or leave it out."""
        sale = paid.booking.sale
        left = left_of(sale, paid.corrections)
        reason = self._omission(paid.booking)
        answers = [] if reason else forest.decide(partial(self._answers, paid, left))
        if any(sum(totals.values()) > limits.AMOUNT_MINOR_MAX for totals, _ in answers):
            reason = Omission.AMOUNT_TOO_LARGE
        net_minor = sum([part.net_minor for part in left])
        if self._periods.has_any and reason is not Omission.OTHER_CURRENCY:
            self._periods.add(sale, net_minor, [] if reason else [totals for totals, _ in answers])
        if reason is not None:
            count, first = self.omitted.get(reason, (0, sale.id))
            self.omitted[reason] = (count + 1, first)
            return
        month = self._months.of(sale.paid_at).label
        for sums, answer in zip(self.sums, answers, strict=True):
            sums.add(month, answer, sale.id)
        for tallies in self._tallies:
            tallies.use_up()
        self.sales += 1
        self.net_minor += net_minor

    def add_period(self, cost: PeriodCost) -> None:
        """Add up what a period pays, by a plan or as posted."""
        month = self._months.of(last_of(cost.period)).label
        self.sums[cost.column].add_period(month, cost)

    def _omission(self, booking: Booking) -> Omission | None:
        sale = booking.sale
        if sale.currency != self._plans[0].currency:
            return Omission.OTHER_CURRENCY
        if any(base_refusal(plan, sale) is not None for plan in self._plans):
            return Omission.BASE_UNKNOWN
        if booking.past is None and any(plan.asks_past for plan in self._plans):
            return Omission.PAST_UNKNOWN
        return None

    def _answers(self, paid: PaidSale, left: Sequence[Left], seats: Seats) -> list[Answer]:
        """Return what each plan pays for what is left of a sale, and what was posted if that is asked."""
        booking = paid.booking
        lineage = lineage_of(seats, booking)
        case = Case(booking.sale, lineage.past, self._formulas)
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


class _Sums:
    """What sales and periods cost so far."""

    def __init__(self) -> None:
        self._parts: dict[tuple[str, ComponentId, int, str], int] = {}
        self._payees: dict[MemberId, int] = {}

    def add(self, month: str, answer: Answer, sale: SaleId) -> None:
        """Add what a sale pays."""
        parts, payees = self._parts, self._payees
        totals, tiers = answer
        for (component, level, payee), amount in totals.items():
            tier = tiers.get((component, level, payee))
            if tier is None:
                raise DamagedError(f"sale {sale} paid level {level} of {component}, which nobody held")
            part = (month, component, level, tier)
            parts[part] = parts.get(part, 0) + amount
            payees[payee] = payees.get(payee, 0) + amount

    def add_period(self, month: str, cost: PeriodCost) -> None:
        """Add what a period pays, which is of no level."""
        for component, payee, amount in cost.amounts:
            tier = cost.tiers.get(payee)
            if tier is None:
                raise DamagedError(f"period {cost.period} paid {component} to {payee}, who was no member")
            part = (month, component, 0, tier)
            self._parts[part] = self._parts.get(part, 0) + amount
            self._payees[payee] = self._payees.get(payee, 0) + amount

    def outlay(self) -> Outlay:
        """Return it, in order."""
        parts = {Part(*part): amount for part, amount in sorted(self._parts.items())}
        return Outlay(parts, dict(sorted(self._payees.items())))


def _time(since: Instant | None, until: Instant | None) -> tuple[Instant, Instant]:
    """Return an instant that is asked for, or the first or last that there is."""
    begin = instant_of(limits.INSTANT_MIN) if since is None else utc(since, "since")
    end = instant_of(limits.INSTANT_MAX) if until is None else utc(until, "until")
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
