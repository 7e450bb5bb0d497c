"""That nothing can belong to a set of products is said only where it is so, and where it is plain."""

from itertools import product
from random import Random
from time import process_time

import pytest

from distcore.kernel import limits
from distcore.pricing import AllOf, AnyOf, BrandIn, CategoryIs, Goods, Not, Products, SkuIn, TagIn
from distcore.pricing.empty import exclude_each_other
from distcore.pricing.shelf import Shelf
from distcore.testing.carts import goods

TEA, CUP, BOTH = SkuIn(("tea",)), SkuIn(("cup",)), SkuIn(("tea", "cup"))
LU, MO = BrandIn(("lu",)), BrandIn(("mo",))
FOOD, FRESH, HOME = CategoryIs("food"), CategoryIs("food/fresh"), CategoryIs("home")
NEW, OLD = TagIn(("new",)), TagIn(("old",))
EITHER = AnyOf((FOOD, NEW))


@pytest.mark.parametrize(
    "sets",
    [
        (TEA, CUP),
        (BOTH, Not(SkuIn(("cup", "tea", "pot")))),
        (BOTH, Not(TEA), Not(CUP)),
        (LU, MO),
        (FOOD, HOME),
        (FRESH, Not(FOOD)),
        (CategoryIs("foods"), FOOD),
        (NEW, Not(TagIn(("new", "old")))),
        (NEW, LU, Not(Not(Not(LU)))),
        (AllOf((TEA, LU)), CUP),
        (EITHER, Not(EITHER)),
        (AllOf((FOOD, NEW)), Not(AllOf((NEW, FOOD)))),
        (AnyOf((TEA, CUP)), SkuIn(("pot",))),
        (FOOD, AnyOf((HOME, AllOf((LU, AnyOf((MO, Not(LU)))))))),
    ],
)
def test_sets_that_exclude_each_other_are_told(sets: tuple[Products, ...]) -> None:
    assert exclude_each_other(*sets)
    assert exclude_each_other(AllOf(sets))
    assert not exclude_each_other(Not(AllOf(sets)))


@pytest.mark.parametrize(
    "sets",
    [
        (TEA, BOTH),
        (BOTH, Not(TEA)),
        (TEA, LU, FOOD, NEW),
        (FOOD, FRESH),
        (FOOD, Not(FRESH)),
        (FOOD, Not(CategoryIs("foods"))),
        (NEW, OLD),
        (TagIn(("new", "old")), Not(NEW)),
        (EITHER, Not(FOOD)),
        (Not(TEA), Not(Not(FOOD))),
    ],
)
def test_of_others_nothing_is_said(sets: tuple[Products, ...]) -> None:
    assert not exclude_each_other(*sets)


WORLD: list[Goods] = [
    goods(sku, category=category, brand=brand, tags=tags)
    for sku, category, brand, tags in product(
        ("tea", "cup", "pot"),
        ("", "food", "food/fresh", "home"),
        ("", "lu", "mo"),
        ((), ("new",), ("new", "old"), ("old",)),
    )
]


PLAIN: tuple[Products, ...] = (TEA, CUP, BOTH, LU, MO, FOOD, FRESH, HOME, NEW, OLD)


def drawn(random: Random, depth: int) -> Products:
    """Return a set of sets, of products of the world."""
    if not depth:
        return random.choice(PLAIN)
    some = tuple([drawn(random, random.randrange(depth)) for _ in range(random.randint(1, 3))])
    whole: tuple[Products, ...] = (AllOf(some), AnyOf(some), Not(some[0]))
    return random.choice(whole)


def test_what_is_told_to_be_empty_has_none_of_all_that_there_could_be() -> None:
    random, shelf, told = Random(5), Shelf.of(WORLD), 0
    for _ in range(3_000):
        products = drawn(random, 4)
        if exclude_each_other(products):
            told += 1
            assert not shelf.places_of(products), products
    assert told > 100


def test_with_very_many_names_alternatives_are_not_looked_at() -> None:
    """Less is then said than is so, and quickly; what excludes without alternatives is told however long."""
    names = SkuIn(tuple(map(str, range(limits.PRICES_MAX))))
    others = AnyOf((AnyOf((TEA,) * 100),) * 100)
    start = process_time()
    assert not exclude_each_other(names, others)
    assert exclude_each_other(names, others, Not(names))
    assert process_time() - start < 2
    assert exclude_each_other(SkuIn(("pot",)), AnyOf((AnyOf((TEA,) * 20),) * 20))
