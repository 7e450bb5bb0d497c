"""What a shop quotes, by what its store keeps, is the pure quote of the very same, on every store."""

from itertools import count
from random import Random

import pytest
from attrs import evolve

from distcore import engine
from distcore.catalog import Product
from distcore.kernel import Currency, Refusal, RefusedError, Sku, zone_of
from distcore.pricing import (
    Book,
    Cart,
    CartLine,
    Goods,
    Offer,
    PointsIn,
    PriceList,
    Quote,
    Tax,
    Wanted,
    excess_refusal,
    quote,
)
from distcore.testing.builders import Shop, StoreOf, a_policy
from distcore.testing.carts import AT, CNY, random_offer_for_some, random_price_list, random_template
from distcore.testing.catalog import SKUS, random_points, random_product, random_wanted
from distcore.testing.coupons import put_promised

USD = Currency("USD")
_numbers = count()


@pytest.mark.parametrize("seed", range(12))
def test_what_a_shop_quotes_is_the_pure_quote(store_of: StoreOf, seed: int) -> None:
    random = Random(seed)
    shop = Shop(store_of(f"quotes {next(_numbers)}"))
    shop.do(engine.set_policy, a_policy(currencies=("CNY", "USD")))
    with shop.store.begin() as tx:
        put_promised(tx)
    applied = 0
    for _ in range(5):  # what is set again takes the place of what was set before
        products = {sku: random_product(random, sku) for sku in SKUS}
        offers = [random_offer_for_some(random, f"offer {place}") for place in range(6)]
        lists = [random_price_list(random, f"list {place}") for place in range(3)]
        templates = [random_template(random, name) for name in ("freight", "letters")]
        points = random_points(random)
        _decide(shop, products, offers, lists, points)
        for template in templates:
            shop.do(engine.set_freight, template)
        book = Book(CNY, zone_of("Asia/Shanghai"), tuple(lists), tuple(templates), points.policy)
        for _ in range(4):
            wanted = random_wanted(random)
            found, expected = _quoted(shop, wanted), _purely(wanted, products, book, offers)
            assert found == (excess_refusal(expected, offers) or expected)
            applied += len(found.offers) if isinstance(found, Quote) else 0
    assert applied


def _quoted(shop: Shop, wanted: Wanted) -> Quote | Refusal:
    """Return what a cart costs, or why it can't be sold: random prices may be any that a document holds."""
    try:
        with shop.store.begin() as tx:
            return engine.quote_cart(tx, wanted, at=AT, minutes=1)
    except RefusedError as error:
        return error.refusal


def _decide(
    shop: Shop, products: dict[str, Product], offers: list[Offer], lists: list[PriceList], points: PointsIn
) -> None:
    """Set everything, and beside it something in another currency that no quote may look at."""
    assert not shop.do(engine.put_products, list(products.values())).refused
    for offer in offers:
        shop.do(engine.set_offer, offer)
    for prices in lists:
        shop.do(engine.set_price_list, prices)
    theirs = PriceList("dollars", USD, lists[0].prices, priority=10**6)
    shop.do(engine.set_price_list, theirs)
    shop.do(engine.set_points, points)
    shop.do(engine.set_points, evolve(points, currency=USD))


def _purely(wanted: Wanted, products: dict[str, Product], book: Book, offers: list[Offer]) -> Quote:
    lines = [CartLine(line.id, _goods(products[line.sku]), line.units) for line in wanted.lines]
    cart = Cart(
        CNY,
        tuple(lines),
        wanted.shopper,
        channel=wanted.channel,
        region=wanted.region,
        coupons=wanted.coupons,
        points=wanted.points,
        stored_value_minor=wanted.stored_value_minor,
    )
    return quote(cart, book, offers, at=AT, valid_until=AT.replace(minute=1))


def _goods(product: Product) -> Goods:
    return Goods(
        Sku(product.sku),
        product.list_minor,
        floor_minor=product.floor_minor,
        category=product.category,
        brand=product.brand,
        tags=product.tags,
        weight_grams=product.weight_grams,
        freight=product.freight,
        tax=None if product.tax_rate is None else Tax(product.tax_rate, product.tax_included),
    )
