"""Which rules pay an amount for having brought somebody: for a first order, and for no later one.

The one rule this file protects: what may be so is said, and only what is certain is called certain.  Rules
are tried in order, so a rule may be for first orders alone because an earlier one is for all others.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from attrs import frozen

from distcore.commission.asked import has_gift, pays_nothing
from distcore.commission.implied import implies, lies_within, may_share
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
from distcore.commission.plainly import plain_rules
from distcore.commission.plan import Choice, FirstOrder, FixedPerOrder, Rule, Ruled
from distcore.kernel import limits

_FIRST: Final = 1

_COMPARED_MAX: Final = 20
"""Earlier rules that one is compared with: with thousands of rules this takes long."""

_EARLIER_MAX: Final = 300
"""Earlier rules that are looked through for those that are for the same level and tier."""

_NUMBERS_MAX: Final = 20
"""Numbers of orders that are tried."""

_ASKED_MAX: Final = 100_000
"""Conditions that are asked to compare the rules of one component: less than a second of one processor."""


@frozen
class _Answers:
    """Whether a condition may be met, and whether it may not."""

    yes: bool
    no: bool


def rules_for_heads(component: Ruled) -> dict[int, bool]:
    """Return the rules, by index, that pay an amount for first orders alone, and whether that is certain.

    It is not certain where earlier rules may be for all later orders, but need not be, and where hardly
    anything may have been bought before.  A gift is an amount too, by whichever rule it is given.
    """
    found: dict[int, bool] = {}
    earlier: list[Rule] = []
    left = _ASKED_MAX
    for index, rule in enumerate(plain_rules(component.rules)):
        if has_gift(component) or (isinstance(rule.pays, FixedPerOrder) and not pays_nothing(rule.pays)):
            is_certain: bool | None = True
            if not isinstance(component, FirstOrder):
                is_certain, asked = _is_for_heads(rule, earlier, left)
                left -= asked
            if is_certain is not None:
                found[index] = is_certain
        if component.choose is Choice.FIRST and _asks_number(rule.match):
            earlier.append(rule)
    return found


def _asks_number(match: Match | None) -> bool:
    return any(isinstance(each, OrderNumber | SpentBefore) for each in atoms_of(match))


def _is_for_heads(rule: Rule, earlier: Sequence[Rule], left: int) -> tuple[bool | None, int]:
    """Say whether a rule is for first orders alone: certainly, perhaps or, None, not; and what that took.

    Where it would take more than is left, earlier rules are not looked at.
    """
    near = _near(rule, earlier) if left > 0 else []
    numbers = _numbers(rule, near)
    asked = len(earlier[:_EARLIER_MAX]) + len(numbers) * _size(rule) * sum(map(_size, near))
    if asked > left:
        near, asked = [], 0
        numbers = _numbers(rule, near)
    is_cut = len(numbers) > _NUMBERS_MAX
    covering = [each for each in near if _covers(each, rule)]
    won = [number for number in numbers[:_NUMBERS_MAX] if _wins(rule, covering, number)]
    if _FIRST not in won:
        return None, asked
    if won == [_FIRST]:
        return not is_cut, asked
    may_win = any(_may_win(rule, near, number) for number in won[1:])
    # Of a few earlier rules all are near, or are for others; of more, one may be for all later orders.
    is_all = not earlier or (asked > 0 and len(earlier) <= _EARLIER_MAX and len(near) < _COMPARED_MAX)
    return None if may_win and is_all else False, asked


def _near(rule: Rule, earlier: Sequence[Rule]) -> list[Rule]:
    """Return the first of some earlier rules that may be for the same level and tier."""
    met = (
        each
        for each in earlier[:_EARLIER_MAX]
        if may_share(rule.levels, each.levels) and may_share(rule.tiers, each.tiers)
    )
    return list(islice(met, _COMPARED_MAX))


def _numbers(rule: Rule, near: Sequence[Rule]) -> list[int]:
    edges = {edge for each in (rule, *near) for edge in _edges(each.match)}
    return sorted({_FIRST, _FIRST + 1} | edges)


def _size(rule: Rule) -> int:
    return 1 + sum(1 for _ in atoms_of(rule.match))


def _covers(wide: Rule, narrow: Rule) -> bool:
    """Say whether a rule is for all levels and tiers of another one."""
    return lies_within(narrow.levels, wide.levels) and lies_within(narrow.tiers, wide.tiers)


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
