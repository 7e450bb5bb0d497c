"""More offers than can be tried out: the choice is good, and it is said how much better one could be."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from distcore.kernel import limits
from distcore.pricing import (
    AmountOff,
    Cart,
    Effect,
    EveryAmount,
    FromAmount,
    Offer,
    Priced,
    Shelf,
    SkuIn,
    chosen,
    fitted,
    table_of,
)
from distcore.testing.carts import (
    a_cart,
    an_offer,
    goods,
    in_turn,
    percent,
    quoted,
    random_cart,
    random_offers,
)
from distcore.testing.worlds import drawn

CART = a_cart(goods("tea", 10_000), goods("cup", 5_000))


def test_many_that_stand_in_nobodys_way_are_all_applied_for_sure() -> None:
    offers = in_turn([an_offer(percent("2%"), f"offer {place}") for place in range(20)])
    found = quoted(CART, *offers)
    assert (len(found.offers), found.bound_minor) == (20, 0)


def test_offers_for_other_lines_are_chosen_apart() -> None:
    lines = [goods(f"sku {place}", 1_000) for place in range(20)]
    sets = [SkuIn((each.sku,)) for each in lines]
    effects: tuple[Effect, ...] = (AmountOff(100), EveryAmount(900, 50))
    offers = [
        an_offer(effect, f"{place} {kind}", products=of)
        for place, of in enumerate(sets)
        for kind, effect in enumerate(effects)
    ]
    found = quoted(a_cart(*lines), *offers)
    assert (found.goods_minor, found.bound_minor) == (20 * 850, 0)


def test_more_of_one_priority_than_are_tried_in_every_order_say_a_bound() -> None:
    offers = [
        an_offer(AmountOff(1_000), f"{place}", threshold=FromAmount(15_000 - 900 * place))
        for place in range(limits.ORDERED_OFFERS_MAX + 1)
    ]
    assert quoted(CART, *offers[:-1]).bound_minor == 0
    found = quoted(CART, *offers)
    assert 0 < found.bound_minor <= 7_000 - (15_000 - found.goods_minor)


def some(random: Random) -> tuple[Cart, list[Offer]]:
    return random_cart(random, 3), random_offers(random, 7)


@given(drawn(some), st.integers(0, 5))
def test_no_choice_is_better_than_the_bound_says(world: tuple[Cart, list[Offer]], steps_max: int) -> None:
    cart, offers = world
    lines = sorted(cart.lines, key=lambda line: line.id)
    table = table_of(lines, [Priced(line.goods.list_minor) for line in lines])
    about = [fitted(each, Shelf.of([line.goods for line in lines])) for each in offers]
    best, quick = chosen(about, table), chosen(about, table, steps_max=steps_max)
    assert quick.value_minor - quick.bound_minor <= best.value_minor <= quick.value_minor
