"""P1: what is said to be taken off is what the lines lose, and no line falls below its floor.

Reported discounts = line reductions = before − after; lines ≥ 0 and ≥ floor; a weight of zero takes nothing;
and the order of a cart's lines, or of the offers, changes nobody's cent.
"""

from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.laws.failing import assert_fails_somewhere

from distcore.pricing import Cart, Cut, Offer, Quote, QuotedLine
from distcore.testing.canaries import swapped
from distcore.testing.carts import quoted, random_cart, random_offers
from distcore.testing.worlds import drawn

World = tuple[Cart, list[Offer]]


Defect = Callable[..., object]


def random_world(random: Random) -> World:
    return random_cart(random), random_offers(random, 7)


def floor_of(line: QuotedLine) -> int:
    return min(line.goods.floor_minor, line.price_minor) * line.units


def assert_adds_up(found: Quote) -> None:
    reported = sum(each.amount_minor for each in found.verdicts)
    lost = sum(each.amount_minor for line in found.lines for each in line.reductions)
    assert reported == lost == sum(line.before_minor for line in found.lines) - found.goods_minor
    for line in found.lines:
        assert line.net_minor >= max(0, floor_of(line))
        assert all(each.amount_minor > 0 for each in line.reductions)
    for each in found.verdicts:
        mine = [of.amount_minor for line in found.lines for of in line.reductions if of.offer == each.offer]
        assert each.amount_minor == sum(mine)
        assert not mine or each.reason is None


@settings(max_examples=20 * settings().max_examples)
@given(st.integers(0, 2**32))
def test_what_is_taken_off_is_what_the_lines_lose(seed: int) -> None:
    """In so many worlds that drawing them number by number would take most of the time."""
    cart, offers = random_world(Random(seed))
    assert_adds_up(quoted(cart, *offers))


@given(drawn(random_world))
def test_no_order_of_lines_or_offers_changes_a_cent(world: World) -> None:
    cart, offers = world
    assert_adds_up(quoted(cart, *offers))
    turned = evolve(cart, lines=cart.lines[::-1])
    assert quoted(turned, *offers[::-1]) == quoted(cart, *offers)


def all_on_one(
    _: Defect, total: int, at: list[int], _weights: object, _table: object, now: list[int], *_more: object
) -> Cut:
    """Take all of it off the first line, whatever its floor."""
    off = min(total, now[at[0]]) if at else 0
    return Cut(((at[0], off),) if off else (), total - off)


def nothing_said(real: Defect, *args: object) -> object:
    """Tell the buyer of the first offer, and forget what the others took off."""
    verdicts: Any = real(*args)
    return tuple(evolve(each, amount_minor=0) if place else each for place, each in enumerate(verdicts))


def parts_forgotten(real: Defect, lines: object, prices: object, found: Any, tender: object) -> object:
    """Show what an offer takes off one line, and not off the others."""
    cuts = [evolve(each, cut=evolve(each.cut, parts=each.cut.parts[:1])) for each in found.applied]
    return real(lines, prices, evolve(found, applied=tuple(cuts)), tender)


@pytest.mark.parametrize(
    ("target", "defect"),
    [
        ("distcore.pricing.reduce:_spread", all_on_one),
        ("distcore.pricing.quote:_verdicts", nothing_said),
        ("distcore.pricing.quote:_quoted", parts_forgotten),
    ],
)
def test_this_law_can_fail(target: str, defect: Defect) -> None:
    def law(random: Random) -> None:
        cart, offers = random_world(random)
        assert_adds_up(quoted(cart, *offers))

    with swapped(target, defect):
        assert_fails_somewhere(law)
