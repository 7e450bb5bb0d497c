"""Why every cent of an order is what it is, and who got nothing."""

from collections.abc import Iterator, Sequence
from functools import partial

from attrs import evolve, frozen

from distcore import commission
from distcore.commission import (
    NO_FORMULAS,
    Explained,
    Formulas,
    Plan,
    PlanVersions,
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


def explain_after(
    tx: Transaction, asked: Sequence[tuple[SaleRecord, int]], plans: PlanVersions, formulas: Formulas
) -> Iterator[Explained | None]:
    """Explain each sale as it was after one of its postings; None where a formula is not among `formulas`.

    One after the other: an order may have very many amounts.
    """
    found = [(record, *record.upto(posting)) for record, posting in asked]
    used = list({pin: plans[pin] for *_, pin in found}.values())
    forest = Forest.of_sales(tx, [record.booking.sale for record, _ in asked], used)
    for record, left, pin in found:
        if formula_refusal(plans[pin], formulas) is not None:
            yield None
            continue
        yield forest.decide(partial(_explained, evolve(record, corrections=left), plans[pin], formulas))


def _explained(record: SaleRecord, plan: Plan, formulas: Formulas, seats: Seats) -> Explained:
    booking = record.booking
    left = left_of(booking.sale, record.corrections)
    lineage = lineage_of(seats, booking, record.corrections)
    return commission.explain(plan, booking.sale, left, lineage, formulas)
