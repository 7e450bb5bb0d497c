"""Small worlds in which everything meets, drawn from a `Random`.

Few ids, few instants and amounts near every edge, so that ties, repetitions and refusals are common.
Ids differ by case, accent and trailing blank only; the hours include a change of summer time.

The machine draws from `Random(seed)`, which is quick and never draws the same world twice.  A property
test draws with `drawn(a_world_plan)`: the same worlds, and Hypothesis makes them smaller when one fails.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Final, TypeVar

from attrs import evolve
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from distcore.commission import (
    NOTHING_BEFORE,
    AfterRefund,
    AllOf,
    AnyOf,
    Base,
    BaseOfGoods,
    Bracket,
    BrandIn,
    BudgetCut,
    BuyerGroupIn,
    ByPoints,
    ByTier,
    ByVolume,
    Cap,
    CategoryIs,
    ChannelIn,
    Choice,
    Component,
    Coupons,
    Custom,
    CustomCase,
    Differential,
    EarnedBefore,
    FirstLevel,
    FirstOrder,
    FixedPerOrder,
    FixedPerUnit,
    Formulas,
    Freeze,
    FreezeFrom,
    How,
    Ladder,
    LevelBelow,
    Lineage,
    ListPrice,
    Margin,
    Match,
    Matching,
    MonthsSinceFirst,
    Net,
    NetBetween,
    Not,
    Of,
    OrderNumber,
    PaidBetween,
    Param,
    Params,
    Past,
    Per,
    Percent,
    PeriodComponent,
    Plan,
    Points,
    Pool,
    PoolWeight,
    PromoterShare,
    Region,
    RegionIs,
    RegionSharing,
    Residual,
    Reward,
    Rule,
    Sale,
    SaleLine,
    SameTier,
    Scope,
    Seat,
    SelfPurchase,
    SkuIn,
    SpentBefore,
    Standing,
    Subtract,
    TagIn,
    TierIn,
    TierWeight,
    Unclaimed,
    UnitsBetween,
    Unqualified,
    Upline,
    Volume,
    plan_errors,
)
from distcore.kernel import (
    Cadence,
    CapId,
    ComponentId,
    Currency,
    EveryDays,
    Instant,
    LineId,
    MemberId,
    PlanId,
    Rate,
    Rhythm,
    Rounding,
    RuleId,
    SaleId,
    Sku,
    SplitMethod,
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
GIFTS: Final = (None, Points(5), Coupons("tea", 2))
BRANDS: Final = ("", "Leaf", "leaf")
TAGS: Final = ((), (), ("new",), ("new", "New"))
REGIONS: Final = ("", "cn", "cn/gd", "cn/gd/sz", "cng")
CHANNELS: Final = ("", "app")
GROUPS: Final = ("", "vip")

BASES: Final[tuple[Base, ...]] = (
    *[Net()] * 6,
    Net(with_tax=True),
    ListPrice(),
    Margin(),
    LevelBelow(),
    Residual(),
)
BASES_OF_GOODS: Final[tuple[BaseOfGoods, ...]] = (*[Net()] * 5, Net(with_tax=True), ListPrice(), Margin())
LEVELS: Final = ((1, 2, 3, 4), (1,), (2,), (1, 2), (3, 1), (2, 3, 4), (4,))
TIERS_NAMED: Final = ((), (), (), ("gold",), ("silver", "gold"))

BEGIN: Final = datetime(2017, 3, 10, 22, 30, tzinfo=UTC)
"""Summer time begins in New York on the twelfth, at half past eight of this clock before noon."""

CAPS: Final[tuple[Cap, ...]] = (  # of the two for a day one version can't have one and another the other
    Cap(CapId("ever"), 1_234),
    Cap(CapId("ever"), 99, components=(ComponentId("two"),)),
    Cap(CapId("day"), 700, within=Cadence.DAILY, components=(ComponentId("one"), ComponentId("two"))),
    Cap(CapId("day"), 0, Per.BUYER, Cadence.DAILY),
    Cap(CapId("month"), 2_000, Per.BUYER, Cadence.MONTHLY),
    Cap(CapId("earner's month"), 333, within=Cadence.MONTHLY),
)

RHYTHMS: Final[tuple[Rhythm, ...]] = (
    *[Cadence.DAILY] * 4,
    *(EveryDays(2, date(2017, 3, 11)), Cadence.WEEKLY, Cadence.HALF_MONTHLY, Cadence.MONTHLY),
)
"""How plans cut time: mostly into days, as few pass."""

BY_POINTS_PPM: Final = (50_000, 125_000, 500_000)
"""Shares of pools that are split by points."""

STARTS: Final = (1, 99, 100, 101, 1_000, 12_345, 20_000)
LEG_CAPS: Final = (None, Rate(10_000), Rate(333_333), Rate(500_000), Rate(600_000), Rate(1_000_000))
SHARES: Final = (None, None, *map(Rate, RATES_PPM[:4]))

MATCHES: Final[tuple[Match, ...]] = (
    CategoryIs("food"),
    CategoryIs("food/fresh"),
    SkuIn(("tea",)),
    SkuIn(("milk", "Tea")),
    BrandIn(("Leaf",)),
    TagIn(("new", "old")),
    ChannelIn(("app",)),
    RegionIs("cn/gd"),
    BuyerGroupIn(("vip", "staff")),
    TierIn(("gold", "")),
    NetBetween(Of.LINE, 100, 10_001),
    NetBetween(Of.ORDER, 10_000),
    UnitsBetween(Of.LINE, 0, 3),
    UnitsBetween(Of.ORDER, 4),
    PaidBetween(until=BEGIN + timedelta(hours=40)),
    PaidBetween(since=BEGIN + timedelta(hours=20), until=BEGIN + timedelta(hours=80)),
    OrderNumber(1, 2),
    OrderNumber(2, 4),
    MonthsSinceFirst(1),
    MonthsSinceFirst(0, 1),
    SpentBefore(10_000),
    SpentBefore(1, 12_346),
    EarnedBefore(0, 300),
    EarnedBefore(1),
    EarnedBefore(700, 2_500),
)


def by_place(case: CustomCase) -> list[list[int]]:
    """Pay a share of the base, the smaller the higher somebody stands."""
    ppm = int(case.params["ppm"])
    return [
        [line.base_minor * ppm // (10**6 * (1 + claim.level)) for line in case.lines] for claim in case.claims
    ]


def by_unit(case: CustomCase) -> list[list[int]]:
    """Pay an amount per unit to the first who is there, and half of it to all of a tier."""
    first = case.claims[0]
    shares = [
        2 if claim is first else 1 if claim.seat.tier == case.params["tier"] else 0 for claim in case.claims
    ]
    return [[share * line.units * 3 // 2 for line in case.lines] for share in shares]


FORMULAS: Final[Formulas] = {("by place", 1): by_place, ("by place", 2): by_unit, ("by unit", 1): by_unit}
"""What the shops of these worlds have registered."""


def drawn(draw: Callable[[Random], T]) -> SearchStrategy[T]:
    """Return the strategy that draws what a function makes of a `Random`."""
    return st.randoms(use_true_random=False).map(draw)


def hour(number: int) -> Instant:
    """Return an instant that many hours after the world began."""
    return BEGIN + timedelta(hours=number)


def random_match(random: Random) -> Match | None:
    """Draw a condition; more than half of the rules have none."""
    kind = random.randint(0, 9)
    if kind > 4:
        return None
    one, other = random.choice(MATCHES), random.choice(MATCHES)
    return (one, other, Not(one), AllOf((one, Not(other))), AnyOf((one, other)))[kind]


def random_rules(random: Random, *levels: tuple[int, ...]) -> tuple[Rule, ...]:
    """Draw one to four rules, for some of these levels each."""
    return tuple(
        Rule(
            RuleId(f"rule {number}"),
            random.choice(REWARDS),
            random.choice(levels),
            random.choice(TIERS_NAMED),
            random_match(random),
        )
        for number in range(1, random.randint(1, 4) + 1)
    )


def random_component(random: Random, id: str, *, formulas: bool = False) -> Component:
    """Draw a component; every second one pays the upline, and, if asked for, some by a formula."""
    kind = random.randint(0, 11 if formulas else 10)
    choose = random.choice((Choice.FIRST, Choice.FIRST, Choice.BEST))
    if kind < 5:
        return random_upline(random, id, choose)
    if kind < 7:
        return random_differential(random, id, choose)
    if kind == 11:
        return random_custom(random, id)
    if kind == 10:
        return random_region(random, id, choose)
    if kind == 9:
        answer, level_1 = random.choice(tuple(AfterRefund)), random.choice(tuple(FirstLevel))
        rules, base = random_rules(random, ()), random.choice(BASES_OF_GOODS)
        gift = GIFTS[len(rules) % len(GIFTS)]
        return FirstOrder(ComponentId(id), rules, answer, level_1, base, choose, gift)
    alone = SelfPurchase if kind == 7 else PromoterShare
    return alone(ComponentId(id), random_rules(random, ()), random.choice(BASES_OF_GOODS), choose)


def random_upline(random: Random, id: str, choose: Choice = Choice.FIRST) -> Upline:
    """Draw levels, with every answer for those who do not qualify."""
    return Upline(
        ComponentId(id),
        random_rules(random, *LEVELS),
        random.choice((*Unqualified, Unqualified.ROLLS_UP)),
        random.choice(TIERS_NAMED),
        random.choice((False, False, True)),
        random.choice(tuple(FirstLevel)),
        random.choice(BASES),
        choose,
    )


def random_custom(random: Random, id: str) -> Custom:
    """Draw a component that pays by one of `FORMULAS`."""
    name, version = random.choice(tuple(FORMULAS))
    ppm, tier = Param("ppm", random.choice(RATES_PPM)), Param("tier", random.choice(TIERS))
    base = random.choice(BASES_OF_GOODS)
    return Custom(ComponentId(id), name, version, Params((tier, ppm)), random.randint(0, 4), base)


def random_region(random: Random, id: str, choose: Choice = Choice.FIRST) -> Region:
    """Draw what agents get, in full or shared."""
    return Region(
        ComponentId(id),
        random_rules(random, (), (1,), *LEVELS),
        random.choice(tuple(RegionSharing)),
        random.choice(BASES_OF_GOODS),
        choose,
    )


def random_differential(random: Random, id: str, choose: Choice = Choice.FIRST) -> Differential:
    """Draw a differential, often with a bonus for the same tier."""
    rates = tuple(Rate(random.choice(RATES_PPM)) for _ in range(random.randint(1, 3)))
    bonus = SameTier(RuleId("same tier"), rates, random.choice((True, False)))
    return Differential(
        ComponentId(id),
        random_rules(random, (), (), *LEVELS),
        random.choice(tuple(Subtract)),
        random.choice((None, bonus)),
        random.choice((*Unqualified, Unqualified.SKIPPED)),
        random.choice(TIERS_NAMED),
        random.choice((False, False, True)),
        random.choice(tuple(FirstLevel)),
        random.choice(BASES_OF_GOODS),
        choose,
    )


def random_plan(random: Random, *, formulas: bool = False) -> Plan:
    """Draw a plan, valid from the beginning, of one to three components.

    With something for first orders in it, its freeze counts from completion.  Every second one has caps.

    With `formulas`, some of it is paid by one of `FORMULAS`.  Its budget is not below any single rate, nor
    nothing where a fixed amount is paid, and it has none where that is too much for what it is for: such a
    plan would be refused.
    """
    ids = ("two", "one", "three")[: random.choice((1, 1, 2, 3))]
    components = tuple(random_component(random, id, formulas=formulas) for id in ids)
    counts_from = random.choice(tuple(FreezeFrom))
    if any(isinstance(component, FirstOrder) for component in components):
        counts_from = FreezeFrom.COMPLETED
    budget_ppm = random.choice(BUDGETS_PPM)
    rules = [rule for component in components for rule in component.rules]
    rates_ppm = [rule.pays.rate.ppm for rule in rules if isinstance(rule.pays, Percent)]
    bonuses = [each.same_tier for each in components if isinstance(each, Differential)]
    rates_ppm += [rate.ppm for bonus in bonuses if bonus is not None for rate in bonus.rates]
    if any(not isinstance(rule.pays, Percent) and rule.pays.amount_minor for rule in rules):
        rates_ppm.append(1)
    plan = Plan(
        PlanId("p1"),
        1,
        Currency("CNY"),
        BEGIN,
        Freeze(random.randint(0, 3), counts_from),
        components,
        None,
        random.choice(tuple(Rounding)),
        random.choice(tuple(Scope)),
        None if budget_ppm is None else Rate(max([budget_ppm, *rates_ppm])),
        _random_caps(random, ids),
        budget_cut=tuple(BudgetCut)[len(rules) % len(BudgetCut)],
    )
    return evolve(plan, budget=None) if budget_ppm is not None and plan_errors(plan) else plan


def random_periods(random: Random, plan: Plan) -> Plan:
    """Draw what a plan pays by the period: every fourth nothing, the others up to two components."""
    found: list[PeriodComponent] = []
    for number in range(random.choice((0, 1, 2, 2))):
        id = ComponentId(f"period {number + 1}")
        before = [each.id for each in (*plan.components, *found)]
        draw = random.choice((random_ladder, random_ladder, random_pool, random_matching, random_matching))
        found.append(draw(random, id, before))
    return evolve(plan, period_components=tuple(found), period_cadence=random.choice(RHYTHMS))


def random_ladder(random: Random, id: ComponentId, _before: Sequence[ComponentId] = ()) -> Ladder:
    """Draw a ladder of up to four brackets, whose rates may fall."""
    starts = [0, *sorted(random.sample(STARTS, random.randint(0, 3)))]
    brackets = tuple(Bracket(start, Rate(random.choice(RATES_PPM))) for start in starts)
    how = random.choice(tuple(How))
    volume = random.choice((*Volume, Volume.TEAM))
    if how is How.STEPWISE and volume is Volume.BALANCED:
        volume = Volume.TEAM
    is_team = volume is Volume.TEAM
    capped = is_team and how is not How.STEPWISE
    return Ladder(
        id,
        brackets,
        volume,
        how,
        random.choice(LEG_CAPS) if capped else None,
        is_team and random.choice((True, False)),
        *_random_qualifying(random),
        random.choice(SHARES),
    )


def random_pool(random: Random, id: ComponentId, _before: Sequence[ComponentId] = ()) -> Pool:
    """Draw a pool that somebody may have a part of; some shares are split by points, whatever was drawn."""
    by_tier = ByTier(tuple(TierWeight(*each) for each in zip(TIERS, (1, 3, 7), strict=True)))
    weights: tuple[PoolWeight, ...] = (by_tier, *map(ByVolume, Volume))
    share, weight = Rate(random.choice(RATES_PPM)), random.choice(weights)
    return Pool(
        id,
        share,
        ByPoints() if share.ppm in BY_POINTS_PPM else weight,
        *_random_qualifying(random),
        random.choice(tuple(Unclaimed)),
        random.choice(tuple(SplitMethod)),
    )


def random_matching(random: Random, id: ComponentId, before: Sequence[ComponentId]) -> Matching:
    """Draw what matches up to two components that stand before it."""
    return Matching(
        id,
        tuple(random.sample(before, random.randint(1, min(2, len(before))))),
        tuple(Rate(random.choice(RATES_PPM[:6])) for _ in range(random.randint(1, 3))),
        *_random_qualifying(random),
        random.choice((True, False)),
        random.choice(SHARES),
    )


def _random_qualifying(random: Random) -> tuple[tuple[str, ...], int]:
    """Draw the tiers that qualify, and the own volume that does."""
    return random.choice(TIERS_NAMED), random.choice((0, 0, 0, 100))


def _random_caps(random: Random, ids: Collection[str]) -> tuple[Cap, ...]:
    """Draw up to two caps that name components which are there."""
    fitting = [cap for cap in CAPS if set(cap.components) <= set(ids)]
    drawn = random.sample(fitting, random.choice((0, 0, 1, 2)))
    return tuple({cap.id: cap for cap in drawn}.values())


def random_lines(random: Random) -> list[SaleLine]:
    """Draw one to four lines in any order."""
    return [
        SaleLine(
            LineId(id),
            Sku(random.choice(SKUS)),
            random.randint(0, 6),
            random.choice(AMOUNTS),
            random.choice(CATEGORIES),
            _price(random),
            _price(random),
            _price(random),
            random.choice(BRANDS),
            random.choice(TAGS),
        )
        for id in random.sample(LINES, random.randint(1, 4))
    ]


def _price(random: Random) -> int | None:
    """Draw a list price, a cost or a tax of a line; hardly any is unknown."""
    return None if random.randint(0, 39) == 0 else random.choice(AMOUNTS)


def random_sale(random: Random) -> Sale:
    """Draw a sale of today to one buyer."""
    return Sale(
        SaleId("order 1"),
        MemberId("buyer"),
        Currency("CNY"),
        hour(random.randint(0, 99)),
        random_lines(random),
        None,
        random.choice(REGIONS),
        random.choice(CHANNELS),
        random.choice(GROUPS),
    )


def random_left(random: Random, line: SaleLine) -> SaleLine:
    """Draw what may be left of a line after refunds, as a line."""
    return evolve(line, units=random.randint(0, line.units), net_minor=random.randint(0, line.net_minor))


def random_lineage(random: Random) -> Lineage:
    """Draw up to six seats above the buyer, perhaps a promoter with two above, and up to four agents.

    Now and then one of them is the buyer under another id, or the promoter is, or a first order was gone.
    """

    def seat(id: str) -> Seat:
        standing = random.choice((Standing.ACTIVE, Standing.ACTIVE, *Standing))
        return Seat(MemberId(id), random.choice(TIERS), standing)

    own = random.choice((seat("buyer"), None))
    sponsors = [seat(f"up {number}") for number in range(random.randint(0, 6))]
    promoted = [seat(f"promoter {number}") for number in range(random.choice((0, 0, 3)))]
    levels = sorted(random.choices((1, 1, 2, 3), k=random.choice((0, 1, 2, 4))))
    names = [f"agent {number}" for number in range(len(levels))]
    if names and random.randint(0, 3) == 0:
        names[-1] = "buyer"
    agents = [(level, seat(name)) for level, name in zip(levels, names, strict=True)]
    ids = [seat.member for seat in (*sponsors, *promoted)] + names
    granted = {
        (cap.id, MemberId(id)): random.choice(AMOUNTS)
        for cap in CAPS
        for id in ("buyer", *ids)
        if random.randint(0, 3)
    }
    past, known = random_past(random), random.choice((None, granted))
    earned = {MemberId(id): random.choice(AMOUNTS) for id in ("buyer", *ids) if random.randint(0, 1)}
    promoter = promoted[0] if promoted and random.randint(0, 3) == 0 else None
    if promoter is not None:
        promoted = []
    others = sorted({MemberId(id) for id in ids} - {"buyer", *(seat.member for seat in promoted[:1])})
    same = random.sample(others, min(len(others), random.choice((0, 0, 1))))
    return Lineage(
        MemberId("buyer"),
        own,
        sponsors,
        promoted,
        past,
        frozenset(same),
        agents,
        known,
        earned,
        promoter,
        past.first_is_free and random.randint(0, 3) == 0,
    )


def random_past(random: Random) -> Past:
    """Draw what a buyer had bought before, every second time nothing."""
    orders = random.choice((0, 0, 0, 1, 2, 3))
    if not orders:
        return NOTHING_BEFORE
    return Past(orders, random.randint(0, 2), random.choice(AMOUNTS), random.choice((True, False)))
