"""Hypothesis strategies for values that distcore accepts: plans, policies, sales, refunds, trees.

Everything drawn is legal, and as odd as the law allows: ids with blanks, accents and emoji at full
length, amounts of one minor unit and of 10¹⁵, lines of no units, zones without a midnight.  Draw from
these to test your own adapter or your own plan; what must be refused is for other tests.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, Final, ParamSpec, TypeVar, cast

from attrs import evolve
from hypothesis import strategies as st

from distcore.commission import (
    AfterRefund,
    AllOf,
    AnyOf,
    Base,
    BaseOfGoods,
    BrandIn,
    BudgetCut,
    BuyerGroupIn,
    Cap,
    CategoryIs,
    ChannelIn,
    Choice,
    Component,
    Coupons,
    Custom,
    Differential,
    EarnedBefore,
    FirstLevel,
    FirstOrder,
    FixedPerOrder,
    FixedPerUnit,
    Freeze,
    FreezeFrom,
    Gift,
    LevelBelow,
    ListPrice,
    Margin,
    Match,
    MonthsSinceFirst,
    Net,
    NetBetween,
    Not,
    Of,
    OrderNumber,
    PaidBetween,
    Param,
    Params,
    Per,
    Percent,
    Plan,
    Points,
    PriceCorrection,
    PriceLine,
    PromoterShare,
    Refund,
    RefundLine,
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
    SelfPurchase,
    SkuIn,
    SpentBefore,
    Subtract,
    TagIn,
    TierIn,
    UnitsBetween,
    Unqualified,
    Upline,
    plan_errors,
)
from distcore.kernel import (
    EXPONENTS,
    POINT,
    BindingPolicy,
    Cadence,
    CapId,
    CompliancePreset,
    ComponentId,
    Currency,
    DayKind,
    EveryDays,
    FirstTouchForDays,
    FirstTouchForEver,
    Instant,
    LastTouch,
    LineId,
    MemberId,
    OnDates,
    PlanId,
    PriceCorrectionId,
    ProtectedForDays,
    Rate,
    RefundId,
    Refusal,
    Rhythm,
    Rounding,
    RuleId,
    SaleId,
    ShopPolicy,
    Sku,
    Weekday,
    instant_of,
    limits,
    micros_of,
    zone_of,
)
from distcore.referral import (
    AGENCY,
    Aspect,
    Change,
    Member,
    Newcomer,
    State,
    Tree,
    appoint,
    dismiss,
    join,
    move,
    set_state,
    set_tier,
    with_change,
)
from distcore.settlement import (
    CnCumulative,
    CnLabour,
    CustomWithholding,
    NoWithholding,
    Review,
    SettlementPolicy,
    Withholding,
)

ZONES: Final = (
    "UTC",
    "Asia/Shanghai",
    "America/New_York",
    "America/Sao_Paulo",  # clocks went forward at midnight
    "Asia/Kathmandu",  # 05:45 ahead
    "Australia/Lord_Howe",  # half an hour of summer time
    "Pacific/Apia",  # 2011-12-30 never was
)
TIERS: Final = ("silver", "gold", "Gold", "level 3", "特级")
CATEGORIES: Final = ("food", "food/fresh", "food/fresh/fish", "foodstuff", "酒", "a b/c")
RATES_MOST: Final = (limits.RATE_PPM_MAX, 300_000, 50_000, 0)
"""The highest rate of a plan with a budget, which is at least as large."""

_TREE_BEGINS: Final = datetime(2026, 1, 1, tzinfo=UTC)

_P = ParamSpec("_P")
_T = TypeVar("_T")


def _made_once(make: Callable[_P, st.SearchStrategy[_T]]) -> Callable[_P, st.SearchStrategy[_T]]:
    """Give the same strategy for the same arguments: to make and check one is dearer than to draw from it."""
    return cast(Callable[_P, st.SearchStrategy[_T]], lru_cache(maxsize=1_000)(make))


@_made_once
def texts(*, length_max: int = 40) -> st.SearchStrategy[str]:
    """Draw texts that can be stored: no control characters and no lone surrogates; also the empty one."""
    return st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=length_max)


@_made_once
def ids(*, length_max: int = limits.ID_LENGTH_MAX) -> st.SearchStrategy[str]:
    """Draw ids: plain ones mostly, and whatever else an id may be."""
    plain = st.text("abcAB12-_", min_size=1, max_size=min(length_max, 12))
    return plain | texts(length_max=length_max).filter(lambda text: text != "" and not text.isspace())


@_made_once
def currencies() -> st.SearchStrategy[Currency]:
    """Draw currencies, those of every number of decimals first."""
    return st.sampled_from(["CNY", "JPY", "KWD", "CLF", "POINT", *sorted(EXPONENTS)]).map(Currency)


@_made_once
def instants(
    *, least: int = limits.INSTANT_MIN, most: int = limits.INSTANT_MAX - 1
) -> st.SearchStrategy[Instant]:
    """Draw instants, by their bounds in microseconds; whole days and seconds as often as odd ones."""
    micros = st.integers(least, most)
    steps = st.sampled_from([1, 1_000_000, 86_400_000_000])
    return st.builds(lambda micro, step: instant_of(max(least, micro // step * step)), micros, steps)


@_made_once
def amounts(*, most: int = limits.AMOUNT_MINOR_MAX) -> st.SearchStrategy[int]:
    """Draw amounts in minor units, small ones as often as large ones."""
    return st.integers(0, min(1_000, most)) | st.integers(0, most)


@_made_once
def rates(*, most: int = limits.RATE_PPM_MAX) -> st.SearchStrategy[Rate]:
    """Draw rates, whole percents as often as parts per million."""
    return (st.integers(0, most // 10_000).map(lambda percent: percent * 10_000) | st.integers(0, most)).map(
        Rate
    )


def policies() -> st.SearchStrategy[ShopPolicy]:
    """Draw policies of shops."""
    return st.builds(
        ShopPolicy,
        zone=st.sampled_from(ZONES).map(zone_of),
        currencies=st.lists(currencies(), min_size=1, max_size=4, unique=True).map(tuple),
        week_start=st.sampled_from(Weekday),
        days=st.sampled_from(DayKind),
        binding=bindings(),
        compliance_preset=st.none() | st.sampled_from(CompliancePreset),
        fee_tiers=st.lists(texts(), max_size=3, unique=True).map(tuple),
    )


def bindings() -> st.SearchStrategy[BindingPolicy]:
    """Draw how customers are bound."""
    days = st.integers(1, limits.BINDING_DAYS_MAX)
    for_ever = st.builds(FirstTouchForEver, st.booleans())
    last = st.builds(LastTouch, st.booleans())
    first = st.builds(FirstTouchForDays, days, st.booleans())
    return st.one_of(for_ever, last, first, st.builds(ProtectedForDays, days, st.booleans()))


def dates(*, least: date = date(1970, 1, 1), most: date = date(9998, 12, 31)) -> st.SearchStrategy[date]:
    """Draw dates, those of our time as often as any."""
    return st.dates(max(least, date(2000, 1, 1)), min(most, date(2040, 12, 31))) | st.dates(least, most)


def rhythms(*, dates_max: int = 20) -> st.SearchStrategy[Rhythm]:
    """Draw rhythms of periods: cadences, every so many days, and up to `dates_max` dates."""
    days = st.integers(1, 31) | st.integers(1, limits.PERIOD_DAYS_MAX)
    firsts = st.lists(dates(), min_size=1, max_size=dates_max, unique=True)
    on_dates = firsts.map(lambda each: OnDates(tuple(sorted(each))))
    return st.sampled_from(Cadence) | st.builds(EveryDays, days, dates()) | on_dates


def withholdings(*, currency: Currency) -> st.SearchStrategy[Withholding]:
    """Draw what is withheld of a currency: the laws of mainland China are for CNY alone."""
    everywhere = st.builds(NoWithholding) | st.builds(
        CustomWithholding, ids(), st.integers(1, limits.UNITS_MAX)
    )
    return everywhere | st.sampled_from([CnLabour(), CnCumulative()]) if currency == "CNY" else everywhere


@st.composite
def settlement_policies(draw: st.DrawFn) -> SettlementPolicy:
    """Draw settlement policies."""
    currency = draw(currencies().filter(lambda each: each != POINT))
    return SettlementPolicy(
        currency,
        draw(st.integers(1, limits.UNITS_MAX)),
        draw(instants()),
        draw(rhythms()),
        draw(st.sampled_from(Review)),
        draw(amounts()),
        draw(withholdings(currency=currency)),
        draw(st.integers(0, limits.ACCOUNT_HOLD_DAYS_MAX)),
    )


@_made_once
def matches() -> st.SearchStrategy[Match]:
    """Draw what a rule is for: conditions, and conditions of conditions."""
    words = st.lists(ids(length_max=20), min_size=1, max_size=3, unique=True).map(tuple)
    single: st.SearchStrategy[Match] = (
        st.sampled_from(CATEGORIES).map(CategoryIs)
        | st.sampled_from(CATEGORIES).map(RegionIs)
        | words.map(SkuIn)
        | words.map(BrandIn)
        | words.map(TagIn)
        | words.map(ChannelIn)
        | words.map(BuyerGroupIn)
        | words.map(TierIn)
        | _between(limits.AMOUNT_MINOR_MAX).map(lambda each: NetBetween(*each))
        | _between(limits.UNITS_MAX).map(lambda each: UnitsBetween(*each))
        | st.lists(instants(), min_size=2, max_size=2, unique=True).map(
            lambda each: PaidBetween(*sorted(each))
        )
        | instants().map(lambda until: PaidBetween(until=until))
        | _between(limits.UNITS_MAX, least=1).map(lambda each: OrderNumber(*each[1:]))
        | _between(limits.UNITS_MAX).map(lambda each: MonthsSinceFirst(*each[1:]))
        | _between(limits.AMOUNT_MINOR_MAX).map(lambda each: SpentBefore(*each[1:]))
        | _between(limits.AMOUNT_MINOR_MAX).map(lambda each: EarnedBefore(*each[1:]))
    )
    return st.recursive(
        single,
        lambda inner: (
            st.lists(inner, min_size=1, max_size=3).map(lambda each: AllOf(tuple(each)))
            | st.lists(inner, min_size=1, max_size=3).map(lambda each: AnyOf(tuple(each)))
            | inner.map(Not)
        ),
        max_leaves=4,
    )


def _between(most: int, *, least: int = 0) -> st.SearchStrategy[tuple[Of, int, int | None]]:
    """Draw what a number is of, the least that it may be, and what it must be below, if anything."""
    bounds = st.lists(st.integers(least, most), min_size=2, max_size=2, unique=True).map(sorted)
    both = st.tuples(st.sampled_from(Of), bounds).map(lambda each: (each[0], each[1][0], each[1][1]))
    return both | st.tuples(st.sampled_from(Of), st.integers(least, most), st.none())


@_made_once
def rewards(*, rate_max: int = limits.RATE_PPM_MAX) -> st.SearchStrategy[Reward]:
    """Draw what a rule pays; no rate is above `rate_max`, in parts per million."""
    return rates(most=rate_max).map(Percent) | amounts().map(FixedPerUnit) | amounts().map(FixedPerOrder)


_LEVELS: Final = st.lists(
    st.integers(1, 4) | st.integers(1, limits.LEVEL_MAX), min_size=1, max_size=4, unique=True
).map(tuple)
_NO_LEVELS: Final = st.just(())


@_made_once
def rules(
    *,
    rate_max: int = limits.RATE_PPM_MAX,
    levels: st.SearchStrategy[tuple[int, ...]] = _LEVELS,
    id_length_max: int = limits.ID_LENGTH_MAX,
) -> st.SearchStrategy[Rule]:
    """Draw rules of a component."""
    return st.builds(
        Rule,
        id=ids(length_max=id_length_max).map(RuleId),
        pays=rewards(rate_max=rate_max),
        levels=levels,
        tiers=st.lists(st.sampled_from(TIERS), max_size=2, unique=True).map(tuple),
        match=st.none() | matches(),
    )


@_made_once
def components(*, rate_max: int = limits.RATE_PPM_MAX) -> st.SearchStrategy[Component]:
    """Draw components of a plan; no rate is above `rate_max`, in parts per million.

    Some of them name a formula that nobody has registered.
    """
    goods: st.SearchStrategy[BaseOfGoods] = st.builds(Net, st.booleans()) | st.sampled_from(
        (ListPrice(), Margin())
    )
    bases: st.SearchStrategy[Base] = goods | st.sampled_from((LevelBelow(), Residual()))
    climbing: dict[str, st.SearchStrategy[Any]] = {
        "id": ids().map(ComponentId),
        "qualified_tiers": st.lists(st.sampled_from(TIERS), max_size=2, unique=True).map(tuple),
        "unqualified": st.sampled_from(Unqualified),
        "buyer_is_level_1": st.booleans(),
        "level_1": st.sampled_from(FirstLevel),
        "choose": st.sampled_from(Choice),
    }
    same_tier = st.builds(
        SameTier,
        st.just(RuleId("=" * limits.ID_LENGTH_MAX)),  # longer than that of any rule
        st.lists(rates(most=rate_max), min_size=1, max_size=3).map(tuple),
        st.booleans(),
    )
    upline = st.builds(Upline, rules=_rules(rate_max, _LEVELS), base=bases, **climbing)
    differential = st.builds(
        Differential,
        rules=_rules(rate_max, _LEVELS | _NO_LEVELS),
        subtract=st.sampled_from(Subtract),
        same_tier=st.none() | same_tier,
        base=goods,
        **climbing,
    )
    alone = {name: climbing[name] for name in ("id", "choose")}
    own = st.builds(SelfPurchase, rules=_rules(rate_max, _NO_LEVELS), base=goods, **alone)
    share = st.builds(PromoterShare, rules=_rules(rate_max, _NO_LEVELS), base=goods, **alone)
    first = st.builds(
        FirstOrder,
        rules=_rules(rate_max, _NO_LEVELS),
        after_refund=st.sampled_from(AfterRefund),
        level_1=climbing["level_1"],
        base=goods,
        gift=st.none() | gifts(),
        **alone,
    )
    region = st.builds(
        Region,
        rules=_rules(rate_max, _LEVELS | _NO_LEVELS),
        sharing=st.sampled_from(RegionSharing),
        base=goods,
        **alone,
    )
    named = st.tuples(ids(), texts() | st.booleans() | st.integers(-limits.AMOUNT_MINOR_MAX, 0) | amounts())
    params = st.lists(named, max_size=3, unique_by=lambda each: each[0])
    custom = st.builds(
        Custom,
        id=climbing["id"],
        name=ids(length_max=limits.ID_LENGTH_MAX - 12),
        custom_version=st.integers(1, limits.UNITS_MAX),
        params=params.map(lambda pairs: Params(Param(*each) for each in pairs)),
        levels=st.integers(0, limits.LEVEL_MAX),
        base=goods,
    )
    return upline | differential | own | share | first | region | custom


def gifts() -> st.SearchStrategy[Gift]:
    """Draw what is given besides money."""
    points = st.builds(Points, st.integers(1, limits.POINTS_MAX))
    return points | st.builds(Coupons, ids(), st.integers(1, limits.UNITS_MAX))


def _rules(rate_max: int, levels: st.SearchStrategy[tuple[int, ...]]) -> st.SearchStrategy[tuple[Rule, ...]]:
    of_component = rules(rate_max=rate_max, levels=levels, id_length_max=limits.ID_LENGTH_MAX - 1)
    return st.lists(of_component, min_size=1, max_size=4, unique_by=lambda rule: rule.id).map(tuple)


@st.composite
def plans(
    draw: st.DrawFn,
    *,
    currency: st.SearchStrategy[Currency] | None = None,
    valid_from: st.SearchStrategy[Instant] | None = None,
) -> Plan:
    """Draw plans without an error, perhaps with a warning."""
    begins = draw(instants(most=limits.INSTANT_MAX - 2) if valid_from is None else valid_from)
    rate_max = draw(st.sampled_from(RATES_MOST))
    budget = draw(st.none() | st.integers(max(1, rate_max), limits.RATE_PPM_MAX).map(Rate))
    found = st.lists(components(rate_max=rate_max), min_size=1, max_size=3, unique_by=lambda each: each.id)
    paid = tuple(draw(found))
    for_first = any(isinstance(component, FirstOrder) for component in paid)
    plan = Plan(
        id=PlanId(draw(ids())),
        plan_version=draw(st.integers(1, 3) | st.integers(1, limits.UNITS_MAX)),
        currency=draw(currencies() if currency is None else currency),
        valid_from=begins,
        freeze=Freeze(
            days=draw(st.integers(0, limits.FREEZE_DAYS_MAX)),
            counts_from=FreezeFrom.COMPLETED if for_first else draw(st.sampled_from(FreezeFrom)),
        ),
        components=paid,
        valid_until=draw(st.none() | instants(least=micros_of(begins) + 1)),
        rounding=draw(st.sampled_from(Rounding)),
        rounding_scope=draw(st.sampled_from(Scope)),
        budget=budget,
        budget_cut=draw(st.sampled_from(BudgetCut)),
        caps=draw(caps([component.id for component in paid])),
    )
    return evolve(plan, budget=None) if plan_errors(plan) else plan  # of amounts too large for it


def caps(components: Sequence[ComponentId]) -> st.SearchStrategy[tuple[Cap, ...]]:
    """Draw up to two caps, each for some of these components or for all."""
    named = st.lists(st.sampled_from(components), max_size=3, unique=True).map(tuple)
    within = st.none() | st.sampled_from(Cadence)
    cap = st.builds(Cap, ids().map(CapId), amounts(), st.sampled_from(Per), within, named)
    return st.lists(cap, max_size=2, unique_by=lambda each: each.id).map(tuple)


def sale_lines(*, most: int = limits.AMOUNT_MINOR_MAX) -> st.SearchStrategy[SaleLine]:
    """Draw lines of a sale; no net is above `most`, in minor units."""
    optional = st.none() | amounts()
    return st.builds(
        SaleLine,
        id=ids().map(LineId),
        sku=ids(length_max=20).map(Sku),
        units=st.integers(0, 5) | st.integers(0, limits.UNITS_MAX),
        net_minor=amounts(most=most),
        category=st.sampled_from(("", *CATEGORIES)),
        list_minor=optional,
        cost_minor=optional,
        tax_minor=optional,
        brand=texts(length_max=10),
        tags=st.lists(texts(length_max=10), max_size=2).map(tuple),
    )


@st.composite
def sales(
    draw: st.DrawFn,
    *,
    buyer: st.SearchStrategy[MemberId] | None = None,
    currency: st.SearchStrategy[Currency] | None = None,
    paid_at: st.SearchStrategy[Instant] | None = None,
    lines_max: int = 4,
) -> Sale:
    """Draw sales of 1 to `lines_max` lines."""
    lines = sale_lines(most=limits.AMOUNT_MINOR_MAX // lines_max)
    return Sale(
        id=SaleId(draw(ids())),
        buyer=draw(ids().map(MemberId) if buyer is None else buyer),
        currency=draw(currencies() if currency is None else currency),
        paid_at=draw(instants() if paid_at is None else paid_at),
        lines=draw(st.lists(lines, min_size=1, max_size=lines_max, unique_by=lambda line: line.id)),
        promoter=draw(st.none() | ids().map(MemberId)),
        region=draw(
            st.sampled_from(("", "cn/zj")) | texts(length_max=10).map(lambda text: text.replace("/", ""))
        ),
        channel=draw(texts(length_max=10)),
        buyer_group=draw(texts(length_max=10)),
    )


@st.composite
def refunds(draw: st.DrawFn, sale: Sale, *, refunds_max: int = 3) -> tuple[Refund, ...]:
    """Draw refunds of one sale that may be posted in this order: together no more than was bought.

    None of them is a chargeback that repeats another.  There may be none: of nothing, nothing goes back.
    """
    left = {line.id: (line.units, line.net_minor) for line in sale.lines}
    found = []
    names = draw(st.lists(ids().map(RefundId), max_size=refunds_max, unique=True))
    for name in names:
        lines = []
        for line, (units, net_minor) in left.items():
            back = RefundLine(line, draw(st.integers(0, units)), draw(st.integers(0, net_minor)))
            if back.units or back.amount_minor:
                left[line] = (units - back.units, net_minor - back.amount_minor)
                lines.append(back)
        if lines:
            at = draw(instants(least=micros_of(sale.paid_at)))
            found.append(Refund(name, sale.id, tuple(lines), at))
    return tuple(found)


@st.composite
def prices(draw: st.DrawFn, sale: Sale, *, prices_max: int = 3) -> tuple[PriceCorrection, ...]:
    """Draw price corrections of one sale, of which nothing went back: from nothing to three times its net."""
    found = []
    for name in draw(st.lists(ids().map(PriceCorrectionId), max_size=prices_max, unique=True)):
        named = draw(st.lists(st.sampled_from(sale.lines), min_size=1, unique_by=lambda line: line.id))
        lines = [PriceLine(line.id, draw(st.integers(0, 3 * line.net_minor))) for line in named]
        found.append(
            PriceCorrection(name, sale.id, tuple(lines), draw(instants(least=micros_of(sale.paid_at))))
        )
    return tuple(found)


@st.composite
def trees(draw: st.DrawFn, *, members_max: int = 8, changes_max: int = 8) -> Tree:
    """Draw forests with their history: joined in order, then changed by whatever the tree allows."""
    tree: dict[MemberId, Member] = {}
    names = draw(st.lists(ids().map(MemberId), min_size=1, max_size=members_max, unique=True))
    day = 0
    for name in names:
        day += draw(st.integers(0, 2))
        sponsor = draw(st.none() | st.sampled_from(sorted(tree))) if tree else None
        newcomer = Newcomer(
            name, _day(day), sponsor, draw(st.sampled_from(("", *TIERS))), draw(st.sampled_from(State))
        )
        joined = join(tree, newcomer, at=_day(day), depths={}, members_below={})
        assert isinstance(joined, Member), f"the tree refuses {newcomer}: {joined}"
        tree[name] = joined
    for revision in range(1, draw(st.integers(0, changes_max)) + 1):
        change = draw(_changes(tree, at=_day(day + revision), revision=revision))
        if isinstance(change, Refusal):
            break  # revisions are counted without a gap
        tree[change.member] = with_change(tree[change.member], change)
    return tree


@st.composite
def _changes(draw: st.DrawFn, tree: Tree, *, at: Instant, revision: int) -> Change | Refusal:
    member = draw(st.sampled_from(sorted(tree)))
    valid_from = tree[member].joined_at + timedelta(days=draw(st.integers(0, 12)))
    aspect = draw(st.sampled_from(sorted(Aspect, key=str)))
    if aspect is Aspect.ENDS:
        return Change(member, aspect, None, valid_from, at, revision)
    if aspect is Aspect.TIER:
        tier = draw(st.sampled_from(TIERS))
        return set_tier(tree, member, tier, valid_from=valid_from, at=at, revision=revision)
    if aspect is Aspect.STATE:
        state = draw(st.sampled_from(State))
        return set_state(tree, member, state, valid_from=valid_from, at=at, revision=revision)
    if aspect in AGENCY:
        region = draw(st.sampled_from(CATEGORIES))
        change = appoint if aspect is Aspect.APPOINTED else dismiss
        return change(tree, member, region, valid_from=valid_from, at=at, revision=revision)
    sponsor = draw(st.none() | st.sampled_from(sorted(tree)))
    return move(tree, member, sponsor, valid_from=valid_from, at=at, revision=revision)


def _day(number: int) -> Instant:
    return _TREE_BEGINS + timedelta(days=number)
