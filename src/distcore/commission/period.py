"""What a period is worth to every member: components × what is left of the period → shares.

Pure: the same arguments give the same answer, whatever was refunded in between and in whatever order.  The
one rule this file protects: a component pays no more than its budget, a pool is split to the last minor unit,
and nobody is paid who does not qualify.

    >>> from distcore.commission import Bracket, Ladder, PeriodFacts, Standing
    >>> from distcore.kernel import Downlines, Rate, Rounding
    >>> rates = [(0, "3%"), (300_000, "5%"), (600_000, "7%")]
    >>> ladder = Ladder("ladder", tuple(Bracket(start, Rate.parse(rate)) for start, rate in rates))
    >>> facts = PeriodFacts(["ann"], Downlines.of([-1]), [""], [Standing.ACTIVE], [750_000], 750_000)
    >>> value = values_of([ladder], facts, Rounding.HALF_UP)[0]
    >>> value.amounts[0], [(str(step.rate), step.volume_minor) for step in value.share(0).basis.steps]
    (34500, [('3%', 300000), ('5%', 300000), ('7%', 150000)])
"""

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias, assert_never

from attrs import evolve, frozen

from distcore.commission.ladder import LadderValue, ladder_value
from distcore.commission.lineage import Standing
from distcore.commission.period_accrual import (
    Basis,
    Cut,
    Generation,
    LadderBasis,
    MatchingBasis,
    PeriodReason,
    PeriodShare,
    PeriodTotal,
    PoolBasis,
    asked_of,
)
from distcore.commission.period_facts import PeriodFacts, qualified_by, unqualified
from distcore.commission.period_plan import (
    ByPoints,
    ByTier,
    ByVolume,
    How,
    Ladder,
    Matching,
    PeriodComponent,
    Pool,
    PoolWeight,
    Unclaimed,
)
from distcore.kernel import NOBODY, ComponentId, InputError, MemberId, Rate, Rounding, limits, split

_Earned: TypeAlias = Mapping[ComponentId, Sequence[int]]


@frozen
class PeriodValue:
    """What a component of a period is worth to each member, in columns, and what it comes to altogether."""

    component: PeriodComponent
    total: PeriodTotal
    amounts: Sequence[int]
    _facts: PeriodFacts
    _asked: Sequence[int]
    _basis: Callable[[int], Basis]

    @property
    def members(self) -> Sequence[MemberId]:
        """Whose the places are."""
        return self._facts.members

    @property
    def net_minor(self) -> int:
        """What is left of all that the period sold."""
        return self._facts.net_minor

    def share(self, place: int) -> PeriodShare:
        """Return what the member at a place gets, and why."""
        basis, cut = self._basis(place), self._cut(place)
        why_not = unqualified(self.component, self._facts, place)
        payee, amount = self._facts.members[place], self.amounts[place]
        return PeriodShare(self.component.id, payee, amount, basis, cut, why_not)

    def why_not(self, place: int, rounding: Rounding) -> PeriodReason | None:
        """Return why the member at a place gets nothing; None for somebody who gets something."""
        if self.amounts[place]:
            return None
        found = unqualified(self.component, self._facts, place)
        if found is not None:
            return found
        if self._asked[place]:
            return PeriodReason.SHRUNK_TO_ZERO
        reason = _empty(self._basis(place), rounding)
        by_points = reason is PeriodReason.NO_WEIGHT and weighs_points(self.component)
        return PeriodReason.NO_POINTS if by_points else reason

    def _cut(self, place: int) -> Cut | None:
        together, budget = self.total.asked_minor, self.total.budget_minor
        if budget is None or together <= budget:
            return None
        asked = self._asked[place]
        odd = self.amounts[place] - budget * asked // together
        return Cut(asked, together, budget, odd)


def values_of(
    components: Iterable[PeriodComponent], facts: PeriodFacts, rounding: Rounding
) -> list[PeriodValue]:
    """Return what each component is worth; a later one may rest on what an earlier one pays."""
    found: list[PeriodValue] = []
    earned = dict(facts.earned)
    for component in components:
        match component:
            case Ladder():
                value = _of_ladder(component, facts, rounding)
            case Pool():
                value = _of_pool(component, facts, rounding)
            case Matching():
                value = _of_matching(component, facts, earned, rounding)
            case _:
                assert_never(component)
        if value.total.asked_minor > limits.TOTAL_MINOR_MAX:
            raise InputError.of("period", f"{component.id} asks for more than 64 bits can hold")
        earned[component.id] = value.amounts
        found.append(value)
    return found


def sources_of(components: Iterable[PeriodComponent]) -> frozenset[ComponentId]:
    """Return the components that others match."""
    return frozenset(source for each in components if isinstance(each, Matching) for source in each.of)


def is_stepwise(component: PeriodComponent) -> bool:
    """Say whether a component asks for the single sales of a period, in their order."""
    return isinstance(component, Ladder) and component.how is How.STEPWISE


def weighs_points(component: PeriodComponent) -> bool:
    """Say whether a component asks for the points that members hold."""
    return isinstance(component, Pool) and isinstance(component.weights, ByPoints)


def _of_ladder(ladder: Ladder, facts: PeriodFacts, rounding: Rounding) -> PeriodValue:
    value: LadderValue = ladder_value(ladder, facts, qualified_by(ladder, facts), rounding)
    return _budgeted(
        ladder, ladder.budget, facts, value.asked, lambda place: value.basis(facts, place), rounding
    )


def _of_matching(matching: Matching, facts: PeriodFacts, earned: _Earned, rounding: Rounding) -> PeriodValue:
    qualified = qualified_by(matching, facts)
    together = [sum(each) for each in zip(*(earned[source] for source in matching.of), strict=True)]
    if sum(map(abs, together)) > limits.TOTAL_MINOR_MAX:
        raise InputError.of("period", f"{matching.id} matches more than 64 bits can hold")
    generations = _generations(matching, facts, qualified, together)
    asked = [0] * len(facts.members)
    for rate, sums in zip(matching.rates, generations, strict=False):
        for place, amount in enumerate(sums):
            if amount and qualified[place]:
                asked[place] += rate.of(amount, rounding)

    def basis(place: int) -> Basis:
        pairs = zip(matching.rates, generations, strict=False)
        return MatchingBasis(tuple(Generation(rate, sums[place]) for rate, sums in pairs))

    return _budgeted(matching, matching.budget, facts, asked, basis, rounding)


def _generations(
    matching: Matching, facts: PeriodFacts, qualified: Sequence[int], earned: Sequence[int]
) -> Sequence[Sequence[int]]:
    """Return what each generation below each earned, as far as anybody did, by one walk for each.

    Who is gone is passed over in any case, as by components of lines.  So are other ids of the person who
    earned: what such a person earned climbs by itself.
    """
    above = _next_above(facts, _counting(matching, facts, qualified))
    sums: list[int] | array[int] = list(earned)
    found: list[array[int]] = []
    climbing = []
    for place in facts.persons:
        if sums[place]:
            climbing.append((sums[place], list(_generations_above(matching, facts, above, place))))
            sums[place] = 0
    for _ in matching.rates:
        following = array("q", bytes(8 * len(sums)))
        for place, amount in enumerate(sums):
            if amount and above[place] != NOBODY:
                following[above[place]] += amount
        if not any(following):
            break
        found.append(following)
        sums = following
    for amount, upwards in climbing:
        for generation, each in enumerate(upwards):
            if generation == len(found):
                found.append(array("q", bytes(8 * len(sums))))
            found[generation][each] += amount
    return found


def _generations_above(
    matching: Matching, facts: PeriodFacts, above: Sequence[int], place: int
) -> Iterator[int]:
    """Yield the place that matches, in each generation, what an id of a person of several earned."""
    person = facts.persons[place]
    each, left = above[place], len(matching.rates)
    while each != NOBODY and left:
        if facts.persons.get(each) != person:
            yield each
            left -= 1
        each = above[each]


def generations_below(matching: Matching, facts: PeriodFacts, place: int) -> Iterator[tuple[int, int]]:
    """Yield the places whose earnings are matched for a place, each with its generation, nearest first."""
    below: dict[int, list[int]] = {}
    above = _next_above(facts, _counting(matching, facts, qualified_by(matching, facts)))
    for each, sponsor in enumerate(above):
        below.setdefault(sponsor, []).append(each)
    found, told = [place], []
    for generation in range(1, len(matching.rates) + 1):
        found = [each for one in found for each in below.get(one, ())]
        told += [(generation, each) for each in found if each not in facts.persons]
    for each in facts.persons:
        matched = enumerate(_generations_above(matching, facts, above, each), 1)
        told += [(generation, each) for generation, by in matched if by == place]
    yield from sorted(told)


def _counting(matching: Matching, facts: PeriodFacts, qualified: Sequence[int]) -> Sequence[int]:
    """Return which places use up a generation."""
    return qualified if matching.compress else [each is not Standing.GONE for each in facts.standings]


def _next_above(facts: PeriodFacts, counts: Sequence[int]) -> Sequence[int]:
    """Return the nearest place above each that counts; sponsors come before those whom they sponsor."""
    above = array("q", facts.forest.sponsors)
    for place in reversed(facts.forest.upwards):
        sponsor = above[place]
        if sponsor != NOBODY and not counts[sponsor]:
            above[place] = above[sponsor]
    return above


def _of_pool(pool: Pool, facts: PeriodFacts, rounding: Rounding) -> PeriodValue:
    """Split the pool; who is gone has no part in it, who does not qualify has one that nobody gets."""
    pool_minor = pool.share.of(facts.net_minor, rounding)
    qualified = qualified_by(pool, facts)
    weights = _weights(pool.weights, facts)
    counts = (
        qualified
        if pool.unqualified is Unclaimed.SHARED
        else [each is not Standing.GONE for each in facts.standings]
    )
    places = [place for place, weight in enumerate(weights) if weight and counts[place]]
    together = sum(weights[place] for place in places)
    parts = split(pool_minor, [weights[place] for place in places], pool.ties) if places else ()
    wanted, asked = [0] * len(facts.members), [0] * len(facts.members)
    for place, part in zip(places, parts, strict=True):
        wanted[place] = part
        asked[place] = part if qualified[place] else 0

    def basis(place: int) -> Basis:
        weight = weights[place] if counts[place] else 0
        odd = wanted[place] - pool_minor * weight // together if together else 0
        return PoolBasis(pool_minor, weight, together, odd)

    paid = sum(asked)
    total = PeriodTotal(pool.id, paid, paid, pool_minor - paid)
    return PeriodValue(pool, total, asked, facts, asked, basis)


def _weights(weights: PoolWeight, facts: PeriodFacts) -> Sequence[int]:
    match weights:
        case ByTier(tiers):
            weight_of = {each.tier: each.weight for each in tiers}
            return [weight_of.get(tier, 0) for tier in facts.tiers]
        case ByVolume(volume):
            return facts.volume(volume)
        case ByPoints():
            assert len(facts.points) == len(facts.members), "points are gathered where a pool asks"
            return [max(0, points) for points in facts.points]
        case _:
            assert_never(weights)


def _budgeted(
    component: PeriodComponent,
    budget: Rate | None,
    facts: PeriodFacts,
    asked: Sequence[int],
    basis: Callable[[int], Basis],
    rounding: Rounding,
) -> PeriodValue:
    """Shrink in proportion what is more than a share of the net of the period."""
    together = sum(asked)
    budget_minor = None if budget is None else budget.of(facts.net_minor, rounding)
    amounts = asked
    if budget_minor is not None and together > budget_minor:
        places = [place for place, amount in enumerate(asked) if amount]
        granted = [0] * len(asked)
        for place, part in zip(places, split(budget_minor, [asked[place] for place in places]), strict=True):
            granted[place] = part
        amounts = granted
    total = PeriodTotal(component.id, together, sum(amounts), budget_minor=budget_minor)
    return PeriodValue(component, total, amounts, facts, asked, basis)


def _empty(basis: Basis, rounding: Rounding) -> PeriodReason:
    """Return why a basis asks for nothing."""
    match basis:
        case LadderBasis():
            if not basis.counted_minor:
                return PeriodReason.NO_VOLUME
            rates, reached = [step.rate for step in basis.steps], basis.legs_minor
            if reached and asked_of(evolve(basis, legs_minor=0), rounding):
                return PeriodReason.LEGS_REACH_ALL
        case PoolBasis():
            if not basis.weight:
                return PeriodReason.NO_WEIGHT
            return PeriodReason.ROUNDS_TO_ZERO if basis.pool_minor else PeriodReason.NOTHING_TO_SHARE
        case MatchingBasis():
            rates = [each.rate for each in basis.generations if each.earned_minor]
            if not rates:
                return PeriodReason.NOTHING_TO_MATCH
        case _:
            assert_never(basis)
    return PeriodReason.ROUNDS_TO_ZERO if any(rate.ppm for rate in rates) else PeriodReason.RATE_IS_ZERO
