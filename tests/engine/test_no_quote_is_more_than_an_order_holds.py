"""A cart that is cheap at list prices may come to any amount: it is told who makes it so, and not sold.

Up to the bound an order is placed and its quote is kept as a document; beyond it nothing is quoted.
"""

from collections.abc import Sequence
from typing import Any

import pytest
from attrs import evolve
from tests.engine.test_a_cart_is_quoted import quoted, refused
from tests.engine.test_an_order_is_placed import ONE, place

from distcore import engine
from distcore.codec import Media, dump_quote, load_quote
from distcore.kernel import MemberId, Rate, Sku, limits
from distcore.memory import MemoryStore
from distcore.pricing import (
    AmountOff,
    Break,
    ByPieces,
    EveryUnits,
    ExtraPoints,
    FreightTemplate,
    Offer,
    PointsIn,
    PointsPolicy,
    PriceList,
    PriceOf,
    Shopper,
    Wanted,
    Zone,
    quote_problems,
)
from distcore.testing.builders import Shop, a_policy
from distcore.testing.carts import CNY, an_offer
from distcore.testing.catalog import a_product, some_units

MOST = limits.AMOUNT_MINOR_MAX
MOST_TOLD = "10000000000000.00 CNY"
ANN = Shopper(MemberId("ann"))


@pytest.fixture(name="shop")
def a_shop() -> Shop:
    """A shop with things that cost nothing to speak of."""
    shop = Shop(MemoryStore("shop"))
    shop.do(engine.set_policy, a_policy())
    shop.do(engine.put_products, [a_product("mug", 1), a_product("pen", 0, freight="parcels")])
    return shop


def sold_at(shop: Shop, sku: str, price_minor: int) -> None:
    shop.do(engine.set_price_list, PriceList("typo", CNY, (PriceOf(Sku(sku), (Break(1, price_minor),)),)))


def charged(shop: Shop, each_minor: int) -> None:
    zone = Zone(ByPieces(0, 0, 1, each_minor))
    shop.do(engine.set_freight, FreightTemplate("parcels", CNY, (zone,)))


def mugs(units: int) -> Wanted:
    return some_units(("mug", units), shopper=ANN)


def kept(shop: Shop, wanted: Wanted) -> None:
    """Place an order, and read its quote as a store that keeps documents would."""
    found = place(shop, ONE, wanted)
    assert quote_problems(found) == ()
    assert load_quote(dump_quote(found).encode(), Media.JSON) == found
    shop.assert_sound()


def test_a_price_list_that_is_too_dear_is_named(shop: Shop) -> None:
    sold_at(shop, "mug", MOST - 1)
    kept(shop, mugs(1))
    code, facts = refused(lambda: quoted(shop, some_units(("pen", 5), ("mug", 100))))
    assert (code, facts) == (
        "goods_too_dear",
        {"amount": "999999999999999.00 CNY", "most": MOST_TOLD, "sku": "mug", "price_list": "typo"},
    )
    assert refused(lambda: quoted(shop, mugs(limits.UNITS_MAX)))[0] == "goods_too_dear"


def test_tax_on_top_counts_as_what_the_goods_cost(shop: Shop) -> None:
    """At list prices it is no price list that makes it too much, and points pay taxes too."""
    taxed = {"tax_rate": Rate.parse("100%"), "tax_included": False}
    shop.do(engine.put_products, [a_product("mug", MOST // 2 + 1, **taxed)])
    shop.do(engine.set_points, PointsIn(CNY, PointsPolicy(1, MOST)))
    code, facts = refused(lambda: quoted(shop, mugs(1)))
    assert (code, facts["price_list"], facts["amount"]) == ("goods_too_dear", "none", "10000000000000.02 CNY")
    shop.do(engine.put_products, [a_product("mug", MOST // 2, **taxed)])
    kept(shop, mugs(1))


def test_a_freight_template_that_is_too_dear_is_named(shop: Shop) -> None:
    charged(shop, MOST // 5)
    kept(shop, some_units(("pen", 5)))
    code, facts = refused(lambda: quoted(shop, some_units(("pen", 6))))
    assert (code, facts["template"]) == ("freight_too_dear", "parcels")
    charged(shop, MOST)
    assert refused(lambda: quoted(shop, some_units(("pen", 10**6))))[1] == {
        "amount": "10000000000000000000.00 CNY",
        "most": MOST_TOLD,
        "template": "parcels",
    }


@pytest.mark.parametrize(
    ("offers", "units", "facts"),
    [
        (  # what finds nothing to be taken off of is blocked
            [an_offer(EveryUnits(1, MOST // 4), "blocked")],
            4,
            {"offer": "blocked", "amount": "12500000000000.00 CNY", "most": MOST_TOLD},
        ),
        (
            [an_offer(ExtraPoints(limits.POINTS_MAX, 1), "many"), an_offer(ExtraPoints(1), "one")],
            99,
            {"offer": "many", "amount": f"{MOST + 1} points", "most": f"{MOST} points"},
        ),
    ],
)
def test_an_offer_that_is_too_large_is_named(
    shop: Shop, offers: Sequence[Offer], units: int, facts: dict[str, Any]
) -> None:
    for offer in offers:
        shop.do(engine.set_offer, offer)
    kept(shop, mugs(units))
    assert refused(lambda: quoted(shop, mugs(units + 1))) == ("offer_too_large", facts)


def test_offers_that_could_be_worth_too_much_are_named_by_the_one_that_is_worth_most(shop: Shop) -> None:
    """One of a group is applied; by how much a choice could be better counts what all of them are worth."""
    for place_of in range(limits.ORDERED_OFFERS_MAX + 1):
        worth = {"group": "one", "worth_minor": MOST - place_of}
        shop.do(engine.set_offer, an_offer(AmountOff(1), f"worth {place_of}", **worth))
    code, facts = refused(lambda: quoted(shop, mugs(10)))
    assert (code, facts["offer"], facts["amount"]) == ("offer_too_large", "worth 0", "59999999999999.85 CNY")


def test_a_quote_that_no_document_holds_is_not_kept(shop: Shop) -> None:
    shop.do(engine.set_offer, an_offer(ExtraPoints(1)))
    found = quoted(shop, mugs(1))
    given = (evolve(found.given[0], count=MOST + 1),)
    assert [each.where for each in quote_problems(evolve(found, given=given))] == ["$.given[0].count"]
