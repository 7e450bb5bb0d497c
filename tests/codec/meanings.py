"""What the documents of ``golden/`` mean, by name: once released, for ever."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Final

from distcore import members
from distcore.commission import (
    AfterRefund,
    AllOf,
    AnyOf,
    BrandIn,
    BuyerGroupIn,
    CategoryIs,
    ChannelIn,
    Choice,
    Custom,
    Differential,
    FirstLevel,
    FirstOrder,
    FixedPerOrder,
    FixedPerUnit,
    Freeze,
    FreezeFrom,
    LevelBelow,
    ListPrice,
    Margin,
    MonthsSinceFirst,
    Net,
    NetBetween,
    Not,
    Of,
    OrderNumber,
    PaidBetween,
    Param,
    Params,
    Percent,
    Plan,
    PromoterShare,
    Region,
    RegionIs,
    RegionSharing,
    Residual,
    Rule,
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
)
from distcore.kernel import (
    Cadence,
    CompliancePreset,
    ComponentId,
    Currency,
    DayKind,
    EveryDays,
    FirstTouchForDays,
    LastTouch,
    OnDates,
    PlanId,
    ProtectedForDays,
    Rate,
    Rounding,
    RuleId,
    ShopPolicy,
    Weekday,
    zone_of,
)
from distcore.members import (
    BalancedSales,
    Credit,
    DirectSales,
    Falls,
    HoldsTier,
    OwnSales,
    Recruits,
    TeamSales,
    Tier,
    TierPolicy,
    Years,
)
from distcore.settlement import (
    CnCumulative,
    CnLabour,
    CustomWithholding,
    NoWithholding,
    Review,
    SettlementPolicy,
)

_LEVELS: Final = Upline(
    id=ComponentId("levels"),
    rules=(
        Rule(
            RuleId("fresh food, gold"),
            levels=(1, 2),
            pays=Percent(Rate(123_456)),
            tiers=("gold",),
            match=CategoryIs("food/fresh"),
        ),
        Rule(RuleId("two teas"), levels=(1,), pays=FixedPerUnit(150), match=SkuIn(("tea-1", "tea-2"))),
        Rule(RuleId("anything"), levels=(1, 2, 3), pays=Percent(Rate(0))),
    ),
    unqualified=Unqualified.ROLLS_UP,
    qualified_tiers=("gold", "特级"),
    buyer_is_level_1=True,
    level_1=FirstLevel.PROMOTER,
    base=Net(),
)
_THANKS: Final = Upline(
    id=ComponentId("thanks"),
    rules=(Rule(RuleId("once"), levels=(1,), pays=FixedPerOrder(500)),),
    unqualified=Unqualified.ENDS_CHAIN,
)
_SKIPPING: Final = Upline(
    id=ComponentId("skipping"),
    rules=(Rule(RuleId("far above"), levels=(10_000,), pays=Percent(Rate(1))),),
    unqualified=Unqualified.SKIPPED,
    level_1=FirstLevel.SPONSOR,
)
_LOSING: Final = Upline(
    id=ComponentId("losing"),
    rules=(Rule(RuleId("none"), levels=(1,), pays=FixedPerUnit(0)),),
    unqualified=Unqualified.LOST,
)

_CLIMBING: Final = (
    Upline(
        id=ComponentId("with tax"),
        rules=(
            Rule(
                RuleId("of the line"),
                levels=(1,),
                pays=Percent(Rate(1_000_000)),
                match=BrandIn(("Our Tea", "")),
            ),
            Rule(
                RuleId("of the channel"),
                levels=(1,),
                pays=FixedPerUnit(1),
                match=ChannelIn(("app", "小程序")),
            ),
        ),
        base=Net(with_tax=True),
        choose=Choice.BEST,
    ),
    Upline(
        id=ComponentId("of the level below"),
        rules=(Rule(RuleId("half"), levels=(1, 2), pays=Percent(Rate(500_000)), match=RegionIs("CN/east")),),
        base=LevelBelow(),
        choose=Choice.FIRST,
    ),
    Upline(
        id=ComponentId("of what is left"),
        rules=(
            Rule(
                RuleId("ten"),
                levels=(1, 2),
                pays=Percent(Rate(100_000)),
                match=TagIn(("new", "seasonal")),
            ),
        ),
        base=Residual(),
    ),
    Differential(
        id=ComponentId("contracts"),
        rules=(
            Rule(
                RuleId("silver"),
                levels=(1, 2),
                tiers=("silver",),
                pays=Percent(Rate(100_000)),
                match=TierIn(("", "silver")),
            ),
            Rule(RuleId("everybody"), levels=(), tiers=(), pays=FixedPerOrder(500), match=None),
        ),
        subtract=Subtract.ALL_PAID,
        same_tier=SameTier(
            id=RuleId("same tier"),
            rates=(Rate(100_000), Rate(0), Rate(50_000)),
            of_difference=False,
        ),
        unqualified=Unqualified.ENDS_CHAIN,
        qualified_tiers=("silver", "gold"),
        buyer_is_level_1=True,
        level_1=FirstLevel.PROMOTER,
        base=ListPrice(),
        choose=Choice.BEST,
    ),
    Differential(
        id=ComponentId("by tier"),
        rules=(Rule(RuleId("gold"), tiers=("gold",), pays=Percent(Rate(200_000))),),
        subtract=Subtract.HIGHEST_RATE,
        same_tier=SameTier(id=RuleId("same tier"), rates=(Rate(100_000),), of_difference=True),
        unqualified=Unqualified.SKIPPED,
        qualified_tiers=(),
        buyer_is_level_1=False,
        level_1=FirstLevel.SPONSOR,
        base=Net(with_tax=False),
        choose=Choice.FIRST,
    ),
    Differential(
        id=ComponentId("highest"),
        rules=(Rule(RuleId("all"), pays=Percent(Rate(10_000))),),
        subtract=Subtract.HIGHEST_RATE,
        same_tier=None,
        unqualified=Unqualified.SKIPPED,
    ),
)
_ALONE: Final = (
    SelfPurchase(
        id=ComponentId("own"),
        rules=(
            Rule(
                RuleId("line"),
                pays=Percent(Rate(50_000)),
                match=NetBetween(of=Of.LINE, least_minor=1_000, below_minor=9_999),
            ),
            Rule(
                RuleId("order"),
                pays=Percent(Rate(60_000)),
                match=NetBetween(of=Of.ORDER, least_minor=0, below_minor=50_000),
            ),
            Rule(RuleId("units"), pays=FixedPerUnit(20), match=UnitsBetween(of=Of.LINE, least=12, below=144)),
            Rule(
                RuleId("units of the order"),
                pays=FixedPerUnit(10),
                match=UnitsBetween(of=Of.ORDER, least=0, below=None),
            ),
        ),
        base=Margin(),
        choose=Choice.BEST,
    ),
    SelfPurchase(
        id=ComponentId("own, whatever it is"),
        rules=(Rule(RuleId("all"), pays=Percent(Rate(10_000))),),
        base=Net(with_tax=False),
        choose=Choice.FIRST,
    ),
    PromoterShare(
        id=ComponentId("links"),
        rules=(
            Rule(
                RuleId("of several"),
                pays=Percent(Rate(80_000)),
                match=AllOf(
                    (
                        AnyOf((SkuIn(("tea-1",)), CategoryIs("food"))),
                        Not(Not(BuyerGroupIn(("wholesale",)))),
                        PaidBetween(
                            since=datetime(2025, 12, 31, 16, tzinfo=UTC),
                            until=datetime(2026, 1, 31, 16, 0, 0, 1, tzinfo=UTC),
                        ),
                        PaidBetween(since=datetime(2026, 1, 1, tzinfo=UTC), until=None),
                        PaidBetween(since=None, until=datetime(2027, 1, 1, tzinfo=UTC)),
                        PaidBetween(since=None, until=None),
                    )
                ),
            ),
        ),
        base=Net(),
        choose=Choice.FIRST,
    ),
    PromoterShare(
        id=ComponentId("links, whatever they are"),
        rules=(Rule(RuleId("all"), pays=Percent(Rate(10_000))),),
        base=Net(with_tax=False),
        choose=Choice.FIRST,
    ),
)
_ONCE: Final = (
    FirstOrder(
        id=ComponentId("welcome"),
        rules=(
            Rule(
                RuleId("second to ninth"),
                tiers=("gold",),
                pays=Percent(Rate(120_000)),
                match=OrderNumber(least=2, below=10),
            ),
            Rule(RuleId("any number"), pays=FixedPerUnit(5), match=OrderNumber(least=1, below=None)),
            Rule(
                RuleId("in the second year"),
                pays=Percent(Rate(30_000)),
                match=MonthsSinceFirst(least=12, below=24),
            ),
            Rule(
                RuleId("whenever it is"),
                pays=FixedPerOrder(100),
                match=MonthsSinceFirst(least=0, below=None),
            ),
            Rule(
                RuleId("a good customer"),
                pays=Percent(Rate(20_000)),
                match=SpentBefore(least_minor=100_000, below_minor=999_999),
            ),
            Rule(
                RuleId("whatever was spent"),
                pays=FixedPerOrder(2_000),
                match=SpentBefore(least_minor=0, below_minor=None),
            ),
        ),
        after_refund=AfterRefund.NEXT_ORDER,
        level_1=FirstLevel.PROMOTER,
        base=ListPrice(),
        choose=Choice.BEST,
    ),
    FirstOrder(
        id=ComponentId("welcome, least"),
        rules=(Rule(RuleId("bonus"), pays=FixedPerOrder(1_000)),),
        after_refund=AfterRefund.LOST,
        level_1=FirstLevel.SPONSOR,
        base=Net(with_tax=False),
        choose=Choice.FIRST,
    ),
    FirstOrder(
        id=ComponentId("welcome, or lost"),
        rules=(Rule(RuleId("bonus"), pays=Percent(Rate(10_000))),),
        after_refund=AfterRefund.LOST,
        level_1=FirstLevel.SPONSOR,
        base=Margin(),
        choose=Choice.FIRST,
    ),
)

MEANINGS: Final[Mapping[str, object]] = {
    "commission-plan-1-everything": Plan(
        id=PlanId("mall 2026"),
        plan_version=3,
        currency=Currency("CNY"),
        valid_from=datetime(2025, 12, 31, 16, tzinfo=UTC),
        valid_until=datetime(2026, 12, 31, 16, 0, 0, 1, tzinfo=UTC),
        rounding=Rounding.HALF_EVEN,
        rounding_scope=Scope.ORDER,
        freeze=Freeze(days=7, counts_from=FreezeFrom.PAID),
        budget=Rate(200_000),
        components=(_LEVELS, _THANKS, _SKIPPING, _LOSING),
    ),
    "commission-plan-1-components": Plan(
        id=PlanId("components"),
        plan_version=1,
        currency=Currency("CNY"),
        valid_from=datetime(2025, 12, 31, 16, tzinfo=UTC),
        freeze=Freeze(days=7),
        components=(*_CLIMBING, *_ALONE, *_ONCE),
    ),
    "commission-plan-1-least": Plan(
        id=PlanId("points"),
        plan_version=1,
        currency=Currency("POINT"),
        valid_from=datetime(1970, 1, 1, tzinfo=UTC),
        valid_until=None,
        rounding=Rounding.HALF_UP,
        rounding_scope=Scope.LINE,
        freeze=Freeze(days=0, counts_from=FreezeFrom.COMPLETED),
        budget=None,
        components=(
            Upline(
                id=ComponentId("levels"),
                rules=(Rule(RuleId("sponsor"), FixedPerOrder(100), (1,), tiers=(), match=None),),
                unqualified=Unqualified.LOST,
                qualified_tiers=(),
                buyer_is_level_1=False,
                level_1=FirstLevel.SPONSOR,
                base=Net(),
            ),
        ),
    ),
    "commission-plan-1-dinars": Plan(
        id=PlanId("dinars"),
        plan_version=1,
        currency=Currency("KWD"),
        valid_from=datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
        freeze=Freeze(days=3_660),
        components=(Upline(ComponentId("levels"), (Rule(RuleId("sponsor"), FixedPerUnit(125), (1,)),)),),
        rounding=Rounding.UP,
        rounding_scope=Scope.UNIT,
    ),
    "settlement-policy-1-everything": SettlementPolicy(
        currency=Currency("CNY"),
        policy_version=3,
        valid_from=datetime(2025, 12, 31, 16, tzinfo=UTC),
        cadence=Cadence.HALF_MONTHLY,
        review=Review.REVIEWED,
        minimum_minor=1_050,
        withholding=CnLabour(),
        account_hold_days=366,
    ),
    "settlement-policy-1-least": SettlementPolicy(
        currency=Currency("KWD"),
        policy_version=1,
        valid_from=datetime(1970, 1, 1, tzinfo=UTC),
        cadence=Cadence.MONTHLY,
        review=Review.AUTOMATIC,
        minimum_minor=0,
        withholding=NoWithholding(),
        account_hold_days=3,
    ),
    "settlement-policy-1-every-days": SettlementPolicy(
        currency=Currency("CNY"),
        policy_version=1,
        valid_from=datetime(2025, 12, 31, 16, tzinfo=UTC),
        cadence=EveryDays(10, date(2026, 1, 1)),
        withholding=CnCumulative(),
        account_hold_days=0,
    ),
    "settlement-policy-1-on-dates": SettlementPolicy(
        currency=Currency("JPY"),
        policy_version=10**9,
        valid_from=datetime(2026, 3, 29, 0, 30, 0, 1, tzinfo=UTC),
        cadence=OnDates((date(2026, 1, 20), date(2026, 4, 20))),
        minimum_minor=10**15,
        withholding=CustomWithholding("our own", 2),
    ),
    "settlement-policy-1-none": SettlementPolicy(
        currency=Currency("USD"),
        policy_version=1,
        valid_from=datetime(2026, 1, 1, tzinfo=UTC),
        withholding=NoWithholding(),
    ),
    "shop-policy-1-everything": ShopPolicy(
        zone=zone_of("America/New_York"),
        currencies=(Currency("USD"), Currency("POINT")),
        week_start=Weekday.SUNDAY,
        days=DayKind.HOURS_24,
    ),
    "shop-policy-1-least": ShopPolicy(
        zone=zone_of("Asia/Shanghai"),
        currencies=(Currency("CNY"),),
        week_start=Weekday.MONDAY,
        days=DayKind.CALENDAR,
    ),
    "shop-policy-1-last-touch": ShopPolicy(
        zone=zone_of("Asia/Shanghai"), currencies=(Currency("CNY"),), binding=LastTouch()
    ),
    "shop-policy-1-first-touch-for-days": ShopPolicy(
        zone=zone_of("Asia/Shanghai"),
        currencies=(Currency("CNY"),),
        binding=FirstTouchForDays(90, only_without_orders=True),
    ),
    "shop-policy-1-protected": ShopPolicy(
        zone=zone_of("Asia/Shanghai"), currencies=(Currency("CNY"),), binding=ProtectedForDays(3_660)
    ),
    "shop-policy-1-preset": ShopPolicy(
        zone=zone_of("Asia/Shanghai"),
        currencies=(Currency("CNY"),),
        compliance_preset=CompliancePreset.CN_COMMON,
        fee_tiers=("金牌", ""),
    ),
    "commission-plan-1-customs": Plan(
        id=PlanId("customs"),
        plan_version=1,
        currency=Currency("CNY"),
        valid_from=datetime(2026, 1, 1, tzinfo=UTC),
        freeze=Freeze(7),
        components=(
            Custom(
                id=ComponentId("loyalty"),
                name="years of service",
                custom_version=3,
                params=Params(
                    (
                        Param("cap", 500),
                        Param("is_strict", True),
                        Param("per year", -2),
                        Param("tier", "gold"),
                        Param("名字", ""),
                    )
                ),
                levels=2,
                base=Margin(),
            ),
            Custom(
                id=ComponentId("least"),
                name="least",
                custom_version=1,
                params=Params(()),
                levels=10,
                base=Net(with_tax=False),
            ),
        ),
    ),
    "commission-plan-1-agents": Plan(
        id=PlanId("agents"),
        plan_version=1,
        currency=Currency("CNY"),
        valid_from=datetime(2026, 1, 1, tzinfo=UTC),
        freeze=Freeze(7),
        components=(
            Region(
                id=ComponentId("by region"),
                rules=(
                    Rule(
                        RuleId("cities of the north"),
                        pays=Percent(Rate(25_000)),
                        levels=(2, 3),
                        tiers=("gold",),
                        match=RegionIs("cn/north"),
                    ),
                    Rule(RuleId("everywhere"), pays=FixedPerUnit(10)),
                ),
                sharing=RegionSharing.SHARED,
                base=Margin(),
                choose=Choice.BEST,
            ),
            Region(
                id=ComponentId("by region, in full"),
                rules=(Rule(RuleId("province"), pays=FixedPerOrder(100), levels=(1,)),),
                sharing=RegionSharing.IN_FULL,
            ),
            Region(
                id=ComponentId("by region, if nothing is said"),
                rules=(Rule(RuleId("all"), pays=Percent(Rate(10_000))),),
                sharing=RegionSharing.IN_FULL,
                base=Net(with_tax=False),
                choose=Choice.FIRST,
            ),
        ),
    ),
    "tier-policy-1-everything": TierPolicy(
        policy_version=3,
        currency=Currency("CNY"),
        valid_from=datetime(2025, 12, 31, 16, tzinfo=UTC),
        tiers=(
            Tier("bronze", members.AnyOf((OwnSales(1_000_00), DirectSales(2_000_50)))),
            Tier(
                "silver",
                members.AllOf((TeamSales(20_000_00), Recruits(3, 100_00), members.Not(HoldsTier("特级")))),
            ),
            Tier(
                "特级", members.AllOf((BalancedSales(50_000_00), Years(2), Credit(600), HoldsTier("silver")))
            ),
        ),
        rhythm=EveryDays(28, date(2026, 1, 5)),
        grace_periods=2,
        falls=Falls.TO_WHAT_IS_EARNED,
    ),
    "tier-policy-1-least": TierPolicy(
        policy_version=1,
        currency=Currency("JPY"),
        valid_from=datetime(1970, 1, 1, tzinfo=UTC),
        tiers=(Tier("partner", OwnSales(1)),),
        rhythm=Cadence.MONTHLY,
        grace_periods=0,
        falls=Falls.ONE_STEP,
    ),
}
