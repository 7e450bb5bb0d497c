"""What pricing says no to."""

from typing import Final

from distcore.kernel import Code

UNKNOWN_LINE: Final = Code("unknown_line", "the order has no line {line}", "name a line of the quote")
TOO_MANY_RETURNED: Final = Code(
    "too_many_returned",
    "of line {line} {bought} units were bought, and {returned} came back before",
    "return no more than is left",
)
RETURN_BLOCKED: Final = Code(
    "return_blocked",
    "what is kept does not reach {offers} any more",
    "return everything, or keep enough for the offer",
)
MIXED_CURRENCIES: Final = Code(
    "mixed_currencies",
    "the cart is in {currency}, and {products} are not",
    "put products of each currency into a cart of their own",
)
GOODS_TOO_DEAR: Final = Code(
    "goods_too_dear",
    "the goods of the cart come to {amount}, more than {most}; the most of it is {sku}"
    " (price list: {price_list})",
    "correct the price, or put fewer units into the cart",
)
FREIGHT_TOO_DEAR: Final = Code(
    "freight_too_dear",
    "sending the cart comes to {amount}, more than {most}; the most of it is by freight template {template}",
    "correct the charges of the template, or put fewer units into the cart",
)
OFFER_TOO_LARGE: Final = Code(
    "offer_too_large",
    "offers of the cart come to {amount}, more than {most}; the most of it is by {offer}",
    "set the offer again with less, or with a times_max",
)
PRICE_CHANGED: Final = Code(
    "price_changed",
    "the buyer agreed to terms for {agreed} that hold no more; now {payable} is to be paid",
    "show the new quote, and ask again",
)
PRICE_GONE: Final = Code(
    "price_gone",
    "of {sku} {most} units are sold at the price of {price_list} in all, and not so many are left",
    "show a new quote, and ask again",
)
PRICE_GONE_FOR_MEMBER: Final = Code(
    "price_gone_for_member",
    "{member} may have {most} units of {sku} at the price of {price_list}, and not so many are left",
    "show a new quote, and ask again",
)
POINTS_SHORT: Final = Code(
    "points_short",
    "{points} points would pay a part, and the buyer does not hold so many",
    "quote again with as many points as the buyer holds",
)
ORDER_PLACED: Final = Code(
    "order_placed", "order {order} was placed before", "give each order an id of its own"
)
ORDER_UNKNOWN: Final = Code("order_unknown", "no order {order} was placed", "place it first")
ORDER_NEWER: Final = Code(
    "order_newer",
    "order {order} was placed at {placed_at}, later than {at}",
    "give the instant at which it is done: nothing becomes of an order before it is placed",
)
ORDER_DROPPED: Final = Code(
    "order_dropped", "order {order} was dropped at {dropped_at}, and holds nothing", "place another order"
)
ORDER_COMPLETED: Final = Code(
    "order_completed",
    "order {order} was completed at {completed_at}, and gave what it promised",
    "plan a return instead",
)
ORDER_DIFFERS: Final = Code(
    "order_differs",
    "order {order} was placed with another cart, or with other coupons",
    "give those that it was placed with, or another order",
)
COUPONS_DIFFER: Final = Code(
    "coupons_differ",
    "the cart asks for offers by coupon ({asked}), and the coupons of the order are for others ({given})",
    "give a coupon for each offer that the cart names, and no other",
)
TOO_MANY_OFFERS: Final = Code(
    "too_many_offers",
    "the shop has {offers} offers that are not over",
    "end some of them: set them again with a valid_until",
)
