"""What a buyer agrees to is told by a hash: it is the same for as long as the same is to be paid."""

from datetime import timedelta

from attrs import evolve

from distcore.pricing import AmountOff, FromAmount, terms_of
from distcore.testing.carts import AT, a_cart, an_offer, goods, quoted

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
