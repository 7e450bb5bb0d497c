"""What a ladder is worth to every member: volumes, the rates they reach, and what is reached in the legs.

The one rule this file protects: with `subtract_legs` what is paid up the tree adds up to what is reached at
its roots, so no sale is paid twice.  Whoever does not qualify passes on what is reached below.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from heapq import nlargest
from itertools import accumulate, pairwise
from typing import assert_never

from attrs import field, frozen

from distcore.commission.period_accrual import LadderBasis, Step
from distcore.commission.period_facts import PeriodFacts
from distcore.commission.period_plan import Bracket, How, Ladder, Volume
from distcore.kernel import NOBODY, PPM, InputError, Rate, Rounding, divide, limits


@frozen
class LadderValue:
    """What a ladder is worth to each before its budget, and the columns that it follows from.

    `steps_of` gives the steps of a place.
    """

    counted: Sequence[int]
    legs: Sequence[int]
    asked: Sequence[int]
    steps_of: Callable[[int], tuple[Step, ...]]

    def basis(self, facts: PeriodFacts, place: int) -> LadderBasis:
        """Return what the value of a place rests on."""
        return LadderBasis(
            facts.own[place], facts.teams[place], self.counted[place], self.steps_of(place), self.legs[place]
        )


def ladder_value(
    ladder: Ladder, facts: PeriodFacts, qualified: Sequence[int], rounding: Rounding
) -> LadderValue:
    """Return what a ladder is worth to each who qualifies."""
    counted = _counted(ladder, facts)
    numerators, steps_of = _numerators(ladder, facts, counted)
    values = [divide(each, PPM, rounding) for each in numerators]
    if ladder.subtract_legs:
        return _less_legs(facts, qualified, values, LadderValue(counted, (), (), steps_of))
    asked = [value if good else 0 for value, good in zip(values, qualified, strict=True)]
    return LadderValue(counted, bytes(len(asked)), asked, steps_of)


def _less_legs(
    facts: PeriodFacts, qualified: Sequence[int], values: Sequence[int], of: LadderValue
) -> LadderValue:
    """Walk up, and take off each value what is reached below; who reaches less passes that on."""
    below, asked = [0] * len(values), [0] * len(values)
    sponsors = facts.forest.sponsors
    for place in facts.forest.upwards:
        reached = below[place]
        if qualified[place] and values[place] > reached:
            asked[place] = values[place] - reached
            reached = values[place]
        if sponsors[place] != NOBODY:
            below[sponsors[place]] += reached
    return LadderValue(of.counted, below, asked, of.steps_of)


def _counted(ladder: Ladder, facts: PeriodFacts) -> Sequence[int]:
    if ladder.leg_cap is None:
        return facts.volume(ladder.volume)
    return _capped(facts, ladder.leg_cap)


def _capped(facts: PeriodFacts, cap: Rate) -> list[int]:
    """Return the largest volume of each of which no leg brings more than a part.

    A volume v counts if v is no more than the own one and, of each leg, the smaller of the leg and the part
    of v.  For every number k of the largest legs that says: v is no more than what is left without those
    legs, and k parts of v.
    """
    counted = list(facts.teams)
    strongest, sponsors = facts.strongest, facts.forest.sponsors
    legs: dict[int, list[int]] = {
        place: [] for place, team in enumerate(facts.teams) if strongest[place] * PPM > team * cap.ppm
    }
    for place, team in enumerate(facts.teams):
        if team and sponsors[place] in legs:
            legs[sponsors[place]].append(team)
    cut_max = (PPM - 1) // cap.ppm
    for place, teams in legs.items():
        rest = most = counted[place]
        for cut, leg in enumerate(nlargest(cut_max, teams), 1):
            rest -= leg
            most = min(most, rest * PPM // (PPM - cut * cap.ppm))
        counted[place] = most
    return counted


@frozen
class _Brackets:
    """Brackets as columns: where each begins, its rate, and what all before it are worth together."""

    brackets: tuple[Bracket, ...]
    starts: list[int] = field(init=False)
    below: list[int] = field(init=False)

    @starts.default
    def _starts(self) -> list[int]:
        return [each.from_minor for each in self.brackets]

    @below.default
    def _below(self) -> list[int]:
        worth = (low.rate.ppm * (high.from_minor - low.from_minor) for low, high in pairwise(self.brackets))
        return list(accumulate(worth, initial=0))

    def reached(self, volume: int) -> int:
        """Return the place of the bracket that a volume lies in."""
        return bisect_right(self.starts, volume) - 1

    def marginal(self, volume: int) -> int:
        """Return what the parts of a volume are worth, times a million."""
        place = self.reached(volume)
        return self.below[place] + self.brackets[place].rate.ppm * (volume - self.starts[place])

    def whole(self, volume: int) -> int:
        """Return what a volume is worth by the rate that it reaches, times a million."""
        return self.brackets[self.reached(volume)].rate.ppm * volume

    def marginal_steps(self, volume: int) -> tuple[Step, ...]:
        """Return the parts of a volume, each with its rate."""
        ends = [*self.starts[1:], volume]
        found = zip(self.brackets, self.starts, ends, strict=True)
        return tuple(
            Step(each.rate, min(end, volume) - start) for each, start, end in found if start < volume
        )

    def whole_step(self, volume: int) -> tuple[Step, ...]:
        """Return a volume with the rate that it reaches."""
        return (Step(self.brackets[self.reached(volume)].rate, volume),) if volume else ()


def _numerators(
    ladder: Ladder, facts: PeriodFacts, counted: Sequence[int]
) -> tuple[Sequence[int], Callable[[int], tuple[Step, ...]]]:
    """Return what each volume is worth, times a million, and what gives its steps."""
    brackets = _Brackets(ladder.brackets)
    match ladder.how:
        case How.MARGINAL:
            worth = [brackets.marginal(each) if each else 0 for each in counted]
            return worth, lambda place: brackets.marginal_steps(counted[place])
        case How.WHOLE:
            worth = [brackets.whole(each) if each else 0 for each in counted]
            return worth, lambda place: brackets.whole_step(counted[place])
        case How.STEPWISE:
            return _stepwise(ladder, facts, brackets)
        case _:
            assert_never(ladder.how)


def _stepwise(
    ladder: Ladder, facts: PeriodFacts, brackets: _Brackets
) -> tuple[Sequence[int], Callable[[int], tuple[Step, ...]]]:
    """Go through the sales in order: each is paid, all the way up, by what was reached before it."""
    sponsors = facts.forest.sponsors if ladder.volume is Volume.TEAM else [NOBODY] * len(facts.own)
    so_far, worth, taken = [0] * len(facts.own), [0] * len(facts.own), 0
    parts: dict[int, dict[int, int]] = {}
    for buyer, net in facts.sold:
        place = buyer
        while place != NOBODY:
            bracket = brackets.reached(so_far[place])
            worth[place] += brackets.brackets[bracket].rate.ppm * net
            so_far[place] += net
            mine = parts.setdefault(place, {})
            mine[bracket] = mine.get(bracket, 0) + net
            place = sponsors[place]
            taken += 1
        if taken > limits.STEPWISE_STEPS_MAX:
            raise InputError.of("period", f"{ladder.id} takes too many steps up the tree", "pay marginally")

    def steps(place: int) -> tuple[Step, ...]:
        mine = sorted(parts.get(place, {}).items())
        return tuple(Step(ladder.brackets[bracket].rate, volume) for bracket, volume in mine)

    return worth, steps
