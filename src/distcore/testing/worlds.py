"""Small worlds in which everything meets, drawn from a `Random`.

Few ids, few instants and amounts near every edge, so that ties, repetitions and refusals are common.
Ids differ by case, accent and trailing blank only; the hours include a change of summer time.

The machine draws from `Random(seed)`, which is quick and never draws the same world twice.  A property
test draws with `drawn(a_world_plan)`: the same worlds, and Hypothesis makes them smaller when one fails.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final, TypeVar

from attrs import evolve
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from distcore.commission import (
    CategoryIs,
    FirstLevel,
    FixedPerOrder,
    FixedPerUnit,
    Freeze,
    FreezeFrom,
    Lineage,
    Match,
    Percent,
    Plan,
    Reward,
    Rule,
    Sale,
    SaleLine,
    Scope,
    Seat,
    SkuIn,
    Standing,
    Unqualified,
    Upline,
)
from distcore.kernel import (
    ComponentId,
    Currency,
    Instant,
    LineId,
    MemberId,
    PlanId,
    Rate,
    Rounding,
    RuleId,
    SaleId,
    Sku,
)

T = TypeVar("T")

MEMBERS: Final = ("Ann", "ann", "ann ", "ánn", "ben", "安", "joe")
SALES: Final = ("o1", "o10", "o2", "O2", "o2 ", "ö2", "订单", "o'--", "o1/", "o3", "o4", "o5", "o6", "o7")
LINES: Final = ("1", "10", "2", "a", "A")
TIERS: Final = ("", "gold", "silver")
CATEGORIES: Final = ("", "food", "food/fresh", "foodie")
SKUS: Final = ("tea", "Tea", "milk")
AMOUNTS: Final = (10_000, 12_345, 999, 333, 101, 99, 50, 5, 3, 1, 0)
RATES_PPM: Final = (100_000, 50_000, 125_000, 33_333, 5_000, 500_000, 1_000_000, 1, 0)
BUDGETS_PPM: Final = (None, None, 60_000, 123_456, 300_000, 10_000, 0)

REWARDS: Final[tuple[Reward, ...]] = (
    *(Percent(Rate(ppm)) for ppm in RATES_PPM),
    *map(FixedPerUnit, (50, 7, 1, 0)),
    *map(FixedPerOrder, (100, 700, 3_000, 5_000, 1, 0)),
)
MATCHES: Final[tuple[Match | None, ...]] = (
    *[None] * 5,
    CategoryIs("food"),
    CategoryIs("food/fresh"),
    SkuIn(("tea",)),
    SkuIn(("milk", "Tea")),
)
LEVELS: Final = ((1, 2, 3, 4), (1,), (2,), (1, 2), (3, 1), (2, 3, 4), (4,))
TIERS_NAMED: Final = ((), (), (), ("gold",), ("silver", "gold"))

BEGIN: Final = datetime(2017, 3, 10, 22, 30, tzinfo=UTC)
"""Summer time begins in New York on the twelfth, at half past eight of this clock before noon."""


def drawn(draw: Callable[[Random], T]) -> SearchStrategy[T]:
    """Return the strategy that draws what a function makes of a `Random`."""
    return st.randoms(use_true_random=False).map(draw)


def hour(number: int) -> Instant:
    """Return an instant that many hours after the world began."""
    return BEGIN + timedelta(hours=number)


def random_upline(random: Random, id: str) -> Upline:
    """Draw a component of one to four rules, with every answer for those who do not qualify."""
    rules = [
        Rule(
            RuleId(f"rule {number}"),
            random.choice(LEVELS),
            random.choice(REWARDS),
            random.choice(TIERS_NAMED),
            random.choice(MATCHES),
        )
        for number in range(1, random.randint(1, 4) + 1)
    ]
    return Upline(
        ComponentId(id),
        tuple(rules),
        random.choice((*Unqualified, Unqualified.ROLLS_UP)),
        random.choice(TIERS_NAMED),
        random.choice((False, False, True)),
        random.choice(tuple(FirstLevel)),
    )


def random_plan(random: Random) -> Plan:
    """Draw a plan, valid from the beginning, of one or two components.

    Its budget is not below any single rate: such a plan would be refused.
    """
    components = tuple(random_upline(random, id) for id in ("two", "one")[: random.randint(1, 2)])
    budget_ppm = random.choice(BUDGETS_PPM)
    rules = [rule for component in components for rule in component.rules]
    rates_ppm = [rule.pays.rate.ppm for rule in rules if isinstance(rule.pays, Percent)]
    return Plan(
        PlanId("p1"),
        1,
        Currency("CNY"),
        BEGIN,
        Freeze(random.randint(0, 3), random.choice(tuple(FreezeFrom))),
        components,
        None,
        random.choice(tuple(Rounding)),
        random.choice(tuple(Scope)),
        None if budget_ppm is None else Rate(max([budget_ppm, *rates_ppm])),
    )


def random_lines(random: Random) -> list[SaleLine]:
    """Draw one to four lines in any order."""
    return [
        SaleLine(
            LineId(id),
            Sku(random.choice(SKUS)),
            random.randint(0, 6),
            random.choice(AMOUNTS),
            random.choice(CATEGORIES),
        )
        for id in random.sample(LINES, random.randint(1, 4))
    ]


def random_sale(random: Random) -> Sale:
    """Draw a sale of today to one buyer."""
    buyer = MemberId("buyer")
    return Sale(SaleId("order 1"), buyer, Currency("CNY"), BEGIN, random_lines(random))


def random_left(random: Random, line: SaleLine) -> SaleLine:
    """Draw what may be left of a line after refunds, as a line."""
    return evolve(line, units=random.randint(0, line.units), net_minor=random.randint(0, line.net_minor))


def random_lineage(random: Random) -> Lineage:
    """Draw up to six seats above the buyer, and perhaps a promoter with two above."""

    def seat(id: str) -> Seat:
        standing = random.choice((Standing.ACTIVE, Standing.ACTIVE, *Standing))
        return Seat(MemberId(id), random.choice(TIERS), standing)

    own = random.choice((seat("buyer"), None))
    sponsors = [seat(f"up {number}") for number in range(random.randint(0, 6))]
    promoted = [seat(f"promoter {number}") for number in range(random.choice((0, 0, 3)))]
    return Lineage(MemberId("buyer"), own, sponsors, promoted)
