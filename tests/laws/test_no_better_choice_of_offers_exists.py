"""P2: the best choice of offers is that of brute force, over all subsets and all orders that matter."""

from collections.abc import Iterator, Sequence
from itertools import combinations, permutations, product
from random import Random

from hypothesis import given, settings

from distcore.pricing import (
    Cart,
    Chosen,
    Fitted,
    Offer,
    Priced,
    Short,
    chosen,
    does_something,
    fitted,
    ranks_of,
    reduced,
    table_of,
)
from distcore.testing.carts import in_turn, random_cart, random_offers
from distcore.testing.worlds import drawn

World = tuple[Cart, list[Offer]]


def a_few(random: Random) -> World:
    return random_cart(random), random_offers(random, 4)


def many_in_turn(random: Random) -> World:
    return random_cart(random, 3), in_turn(random_offers(random, 7))


def all_choices(offers: Sequence[Fitted]) -> Iterator[Sequence[Fitted]]:
    """Yield every sequence that may be applied: any left out, in all orders that matter."""
    of_ranks = []
    for settled, loose in ranks_of(offers):
        some = [part for size in range(len(settled) + 1) for part in combinations(settled, size)]
        turned = [part for size in range(len(loose) + 1) for part in permutations(loose, size)]
        of_ranks.append([(*one, *other) for one, other in product(some, turned)])
    for parts in product(*of_ranks):
        yield [each for part in parts for each in part]


def value_of(choice: Sequence[Fitted], cart: Cart) -> int | None:
    """Return what is left less what the offers are worth beside it; None for what may not be."""
    groups = [each.offer.group for each in choice if each.offer.group]
    alone = any(each.offer.exclusive for each in choice) and len(choice) > 1
    if alone or len(groups) > len(set(groups)):
        return None
    lines = sorted(cart.lines, key=lambda line: line.id)
    table = table_of(lines, [Priced(line.goods.list_minor) for line in lines])
    left, worth = list(table.price_minor), 0
    for each in choice:
        cut = reduced(each, table, left)
        if isinstance(cut, Short) or not does_something(each.offer, cut):
            return None
        for place, part in cut.parts:
            left[place] -= part
        worth += each.offer.worth_minor
    return sum(left) - worth


def found(world: World) -> tuple[Chosen, list[Fitted]]:
    cart, offers = world
    lines = sorted(cart.lines, key=lambda line: line.id)
    table = table_of(lines, [Priced(line.goods.list_minor) for line in lines])
    ranked = sorted((fitted(each, lines) for each in offers), key=rank)
    return chosen(ranked, table), ranked


def rank(of: Fitted) -> tuple[int, int, str]:
    return ["line", "order", "coupon"].index(of.offer.stage.value), -of.offer.priority, of.offer.id


def assert_best(world: World) -> None:
    best, ranked = found(world)
    values = [value for each in all_choices(ranked) if (value := value_of(each, world[0])) is not None]
    assert best.value_minor == min(values)
    assert best.bound_minor == 0


@settings(max_examples=3 * settings().max_examples, deadline=None)
@given(drawn(a_few))
def test_no_subset_and_no_order_is_better(world: World) -> None:
    assert_best(world)


@settings(deadline=None)
@given(drawn(many_in_turn))
def test_no_subset_of_many_is_better(world: World) -> None:
    assert_best(world)
