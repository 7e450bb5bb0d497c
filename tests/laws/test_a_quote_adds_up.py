"""P1: what is said to be taken off is what the lines lose, and no line falls below its floor.

Reported discounts = line reductions = before − after; lines ≥ 0 and ≥ floor; a weight of zero takes nothing;
and the order of a cart's lines, or of the offers, changes nobody's cent.
"""

from random import Random

from attrs import evolve
from hypothesis import given, settings

from distcore.pricing import Cart, Offer, Quote, QuotedLine
from distcore.testing.carts import quoted, random_cart, random_offers
from distcore.testing.worlds import drawn

World = tuple[Cart, list[Offer]]


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
@given(drawn(random_world))
def test_what_is_taken_off_is_what_the_lines_lose(world: World) -> None:
    cart, offers = world
    assert_adds_up(quoted(cart, *offers))


@given(drawn(random_world))
def test_no_order_of_lines_or_offers_changes_a_cent(world: World) -> None:
    cart, offers = world
    turned = evolve(cart, lines=cart.lines[::-1])
    assert quoted(turned, *offers[::-1]) == quoted(cart, *offers)
