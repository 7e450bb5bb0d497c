"""What is impossible about the period components of a plan, and what is doubtful.

The one rule this file protects: a component of a period rests on what stands before it, so no value of a
period depends on itself.
"""

from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise
from typing import Final, assert_never

from distcore.commission.period_plan import (
    Bracket,
    ByPoints,
    ByTier,
    ByVolume,
    How,
    Ladder,
    Matching,
    PeriodComponent,
    Pool,
    TierWeight,
    Volume,
)
from distcore.kernel import (
    POINT,
    PPM,
    ComponentId,
    Currency,
    Problem,
    Rate,
    Rhythm,
    Severity,
    id_problem,
    int_problem,
    limits,
    rhythm_problems,
    shown,
    size_problems,
    text_problem,
    twice_problems,
)

_WHERE: Final = "$.period_components"


def period_problems(
    components: Sequence[PeriodComponent],
    cadence: Rhythm,
    of_lines: Collection[ComponentId],
    currency: Currency,
) -> Iterator[Problem]:
    """Yield all that is wrong with the period components of a plan, beside those of its lines."""
    yield from rhythm_problems(cadence, "$.period_cadence")
    before = set(of_lines)
    for place, component in enumerate(components):
        where = f"{_WHERE}[{place}]"
        yield from _own_problems(component, where, currency)
        if component.id in before:
            hint = "give each an id of its own"
            yield Problem(f"{where}.id", f"{shown(component.id)} stands twice", hint)
        if isinstance(component, Matching):
            later = {each.id for each in components[place + 1 :]}
            yield from _source_problems(component, before, later, f"{where}.of")
        before.add(component.id)
    yield from _together_problems(components)


def _own_problems(component: PeriodComponent, where: str, currency: Currency) -> Iterator[Problem]:
    least = limits.AMOUNT_MINOR_MAX
    found = [
        id_problem(component.id, f"{where}.id"),
        int_problem(component.own_least_minor, f"{where}.own_least", least=0, most=least),
    ]
    tiers, hint = component.qualified_tiers, "name each tier once"
    found.extend(twice_problems(f"{where}.qualified_tiers", tiers, hint, severity=Severity.WARNING))
    for place, tier in enumerate(component.qualified_tiers):
        found.append(id_problem(tier, f"{where}.qualified_tiers[{place}]"))
    yield from (problem for problem in found if problem is not None)
    match component:
        case Ladder():
            yield from _bracket_problems(component.brackets, f"{where}.brackets")
            yield from _volume_problems(component, where)
            yield from _budget_problems(component, where)
        case Pool():
            yield from _weight_problems(component, f"{where}.weights", currency)
        case Matching():
            yield from size_problems(f"{where}.rates", len(component.rates), limits.GENERATIONS_MAX)
            yield from size_problems(f"{where}.of", len(component.of), limits.COMPONENTS_MAX)
            yield from _budget_problems(component, where)
        case _:
            assert_never(component)


def _budget_problems(component: Ladder | Matching, where: str) -> Iterator[Problem]:
    """Nothing is left by a budget of nothing; where less than the lowest rate is left, that is only likely.

    A budget is a share of all that a period sold, also to those of whom nothing counts for anybody.
    """
    budget = component.budget
    if budget is None:
        return
    paid = {at: rate for at, rate in _rates(component, where) if rate.ppm}
    for at in () if budget.ppm else paid:
        yield Problem(at, f"{paid[at]} is above the budget of {budget}", "lower the rate or raise the budget")
    if isinstance(component, Ladder) and paid and 0 < budget.ppm < min(paid.values()).ppm:
        message = f"{budget} is below the lowest rate that is paid, {min(paid.values())}"
        hint = "what exceeds the budget is shrunk in proportion"
        yield Problem(f"{where}.budget", message, hint, Severity.WARNING)


def _rates(component: Ladder | Matching, where: str) -> Iterator[tuple[str, Rate]]:
    if isinstance(component, Ladder):
        for place, bracket in enumerate(component.brackets):
            yield f"{where}.brackets[{place}].rate", bracket.rate
    else:
        for place, rate in enumerate(component.rates):
            yield f"{where}.rates[{place}]", rate


def _bracket_problems(brackets: Sequence[Bracket], where: str) -> Iterator[Problem]:
    """Brackets begin at nothing and rise: then there is no gap, and no volume lies in two of them."""
    yield from size_problems(where, len(brackets), limits.BRACKETS_MAX)
    for place, bracket in enumerate(brackets):
        here = f"{where}[{place}].from"
        problem = int_problem(bracket.from_minor, here, least=0, most=limits.AMOUNT_MINOR_MAX)
        if problem is not None:
            yield problem
    if brackets and brackets[0].from_minor:
        hint = "give what is below a rate too, perhaps 0%"
        yield Problem(f"{where}[0].from", "does not begin at nothing", hint)
    for place, (last, bracket) in enumerate(pairwise(brackets), 1):
        if bracket.from_minor <= last.from_minor:
            hint = "each volume once, the smallest first"
            yield Problem(f"{where}[{place}].from", "is not above the bracket before it", hint)
        if bracket.rate < last.rate:
            hint = "who brings more may be paid less"
            yield Problem(f"{where}[{place}].rate", "falls", hint, Severity.WARNING)


def _volume_problems(ladder: Ladder, where: str) -> Iterator[Problem]:
    if ladder.leg_cap is not None:
        if ladder.leg_cap.ppm * limits.LEG_CAP_PARTS_MAX < PPM:
            yield Problem(f"{where}.leg_cap", f"{ladder.leg_cap} lets no leg count", "from 1% to 100%")
        if ladder.volume is not Volume.TEAM:
            yield Problem(f"{where}.leg_cap", "only a team has legs that count", 'volume = "team"')
        if ladder.how is How.STEPWISE:
            yield Problem(f"{where}.leg_cap", "no sale has a leg cap", 'how = "marginal" or "whole"')
    if ladder.subtract_legs and ladder.volume is not Volume.TEAM:
        yield Problem(f"{where}.subtract_legs", "only a team has legs that count", 'volume = "team"')
    if ladder.how is How.STEPWISE and ladder.volume is Volume.BALANCED:
        hint = 'volume = "own" or "team"'
        yield Problem(f"{where}.how", "which leg is the strongest is known at the end only", hint)


def _weight_problems(pool: Pool, where: str, currency: Currency) -> Iterator[Problem]:
    match pool.weights:
        case ByTier(tiers):
            yield from _tier_problems(pool, tiers, where)
        case ByVolume():
            pass
        case ByPoints():
            if currency == POINT:
                hint = "pay it in money, or weigh tiers or volumes"
                yield Problem(where, "what it pays in points would weigh in the same period", hint)
        case _:
            assert_never(pool.weights)


def _tier_problems(pool: Pool, tiers: Sequence[TierWeight], where: str) -> Iterator[Problem]:
    yield from size_problems(f"{where}.tiers", len(tiers), limits.TIERS_MAX)
    yield from twice_problems(f"{where}.tiers", [each.tier for each in tiers], "each tier once", ".tier")
    for place, each in enumerate(tiers):
        here = f"{where}.tiers[{place}]"
        problem = text_problem(each.tier, f"{here}.tier")  # no tier: an empty text
        if problem is not None:
            yield problem
        problem = int_problem(each.weight, f"{here}.weight", least=0, most=limits.UNITS_MAX)
        if problem is not None:
            yield problem
    some = {each.tier for each in tiers if each.weight}
    if pool.qualified_tiers:
        some &= set(pool.qualified_tiers)
    if tiers and not some:
        hint = "one tier that qualifies with a weight above zero"
        yield Problem(where, "nobody can have a part: all weights are zero", hint)


def _source_problems(
    matching: Matching, before: Collection[ComponentId], later: Collection[ComponentId], where: str
) -> Iterator[Problem]:
    yield from twice_problems(where, matching.of, "name each component once")
    for place, source in enumerate(matching.of):
        here = f"{where}[{place}]"
        if source == matching.id:
            yield Problem(here, "it would match itself", "name components that stand before it")
        elif source in before:
            continue
        elif source in later:
            yield Problem(here, f"{shown(source)} stands later", "let it stand before what matches it")
        else:
            yield Problem(here, f"there is no component {shown(source)}", "name a component of this plan")


def _together_problems(components: Sequence[PeriodComponent]) -> Iterator[Problem]:
    """Warn where pools and budgets together may ask for more than was sold."""
    shares = [each.share if isinstance(each, Pool) else each.budget for each in components]
    together = sum(share.ppm for share in shares if share is not None)
    if together > PPM:
        message = f"pools and budgets together can pay {together} ppm of the net of a period"
        yield Problem(_WHERE, message, "no more was sold than the whole", Severity.WARNING)
