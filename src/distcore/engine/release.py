"""Orders complete, freezes end: what was frozen is released, order by order."""

from collections.abc import Sequence
from typing import Final

from attrs import evolve, field, frozen

from distcore.commission import PlanVersions, Timeline, by_version, due_of
from distcore.commission import refusals as no
from distcore.engine import bookkeeping
from distcore.engine.accrue import policy_of
from distcore.engine.adjust import release_openings
from distcore.engine.once import (
    Call,
    called,
    decide_each,
    done_before,
    only,
    remember,
    remember_all,
    sort_out,
    tell,
)
from distcore.kernel import (
    Instant,
    Problem,
    Refusal,
    Report,
    SaleId,
    ShopPolicy,
    format_instant,
    id_problem,
    limits,
    utc,
)
from distcore.ports import Transaction
from distcore.settlement import HoldOn

RELEASE_BATCH: Final = limits.TOTAL_MINOR_MAX // (2 * limits.AMOUNT_MINOR_MAX)
"""Orders released by one statement: bounds memory, and what one payee has of them all still fits a total.

An order pays up to an amount, and where its plan is in points it may give as many points besides.
"""


def _completed_at(value: Instant) -> Instant:
    return utc(value, "completed_at")


@frozen
class Completion:
    """An order reached its end: the buyer has it and keeps it."""

    sale: SaleId
    completed_at: Instant = field(converter=_completed_at)


@frozen
class Released:
    """How many orders, and opening balances, a release took out of their freeze."""

    orders: int
    openings: int = 0


def complete(tx: Transaction, completion: Completion, *, at: Instant, actor: str, key: str) -> Completion:
    """Say when an order was completed; where the plan counts from then, its freeze begins."""
    report = _complete(tx, called(at=at, actor=actor, key=key), [completion])
    return only(report, lambda: completion)


def complete_all(
    tx: Transaction, completions: Sequence[Completion], *, at: Instant, actor: str, key: str = "complete"
) -> Report[Completion]:
    """Complete many orders, each by itself."""
    return _complete(tx, called(at=at, actor=actor, key=key, of_batch=True), completions)


def release(tx: Transaction, *, at: Instant, actor: str, key: str) -> Released:
    """Release every order and opening balance whose freeze is over at `at`, unless it is held.

    It counts as released since its freeze ended, at whatever hour this runs.
    """
    call = called(at=at, actor=actor, key=key)
    command = done_before(tx, call, "release", ())
    if command is not None:
        return Released(*map(int, command.answer.split()))
    orders = batch = 0
    after = ""
    while due := tx.releases.due(call.at, RELEASE_BATCH, after=after):
        after = due[-1]
        held = tx.holds.active(HoldOn.SALE, due, for_change=True)
        free = [sale for sale in due if sale not in held]
        if free:
            _release(tx, call, free, batch)
        orders += len(free)
        batch += 1
    balances = release_openings(tx, call, RELEASE_BATCH)
    remember(tx, call, "release", (), f"{orders} {balances}", about=())
    return Released(orders, balances)


def _release(tx: Transaction, call: Call, sales: Sequence[SaleId], batch: int) -> None:
    """Write releases, and what is due to everybody by them."""
    tx.releases.add(sales, at=call.at)
    portions = tx.releases.portions(sales)
    tx.dues.add(bookkeeping.dues_of(portions))
    tx.transfers.add(bookkeeping.thawed(portions, call.key, batch, call.at))
    tell(tx, call, "release", ((call.key, sale) for sale in sales))


def _complete(tx: Transaction, call: Call, completions: Sequence[Completion]) -> Report[Completion]:
    items = sort_out(tx, call, "complete", completions, kind=Completion, id_of=_id_of, problems_of=_problems)
    if not items.fresh:
        return items.nothing_new()
    policy = policy_of(tx)
    timelines = tx.sales.timelines(sorted({one.item.sale for one in items.fresh}))
    plans = by_version(tx.plans.all())
    dues: list[tuple[SaleId, Instant]] = []

    def decide(completion: Completion) -> Completion | Refusal | None:
        before = timelines.get(completion.sale)
        if before is not None and before.completed_at == completion.completed_at:
            return None
        answer = _completed(before, completion, plans, policy, call.at)
        if isinstance(answer, Refusal):
            return answer
        timelines[completion.sale] = answer
        if answer.due is not None and (before is None or before.due is None):
            dues.append((completion.sale, answer.due))
        return completion

    decided = decide_each(items, items.fresh, "complete", _id_of, decide)
    if decided.done:
        tx.sales.complete([(each.sale, each.completed_at) for each in decided.answers], dues, at=call.at)
    remember_all(tx, call, "complete", decided, _id_of)
    return decided.report(decided.answers)


def _id_of(completion: Completion) -> str:
    return completion.sale


def _completed(
    before: Timeline | None,
    completion: Completion,
    plans: PlanVersions,
    policy: ShopPolicy,
    at: Instant,
) -> Timeline | Refusal:
    """Return the timeline with completion and due, or why it can't be completed."""
    sale, completed_at = completion.sale, completion.completed_at
    if before is None:
        return no.SALE_UNKNOWN.refuse(sale=sale)
    if before.completed_at is not None:
        return no.COMPLETED_ALREADY.refuse(sale=sale, completed_at=format_instant(before.completed_at))
    if completed_at < before.paid_at:
        return no.COMPLETED_BEFORE_PAYMENT.refuse(
            sale=sale, paid_at=format_instant(before.paid_at), completed_at=format_instant(completed_at)
        )
    if completed_at > at:
        return no.COMPLETED_IN_FUTURE.refuse(
            sale=sale, completed_at=format_instant(completed_at), at=format_instant(at)
        )
    freeze = plans[before.plan, before.plan_version].freeze
    due = before.due  # a freeze that has begun ends when it was said to, whatever the policy became
    if due is None:
        due = due_of(freeze, paid_at=before.paid_at, completed_at=completed_at, zone=policy.day_zone)
    return evolve(before, completed_at=completed_at, due=due)


def _problems(completion: Completion) -> tuple[Problem, ...]:
    problem = id_problem(completion.sale, "sale")
    return () if problem is None else (problem,)
