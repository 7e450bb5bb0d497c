"""What is doubtful about a plan: it may be published, and hardly does what somebody meant.

The rule this file protects: a warning is about something that certainly happens, at its place.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final, TypeAlias

from distcore.commission.asked import gives_nothing
from distcore.commission.implied import Span, implies, span_of
from distcore.commission.match import EarnedBefore, Match, NetBetween, SpentBefore
from distcore.commission.plainly import plain_rules
from distcore.commission.plan import Choice, Component, Custom, Plan
from distcore.commission.rounds import rates_rounded
from distcore.kernel import Currency, Problem, Severity, format_minor, limits, shown

_EVERY: Final = None

_Cell: TypeAlias = tuple[int | None, str | None]
"""A level and a tier; None is every one of them."""

_COMPARED_MAX: Final = 20
"""Conditions of earlier rules that a later one may follow from: with thousands of rules this takes long."""

_ALIKE: Final = 2
"""Rules for the same people, that ask for the same number: one of each."""


def doubts(plan: Plan) -> Iterator[Problem]:
    """Yield warnings about a plan whose parts are sound."""
    for place, component in enumerate(plan.components):
        where = f"$.components[{place}].rules"
        if isinstance(component, Custom):
            continue  # what a formula pays nobody knows
        yield from _unreachable_problems(component, where)
        yield from _unqualified_problems(component, where)
        yield from _bracket_problems(component, where, plan.currency)
        if all(gives_nothing(component, rule) for rule in component.rules):
            yield _warning(where, "every reward is zero", "leave the component out, or pay something")
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


def _unqualified_problems(component: Component, where: str) -> Iterator[Problem]:
    """Warn of rules for tiers that do not qualify."""
    qualified: Sequence[str] = getattr(component, "qualified_tiers", ())
    for index, rule in enumerate(component.rules if qualified else ()):
        if rule.tiers and set(rule.tiers).isdisjoint(qualified):
            names = ", ".join(map(shown, rule.tiers))
            yield _warning(
                f"{where}[{index}].tiers", f"nobody of {names} qualifies", "add a tier to qualified_tiers"
            )


def _bracket_problems(component: Component, where: str, currency: Currency) -> Iterator[Problem]:
    """Warn of gaps between brackets: of rules that ask for one number each, and for the same people."""
    spans = [(span_of(rule.match), index) for index, rule in enumerate(plain_rules(component.rules))]
    brackets = [(span, index) for span, index in spans if span is not None]
    groups = {(rule.levels, rule.tiers) for rule in component.rules} | {span.of for span, _ in brackets}
    if len(brackets) < len(spans) or len(groups) > _ALIKE:
        return  # something else may be for what lies between
    brackets.sort(key=lambda each: each[0].least)
    reached: int | None = brackets[0][0].least
    for span, index in brackets:
        if reached is None:
            return
        if span.least > reached:
            gap = f"{_told(reached, span, currency)} to {_told(span.least, span, currency)}"
            hint = "let brackets meet: what ends one, exclusive, begins the next"
            is_alone = span_of(component.rules[index].match) is not None
            place = f"{where}[{index}].match{'.least' if is_alone else ''}"
            yield _warning(place, f"no rule is for {gap}", hint)
        reached = None if span.below is None else max(reached, span.below)


def _told(number: int, span: Span, currency: Currency) -> str:
    is_amount = span.of[0] in (NetBetween, SpentBefore, EarnedBefore)
    return f"{format_minor(number, currency)} {currency}" if is_amount else str(number)


def _rounding_problems(plan: Plan) -> Iterator[Problem]:
    """Warn of rates that pay nothing of what many things cost."""
    for each in rates_rounded(plan):
        if each.pays_from_minor > limits.SMALL_BASE_MINOR:
            least = f"{format_minor(each.pays_from_minor, plan.currency)} {plan.currency}"
            message = f"of less than {least} for each {each.scope.value} it pays nothing: it is rounded away"
            yield _warning(each.where, message, "raise the rate, or round up or by order")
