"""P2: the best choice of offers is that of brute force, over all subsets and all orders that matter."""

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations, permutations, product
from random import Random

import pytest
from attrs import evolve
from hypothesis import given, settings
from tests.laws.failing import assert_fails_somewhere

from distcore.pricing import (
    Cart,
    Fitted,
    Offer,
    Priced,
    Shelf,
    Short,
    chosen,
    does_something,
    fitted,
    ranks_of,
    table_of,
)
from distcore.pricing.ceiling import Ceiling
from distcore.testing.canaries import swapped
from distcore.testing.carts import in_turn, random_cart, random_offers
from distcore.testing.worlds import drawn

World = tuple[Cart, list[Offer]]
Ranks = list[tuple[list[Fitted], list[Fitted]]]


def a_few(random: Random) -> World:
    return random_cart(random), random_offers(random, 4)


def many_in_turn(random: Random) -> World:
    return random_cart(random, 3), in_turn(random_offers(random, 7))


class Shop:
    """A cart with some offers, and what any choice of them comes to."""

    def __init__(self, world: World) -> None:
        cart, offers = world
        lines = sorted(cart.lines, key=lambda line: line.id)
        shelf = Shelf.of([line.goods for line in lines])
        self.table = table_of(lines, [Priced(line.goods.list_minor) for line in lines])
        self.ranked = sorted((fitted(each, shelf, self.table) for each in offers), key=rank)

    def least(self, ranks: Ranks) -> int:
        """Return the least that any choice comes to: any left out, some of each rank in every order."""
        return min(value for each in all_choices(ranks) if (value := self.value_of(each)) is not None)

    def value_of(self, choice: Sequence[Fitted]) -> int | None:
        """Return what is left less what the offers are worth beside it; None for what may not be."""
        groups = [each.offer.group for each in choice if each.offer.group]
        alone = any(each.offer.exclusive for each in choice) and len(choice) > 1
        if alone or len(groups) > len(set(groups)):
            return None
        left, worth = list(self.table.price_minor), 0
        for each in choice:
            cut = each.reduce(left)
            if isinstance(cut, Short) or not does_something(each.offer, cut):
                return None
            for place, part in cut.parts:
                left[place] -= part
            worth += each.offer.worth_minor
        return sum(left) - worth


def all_choices(ranks: Ranks) -> Iterator[Sequence[Fitted]]:
    of_ranks = []
    for settled, loose in ranks:
        some = [part for size in range(len(settled) + 1) for part in combinations(settled, size)]
        turned = [part for size in range(len(loose) + 1) for part in permutations(loose, size)]
        of_ranks.append([(*one, *other) for one, other in product(some, turned)])
    for parts in product(*of_ranks):
        yield [each for part in parts for each in part]


def rank(of: Fitted) -> tuple[int, int, str]:
    return ["line", "order", "coupon"].index(of.offer.stage.value), -of.offer.priority, of.offer.id


def assert_best(world: World) -> None:
    shop = Shop(world)
    best = chosen(shop.ranked, shop.table)
    assert best.value_minor == shop.least(ranks_of(shop.ranked, shop.table))
    assert best.bound_minor == 0


def assert_no_order_is_better(world: World) -> None:
    """Where the order is settled, another one is better by what is rounded at most."""
    shop = Shop(world)
    best = chosen(shop.ranked, shop.table)
    every: Ranks = [([], [*settled, *loose]) for settled, loose in ranks_of(shop.ranked, shop.table)]
    assert best.value_minor <= shop.least(every) + len(shop.ranked)


@settings(max_examples=3 * settings().max_examples, deadline=None)
@given(drawn(a_few))
def test_no_subset_and_no_order_is_better(world: World) -> None:
    assert_best(world)
    assert_no_order_is_better(world)


@settings(deadline=None)
@given(drawn(many_in_turn))
def test_no_subset_of_many_is_better(world: World) -> None:
    assert_best(world)


def too_high(real: Callable[..., list[Ceiling]], *args: object) -> list[Ceiling]:
    """Bound what is left from above instead of from below: the search turns back too soon."""
    found = real(*args)
    return [evolve(each, amount_ppm=each.amount_ppm // 4) for each in found]


@pytest.mark.parametrize(
    ("target", "defect"),
    [
        ("distcore.pricing.search:_matters", lambda *_: False),
        ("distcore.pricing.search:ceilings", too_high),
        ("distcore.pricing.choose:_parts", lambda _, offers: [[each] for each in offers]),
    ],
    ids=["no order matters", "it turns back too soon", "every offer is chosen apart"],
)
def test_this_law_can_fail(target: str, defect: Callable[..., object]) -> None:
    def law(random: Random) -> None:
        world = a_few(random)
        assert_best(world)
        assert_no_order_is_better(world)

    with swapped(target, defect):
        assert_fails_somewhere(law)
