"""The worst case of period components: the largest share of the net of a period that each can ever pay.

The one rule this file protects: a component is called bounded only if no tree and no sales make it pay more,
the rounding of each member's amount aside; with a budget the bound is never above it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import Enum
from typing import assert_never

from attrs import frozen

from distcore.commission.period_plan import Ladder, Matching, PeriodComponent, Pool, Volume
from distcore.kernel import PPM, ComponentId


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
    """

    component: ComponentId
    ppm: int | None
    is_budget: bool = False
    why: PeriodBoundless | None = None


def period_bounds(
    components: Sequence[PeriodComponent], of_lines: Collection[ComponentId], lines_ppm: int | None
) -> tuple[PeriodBound, ...]:
    """Return the bound of each component; those of lines pay `lines_ppm` together, None has no bound."""
    most: dict[ComponentId, int | None] = {}
    found = []
    for component in components:
        bound = _bound(component, most, of_lines, lines_ppm)
        most[component.id] = bound.ppm
        found.append(bound)
    return tuple(found)


def _bound(
    component: PeriodComponent,
    most: Mapping[ComponentId, int | None],
    of_lines: Collection[ComponentId],
    lines_ppm: int | None,
) -> PeriodBound:
    match component:
        case Pool():
            return PeriodBound(component.id, component.share.ppm, is_budget=True)
        case Ladder():
            ppm, why = _of_ladder(component)
        case Matching():
            bounds = [most[source] for source in component.of if source not in of_lines]
            if len(bounds) < len(component.of):
                bounds.append(lines_ppm)
            ppm, why = _of_matching(component, bounds)
        case _:
            assert_never(component)
    budget = component.budget
    if budget is not None and (ppm is None or budget.ppm < ppm):
        return PeriodBound(component.id, budget.ppm, is_budget=True)
    return PeriodBound(component.id, ppm, why=why)


def _of_ladder(ladder: Ladder) -> tuple[int | None, PeriodBoundless | None]:
    """A sale counts once for its buyer, and once up the tree where what the legs reach is taken off."""
    highest = max((each.rate.ppm for each in ladder.brackets), default=0)
    if not highest or ladder.volume is Volume.OWN or ladder.subtract_legs:
        return highest, None
    return None, PeriodBoundless.EVERYBODY_ABOVE


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
