"""What would it cost?  Any plan against what the shop has sold, without writing anything.

The rule this file protects: a sale is calculated by the code that real sales are calculated by, of what is
left of it, with the tree and the tiers that were frozen with it.  So the plan that is in force, simulated,
costs to the cent what was posted.  What can't be calculated is counted and named, never dropped in silence.
"""

from bisect import bisect_right, insort
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
from distcore.engine.simulate_tallies import SimulatedTallies
from distcore.kernel import (
    Cadence,
    Calendar,
    ComponentId,
    DamagedError,
    InputError,
    Instant,
    MemberId,
    Period,
    RefusedError,
    SaleId,
    instant_of,
    limits,
    period_of,
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
    """The month of the shop's calendar in which the sale was paid."""
    COMPONENT = "component"
    LEVEL = "level"
    """The origin level; 0 is the buyer of an own purchase, or the promoter."""
    TIER = "tier"
    """The tier of whoever holds the level, also where somebody else is paid for it."""


@frozen
class Part:
    """Where a cost stems from."""

    month: str
    component: ComponentId
    level: int
    tier: str


@frozen
class Outlay:
    """What sales cost, in minor units, by where it stems from and by payee; nobody has nothing."""

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
    """

    plan: Plan
    against: Plan | Baseline | None
    sales: int
    net_minor: int
    omitted: tuple[Omitted, ...]
    cost: Outlay
    baseline: Outlay | None

    @property
    def left_out(self) -> tuple[ComponentId, ...]:
        """The components of a period of the plan, which are not simulated."""
        return tuple(each.id for each in self.plan.period_components)

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
    against: Plan | Baseline | None = None,
    progress: Progress | None = None,
    formulas: Formulas = NO_FORMULAS,
) -> Simulation:
    """Calculate every sale paid in `[since, until)` by a plan, whenever that is valid; nothing is written.

    Only components of lines are calculated, so what a period pays is left out, and named.  Sales that were
    accrued by that very plan keep what they were granted under its caps; others are granted what those leave,
    in order of id: then sales are read twice.  In that order, too, an earner has earned what the plan paid
    before, as it was sold; sales that were accrued by it keep what was frozen.  Memory grows with the members
    that are met, not with the sales.  A sale that one of two compared plans can't calculate is left out of
    both.

    Raises `InputError` for an impossible plan and for two of different currencies, and `RefusedError` where
    one pays by a formula that is not among `formulas`.
    """
    begin, end = _time(since, until)
    plans = [plan, against] if isinstance(against, Plan) else [plan]
    _check(plans, formulas)
    run = _Run(
        plans, by_version(tx.plans.all()), policy_of(tx).calendar, formulas, against is Baseline.POSTED
    )
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
    costs = [each.outlay() for each in run.sums]
    omitted = tuple(Omitted(reason, *run.omitted[reason]) for reason in Omission if reason in run.omitted)
    baseline = costs[1] if len(costs) > 1 else None
    return Simulation(plan, against, run.sales, run.net_minor, omitted, costs[0], baseline)


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
        self._months = _Months(calendar)
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
        if reason is not None:
            count, first = self.omitted.get(reason, (0, sale.id))
            self.omitted[reason] = (count + 1, first)
            return
        month = self._months.of(sale.paid_at)
        for sums, answer in zip(self.sums, answers, strict=True):
            sums.add(month, answer, sale.id)
        for tallies in self._tallies:
            tallies.use_up()
        self.sales += 1
        self.net_minor += sum([part.net_minor for part in left])

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
    """What sales cost so far."""

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

    def outlay(self) -> Outlay:
        """Return it, in order."""
        parts = {Part(*part): amount for part, amount in sorted(self._parts.items())}
        return Outlay(parts, dict(sorted(self._payees.items())))


class _Months:
    """The months of a calendar that were met; a sale comes in any of them."""

    def __init__(self, calendar: Calendar) -> None:
        self._calendar = calendar
        self._met: list[tuple[Instant, Period]] = []

    def of(self, instant: Instant) -> str:
        """Return the label of an instant's month."""
        place = bisect_right(self._met, instant, key=lambda met: met[0]) - 1
        if place >= 0 and instant < self._met[place][1].end:
            return self._met[place][1].label
        month = period_of(instant, Cadence.MONTHLY, self._calendar)
        insort(self._met, (month.start, month), key=lambda met: met[0])
        return month.label


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
