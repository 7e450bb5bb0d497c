"""The tables of kinds: which word in a document stands for which noun.

The rule this file protects: a document never names a class.  A class may be renamed; a word of this
table stands in documents of shops, and is for ever.
"""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType, NoneType
from typing import Any, Final, get_args

from distcore import members, pricing
from distcore.commission import (
    AllOf,
    AnyOf,
    BrandIn,
    BuyerGroupIn,
    ByPoints,
    ByTier,
    ByVolume,
    CategoryIs,
    ChannelIn,
    Coupons,
    Custom,
    Differential,
    EarnedBefore,
    FirstOrder,
    FixedPerOrder,
    FixedPerUnit,
    Ladder,
    LevelBelow,
    ListPrice,
    Margin,
    Matching,
    MonthsSinceFirst,
    Net,
    NetBetween,
    Not,
    OrderNumber,
    PaidBetween,
    Percent,
    Points,
    Pool,
    PromoterShare,
    Region,
    RegionIs,
    Residual,
    SelfPurchase,
    SkuIn,
    SpentBefore,
    TagIn,
    TierIn,
    UnitsBetween,
    Upline,
)
from distcore.coupons import BetweenDates, DaysFromClaim
from distcore.kernel import (
    EveryDays,
    FirstTouchForDays,
    FirstTouchForEver,
    LastTouch,
    OnDates,
    ProtectedForDays,
)
from distcore.settlement import CnCumulative, CnLabour, CustomWithholding, NoWithholding

Kinds = Mapping[str, type]

KINDS: Final[Mapping[str, Kinds]] = MappingProxyType(
    {
        "component": MappingProxyType(
            {
                "upline": Upline,
                "differential": Differential,
                "self_purchase": SelfPurchase,
                "share": PromoterShare,
                "first_order": FirstOrder,
                "region": Region,
                "custom": Custom,
            }
        ),
        "period_component": MappingProxyType({"ladder": Ladder, "pool": Pool, "matching": Matching}),
        "pool_weight": MappingProxyType({"by_tier": ByTier, "by_volume": ByVolume, "by_points": ByPoints}),
        "reward": MappingProxyType(
            {"percent": Percent, "per_order": FixedPerOrder, "per_unit": FixedPerUnit}
        ),
        "gift": MappingProxyType({"points": Points, "coupons": Coupons}),
        "match": MappingProxyType(
            {
                "category": CategoryIs,
                "sku": SkuIn,
                "brand": BrandIn,
                "tag": TagIn,
                "channel": ChannelIn,
                "region": RegionIs,
                "buyer_group": BuyerGroupIn,
                "tier": TierIn,
                "net": NetBetween,
                "units": UnitsBetween,
                "paid": PaidBetween,
                "order_number": OrderNumber,
                "months_since_first": MonthsSinceFirst,
                "spent_before": SpentBefore,
                "earned_before": EarnedBefore,
                "all_of": AllOf,
                "any_of": AnyOf,
                "not": Not,
            }
        ),
        "base": MappingProxyType(
            {
                "net": Net,
                "list": ListPrice,
                "margin": Margin,
                "level_below": LevelBelow,
                "residual": Residual,
            }
        ),
        "withholding": MappingProxyType(
            {
                "none": NoWithholding,
                "cn_labour": CnLabour,
                "cn_cumulative": CnCumulative,
                "custom": CustomWithholding,
            }
        ),
        "binding": MappingProxyType(
            {
                "first_touch_for_ever": FirstTouchForEver,
                "last_touch": LastTouch,
                "first_touch_for_days": FirstTouchForDays,
                "protected_for_days": ProtectedForDays,
            }
        ),
        "requirement": MappingProxyType(
            {
                "own_sales": members.OwnSales,
                "direct_sales": members.DirectSales,
                "team_sales": members.TeamSales,
                "balanced_sales": members.BalancedSales,
                "recruits": members.Recruits,
                "years": members.Years,
                "credit": members.Credit,
                "holds_tier": members.HoldsTier,
                "all_of": members.AllOf,
                "any_of": members.AnyOf,
                "not": members.Not,
            }
        ),
        "rhythm": MappingProxyType({"every_days": EveryDays, "on_dates": OnDates}),
        "effect": MappingProxyType(
            {
                "percent": pricing.PercentOff,
                "amount": pricing.AmountOff,
                "fixed_price": pricing.FixedPrice,
                "amount_steps": pricing.AmountSteps,
                "unit_steps": pricing.UnitSteps,
                "every_amount": pricing.EveryAmount,
                "every_units": pricing.EveryUnits,
                "nth_unit": pricing.NthUnit,
                "buy_get": pricing.BuyGet,
                "bundle": pricing.Bundle,
                "gift": pricing.Gift,
                "shipping": pricing.ShippingOff,
                "points": pricing.ExtraPoints,
                "coupon": pricing.LaterCoupon,
            }
        ),
        "threshold": MappingProxyType({"amount": pricing.FromAmount, "units": pricing.FromUnits}),
        "products": MappingProxyType(
            {
                "category": pricing.CategoryIs,
                "sku": pricing.SkuIn,
                "brand": pricing.BrandIn,
                "tag": pricing.TagIn,
                "all_of": pricing.AllOf,
                "any_of": pricing.AnyOf,
                "not": pricing.Not,
            }
        ),
        "validity": MappingProxyType({"dates": BetweenDates, "days_from_claim": DaysFromClaim}),
        "charge": MappingProxyType(
            {"by_weight": pricing.ByWeight, "by_pieces": pricing.ByPieces, "by_amount": pricing.ByAmount}
        ),
    }
)
"""The words for each union, by the name of the union."""

KIND_OF: Final[Mapping[type, str]] = MappingProxyType(
    {noun: kind for kinds in KINDS.values() for kind, noun in kinds.items()}
)
"""The word for each noun that has one."""


def kinds_of(wanted: Any) -> Kinds | None:
    """Return the words for the members of a union, or for its only member; None if it has no kinds.

    An enum in the union is left out: its members are words, not tables.
    """
    nouns = {member for member in members_of(wanted) if not is_enum(member)}
    kinds = next((kinds for kinds in KINDS.values() if nouns and nouns <= set(kinds.values())), None)
    return None if kinds is None else {kind: noun for kind, noun in kinds.items() if noun in nouns}


def choice_of(wanted: Any) -> type[Enum] | None:
    """Return the enum among the members of a union, or None."""
    choices = [member for member in members_of(wanted) if is_enum(member)]
    assert len(choices) <= 1, f"a word could be of {choices}"
    return choices[0] if choices else None


def members_of(wanted: Any) -> set[Any]:
    """Return the types that a union is made of, None left out; a plain type is its own only member."""
    return set(get_args(wanted) or (wanted,)) - {NoneType}


def is_enum(member: Any) -> bool:
    """Say whether a type is an enum."""
    return isinstance(member, type) and issubclass(member, Enum)
