"""What is kept has parts of the kinds that its class declares; whatever else is refused with its path."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from types import NoneType
from typing import Any, Final
from zoneinfo import ZoneInfo

import attrs
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from tests.builders import CNY, NOW, PLAN, SHANGHAI, day, line, percent, refund, rule, sale
from tests.codec.documents import nouns_of

from distcore import engine
from distcore.commission import (
    AfterRefund,
    AllOf,
    AnyOf,
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
    How,
    Ladder,
    LevelBelow,
    ListPrice,
    Margin,
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
    Per,
    Percent,
    Plan,
    Points,
    Pool,
    PromoterShare,
    Refund,
    RefundLine,
    Region,
    RegionIs,
    RegionSharing,
    Residual,
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
    TierWeight,
    Unclaimed,
    UnitsBetween,
    Unqualified,
    Upline,
    Volume,
    plan_problems,
)
from distcore.kernel import (
    Cadence,
    CapId,
    CompliancePreset,
    ComponentId,
    Currency,
    DayKind,
    EveryDays,
    FirstTouchForDays,
    FirstTouchForEver,
    InputError,
    LastTouch,
    OnDates,
    ProtectedForDays,
    Rate,
    Rhythm,
    Rounding,
    RuleId,
    ShopPolicy,
    SplitMethod,
    Weekday,
    policy_problems,
    shape_problems,
)
from distcore.memory import MemoryStore
from distcore.testing import strategies

RULES = (
    rule("1", [1, 2], Percent(Rate(5)), tiers=["gold"], match=CategoryIs("food")),
    rule("2", [1], FixedPerUnit(5), match=SkuIn(("a", "b"))),
    rule("3", [3], FixedPerOrder(5)),
)
CONDITIONS = (
    BrandIn(("a",)),
    TagIn(("a",)),
    ChannelIn(("a",)),
    RegionIs("CN"),
    BuyerGroupIn(("a",)),
    TierIn(("a",)),
    NetBetween(Of.LINE, 5, 6),
    UnitsBetween(Of.ORDER, 5, 6),
    PaidBetween(day(1), day(2)),
    OrderNumber(5, 6),
    MonthsSinceFirst(5, 6),
    SpentBefore(5, 6),
    EarnedBefore(5, 6),
    AnyOf((SkuIn(("a",)),)),
    Not(CategoryIs("food")),
)
FOR_ALL = (Rule(RuleId("all"), Percent(Rate(5)), match=AllOf(CONDITIONS)),)
FULL_PLAN = evolve(
    PLAN,
    components=(
        Upline(ComponentId("first"), RULES, qualified_tiers=("gold",)),
        Upline(ComponentId("second"), (percent("1%", 1),), base=LevelBelow()),
        Upline(ComponentId("third"), (percent("1%", 1),), base=Residual()),
        Differential(
            ComponentId("fourth"),
            (rule("gold", [1], Percent(Rate(5)), tiers=["gold"]),),
            same_tier=SameTier(RuleId("same tier"), (Rate(5),)),
            qualified_tiers=("gold",),
            base=ListPrice(),
        ),
        SelfPurchase(ComponentId("fifth"), FOR_ALL, base=Margin()),
        PromoterShare(ComponentId("sixth"), (Rule(RuleId("all"), FixedPerUnit(5)),)),
        FirstOrder(ComponentId("seventh"), (Rule(RuleId("all"), FixedPerOrder(5)),), gift=Points(5)),
        FirstOrder(ComponentId("coupons"), (Rule(RuleId("all"), FixedPerOrder(5)),), gift=Coupons("tea")),
        Region(ComponentId("eighth"), (percent("1%", 1),)),
        Custom(ComponentId("ninth"), "by hand", 1, Params((Param("most", 5),))),
    ),
    caps=(Cap(CapId("month"), 5, within=Cadence.MONTHLY, components=(ComponentId("first"),)),),
    valid_until=NOW,
    budget=Rate(500_000),
    period_components=(
        Ladder(
            ComponentId("ladder"),
            (Bracket(0, Rate(5)),),
            Volume.TEAM,
            leg_cap=Rate(500_000),
            qualified_tiers=("gold",),
        ),
        Pool(ComponentId("by tier"), Rate(5), ByTier((TierWeight("gold", 5),)), qualified_tiers=("gold",)),
        Pool(ComponentId("by volume"), Rate(5), ByVolume()),
        Pool(ComponentId("by points"), Rate(5), ByPoints()),
        Matching(ComponentId("matching"), (ComponentId("ladder"),), (Rate(5),), qualified_tiers=("gold",)),
    ),
)
FULL_POLICY = ShopPolicy(
    SHANGHAI,
    (CNY, Currency("JPY")),
    binding=ProtectedForDays(30),
    compliance_preset=CompliancePreset.EU,
    fee_tiers=("gold",),
)

_OF_GOODS: Final = (Net, ListPrice, Margin)
_CONDITIONS: Final = (
    CategoryIs,
    SkuIn,
    BrandIn,
    TagIn,
    ChannelIn,
    RegionIs,
    BuyerGroupIn,
    TierIn,
    NetBetween,
    UnitsBetween,
    PaidBetween,
    OrderNumber,
    MonthsSinceFirst,
    SpentBefore,
    EarnedBefore,
    AllOf,
    AnyOf,
    Not,
)

KINDS: Final[dict[type, dict[str, tuple[type, ...]]]] = {
    Plan: {
        "id": (str,),
        "plan_version": (int,),
        "currency": (str,),
        "valid_from": (datetime,),
        "freeze": (Freeze,),
        "components": (tuple,),
        "components[]": (Upline, Differential, SelfPurchase, PromoterShare, FirstOrder, Region, Custom),
        "valid_until": (datetime, NoneType),
        "rounding": (Rounding,),
        "rounding_scope": (Scope,),
        "budget": (Rate, NoneType),
        "budget_cut": (BudgetCut,),
        "caps": (tuple,),
        "caps[]": (Cap,),
        "period_components": (tuple,),
        "period_components[]": (Ladder, Pool, Matching),
        "period_cadence": (Cadence, EveryDays, OnDates),
    },
    Ladder: {
        "id": (str,),
        "brackets": (tuple,),
        "brackets[]": (Bracket,),
        "volume": (Volume,),
        "how": (How,),
        "leg_cap": (Rate, NoneType),
        "subtract_legs": (bool,),
        "qualified_tiers": (tuple,),
        "qualified_tiers[]": (str,),
        "own_least_minor": (int,),
        "budget": (Rate, NoneType),
    },
    Bracket: {"from_minor": (int,), "rate": (Rate,)},
    Pool: {
        "id": (str,),
        "share": (Rate,),
        "weights": (ByTier, ByVolume, ByPoints),
        "qualified_tiers": (tuple,),
        "qualified_tiers[]": (str,),
        "own_least_minor": (int,),
        "unqualified": (Unclaimed,),
        "ties": (SplitMethod,),
    },
    ByTier: {"tiers": (tuple,), "tiers[]": (TierWeight,)},
    TierWeight: {"tier": (str,), "weight": (int,)},
    ByVolume: {"volume": (Volume,)},
    ByPoints: {},
    Matching: {
        "id": (str,),
        "of": (tuple,),
        "of[]": (str,),
        "rates": (tuple,),
        "rates[]": (Rate,),
        "qualified_tiers": (tuple,),
        "qualified_tiers[]": (str,),
        "own_least_minor": (int,),
        "compress": (bool,),
        "budget": (Rate, NoneType),
    },
    Freeze: {"days": (int,), "counts_from": (FreezeFrom,)},
    Upline: {
        "id": (str,),
        "rules": (tuple,),
        "rules[]": (Rule,),
        "unqualified": (Unqualified,),
        "qualified_tiers": (tuple,),
        "qualified_tiers[]": (str,),
        "buyer_is_level_1": (bool,),
        "level_1": (FirstLevel,),
        "base": (*_OF_GOODS, LevelBelow, Residual),
        "choose": (Choice,),
    },
    Differential: {
        "id": (str,),
        "rules": (tuple,),
        "rules[]": (Rule,),
        "subtract": (Subtract,),
        "same_tier": (SameTier, NoneType),
        "unqualified": (Unqualified,),
        "qualified_tiers": (tuple,),
        "qualified_tiers[]": (str,),
        "buyer_is_level_1": (bool,),
        "level_1": (FirstLevel,),
        "base": _OF_GOODS,
        "choose": (Choice,),
    },
    SameTier: {"id": (str,), "rates": (tuple,), "rates[]": (Rate,), "of_difference": (bool,)},
    SelfPurchase: {
        "id": (str,),
        "rules": (tuple,),
        "rules[]": (Rule,),
        "base": _OF_GOODS,
        "choose": (Choice,),
    },
    PromoterShare: {
        "id": (str,),
        "rules": (tuple,),
        "rules[]": (Rule,),
        "base": _OF_GOODS,
        "choose": (Choice,),
    },
    FirstOrder: {
        "id": (str,),
        "rules": (tuple,),
        "rules[]": (Rule,),
        "after_refund": (AfterRefund,),
        "level_1": (FirstLevel,),
        "base": _OF_GOODS,
        "choose": (Choice,),
        "gift": (Points, Coupons, NoneType),
    },
    Points: {"points": (int,)},
    Coupons: {"template": (str,), "coupons": (int,)},
    Region: {
        "id": (str,),
        "rules": (tuple,),
        "rules[]": (Rule,),
        "sharing": (RegionSharing,),
        "base": _OF_GOODS,
        "choose": (Choice,),
    },
    Custom: {
        "id": (str,),
        "name": (str,),
        "custom_version": (int,),
        "params": (Params,),
        "levels": (int,),
        "base": _OF_GOODS,
    },
    Params: {"entries": (tuple,), "entries[]": (Param,)},
    Param: {"name": (str,), "value": (str, int, bool)},
    Cap: {
        "id": (str,),
        "amount_minor": (int,),
        "per": (Per,),
        "within": (Cadence, NoneType),
        "components": (tuple,),
        "components[]": (str,),
    },
    Net: {"with_tax": (bool,)},
    ListPrice: {},
    Margin: {},
    LevelBelow: {},
    Residual: {},
    Rule: {
        "id": (str,),
        "levels": (tuple,),
        "levels[]": (int,),
        "pays": (Percent, FixedPerUnit, FixedPerOrder),
        "tiers": (tuple,),
        "tiers[]": (str,),
        "match": (*_CONDITIONS, NoneType),
    },
    Percent: {"rate": (Rate,)},
    FixedPerUnit: {"amount_minor": (int,)},
    FixedPerOrder: {"amount_minor": (int,)},
    Rate: {"ppm": (int,)},
    CategoryIs: {"category": (str,)},
    SkuIn: {"skus": (tuple,), "skus[]": (str,)},
    BrandIn: {"brands": (tuple,), "brands[]": (str,)},
    TagIn: {"tags": (tuple,), "tags[]": (str,)},
    ChannelIn: {"channels": (tuple,), "channels[]": (str,)},
    RegionIs: {"region": (str,)},
    BuyerGroupIn: {"groups": (tuple,), "groups[]": (str,)},
    TierIn: {"tiers": (tuple,), "tiers[]": (str,)},
    NetBetween: {"of": (Of,), "least_minor": (int,), "below_minor": (int, NoneType)},
    UnitsBetween: {"of": (Of,), "least": (int,), "below": (int, NoneType)},
    PaidBetween: {"since": (datetime, NoneType), "until": (datetime, NoneType)},
    OrderNumber: {"least": (int,), "below": (int, NoneType)},
    MonthsSinceFirst: {"least": (int,), "below": (int, NoneType)},
    EarnedBefore: {"least_minor": (int,), "below_minor": (int, NoneType)},
    SpentBefore: {"least_minor": (int,), "below_minor": (int, NoneType)},
    AllOf: {"matches": (tuple,), "matches[]": _CONDITIONS},
    AnyOf: {"matches": (tuple,), "matches[]": _CONDITIONS},
    Not: {"match": _CONDITIONS},
    ShopPolicy: {
        "zone": (ZoneInfo,),
        "currencies": (tuple,),
        "currencies[]": (str,),
        "week_start": (Weekday,),
        "days": (DayKind,),
        "binding": (FirstTouchForEver, LastTouch, FirstTouchForDays, ProtectedForDays),
        "compliance_preset": (CompliancePreset, NoneType),
        "fee_tiers": (tuple,),
        "fee_tiers[]": (str,),
    },
    ProtectedForDays: {"days": (int,), "only_without_orders": (bool,)},
}
"""Which kinds each field takes; `[]` marks what stands in a tuple."""

POOL: Final[tuple[Any, ...]] = (
    None,
    True,
    5,
    5.0,
    "text",
    b"text",
    ["text"],
    {"text": 1},
    ("text",),
    NOW,
    date(2026, 1, 5),
    SHANGHAI,
    *(
        kind
        for kinds in (Rounding, Scope, FreezeFrom, Unqualified, FirstLevel, AfterRefund, Choice, Subtract, Of)
        for kind in list(kinds)[:1]
    ),
    Weekday.MONDAY,
    DayKind.CALENDAR,
    Freeze(5),
    RULES[0],
    Upline(ComponentId("x"), ()),
    Differential(ComponentId("x"), ()),
    SameTier(RuleId("x"), ()),
    SelfPurchase(ComponentId("x"), ()),
    PromoterShare(ComponentId("x"), ()),
    FirstOrder(ComponentId("x"), ()),
    Net(),
    ListPrice(),
    Margin(),
    LevelBelow(),
    Residual(),
    Percent(Rate(5)),
    FixedPerUnit(5),
    Rate(5),
    CategoryIs("x"),
    SkuIn(("x",)),
    *CONDITIONS,
    AllOf(()),
    PLAN,
    FULL_POLICY,
)
"""A value of every kind."""

REFUSED_AT_ONCE: Final = frozenset({"ppm", "since", "until"})
"""Fields that refuse by themselves what is no number or no instant: they don't know where they are."""

Place = tuple[str, tuple[type, ...], Callable[[Any], Any]]


def places(value: Any, where: str, put: Callable[[Any], Any]) -> Iterator[Place]:
    """Yield every part of a value: its path, the kinds it takes, and how to make it anything else."""
    for name, kinds in KINDS[type(value)].items():
        if name.endswith("[]"):
            continue
        part, path = getattr(value, name), f"{where}.{name}"

        def put_part(other: Any, name: str = name) -> Any:
            return put(evolve(value, **{name: other}))

        yield path, kinds, put_part
        if isinstance(part, tuple):
            for place, item in enumerate(part):

                def put_item(
                    other: Any,
                    put_part: Callable[[Any], Any] = put_part,
                    part: Any = part,
                    place: int = place,
                ) -> Any:
                    return put_part((*part[:place], other, *part[place + 1 :]))

                yield f"{path}[{place}]", KINDS[type(value)][f"{name}[]"], put_item
                if attrs.has(type(item)):
                    yield from places(item, f"{path}[{place}]", put_item)
        elif attrs.has(type(part)):
            yield from places(part, path, put_part)


PLACES: list[tuple[Callable[..., object], Place]] = [
    *((engine.set_plan, each) for each in places(FULL_PLAN, "$", lambda plan: plan)),
    *((engine.set_policy, each) for each in places(FULL_POLICY, "$", lambda policy: policy)),
]


def test_the_table_names_every_field_of_a_plan_and_a_policy() -> None:
    for kind, names in KINDS.items():
        assert {name for name in names if not name.endswith("[]")} == {
            field.name for field in attrs.fields(kind) if field.init
        }
    assert KINDS.keys() - {ShopPolicy, ProtectedForDays} <= nouns_of(FULL_PLAN)
    assert len(PLACES) > 100


@pytest.mark.parametrize(("verb", "place"), PLACES, ids=[place for _, (place, *_) in PLACES])
def test_every_wrong_kind_is_refused_at_every_field(verb: Callable[..., object], place: Place) -> None:
    path, kinds, put = place
    store = MemoryStore("shop")
    wrong = [value for value in POOL if type(value) not in kinds]
    assert len(wrong) >= len(POOL) - len(kinds)
    for value in wrong:
        with pytest.raises(InputError) as raised, store.begin() as tx:
            verb(tx, put(value), at=NOW, actor="tester", key="k")
        (problem,) = raised.value.problems
        assert problem.where in {path, *REFUSED_AT_ONCE}, value
        assert problem.message.startswith("not ")
    with store.begin() as tx:
        assert tx.policies.current() is None
        assert list(tx.plans.all()) == []


@pytest.mark.parametrize("value", [value for value in POOL if value not in (PLAN, FULL_POLICY)], ids=ascii)
def test_the_whole_is_of_its_kind(value: Any) -> None:
    (of_plan,), (of_policy,) = plan_problems(value), policy_problems(value)
    assert str(of_plan).startswith("$: not a Plan: ")
    assert str(of_policy).startswith("$: not a ShopPolicy: ")


@pytest.mark.parametrize(
    ("value", "kind", "problem"),
    [
        (True, int, "x: not a whole number: True"),
        (1, bool, "x: not True or False: 1"),
        (1, str, "x: not a text: 1"),
        ("a", int | None, "x: not a whole number or None: 'a'"),
        (1, int | None, None),
        (None, int | None, None),
        (date(2026, 1, 5), datetime, "x: not an instant: datetime.date(2026, 1, 5)"),
        (
            datetime(2026, 1, 5),
            datetime,
            "x: a time without an offset: datetime.datetime(2026, 1, 5, 0, 0) (an aware datetime)",
        ),
        ("UTC", ZoneInfo, "x: not a time zone: 'UTC'"),
        ("ab", tuple[str, ...], "x: not a tuple: 'ab'"),
        (("a", 1), tuple[str, ...], "x[1]: not a text: 1"),
        ("down", Rounding, "x: not a member of Rounding: 'down'"),
        (Scope.LINE, Rounding, "x: not a member of Rounding: <Scope.LINE: 'line'>"),
        (Rate(1), Percent | FixedPerUnit, "x: not a Percent or a FixedPerUnit: Rate(ppm=1)"),
        (CNY, Currency, None),
        (1, Currency, "x: not a text: 1"),
        (date(2026, 1, 5), date, None),
        (datetime(2026, 1, 5), date, "x: not a date: datetime.datetime(2026, 1, 5, 0, 0)"),
        ("2026-01-05", date, "x: not a date: '2026-01-05'"),
        (time(20), time, None),
        (time(20), time | None, None),
        ("20:00", time | None, "x: not a time of day or None: '20:00'"),
        (datetime(2026, 1, 5, 20), time, "x: not a time of day: datetime.datetime(2026, 1, 5, 20, 0)"),
        (Cadence.DAILY, Rhythm, None),
        (EveryDays(7, date(2026, 1, 5)), Rhythm, None),
        (EveryDays(True, date(2026, 1, 5)), Rhythm, "x.days: not a whole number: True"),
        (OnDates((date(2026, 1, 5), "")), Rhythm, "x.dates[1]: not a date: ''"),  # type: ignore[arg-type]
        ("daily", Rhythm, "x: not a member of Cadence or an EveryDays or an OnDates: 'daily'"),
    ],
)
def test_what_is_wrong_is_said_in_words(value: Any, kind: Any, problem: str | None) -> None:
    assert [str(each) for each in shape_problems(value, kind, "x")] == ([problem] if problem else [])


def test_all_that_is_misshapen_is_said_together() -> None:
    wrong: Any = "tea"
    nothing: Any = None
    misshapen = evolve(sale(line("1"), evolve(line("2"), tags=wrong)), region=wrong, channel=nothing)
    assert [each.where for each in shape_problems(misshapen, Sale, "")] == ["lines[1].tags", "channel"]


@given(st.data())
def test_what_is_legal_is_well_shaped(data: st.DataObject) -> None:
    plan, policy = data.draw(strategies.plans()), data.draw(strategies.policies())
    order = data.draw(strategies.sales())
    for value, kind in [
        (plan, Plan),
        (policy, ShopPolicy),
        (order, Sale),
        *((x, SaleLine) for x in order.lines),
    ]:
        assert list(shape_problems(value, kind, "$")) == []
    for back in data.draw(strategies.refunds(order)):
        assert list(shape_problems(back, Refund, "")) == []


def test_a_refund_is_checked_down_to_its_lines() -> None:
    wrong: Any = None
    back = evolve(refund(("1", 1, 5)), lines=(RefundLine(wrong, 1, 5),), refunded_at=day(4))
    assert [each.where for each in shape_problems(back, Refund, "")] == ["lines[0].line"]
