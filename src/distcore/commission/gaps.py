"""Where rules that ask for one number leave a gap between them, and where two ask for the same numbers.

The rule this file protects: what is said holds for a level and a tier that rules name, whatever rules there
are for others.
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Final, TypeAlias

from attrs import evolve, frozen

from distcore.commission.implied import Span, are_apart, is_part, span_of
from distcore.commission.lineage import tiers_of_holders
from distcore.commission.match import (
    AllOf,
    EarnedBefore,
    Match,
    NetBetween,
    OrderNumber,
    PaidBetween,
    SpentBefore,
    TierIn,
    atoms_of,
)
from distcore.commission.plainly import NEVER, plain
from distcore.commission.plan import Choice, Rule, Ruled
from distcore.kernel import Currency, format_instant, format_minor, instant_of

_OTHERS: Final = None
"""Every level, or tier, that no rule names."""

_CELLS_MAX: Final = 100_000
"""Rules, times the levels and the tiers that they name: with more of them this takes long."""

_COMPARED_MAX: Final = 20
"""Earlier rules that one is compared with: with thousands of rules this takes long."""

_SOME: Final = 2
"""How many brackets there are where there is more than one."""

_Cell: TypeAlias = Sequence[tuple[int, Match]]
"""The rules for a level and a tier, by index, and what each asks for besides."""


@frozen
class Between:
    """Numbers that no rule is for, or that an earlier one is for too; and which rule shows it, by index."""

    index: int
    numbers: Span


@frozen
class _Bracket:
    """The numbers that a rule asks for, and what it asks for besides."""

    index: int
    span: Span
    rest: frozenset[Match]

    def is_beside(self, other: "_Bracket") -> bool:
        return self.span.of == other.span.of and self.rest == other.rest


def gaps(component: Ruled) -> list[Between]:
    """Return numbers that no rule of a cell is for: below its brackets, and between them.

    Where a rule of the cell asks for something else, that one may be for them; a single rule is no bracket,
    and seasons are apart on purpose.
    """
    return list(dict.fromkeys(gap for cell in _cells(component) for gap in _gaps(cell)))


def overlaps(component: Ruled) -> list[Between]:
    """Return numbers that two rules of a cell are for, each of which is for others besides.

    Of two such rules the first decides.  A wide rule behind a narrow one is for all that is left.
    """
    if component.choose is Choice.BEST:
        return []
    return list(dict.fromkeys(each for cell in _cells(component) for each in _overlaps(cell)))


def told(number: int, span: Span, currency: Currency) -> str:
    """Return a number as it is written in a plan."""
    kind = span.of[0]
    if kind is PaidBetween:
        return format_instant(instant_of(number))
    if kind in (NetBetween, SpentBefore, EarnedBefore):
        return f"{format_minor(number, currency)} {currency}"
    return str(number)


def _cells(component: Ruled) -> Iterator[_Cell]:
    """Yield the rules for each level and tier; levels that the same rules are for are one."""
    rules = component.rules
    levels = dict.fromkeys(level for rule in rules for level in rule.levels or (_OTHERS,))
    tiers = _tiers(component)
    if len(rules) * len(levels) * len(tiers) > _CELLS_MAX:
        return
    named = [(index, rule, set(rule.levels)) for index, rule in enumerate(rules)]
    for at in dict.fromkeys(
        tuple(n for n, _, only in named if not only or level in only) for level in levels
    ):
        for tier in tiers:
            yield _cell(rules, at, tier)


def _tiers(component: Ruled) -> Sequence[str | None]:
    """Return the tiers that a rule may be for, or else those that rules name, and all others."""
    qualified = tiers_of_holders(component)
    asked = (atom for rule in component.rules for atom in atoms_of(rule.match) if isinstance(atom, TierIn))
    named = [*(rule.tiers for rule in component.rules), *(atom.tiers for atom in asked)]
    return tuple(dict.fromkeys(qualified)) or (_OTHERS, *dict.fromkeys(chain.from_iterable(named)))


def _cell(rules: Sequence[Rule], at: Sequence[int], tier: str | None) -> _Cell:
    met = (n for n in at if not rules[n].tiers or tier in rules[n].tiers)
    asked = ((n, plain(rules[n].match, tier)) for n in met)
    return [(n, match) for n, match in asked if match != NEVER]


def _gaps(cell: _Cell) -> Iterator[Between]:
    found = [_bracket(*each) for each in cell]
    brackets = sorted((each for each in found if each is not None), key=lambda each: each.span.least)
    if len(brackets) < max(_SOME, len(found)) or not all(map(brackets[0].is_beside, brackets)):
        return
    kind = brackets[0].span.of[0]
    reached: int | None = 1 if kind is OrderNumber else 0
    for each in () if kind is PaidBetween else brackets:
        if reached is None:
            return
        if each.span.least > reached:
            yield Between(each.index, evolve(each.span, least=reached, below=each.span.least))
        reached = None if each.span.below is None else max(reached, each.span.below)


def _overlaps(cell: _Cell) -> Iterator[Between]:
    brackets = [each for each in (_bracket(*rule) for rule in cell) if each is not None]
    for place, later in enumerate(brackets):
        for earlier in brackets[max(0, place - _COMPARED_MAX) : place]:
            if earlier.is_beside(later) and (shared := _shared(earlier.span, later.span)):
                yield Between(later.index, shared)


def _shared(one: Span, other: Span) -> Span | None:
    """Return the numbers that two rules ask for, if each of them asks for others besides."""
    if are_apart(one, other) or is_part(one, other) or is_part(other, one):
        return None
    ends = [each.below for each in (one, other) if each.below is not None]
    return evolve(one, least=max(one.least, other.least), below=min(ends))


def _bracket(index: int, match: Match) -> _Bracket | None:
    """Return the numbers that a rule asks for, if it asks for one number, and whatever else."""
    matches = match.matches if isinstance(match, AllOf) else (match,)
    spans = {each: span for each in matches if (span := span_of(each)) is not None}
    if len(spans) != 1:
        return None
    ((asked, span),) = spans.items()
    return _Bracket(index, span, frozenset(matches) - {asked})
