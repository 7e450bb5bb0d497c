"""Whether one condition follows from another: whatever meets the narrow one meets the wide one.

The rule this file protects: only what is certain is said; where it is not plain, nothing follows.
"""

from collections.abc import Collection

from attrs import frozen

from distcore.commission.match import (
    AllOf,
    AnyOf,
    Atom,
    BrandIn,
    BuyerGroupIn,
    CategoryIs,
    ChannelIn,
    EarnedBefore,
    Match,
    MonthsSinceFirst,
    NetBetween,
    Not,
    Of,
    OrderNumber,
    PaidBetween,
    RegionIs,
    SkuIn,
    SpentBefore,
    TagIn,
    TierIn,
    UnitsBetween,
    lies_in,
)


def implies(narrow: Match, wide: Match) -> bool:
    """Say whether a condition certainly follows from another one."""
    match narrow, wide:
        case _, AllOf(matches):
            return all(implies(narrow, each) for each in matches)
        case AnyOf(matches), _:
            return all(implies(each, wide) for each in matches)
        case _, AnyOf(matches):
            return any(implies(narrow, each) for each in matches)
        case Not(less), Not(more):
            return implies(more, less)
        case AllOf(matches), _:
            return any(implies(each, wide) for each in matches)
        case (Not(), _) | (_, Not()):
            return False
        case _:
            return _atom_implies(narrow, wide)


def _atom_implies(narrow: Atom, wide: Atom) -> bool:
    match narrow, wide:
        case (CategoryIs(path), CategoryIs(of)) | (RegionIs(path), RegionIs(of)):
            return lies_in(path, of)
        case (
            (SkuIn(few), SkuIn(many))
            | (BrandIn(few), BrandIn(many))
            | (TagIn(few), TagIn(many))
            | (ChannelIn(few), ChannelIn(many))
            | (BuyerGroupIn(few), BuyerGroupIn(many))
            | (TierIn(few), TierIn(many))
        ):
            return set(few) <= set(many)
        case PaidBetween(), PaidBetween():
            return _is_within(narrow, wide)
        case _:
            return _is_part(span_of(narrow), span_of(wide))


def may_share(some: Collection[object], others: Collection[object]) -> bool:
    """Say whether two rules have a level, or a tier, in common; none named is every one."""
    return not some or not others or not set(some).isdisjoint(others)


def lies_within(few: Collection[object], many: Collection[object]) -> bool:
    """Say whether all levels, or tiers, of a rule are those of another one; none named is every one."""
    return not many or (bool(few) and set(few) <= set(many))


@frozen
class Span:
    """The numbers that a condition asks for, `of` what, from the least to below the other one, if any."""

    of: tuple[type, Of | None]
    least: int
    below: int | None


def span_of(match: Match | None) -> Span | None:
    """Return the numbers that a condition asks for, if it asks for a number and nothing else."""
    match match:
        case NetBetween(of, least, below) | UnitsBetween(of, least, below):
            return Span((type(match), of), least, below)
        case (
            OrderNumber(least, below)
            | MonthsSinceFirst(least, below)
            | SpentBefore(least, below)
            | EarnedBefore(least, below)
        ):
            return Span((type(match), None), least, below)
        case _:
            return None


def _is_part(narrow: Span | None, wide: Span | None) -> bool:
    if narrow is None or wide is None or narrow.of != wide.of:
        return False
    ends = wide.below is None or (narrow.below is not None and narrow.below <= wide.below)
    return wide.least <= narrow.least and ends


def _is_within(narrow: PaidBetween, wide: PaidBetween) -> bool:
    begins = wide.since is None or (narrow.since is not None and wide.since <= narrow.since)
    ends = wide.until is None or (narrow.until is not None and narrow.until <= wide.until)
    return begins and ends
