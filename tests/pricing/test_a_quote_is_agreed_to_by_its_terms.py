"""What a buyer agrees to is told by a hash: it is the same for as long as the same is to be paid."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from attrs import evolve

from distcore.kernel import Currency, InputError, Sku, Weekday
from distcore.pricing import (
    AmountOff,
    Audience,
    Break,
    ByPieces,
    FreightTemplate,
    FromAmount,
    Hours,
    LeftOut,
    NoPrice,
    Offer,
    Passed,
    PriceList,
    PriceOf,
    Schedule,
    ShippingOff,
    Zone,
    is_for_its_group,
    price_refusal,
    terms_of,
)
from distcore.testing.carts import AT, BOOK, CNY, a_cart, an_offer, goods, quoted

CART = a_cart(goods("tea", 10_000), (goods("cup", 500), 2))
OFFER = an_offer(AmountOff(100))


def test_the_same_cart_later_and_in_another_order_has_the_same_terms() -> None:
    terms = terms_of(quoted(CART, OFFER))
    assert terms_of(quoted(CART, OFFER, at=AT + timedelta(hours=1))) == terms
    assert terms_of(quoted(evolve(CART, lines=CART.lines[::-1]), OFFER)) == terms


def test_an_offer_that_is_not_applied_changes_no_terms() -> None:
    beyond = an_offer(AmountOff(9_000), "beyond", threshold=FromAmount(99_000))
    assert terms_of(quoted(CART, OFFER, beyond)) == terms_of(quoted(CART, OFFER))


def test_another_price_another_offer_and_another_cart_have_others() -> None:
    dearer = evolve(CART, lines=(evolve(CART.lines[0], goods=goods("tea", 10_001)), CART.lines[1]))
    quotes = [
        quoted(CART),
        quoted(CART, OFFER),
        quoted(CART, evolve(OFFER, id="other")),
        quoted(dearer, OFFER),
        quoted(evolve(CART, region="cn"), OFFER),
    ]
    assert len({terms_of(each) for each in quotes}) == len(quotes)


def test_a_quote_keeps_its_instants() -> None:
    found = quoted(CART)
    assert (found.quoted_at, found.valid_until) == (AT, AT + timedelta(minutes=30))


def test_why_price_lists_are_passed_by_is_no_part_of_the_terms() -> None:
    """It changes with what others buy."""
    found = quoted(CART)
    passed = (Passed("flash", NoPrice.TOO_FEW_UNITS, 1),)
    seen = evolve(found, lines=(evolve(found.lines[0], passed=passed), *found.lines[1:]))
    assert terms_of(seen) == terms_of(found) != terms_of(evolve(found, points=1))


@pytest.mark.parametrize("name", ["quoted_at", "valid_until"])
def test_an_instant_of_a_quote_is_named(name: str) -> None:
    no_instant: Any = "noon"
    with pytest.raises(InputError) as caught:
        evolve(quoted(CART), **{name: no_instant})
    assert [each.where for each in caught.value.problems] == [name]


def test_prices_are_those_of_the_instant_in_the_zone_of_the_shop() -> None:
    """From eight in the evening tea is cheap."""
    evening = Schedule(hours=(Hours(tuple(Weekday), time(20)),))
    flash = PriceList("flash", CNY, (PriceOf(Sku("tea"), (Break(1, 9_000),)),), schedule=evening)
    book = evolve(BOOK, lists=(flash,))
    at = datetime(2026, 11, 13, 12, tzinfo=UTC)  # 20:00 in Shanghai
    assert quoted(CART, book=book, at=at).goods_minor == 10_000
    assert quoted(CART, book=book, at=at - timedelta(minutes=1)).goods_minor == 11_000


def test_goods_without_a_tax_have_none_and_offers_share_the_freight_in_turn() -> None:
    assert [line.tax_minor for line in quoted(CART).lines] == [0, 0]
    parcel = FreightTemplate("parcel", CNY, (Zone(ByPieces(1, 1_000, 1, 0)),))
    offers = [an_offer(ShippingOff(AmountOff(300)), f"{place}") for place in range(4)]
    cart = a_cart(goods("tea", 10_000, freight="parcel"))
    found = quoted(cart, *offers, book=evolve(BOOK, templates=(parcel,)))
    assert [each.amount_minor for each in found.shipping_off] == [300, 300, 300, 100]


def test_what_a_quote_takes_for_granted_is_the_callers_to_see_to() -> None:
    """Ids that are distinct, and one currency: an offer in another one is told, and left out."""
    twice = evolve(CART, lines=(CART.lines[0], CART.lines[0]))
    with pytest.raises(AssertionError, match="two lines have two ids"):
        quoted(twice)
    with pytest.raises(AssertionError, match="two offers have two ids"):
        quoted(CART, OFFER, evolve(OFFER, effect=AmountOff(200)))
    with pytest.raises(AssertionError, match="the book of its currency"):
        quoted(CART, book=evolve(BOOK, currency=Currency("USD")))
    dollars = evolve(OFFER, id="dollars", currency=Currency("USD"))
    assert [each.reason for each in quoted(CART, dollars).verdicts] == [LeftOut.OTHER_CURRENCY]


def test_terms_and_amount_are_both_what_was_agreed_to() -> None:
    found = quoted(CART, OFFER)
    terms, payable_minor = terms_of(found), found.payable_minor
    assert price_refusal(found, terms, payable_minor) is None
    for other in ((terms_of(quoted(CART)), payable_minor), (terms, payable_minor + 1)):
        refusal = price_refusal(found, *other)
        assert refusal is not None
        assert (refusal.code, dict(refusal.facts)["payable"]) == ("price_changed", "109.00 CNY")


def test_a_quote_is_for_its_group_by_a_price_or_an_offer() -> None:
    """Not by a list or an offer that is for it and is passed by, nor by those of another group."""
    cart = evolve(CART, group_sale="two")
    ours, theirs = Audience(group_sales=("one", "two")), Audience(group_sales=("one",))
    prices = (PriceOf(Sku("cup"), (Break(2, 400),)),)
    mine = PriceList("mine", CNY, prices, audience=ours)
    cheaper = PriceList("cheaper", CNY, (PriceOf(Sku("cup"), (Break(1, 300),)),))
    beyond = evolve(OFFER, threshold=FromAmount(99_000), audience=ours)

    def is_for_it(*lists: PriceList, offer: Offer = OFFER) -> bool:
        return is_for_its_group(quoted(cart, offer, book=evolve(BOOK, lists=lists)), lists)

    assert not is_for_it()
    assert is_for_it(mine)
    assert not is_for_it(mine, cheaper)
    assert not is_for_it(evolve(mine, audience=theirs), cheaper)
    assert is_for_it(offer=evolve(OFFER, audience=ours))
    assert not is_for_it(offer=evolve(OFFER, audience=theirs))
    assert not is_for_it(offer=beyond)
