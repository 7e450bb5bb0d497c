"""A cart in, an exact and explained quote out.

Pure: the same cart, book, offers and instant give the same quote, whatever the order of lines and offers.
The rule this file protects: a total is a sum of parts that the quote holds, so what is said to be taken off,
what each line loses, and the difference between before and after are one number.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby, permutations
from typing import TypeAlias
from zoneinfo import ZoneInfo

from attrs import field, frozen

from distcore.kernel import (
    PPM,
    Currency,
    Instant,
    LineId,
    Rounding,
    Taking,
    digest,
    divide,
    limits,
    utc,
)
from distcore.pricing.audience import Barred, barred
from distcore.pricing.cart import Cart, CartLine, ordered
from distcore.pricing.choose import Applied, Chosen, LeftOut, chosen
from distcore.pricing.freight import Freight, FreightTemplate, freight
from distcore.pricing.offer import (
    AmountOff,
    ExtraPoints,
    Gift,
    LaterCoupon,
    Offer,
    PercentOff,
    ShippingOff,
)
from distcore.pricing.price import NOTHING_SOLD, Passed, Priced, PriceList, SoldOf, priced, takings_of
from distcore.pricing.products import Goods
from distcore.pricing.reduce import Measure, fitted, off_of, table_of
from distcore.pricing.shelf import Shelf
from distcore.pricing.tender import PointsPolicy, Tender, tendered

_ShippingOff: TypeAlias = tuple[str, PercentOff | AmountOff]
"""The id of an offer, and what it takes off the freight."""


def _quoted_at(value: Instant) -> Instant:
    return utc(value, "quoted_at")


def _valid_until(value: Instant) -> Instant:
    return utc(value, "valid_until")


@frozen
class Book:
    """What a shop sells by: its price lists and freight templates, what points are worth, and its zone.

    `sold` is what was sold so far of prices of which only so many units are sold.
    """

    currency: Currency
    zone: ZoneInfo
    lists: tuple[PriceList, ...] = ()
    templates: tuple[FreightTemplate, ...] = ()
    points: PointsPolicy | None = None
    sold: SoldOf = NOTHING_SOLD


@frozen
class Reduction:
    """What an offer takes off a line, or off the freight."""

    offer: str
    amount_minor: int


@frozen
class QuotedLine:
    """A line with all that its price is made of; `price_minor` is of one unit, before any offer.

    `tax_minor` is part of the net where prices hold the tax, and comes on top of it where they don't.
    `points_minor` and `value_minor` are what points and stored value pay of it.
    """

    id: LineId
    goods: Goods
    units: int
    price_minor: int
    price_list: str | None
    passed: tuple[Passed, ...]
    reductions: tuple[Reduction, ...]
    tax_minor: int = 0
    points_minor: int = 0
    value_minor: int = 0

    @property
    def before_minor(self) -> int:
        """What all units cost before any offer."""
        return self.price_minor * self.units

    @property
    def net_minor(self) -> int:
        """What all units cost after all offers."""
        return self.before_minor - sum([each.amount_minor for each in self.reductions])

    @property
    def due_minor(self) -> int:
        """What is to be paid for all units, by whatever means, with the tax."""
        return due_of(self.goods, self.net_minor)


@frozen
class Given:
    """What an offer gives beside the goods: units of a gift, points, or coupons of a template."""

    offer: str
    what: Gift | ExtraPoints | LaterCoupon
    count: int


@frozen
class Verdict:
    """What became of an offer: applied where there is no reason, and what it took off the goods.

    `missing` is what its threshold lacks, in what `measure` says; `blocked_minor` found no line.
    """

    offer: str
    reason: Barred | LeftOut | None
    missing: int = 0
    measure: Measure | None = None
    amount_minor: int = 0
    blocked_minor: int = 0


@frozen
class Quote:
    """What a cart costs, line by line, and why; good until `valid_until`, exclusive.

    `offers` are those that are applied, in their order.  `bound_minor` is by how much another choice of them
    could leave less of the goods at most, but for a minor unit of rounding for each of them; freight is not
    compared.  `takings` are what it counts towards once it is agreed to,
    where only so many units are sold at a price.  `cart_hash` stands for the cart that was asked about, and
    `group_sale` is the one that it named.
    """

    currency: Currency
    lines: tuple[QuotedLine, ...]
    given: tuple[Given, ...]
    freights: tuple[Freight, ...]
    shipping_off: tuple[Reduction, ...]
    points: int
    offers: tuple[Offer, ...]
    verdicts: tuple[Verdict, ...]
    bound_minor: int
    takings: tuple[Taking, ...]
    cart_hash: bytes
    quoted_at: Instant = field(converter=_quoted_at)
    valid_until: Instant = field(converter=_valid_until)
    group_sale: str = ""

    @property
    def goods_minor(self) -> int:
        """What all goods cost after all offers."""
        return sum([line.net_minor for line in self.lines])

    @property
    def shipping_minor(self) -> int:
        """What is charged for sending."""
        return sum([each.amount_minor for each in self.freights]) - _total(self.shipping_off)

    @property
    def payable_minor(self) -> int:
        """What is left to be paid with money: goods, tax on top and freight, less points and stored value."""
        by_means = sum([line.points_minor + line.value_minor for line in self.lines])
        return sum([line.due_minor for line in self.lines]) + self.shipping_minor - by_means

    @property
    def unserved(self) -> tuple[str, ...]:
        """The freight templates that don't serve the region: what they carry can't be sent."""
        return tuple([each.template for each in self.freights if each.zone is None])


def quote(cart: Cart, book: Book, offers: Iterable[Offer], *, at: Instant, valid_until: Instant) -> Quote:
    """Price a cart: prices, offers, points and stored value, freight, in this order.

    What comes from outside is checked before: `cart_problems`, `price_list_problems`, `template_problems` and
    `offer_problems` are empty.  All ids of lines, and all of offers, are distinct, and the cart, the book and
    all that is in the book are in one currency.  Offers may be in others: they are told, and left out.
    """
    cart, offers = ordered(cart), list(offers)
    assert book.currency == cart.currency, "a cart is priced by the book of its currency"
    assert len({each.id for each in cart.lines}) == len(cart.lines), "two lines have two ids"
    assert len({each.id for each in offers}) == len(offers), "two offers have two ids"
    lines = cart.lines
    prices = priced(cart, book.lists, at, book.zone, book.sold)
    table = table_of(lines, prices)
    known = sorted(offers, key=lambda each: each.id)
    barred_by = {each.id: _barred(each, cart, at, book.zone) for each in known}
    shelf = Shelf.of([line.goods for line in lines])
    found = chosen([fitted(each, shelf, table) for each in known if barred_by[each.id] is None], table)
    due = [due_of(line.goods, net) for line, net in zip(lines, found.left, strict=True)]
    tender = tendered(due, cart.points, cart.stored_value_minor, book.points)
    freights = freight(lines, found.left, cart.region, {each.id: each for each in book.templates})
    return Quote(
        cart.currency,
        _quoted(lines, prices, found, tender),
        _given(found.applied),
        freights,
        _off_shipping(found.applied, sum([each.amount_minor for each in freights])),
        tender.points,
        tuple([each.offer for each in found.applied]),
        _verdicts(known, barred_by, found),
        found.bound_minor,
        takings_of(cart, book.lists, prices),
        digest(cart),
        at,
        valid_until,
        cart.group_sale,
    )


def _barred(offer: Offer, cart: Cart, at: Instant, zone: ZoneInfo) -> Barred | LeftOut | None:
    if offer.currency != cart.currency:
        return LeftOut.OTHER_CURRENCY
    why_not = barred(offer.audience, offer.schedule, cart, at, zone)
    if why_not is None and offer.by_coupon and offer.id not in cart.coupons:
        return LeftOut.NEEDS_COUPON
    return why_not


def tax_of(goods: Goods, net_minor: int) -> int:
    """Return the tax that is in a net, or comes on top of it."""
    if goods.tax is None:
        return 0
    ppm = goods.tax.rate.ppm
    return divide(net_minor * ppm, PPM + ppm if goods.tax.included else PPM, Rounding.HALF_UP)


def due_of(goods: Goods, net_minor: int) -> int:
    """Return what is to be paid for goods: the net, with the tax where prices don't hold it."""
    on_top = goods.tax is not None and not goods.tax.included
    return net_minor + (tax_of(goods, net_minor) if on_top else 0)


def _quoted(
    lines: Sequence[CartLine],
    prices: Sequence[Priced],
    found: Chosen,
    tender: Tender,
) -> tuple[QuotedLine, ...]:
    reductions: list[list[Reduction]] = [[] for _ in lines]
    for each in found.applied:
        for place, part in each.cut.parts:
            reductions[place].append(Reduction(each.offer.id, part))
    return tuple(
        [
            QuotedLine(
                line.id,
                line.goods,
                line.units,
                price.price_minor,
                price.price_list,
                price.passed,
                tuple(reduced),
                tax_of(line.goods, net),
                by_points,
                by_value,
            )
            for line, price, reduced, net, by_points, by_value in zip(
                lines, prices, reductions, found.left, tender.by_points, tender.by_value, strict=True
            )
        ]
    )


def _given(applied: Iterable[Applied]) -> tuple[Given, ...]:
    found: list[Given] = []
    for each in applied:
        effect, times = each.offer.effect, each.cut.times
        match effect:
            case Gift(_, units):
                found.append(Given(each.offer.id, effect, units))
            case ExtraPoints(points):
                found.append(Given(each.offer.id, effect, points * times))
            case LaterCoupon(_, coupons):
                found.append(Given(each.offer.id, effect, coupons))
            case _:
                pass
    return tuple(found)


def _off_shipping(applied: Iterable[Applied], charged_minor: int) -> tuple[Reduction, ...]:
    """Return what offers take off the freight, one after the other, as far as there is any.

    Those of one stage and priority run in the order that takes most.
    """
    found: list[Reduction] = []
    left = charged_minor
    for _, rank in groupby(applied, key=lambda each: (each.offer.stage, each.offer.priority)):
        offs = [
            (each.offer.id, each.offer.effect.off)
            for each in rank
            if isinstance(each.offer.effect, ShippingOff)
        ]
        parts = max((_in_turn(order, left) for order in _orders(offs)), key=_total)
        found.extend(parts)
        left -= _total(parts)
    return tuple(found)


def _orders(offs: Sequence[_ShippingOff]) -> Iterable[list[_ShippingOff]]:
    """Yield the orders of what is taken off freight of which one takes most, whatever the offers are called.

    Amounts come last: taken before a share, they leave less for it to be a share of.  Shares may be capped
    and are rounded, so they are tried out in every order; more than `ORDERED_OFFERS_MAX` only in that in
    which the highest cap, or none, is first.
    """
    amounts = [(id, off) for id, off in offs if isinstance(off, AmountOff)]
    shares = sorted([(id, off) for id, off in offs if isinstance(off, PercentOff)], key=_highest_cap)
    in_all = len(shares) <= limits.ORDERED_OFFERS_MAX
    return ([*order, *amounts] for order in (permutations(shares) if in_all else [shares]))


def _highest_cap(share: tuple[str, PercentOff]) -> tuple[bool, int, int, str]:
    id, off = share
    return off.most_minor is not None, -(off.most_minor or 0), -off.rate.ppm, id


def _in_turn(offs: Iterable[_ShippingOff], left_minor: int) -> list[Reduction]:
    """Return what is taken off freight by one after the other."""
    found: list[Reduction] = []
    for id, off in offs:
        part = min(left_minor, off_of(off, left_minor))
        found.append(Reduction(id, part))
        left_minor -= part
    return found


def _total(parts: Iterable[Reduction]) -> int:
    return sum([each.amount_minor for each in parts])


def _verdicts(
    known: Iterable[Offer], barred_by: Mapping[str, Barred | LeftOut | None], found: Chosen
) -> tuple[Verdict, ...]:
    """Return what became of every offer, in order of id."""
    applied = {each.offer.id: each.cut for each in found.applied}
    others = {each.offer.id: each for each in found.not_applied}
    verdicts: list[Verdict] = []
    for each in known:
        if each.id in applied:
            cut = applied[each.id]
            amount = sum([part for _, part in cut.parts])
            verdicts.append(Verdict(each.id, None, amount_minor=amount, blocked_minor=cut.blocked_minor))
        elif each.id in others:
            short = others[each.id].short
            missing, measure = (0, None) if short is None else (short.missing, short.measure)
            verdicts.append(Verdict(each.id, others[each.id].reason, missing, measure))
        else:
            verdicts.append(Verdict(each.id, barred_by[each.id]))
    return tuple(verdicts)
