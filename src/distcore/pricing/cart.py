"""What somebody wants to buy: goods and units, and all that prices and offers ask about the buyer.

The rule this file protects: nothing in a cart is a price that a client sent.
"""

from attrs import evolve, frozen

from distcore.kernel import Currency, LineId, MemberId
from distcore.pricing.products import Goods


@frozen
class CartLine:
    """Some units of a product; two lines may have the same."""

    id: LineId
    goods: Goods
    units: int


@frozen
class Shopper:
    """Who buys: nobody known, or a member with a tier, groups, and the number of orders paid before."""

    member: MemberId | None = None
    tier: str = ""
    groups: tuple[str, ...] = ()
    orders_before: int = 0


@frozen
class Cart:
    """Lines in any order: whatever is calculated goes by their ids.

    `coupons` are the offers that the buyer has a right to by a coupon; `points` and `stored_value_minor` are
    what the buyer wants to pay with them at most.  `group_sale` is that of the group that it is bought in.
    """

    currency: Currency
    lines: tuple[CartLine, ...]
    shopper: Shopper = Shopper()
    channel: str = ""
    region: str = ""
    coupons: tuple[str, ...] = ()
    points: int = 0
    stored_value_minor: int = 0
    group_sale: str = ""


def ordered(cart: Cart) -> Cart:
    """Return a cart with its lines in order of id, as it is priced and hashed."""
    return evolve(cart, lines=tuple(sorted(cart.lines, key=lambda line: line.id)))
