"""What a reward is worth for lines that were won: of which base, less what, rounded at which scope.

The rule this file protects: an amount is rounded once, and what one seat is paid and the next is not
paid is the same minor unit.
"""

from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias, assert_never

from distcore.commission.accrual import Accrual
from distcore.commission.plan import (
    BaseOfGoods,
    Component,
    Differential,
    FixedPerOrder,
    FixedPerUnit,
    LevelBelow,
    ListPrice,
    Margin,
    Net,
    Percent,
    Plan,
    Residual,
    Reward,
    Scope,
    Subtract,
)
from distcore.commission.sale import Left, Sale, SaleLine
from distcore.kernel import PPM, Rate, Rounding, divide, split

ByLine: TypeAlias = Sequence[Sequence[Accrual]]
"""What was asked for so far, line by line."""

Turn: TypeAlias = tuple[int, int]
"""Which of so many equal parts: the first is 0."""

_LINE: Final = Scope.LINE  # looking up a member of an enum takes long; this one is needed always


def amounts_of(
    plan: Plan, pays: Reward, parts: Sequence[Left], bases: Sequence[int], taken: Sequence[int] | None = None
) -> Sequence[int]:
    """Return what a reward is worth for lines, in minor units: `taken` is what it exceeds, if anything.

    Lines that are rounded together are compared together, so that all that is paid of them adds up to
    what the highest reward is worth.
    """
    worth = _worth(plan, pays, parts, bases)
    if taken is None:
        return worth
    if not rounded_together(plan, pays):
        return [max(0, each - below) for each, below in zip(worth, taken, strict=True)]
    assert not isinstance(pays, FixedPerUnit), "units are never rounded together"
    more = sum(worth) - sum(taken)
    return split(more, _unrounded(pays, parts, bases, taken)) if more > 0 else [0] * len(worth)


def part_of(amount_minor: int, turn: Turn) -> int:
    """Return one of so many equal parts, as `split` gives them, without making the others."""
    place, among = turn
    each, more = divmod(amount_minor, among)
    return each + (place < more)


def rounded_together(plan: Plan, pays: Reward) -> bool:
    """Say whether the lines that a reward is paid for share one rounding."""
    match pays:
        case Percent():
            return plan.rounding_scope is Scope.ORDER
        case FixedPerUnit():
            return False
        case FixedPerOrder():
            return True
        case _:
            assert_never(pays)


def bases_of(
    plan: Plan,
    component: Component,
    level: int,
    at: Sequence[int],
    sale: Sale,
    left: Sequence[Left],
    asked: ByLine,
) -> list[int]:
    """Return what percentages of a component are taken of at a level, for lines, in minor units."""
    base = component.base
    match base:
        case Net(with_tax=False):  # first: nearly every plan is of this one
            return [left[index].net_minor for index in at]
        case Net() | ListPrice() | Margin():
            return [_of_goods(base, sale.lines[index], left[index], plan.rounding) for index in at]
        case Residual():
            return [max(0, left[index].net_minor - _asked_by(component, asked[index])) for index in at]
        case LevelBelow() if level == 1:
            return [left[index].net_minor for index in at]
        case LevelBelow():
            return [_asked_by(component, asked[index], level - 1) for index in at]
        case _:
            assert_never(base)


def differences_at(component: Differential, level: int, at: Sequence[int], asked: ByLine) -> list[int]:
    """Return what a seat earns by its tier alone, for lines, in minor units."""
    return [_asked_by(component, asked[index], level) for index in at]


def taken_below(component: Component, at: Sequence[int], asked: ByLine) -> list[int] | None:
    """Return what a differential subtracts, for lines, in minor units; None for other components."""
    if not isinstance(component, Differential):
        return None
    match component.subtract:
        case Subtract.HIGHEST_RATE:
            return [_asked_by(component, asked[index]) for index in at]
        case Subtract.ALL_PAID:
            return [sum([accrual.amount_minor for accrual in asked[index]]) for index in at]
        case _:
            assert_never(component.subtract)


def _worth(plan: Plan, pays: Reward, parts: Sequence[Left], bases: Sequence[int]) -> Sequence[int]:
    match pays:
        case Percent(rate):
            return _percent(plan, rate, bases, parts)
        case FixedPerUnit(amount_minor):
            return [amount_minor * part.units for part in parts]
        case FixedPerOrder(amount_minor):
            return split(amount_minor, [part.net_minor for part in parts])
        case _:
            assert_never(pays)


def _percent(plan: Plan, rate: Rate, bases: Sequence[int], parts: Sequence[Left]) -> Sequence[int]:
    scope, rounding = plan.rounding_scope, plan.rounding
    if scope is _LINE:
        return rate.of_each(bases, rounding)
    if scope is Scope.UNIT:
        return [_by_unit(base, part.units, rate, rounding) for base, part in zip(bases, parts, strict=True)]
    if scope is Scope.ORDER:
        return split(rate.of(sum(bases), rounding), bases)
    assert_never(scope)


def _by_unit(base: int, units: int, rate: Rate, rounding: Rounding) -> int:
    """Round every unit by itself: `split` gives some a minor unit more; no units count as one."""
    units = units or 1
    each, dearer = divmod(base, units)
    return (units - dearer) * rate.of(each, rounding) + dearer * rate.of(each + 1, rounding)


def _unrounded(
    pays: Percent | FixedPerOrder, parts: Sequence[Left], bases: Sequence[int], taken: Iterable[int]
) -> list[int]:
    """Return by how much each line exceeds what was taken, times whatever makes it a whole number.

    Where the lines exceed it together, at least one of them does.
    """
    match pays:
        case Percent(rate):
            return [max(0, base * rate.ppm - below * PPM) for base, below in zip(bases, taken, strict=True)]
        case FixedPerOrder(amount_minor):
            nets = [part.net_minor for part in parts]
            whole = sum(nets)
            return [
                max(0, amount_minor * net - below * whole) for net, below in zip(nets, taken, strict=True)
            ]
        case _:
            assert_never(pays)


def _of_goods(base: BaseOfGoods, line: SaleLine, part: Left, rounding: Rounding) -> int:
    """Return what is left of the net, the list price or the margin of a line, from the original each time."""
    match base:
        case Net(with_tax):
            return part.net_minor + (_tax(line, part, rounding) if with_tax else 0)
        case ListPrice():
            return _by_units(line.list_minor, line, part, rounding)
        case Margin():
            return max(0, part.net_minor - _by_units(line.cost_minor, line, part, rounding))
        case _:
            assert_never(base)


def _tax(line: SaleLine, part: Left, rounding: Rounding) -> int:
    """Return the tax in proportion to the net; a line that was sold for nothing has none."""
    if not line.net_minor:
        return 0
    return divide((line.tax_minor or 0) * part.net_minor, line.net_minor, rounding)


def _by_units(amount_minor: int | None, line: SaleLine, part: Left, rounding: Rounding) -> int:
    """Return the part of an amount that the units left have; a line without units is one unit."""
    return divide((amount_minor or 0) * (part.units if line.units else 1), line.units or 1, rounding)


def _asked_by(component: Component, accruals: Iterable[Accrual], level: int | None = None) -> int:
    """Return what a component asked for on a line, on one level or on all of them, bonuses aside."""
    bonus = component.same_tier if isinstance(component, Differential) else None
    return sum(
        [
            each.amount_minor
            for each in accruals
            if each.component == component.id
            and (level is None or each.level == level)
            and (bonus is None or each.rule != bonus.id)
        ]
    )
