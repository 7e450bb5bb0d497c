"""What a quote comes to that nothing can hold: more than one amount, or more points than that.

A cart is bounded at list prices before it is priced.  A price list may be dearer, freight grows with what is
sent, and offers with what is bought.  The rule this file protects: what is too much is neither sold nor kept,
and whoever makes it so is named.
"""

from collections import Counter
from collections.abc import Iterable

from distcore.kernel import Currency, Refusal, format_minor, limits
from distcore.pricing import refusals as no
from distcore.pricing.offer import ExtraPoints, Offer
from distcore.pricing.quote import Quote, QuotedLine

_MOST = limits.AMOUNT_MINOR_MAX


def excess_refusal(found: Quote, offers: Iterable[Offer] = ()) -> Refusal | None:
    """Return the refusal of a quote that comes to too much, or None.

    `offers` are all that were held against the cart: of those that are not applied a quote keeps no worth.
    """
    return _goods(found) or _freight(found) or _offers(found, offers)


def _goods(found: Quote) -> Refusal | None:
    """Refuse what the goods cost, before any offer and with the tax; after offers it is never more."""
    amounts = [_cost(line) for line in found.lines]
    if sum(amounts) <= _MOST:
        return None
    dearest = found.lines[amounts.index(max(amounts))]
    return no.GOODS_TOO_DEAR.refuse(
        amount=_told(sum(amounts), found.currency),
        most=_told(_MOST, found.currency),
        sku=dearest.goods.sku,
        price_list=dearest.price_list or "none",
    )


def _cost(line: QuotedLine) -> int:
    return max(line.before_minor, line.due_minor)


def _freight(found: Quote) -> Refusal | None:
    together = sum([each.amount_minor for each in found.freights])
    if together <= _MOST:
        return None
    dearest = max(found.freights, key=lambda each: each.amount_minor)
    return no.FREIGHT_TOO_DEAR.refuse(
        amount=_told(together, found.currency),
        most=_told(_MOST, found.currency),
        template=dearest.template,
    )


def _offers(found: Quote, offers: Iterable[Offer]) -> Refusal | None:
    """Refuse what offers would take off or be worth, if there were enough of it, or give in points."""
    currency = found.currency
    for each in found.verdicts:
        if each.amount_minor + each.blocked_minor > _MOST:
            amount = _told(each.amount_minor + each.blocked_minor, currency)
            return no.OFFER_TOO_LARGE.refuse(offer=each.offer, amount=amount, most=_told(_MOST, currency))
    points = Counter({each.offer: each.count for each in found.given if isinstance(each.what, ExtraPoints)})
    if points.total() > _MOST:
        [(offer, _)] = points.most_common(1)
        return no.OFFER_TOO_LARGE.refuse(
            offer=offer, amount=f"{points.total()} points", most=f"{_MOST} points"
        )
    if found.bound_minor > _MOST:
        worth = max(offers, key=lambda each: each.worth_minor)
        amount = _told(found.bound_minor, currency)
        return no.OFFER_TOO_LARGE.refuse(offer=worth.id, amount=amount, most=_told(_MOST, currency))
    return None


def _told(minor: int, currency: Currency) -> str:
    """Return an amount as people read it; `Money` is never so much."""
    return f"{format_minor(minor, currency)} {currency}"
