"""What a buyer agrees to: the terms of a quote, whether they still hold, and whether it is for a group.

The rule this file protects: nobody is sold anything at a price that they did not agree to.
"""

from collections.abc import Iterable

from attrs import evolve

from distcore.kernel import Money, Refusal, digest
from distcore.pricing import refusals as no
from distcore.pricing.price import PriceList
from distcore.pricing.quote import Quote


def terms_of(found: Quote) -> bytes:
    """Return the hash of all that a buyer agrees to.

    The instants are not part of it, nor is why price lists and offers are passed by: that changes with what
    others buy.
    """
    lines = [evolve(line, passed=()) for line in found.lines]
    return digest(
        (tuple(lines), found.given, found.freights, found.shipping_off, found.points, found.cart_hash)
    )


def price_refusal(found: Quote, terms_hash: bytes, agreed_minor: int) -> Refusal | None:
    """Return what says that a buyer agreed to other terms, or to another amount, than those of a quote."""
    if terms_of(found) == terms_hash and found.payable_minor == agreed_minor:
        return None
    agreed, payable = Money(agreed_minor, found.currency), Money(found.payable_minor, found.currency)
    return no.PRICE_CHANGED.refuse(agreed=agreed, payable=payable)


def is_for_its_group(found: Quote, lists: Iterable[PriceList]) -> bool:
    """Say whether something of a quote is because of its group sale: the price of a line, or an offer.

    `lists` are those of the shop; what they ask is not looked at.
    """
    by_list = {each.id: each.audience for each in lists}
    priced = [by_list[line.price_list] for line in found.lines if line.price_list in by_list]
    audiences = [*priced, *(each.audience for each in found.offers)]
    return any(found.group_sale in each.group_sales for each in audiences)
