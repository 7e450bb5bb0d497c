"""Whatever is impossible about products and terms that are stored, or missing, is found and named."""

from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from attrs import evolve

from distcore import engine
from distcore.kernel import Sku
from distcore.memory import MemoryStore, MemoryTransaction
from distcore.pricing import Break, PointsIn, PointsPolicy, PriceList, PriceOf
from distcore.testing.builders import LATER, Shop
from distcore.testing.carts import CNY, an_offer, percent, random_template
from distcore.testing.catalog import a_product

PRICE = "$.prices[0].breaks[0].price"
OFFER = an_offer(percent("10%"))
TEA = PriceOf(Sku("tea"), (Break(1, 900),))
FLASH = PriceList("flash", CNY, (TEA,))


def sound(tx: MemoryTransaction) -> None:
    tx.products.put([a_product()])
    for number in (1, 2):
        tx.terms.put_offer(OFFER, number, at=LATER)
        tx.terms.put_list(FLASH, number, at=LATER)
        tx.terms.put_template(random_template(Random(1)), number, at=LATER)
        tx.terms.put_points(PointsIn(CNY, PointsPolicy()), number, at=LATER)
    tx.terms.put_offer(evolve(OFFER, id="other"), 1, at=LATER)


def a_product_that_costs_less_than_nothing(tx: MemoryTransaction) -> None:
    tx.products.put([a_product("cup", -1)])


def an_offer_without_a_number(tx: MemoryTransaction) -> None:
    tx.terms.put_offer(evolve(OFFER, id="other"), 3, at=LATER)
    tx.terms.put_offer(evolve(OFFER, id="other"), 4, at=LATER)


def a_price_below_zero(tx: MemoryTransaction) -> None:
    tx.terms.put_list(evolve(FLASH, prices=(evolve(TEA, breaks=(Break(1, -5),)),)), 3, at=LATER)


def a_template_without_zones(tx: MemoryTransaction) -> None:
    tx.terms.put_template(evolve(random_template(Random(1)), zones=()), 3, at=LATER)


def points_for_nothing(tx: MemoryTransaction) -> None:
    tx.terms.put_points(PointsIn(CNY, PointsPolicy(points=0)), 3, at=LATER)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda tx: None, []),
        (a_product_that_costs_less_than_nothing, ["product 'cup', list_minor: out of range: -1"]),
        (an_offer_without_a_number, ["number 3 of offer 'other': number 2 is missing"]),
        (
            a_price_below_zero,
            [f"number 3 of price list 'flash', {PRICE}: out of range: -0.05 CNY"],
        ),
        (a_template_without_zones, ["number 3 of freight template 'freight', $.zones: there are 0"]),
        (points_for_nothing, ["number 3 of points in 'CNY', $.points: out of range: 0"]),
    ],
)
def test_damage_is_named(damage: Callable[[MemoryTransaction], Any], said: list[str]) -> None:
    store = MemoryStore("shop")
    Shop.open(store)
    with store.begin() as tx:
        sound(tx)
        damage(tx)
    with store.begin() as tx:
        found = [str(each).partition(" (")[0] for each in engine.verify(tx).problems]
    assert found == said
