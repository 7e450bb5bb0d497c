"""Who earns what from a sale, why, and what a refund takes back.

A `Plan` is what the merchant decides; `calculate` applies it to what is left of a `Sale`; a
correction posts the difference between what is earned now and what was posted so far.

>>> from datetime import datetime, UTC
>>> from distcore.kernel import Rate
>>> day = datetime(2026, 1, 1, tzinfo=UTC)
>>> levels = Upline("levels", tuple(
...     Rule(f"level {n}", Percent(Rate.parse(rate)), (n,)) for n, rate in enumerate(["10%", "2%", "1%"], 1)))
>>> plan = Plan("mall", 1, "CNY", day, Freeze(days=7), (levels,))
>>> sale = Sale("order 1", "cai", "CNY", day, (SaleLine("1", "tea", units=2, net_minor=10000),))
>>> lineage = Lineage("cai", None, [Seat(name, "", Standing.ACTIVE) for name in ["ann", "ben", "joe"]])
>>> earned = calculate(plan, sale, whole(sale), lineage)
>>> [(accrual.payee, accrual.amount_minor) for accrual in earned]
[('ann', 1000), ('ben', 200), ('joe', 100)]

One of the two is returned; what is posted is the difference:

>>> refund = Refund("r1", "order 1", (RefundLine("1", units=1, amount_minor=5000),), refunded_at=day)
>>> earned_now = calculate(plan, sale, left_of(sale, [refund]), lineage)
>>> [(accrual.payee, accrual.amount_minor) for accrual in correct(earned_now, sums_of(earned))]
[('ann', -500), ('ben', -100), ('joe', -50)]
"""

from distcore.commission.accrual import (
    CANCELLED,
    SOLD,
    Accrual,
    Booking,
    Cause,
    Portion,
    Posting,
    SaleRecord,
    Timeline,
    accrual_id,
    cause_of,
    happened_at,
    portions_of,
)
from distcore.commission.calculate import Share, calculate, correct, share_of, sums_of
from distcore.commission.check import plan_problems
from distcore.commission.correction import correction_refusal
from distcore.commission.explain import Explained, Why, WhyNot, explain, recomputed
from distcore.commission.intake import base_refusal, refund_problems, sale_problems
from distcore.commission.lifecycle import TRANSITIONS, AccrualState, due_of, released_at, state_of
from distcore.commission.lineage import Lineage, Reason, Seat, Standing
from distcore.commission.match import (
    AllOf,
    AnyOf,
    BrandIn,
    BuyerGroupIn,
    CategoryIs,
    ChannelIn,
    Match,
    MonthsSinceFirst,
    NetBetween,
    Not,
    Of,
    OrderNumber,
    PaidBetween,
    RegionIs,
    SkuIn,
    SpentBefore,
    TagIn,
    TierIn,
    UnitsBetween,
)
from distcore.commission.past import NOTHING_BEFORE, Bought, Buyer, Past, months_between, past_of, with_sale
from distcore.commission.plan import (
    AfterRefund,
    Base,
    BaseOfGoods,
    Choice,
    Climbing,
    Component,
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
    Net,
    Percent,
    Plan,
    PlanVersions,
    PromoterShare,
    Residual,
    Reward,
    Rule,
    SameTier,
    Scope,
    SelfPurchase,
    Subtract,
    Unqualified,
    Upline,
    by_version,
)
from distcore.commission.ports import Buyers, Earning, Earnings, GroupBy, Plans, Releases, Sales
from distcore.commission.publish import plan_at, publish_refusal
from distcore.commission.sale import (
    Cancellation,
    Correction,
    Left,
    Refund,
    RefundLine,
    Sale,
    SaleLine,
    left_of,
    whole,
)
from distcore.commission.tell import tell, tell_not
from distcore.commission.words import Language

__all__ = [
    "CANCELLED",
    "NOTHING_BEFORE",
    "SOLD",
    "TRANSITIONS",
    "Accrual",
    "AccrualState",
    "AfterRefund",
    "AllOf",
    "AnyOf",
    "Base",
    "BaseOfGoods",
    "Booking",
    "Bought",
    "BrandIn",
    "Buyer",
    "BuyerGroupIn",
    "Buyers",
    "Cancellation",
    "CategoryIs",
    "Cause",
    "ChannelIn",
    "Choice",
    "Climbing",
    "Component",
    "Correction",
    "Differential",
    "Earning",
    "Earnings",
    "Explained",
    "FirstLevel",
    "FirstOrder",
    "FixedPerOrder",
    "FixedPerUnit",
    "Freeze",
    "FreezeFrom",
    "GroupBy",
    "Language",
    "Left",
    "LevelBelow",
    "Lineage",
    "ListPrice",
    "Margin",
    "Match",
    "MonthsSinceFirst",
    "Net",
    "NetBetween",
    "Not",
    "Of",
    "OrderNumber",
    "PaidBetween",
    "Past",
    "Percent",
    "Plan",
    "PlanVersions",
    "Plans",
    "Portion",
    "Posting",
    "PromoterShare",
    "Reason",
    "Refund",
    "RefundLine",
    "RegionIs",
    "Releases",
    "Residual",
    "Reward",
    "Rule",
    "Sale",
    "SaleLine",
    "SaleRecord",
    "Sales",
    "SameTier",
    "Scope",
    "Seat",
    "SelfPurchase",
    "Share",
    "SkuIn",
    "SpentBefore",
    "Standing",
    "Subtract",
    "TagIn",
    "TierIn",
    "Timeline",
    "UnitsBetween",
    "Unqualified",
    "Upline",
    "Why",
    "WhyNot",
    "accrual_id",
    "base_refusal",
    "by_version",
    "calculate",
    "cause_of",
    "correct",
    "correction_refusal",
    "due_of",
    "explain",
    "happened_at",
    "left_of",
    "months_between",
    "past_of",
    "plan_at",
    "plan_problems",
    "portions_of",
    "publish_refusal",
    "recomputed",
    "refund_problems",
    "released_at",
    "sale_problems",
    "share_of",
    "state_of",
    "sums_of",
    "tell",
    "tell_not",
    "whole",
    "with_sale",
]
