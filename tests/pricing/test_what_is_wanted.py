"""A client says which products it wants and how many; all that is impossible about it is said at once."""

from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from tests.hostile import CURRENCIES, IDS, NUMBERS, TEXTS, brief

from distcore.kernel import LineId, MemberId, Sku, limits
from distcore.pricing import (
    Cart,
    CartLine,
    Goods,
    Shopper,
    Wanted,
    WantedLine,
    cart_of,
    wanted_problems,
)
from distcore.testing.catalog import random_wanted, some_units
from distcore.testing.worlds import drawn

WANTED = some_units(("tea", 1), ("cup", 2))


def _wrong(wanted: Wanted) -> list[str]:
    return [problem.where for problem in wanted_problems(wanted)]


def _line(**change: Any) -> list[str]:
    return _wrong(evolve(WANTED, lines=(WANTED.lines[0], evolve(WANTED.lines[1], **change))))


@given(drawn(random_wanted))
def test_what_is_drawn_is_possible(wanted: Wanted) -> None:
    assert wanted_problems(wanted) == ()


def test_a_cart_at_every_edge_is_possible() -> None:
    lines = [
        WantedLine(LineId(f"{n}"), Sku("x" * 128), limits.UNITS_MAX) for n in range(limits.CART_LINES_MAX)
    ]
    shopper = Shopper(MemberId("ann"), "", ("staff", ""), limits.UNITS_MAX)
    coupons = tuple(f"welcome {n}" for n in range(limits.CART_COUPONS_MAX))
    most = limits.AMOUNT_MINOR_MAX
    whole = Wanted(WANTED.currency, tuple(lines), shopper, "", "cn", coupons, most, most)
    assert wanted_problems(whole) == ()

    assert _wrong(evolve(whole, lines=(*lines, lines[0]))) == ["$.lines"]
    assert _wrong(evolve(whole, lines=())) == ["$.lines"]
    assert _wrong(evolve(whole, coupons=(*coupons, "one more"))) == ["$.coupons"]
    assert _wrong(evolve(whole, coupons=("one", "one"))) == ["$.coupons"]
    assert _wrong(evolve(whole, points=most + 1, stored_value_minor=most + 1)) == [
        "$.points",
        "$.stored_value",
    ]
    (below,) = wanted_problems(evolve(whole, stored_value_minor=-100))
    assert str(below) == ("$.stored_value: out of range: -1.00 CNY (from 0.00 CNY to 10000000000000.00 CNY)")
    groups = ("staff",) * limits.SHOPPER_GROUPS_MAX
    assert _wrong(evolve(whole, shopper=Shopper(groups=groups))) == []
    assert _wrong(evolve(whole, shopper=Shopper(groups=(*groups, "\n")))) == ["$.shopper.groups"]


@pytest.mark.parametrize("value", IDS, ids=brief)
def test_ids_are_ids(value: Any) -> None:
    assert _line(id=value) == ["$.lines[1].id"]
    assert _line(sku=value) == ["$.lines[1].sku"]
    assert _wrong(evolve(WANTED, coupons=("a", value))) == ["$.coupons[1]"]
    member = Shopper(member=value)
    assert _wrong(evolve(WANTED, shopper=member)) == ([] if value is None else ["$.shopper.member"])


@pytest.mark.parametrize("value", NUMBERS, ids=brief)
def test_numbers_are_numbers(value: Any) -> None:
    assert _line(units=value) == ["$.lines[1].units"]
    assert _wrong(evolve(WANTED, points=value)) == ["$.points"]
    orders = Shopper(orders_before=value)
    assert _wrong(evolve(WANTED, shopper=orders)) == ["$.shopper.orders_before"]
    assert [each.removesuffix("_minor") for each in _wrong(evolve(WANTED, stored_value_minor=value))] == [
        "$.stored_value"
    ]


@pytest.mark.parametrize("value", [each for each in TEXTS if each != ""], ids=brief)
def test_texts_are_texts(value: Any) -> None:
    assert _wrong(evolve(WANTED, channel=value)) == ["$.channel"]
    assert _wrong(evolve(WANTED, region=value)) == ["$.region"]
    assert _wrong(evolve(WANTED, shopper=Shopper(tier=value))) == ["$.shopper.tier"]
    assert _wrong(evolve(WANTED, shopper=Shopper(groups=("", value)))) == ["$.shopper.groups[1]"]


@pytest.mark.parametrize("value", CURRENCIES, ids=brief)
def test_a_currency_is_one(value: Any) -> None:
    assert _wrong(evolve(WANTED, currency=value)) == ["$.currency"]


def test_a_line_stands_once_and_no_units_are_none() -> None:
    assert _line(id="001") == ["$.lines[1].id"]
    assert _line(units=0) == ["$.lines[1].units"]
    assert _wrong(evolve(WANTED, region="/cn", lines=())) == ["$.lines", "$.region"]


@given(drawn(random_wanted))
def test_a_cart_is_what_is_wanted_with_the_goods(wanted: Wanted) -> None:
    goods = {line.sku: Goods(line.sku, 100) for line in wanted.lines}
    cart = cart_of(wanted, goods)
    lines = tuple(CartLine(line.id, goods[line.sku], line.units) for line in wanted.lines)
    assert cart == Cart(
        currency=wanted.currency,
        lines=lines,
        shopper=wanted.shopper,
        channel=wanted.channel,
        region=wanted.region,
        coupons=wanted.coupons,
        points=wanted.points,
        stored_value_minor=wanted.stored_value_minor,
        group_sale=wanted.group_sale,
    )
