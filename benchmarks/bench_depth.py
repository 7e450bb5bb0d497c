"""Whether a sale costs more where its buyer stands deeper, by plans that look at the whole line above.

The same orders below 10, 100 and 1,000 members of one tree, by compression and by differentials; the
cost is that of the lineage and the calculation, per line of an order.  In each chain the members nearest to
the buyer and the highest one have a tier, and all between have none.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Final

from benchmarks.bench_accrue import ACTOR, NOW
from benchmarks.demo_extract import BEGINNING
from benchmarks.measure import Results, turns
from distcore.commission import (
    Booking,
    Component,
    Differential,
    Percent,
    Plan,
    Rule,
    Sale,
    SaleLine,
    SameTier,
    Unqualified,
    Upline,
    calculate,
    whole,
)
from distcore.engine import join_all, set_policy
from distcore.engine.lineage import Forest, Seats, lineage_of
from distcore.kernel import ComponentId, Currency, LineId, MemberId, Rate, RuleId, SaleId, Sku
from distcore.memory import MemoryStore
from distcore.referral import Newcomer
from distcore.testing.builders import a_plan, a_policy

LENGTHS: Final = (10, 100, 1_000)
SALES: Final = 2_000
LINES: Final = 5
TIERS: Final = {1: "silver", 2: "gold", 4: "silver"}
"""Tiers by level above the buyer; whoever is highest is platinum."""

RATES: Final = (("silver", "10%"), ("gold", "15%"), ("platinum", "20%"))
RULES: Final = tuple(Rule(RuleId(tier), Percent(Rate.parse(rate)), tiers=(tier,)) for tier, rate in RATES)
LEVELS: Final = tuple(
    Rule(RuleId(str(level)), Percent(Rate.parse(rate)), (level,))
    for level, rate in enumerate(("5%", "3%", "2%", "1%"), 1)
)
COMPONENTS: Final[dict[str, Component]] = {
    "compression": Upline(
        ComponentId("levels"), LEVELS, Unqualified.SKIPPED, tuple(tier for tier, _ in RATES)
    ),
    "differential": Differential(ComponentId("tiers"), RULES),
    "differential with a bonus": Differential(
        ComponentId("tiers"), RULES, same_tier=SameTier(RuleId("bonus"), (Rate.parse("10%"),))
    ),
}


def chain(length: int) -> list[Newcomer]:
    """Return a buyer and so many members above, the highest first."""
    names = [MemberId(f"{length}-{level}") for level in range(length, -1, -1)]
    return [
        Newcomer(
            name,
            BEGINNING,
            names[place - 1] if place else None,
            TIERS.get(length - place, "" if place else "platinum"),
        )
        for place, name in enumerate(names)
    ]


def orders(length: int) -> list[Sale]:
    """Return orders of the buyer below a chain, an hour apart."""
    lines = [SaleLine(LineId(str(number)), Sku("tea"), 1, 10_000 + number) for number in range(LINES)]
    return [
        Sale(
            SaleId(f"o{number}"),
            MemberId(f"{length}-0"),
            Currency("USD"),
            BEGINNING + timedelta(hours=number),
            lines,
        )
        for number in range(SALES)
    ]


def calculated(plan: Plan, seats: Seats, sales: Sequence[Sale]) -> int:
    """Calculate orders of a batch one after another; return how many accruals there were."""
    count = 0
    for sale in sales:
        booking = Booking(sale, plan.id, plan.plan_version, True, 9, NOW)
        count += len(calculate(plan, sale, whole(sale), lineage_of(seats, booking, ())))
    return count


def main() -> None:
    """Measure, print and write."""
    results = Results("depth")
    store = MemoryStore("shop")
    with store.begin() as tx:
        set_policy(tx, a_policy(), at=NOW, actor=ACTOR, key="policy")
        for length in LENGTHS:
            join_all(tx, chain(length), at=NOW, actor=ACTOR, key=f"chain-{length}")
        buyers = {MemberId(f"{length}-0") for length in LENGTHS}
        seats = Forest(tx, buyers, max(LENGTHS) + 1).decide(lambda loaded: loaded)
    for name, component in COMPONENTS.items():
        plan = a_plan(component, currency="USD")
        works: dict[str, Callable[[], object]] = {
            str(length): partial(calculated, plan, seats, orders(length)) for length in LENGTHS
        }
        counts = {work() for work in works.values()}
        assert len(counts) == 1, f"all chains pay the same number of accruals: {counts}"
        taken = {int(length): seconds * 1e6 / SALES / LINES for length, seconds in turns(works).items()}
        for length in LENGTHS[1:]:
            figure = f"{name}, {length} above, against {LENGTHS[0]}"
            results.add(figure, taken[length], "µs per line", baseline=taken[LENGTHS[0]], limit=1.2)
    results.write()


if __name__ == "__main__":
    main()
