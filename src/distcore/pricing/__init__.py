"""What a cart costs, exactly, and why; and what a return gives back.

A `Book` holds prices, an `Offer` is one effect under conditions, and `quote` applies the best of them:

>>> from datetime import UTC, datetime
>>> from distcore.kernel import Rate, zone_of
>>> at = datetime(2026, 11, 11, tzinfo=UTC)
>>> book = Book("CNY", zone_of("Asia/Shanghai"))
>>> tea, cup = Goods("tea", list_minor=9_000), Goods("cup", list_minor=1_500)
>>> cart = Cart("CNY", (CartLine("1", tea, units=1), CartLine("2", cup, units=1)))
>>> offers = [
...     Offer("ten percent", "CNY", PercentOff(Rate.parse("10%"))),
...     Offer("a fifth off 100", "CNY", PercentOff(Rate.parse("20%")), threshold=FromAmount(10_000))]
>>> found = quote(cart, book, offers, at=at, valid_until=at)
>>> found.payable_minor, [(line.id, line.net_minor) for line in found.lines]
(7560, [('1', 6480), ('2', 1080)])

The other order would cost more, since 94.50 does not reach the threshold.  What comes back is paid back:

>>> plan_return(found, {"2": 1}).amount_minor
1080
>>> plan_return(found, {"2": 1}, ReturnPolicy.CLAWBACK).amount_minor
0
"""

from distcore.pricing.agreed import is_for_its_group, price_refusal, terms_of
from distcore.pricing.audience import ALWAYS, ANYBODY, Audience, Barred, Hours, Schedule, barred
from distcore.pricing.cart import Cart, CartLine, Shopper
from distcore.pricing.check import (
    cart_problems,
    offer_problems,
    points_problems,
    price_list_problems,
    template_problems,
)
from distcore.pricing.choose import Applied, Chosen, LeftOut, NotApplied, chosen
from distcore.pricing.excess import excess_refusal
from distcore.pricing.freight import (
    AmountCharge,
    ByAmount,
    ByPieces,
    ByWeight,
    Charge,
    Freight,
    FreightTemplate,
    Zone,
    freight,
)
from distcore.pricing.kept import (
    SPENT,
    STEPS_MAX,
    OrderStep,
    PlacedOrder,
    is_quote_of,
    points_of,
    quote_problems,
)
from distcore.pricing.offer import (
    AmountOff,
    AmountStep,
    AmountSteps,
    Basis,
    Bundle,
    BuyGet,
    Discount,
    Effect,
    EveryAmount,
    EveryUnits,
    Extra,
    ExtraPoints,
    FixedPrice,
    FromAmount,
    FromUnits,
    Gift,
    LaterCoupon,
    NthUnit,
    Offer,
    PercentOff,
    ShippingOff,
    Stage,
    Threshold,
    UnitStep,
    UnitSteps,
    Which,
)
from distcore.pricing.ports import Asked, Current, Numbered, PlacedOrders, PointsIn, Term, Terms
from distcore.pricing.price import COUNTED, Break, NoPrice, Passed, Priced, PriceList, PriceOf, Sold, priced
from distcore.pricing.products import (
    AllOf,
    AnyOf,
    BrandIn,
    CategoryIs,
    Goods,
    Not,
    Products,
    SkuIn,
    TagIn,
    Tax,
)
from distcore.pricing.quote import Book, Given, Quote, QuotedLine, Reduction, Verdict, quote
from distcore.pricing.reduce import Cut, Fitted, Measure, Short, Table, fitted, table_of
from distcore.pricing.refund import ReturnedLine, ReturnPlan, ReturnPolicy, plan_return
from distcore.pricing.search import does_something, ranks_of
from distcore.pricing.shelf import Shelf
from distcore.pricing.tender import PointsPolicy, Tender, tendered
from distcore.pricing.wanted import Wanted, WantedLine, cart_of, wanted_problems

__all__ = [
    "ALWAYS",
    "ANYBODY",
    "COUNTED",
    "SPENT",
    "STEPS_MAX",
    "AllOf",
    "AmountCharge",
    "AmountOff",
    "AmountStep",
    "AmountSteps",
    "AnyOf",
    "Applied",
    "Asked",
    "Audience",
    "Barred",
    "Basis",
    "Book",
    "BrandIn",
    "Break",
    "Bundle",
    "BuyGet",
    "ByAmount",
    "ByPieces",
    "ByWeight",
    "Cart",
    "CartLine",
    "CategoryIs",
    "Charge",
    "Chosen",
    "Current",
    "Cut",
    "Discount",
    "Effect",
    "EveryAmount",
    "EveryUnits",
    "Extra",
    "ExtraPoints",
    "Fitted",
    "FixedPrice",
    "Freight",
    "FreightTemplate",
    "FromAmount",
    "FromUnits",
    "Gift",
    "Given",
    "Goods",
    "Hours",
    "LaterCoupon",
    "LeftOut",
    "Measure",
    "NoPrice",
    "Not",
    "NotApplied",
    "NthUnit",
    "Numbered",
    "Offer",
    "OrderStep",
    "Passed",
    "PercentOff",
    "PlacedOrder",
    "PlacedOrders",
    "PointsIn",
    "PointsPolicy",
    "PriceList",
    "PriceOf",
    "Priced",
    "Products",
    "Quote",
    "QuotedLine",
    "Reduction",
    "ReturnPlan",
    "ReturnPolicy",
    "ReturnedLine",
    "Schedule",
    "Shelf",
    "ShippingOff",
    "Shopper",
    "Short",
    "SkuIn",
    "Sold",
    "Stage",
    "Table",
    "TagIn",
    "Tax",
    "Tender",
    "Term",
    "Terms",
    "Threshold",
    "UnitStep",
    "UnitSteps",
    "Verdict",
    "Wanted",
    "WantedLine",
    "Which",
    "Zone",
    "barred",
    "cart_of",
    "cart_problems",
    "chosen",
    "does_something",
    "excess_refusal",
    "fitted",
    "freight",
    "is_for_its_group",
    "is_quote_of",
    "offer_problems",
    "plan_return",
    "points_of",
    "points_problems",
    "price_list_problems",
    "price_refusal",
    "priced",
    "quote",
    "quote_problems",
    "ranks_of",
    "table_of",
    "template_problems",
    "tendered",
    "terms_of",
    "wanted_problems",
]
