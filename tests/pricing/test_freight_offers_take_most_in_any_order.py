"""Offers of freight that run together take off as much as in the best order, whatever they are called."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import groupby, permutations, product
from random import Random

import pytest
from attrs import evolve
from hypothesis import given, settings
from tests.laws.failing import assert_fails_somewhere

from distcore.kernel import Rate, limits
from distcore.pricing import (
    AmountOff,
    ByPieces,
    FreightTemplate,
    Offer,
    PercentOff,
    Quote,
    ShippingOff,
    Stage,
    Zone,
)
from distcore.testing.canaries import swapped
from distcore.testing.carts import BOOK, CNY, a_cart, an_offer, goods, percent, quoted
from distcore.testing.worlds import drawn

Off = PercentOff | AmountOff
World = tuple[int, list[Offer]]


def sent(charged_minor: int, offers: Sequence[Offer]) -> Quote:
    template = FreightTemplate("parcel", CNY, (Zone(ByPieces(1, charged_minor, 1, 0)),))
    return quoted(a_cart(goods(freight="parcel")), *offers, book=evolve(BOOK, templates=(template,)))


def left(charged_minor: int, *offs: Off, ids: str = "abcdefgh") -> int:
    offers = [an_offer(ShippingOff(off), id) for id, off in zip(ids, offs, strict=False)]
    return sent(charged_minor, offers).shipping_minor


@pytest.mark.parametrize("ids", ["ab", "ba"])
def test_a_share_is_taken_before_an_amount_whatever_they_are_called(ids: str) -> None:
    assert left(2_000, AmountOff(1_000), percent("50%"), ids=ids) == 0
    assert left(3_000, AmountOff(1_000), percent("50%"), ids=ids) == 500


@pytest.mark.parametrize("ids", ["ab", "ba"])
def test_a_capped_share_is_taken_where_it_takes_most(ids: str) -> None:
    """Before the others where it is not capped then, and after them where it still reaches its cap."""
    capped = PercentOff(Rate.parse("50%"), 500)
    assert left(2_000, capped, percent("50%"), ids=ids) == 500
    assert left(2_000, capped, PercentOff(Rate.parse("25%"), 400), ids=ids) == 1_100
    assert left(1_000, capped, PercentOff(Rate.parse("60%"), 900), ids=ids) == 200


@pytest.mark.parametrize("ids", ["ab", "ba"])
def test_what_is_rounded_is_rounded_for_the_buyer(ids: str) -> None:
    assert left(6, percent("10%"), percent("50%"), ids=ids) == 2, "the other way 3 are left"


def test_a_higher_priority_and_an_earlier_stage_still_run_first() -> None:
    amount, share = an_offer(ShippingOff(AmountOff(1_000)), "a"), an_offer(ShippingOff(percent("50%")), "b")
    assert sent(2_000, [evolve(amount, priority=1), share]).shipping_minor == 500
    assert sent(2_000, [amount, evolve(share, stage=Stage.ORDER)]).shipping_minor == 500


def test_more_shares_than_are_tried_in_every_order_are_taken_alike_whatever_they_are_called() -> None:
    """Then the highest cap is first."""
    offs = [PercentOff(Rate.parse("20%"), 100 * most) for most in range(1, limits.ORDERED_OFFERS_MAX + 1)]
    offs.append(percent("10%"))
    ids = "abcdefg"
    assert left(9_000, *offs, ids=ids) == left(9_000, *offs, ids=ids[::-1]) == 9_000 - 900 - 2_100


def up_to_four(random: Random) -> World:
    """Draw offers of freight with any ids, in one or two ranks, so small that rounding is common."""
    charged, ids = random.choice([5, 30, 100, 2_000]), random.sample("abcdefgh", random.randint(1, 4))

    def off() -> Off:
        rate = Rate(random.choice([50_000, 100_000, 333_333, 500_000, 900_000, 1_000_000]))
        amount = random.randint(1, charged)
        each: tuple[Off, ...] = (PercentOff(rate), PercentOff(rate, amount), AmountOff(amount))
        return random.choice(each)

    return charged, [an_offer(ShippingOff(off()), id, priority=random.choice([0, 0, 1])) for id in ids]


def assert_least(world: World) -> None:
    """No order of those of one priority leaves less, and what is told to be taken off is what is."""
    charged, offers = world
    found = sent(charged, offers)
    ranked = sorted(offers, key=lambda each: -each.priority)
    ranks = [permutations(some) for _, some in groupby(ranked, key=lambda each: each.priority)]
    orders = [[each for rank in ranks for each in rank] for ranks in product(*ranks)]
    assert found.shipping_minor == min(left_by(order, charged) for order in orders)
    assert sorted(each.offer for each in found.shipping_off) == sorted(each.id for each in offers)
    in_turn = [next(each for each in offers if each.id == off.offer) for off in found.shipping_off]
    assert left_by(in_turn, charged) == found.shipping_minor


def left_by(order: Sequence[Offer], charged_minor: int) -> int:
    """Return what is left of freight after offers, one after the other."""
    for each in order:
        assert isinstance(each.effect, ShippingOff)
        match each.effect.off:
            case PercentOff(rate, most):
                share = (2 * charged_minor * rate.ppm + 1_000_000) // 2_000_000
                charged_minor -= share if most is None else min(share, most)
            case AmountOff(amount):
                charged_minor -= min(charged_minor, amount)
    return charged_minor


@settings(max_examples=3 * settings().max_examples, deadline=None)
@given(drawn(up_to_four))
def test_no_order_of_one_priority_leaves_less(world: World) -> None:
    assert_least(world)


def one_order(turned: Callable[[list[object]], object], _: object, offs: Sequence[object]) -> list[object]:
    """Take what is taken off freight in one order alone."""
    return [turned(list(offs))]


def shares_first(offs: list[tuple[str, Off]]) -> list[tuple[str, Off]]:
    return sorted(offs, key=lambda each: isinstance(each[1], AmountOff))


@pytest.mark.parametrize("turned", [list, shares_first], ids=["by id", "shares by id, then amounts"])
def test_this_law_can_fail(turned: Callable[[list[object]], object]) -> None:
    def law(random: Random) -> None:
        assert_least(up_to_four(random))

    with swapped("distcore.pricing.quote:_orders", partial(one_order, turned)):
        assert_fails_somewhere(law)
