"""Named builders of products and of what is wanted of them, and random ones.

>>> a_product("cup", 1_500).list_minor
1500
>>> some_units(("cup", 2)).lines[0].units
2
"""

from random import Random
from typing import Any, Final

from distcore.catalog import Product
from distcore.kernel import LineId, MemberId, Rate, SaleId, Sku
from distcore.ports import Transaction
from distcore.pricing import (
    Break,
    ByPieces,
    FreightTemplate,
    OrderStep,
    PlacedOrder,
    PointsIn,
    PointsPolicy,
    PriceList,
    PriceOf,
    Shopper,
    Wanted,
    WantedLine,
    Zone,
)
from distcore.testing.builders import LATER
from distcore.testing.carts import CNY, a_cart, an_offer, percent, quoted, random_goods

SKUS: Final = tuple([f"sku {place}" for place in range(5)])
"""What random carts, price lists and offers are about."""


def a_product(sku: str = "tea", list_minor: int = 10_000, **more: Any) -> Product:
    """Return a product that is on the shelf."""
    return Product(Sku(sku), more.pop("currency", CNY), list_minor, **more)


def some_units(*lines: tuple[str, int], **more: Any) -> Wanted:
    """Return what is wanted: a line for each product."""
    held = [WantedLine(LineId(f"{place:03}"), Sku(sku), units) for place, (sku, units) in enumerate(lines, 1)]
    return Wanted(more.pop("currency", CNY), tuple(held), **more)


def random_product(random: Random, sku: str) -> Product:
    """Return a product of any price, perhaps with a freight template."""
    goods = random_goods(random, sku)
    return Product(
        goods.sku,
        CNY,
        goods.list_minor,
        goods.floor_minor,
        random.choice([None, 0, goods.list_minor]),
        goods.category,
        goods.brand,
        goods.tags,
        random.choice(["", "箱"]),
        random.choice([0, 1, 250]),
        random.choice(["", "freight", "letters"]),
        None if goods.tax is None else goods.tax.rate,
        goods.tax is None or goods.tax.included,
    )


def random_wanted(random: Random) -> Wanted:
    """Return up to five lines of random products, in any order, for anybody."""
    lines = [
        WantedLine(LineId(str(place)), Sku(random.choice(SKUS)), random.choice([1, 1, 2, 3, 7, 100]))
        for place in range(random.randint(1, 5))
    ]
    random.shuffle(lines)
    shopper = Shopper(
        random.choice([None, MemberId("ann")]),
        random.choice(["", "gold"]),
        random.choice([(), ("staff",)]),
        random.randrange(2),
    )
    return Wanted(
        CNY,
        tuple(lines),
        shopper,
        random.choice(["", "app"]),
        random.choice(["", "cn/zj/hangzhou"]),
        tuple(random.sample([f"offer {place}" for place in range(5)], random.randrange(3))),
        random.choice([0, 0, 150]),
        random.choice([0, 0, 1_250]),
    )


def random_points(random: Random) -> PointsIn:
    """Return what points are worth."""
    most = Rate(random.choice([0, 333_333, 1_000_000]))
    return PointsIn(
        CNY, PointsPolicy(random.randint(1, 100), random.randint(1, 100), most, random.choice([0, 50, 120]))
    )


def put_product(tx: Transaction) -> None:
    """Write a product, which is no fact: another one may take its place."""
    tx.products.put([a_product("new")])


_PLACED: Final = PlacedOrder(
    SaleId("placed"), MemberId("ann"), quoted(a_cart(random_goods(Random(1), "tea"))), LATER
)


def _put_offer(tx: Transaction) -> None:
    tx.terms.put_offer(an_offer(percent("10%")), 1, at=LATER)


def _put_list(tx: Transaction) -> None:
    prices = (PriceOf(Sku("tea"), (Break(1, 900), Break(10, 800))),)
    tx.terms.put_list(PriceList("flash", CNY, prices), 1, at=LATER)


def _put_template(tx: Transaction) -> None:
    zones = (Zone(ByPieces(1, 800, 1, 200)),)
    tx.terms.put_template(FreightTemplate("parcels", CNY, zones), 1, at=LATER)


def _put_points(tx: Transaction) -> None:
    tx.terms.put_points(PointsIn(CNY, PointsPolicy(100, 100)), 1, at=LATER)


def _place(tx: Transaction) -> None:
    tx.placed_orders.put(_PLACED)


def _drop(tx: Transaction) -> None:
    if tx.placed_orders.of(_PLACED.order) is None:
        _place(tx)
    tx.placed_orders.step(_PLACED, OrderStep.DROPPED, at=LATER)


PRICED: Final = (_put_offer, _put_list, _put_template, _put_points, _place, _drop)
"""Every way to write a fact of pricing into a shop."""
