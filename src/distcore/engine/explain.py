"""Why every cent of an order is what it is, and who got nothing."""

from functools import partial

from attrs import frozen

from distcore import commission
from distcore.commission import (
    NO_FORMULAS,
    Explained,
    Formulas,
    Plan,
    SaleRecord,
    by_version,
    formula_refusal,
    left_of,
)
from distcore.commission import refusals as no
from distcore.engine.lineage import Forest, Seats, lineage_of
from distcore.kernel import InputError, RefusedError, SaleId, id_problem
from distcore.ports import Transaction


@frozen
class Explanation:
    """A sale with its history, the plan it was pinned to, and every amount explained."""

    record: SaleRecord
    plan: Plan
    explained: Explained


def explain(tx: Transaction, sale: SaleId, *, formulas: Formulas = NO_FORMULAS) -> Explanation:
    """Calculate a sale again, by what was frozen with it, and say what every amount was made of.

    Refused where the plan pays by a formula that is not among `formulas`.
    """
    problem = id_problem(sale, "sale")
    if problem is not None:
        raise InputError((problem,))
    record = tx.sales.find([sale]).get(sale)
    if record is None:
        raise RefusedError(no.SALE_UNKNOWN.refuse(sale=sale))
    plan = by_version(tx.plans.all())[record.pin]
    unknown = formula_refusal(plan, formulas)
    if unknown is not None:
        raise RefusedError(unknown)
    forest = Forest.of_sales(tx, [record.booking.sale], [plan])
    return Explanation(record, plan, forest.decide(partial(_explained, record, plan, formulas)))


def _explained(record: SaleRecord, plan: Plan, formulas: Formulas, seats: Seats) -> Explained:
    booking = record.booking
    left = left_of(booking.sale, record.corrections)
    return commission.explain(plan, booking.sale, left, lineage_of(seats, booking), formulas)
