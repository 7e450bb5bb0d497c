"""More offers than can be tried out: the choice is good, and it is said how much better one could be."""

from collections.abc import Callable, Iterator
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from distcore.kernel import Rate, limits
from distcore.pricing import (
    AmountOff,
    Bundle,
    BuyGet,
    Cart,
    Effect,
    EveryAmount,
    FromAmount,
    NthUnit,
    Offer,
    PercentOff,
    Priced,
    Shelf,
    SkuIn,
    chosen,
    fitted,
    table_of,
)
from distcore.testing.canaries import swapped
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


def of_one_priority(priority: int) -> list[Offer]:
    """Return as many as are tried in every order, each of which looks at what the others have left."""
    effects: tuple[Effect, ...] = (
        NthUnit(2, Rate.parse("50%")),
        Bundle(3, 2_500),
        BuyGet(2, 1),
        PercentOff(Rate.parse("50%"), 1_500),
        EveryAmount(3_000, 200),
        percent("10%"),
    )
    return [
        an_offer(effect, f"{priority} {place}", priority=priority, threshold=FromAmount(200 + place))
        for place, effect in enumerate(effects)
    ]


def test_orders_of_two_priorities_are_not_tried_out_one_with_another_for_ever() -> None:
    """Each alone has 1,957 orders; one after the other they would have millions."""
    cart = a_cart(*[(goods(f"sku {place}", 1_000 + 37 * place), 2) for place in range(5)])
    high, low = of_one_priority(2), of_one_priority(1)
    assert quoted(cart, *high).bound_minor == quoted(cart, *low).bound_minor == 0
    tried: list[object] = []

    def noted(children: Callable[..., Iterator[object]], *about: object) -> Iterator[object]:
        for child in children(*about):
            tried.append(child)
            yield child

    with swapped("distcore.pricing.search:Search._children", noted):
        found = quoted(cart, *high, *low)
    assert found.bound_minor > 0
    assert len(high + low) == limits.CANDIDATE_OFFERS_MAX
    assert limits.CANDIDATE_STEPS_MAX < len(tried) <= limits.CANDIDATE_STEPS_MAX + limits.ORDERED_OFFERS_MAX


def some(random: Random) -> tuple[Cart, list[Offer]]:
    return random_cart(random, 3), random_offers(random, 7)


@given(drawn(some), st.integers(0, 5))
def test_no_choice_is_better_than_the_bound_says(world: tuple[Cart, list[Offer]], steps_max: int) -> None:
    cart, offers = world
    lines = sorted(cart.lines, key=lambda line: line.id)
    table = table_of(lines, [Priced(line.goods.list_minor) for line in lines])
    about = [fitted(each, Shelf.of([line.goods for line in lines]), table) for each in offers]
    best, quick = chosen(about, table), chosen(about, table, steps_max=steps_max)
    assert quick.value_minor - quick.bound_minor <= best.value_minor <= quick.value_minor
