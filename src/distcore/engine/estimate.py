"""What would a cart pay, before it is sold: whoever buys it, or for one buyer by the tree as it is now.

The rule this file protects: what is estimated is what a sale would post that is paid now, and what a sale
would be refused for an estimate is refused for too.  Nothing is written.
"""

from functools import partial

from attrs import frozen

from distcore import commission
from distcore.commission import (
    LEVELS,
    NO_FORMULAS,
    Estimate,
    Explained,
    Formulas,
    Plan,
    Sale,
    base_refusal,
    formula_refusal,
    plan_errors,
    sale_problems,
    whole,
)
from distcore.engine.accrue import plan_for, policy_of
from distcore.engine.headroom import Headroom
from distcore.engine.history import History
from distcore.engine.lineage import Forest, Seats, booking_of, lineage_of
from distcore.engine.once import answered
from distcore.kernel import (
    Currency,
    InputError,
    Instant,
    RefusedError,
    int_problem,
    limits,
    utc,
)
from distcore.ports import Transaction


@frozen
class Expectation:
    """What a sale would pay if it were paid now: every amount with its reasons, and who would get nothing."""

    plan: Plan
    sale: Sale
    explained: Explained


def estimate(plan: Plan, sale: Sale, *, levels: int = LEVELS, formulas: Formulas = NO_FORMULAS) -> Estimate:
    """Return what each component and level of a plan may earn of a sale, whoever its buyer is.

    Pure: it asks no store, and the buyer and the promoter of the sale do not matter.  `levels` are told of
    components that pay every level.  Raises `InputError` and `RefusedError` as `accrue` does.
    """
    problem = int_problem(levels, "levels", least=1, most=limits.LEVEL_MAX)
    if problem is not None:
        raise InputError((problem,))
    _check(plan, sale, formulas)
    return commission.estimate(plan, sale, levels=levels, formulas=formulas)


def expect(tx: Transaction, plan: Plan, sale: Sale, *, formulas: Formulas = NO_FORMULAS) -> Expectation:
    """Return what a sale would pay by a plan, with its buyer, its promoter and the tree as they are now.

    Raises `InputError` and `RefusedError` as `accrue` does.
    """
    _check(plan, sale, formulas)
    forest = Forest.of_sales(tx, [sale], [plan])
    policy, revision = policy_of(tx), tx.members.revision()
    past = History(tx, [sale], [plan], for_change=False).past_of(sale, plan, policy)
    pairs = [(sale, plan)] if plan.keeps_tallies else []
    headroom = Headroom(tx, pairs, forest, policy.calendar, revision=revision, for_change=False)
    book = partial(booking_of, sale, plan, past=past, revision=revision, at=sale.paid_at)

    def explained(seats: Seats) -> Explained:
        granted, _ = headroom.book(answered(book(seats)), plan, seats, formulas)
        return commission.explain(plan, sale, whole(sale), lineage_of(seats, granted, ()), formulas)

    return Expectation(plan, sale, forest.decide(explained))


def plan_in_force(
    tx: Transaction, currency: Currency, at: Instant, *, known_at: Instant | None = None
) -> Plan:
    """Return the plan that a sale in a currency is calculated by that is paid at an instant.

    With `known_at` the one that a sale was calculated by that was first accrued then: what was published
    later is left out.
    """
    known = tx.plans.all(known_at=None if known_at is None else utc(known_at, "known_at"))
    return answered(plan_for(policy_of(tx), known, currency, utc(at, "at"), what="the cart"))


def _check(plan: Plan, sale: Sale, formulas: Formulas) -> None:
    """Refuse what could not be published, or not be sold."""
    problems = (*plan_errors(plan), *sale_problems(sale))
    if problems:
        raise InputError(problems)
    if sale.currency != plan.currency:
        raise InputError.of("currency", f"the plan is in {plan.currency}", f"not in {sale.currency}")
    refusal = base_refusal(plan, sale) or formula_refusal(plan, formulas)
    if refusal is not None:
        raise RefusedError(refusal)
