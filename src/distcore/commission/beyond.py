"""Who stands above the buyer where a component does not look, and why nothing is paid there.

The rule this file protects: of a component that climbs, everybody above the buyer is either met on the way
or named here.  Only explanations ask: the walk that is paid looks no further than it pays.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import TypeGuard

from attrs import frozen

from distcore.commission.lineage import Lineage, Reason, Seat, Walk, level_max_of, line_of
from distcore.commission.plan import Climbing, Component, Custom, Differential, FirstOrder, Upline
from distcore.kernel import MemberId

FOR_ALL_ABOVE = frozenset({Reason.CHAIN_ENDED, Reason.NOT_THE_FIRST_ORDER, Reason.FIRST_ORDER_GONE})
"""Reasons that a walk names where nobody in particular stands, and that hold for all further above."""


@frozen
class Beyond:
    """Members whom a walk did not come to, nearest first: from which level on, and why."""

    level: int
    reason: Reason
    members: tuple[MemberId, ...]


def beyond(
    component: Component, lineage: Lineage, found: Walk, everybody: Sequence[MemberId]
) -> Iterator[Beyond]:
    """Yield those above the buyer whom a walk did not come to, by the reason that holds for all of them.

    `everybody` is `above` the buyer.  Where the walk says itself that it ended or did not begin, they have
    its level and its reason.
    """
    if not climbs(component):
        return
    met = {passed.seat.member for passed in found.passed if passed.seat is not None}
    met.update([claim.payee for claim in found.claims])  # who a claim rolled up from was passed
    further = tuple([member for member in everybody if member not in met])
    apart: tuple[MemberId, ...] = ()
    if further and _has_two_lines(lineage):
        line = _members(line_of(component, lineage), lineage)
        apart = tuple([member for member in further if member not in line])
        further = tuple([member for member in line if member not in met])
    if further:
        ended = (each for each in found.passed if each.reason in FOR_ALL_ABOVE)
        too_far = (1 + level_max_of(component), Reason.TOO_FAR)
        yield Beyond(*next(((each.level, each.reason) for each in ended), too_far), further)
    if apart:
        yield Beyond(0, Reason.OTHER_LINE, apart)


def _has_two_lines(lineage: Lineage) -> bool:
    return all(next(iter(line), None) is not None for line in (lineage.sponsors, lineage.promoted))


def climbs(component: Component) -> TypeGuard[Climbing | Custom]:
    """Say whether a component looks at those who stand above somebody."""
    return isinstance(component, Upline | Differential | FirstOrder | Custom)


def above(lineage: Lineage) -> tuple[MemberId, ...]:
    """Return everybody above the buyer, then the promoter and everybody above, each nearest first."""
    return tuple(_members(chain(lineage.sponsors, lineage.promoted), lineage))


def _members(line: Iterable[Seat], lineage: Lineage) -> dict[MemberId, None]:
    return dict.fromkeys(seat.member for seat in line if seat.member != lineage.buyer)
