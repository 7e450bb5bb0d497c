"""What a period is worth, calculated a second time, deliberately naively: member by member, by definition.

It shares nothing with the library but the nouns.  Volumes are added up recursively, a leg cap is looked for
by halving, stepwise ladders go through every sale of a team, amounts are fractions until they are rounded.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from attrs import field, frozen

from distcore.commission import (
    ByPoints,
    ByTier,
    How,
    Ladder,
    Matching,
    PeriodComponent,
    PeriodFacts,
    Pool,
    Standing,
    Unclaimed,
    Volume,
)
from distcore.kernel import ComponentId, Rate, Rounding
from distcore.testing.auditor_rounding import apportioned, rounded


@frozen
class NaivePeriod:
    """The world of a period, and what each component pays each place: `paid` grows component by component."""

    facts: PeriodFacts
    rounding: Rounding
    paid: dict[ComponentId, list[int]] = field(factory=dict)

    def pay(self, components: Sequence[PeriodComponent]) -> Mapping[ComponentId, list[int]]:
        """Return what the components pay, in their order."""
        for each in components:
            if isinstance(each, Ladder):
                self.paid[each.id] = self._within(each, self._ladder(each))
            elif isinstance(each, Pool):
                self.paid[each.id] = self._pool(each)
            else:
                self.paid[each.id] = self._within(each, self._matching(each))
        return self.paid

    def _places(self) -> range:
        return range(len(self.facts.members))

    def _below(self, place: int) -> list[int]:
        return [each for each in self._places() if self.facts.forest.sponsors[each] == place]

    def _team_of(self, place: int) -> set[int]:
        return {place}.union(*(self._team_of(each) for each in self._below(place)))

    def _team(self, place: int) -> int:
        return sum(self.facts.own[each] for each in self._team_of(place))

    def _qualifies(self, component: PeriodComponent, place: int) -> bool:
        tiers = component.qualified_tiers
        return (
            self.facts.standings[place] is Standing.ACTIVE
            and (not tiers or self.facts.tiers[place] in tiers)
            and self.facts.own[place] >= component.own_least_minor
        )

    def _volume(self, volume: Volume, place: int) -> int:
        if volume is Volume.OWN:
            return self.facts.own[place]
        legs = [self._team(each) for each in self._below(place)]
        return self._team(place) - (max(legs, default=0) if volume is Volume.BALANCED else 0)

    def _counted(self, ladder: Ladder, place: int) -> int:
        if ladder.leg_cap is None:
            return self._volume(ladder.volume, place)
        legs = [self._team(each) for each in self._below(place)]
        low, high = 0, self._team(place)
        while low < high:  # the largest of which no leg brings more than its part
            middle = (low + high + 1) // 2
            parts = (min(leg * 1_000_000, ladder.leg_cap.ppm * middle) for leg in legs)
            if self.facts.own[place] * 1_000_000 + sum(parts) >= middle * 1_000_000:
                low = middle
            else:
                high = middle - 1
        return low

    def _value(self, ladder: Ladder, place: int) -> int:
        """Return what the ladder of a place is worth by itself."""
        ends = [each.from_minor for each in ladder.brackets[1:]]
        spans = list(zip(ladder.brackets, [*ends, 10**40], strict=True))

        def rate(volume: int) -> int:
            return next(each.rate.ppm for each, end in spans if volume < end)

        if ladder.how is How.STEPWISE:
            team = {place} if ladder.volume is Volume.OWN else self._team_of(place)
            so_far = worth = 0
            for buyer, net in self.facts.sold:
                if buyer in team:
                    worth += rate(so_far) * net
                    so_far += net
        else:
            counted = self._counted(ladder, place)
            worth = rate(counted) * counted
            if ladder.how is How.MARGINAL:
                worth = sum(
                    each.rate.ppm * max(0, min(counted, end) - each.from_minor) for each, end in spans
                )
        return rounded(Fraction(worth, 1_000_000), self.rounding)

    def _reached(self, ladder: Ladder, place: int) -> int:
        """Return what is paid altogether by a ladder that subtracts legs, at a place and below."""
        below = sum(self._reached(ladder, each) for each in self._below(place))
        return max(below, self._value(ladder, place)) if self._qualifies(ladder, place) else below

    def _ladder(self, ladder: Ladder) -> list[int]:
        found = []
        for place in self._places():
            if not self._qualifies(ladder, place):
                found.append(0)
            elif ladder.subtract_legs:
                legs = sum(self._reached(ladder, each) for each in self._below(place))
                found.append(max(0, self._value(ladder, place) - legs))
            else:
                found.append(self._value(ladder, place))
        return found

    def _matching(self, matching: Matching) -> list[int]:
        found = [0] * len(self.facts.members)
        sums: dict[tuple[int, int], int] = {}
        for earner in self._places():
            earned = sum((self.paid.get(each) or self.facts.earned[each])[earner] for each in matching.of)
            place, generation = self.facts.forest.sponsors[earner], 0
            while place >= 0 and generation < len(matching.rates):
                gone = self.facts.standings[place] is Standing.GONE or self._is_one_person(place, earner)
                if not gone and (self._qualifies(matching, place) or not matching.compress):
                    sums[place, generation] = sums.get((place, generation), 0) + earned
                    generation += 1
                place = self.facts.forest.sponsors[place]
        for (place, generation), earned in sums.items():
            if self._qualifies(matching, place):
                found[place] += self._share(matching.rates[generation], earned)
        return found

    def _is_one_person(self, one: int, other: int) -> bool:
        person = self.facts.persons.get(one)
        return person is not None and person == self.facts.persons.get(other)

    def _pool(self, pool: Pool) -> list[int]:
        weights = []
        for place in self._places():
            if isinstance(pool.weights, ByTier):
                tier = self.facts.tiers[place]
                weight = sum(each.weight for each in pool.weights.tiers if each.tier == tier)
            elif isinstance(pool.weights, ByPoints):
                weight = max(0, self.facts.points[place])
            else:
                weight = self._volume(pool.weights.volume, place)
            gone = self.facts.standings[place] is Standing.GONE
            left_out = pool.unqualified is Unclaimed.SHARED and not self._qualifies(pool, place)
            weights.append(0 if gone or left_out else weight)
        if not any(weights):
            return weights
        parts = apportioned(self._share(pool.share, self.facts.net_minor), weights, pool.ties)
        return [part if self._qualifies(pool, place) else 0 for place, part in enumerate(parts)]

    def _within(self, component: Ladder | Matching, asked: list[int]) -> list[int]:
        if component.budget is None:
            return asked
        budget = self._share(component.budget, self.facts.net_minor)
        return apportioned(budget, asked) if sum(asked) > budget else asked

    def _share(self, rate: Rate, minor: int) -> int:
        return rounded(Fraction(minor * rate.ppm, 1_000_000), self.rounding)
