"""What a first order gives besides money, and what is earned of a sale altogether.

The rule this file protects: a gift is whole.  It is given once for a customer, while anything is left of a
line that a rule pays for, and is given back whole where nothing is.
"""

from collections.abc import Iterable, Iterator, Sequence

from attrs import evolve, frozen

from distcore.commission.accrual import Accrual, Given, Posting
from distcore.commission.ascent import claims_for
from distcore.commission.award import awards, is_over
from distcore.commission.calculate import calculate, correct, sums_of
from distcore.commission.formula import NO_FORMULAS, Formulas
from distcore.commission.lineage import Lineage
from distcore.commission.match import Case
from distcore.commission.plan import FirstOrder, Plan
from distcore.commission.sale import Left, Sale


@frozen
class Earned:
    """What is earned of a sale, or what must be posted of it: money, and gifts besides."""

    accruals: tuple[Accrual, ...]
    gifts: tuple[Given, ...] = ()


def earn(
    plan: Plan, sale: Sale, left: Sequence[Left], lineage: Lineage, formulas: Formulas = NO_FORMULAS
) -> Earned:
    """Return all that is earned of what is left; see `calculate`."""
    accruals = calculate(plan, sale, left, lineage, formulas)
    return Earned(accruals, tuple(gifts_of(plan, sale, left, lineage)))


def still_to_post(now: Earned, postings: Sequence[Posting]) -> Earned:
    """Return what must be posted so that all that was posted adds up to what is earned now."""
    so_far = sums_of(accrual for posting in postings for accrual in posting.accruals)
    return Earned(correct(now.accruals, so_far), gifts_to_post(now.gifts, postings))


def gifts_to_post(now: Sequence[Given], postings: Iterable[Posting]) -> tuple[Given, ...]:
    """Return the gifts that are new, then those to be given back, in the order in which they were given."""
    had: dict[Given, int] = {}
    for posting in postings:
        for each in posting.gifts:
            what = evolve(each, change=1)
            had[what] = had.get(what, 0) + each.change
    new = [each for each in now if not had.get(each)]
    gone = [evolve(each, change=-1) for each, count in had.items() if count and each not in now]
    return (*new, *gone)


def gifts_of(plan: Plan, sale: Sale, left: Sequence[Left], lineage: Lineage) -> Iterator[Given]:
    """Yield what is given for what is left of a sale, whatever its formulas pay."""
    for component in plan.components:
        if not isinstance(component, FirstOrder) or component.gift is None:
            continue
        case = Case(sale, lineage.past, earned=lineage.earned, was_gone=lineage.was_gone)
        if is_over(component, case):
            continue
        won = awards(plan, component, claims_for(component, lineage), case, [() for _ in sale.lines])
        payees = (each.claim.payee for each in won if any(left[index].net_minor for index in each.at))
        for payee in dict.fromkeys(payees):
            yield Given(component.id, payee, component.gift)
