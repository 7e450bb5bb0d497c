"""What is doubtful about a plan: it may be published, and hardly does what somebody meant.

The rule this file protects: a warning is about something that certainly happens, at its place.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final, TypeAlias, assert_never

from distcore.commission.asked import gives_nothing
from distcore.commission.gaps import Between, gaps, overlaps, told
from distcore.commission.implied import implies, never_met, span_of
from distcore.commission.lineage import tiers_of_holders
from distcore.commission.match import AllOf, Match, PaidBetween, TierIn
from distcore.commission.period_plan import Ladder, Matching, PeriodComponent, Pool
from distcore.commission.plainly import plain, plain_rules
from distcore.commission.plan import Choice, Component, Custom, Plan, Ruled
from distcore.commission.rounds import rates_rounded
from distcore.kernel import Currency, Problem, Severity, format_minor, limits, shown

_EVERY: Final = None

_Cell: TypeAlias = tuple[int | None, str | None]
"""A level and a tier; None is every one of them."""

_COMPARED_MAX: Final = 20
"""Conditions of earlier rules that a later one may follow from: with thousands of rules this takes long."""

_NOTHING: Final = ("every reward is zero", "leave the component out, or pay something")
_MEET: Final = "let brackets meet: what ends one, exclusive, begins the next"


def doubts(plan: Plan) -> Iterator[Problem]:
    """Yield warnings about a plan whose parts are sound."""
    for place, component in enumerate(plan.components):
        where = f"$.components[{place}].rules"
        if isinstance(component, Custom):
            continue  # what a formula pays nobody knows
        yield from _unreachable_problems(component, where)
        yield from _unmet_problems(plan, component, where)
        yield from _bracket_problems(component, where, plan.currency)
        if all(gives_nothing(component, rule) for rule in component.rules):
            yield _warning(where, *_NOTHING)
    for place, of_period in enumerate(plan.period_components):
        yield from _period_problems(of_period, f"$.period_components[{place}]")
    yield from _cap_problems(plan)
    yield from _rounding_problems(plan)


def _warning(where: str, message: str, hint: str) -> Problem:
    return Problem(where, message, hint, Severity.WARNING)


def _unreachable_problems(component: Component, where: str) -> Iterator[Problem]:
    """Warn of rules that never win, because earlier ones fit wherever they do."""
    if component.choose is Choice.BEST:
        return
    seen: dict[Match | None, set[_Cell]] = {}
    for index, rule in enumerate(plain_rules(component.rules)):
        levels: Sequence[int | None] = rule.levels or (_EVERY,)
        tiers: Sequence[str | None] = rule.tiers or (_EVERY,)
        cells = [(level, tier) for level in levels for tier in tiers]
        earlier = list(_fitting(rule.match, seen))
        if all(any(not won.isdisjoint(_wider(cell)) for won in earlier) for cell in cells):
            yield _warning(
                f"{where}[{index}]", "earlier rules win wherever it fits", "move it up, or leave it out"
            )
        seen.setdefault(rule.match, set()).update(cells)


def _fitting(match: Match | None, seen: dict[Match | None, set[_Cell]]) -> Iterator[set[_Cell]]:
    """Yield the cells of those earlier conditions that are met wherever this one is."""
    for same in {None, match}:
        if same in seen:
            yield seen[same]
    if match is None:
        return
    for other, cells in islice(seen.items(), _COMPARED_MAX):
        if other is not None and implies(match, other):
            yield cells


def _wider(cell: _Cell) -> set[_Cell]:
    level, tier = cell
    return {cell, (_EVERY, tier), (level, _EVERY), (_EVERY, _EVERY)}


def _unmet_problems(plan: Plan, component: Ruled, where: str) -> Iterator[Problem]:
    """Warn of rules that nothing fits: for tiers that do not qualify, or whose conditions are never met."""
    qualified = tiers_of_holders(component)
    asked: tuple[Match, ...] = (PaidBetween(plan.valid_from, plan.valid_until),)
    if qualified:
        asked += (TierIn(tuple(qualified)),)
    for index, rule in enumerate(component.rules):
        own = (TierIn(rule.tiers),) if rule.tiers else ()
        if qualified and rule.tiers and set(rule.tiers).isdisjoint(qualified):
            names = ", ".join(map(shown, rule.tiers))
            yield _warning(
                f"{where}[{index}].tiers", f"nobody of {names} qualifies", "add a tier to qualified_tiers"
            )
        elif rule.match is not None and never_met(AllOf((*asked, *own, plain(rule.match)))):
            hint = "its conditions exclude each other, the rule's tiers, or when the plan is valid"
            yield _warning(f"{where}[{index}].match", "nothing fits it", hint)


def _bracket_problems(component: Ruled, where: str, currency: Currency) -> Iterator[Problem]:
    """Warn of numbers that brackets leave out, and of those that an earlier rule is for too."""
    for gap in gaps(component):
        field = ".least" if span_of(component.rules[gap.index].match) is not None else ""
        hint = f"{_MEET}; if that is meant, name it with a reward of zero"
        yield _warning(f"{where}[{gap.index}].match{field}", f"no rule is for {_told(gap, currency)}", hint)
    for both in overlaps(component):
        message = f"an earlier rule decides from {_told(both, currency)}"
        yield _warning(f"{where}[{both.index}].match", message, _MEET)


def _told(between: Between, currency: Currency) -> str:
    ends = (between.numbers.least, between.numbers.below)
    return " to ".join(told(end, between.numbers, currency) for end in ends if end is not None)


def _cap_problems(plan: Plan) -> Iterator[Problem]:
    for index, cap in enumerate(plan.caps):
        if not cap.amount_minor:
            hint = "raise it, or leave out what it is for"
            yield _warning(f"$.caps[{index}].amount", "a cap of zero lets nothing be paid", hint)


def _period_problems(component: PeriodComponent, where: str) -> Iterator[Problem]:
    match component:
        case Pool(share=share):
            field, rates = "share", [share]
        case Ladder(brackets=brackets):
            field, rates = "brackets", [each.rate for each in brackets]
        case Matching():
            field, rates = "rates", list(component.rates)
        case _:
            assert_never(component)
    if not any(rate.ppm for rate in rates):
        yield _warning(f"{where}.{field}", *_NOTHING)


def _rounding_problems(plan: Plan) -> Iterator[Problem]:
    """Warn of rates that pay nothing of what many things cost."""
    for each in rates_rounded(plan):
        if each.pays_from_minor > limits.SMALL_BASE_MINOR:
            least = f"{format_minor(each.pays_from_minor, plan.currency)} {plan.currency}"
            message = f"of less than {least} for each {each.scope.value} it pays nothing: it is rounded away"
            yield _warning(each.where, message, "raise the rate, or round up or by order")
