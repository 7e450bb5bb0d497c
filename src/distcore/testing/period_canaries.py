"""Defects on purpose in what is paid by the period; `distcore.testing.canaries` says what for."""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, Final

from attrs import evolve

from distcore.commission import by_version
from distcore.kernel import POINT, OriginKind
from distcore.ledger import POINTS
from distcore.testing.builders import ALWAYS
from distcore.testing.canaries import LATEST, Canary, Catch, Defect, swapped
from distcore.testing.machine_money import live
from distcore.testing.walks import walk

# What it is worth


def _whole(_: Defect, brackets: Any, volume: int) -> Any:
    return brackets.whole(volume)


def _whole_step(_: Defect, brackets: Any, volume: int) -> Any:
    return brackets.whole_step(volume)


def _teams(_: Defect, facts: Any, _cap: Any) -> Any:
    return facts.teams


def _with_legs(_: Defect, _facts: Any, qualified: Sequence[int], values: Sequence[int], of: Any) -> Any:
    asked = [value if good else 0 for value, good in zip(values, qualified, strict=True)]
    return evolve(of, legs=[0] * len(asked), asked=asked)


def _one_by_one(of_pool: Defect, *args: Any) -> Any:
    with swapped("distcore.kernel.split:split", _each_rounded):
        return of_pool(*args)


def _each_rounded(_: Defect, total: int, weights: Sequence[int], *_method: Any) -> list[int]:
    together = sum(weights)
    return [(2 * total * each + together) // (2 * together) for each in weights]


def _all(_: Defect, _component: Any, facts: Any) -> list[int]:
    return [1] * len(facts.members)


def _nothing(_: Defect, *_args: Any) -> None:
    return None


def _a_generation_more(of_matching: Defect, matching: Any, *args: Any) -> Any:
    return of_matching(evolve(matching, rates=(*matching.rates, matching.rates[-1])), *args)


def _within_no_budget(budgeted: Defect, component: Any, _budget: Any, *args: Any) -> Any:
    return budgeted(component, None, *args)


# What it rests on


def _as_accrued(_: Defect, sales: Any, plan: str, currency: str, start: Any, end: Any) -> Iterator[Any]:
    """Match what was posted at first, whatever went back since."""
    sums: Counter[Any] = Counter()
    for record in sales.records():
        sale = record.booking.sale
        if (record.booking.plan, sale.currency) == (plan, currency) and start <= sale.paid_at < end:
            for each in record.postings[0].accruals:
                sums[each.component, each.payee] += each.amount_minor
    return ((*of, amount) for of, amount in sorted(sums.items()) if amount)


def _as_sold(_: Defect, sales: Any, currency: str, start: Any, end: Any) -> Iterator[Any]:
    sums: Counter[Any] = Counter()
    for record in sales.records():
        sale = record.booking.sale
        if sale.currency == currency and start <= sale.paid_at < end:
            sums[sale.buyer] += sum(line.net_minor for line in sale.lines)
    return ((buyer, amount) for buyer, amount in sorted(sums.items()) if amount)


def _debts_weigh(weights: Defect, by: Any, facts: Any) -> Any:
    return weights(by, evolve(facts, points=[abs(each) for each in facts.points]))


def _as_held_now(_: Defect, tx: Any, _period: Any, _plan: Any) -> Any:
    return tx.transfers.held(POINTS, POINT, ALWAYS[1])


def _as_told(_: Defect, transfers: Any, account: str, currency: str, before: Any) -> Iterator[Any]:
    """Count points since they were written down."""
    sums: Counter[Any] = Counter()
    for each in transfers.all():
        if each.currency == currency and each.posted_at < before:
            sums[each.payee] += each.amount_minor * ((each.credit == account) - (each.debit == account))
    return ((payee, amount) for payee, amount in sorted(sums.items()) if amount)


def _when_released(thawed: Defect, portions: Any, key: str, batch: int, at: Any) -> Any:
    return [evolve(each, valid_at=at) for each in thawed(portions, key, batch, at)]


def _latest_tree(members: Defect, tx: Any, period: Any, **known: Any) -> Any:
    return members(tx, period, **{**known, "revision": LATEST})


def _at_once(due: Defect, periods: Any, period: Any, plan: Any, *args: Any) -> Any:
    return due(periods, period, evolve(plan, freeze=evolve(plan.freeze, days=0)), *args)


def _first_plan(_: Defect, tx: Any, run: Any) -> Any:
    return by_version(tx.plans.all())[run.plan, run.plan_version]


# What is posted, due and settled


def _as_if_nothing_was(of: Defect, tx: Any, run: Any, values: Any) -> Any:
    """Post all that a period is worth again, where something has changed."""
    found = of(tx, run, values)
    if not found.changed(values):
        return found
    return evolve(found, columns={each: [0] * len(column) for each, column in found.columns.items()})


def _never_due(of_period: Defect, *args: Any) -> Any:
    transfers, _ = of_period(*args)
    return transfers, []


def _without_periods(take: Defect, closings: Any, closing: Any) -> Any:
    dues = vars(closings)["_dues"]
    left = [due for due in dues.all() if due.origin.kind is OriginKind.PERIOD]
    for due in left:
        dues.remove(due)
    count = take(closings, closing)
    dues.add(left)
    return count


def _walks(first: int = 0) -> Catch:
    """Walk from a world on in which, or soon after which, the defect shows."""
    return partial(walk, walks=60, first=first)


_lives: Final[Catch] = partial(live, lives=60)
_LADDER: Final = "distcore.commission.ladder"
_PERIOD: Final = "distcore.commission.period"


def _canary(name: str, caught_by: Catch, *defects: tuple[str, Defect]) -> Canary:
    return Canary(name, caught_by, defects)


PERIOD_CANARIES: Final = (
    _canary(
        "the rate that is reached is for all of it",
        _walks(8),
        (f"{_LADDER}:_Brackets.marginal", _whole),
        (f"{_LADDER}:_Brackets.marginal_steps", _whole_step),
    ),
    _canary("a leg counts whole", _walks(8), (f"{_LADDER}:_capped", _teams)),
    _canary("legs are paid again", _walks(8), (f"{_LADDER}:_less_legs", _with_legs)),
    _canary("parts of a pool are rounded one by one", _walks(), (f"{_PERIOD}:_of_pool", _one_by_one)),
    _canary(
        "everybody qualifies for a period",
        _walks(),
        ("distcore.commission.period_facts:qualified_by", _all),
        ("distcore.commission.period_facts:unqualified", _nothing),
    ),
    _canary("a generation too many is matched", _walks(29), (f"{_PERIOD}:_of_matching", _a_generation_more)),
    _canary("a period has no budget", _walks(12), (f"{_PERIOD}:_budgeted", _within_no_budget)),
    _canary(
        "what went back is matched", _walks(), ("distcore.memory.commission:MemorySales.earned", _as_accrued)
    ),
    _canary("what went back counts", _walks(), ("distcore.memory.commission:MemorySales.kept", _as_sold)),
    _canary("who owes points weighs", _lives, (f"{_PERIOD}:_weights", _debts_weigh)),
    _canary("points of today weigh", _lives, ("distcore.engine.period_facts:points_held", _as_held_now)),
    _canary(
        "points count since they were told of",
        _lives,
        ("distcore.memory.ledger:MemoryTransfers.held", _as_told),
    ),
    _canary(
        "points come when a batch runs",
        _walks(36),
        ("distcore.engine.bookkeeping:thawed", _when_released),
    ),
    _canary(
        "periods see the latest tree",
        _walks(76),
        ("distcore.engine.period_facts:members_of_period", _latest_tree),
    ),
    _canary(
        "a period waits for no freeze",
        _walks(19),
        ("distcore.engine.plan_periods:PlanPeriods.due", _at_once),
    ),
    _canary(
        "a corrected period is paid again",
        _walks(),
        ("distcore.engine.period_runs:_SoFar.of", _as_if_nothing_was),
    ),
    _canary(
        "a period keeps its first plan", _walks(), ("distcore.engine.period_runs:plan_of_run", _first_plan)
    ),
    _canary("a period is never due", _lives, ("distcore.engine.bookkeeping:of_period", _never_due)),
    _canary(
        "a period is on no statement",
        _lives,
        ("distcore.memory.settlement:MemoryClosings.take", _without_periods),
    ),
)
