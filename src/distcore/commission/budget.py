"""Whether a budget, which is a share of the net, leaves what a plan says that it pays.

The rule this file protects: what is refused is shrunk whatever is sold; where that is only likely, it is a
warning.
"""

from collections.abc import Iterator
from typing import Final, assert_never

from distcore.commission.asked import pays_nothing, subtracts_all
from distcore.commission.implied import ANY_NUMBER, Numbers, numbers_of
from distcore.commission.match import Match, NetBetween, Not, Of, UnitsBetween
from distcore.commission.plan import (
    BudgetCut,
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
    Region,
    Residual,
    Rule,
    Ruled,
    Scope,
    Upline,
)
from distcore.kernel import PPM, Problem, Rate, Severity, format_minor, percentage


def reward_problems(plan: Plan, component: Ruled, rule: Rule, where: str) -> Iterator[Problem]:
    """Yield what a budget does to the reward of a rule by itself."""
    if plan.budget is None:
        return
    if isinstance(rule.pays, Percent):
        is_of_net = isinstance(component.base, LevelBelow) and 1 in rule.levels
        yield from _rate_problems(
            plan.budget, component, rule.pays.rate, f"{where}.rate", is_of_net=is_of_net
        )
    elif not plan.budget.ppm and not pays_nothing(rule.pays):
        yield Problem(f"{where}.amount", "a budget of 0% leaves nothing of it", "raise the budget")
    else:
        yield from _amount_problems(plan, plan.budget, rule.pays, rule.match, f"{where}.amount")


def _amount_problems(
    plan: Plan, budget: Rate, pays: FixedPerUnit | FixedPerOrder, match: Match | None, where: str
) -> Iterator[Problem]:
    """Yield where an amount is above the budget of all that a rule is for, as a rate would be.

    A net of the order that ends below something bounds whatever shares a budget.  That of a line is certain
    to bind where lines have budgets of their own, and each is paid by its own units; otherwise further lines
    of the order may leave room.
    """
    asked, by_line = pays.amount_minor, False
    if isinstance(pays, FixedPerUnit):
        asked *= max(1, _units_least(match))
        by_line = plan.rounding_scope is not Scope.ORDER
    of_order, of_line = _net_below(match, Of.ORDER), _net_below(match, Of.LINE)
    if _exceeds(asked, of_order, budget) or (by_line and _exceeds(asked, of_line, budget)):
        message = f"{_above(plan, asked)} of so low a net is above the budget of {budget}"
        yield Problem(where, message, "lower the amount, raise the budget, or ask for a higher net")
    elif _exceeds(asked, of_line, budget):
        message = f"{_above(plan, asked)} of so low a net of a line is above the budget of {budget}"
        hint = "it is cut, unless other lines of the order leave room"
        yield Problem(where, message, hint, Severity.WARNING)


def _above(plan: Plan, asked: int) -> str:
    return f"{format_minor(asked, plan.currency)} {plan.currency}"


def _exceeds(asked: int, below: int | None, budget: Rate) -> bool:
    """Say whether an amount is above the budget of every net below another one, as a rate would be."""
    return below is not None and below > 1 and asked * PPM > budget.ppm * (below - 1)


def _net_below(match: Match | None, of: Of) -> int | None:
    """Return what a condition lets the net of a line, or of the order, only be below, if anything."""

    def net(each: Match | None) -> Numbers:
        match each:
            case NetBetween(asked, least, below) if asked is of:
                return least, below
            case Not(NetBetween(asked, least, None)) if asked is of:
                return 0, least
            case _:
                return ANY_NUMBER

    return numbers_of(match, net)[1]


def _units_least(match: Match | None) -> int:
    """Return the fewest units of a line that a condition is met by, as far as it is plain."""

    def units(each: Match | None) -> Numbers:
        match each:
            case UnitsBetween(Of.LINE, least, below):
                return least, below
            case _:
                return ANY_NUMBER

    return numbers_of(match, units)[0]


def bonus_problems(plan: Plan, component: Differential, where: str) -> Iterator[Problem]:
    """Yield what a budget does to the bonus of a differential by itself."""
    if plan.budget is None or component.same_tier is None:
        return
    for place, rate in enumerate(component.same_tier.rates):
        if not plan.budget.ppm or not component.same_tier.of_difference:
            yield from _rate_problems(plan.budget, component, rate, f"{where}.rates[{place}]")


def _rate_problems(
    budget: Rate, component: Component, rate: Rate, where: str, *, is_of_net: bool = False
) -> Iterator[Problem]:
    if rate <= budget:
        return
    message = f"{rate} is above the budget of {budget}"
    if is_of_net or not budget.ppm or _is_of_net(component):
        yield Problem(where, message, "lower the rate or raise the budget")
    elif isinstance(component.base, ListPrice):
        hint = "a list price is hardly ever below the net: what exceeds the budget is cut"
        yield Problem(where, message, hint, Severity.WARNING)


def _is_of_net(component: Component) -> bool:
    """Say whether percentages are of the net or more; a residual is the net where no level below is paid."""
    match component.base:
        case Net() | Residual():
            return True
        case LevelBelow() | ListPrice() | Margin():
            return False
        case _:
            assert_never(component.base)


_CUT: Final = {
    BudgetCut.IN_PROPORTION: "what exceeds the budget is shrunk in proportion",
    BudgetCut.FROM_THE_TOP: "what exceeds the budget is cut, farthest from the buyer first",
}


def together_problems(plan: Plan) -> Iterator[Problem]:
    """Warn where percentages together exceed the budget: they will be cut, which may be meant."""
    if plan.budget is None:
        if plan.budget_cut is not BudgetCut.IN_PROPORTION:
            hint = "set a budget, or leave this out"
            yield Problem("$.budget_cut", "there is no budget", hint, Severity.WARNING)
        return
    together = 0
    for component in filter(_is_of_net, plan.components):
        most = _most_ppm(component)
        together = max(together, most) if subtracts_all(component) else together + most
    if together > plan.budget.ppm:
        yield Problem(
            "$.budget",
            f"all percentages together can ask for {percentage(together)}, the budget is {plan.budget}",
            _CUT[plan.budget_cut],
            Severity.WARNING,
        )


def _most_ppm(component: Component) -> int:
    """Return what the percentages of a component can ask for together, in ppm of its base.

    A bonus for the same tier follows each step of a differential: it is of the base, or of the difference,
    and those add up to the highest rate.  Rules of different conditions make no steps for one another.
    """
    best: dict[int, int] = {}
    for rule in component.rules:
        if isinstance(rule.pays, Percent):
            for level in rule.levels if isinstance(component, Upline | Region) and rule.levels else (0,):
                best[level] = max(best.get(level, 0), rule.pays.rate.ppm)
    most = sum(best.values())
    bonus = component.same_tier if isinstance(component, Differential) else None
    if bonus is None:
        return most
    steps: dict[Match | None, set[int]] = {}
    for rule in component.rules:
        if isinstance(rule.pays, Percent) and rule.pays.rate.ppm:
            steps.setdefault(rule.match, set()).add(rule.pays.rate.ppm)
    of_steps = most if bonus.of_difference else max(map(len, steps.values()), default=0) * PPM
    return most + of_steps * sum(rate.ppm for rate in bonus.rates) // PPM
