"""What points and stored value pay, at most, line by line; and tax, in a price or on top of it."""

import pytest
from attrs import evolve

from distcore.kernel import Rate
from distcore.pricing import PointsPolicy, Tax
from distcore.testing.carts import BOOK, a_cart, an_offer, goods, percent, quoted

CENT_A_POINT = PointsPolicy()
HUNDREDS = PointsPolicy(points=100, amount_minor=50, most=Rate.parse("30%"), least=200)


@pytest.mark.parametrize(
    ("policy", "points", "used", "paid"),
    [
        (None, 500, 0, 0),
        (CENT_A_POINT, 500, 500, 500),
        (CENT_A_POINT, 10**9, 3_000, 3_000),
        (HUNDREDS, 199, 0, 0),
        (HUNDREDS, 250, 200, 100),
        (HUNDREDS, 10**6, 1_800, 900),
        (evolve(HUNDREDS, most=Rate.parse("3%")), 10**6, 0, 0),
    ],
)
def test_points_pay_as_much_as_their_policy_says(
    policy: PointsPolicy | None, points: int, used: int, paid: int
) -> None:
    cart = a_cart(goods("tea", 2_000), goods("cup", 1_000), points=points)
    found = quoted(cart, book=evolve(BOOK, points=policy))
    assert (found.points, found.payable_minor) == (used, 3_000 - paid)
    assert sum(line.points_minor for line in found.lines) == paid


def test_each_line_has_its_part_of_every_tender() -> None:
    cart = a_cart(goods("tea", 2_000), goods("cup", 1_000), points=100, stored_value_minor=1_000)
    found = quoted(cart, book=evolve(BOOK, points=CENT_A_POINT))
    assert [(line.points_minor, line.value_minor) for line in found.lines] == [(67, 667), (33, 333)]
    assert found.payable_minor == 1_900


def test_stored_value_pays_no_more_than_is_due() -> None:
    assert quoted(a_cart(goods("tea", 70), stored_value_minor=10**6)).payable_minor == 0


def test_tax_is_in_the_price_or_on_top_of_it() -> None:
    vat = Tax(Rate.parse("13%"))
    inside, on_top = goods("in", 11_300, tax=vat), goods("on", 10_000, tax=evolve(vat, included=False))
    found = quoted(a_cart(inside, on_top), an_offer(percent("10%")))
    assert [(line.net_minor, line.tax_minor, line.due_minor) for line in found.lines] == [
        (10_170, 1_170, 10_170),
        (9_000, 1_170, 10_170),
    ]
    assert found.payable_minor == 20_340
