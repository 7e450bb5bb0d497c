"""What a merchant decides about a whole period, as data: nothing here calculates.

A period component pays by what a period sold altogether, not by one sale.  It is asked about every member who
was one when the period ended, and its value depends on what is left of the period alone.
"""

from enum import Enum
from typing import TypeAlias

from attrs import frozen

from distcore.kernel import ComponentId, Rate, SplitMethod


class Volume(Enum):
    """Which sales of a period count for a member: what is left of their net."""

    OWN = "own"
    """What the member bought."""
    TEAM = "team"
    """What the member and the whole downline bought."""
    BALANCED = "balanced"
    """What the team bought without the strongest leg: without the team of one of the direct downline."""


class How(Enum):
    """Which rate of a ladder is for which part of the volume."""

    MARGINAL = "marginal"
    """Each bracket's rate on the volume inside it."""
    WHOLE = "whole"
    """The rate of the bracket that is reached, on all of it."""
    STEPWISE = "stepwise"
    """Sale by sale, in the order in which they were paid: the rate that was reached before it."""


@frozen
class Bracket:
    """A rate, from a volume on until the next bracket begins."""

    from_minor: int
    rate: Rate


@frozen
class Ladder:
    """Pay each member a share of a volume that rises with the volume.

    `leg_cap` is the largest part of the counted volume that one leg may bring.  With `subtract_legs` a member
    is paid what the own ladder is worth less what is reached in the legs, so that a sale is paid once up the
    tree.
    """

    id: ComponentId
    brackets: tuple[Bracket, ...]
    volume: Volume = Volume.OWN
    how: How = How.MARGINAL
    leg_cap: Rate | None = None
    subtract_legs: bool = False
    qualified_tiers: tuple[str, ...] = ()
    own_least_minor: int = 0
    budget: Rate | None = None


@frozen
class TierWeight:
    """How much a member of a tier weighs; an empty tier is none."""

    tier: str
    weight: int


@frozen
class ByTier:
    """The tier at the end of the period weighs; a tier that is not named weighs nothing."""

    tiers: tuple[TierWeight, ...]


@frozen
class ByVolume:
    """A volume of the period weighs, minor unit by minor unit."""

    volume: Volume = Volume.OWN


@frozen
class ByPoints:
    """The points that a member holds at the end of the period weigh, point by point.

    Whoever owes points, which is to hold less than none, weighs nothing.
    """


PoolWeight: TypeAlias = ByTier | ByVolume | ByPoints


class Unclaimed(Enum):
    """What becomes of the part of a pool whose member does not qualify."""

    BREAKAGE = "breakage"
    """Nobody has it."""
    SHARED = "shared"
    """The others have it: the pool is split among those who qualify."""


@frozen
class Pool:
    """Split a share of all that the period sold among members, by weights, to the last minor unit.

    It is its own budget.  Equal parts are told apart by `ties`, in order of member id.
    """

    id: ComponentId
    share: Rate
    weights: PoolWeight
    qualified_tiers: tuple[str, ...] = ()
    own_least_minor: int = 0
    unqualified: Unclaimed = Unclaimed.BREAKAGE
    ties: SplitMethod = SplitMethod.LARGEST_REMAINDER


@frozen
class Matching:
    """Pay each member a share of what the downline earned in the period, generation by generation.

    `of` are components of the plan: those of lines, and those of the period that stand before this one.  With
    `compress` whoever does not qualify is passed over without using up a generation.
    """

    id: ComponentId
    of: tuple[ComponentId, ...]
    rates: tuple[Rate, ...]
    qualified_tiers: tuple[str, ...] = ()
    own_least_minor: int = 0
    compress: bool = False
    budget: Rate | None = None


PeriodComponent: TypeAlias = Ladder | Pool | Matching
