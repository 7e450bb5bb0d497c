"""Two answers to the same question, person by person: who gains, who loses, and how much.

The rule this file protects: everybody who stands in one of the two is compared, with 0 where the other does
not name them, so what is gained less what is lost is the difference of the two totals, exactly.
"""

from collections.abc import Iterable, Mapping
from heapq import nsmallest
from typing import Final

from attrs import frozen

from distcore.kernel import InputError, MemberId, int_problem, limits

LARGEST: Final = 10
"""Movements that are named if nothing else is said: what fits on a screen."""


@frozen
class Movement:
    """What somebody has before and after a change, in minor units."""

    payee: MemberId
    before_minor: int
    after_minor: int

    @property
    def change_minor(self) -> int:
        """What is gained; negative where it is lost."""
        return self.after_minor - self.before_minor


@frozen
class Comparison:
    """Two answers compared, in minor units; what is lost is a positive amount.

    `largest` are the largest movements, whichever way, those of the same size in order of payee.
    """

    before_minor: int
    after_minor: int
    gaining: int
    losing: int
    unchanged: int
    gained_minor: int
    lost_minor: int
    largest: tuple[Movement, ...]

    @property
    def change_minor(self) -> int:
        """By how much the total changes."""
        return self.after_minor - self.before_minor


def movements(before: Mapping[MemberId, int], after: Mapping[MemberId, int]) -> Iterable[Movement]:
    """Yield everybody of both answers, in no order that anybody may rely on."""
    for payee in before.keys() | after.keys():
        yield Movement(payee, before.get(payee, 0), after.get(payee, 0))


def compare(
    before: Mapping[MemberId, int], after: Mapping[MemberId, int], *, largest: int = LARGEST
) -> Comparison:
    """Return who gains and who loses between two answers; `largest` movements are named."""
    problem = int_problem(largest, "largest", least=0, most=limits.SPLIT_PARTS_MAX)
    if problem is not None:
        raise InputError((problem,))
    changes = [each.change_minor for each in movements(before, after)]
    moved = (each for each in movements(before, after) if each.change_minor)
    return Comparison(
        sum(before.values()),
        sum(after.values()),
        sum(change > 0 for change in changes),
        sum(change < 0 for change in changes),
        sum(change == 0 for change in changes),
        sum(change for change in changes if change > 0),
        -sum(change for change in changes if change < 0),
        tuple(nsmallest(largest, moved, key=lambda each: (-abs(each.change_minor), each.payee))),
    )
