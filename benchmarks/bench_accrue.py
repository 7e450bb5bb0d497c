"""What does exactness cost?  Accruing, against a bare loop over the same sales.

The bare loop walks the upline and appends one plain tuple per accrual: no rounding mode, no plan, no
budget, no checks, no hash of the inputs, no transaction.
"""

from datetime import UTC, datetime
from typing import Final

from attrs import evolve

from benchmarks.demo_extract import RATES_PPM, USD, newcomers, plan, sales
from benchmarks.measure import Results, turns
from distcore.commission import (
    Accrual,
    Booking,
    CategoryIs,
    Differential,
    Explained,
    LevelBelow,
    Lineage,
    Percent,
    Rule,
    Sale,
    SelfPurchase,
    Upline,
    calculate,
    explain,
    whole,
)
from distcore.commission import Plan as PlanValue
from distcore.engine import accrue_all, join_all, set_plan, set_policy
from distcore.engine.lineage import Seats, lineage_of
from distcore.kernel import Actor, ComponentId, MemberId, Rate, RuleId, ShopPolicy, zone_of
from distcore.memory import MemoryStore
from distcore.referral import Member, Newcomer, Tree

NOW: Final = datetime(2018, 6, 1, tzinfo=UTC)
ACTOR: Final = Actor("benchmark")
BATCH: Final = 1_000

Bare = tuple[str, str, str, int, int, int, int]

OWN_PPM, GROCERY_PPM, THANKS_PPM = 30_000, 40_000, 100_000
TIERS_PPM: Final = {"": 0, "silver": 30_000, "gold": 60_000}
GROCERY: Final = "GROCERY"


def bare(orders: list[tuple[str, str, list[tuple[str, int]]]], sponsors: dict[str, str]) -> list[Bare]:
    """Append (order, line, payee, level, rate, net, amount) for every level of every line."""
    found: list[Bare] = []
    for order, buyer, lines in orders:
        for line, net in lines:
            level, payee = 1, sponsors.get(buyer)
            while payee is not None and level < len(RATES_PPM):
                rate = RATES_PPM[level]
                found.append((order, line, payee, level, rate, net, (net * rate + 500_000) // 1_000_000))
                payee = sponsors.get(payee)
                level += 1
    return found


def five_components() -> PlanValue:
    """Return the plan of the demo with four components more: another base, conditions, tiers, the buyer."""

    def percent(ppm: int, *levels: int, tiers: tuple[str, ...] = ()) -> Rule:
        return Rule(RuleId(f"{ppm} {tiers}"), Percent(Rate(ppm)), levels, tiers)

    grocery = evolve(percent(GROCERY_PPM, 1), match=CategoryIs(GROCERY))
    spread = tuple(percent(ppm, tiers=(tier,)) for tier, ppm in TIERS_PPM.items() if ppm)
    return evolve(
        plan(),
        components=(
            *plan().components,
            SelfPurchase(ComponentId("own"), (percent(OWN_PPM),)),
            Upline(ComponentId("grocery"), (grocery,)),
            Differential(ComponentId("spread"), spread),
            Upline(ComponentId("thanks"), (percent(THANKS_PPM, 1, 2),), base=LevelBelow()),
        ),
    )


def bare_of_five(
    orders: list[tuple[str, str, list[tuple[str, int, bool]]]],
    sponsors: dict[str, str],
    tiers: dict[str, str],
) -> list[Bare]:
    """Append (order, line, payee, level, rate, net, amount) for every component of every line."""
    found: list[Bare] = []
    for order, buyer, lines in orders:
        for line, net, is_grocery in lines:
            level, payee = 1, sponsors.get(buyer)
            while payee is not None and level < len(RATES_PPM):
                rate = RATES_PPM[level]
                found.append((order, line, payee, level, rate, net, (net * rate + 500_000) // 1_000_000))
                payee = sponsors.get(payee)
                level += 1
            found.append((order, line, buyer, 0, OWN_PPM, net, (net * OWN_PPM + 500_000) // 1_000_000))
            payee = sponsors.get(buyer)
            if is_grocery and payee is not None:
                amount = (net * GROCERY_PPM + 500_000) // 1_000_000
                found.append((order, line, payee, 1, GROCERY_PPM, net, amount))
            level, highest = 1, 0
            while payee is not None:
                rate = TIERS_PPM[tiers[payee]]
                amount = (net * rate + 500_000) // 1_000_000
                if amount > highest:
                    found.append((order, line, payee, level, rate, net, amount - highest))
                    highest = amount
                payee = sponsors.get(payee)
                level += 1
            level, payee, base = 1, sponsors.get(buyer), net
            while payee is not None and level <= 2:
                amount = (base * THANKS_PPM + 500_000) // 1_000_000
                found.append((order, line, payee, level, THANKS_PPM, base, amount))
                level, payee, base = level + 1, sponsors.get(payee), amount
    return found


def lineage(seats: Seats, of: PlanValue, sale: Sale) -> Lineage:
    """Return who can earn from a sale, as the engine finds it."""
    return lineage_of(seats, Booking(sale, of.id, of.plan_version, True, 0, sale.paid_at), ())


def pure(tree: Tree, of: PlanValue, given: list[Sale]) -> list[tuple[Accrual, ...]]:
    """Calculate every sale, without a store."""
    seats = Seats(tree)
    return [calculate(of, sale, whole(sale), lineage(seats, of, sale)) for sale in given]


def explained(tree: Tree, of: PlanValue, given: list[Sale]) -> list[Explained]:
    """Explain every sale, look at every amount with what it was made of, and keep the explanations."""
    seats = Seats(tree)
    found = [explain(of, sale, whole(sale), lineage(seats, of, sale)) for sale in given]
    assert all(why.accrual.amount_minor for each in found for why in each.whys)
    return found


def opened(members: list[Newcomer], of: PlanValue) -> MemoryStore:
    """Return a store with policy, plan and members, and no sale."""
    store = MemoryStore("benchmark")
    with store.begin() as tx:
        policy = ShopPolicy(zone_of("America/New_York"), (USD,))
        set_policy(tx, policy, at=NOW, actor=ACTOR, key="policy")
        set_plan(tx, of, at=NOW, actor=ACTOR, key="plan")
        join_all(tx, members, at=NOW, actor=ACTOR)
    return store


def through_memory(store: MemoryStore, given: list[Sale]) -> MemoryStore:
    """Accrue every sale in transactions of a thousand."""
    for start in range(0, len(given), BATCH):
        with store.begin() as tx:
            accrue_all(tx, given[start : start + BATCH], at=NOW, actor=ACTOR)
    return store


def main() -> None:
    """Measure, check that all ways agree, print and write; one plan after the other."""
    results = Results("accrue")
    given, members = sales(), newcomers()
    _one(results, given, members)
    _five(results, given, members)
    results.write()


def _one(results: Results, given: list[Sale], members: list[Newcomer]) -> None:
    """Measure the plan of the demo, pure, explained and through a store."""
    of = plan()
    orders = [
        (str(sale.id), str(sale.buyer), [(str(line.id), line.net_minor) for line in sale.lines])
        for sale in given
    ]
    sponsors = {str(each.id): str(each.sponsor) for each in members if each.sponsor is not None}
    tree = {each.id: Member(each.id, each.joined_at, NOW, each.sponsor) for each in members}
    plain = [row for row in bare(orders, sponsors) if row[-1]]
    ours = [accrual for accruals in pure(tree, of, given) for accrual in accruals]
    assert [row[-1] for row in plain] == [accrual.amount_minor for accrual in ours]
    assert all(MemberId(row[2]) == accrual.payee for row, accrual in zip(plain, ours, strict=True))
    del plain, ours  # to keep them would cost both, at each look for garbage

    stores = [opened(members, of) for _ in range(8)]
    best = turns(
        {
            "bare": lambda: bare(orders, sponsors),
            "pure": lambda: pure(tree, of, given),
            "memory": lambda: through_memory(stores.pop(), given),
            "explained": lambda: explained(tree, of, given),
        }
    )
    count = len(bare(orders, sponsors))
    micros = {name: seconds / count * 1_000_000 for name, seconds in best.items()}
    unit = "µs per accrual"
    results.add("pure calculation", micros["pure"], unit, baseline=micros["bare"], limit=12)
    results.add("through the memory store", micros["memory"], unit, baseline=micros["bare"], limit=25)
    results.add("with every explanation", micros["explained"], unit, baseline=micros["bare"], limit=40)


def _five(results: Results, given: list[Sale], members: list[Newcomer]) -> None:
    """Measure a plan of five components with every explanation, and check that both ways agree."""
    of = five_components()
    tiers = {str(each.id): tuple(TIERS_PPM)[place % len(TIERS_PPM)] for place, each in enumerate(members)}
    sponsors = {str(each.id): str(each.sponsor) for each in members if each.sponsor is not None}
    orders = [
        (
            str(sale.id),
            str(sale.buyer),
            [(str(line.id), line.net_minor, _is_grocery(line.category)) for line in sale.lines],
        )
        for sale in given
    ]
    tree = {
        each.id: Member(each.id, each.joined_at, NOW, each.sponsor, tiers[str(each.id)]) for each in members
    }
    plain = bare_of_five(orders, sponsors, tiers)
    ours = [accrual for accruals in pure(tree, of, given) for accrual in accruals]
    assert sorted((row[1], row[2], row[3], row[-1]) for row in plain if row[-1]) == sorted(
        (each.line, each.payee, each.level, each.amount_minor) for each in ours
    )
    count = len(plain)
    del plain, ours  # to keep them would cost both, at each look for garbage
    best = turns(
        {
            "bare": lambda: bare_of_five(orders, sponsors, tiers),
            "pure": lambda: pure(tree, of, given),
            "explained": lambda: explained(tree, of, given),
        }
    )
    micros = {name: seconds / count * 1_000_000 for name, seconds in best.items()}
    unit = "µs per accrual"
    results.add("five components, pure calculation", micros["pure"], unit, baseline=micros["bare"])
    results.add(
        "five components, with every explanation",
        micros["explained"],
        unit,
        baseline=micros["bare"],
        limit=40,
    )


def _is_grocery(category: str) -> bool:
    return category == GROCERY or category.startswith(f"{GROCERY}/")


if __name__ == "__main__":
    main()
