"""What the documents of ``golden/`` mean, by name: once released, for ever."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Final

from distcore.commission import (
    CategoryIs,
    FirstLevel,
    FixedPerOrder,
    FixedPerUnit,
    Freeze,
    FreezeFrom,
    Net,
    Percent,
    Plan,
    Rule,
    Scope,
    SkuIn,
    Unqualified,
    Upline,
)
from distcore.kernel import (
    Cadence,
    ComponentId,
    Currency,
    DayKind,
    EveryDays,
    OnDates,
    PlanId,
    Rate,
    Rounding,
    RuleId,
    ShopPolicy,
    Weekday,
    zone_of,
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
                rules=(Rule(RuleId("sponsor"), (1,), FixedPerOrder(100), tiers=(), match=None),),
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
        components=(Upline(ComponentId("levels"), (Rule(RuleId("sponsor"), (1,), FixedPerUnit(125)),)),),
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
}
