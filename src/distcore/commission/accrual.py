"""What a calculation answers, and what is posted of it: facts that are never changed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NewType, Protocol, TypeAlias, assert_never

from attrs import field, frozen

from distcore.commission.past import Grant, PaidBefore, Past
from distcore.commission.plan import Gift, Points
from distcore.commission.sale import Cancellation, Correction, PriceCorrection, Refund, Sale
from distcore.kernel import (
    POINT,
    Actor,
    ComponentId,
    Currency,
    Instant,
    LineId,
    MemberId,
    PlanId,
    RuleId,
    SaleId,
    fact_id,
)

Cause = NewType("Cause", str)
"""Why facts were posted: `sale`, `cancellation`, `refund/<its id>`, `price/<id of the correction>` or
`recompute/<key of the call>`; what a period of a plan pays is told as `period/<its label>`."""

SOLD = Cause("sale")
CANCELLED = Cause("cancellation")


_RECOMPUTED: Final = "recompute/"


def cause_of_period(label: str) -> Cause:
    """Return the cause that what a period of a plan paid is told with."""
    return Cause(f"period/{label}")


def recomputed_under(key: str) -> Cause:
    """Return the cause that a recomputation posts under: its key, which no other call has."""
    return Cause(f"{_RECOMPUTED}{key}")


def is_recomputation(cause: Cause) -> bool:
    """Say whether a recomputation has posted, and no sale or correction."""
    return cause.startswith(_RECOMPUTED)


def cause_of(correction: Correction) -> Cause:
    """Return the cause that a correction is posted under; unique within its sale."""
    match correction:
        case Refund(id):
            return Cause(f"refund/{id}")
        case PriceCorrection(id):
            return Cause(f"price/{id}")
        case Cancellation():
            return CANCELLED
        case _:
            assert_never(correction)


def happened_at(correction: Correction) -> Instant:
    """Return when a correction happened, whenever it was posted."""
    match correction:
        case Refund():
            return correction.refunded_at
        case PriceCorrection():
            return correction.corrected_at
        case Cancellation():
            return correction.cancelled_at
        case _:
            assert_never(correction)


@frozen
class Accrual:
    """What one beneficiary gets, or gives back, for one line: one rule, one origin level.

    `level` is the level that the amount stems from, also where a roll-up pays somebody above it.
    """

    line: LineId
    component: ComponentId
    rule: RuleId
    payee: MemberId
    level: int
    amount_minor: int


@frozen
class Given:
    """A gift that somebody gets, or gives back: `change` is 1 or -1."""

    component: ComponentId
    payee: MemberId
    gift: Gift
    change: int = 1


@frozen
class Posting:
    """The facts of one cause: when it happened, when it was written down, and who gets what.

    Facts of the same line, component, rule, payee and level add up over the postings of a sale; gifts of
    the same component and payee do, each kind by itself.
    """

    sale: SaleId
    cause: Cause
    valid_at: Instant
    posted_at: Instant
    accruals: tuple[Accrual, ...]
    gifts: tuple[Given, ...] = ()


def accrual_id(posting: Posting, accrual: Accrual) -> bytes:
    """Return the 16 bytes that name a fact: a hash of its natural key, cause included."""
    return fact_id(
        posting.sale,
        posting.cause,
        accrual.line,
        accrual.component,
        accrual.rule,
        accrual.payee,
        accrual.level,
    )


@frozen
class DueGift:
    """A gift that is out of its freeze: whoever hands out coupons hands these out, or takes them back.

    `recorded_at` is when that was written down: the release of its order, or what was posted after it.
    """

    sale: SaleId
    cause: Cause
    given: Given
    recorded_at: Instant


@frozen
class Portion:
    """What one payee has of one posting: the sum of its facts, never zero, in minor units; or of points.

    `posting` counts the postings of a sale from 0; `due_at` is when its freeze ended, None while that runs.
    """

    sale: SaleId
    posting: int
    payee: MemberId
    currency: Currency
    amount_minor: int
    valid_at: Instant
    posted_at: Instant
    due_at: Instant | None = None

    @property
    def released_at(self) -> Instant | None:
        """Since when it is released: the hour at which a batch ran changes nothing."""
        return None if self.due_at is None else max(self.due_at, self.posted_at)

    @property
    def free_at(self) -> Instant | None:
        """Since when it is out of the freeze by what happened, whenever that was posted."""
        return None if self.due_at is None else max(self.due_at, self.valid_at)


def portions_of(
    posting: Posting, number: int, currency: Currency, due_at: Instant | None = None
) -> list[Portion]:
    """Return what each payee has of a posting, in order of first appearance: money, then points."""
    sums: dict[tuple[MemberId, Currency], int] = {}
    for accrual in posting.accruals:
        whose = accrual.payee, currency
        sums[whose] = sums.get(whose, 0) + accrual.amount_minor
    for whose, points in points_of(posting.gifts):
        sums[whose] = sums.get(whose, 0) + points
    sale, valid_at, posted_at = posting.sale, posting.valid_at, posting.posted_at
    return [
        Portion(sale, number, payee, of, amount, valid_at, posted_at, due_at)
        for (payee, of), amount in sums.items()
        if amount
    ]


def points_of(gifts: Iterable[Given]) -> Iterator[tuple[tuple[MemberId, Currency], int]]:
    """Yield the points among gifts, each with whose they are."""
    for each in gifts:
        if isinstance(each.gift, Points):
            yield (each.payee, POINT), each.gift.points * each.change


@frozen
class Booking:
    """A sale with all that was decided when it was first accrued, and never again.

    The plan version, the revision of the tree, whether the buyer was a member then, what had been bought
    before, what was granted under caps, and what those whom a rule may ask had earned before; `past`,
    `grants` and `earned` are None where the plan does not ask.
    """

    sale: Sale
    plan: PlanId
    plan_version: int
    buyer_is_member: bool
    tree_revision: int
    booked_at: Instant
    past: Past | None = None
    grants: tuple[Grant, ...] | None = None
    earned: tuple[PaidBefore, ...] | None = None


Pin: TypeAlias = tuple[PlanId, int]
"""The plan version that a sale, or a period, is calculated by."""


@frozen
class Repin:
    """Another plan version that a sale, or a period, is calculated by from a posting on, and who wanted it.

    Whoever approved it is not who did it.  All else that was frozen stays: the tree, what had been bought
    before, and the freeze.
    """

    posting: int
    plan: PlanId
    plan_version: int
    reason: str
    approver: Actor
    actor: Actor


class Pinned(Protocol):
    """What was pinned to a plan version when it was first calculated."""

    @property
    def plan(self) -> PlanId:
        """The plan."""
        ...

    @property
    def plan_version(self) -> int:
        """Which version of it."""
        ...


def pin_of(pinned: Pinned, repins: Sequence[Repin]) -> Pin:
    """Return the newest pin of a sale or a period: the first one, or that of the last re-pin."""
    last = repins[-1] if repins else pinned
    return last.plan, last.plan_version


@frozen
class Timeline:
    """When a sale was paid and completed, when its freeze ends, and the plan version that says so."""

    paid_at: Instant
    plan: PlanId
    plan_version: int
    completed_at: Instant | None = None
    due: Instant | None = None


@frozen
class SaleRecord:
    """All that is remembered of one sale.

    `due` is when its freeze ends, None while the clock has not started; `released` is whether a
    release was posted.
    """

    booking: Booking
    postings: tuple[Posting, ...]
    corrections: tuple[Correction, ...] = ()
    completed_at: Instant | None = None
    due: Instant | None = None
    released: bool = field(default=False)
    repins: tuple[Repin, ...] = ()

    @property
    def pin(self) -> Pin:
        """The plan version that the sale is calculated by."""
        return pin_of(self.booking, self.repins)

    @property
    def thawed_at(self) -> Instant | None:
        """When its freeze ended; None while nothing of it is released."""
        return self.due if self.released else None

    def upto(self, number: int) -> tuple[tuple[Correction, ...], Pin]:
        """Return what was corrected, and what the sale was pinned to, when a posting was made."""
        corrected = sum(not is_recomputation(each.cause) for each in self.postings[1 : number + 1])
        repins = [each for each in self.repins if each.posting <= number]
        return self.corrections[:corrected], pin_of(self.booking, repins)


@frozen
class PaidSale:
    """A sale with what was frozen with it, and what went back.

    `posted` are the totals of its facts by component, origin level and payee, where they were asked for.
    """

    booking: Booking
    corrections: tuple[Correction, ...] = ()
    posted: Mapping[tuple[ComponentId, int, MemberId], int] = field(factory=dict)
    repins: tuple[Repin, ...] = ()

    @property
    def pin(self) -> Pin:
        """The plan version that the sale is calculated by."""
        return pin_of(self.booking, self.repins)
