"""What should have been posted of a period, less what was: the check of it, and the repair.

By what was frozen with each sale an honest store has nothing to add.  Where somebody wants another plan
version for sales that are accrued already, and somebody else approves it, they are pinned to it first.

The one rule this file protects: nothing that was posted or settled changes; what is missing, or too much, is
a fact of its own, and what of it is released goes to the period that is open.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Final

from attrs import evolve, frozen

from distcore.commission import (
    NO_FORMULAS,
    Formulas,
    Plan,
    PlanVersions,
    Posting,
    Repin,
    SaleRecord,
    by_version,
    formula_refusal,
    recomputed_under,
    repin_refusal,
)
from distcore.engine import refusals
from distcore.engine.accrue import currency_refusal, policy_of
from distcore.engine.after_sale import deltas_of, earned_now, keep_books
from distcore.engine.lineage import Forest
from distcore.engine.once import Call, called, check, tell
from distcore.engine.pin import NewPin, pin_problems, pin_refusal
from distcore.kernel import (
    Currency,
    Instant,
    Key,
    Period,
    Refusal,
    Refused,
    RefusedError,
    Report,
    SaleId,
    currency_problem,
    digest,
    id_problem,
    instant_of,
    int_problem,
    limits,
    micros_of,
    shape_problems,
)
from distcore.ports import Command, Transaction

VERB: Final = "recompute"

SALES_MAX: Final = 1_000
"""Sales of one call: bounds memory, and what a rollback loses."""


@frozen
class Recomputed:
    """What came of the sales that one call has looked at; `last` is where the next call goes on, if any.

    `report` holds the postings of those that were short or too much, or pinned to another version.
    """

    sales: int
    report: Report[Posting]
    last: SaleId | None = None


def recompute(
    tx: Transaction,
    currency: Currency,
    period: Period,
    *,
    at: Instant,
    actor: str,
    key: str,
    pin: NewPin | None = None,
    after: str = "",
    sales_max: int = SALES_MAX,
    formulas: Formulas = NO_FORMULAS,
) -> Recomputed:
    """Post what is missing of the sales paid in a period, by what was frozen with each.

    With `pin` they are pinned to another plan version first: refused where the actor approves it too, and
    sale by sale where it is not valid, or asks for what was not frozen.  One call takes up to `sales_max`
    sales, by id, that come after `after`: go on with `last`, in the same transaction or the next, until it
    is None.  Each sale is done once under `key` and its own id.
    """
    call = called(at=at, actor=actor, key=key, of_batch=True)
    _check(currency, period, pin, after, sales_max)
    if currency not in policy_of(tx).currencies:
        raise RefusedError(currency_refusal(policy_of(tx), currency))
    plans = by_version(tx.plans.all())
    refusal = None if pin is None else pin_refusal(pin, currency, plans, call.actor)
    if refusal is not None:
        raise RefusedError(refusal)
    until = min(period.end, instant_of(micros_of(call.at) + 1))
    ids = list(islice(_paid(tx, currency, period.start, until, after), sales_max))
    desk = _Desk(tx, call, ids, plans, pin, (currency, period, pin), formulas)
    return Recomputed(len(ids), desk.run(), ids[-1] if len(ids) == sales_max else None)


def _paid(
    tx: Transaction, currency: Currency, since: Instant, until: Instant, after: str
) -> Iterator[SaleId]:
    for each in tx.sales.paid(since, until, after=after):
        if each.booking.sale.currency == currency:
            yield each.booking.sale.id


def _check(currency: object, period: object, pin: object, after: object, sales_max: object) -> None:
    check(
        *shape_problems(period, Period, "period"),
        currency_problem(currency, "currency"),
        None if after == "" else id_problem(after, "after"),
        int_problem(sales_max, "sales_max", least=1, most=limits.SPLIT_PARTS_MAX),
        *pin_problems(pin),
    )


class _Desk:
    """What the sales of one call are decided by."""

    def __init__(
        self,
        tx: Transaction,
        call: Call,
        ids: Sequence[SaleId],
        plans: PlanVersions,
        pin: NewPin | None,
        inputs: object,
        formulas: Formulas,
    ) -> None:
        self._tx = tx
        self._call = call
        self._plans = plans
        self._pin = pin
        self._inputs = inputs
        self._formulas = formulas
        self._cause = recomputed_under(call.key)
        self._records = tx.sales.find(ids, for_change=True)
        sales = [each.booking.sale for each in self._records.values()]
        self._forest = Forest.of_sales(tx, sales, plans.values())

    def run(self) -> Report[Posting]:
        """Decide sale by sale, and write what was decided."""
        keys = {id: Key(f"{self._call.key}/{id}") for id in self._records}
        before = self._tx.commands.find(list(keys.values())) if keys else {}
        done: list[tuple[SaleRecord, Repin | None]] = []
        commands: list[Command] = []
        refused: list[Refused] = []
        repeated = 0
        for id in sorted(self._records):
            inputs = digest((VERB, self._inputs, id))
            command = before.get(keys[id])
            if command is not None and (command.verb, command.inputs) == (VERB, inputs):
                repeated += 1
                continue
            answer = self._decided(self._records[id], command)
            if isinstance(answer, Refusal):
                refused.append(Refused(id, answer))
            elif answer is not None:
                done.append(answer)
                commands.append(Command(keys[id], VERB, inputs, "", self._call.at, self._call.actor))
        if done:
            self._write(done)
            self._tx.commands.add(commands)
            told = ((keys[record.booking.sale.id], record.booking.sale.id) for record, _ in done)
            tell(self._tx, self._call, VERB, told)
        return Report(tuple(record.postings[-1] for record, _ in done), repeated, tuple(refused))

    def _decided(
        self, record: SaleRecord, command: Command | None
    ) -> tuple[SaleRecord, Repin | None] | Refusal | None:
        """Return a sale with what is posted of it, and the re-pin, if any; None where nothing is."""
        if command is not None:
            return refusals.KEY_REUSED.refuse(key=command.key, verb=command.verb)
        repin = self._repin(record)
        plan = self._plans[record.pin if repin is None else (repin.plan, repin.plan_version)]
        unknown = formula_refusal(plan, self._formulas)
        if unknown is not None:
            return unknown
        if repin is not None:
            booking = record.booking
            refusal = repin_refusal(record, plan, self._plans[booking.plan, booking.plan_version])
            if refusal is not None:
                return refusal
        posting = self._posting(record, plan)
        if isinstance(posting, Refusal):
            return posting
        if repin is None and not (posting.accruals or posting.gifts):
            return None
        return evolve(record, postings=(*record.postings, posting)), repin

    def _repin(self, record: SaleRecord) -> Repin | None:
        """Return the re-pin of a sale; what is pinned to that version already stays as it is."""
        pin = self._pin
        if pin is None or record.pin == (pin.plan, pin.plan_version):
            return None
        return pin.from_posting(len(record.postings), self._call.actor)

    def _posting(self, record: SaleRecord, plan: Plan) -> Posting | Refusal:
        sale = record.booking.sale
        now = self._forest.decide(partial(earned_now, record, plan, record.corrections, self._formulas))
        deltas = deltas_of(record, now)
        if isinstance(deltas, Refusal):
            return deltas
        return Posting(sale.id, self._cause, sale.paid_at, self._call.at, deltas.accruals, deltas.gifts)

    def _write(self, done: Sequence[tuple[SaleRecord, Repin | None]]) -> None:
        self._tx.sales.recompute([(record.postings[-1], repin) for record, repin in done])
        keep_books(self._tx, [(record, record.postings[-1]) for record, _ in done])
