"""What the documents of pricing in ``golden/`` mean, by name: once released, for ever."""

from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Final

from distcore.coupons import BetweenDates, CouponTemplate, DaysFromClaim, TemplateId
from distcore.kernel import Currency, LineId, MemberId, Rate, Sku, Weekday, parse_instant
from distcore.pricing import (
    AllOf,
    AmountCharge,
    AmountOff,
    AmountStep,
    AmountSteps,
    AnyOf,
    Audience,
    Basis,
    BrandIn,
    Break,
    Bundle,
    BuyGet,
    ByAmount,
    ByPieces,
    ByWeight,
    CategoryIs,
    EveryAmount,
    EveryUnits,
    ExtraPoints,
    FixedPrice,
    FreightTemplate,
    FromAmount,
    FromUnits,
    Gift,
    Hours,
    LaterCoupon,
    Not,
    NthUnit,
    Offer,
    PercentOff,
    PointsIn,
    PointsPolicy,
    PriceList,
    PriceOf,
    Schedule,
    ShippingOff,
    Shopper,
    SkuIn,
    Stage,
    TagIn,
    UnitStep,
    UnitSteps,
    Wanted,
    WantedLine,
    Which,
    Zone,
)

_CNY: Final = Currency("CNY")
_JPY: Final = Currency("JPY")

MEANINGS_OF_PRICING: Final[Mapping[str, object]] = {
    "offer-1-everything": Offer(
        id="great day",
        currency=_CNY,
        effect=AmountSteps(
            (
                AmountStep(100_00, AmountOff(10_00)),
                AmountStep(200_00, PercentOff(Rate(125_000), None)),
                AmountStep(300_00, PercentOff(Rate(200_000), 99_99)),
            )
        ),
        products=AllOf(
            (
                AnyOf((CategoryIs("food/tea"), SkuIn(("tea-1", "tea-2")), BrandIn(("Our Tea",)))),
                Not(TagIn(("new", "季节"))),
            )
        ),
        threshold=FromAmount(99_90, CategoryIs("food")),
        basis=Basis.LIST,
        stage=Stage.ORDER,
        priority=-20,
        group="great days",
        exclusive=True,
        by_coupon=True,
        worth_minor=50,
        audience=Audience(
            tiers=("gold", "特级"),
            groups=("staff", ""),
            channels=("小程序",),
            regions=("cn/zj", "cn/sh"),
            newcomers=True,
        ),
        schedule=Schedule(
            datetime(2026, 11, 10, 16, tzinfo=UTC),
            datetime(2026, 11, 11, 16, tzinfo=UTC),
            (
                Hours((Weekday.MONDAY, Weekday.SUNDAY), time(20), time(22, 30)),
                Hours((Weekday.SATURDAY,), time(9, 0, 1), time(9, 0, 2)),
                Hours(
                    (Weekday.TUESDAY, Weekday.WEDNESDAY, Weekday.THURSDAY, Weekday.FRIDAY),
                    start=time(0),
                    end=None,
                ),
            ),
        ),
    ),
    "offer-1-least": Offer(
        id="ten percent",
        currency=_JPY,
        effect=PercentOff(Rate(100_000), most_minor=None),
        products=None,
        threshold=None,
        basis=Basis.RUNNING,
        stage=Stage.LINE,
        priority=0,
        group="",
        exclusive=False,
        by_coupon=False,
        worth_minor=0,
        audience=Audience(tiers=(), groups=(), channels=(), regions=(), newcomers=False),
        schedule=Schedule(valid_from=None, valid_until=None, hours=()),
    ),
    "offer-1-fixed-price": Offer("a fixed price", _CNY, FixedPrice(0)),
    "offer-1-unit-steps": Offer(
        "by the dozen",
        Currency("KWD"),
        UnitSteps((UnitStep(6, PercentOff(Rate(50_000))), UnitStep(12, AmountOff(12_345)))),
        threshold=FromUnits(6, of=None),
    ),
    "offer-1-every-amount": Offer(
        "every 200", _CNY, EveryAmount(200_00, 30_00, times_max=3), basis=Basis.PARALLEL
    ),
    "offer-1-every-units": Offer(
        "every dozen",
        _CNY,
        EveryUnits(12, 1_00, times_max=None),
        threshold=FromUnits(24, TagIn(("wine",))),
    ),
    "offer-1-nth-unit": Offer("second half price", _CNY, NthUnit(2, Rate(500_000), Which.DEAREST)),
    "offer-1-nth-unit-least": Offer(
        "every third for nothing", _CNY, NthUnit(3, Rate(1_000_000), which=Which.CHEAPEST)
    ),
    "offer-1-buy-get": Offer(
        "a cup for two teas",
        _CNY,
        BuyGet(2, 1, Rate(999_999), Which.DEAREST, CategoryIs("home/cups"), times_max=1),
    ),
    "offer-1-buy-get-least": Offer(
        "buy two get one",
        _CNY,
        BuyGet(2, 1, rate=Rate(1_000_000), which=Which.CHEAPEST, of=None, times_max=None),
    ),
    "offer-1-bundle": Offer("any three", _CNY, Bundle(3, 99_00, times_max=2)),
    "offer-1-gift": Offer("a spoon", _CNY, Gift(Sku("spoon"), 2)),
    "offer-1-gift-least": Offer("a spoon", _CNY, Gift(Sku("spoon"), units=1)),
    "offer-1-shipping": Offer(
        "free shipping", _JPY, ShippingOff(PercentOff(Rate(1_000_000), 12)), stage=Stage.COUPON
    ),
    "offer-1-points": Offer("points", _CNY, ExtraPoints(5, every_minor=100_00)),
    "offer-1-coupon": Offer("thank you", _CNY, LaterCoupon("thanks", 1_000)),
    "offer-1-coupon-least": Offer("thank you", _CNY, LaterCoupon("thanks", coupons=1)),
    "price-list-1-everything": PriceList(
        id="flash",
        currency=_CNY,
        prices=(
            PriceOf(Sku("tea-1"), (Break(1, 9_90), Break(12, 8_50), Break(10**9, 0))),
            PriceOf(Sku("茶杯 2"), (Break(3, 10**15),)),
        ),
        priority=100,
        audience=Audience(("gold", ""), ("staff",), ("app", "小程序"), ("cn",), newcomers=True),
        schedule=Schedule(
            datetime(2026, 11, 10, 12, tzinfo=UTC),
            datetime(2026, 11, 10, 13, tzinfo=UTC),
            (Hours((Weekday.TUESDAY,), time(20), time(21)),),
        ),
    ),
    "price-list-1-least": PriceList(
        id="nothing yet",
        currency=Currency("POINT"),
        prices=(),
        priority=0,
        audience=Audience(tiers=(), groups=(), channels=(), regions=(), newcomers=False),
        schedule=Schedule(valid_from=None, valid_until=None, hours=()),
    ),
    "freight-template-1-everything": FreightTemplate(
        id="parcels",
        currency=_CNY,
        zones=(
            Zone(ByWeight(1_000, 8_00, 500, 2_50), ("cn/zj", "cn/sh"), free_from_minor=99_00),
            Zone(ByPieces(0, 0, 1, 25_00), ("cn/xz",), free_from_minor=None),
            Zone(
                ByAmount((AmountCharge(0, 15_00), AmountCharge(50_00, 10_00))), regions=(), free_from_minor=0
            ),
        ),
    ),
    "freight-template-1-least": FreightTemplate(
        id="letters",
        currency=_JPY,
        zones=(Zone(ByAmount((AmountCharge(0, 84),)), regions=(), free_from_minor=None),),
    ),
    "coupon-template-1-everything": CouponTemplate(
        id=TemplateId("双十一"),
        currency=_CNY,
        offer="ten-off",
        validity=BetweenDates(parse_instant("2026-11-10T16:00:00Z"), parse_instant("2026-11-11T16:00:00Z")),
        total_max=10**9,
        per_member_max=3,
        per_day_max=500,
        claim_from=parse_instant("2026-10-31T16:00:00Z"),
        claim_until=parse_instant("2026-11-10T16:00:00Z"),
        word="Eleven-11",
        newcomers=True,
        transferable=True,
    ),
    "coupon-template-1-least": CouponTemplate(
        id=TemplateId("welcome"),
        currency=_JPY,
        offer="ten off",
        validity=DaysFromClaim(7),
        total_max=1,
        per_member_max=1,
        per_day_max=None,
        claim_from=None,
        claim_until=None,
        word="",
        newcomers=False,
        transferable=False,
    ),
    "points-policy-1-everything": PointsIn(_CNY, PointsPolicy(100, 1_00, Rate(500_000), 500)),
    "points-policy-1-least": PointsIn(
        _JPY, PointsPolicy(points=1, amount_minor=1, most=Rate(1_000_000), least=0)
    ),
    "cart-1-everything": Wanted(
        currency=_CNY,
        lines=(WantedLine(LineId("1"), Sku("tea-1"), 2), WantedLine(LineId("2"), Sku("茶杯 2"), 10**9)),
        shopper=Shopper(MemberId("ann"), "gold", ("staff", "press"), 3),
        channel="app",
        region="cn/zj/hangzhou",
        coupons=("welcome",),
        points=1_000,
        stored_value_minor=12_50,
    ),
    "cart-1-least": Wanted(
        currency=_JPY,
        lines=(WantedLine(LineId("1"), Sku("tea-1"), 1),),
        shopper=Shopper(member=None, tier="", groups=(), orders_before=0),
        channel="",
        region="",
        coupons=(),
        points=0,
        stored_value_minor=0,
    ),
}
