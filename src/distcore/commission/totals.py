"""What a sale pays altogether, line by line no more: by component, origin level and payee.

The rule this file protects: a total is the sum of what `calculate` gives, to the minor unit.  Only the lines
are not written down where no component of the plan looks at what was written down for others.
"""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from distcore.commission.accrual import Accrual
from distcore.commission.calculate import Claims, earned_by, worths
from distcore.commission.cap import Granted
from distcore.commission.match import Case
from distcore.commission.plan import Component, Differential, LevelBelow, Plan, Residual
from distcore.commission.sale import Left
from distcore.kernel import ComponentId, MemberId

Totals: TypeAlias = dict[tuple[ComponentId, int, MemberId], int]
"""Minor units by component, origin level and payee; nothing that comes to zero."""


def totals_by(
    claims: Claims, plan: Plan, case: Case, left: Sequence[Left], granted: Granted | None
) -> Totals:
    """Return what claims have earned of what is left, added up over lines and rules.

    Two thirds of the time of `earned_by` where it can do without the lines: caps and budgets are shared by
    line, and some bases and differences are made of what others are paid on the same line.
    """
    shares = plan.budget is not None or bool(plan.caps)
    if shares or plan.amounts_decide or any(map(_looks_back, plan.components)):
        return totals_of(earned_by(claims, plan, case, left, granted))
    totals: Totals = {}
    for component, award, *_, amounts in worths(plan, case, left, claims, None):
        amount = sum(amounts)
        if amount:
            of = (component.id, award.claim.level, award.claim.payee)
            totals[of] = totals.get(of, 0) + amount
    return totals


def totals_of(accruals: Iterable[Accrual]) -> Totals:
    """Add up facts of one sale over lines, rules and causes."""
    totals: Totals = {}
    for accrual in accruals:
        of = (accrual.component, accrual.level, accrual.payee)
        totals[of] = totals.get(of, 0) + accrual.amount_minor
    return {of: amount for of, amount in totals.items() if amount}


def _looks_back(component: Component) -> bool:
    """Say whether what a component pays on a line depends on what was paid there before."""
    return isinstance(component, Differential) or isinstance(component.base, LevelBelow | Residual)
