"""What an amount is made of, as data: the rate, what it is of, how it is rounded, and what bounds it."""

from collections.abc import Sequence
from typing import Final, assert_never

from distcore.commission import (
    Component,
    FixedPerOrder,
    FixedPerUnit,
    Formula,
    LevelBelow,
    ListPrice,
    Margin,
    Net,
    Percent,
    Plan,
    Residual,
    Rule,
    Why,
)
from distcore.kernel import format_minor
from distcore_cli.render import Cell, columns

TERMS: Final = "pays rate each base rounding scope"
"""The terms of a rule: what it pays, of what, and how that is rounded."""

MADE: Final = (
    f"{TERMS} base_amount paid_below part parts before_caps cap cap_asked cap_left budget budget_asked "
    "budget_cut"
)
MADE_NUMERIC: Final = (
    "each base_amount paid_below part parts before_caps cap_asked cap_left budget budget_asked"
)

CAPS = columns(
    "order line component rule level payee cap member asked to together left", "level asked to together left"
)
"""Every cap that took something away: of the amount, from `asked` to `to`; `together` were asked under it."""


def terms(plan: Plan, component: Component, rule: Rule | Formula) -> Sequence[Cell]:
    """Return the terms of a rule as `TERMS` names them; a fixed amount has no base, and is not rounded."""
    if isinstance(rule, Formula):
        return ("formula", None, None, base_name(component), None, None)
    match rule.pays:
        case Percent(rate):
            rounded = (plan.rounding.value, plan.rounding_scope.value)
            return ("percent", str(rate), None, base_name(component), *rounded)
        case FixedPerUnit(amount_minor):
            return ("per_unit", None, format_minor(amount_minor, plan.currency), None, None, None)
        case FixedPerOrder(amount_minor):
            return ("per_order", None, format_minor(amount_minor, plan.currency), None, None, None)
        case _:
            assert_never(rule.pays)


def base_name(component: Component) -> str:
    """Return what a component takes its percentages of, as plans write it."""
    match component.base:
        case Net(with_tax):
            return "net_with_tax" if with_tax else "net"
        case ListPrice():
            return "list"
        case Margin():
            return "margin"
        case LevelBelow():
            return "level_below"
        case Residual():
            return "residual"
        case _:
            assert_never(component.base)


def made_of(why: Why) -> Sequence[Cell]:
    """Return what an amount is made of as `MADE` names it; of caps, the last that took something away."""
    currency = why.plan.currency
    place, parts = (None, None) if why.turn is None else (why.turn[0] + 1, why.turn[1])
    pays, rate, each, base, *rounded = terms(why.plan, why.component, why.rule)
    base = "difference" if why.is_of_difference else base
    budget = why.budget_minor
    return (
        *(pays, rate, each, base, *rounded),
        None if base is None else format_minor(why.base_minor, currency),
        format_minor(why.taken_minor, currency),
        place,
        parts,
        format_minor(why.worth_minor, currency),
        *_last_cap(why),
        None if budget is None else format_minor(budget, currency),
        None if budget is None else format_minor(sum(why.amounts), currency),
        None if budget is None else why.plan.budget_cut.value,
    )


def _last_cap(why: Why) -> Sequence[Cell]:
    if not why.caps:
        return (None, None, None)
    capped, _ = why.caps[-1]
    currency = why.plan.currency
    together, left = sum(capped.asked), capped.most_minor
    return (capped.cap.id, format_minor(together, currency), format_minor(left, currency))


def cap_rows(order: str, why: Why) -> list[Sequence[Cell]]:
    """Return every cap that took something away from an amount."""
    accrual, currency = why.accrual, why.plan.currency
    of = (order, accrual.line, accrual.component, accrual.rule, accrual.level, accrual.payee)
    return [
        (
            *of,
            capped.cap.id,
            capped.member,
            format_minor(capped.asked[place], currency),
            format_minor(capped.granted[place], currency),
            format_minor(sum(capped.asked), currency),
            format_minor(capped.most_minor, currency),
        )
        for capped, place in why.caps
    ]
