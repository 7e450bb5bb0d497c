"""A cart names SKUs and units; the shop says what it costs, in four statements, or what can't be bought."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from attrs import evolve
from tests.hostile import INSTANTS, NUMBERS, brief
from tests.stores import sqlite

from distcore import engine
from distcore.kernel import Currency, InputError, LineId, RefusedError, Sku, Weekday, limits
from distcore.memory import MemoryStore
from distcore.pricing import (
    Barred,
    Break,
    ByPieces,
    FreightTemplate,
    FromAmount,
    Hours,
    LeftOut,
    PointsIn,
    PointsPolicy,
    PriceList,
    PriceOf,
    Quote,
    Schedule,
    Wanted,
    WantedLine,
    Zone,
    terms_of,
)
from distcore.testing.builders import Shop, a_policy
from distcore.testing.carts import AT, CNY, an_offer, percent, random_template
from distcore.testing.catalog import a_product, some_units

TICK = timedelta(microseconds=1)


@pytest.fixture(name="shop")
def a_shop() -> Shop:
    """A shop with two products and an offer from 100.00 on."""
    return _opened(MemoryStore("shop"))


def _opened(store: Any) -> Shop:
    shop = Shop(store)
    shop.do(engine.set_policy, a_policy(currencies=("CNY", "USD")))
    shop.do(engine.put_products, [a_product("tea", 9_000), a_product("cup", 1_500)])
    shop.do(engine.set_offer, an_offer(percent("10%"), "ten off", threshold=FromAmount(10_000)))
    return shop


def quoted(shop: Shop, wanted: Wanted, **more: Any) -> Quote:
    with shop.store.begin() as tx:
        return engine.quote_cart(tx, wanted, **{"at": AT, **more})


def refused(ask: Callable[[], object]) -> tuple[str, dict[str, object]]:
    with pytest.raises(RefusedError) as caught:
        ask()
    return caught.value.refusal.code, dict(caught.value.refusal.facts)


def test_a_cart_costs_what_the_shop_says(shop: Shop) -> None:
    found = quoted(shop, some_units(("tea", 1), ("cup", 1)))

    assert found.payable_minor == 9_450
    assert (found.quoted_at, found.valid_until) == (AT, AT + timedelta(minutes=30))
    assert quoted(shop, some_units(("tea", 1))).payable_minor == 9_000


def test_whatever_cannot_be_bought_is_named_at_once(shop: Shop) -> None:
    later = a_product("late", shelf_from=AT + TICK)
    shop.do(engine.put_products, [later, a_product("gone", on_shelf=False), a_product("pot", shelf_until=AT)])

    unknown = some_units(("tea", 1), ("lid", 1), ("jar", 1))
    assert refused(lambda: quoted(shop, unknown)) == ("unknown_sku", {"skus": "jar, lid"})

    mixed = some_units(("lid", 1), ("late", 1), ("tea", 1), ("gone", 1), ("pot", 1))
    assert refused(lambda: quoted(shop, mixed)) == (
        "not_on_shelf",
        {"products": "gone (off), late (not_yet), lid (unknown), pot (over)"},
    )
    assert quoted(shop, some_units(("late", 1)), at=AT + TICK).payable_minor == 9_000


def test_a_cart_has_one_currency_of_the_shop(shop: Shop) -> None:
    shop.do(engine.put_products, [a_product("mug", 500, currency=Currency("USD"))])

    mixed = some_units(("tea", 1), ("mug", 1))
    assert refused(lambda: quoted(shop, mixed)) == (
        "mixed_currencies",
        {"currency": "CNY", "products": "mug (USD)"},
    )
    dollars = evolve(mixed, currency=Currency("USD"), lines=mixed.lines[1:])
    assert quoted(shop, dollars).payable_minor == 500
    code, _ = refused(lambda: quoted(shop, evolve(dollars, currency=Currency("EUR"))))
    assert code == "currency_not_of_shop"


def test_terms_of_another_currency_are_no_terms_of_this_cart(shop: Shop) -> None:
    """What a template of theirs would carry can't be sent, and points are worth nothing."""
    usd = Currency("USD")
    shop.do(engine.put_products, [a_product("mug", 500, freight="parcels")])
    shop.do(engine.set_freight, evolve(random_template(Random(1), "parcels"), currency=usd))
    shop.do(engine.set_points, PointsIn(usd, PointsPolicy(1, 100)))
    found = quoted(shop, some_units(("mug", 1), points=50))

    assert (found.unserved, found.points, found.payable_minor) == (("parcels",), 0, 500)
    shop.do(engine.set_points, PointsIn(CNY, PointsPolicy(1, 10)))
    assert quoted(shop, some_units(("mug", 1), points=50)).payable_minor == 0
    assert quoted(shop, some_units(("mug", 1), points=30)).payable_minor == 200


def test_a_shop_without_a_policy_quotes_nothing() -> None:
    assert refused(lambda: quoted(Shop(MemoryStore("shop")), some_units(("tea", 1)))) == ("no_policy", {})


def test_hours_are_those_of_the_shop(shop: Shop) -> None:
    """Noon in UTC is eight in the evening in Shanghai."""
    evening = Schedule(hours=(Hours(tuple(Weekday), AT.time().replace(hour=20)),))
    prices = PriceList("evening", CNY, (PriceOf(Sku("cup"), (Break(1, 100),)),), schedule=evening)
    shop.do(engine.set_price_list, prices)

    assert quoted(shop, some_units(("cup", 1))).payable_minor == 100
    assert quoted(shop, some_units(("cup", 1)), at=AT - TICK).payable_minor == 1_500
    assert quoted(shop, some_units(("cup", 1)), at=AT - timedelta(hours=8)).payable_minor == 1_500


def test_what_is_over_is_told_to_who_has_its_coupon(shop: Shop) -> None:
    ended = an_offer(percent("50%"), "618", schedule=Schedule(valid_until=AT - engine.TOLD_AFTER))
    shop.do(engine.set_offer, ended)
    shop.do(engine.set_offer, evolve(ended, id="mine", by_coupon=True))
    shop.do(
        engine.set_price_list,
        PriceList("618", CNY, (PriceOf(Sku("tea"), (Break(1, 100),)),), schedule=ended.schedule),
    )

    found = quoted(shop, some_units(("tea", 1), coupons=("mine",)))
    assert [(each.offer, each.reason) for each in found.verdicts] == [
        ("mine", Barred.OVER),
        ("ten off", LeftOut.BELOW_THRESHOLD),
    ]
    assert found.lines[0].passed == ()
    soon = quoted(shop, some_units(("tea", 1)), at=AT - TICK)
    assert {each.offer: each.reason for each in soon.verdicts}["618"] is Barred.OVER
    assert [(each.price_list, each.reason) for each in soon.lines[0].passed] == [("618", Barred.OVER)]
    earlier = quoted(shop, some_units(("tea", 1), coupons=("mine",)), at=AT - engine.TOLD_AFTER - TICK)
    assert [each.id for each in earlier.offers] == ["618", "mine"]
    assert earlier.lines[0].price_list == "618"


def test_what_is_impossible_is_said(shop: Shop) -> None:
    wanted = some_units(("tea", 1))
    for instant in INSTANTS:
        with pytest.raises(InputError):
            quoted(shop, wanted, at=instant)
    with pytest.raises(InputError, match=r"^\$\.lines: there are 0"):
        quoted(shop, evolve(wanted, lines=()))
    shop.do(engine.put_products, [a_product("gold", limits.AMOUNT_MINOR_MAX)])
    with pytest.raises(InputError, match="at list prices"):
        quoted(shop, some_units(("gold", 2)))


@pytest.mark.parametrize("minutes", [*NUMBERS, 0, limits.QUOTE_MINUTES_MAX + 1], ids=brief)
def test_a_quote_is_good_for_some_minutes(shop: Shop, minutes: Any) -> None:
    with pytest.raises(InputError, match=r"^minutes"):
        quoted(shop, some_units(("tea", 1)), minutes=minutes)
    most = quoted(shop, some_units(("tea", 1)), minutes=limits.QUOTE_MINUTES_MAX)
    assert most.valid_until == AT + timedelta(days=30)


# ---- checkout


def bought(shop: Shop, wanted: Wanted, found: Quote, **more: Any) -> Quote:
    agreed = {"terms_hash": terms_of(found), "agreed_minor": found.payable_minor, **more}
    with shop.store.begin() as tx:
        return engine.checkout_quote(tx, wanted, **{"at": AT, **agreed})


def test_what_was_agreed_to_is_what_is_paid(shop: Shop) -> None:
    wanted = some_units(("tea", 1), ("cup", 1))
    found = quoted(shop, wanted)

    later = bought(shop, wanted, found, at=AT + timedelta(minutes=5))
    assert later == evolve(found, quoted_at=AT + timedelta(minutes=5), valid_until=AT + timedelta(minutes=35))
    again = evolve(wanted, lines=wanted.lines[::-1])
    assert bought(shop, again, found) == found


def test_a_price_that_changed_is_told_with_both_amounts(shop: Shop) -> None:
    wanted = some_units(("tea", 1), ("cup", 1))
    found = quoted(shop, wanted)
    shop.do(engine.put_products, [a_product("tea", 9_500)])

    assert refused(lambda: bought(shop, wanted, found)) == (
        "price_changed",
        {"agreed": "94.50 CNY", "payable": "99.00 CNY"},
    )
    assert bought(shop, wanted, quoted(shop, wanted)).payable_minor == 9_900


def test_a_client_cannot_supply_a_price(shop: Shop) -> None:
    """Whoever agrees to less units, or to a hash of their own, is refused."""
    wanted = some_units(("tea", 2))
    found = quoted(shop, wanted)
    for hashed in (b"", bytes(16), terms_of(quoted(shop, some_units(("tea", 1))))):
        with pytest.raises(RefusedError, match=r"^price_changed"):
            bought(shop, wanted, found, terms_hash=hashed)
    with pytest.raises(InputError, match=r"^terms_hash: not bytes"):
        bought(shop, wanted, found, terms_hash="00")
    with pytest.raises(InputError, match=r"^agreed_minor"):
        bought(shop, wanted, quoted(shop, wanted), agreed_minor=-1)


# ---- statements


@pytest.mark.parametrize("lines", [1, 40, limits.CART_LINES_MAX])
def test_a_quote_takes_four_statements_whatever_its_size(tmp_path: Path, lines: int) -> None:
    skus = [f"sku {place:03}" for place in range(lines)]
    with sqlite(tmp_path) as store_of:
        shop = _opened(store_of("shop"))
        shop.do(engine.put_products, [a_product(sku, 100, freight="parcels") for sku in skus])
        prices = [PriceOf(Sku(sku), (Break(1, 90), Break(2, 80))) for sku in skus]
        for id in ("flash", "gold"):
            shop.do(engine.set_price_list, PriceList(id, CNY, tuple(prices)))
        shop.do(engine.set_freight, FreightTemplate("parcels", CNY, (Zone(ByPieces(1, 800, 1, 200)),)))
        wanted = Wanted(CNY, tuple([WantedLine(LineId(sku), Sku(sku), 2) for sku in skus]))
        with shop.store.begin() as tx:
            found = engine.quote_cart(tx, wanted, at=AT)
            assert tx.statements <= 4  # type: ignore[attr-defined]
            engine.checkout_quote(tx, wanted, terms_of(found), agreed_minor=found.payable_minor, at=AT)
            assert tx.statements <= 8  # type: ignore[attr-defined]
        assert {line.price_minor for line in found.lines} == {80}
