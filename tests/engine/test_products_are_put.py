"""Products are put one by one in a batch: done, left alone, refused or said to be wrong."""

from typing import Any

import pytest
from attrs import evolve
from tests.hostile import NUMBERS, brief

from distcore import engine
from distcore.catalog import Product
from distcore.kernel import Currency, InputError, RefusedError, Sku
from distcore.memory import MemoryStore
from distcore.testing.builders import Shop, a_policy
from distcore.testing.catalog import a_product


@pytest.fixture(name="shop")
def a_shop() -> Shop:
    shop = Shop(MemoryStore("shop"))
    shop.do(engine.set_policy, a_policy())
    return shop


def held(shop: Shop) -> list[Product]:
    with shop.store.begin() as tx:
        return list(tx.products.all())


def test_a_batch_never_stops_half_way(shop: Shop) -> None:
    tea, wrong = a_product("tea"), a_product("pot", -5, category="/")
    dollars = a_product("mug", currency=Currency("USD"))
    report = shop.do(engine.put_products, [tea, wrong, dollars, a_product("cup"), tea])

    assert [each.sku for each in report.done] == ["tea", "cup"]
    assert report.repeated == 1
    assert [(each.item, each.refusal.code) for each in report.refused] == [("mug", "currency_not_of_shop")]
    assert [each.where for each in report.problems] == ["pot: list_minor", "pot: category"]
    assert held(shop) == [a_product("cup"), tea]


def test_a_change_takes_the_place_of_what_was_there(shop: Shop) -> None:
    shop.do(engine.put_products, [a_product("tea"), a_product("cup")])
    report = shop.do(engine.put_products, [a_product("tea", 5), a_product("cup")])

    assert ([each.sku for each in report.done], report.repeated) == (["tea"], 1)
    assert held(shop) == [a_product("cup"), a_product("tea", 5)]
    with shop.store.begin() as tx:
        assert tx.commands.count("put_products") == 3


def test_the_same_command_is_done_once(shop: Shop) -> None:
    """What was changed meanwhile is not changed back, and other inputs under a key are refused."""
    shop.do(engine.put_products, [a_product("tea")], key="morning")
    shop.do(engine.put_products, [a_product("tea", 5)], key="noon")
    before = shop.dump()
    again = shop.do(engine.put_products, [a_product("tea")], key="morning")
    other = shop.do(engine.put_products, [a_product("tea", 7)], key="morning")

    assert (again.done, again.repeated) == ((), 1)
    assert [each.refusal.code for each in other.refused] == ["key_reused"]
    assert shop.dump() == before


def test_two_of_one_sku_are_not_both_put(shop: Shop) -> None:
    report = shop.do(engine.put_products, [a_product("tea"), a_product("tea", 5)])

    assert [each.refusal.code for each in report.refused] == ["key_reused"]
    assert held(shop) == [a_product("tea")]


def test_a_shop_without_a_policy_has_no_products() -> None:
    with pytest.raises(RefusedError, match="no_policy"):
        Shop(MemoryStore("shop")).do(engine.put_products, [a_product()])


@pytest.mark.parametrize("value", [*NUMBERS, a_product(), "tea"], ids=brief)
def test_what_is_no_list_of_products_is_said(shop: Shop, value: Any) -> None:
    if value == [1]:
        assert [each.where for each in shop.do(engine.put_products, value).problems] == ["[0]"]
    else:
        with pytest.raises(InputError, match=r"^items: not a list"):
            shop.do(engine.put_products, value)


def test_an_sku_that_is_none_is_shown(shop: Shop) -> None:
    strange: list[Any] = [7, None, ["tea"]]
    for sku in strange:
        wrong = evolve(a_product(), sku=sku)
        (problem,) = shop.do(engine.put_products, [wrong]).problems
        assert problem.where.endswith(": sku")
    assert shop.do(engine.put_products, [a_product(Sku("x" * 128))]).done
