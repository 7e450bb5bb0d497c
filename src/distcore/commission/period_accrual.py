"""What a period is worth to somebody, on what that rests, and what was posted of it.

The one rule this file protects: the amount of a share follows from its basis alone, so it can be made again
from what was kept, and facts add up to the last one.
"""

from enum import Enum
from typing import TypeAlias, assert_never

from attrs import field, frozen

from distcore.commission.accrual import Pin, Repin, pin_of
from distcore.kernel import (
    PPM,
    Actor,
    ComponentId,
    Currency,
    Instant,
    MemberId,
    Period,
    PlanId,
    Rate,
    Rounding,
    divide,
    utc,
)


@frozen
class Step:
    """A part of a volume, and the rate that it is paid by."""

    rate: Rate
    volume_minor: int


@frozen
class LadderBasis:
    """The volumes of a member, the steps of what counts, and what is reached in the legs.

    `counted_minor` is what the steps add up to: a team less what a cap cuts off, say.
    """

    own_minor: int
    team_minor: int
    counted_minor: int
    steps: tuple[Step, ...]
    legs_minor: int = 0


@frozen
class PoolBasis:
    """A pool, the weight of a member, and that of all; `odd_minor` is what the split gave beside the part."""

    pool_minor: int
    weight: int
    weights: int
    odd_minor: int


@frozen
class Generation:
    """What a generation of the downline earned, and the rate that it is matched by."""

    rate: Rate
    earned_minor: int


@frozen
class MatchingBasis:
    """What the generations of the downline earned, nearest first."""

    generations: tuple[Generation, ...]


Basis: TypeAlias = LadderBasis | PoolBasis | MatchingBasis


@frozen
class Cut:
    """A budget that was split over more than it holds: what was asked for, alone and by all together."""

    asked_minor: int
    together_minor: int
    budget_minor: int
    odd_minor: int


class PeriodReason(Enum):
    """Why a member gets nothing by a component of a period."""

    NO_MEMBER = "no_member"
    TERMINATED = "terminated"
    SUSPENDED = "suspended"
    TIER_NOT_QUALIFIED = "tier_not_qualified"
    BELOW_OWN_LEAST = "below_own_least"
    NO_VOLUME = "no_volume"
    NO_WEIGHT = "no_weight"
    NO_POINTS = "no_points"
    NOTHING_TO_SHARE = "nothing_to_share"
    NOTHING_TO_MATCH = "nothing_to_match"
    RATE_IS_ZERO = "rate_is_zero"
    LEGS_REACH_ALL = "legs_reach_all"
    ROUNDS_TO_ZERO = "rounds_to_zero"
    SHRUNK_TO_ZERO = "shrunk_to_zero"
    NOT_IN_PLAN = "not_in_plan"


@frozen
class PeriodShare:
    """What a component of a period is worth to a member, and why.

    `cut` says what a budget left of it, `unqualified` why a member who does not qualify has none of it.
    """

    component: ComponentId
    payee: MemberId
    amount_minor: int
    basis: Basis
    cut: Cut | None = None
    unqualified: PeriodReason | None = None


def asked_of(basis: Basis, rounding: Rounding) -> int:
    """Return what a basis asks for, before a budget."""
    match basis:
        case LadderBasis():
            numerator = sum([step.rate.ppm * step.volume_minor for step in basis.steps])
            return max(0, divide(numerator, PPM, rounding) - basis.legs_minor)
        case PoolBasis(pool, weight, weights, odd):
            return pool * weight // weights + odd if weights else 0
        case MatchingBasis(generations):
            return sum([each.rate.of(each.earned_minor, rounding) for each in generations])
        case _:
            assert_never(basis)


def remade(share: PeriodShare, rounding: Rounding) -> int:
    """Return the amount of a share, made again from its basis and from what a budget left of it."""
    if share.unqualified is not None:
        return 0
    asked = asked_of(share.basis, rounding)
    cut = share.cut
    if cut is None:
        return asked
    return cut.budget_minor * asked // cut.together_minor + cut.odd_minor


def _known_until(value: Instant) -> Instant:
    return utc(value, "known_until")


def _run_at(value: Instant) -> Instant:
    return utc(value, "run_at")


@frozen
class PeriodRun:
    """A period that was accrued, with all that was decided when it was first, and never again.

    `number` counts the runs of a shop from 1.  The plan is the one in force at the last instant of the
    period, the tree as it was known at `tree_revision`; members count who were recorded by `known_until`.
    `repins` are the other plan versions that it was pinned to since, each from a posting on.
    """

    number: int
    currency: Currency
    period: Period
    plan: PlanId
    plan_version: int
    tree_revision: int
    known_until: Instant = field(converter=_known_until)
    actor: Actor
    run_at: Instant = field(converter=_run_at)
    repins: tuple[Repin, ...] = ()

    @property
    def pin(self) -> Pin:
        """The plan version that it is calculated by now."""
        return pin_of(self, self.repins)

    def pin_at(self, posting: int) -> Pin:
        """Return the plan version that one of its postings was calculated by."""
        return pin_of(self, [each for each in self.repins if each.posting <= posting])


@frozen
class PeriodTotal:
    """What a component is worth altogether; `breakage_minor` is what nobody has of a pool.

    `budget_minor` is None where there is none; what was asked beyond it was shrunk.
    """

    component: ComponentId
    asked_minor: int
    paid_minor: int
    breakage_minor: int = 0
    budget_minor: int | None = None


def _posted_at(value: Instant) -> Instant:
    return utc(value, "posted_at")


@frozen
class PeriodPosting:
    """A time at which a run was accrued: the first one is number 0, the others post what has changed since.

    `net_minor` is what was left by then of all that the period sold.
    """

    run: int
    number: int
    net_minor: int
    totals: tuple[PeriodTotal, ...]
    actor: Actor
    posted_at: Instant = field(converter=_posted_at)


@frozen
class PeriodGrounds:
    """What a period rests on, as far as it is posted: how much that is, and when the newest of it was.

    `postings` are those of its sales, and `transfers` those of points that weigh in its pools.  Both only
    grow, so of two that are different the larger one is of later, whatever instants callers gave.
    """

    postings: int = 0
    transfers: int = 0
    posted_at: Instant | None = None


@frozen
class PeriodFact:
    """What a posting gives somebody, or takes: the share less all that was posted of it before."""

    run: int
    posting: int
    amount_minor: int
    share: PeriodShare
