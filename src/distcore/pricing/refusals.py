"""What pricing says no to."""

from typing import Final

from distcore.kernel import Code

UNKNOWN_LINE: Final = Code("unknown_line", "the order has no line {line}", "name a line of the quote")
NOTHING_RETURNED: Final = Code(
    "nothing_returned", "no unit of line {line} comes back", "leave the line out, or return at least one unit"
)
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
PRICE_CHANGED: Final = Code(
    "price_changed",
    "the buyer agreed to terms for {agreed} that hold no more; now {payable} is to be paid",
    "show the new quote, and ask again",
)
TOO_MANY_OFFERS: Final = Code(
    "too_many_offers",
    "the shop has {offers} offers that are not over",
    "end some of them: set them again with a valid_until",
)
