"""Sums over a forest: what somebody has, what the direct downline has, what the whole team has.

Members are places in columns: a sponsor is the place of one, -1 is none.  The one rule this file protects:
every sum is exact and takes one walk over the members, however deep they stand, so a chain of a million
costs what a fan of a million does.

    >>> from distcore.kernel import Downlines, legs, strongest_legs, team_sums
    >>> ann, ben, cid, dan = range(4)
    >>> forest = Downlines.of([-1, ann, ann, ben])
    >>> teams = team_sums(forest, [5, 10, 20, 40])
    >>> teams
    [75, 50, 20, 40]
    >>> strongest_legs(forest, teams), list(legs(forest, teams, ann))
    ([50, 40, 0, 0], [(1, 50), (2, 20)])
"""

from array import array
from collections.abc import Iterator, Sequence
from typing import Final, Self

from attrs import frozen

from distcore.kernel.outcome import InputError

NOBODY: Final = -1
"""The place of the sponsor of a member who has none."""


@frozen
class Downlines:
    """Who stands directly below whom, and an order in which everybody comes before the own sponsor.

    `sponsors` has the place of everybody's sponsor; both are columns of the same length.
    """

    sponsors: Sequence[int]
    upwards: Sequence[int]

    @classmethod
    def of(cls, sponsors: Sequence[int]) -> Self:
        """Put members in order; a sponsor who is no place, or a cycle, is an `InputError`."""
        column = array("q", sponsors)
        count = len(column)
        below = array("q", bytes(8 * count))
        for place, sponsor in enumerate(column):
            if not NOBODY <= sponsor < count:
                raise InputError.of(f"sponsors[{place}]", f"no such place: {sponsor}", "-1 is nobody")
            if sponsor != NOBODY:
                below[sponsor] += 1
        upwards = array("q", [place for place in range(count) if not below[place]])
        for place in upwards:  # grows while it is walked: a sponsor follows the last of the direct downline
            sponsor = column[place]
            if sponsor != NOBODY:
                below[sponsor] -= 1
                if not below[sponsor]:
                    upwards.append(sponsor)
        if len(upwards) < count:
            stuck = next(place for place in range(count) if below[place])
            raise InputError.of(f"sponsors[{stuck}]", "stands in a cycle, or above one")
        return cls(column, upwards)

    def __len__(self) -> int:
        """Return how many members there are."""
        return len(self.sponsors)


def direct_sums(forest: Downlines, own: Sequence[int]) -> list[int]:
    """Return what the direct downline of each member has by itself, without what stands below it."""
    sums = [0] * len(forest)
    for sponsor, amount in zip(forest.sponsors, own, strict=True):
        if amount and sponsor != NOBODY:
            sums[sponsor] += amount
    return sums


def team_sums(forest: Downlines, own: Sequence[int]) -> list[int]:
    """Return what each member and the whole downline have together."""
    assert len(own) == len(forest), f"{len(own)} amounts of {len(forest)} members"
    sums = list(own)
    sponsors = forest.sponsors
    for place in forest.upwards:
        sponsor = sponsors[place]
        if sponsor != NOBODY:
            sums[sponsor] += sums[place]
    return sums


def strongest_legs(forest: Downlines, teams: Sequence[int]) -> list[int]:
    """Return the largest of the legs of each member, 0 for whoever has none.

    A leg is the team of one of the direct downline; no team is less than nothing.
    """
    strongest = [0] * len(forest)
    for sponsor, amount in zip(forest.sponsors, teams, strict=True):
        if sponsor != NOBODY and amount > strongest[sponsor]:
            strongest[sponsor] = amount
    return strongest


def recruits_with(forest: Downlines, own: Sequence[int], least: int) -> list[int]:
    """Count, for each member, those of the direct downline who have at least so much by themselves."""
    counts = [0] * len(forest)
    for sponsor, amount in zip(forest.sponsors, own, strict=True):
        if amount >= least and sponsor != NOBODY:
            counts[sponsor] += 1
    return counts


def legs(forest: Downlines, teams: Sequence[int], member: int) -> Iterator[tuple[int, int]]:
    """Yield the legs of one member: the place of each of the direct downline, and its team.

    It looks at every member.
    """
    for place, sponsor in enumerate(forest.sponsors):
        if sponsor == member:
            yield place, teams[place]
