"""Which rules pay an amount for having brought somebody: for a first order, and for no later one.

The one rule this file protects: what may be so is said, and only what is certain is called certain.  Rules
are tried in order, so a rule may be for first orders alone because an earlier one is for all others.
"""

from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from typing import Final

from attrs import frozen

from distcore.commission.asked import pays_nothing
from distcore.commission.implied import implies
from distcore.commission.match import (
    AllOf,
    AnyOf,
    Match,
    MonthsSinceFirst,
    Not,
    OrderNumber,
    SpentBefore,
    atoms_of,
)
from distcore.commission.plan import Choice, FirstOrder, FixedPerOrder, Rule, Ruled
from distcore.kernel import limits

_FIRST: Final = 1

_COMPARED_MAX: Final = 20
"""Earlier rules that one is compared with: with thousands of rules this takes long."""

_RULES_MAX: Final = 1_000
"""Rules of one component that are compared with earlier ones, and earlier rules that are looked through."""

_NUMBERS_MAX: Final = 200
"""Numbers of orders that are tried."""


@frozen
class _Answers:
    """Whether a condition may be met, and whether it may not."""

    yes: bool
    no: bool


def rules_for_heads(component: Ruled) -> dict[int, bool]:
    """Return the rules, by index, that pay an amount for first orders alone, and whether that is certain.

    It is not certain where earlier rules may be for all later orders, but need not be, and where hardly
    anything may have been bought before.
    """
    found: dict[int, bool] = {}
    earlier: list[Rule] = []
    compared = 0
    for index, rule in enumerate(component.rules):
        if isinstance(rule.pays, FixedPerOrder) and not pays_nothing(rule.pays):
            is_certain: bool | None = True
            if not isinstance(component, FirstOrder):
                compared += 1
                is_certain = _is_for_heads(rule, earlier, is_cut=compared > _RULES_MAX)
            if is_certain is not None:
                found[index] = is_certain
        if component.choose is Choice.FIRST and _asks_number(rule.match):
            earlier.append(rule)
    return found


def _asks_number(match: Match | None) -> bool:
    return any(isinstance(each, OrderNumber | SpentBefore) for each in atoms_of(match))


def _is_for_heads(rule: Rule, earlier: Sequence[Rule], *, is_cut: bool) -> bool | None:
    """Say whether a rule is for first orders alone: certainly, perhaps or, None, not."""
    looked_at = () if is_cut else earlier[:_RULES_MAX]
    near = list(islice((each for each in looked_at if _meets(rule, each)), _COMPARED_MAX))
    numbers = sorted(
        {_FIRST, _FIRST + 1, *_edges(rule.match), *(edge for each in near for edge in _edges(each.match))}
    )
    covering = [each for each in near if _covers(each, rule)]
    left = [number for number in numbers[:_NUMBERS_MAX] if _wins(rule, covering, number)]
    if _FIRST not in left:
        return None
    is_whole = len(looked_at) == len(earlier) and len(near) < _COMPARED_MAX and len(numbers) <= _NUMBERS_MAX
    if left == [_FIRST]:
        return len(numbers) <= _NUMBERS_MAX
    later = (number for number in left if number > _FIRST)
    may_win = any(_may_win(rule, near, number) for number in later)
    return None if may_win and is_whole else False


def _meets(rule: Rule, other: Rule) -> bool:
    """Say whether two rules may be for the same level and tier."""
    return _overlap(rule.levels, other.levels) and _overlap(rule.tiers, other.tiers)


def _overlap(some: Collection[object], others: Collection[object]) -> bool:
    return not some or not others or not set(some).isdisjoint(others)


def _covers(wide: Rule, narrow: Rule) -> bool:
    """Say whether a rule is for all levels and tiers of another one."""
    return _is_within(narrow.levels, wide.levels) and _is_within(narrow.tiers, wide.tiers)


def _is_within(few: Collection[object], many: Collection[object]) -> bool:
    return not many or (bool(few) and set(few) <= set(many))


def _edges(match: Match | None) -> Iterator[int]:
    """Yield the numbers of orders from which on a condition changes."""
    for each in atoms_of(match):
        if isinstance(each, OrderNumber):
            yield each.least
            if each.below is not None:
                yield each.below


def _wins(rule: Rule, covering: Sequence[Rule], number: int) -> bool:
    """Say whether a rule may win an order of this number: no earlier one certainly does."""
    if not _asked(rule.match, number, loosely=False).yes:
        return False
    return not any(_follows(each.match, rule.match, number) for each in covering)


def _may_win(rule: Rule, near: Sequence[Rule], number: int) -> bool:
    """Say whether a rule wins a later order of this number, if earlier ones win whatever they may."""
    if not _asked(rule.match, number, loosely=True).yes:
        return False
    return not any(_asked(each.match, number, loosely=True).yes for each in near)


def _follows(wide: Match | None, narrow: Match | None, number: int) -> bool:
    """Say whether a condition is certainly met by an order of this number that meets another one."""
    if wide is None or (narrow is not None and implies(narrow, wide)):
        return True
    match wide:
        case AllOf(matches):
            return all(_follows(each, narrow, number) for each in matches)
        case AnyOf(matches):
            return any(_follows(each, narrow, number) for each in matches)
        case _:
            return not _asked(wide, number, loosely=False).no


def _asked(match: Match | None, number: int, *, loosely: bool) -> _Answers:
    """Ask a condition of an order of this number, whatever else it is; loosely, nobody buys for nothing."""
    match match:
        case None:
            return _Answers(True, False)
        case AllOf(matches):
            each_of = [_asked(each, number, loosely=loosely) for each in matches]
            return _Answers(all(each.yes for each in each_of), any(each.no for each in each_of))
        case AnyOf(matches):
            each_of = [_asked(each, number, loosely=loosely) for each in matches]
            return _Answers(any(each.yes for each in each_of), all(each.no for each in each_of))
        case Not(negated):
            answers = _asked(negated, number, loosely=loosely)
            return _Answers(answers.no, answers.yes)
        case OrderNumber(least, below):
            is_met = least <= number and (below is None or number < below)
            return _Answers(is_met, not is_met)
        case MonthsSinceFirst(least) | SpentBefore(least) if number == _FIRST:
            return _Answers(not least, bool(least))
        case SpentBefore(least, below) if loosely:
            small = limits.SMALL_BASE_MINOR
            return _Answers(below is None or below > small, least > small or below is not None)
        case _:
            return _Answers(True, True)
