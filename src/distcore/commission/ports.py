"""What commission must remember."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from enum import Enum
from typing import Protocol

from attrs import frozen

from distcore.commission.accrual import (
    Booking,
    Cause,
    DueGift,
    PaidSale,
    Portion,
    Posting,
    Repin,
    SaleRecord,
    Timeline,
)
from distcore.commission.cap import TallyKey
from distcore.commission.past import Bought, Buyer
from distcore.commission.period_accrual import PeriodFact, PeriodGrounds, PeriodPosting, PeriodRun
from distcore.commission.plan import Plan
from distcore.commission.sale import Correction
from distcore.kernel import (
    ComponentId,
    Currency,
    Instant,
    MemberId,
    Period,
    PlanId,
    PriceCorrectionId,
    RefundId,
    SaleId,
)


class Plans(Protocol):
    """Published plans; a version is never changed."""

    def add(self, plan: Plan, *, at: Instant) -> None:
        """Write a version that is not there yet."""
        ...

    def all(self, *, known_at: Instant | None = None) -> Sequence[Plan]:
        """Return every version, by id and version; with `known_at`, those that were written by then."""
        ...


class Sales(Protocol):
    """Sales as they were booked, what was corrected, and when they were completed."""

    def known(self, ids: Collection[SaleId]) -> frozenset[SaleId]:
        """Return which of these are booked."""
        ...

    def find(self, ids: Collection[SaleId], *, for_change: bool = False) -> dict[SaleId, SaleRecord]:
        """Return all that is remembered of those of these sales that are booked.

        A number of statements that does not depend on the ids.  With `for_change` the sales are
        locked, in order of id, before anything is read.
        """
        ...

    def timelines(self, ids: Collection[SaleId]) -> dict[SaleId, Timeline]:
        """Return when what happened to those of these sales that are booked, locked as by `find`.

        What `find` knows too, without lines and facts: a tenth of the cost.
        """
        ...

    def count(self) -> int:
        """Return how many sales are booked."""
        ...

    def all(self) -> Iterator[SaleRecord]:
        """Yield every sale in order of id, in memory that does not grow with their number."""
        ...

    def paid(
        self, since: Instant, until: Instant, *, with_posted: bool = False, after: str = ""
    ) -> Iterator[PaidSale]:
        """Yield the sales paid in `[since, until)`, in order of id, in memory that does not grow with them.

        Those whose id comes after `after`.

        What `all` knows too, without single facts: they are added up where they are, if they are asked
        for at all.  A third of the cost.  For a short span every sale is looked at, but no line of others.
        """
        ...

    def by_payment(self, since: Instant, until: Instant, *, with_posted: bool = False) -> Iterator[PaidSale]:
        """Yield what `paid` does in the order in which the sales were paid; of those paid at once, by id.

        In memory that does not grow with them, but ids: dearer than in order of id.
        """
        ...

    def bought(self, buyers: Collection[MemberId]) -> frozenset[MemberId]:
        """Return which of these have bought before, whatever became of it."""
        ...

    def kept(self, currency: Currency, start: Instant, end: Instant) -> Iterator[tuple[MemberId, int]]:
        """Yield what is left of the net of sales paid in `[start, end)`, by buyer; nothing where none is.

        Corrections count whenever they happened.  Added up where the sales are kept, by one
        statement; a sum that 64 bits can't hold is an `InputError`.
        """
        ...

    def categories(self) -> frozenset[str]:
        """Return the categories of all that was ever sold, none aside; looks at every line."""
        ...

    def earned(
        self, plan: PlanId, currency: Currency, start: Instant, end: Instant
    ) -> Iterator[tuple[ComponentId, MemberId, int]]:
        """Yield what facts of sales paid in `[start, end)` by any version of a plan add up to.

        By component and payee; corrections count whenever they were posted, and what adds up to nothing is
        left out.  Added up where the facts are kept, by one statement; a sum that 64 bits can't hold is an
        `InputError`.
        """
        ...

    def refunded(self, refunds: Collection[RefundId]) -> frozenset[RefundId]:
        """Return which of these refund ids are posted; an id is used once in a shop, whatever the sale."""
        ...

    def repriced(self, prices: Collection[PriceCorrectionId]) -> frozenset[PriceCorrectionId]:
        """Return which of these ids of price corrections are posted; as unique as those of refunds."""
        ...

    def book(
        self, bookings: Sequence[tuple[Booking, Posting]], dues: Sequence[tuple[SaleId, Instant]]
    ) -> None:
        """Write new sales, each with its first posting, and the dues of those whose freeze has begun."""
        ...

    def correct(self, corrections: Sequence[tuple[Correction, Posting]]) -> None:
        """Write corrections, each with what it posts."""
        ...

    def recompute(self, postings: Sequence[tuple[Posting, Repin | None]]) -> None:
        """Write what recomputations post, each with the re-pin that it comes with, if any.

        The re-pin names the number of its posting: the next one of its sale.
        """
        ...

    def complete(
        self,
        completions: Sequence[tuple[SaleId, Instant]],
        dues: Sequence[tuple[SaleId, Instant]],
        *,
        at: Instant,
    ) -> None:
        """Write that sales are completed, and the dues of those whose freeze begins with it.

        One that is completed already is a conflict.
        """
        ...


class Buyers(Protocol):
    """What buyers have bought so far: sums that are kept from when they are first asked for."""

    def of(self, buyers: Collection[Buyer], *, for_change: bool = False) -> dict[Buyer, Bought]:
        """Return what each has bought; whoever is not kept is counted from all sales that are booked.

        With `for_change` all of them are kept from then on, also who has bought nothing, and locked in order
        of buyer and currency until the transaction ends.
        """
        ...

    def leave_uncounted(self) -> None:
        """Keep everybody from beginning to count until the transaction ends: no plan that it knows asks.

        Raises `RetryableError` where somebody has begun since: a plan was published that asks.
        """
        ...

    def count_from_now_on(self) -> None:
        """Begin to count, once those are done who leave their buyers uncounted: what they book is counted."""
        ...

    def put(self, bought: Mapping[Buyer, Bought]) -> None:
        """Write what buyers who were asked for have bought by now."""
        ...

    def all(self) -> Iterator[tuple[Buyer, Bought]]:
        """Yield all that is kept, by buyer and currency."""
        ...


class Tallies(Protocol):
    """What sales were granted under caps, added up: by plan, cap, member and period.

    Where a plan asks what was earned before, what it paid stands here, too, under a cap without an id.
    """

    def of(self, keys: Collection[TallyKey], *, for_change: bool = False) -> dict[TallyKey, int]:
        """Return what each comes to, zero where nothing was granted, by a number of statements of its own.

        With `for_change` all of them are kept from then on, and locked in order until the transaction ends.
        """
        ...

    def put(self, used: Mapping[TallyKey, int]) -> None:
        """Write what those that were asked for come to by now; `RetryableError` where one never was.

        `InputError` where one is more than 64 bits hold; then nothing is written.
        """
        ...

    def all(self) -> Iterator[tuple[TallyKey, int]]:
        """Yield all that is kept, in order."""
        ...


class Releases(Protocol):
    """Which orders are out of their freeze; one row per order, never taken back."""

    def due(self, until: Instant, limit: int, *, after: str = "") -> Sequence[SaleId]:
        """Return up to `limit` sales that are due no later than an instant and not released, by id.

        Those whose id comes after `after`, locked until the transaction ends.
        """
        ...

    def add(self, sales: Sequence[SaleId], *, at: Instant) -> None:
        """Write releases of sales that have none."""
        ...

    def portions(self, sales: Sequence[SaleId]) -> Sequence[Portion]:
        """Return what each payee has of each posting of released sales, added up where the facts are.

        The money first, then the points.
        """
        ...

    def gifts(self, since: Instant, until: Instant) -> Iterator[DueGift]:
        """Yield the gifts that became due in `[since, until)`, by sale and in the order of its postings.

        When their release was written, or what was posted after it.  By one statement, which looks at every
        posting with a gift.
        """
        ...


class GroupBy(Enum):
    """Which instant decides the period that an accrual counts for."""

    VALID = "valid"
    POSTED = "posted"


@frozen
class Earning:
    """What facts of a period add up to for one payee and currency, in minor units.

    `accrued_minor` adds up the facts that gave, `clawed_back_minor` (never positive) those that took;
    both together are frozen plus released.
    """

    payee: MemberId
    currency: Currency
    accrued_minor: int
    clawed_back_minor: int
    frozen_minor: int
    released_minor: int


@frozen
class EarningPart:
    """What facts of one posting and component add up to for one payee, in minor units.

    `sale` is None where a period of a plan pays it: then the cause names the period.
    """

    sale: SaleId | None
    posting: int
    cause: Cause
    component: ComponentId
    valid_at: Instant
    posted_at: Instant
    currency: Currency
    amount_minor: int


class PeriodRuns(Protocol):
    """Periods that were accrued, and what was posted of each; nothing is ever changed."""

    def all(self) -> Sequence[PeriodRun]:
        """Return every run by number, with its re-pins, by one statement."""
        ...

    def add(self, run: PeriodRun) -> None:
        """Write a run without re-pins.

        A number that is taken, or a period of a currency, is a conflict: `RetryableError`.
        """
        ...

    def post(self, posting: PeriodPosting, repin: Repin | None = None) -> None:
        """Write a posting of a run, and the re-pin from it on, if any.

        A number that is taken is a conflict: `RetryableError`.
        """
        ...

    def postings(self, run: int) -> Sequence[PeriodPosting]:
        """Return the postings of a run by number."""
        ...

    def grounds(self, by_points: Collection[int] = ()) -> dict[int, PeriodGrounds]:
        """Return what runs rest on by now, by run; nothing: left out.

        Sales paid in its period and currency count, whatever was posted of them: accrued, corrected,
        recomputed or pinned.  For the runs of `by_points`, whose pools are split by points, transfers from
        and to the accounts of points count too, if they are valid before the end of the period.

        By one statement, which looks at every sale of every period that was accrued: in an index, and then
        at its postings.  With `by_points` also at every transfer, and at those of points once more for each
        of these runs.
        """
        ...

    def grounds_of(self, currency: Currency, period: Period, *, by_points: bool = False) -> PeriodGrounds:
        """Return what a period rests on by now, whether it was accrued or not, by one statement."""
        ...

    def write(self, facts: Sequence[PeriodFact]) -> None:
        """Write facts of postings that are there; one for each component and payee in each posting."""
        ...

    def sums(self, run: int) -> Iterator[tuple[ComponentId, MemberId, int]]:
        """Yield what the facts of a run add up to, by component and payee; nothing: left out.

        Added up where they are kept, by one statement.
        """
        ...

    def facts(self, run: int, posting: int) -> Iterator[PeriodFact]:
        """Yield the facts of a posting by payee and component, in constant memory."""
        ...

    def of(self, run: int, payees: Collection[MemberId]) -> dict[MemberId, list[PeriodFact]]:
        """Return the facts of a run of those of these payees who have any, by component and posting.

        A number of statements that does not depend on the payees.
        """
        ...

    def count(self) -> int:
        """Return how many facts there are."""
        ...

    def earned(
        self, start: Instant, end: Instant, by: GroupBy, payee: MemberId | None = None
    ) -> Sequence[Earning]:
        """Return, by payee and currency, what facts in `[start, end)` add up to, as `Earnings.of` does.

        They count for the last instant of their period, or by when they were posted; none is frozen.
        """
        ...

    def parts(self, start: Instant, end: Instant, by: GroupBy, payee: MemberId) -> Iterator[EarningPart]:
        """Yield the facts of a payee in `[start, end)`, by run, component and posting, by one statement.

        They add up to what `earned` says of the payee.
        """
        ...


class Earnings(Protocol):
    """Sums over facts; the sums are made where the facts are kept."""

    def of(
        self, start: Instant, end: Instant, by: GroupBy, payee: MemberId | None = None
    ) -> Sequence[Earning]:
        """Return, by payee and currency, what facts in `[start, end)` add up to; all zero: left out."""
        ...

    def parts(self, start: Instant, end: Instant, by: GroupBy, payee: MemberId) -> Iterator[EarningPart]:
        """Yield what the facts of a payee in `[start, end)` come from, by sale, posting and component.

        They add up to what `of` says of the payee; what comes to nothing is not left out.
        """
        ...

    def span(self) -> tuple[Instant, Instant] | None:
        """Return the instants of the first and the last fact by `valid_at`, or None without facts."""
        ...
