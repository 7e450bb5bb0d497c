"""Whether one condition follows from another, or excludes it: what meets the one meets the other, or never.

The rule this file protects: only what is certain is said; where it is not plain, nothing follows.
"""

from collections.abc import Callable, Collection
from itertools import combinations
from typing import Final, TypeAlias

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
    atoms_of,
    lies_in,
)
from distcore.kernel import limits, micros_of

_COMPARED_MAX: Final = 50
"""Conditions that a condition is made of: each is compared with each other, and with more this takes long."""

_SECOND: Final = 2
"""The number of an order that is not the first."""


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
        case _:
            return is_part(span_of(narrow), span_of(wide))


def never_met(match: Match) -> bool:
    """Say whether a condition is certainly met by no sale and no earner."""
    if sum(1 for _ in atoms_of(match)) > _COMPARED_MAX:
        return False
    match match:
        case AllOf(matches):
            return any(map(never_met, matches)) or any(excludes(*pair) for pair in combinations(matches, 2))
        case AnyOf(matches):
            return all(map(never_met, matches))
        case _:
            return False


def excludes(one: Match, other: Match) -> bool:
    """Say whether two conditions are certainly never met together."""
    match one, other:
        case (Not(negated), each) | (each, Not(negated)):
            return implies(each, negated)
        case (AnyOf(matches), each) | (each, AnyOf(matches)):
            return all(excludes(some, each) for some in matches)
        case (AllOf(matches), each) | (each, AllOf(matches)):
            return any(excludes(some, each) for some in matches)
        case _:
            return _atoms_exclude(one, other)


def _atoms_exclude(one: Atom, other: Atom) -> bool:
    """Say it of conditions that are made of no others; a line may have any number of tags."""
    match one, other:
        case (CategoryIs(path), CategoryIs(of)) | (RegionIs(path), RegionIs(of)):
            return not lies_in(path, of) and not lies_in(of, path)
        case (
            (SkuIn(some), SkuIn(others))
            | (BrandIn(some), BrandIn(others))
            | (ChannelIn(some), ChannelIn(others))
            | (BuyerGroupIn(some), BuyerGroupIn(others))
            | (TierIn(some), TierIn(others))
        ):
            return set(some).isdisjoint(others)
        case (OrderNumber(_, below), SpentBefore(least) | MonthsSinceFirst(least)) | (
            SpentBefore(least) | MonthsSinceFirst(least),
            OrderNumber(_, below),
        ):  # before a first order there is neither money nor time
            return below is not None and below <= _SECOND and least > 0
        case _:
            first, second = span_of(one), span_of(other)
            return first is not None and second is not None and are_apart(first, second)


def may_share(some: Collection[object], others: Collection[object]) -> bool:
    """Say whether two rules have a level, or a tier, in common; none named is every one."""
    return not some or not others or not set(some).isdisjoint(others)


def lies_within(few: Collection[object], many: Collection[object]) -> bool:
    """Say whether all levels, or tiers, of a rule are those of another one; none named is every one."""
    return not many or (bool(few) and set(few) <= set(many))


@frozen
class Span:
    """The numbers that a condition asks for, `of` what, from the least to below the other one, if any.

    Instants are numbers of microseconds.
    """

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
        case PaidBetween(since, until):
            begins = limits.INSTANT_MIN if since is None else micros_of(since)
            return Span((PaidBetween, None), begins, None if until is None else micros_of(until))
        case _:
            return None


Numbers: TypeAlias = tuple[int, int | None]
"""From what to below what a number is, if it ends."""

ANY_NUMBER: Final[Numbers] = (0, None)


def numbers_of(match: Match | None, read: Callable[[Match | None], Numbers]) -> Numbers:
    """Return from what to below what a number certainly is where a condition is met.

    `read` says it of a condition that is no list of others; of one that says nothing, `ANY_NUMBER`.
    """
    match match:
        case AllOf(matches):
            each = [numbers_of(one, read) for one in matches]
            ends = [below for _, below in each if below is not None]
            return max((least for least, _ in each), default=0), min(ends, default=None)
        case AnyOf(matches) if matches:
            each = [numbers_of(one, read) for one in matches]
            ends = [below for _, below in each if below is not None]
            return min(least for least, _ in each), max(ends) if len(ends) == len(each) else None
        case _:
            return read(match)


def is_part(narrow: Span | None, wide: Span | None) -> bool:
    """Say whether all numbers that a condition asks for are those that another one asks for."""
    if narrow is None or wide is None or narrow.of != wide.of:
        return False
    ends = wide.below is None or (narrow.below is not None and narrow.below <= wide.below)
    return wide.least <= narrow.least and ends


def are_apart(one: Span, other: Span) -> bool:
    """Say whether two conditions ask for the same number, and no number is what both ask for."""
    return one.of == other.of and (_ends_before(one, other) or _ends_before(other, one))


def _ends_before(one: Span, other: Span) -> bool:
    return one.below is not None and one.below <= other.least
