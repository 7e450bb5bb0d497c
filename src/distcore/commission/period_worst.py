"""The worst case of period components: the largest share of the net of a period that each can ever pay.

The one rule this file protects: a component is called bounded only if no tree and no sales make it pay more,
the rounding of each member's amount aside; with a budget the bound is never above it.  It is of one plan
version: what another one earned on lines, within the same period, is matched as well.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from enum import Enum
from typing import TypeAlias, assert_never

from attrs import field, frozen

from distcore.commission.period_plan import How, Ladder, Matching, PeriodComponent, Pool, Volume
from distcore.commission.witness import Witness
from distcore.kernel import PPM, ComponentId

ShareOf: TypeAlias = Callable[[frozenset[ComponentId]], int | None]
"""What components of lines pay together at most, in ppm of the net; None has no bound."""


class PeriodBoundless(Enum):
    """Why nothing bounds what a component of a period pays."""

    EVERYBODY_ABOVE = "everybody_above"
    """A sale counts for everybody above its buyer, however many those are."""
    WHAT_IS_MATCHED = "what_is_matched"
    """It is a share of what has no bound itself."""


@frozen
class PeriodBound:
    """The largest share of the net of a period that a component pays, in parts per million, rounded up.

    `ppm` is None where there is none, and `why` says why; `is_budget` says that it is the budget alone.
    The witness is a period that was calculated, in which `shown_ppm` of its net are paid at least;
    `is_exact` says that those are 99 % of the bound.
    """

    component: ComponentId
    ppm: int | None
    is_budget: bool = False
    why: PeriodBoundless | None = None
    is_exact: bool = False
    shown_ppm: int = 0
    witness: Witness | None = field(default=None, repr=False)


def period_bounds(
    components: Sequence[PeriodComponent], of_lines: Collection[ComponentId], share_of: ShareOf
) -> tuple[PeriodBound, ...]:
    """Return the bound of each component; `share_of` says what components of lines pay together at most."""
    most: dict[ComponentId, int | None] = {}
    found = []
    for component in components:
        bound = _bound(component, most, of_lines, share_of)
        most[component.id] = bound.ppm
        found.append(bound)
    return tuple(found)


def _bound(
    component: PeriodComponent,
    most: Mapping[ComponentId, int | None],
    of_lines: Collection[ComponentId],
    share_of: ShareOf,
) -> PeriodBound:
    match component:
        case Pool():
            return PeriodBound(component.id, component.share.ppm, is_budget=True)
        case Ladder():
            ppm, why = _of_ladder(component)
        case Matching():
            bounds = [most[source] for source in component.of if source not in of_lines]
            lines = frozenset(component.of).intersection(of_lines)
            if lines:
                bounds.append(share_of(lines))
            ppm, why = _of_matching(component, bounds)
        case _:
            assert_never(component)
    budget = component.budget
    if budget is not None and (ppm is None or budget.ppm < ppm):
        return PeriodBound(component.id, budget.ppm, is_budget=True)
    return PeriodBound(component.id, ppm, why=why)


def _of_ladder(ladder: Ladder) -> tuple[int | None, PeriodBoundless | None]:
    """A sale counts once for its buyer, and once up the tree where what the legs reach is taken off."""
    highest = _highest(ladder)
    if not highest or ladder.volume is Volume.OWN or ladder.subtract_legs:
        return highest, None
    return None, PeriodBoundless.EVERYBODY_ABOVE


def _highest(ladder: Ladder) -> int:
    """Return the largest part of a volume that a ladder pays, in ppm, rounded up.

    Stepwise a sale may come when any rate is reached; the whole of no volume is paid by a bracket that holds
    none.  A marginal part is largest where a bracket ends, or of more and more in the last one.
    """
    brackets, ends = ladder.brackets, [each.from_minor for each in ladder.brackets[1:]]
    match ladder.how:
        case How.STEPWISE:
            return max((each.rate.ppm for each in brackets), default=0)
        case How.WHOLE:
            empty = 1 if ends and ends[0] <= 1 else 0
            return max((each.rate.ppm for each in brackets[empty:]), default=0)
        case How.MARGINAL:
            worth, most = 0, 0
            for bracket, end in zip(brackets, ends, strict=False):
                worth += bracket.rate.ppm * (end - bracket.from_minor)
                most = max(most, -(-worth // end))
            return max([most, *(each.rate.ppm for each in brackets[-1:])])
        case _:
            assert_never(ladder.how)


def _of_matching(
    matching: Matching, bounds: Iterable[int | None]
) -> tuple[int | None, PeriodBoundless | None]:
    """What somebody earned is matched once in each generation."""
    rates = sum(each.ppm for each in matching.rates)
    together = 0
    for bound in bounds if rates else ():
        if bound is None:
            return None, PeriodBoundless.WHAT_IS_MATCHED
        together += bound
    return -(-rates * together // PPM), None
