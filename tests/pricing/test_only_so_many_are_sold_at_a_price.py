"""A flash sale: so many units in all, so many to one member, and either all of a cart's units or none."""

from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from distcore.kernel import Count, MemberId, Sku, Taking, limits
from distcore.pricing import (
    COUNTED,
    Break,
    NoPrice,
    Passed,
    PriceList,
    PriceOf,
    Quote,
    Shopper,
    Sold,
    price_list_problems,
    terms_of,
)
from distcore.testing.carts import BOOK, CNY, a_cart, goods, quoted

TEA, CUP = goods("tea", 10_000), goods("cup", 500)
NONE = Sold()
ANN = Shopper(MemberId("ann"))
FLASH = PriceOf(Sku("tea"), (Break(1, 6_000), Break(5, 5_000)), total_max=10, per_member_max=6)


def priced(*units: int, sold: Sold = NONE, shopper: Shopper = ANN, **changes: Any) -> Quote:
    flash = PriceList("flash", CNY, (evolve(FLASH, **changes),))
    book = evolve(BOOK, lists=(flash,), sold={("flash", "tea"): sold})
    return quoted(a_cart(*[(TEA, each) for each in units], shopper=shopper), book=book)


def test_what_a_cart_takes_is_told_by_count() -> None:
    """Lines of one product count together."""
    found = priced(2, 3)
    assert [line.price_minor for line in found.lines] == [5_000, 5_000]
    in_all = Taking(Count(COUNTED, "flash", "tea"), 5, 10)
    assert found.takings == (in_all, Taking(Count(COUNTED, "flash", "tea", "ann"), 5, 6))
    assert priced(5, per_member_max=None, shopper=Shopper()).takings == (in_all,)
    assert priced(5, total_max=None, per_member_max=None).takings == ()
    assert quoted(a_cart(TEA)).takings == ()


@pytest.mark.parametrize(
    ("units", "sold", "reason", "fewer"),
    [
        (6, Sold(4, 0), None, 0),
        (6, Sold(5, 0), NoPrice.TOO_FEW_LEFT, 1),
        (1, Sold(10, 0), NoPrice.TOO_FEW_LEFT, 1),
        (7, Sold(0, 0), NoPrice.MEMBER_HAD_ENOUGH, 1),
        (2, Sold(5, 5), NoPrice.MEMBER_HAD_ENOUGH, 1),
        (6, Sold(5, 5), NoPrice.MEMBER_HAD_ENOUGH, 5),
        (6, Sold(9, 1), NoPrice.TOO_FEW_LEFT, 5),
        (6, Sold(9, 5), NoPrice.TOO_FEW_LEFT, 5),
        (2, Sold(13, 0), NoPrice.TOO_FEW_LEFT, 2),
        (2, Sold(8, 8), NoPrice.MEMBER_HAD_ENOUGH, 2),
        (2, Sold(10, 9), NoPrice.TOO_FEW_LEFT, 2),
    ],
)
def test_all_units_have_the_price_or_none(units: int, sold: Sold, reason: NoPrice | None, fewer: int) -> None:
    found = priced(units, sold=sold)
    (line,) = found.lines
    if reason is None:
        assert (line.price_list, line.passed) == ("flash", ())
    else:
        assert (line.price_minor, line.passed) == (10_000, (Passed("flash", reason, fewer),))
        assert found.takings == ()


@given(units=st.integers(1, 12), sold=st.builds(Sold, st.integers(0, 15), st.integers(0, 9)))
def test_with_so_many_fewer_the_price_is_had(units: int, sold: Sold) -> None:
    """Unless that is all that the cart has: a limit may have been lowered since."""
    (line,) = priced(units, sold=sold).lines
    fewer = sum(each.units for each in line.passed)
    assert 0 <= fewer <= units
    if 0 < fewer < units:
        for left, price_list in ((units - fewer, "flash"), (units - fewer + 1, None)):
            assert [each.price_list for each in priced(left, sold=sold).lines] == [price_list]


def test_what_is_left_may_be_less_than_a_list_begins_with() -> None:
    """Then fewer units don't help, and that is said of fewer units."""
    from_three = (Break(3, 6_000),)
    (line,) = priced(4, breaks=from_three, sold=Sold(8, 0)).lines
    assert line.passed == (Passed("flash", NoPrice.TOO_FEW_LEFT, 2),)
    (line,) = priced(2, breaks=from_three, sold=Sold(8, 0)).lines
    assert line.passed == (Passed("flash", NoPrice.TOO_FEW_UNITS, 1),)


def test_nobody_who_is_no_member_has_a_price_for_members() -> None:
    (line,) = priced(1, shopper=Shopper()).lines
    assert line.passed == (Passed("flash", NoPrice.MEMBERS_ONLY),)


def test_what_others_took_is_no_other_price() -> None:
    """Two quotes differ in their terms where the price does."""
    assert terms_of(priced(1)) == terms_of(priced(1, sold=Sold(9, 5)))
    assert terms_of(priced(1)) != terms_of(priced(1, sold=Sold(10, 5)))


def test_another_product_of_the_list_is_counted_apart() -> None:
    lists = (PriceList("flash", CNY, (FLASH, PriceOf(Sku("cup"), (Break(1, 100),), total_max=1))),)
    book = evolve(BOOK, lists=lists, sold={("flash", "cup"): Sold(1, 1)})
    found = quoted(a_cart(TEA, CUP, shopper=ANN), book=book)
    assert [line.price_list for line in found.lines] == ["flash", None]
    assert [each.count.part for each in found.takings] == ["tea", "tea"]


@pytest.mark.parametrize("name", ["total_max", "per_member_max"])
def test_limits_are_possible(name: str) -> None:
    """At least one unit, and no less than the price begins with."""
    for most, wrong in ((0, True), (limits.UNITS_MAX + 1, True), (2, True), (3, False)):
        price = PriceOf(Sku("tea"), (Break(3, 1),), **{name: most})
        found = [each.where for each in price_list_problems(PriceList("flash", CNY, (price,)))]
        assert found == ([f"$.prices[0].{name}"] if wrong else [])
