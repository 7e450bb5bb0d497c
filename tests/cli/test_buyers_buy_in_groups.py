"""Group buying from the command line: a sale, groups that succeed or expire, and what is owed."""

import json
from pathlib import Path

import pytest
from tests.cli.shop import Shop, opened
from tests.cli.test_coupons_are_used_by_orders import OFFER, WELCOME, claimed, states

from distcore import engine

SALE = """
document = "group-sale"
version = 1
id = "tea for two"
currency = "CNY"
size = 2
hours = 24
"""
PRICES = """
document = "price-list"
version = 1
id = "together"
currency = "CNY"
audience = { group_sales = ["tea for two"] }
prices = [{ sku = "tea", breaks = [{ from_units = 1, price = "60.00" }] }]
"""
LATER = ("--at", "2031-01-01T00:00:00Z")


@pytest.fixture(name="shop")
def a_shop(tmp_path: Path) -> Shop:
    shop = opened(tmp_path)
    shop.do("product", "import", shop.file("products.csv", "sku,currency,list\ntea,CNY,100.00\n"))
    shop.do("price", "set", shop.file("prices.toml", PRICES))
    shop.do("group", "set", shop.file("sale.toml", SALE))
    return shop


def cart(shop: Shop, member: str, units: int = 1, **more: object) -> str:
    document = {
        "document": "cart",
        "version": 1,
        "currency": "CNY",
        "lines": [{"id": "1", "sku": "tea", "units": units}],
        "shopper": {"member": member},
        "group_sale": "tea for two",
        **more,
    }
    return str(shop.file(f"{member}.json", json.dumps(document)))


def test_a_sale_is_checked_without_a_store(shop: Shop) -> None:
    (row,) = shop.ask("group", "check", shop.file("sale.toml", SALE))
    assert (row["group_sale"], row["size"], row["hours"], row["fill_from"]) == ("tea for two", 2, 24, None)
    wrong = shop.file("wrong.toml", SALE.replace("size = 2", "size = 1"))
    assert "$.size" in shop.refused("group", "check", wrong)


def test_a_price_with_digits_too_many_is_named(shop: Shop) -> None:
    """One is sold, so the list is a list; what nothing can hold is not."""
    shop.do("price", "set", shop.file("prices.toml", PRICES.replace("60.00", "9999999999999.99")))
    for ask in (("quote",), ("group", "open")):
        rest = ["order 1"] if ask != ("quote",) else []
        refused = shop.refused(*ask, cart(shop, "ann", units=100), *rest)
        assert refused == (
            "refused: goods_too_dear: the goods of the cart come to 999999999999999.00 CNY, more than "
            "10000000000000.00 CNY; the most of it is tea (price list: together) "
            "(correct the price, or put fewer units into the cart)\n"
        )


def test_a_group_that_is_full_has_succeeded(shop: Shop) -> None:
    found = shop.ask("group", "open", cart(shop, "ann"), "order 1")
    (group,), (mine,), (price,) = found["groups"], found["places"], found["order"]
    assert (price["order"], price["payable"], price["currency"]) == ("order 1", "60.00", "CNY")
    assert (group["state"], group["taken"], group["size"]) == ("open", 1, 2)
    assert (mine["order"], mine["member"], mine["paid"], mine["state"]) == (
        "order 1",
        "ann",
        "60.00",
        "taken",
    )
    assert shop.ask("group", "open", cart(shop, "ann"), "order 1") == found, "once"

    joined = shop.ask("group", "join", group["group"], cart(shop, "ben"), "order 2")
    assert [each["state"] for each in joined["groups"]] == ["succeeded"]
    refused = shop.refused("group", "join", group["group"], cart(shop, "cai"), "order 3")
    assert "group_closed" in refused
    assert shop.ask(*LATER, "group", "expire") == []
    (listed,) = shop.ask("group", "list", "tea for two")
    assert (listed["group"], listed["taken"]) == (group["group"], 2)
    shop.do("verify")


def agreed(shop: Shop, file: str) -> tuple[str, ...]:
    """Return the options of a buyer who agreed to what a cart costs now."""
    (totals,) = shop.ask("quote", file)["totals"]
    return "--agreed", totals["payable"], "--terms", totals["terms"]


def test_an_order_is_placed_at_the_price_that_was_agreed_to_or_not_at_all(shop: Shop) -> None:
    """And once, at that price, whatever it would cost by now."""
    ann, ben = cart(shop, "ann"), cart(shop, "ben")
    seen, theirs = agreed(shop, ann), agreed(shop, ben)
    found = shop.ask("group", "open", ann, "order 1", *seen)
    (price,), (group,) = found["order"], found["groups"]
    assert ("--agreed", price["payable"], "--terms", price["terms"]) == seen
    shop.do("price", "set", shop.file("prices.toml", PRICES.replace("60.00", "65.00")))
    join = ("group", "join", group["group"], ben, "order 2")
    assert "agreed to terms for 60.00 CNY" in shop.refused(*join, *theirs)
    assert shop.ask("group", "open", ann, "order 1", *seen) == found
    changed = agreed(shop, ann)
    for wrong in (changed, ("--agreed", "65.00", *seen[2:]), (*seen[:2], *changed[2:])):
        assert "price_changed" in shop.refused("group", "open", ann, "order 1", *wrong)
    (price,) = shop.ask(*join, *agreed(shop, ben))["order"]
    assert price["payable"] == "65.00"
    shop.do("verify")


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (["--agreed", "60.00"], "give --agreed and --terms together"),
        (["--terms", "0" * 32], "give --agreed and --terms together"),
        (["--agreed", "-1", "--terms", "0" * 32], "--agreed"),
        (["--agreed", "60.00", "--terms", "0" * 31], "not a hash"),
        (["--agreed", "60.00", "--terms", "A" * 32], "not a hash"),
    ],
)
def test_what_was_agreed_to_is_said_whole(shop: Shop, said: list[str], why: str) -> None:
    file = cart(shop, "ann")
    for ask in (["open", file, "order 1"], ["join", "any", file, "order 1"]):
        result = shop.run("group", *ask, *said)
        assert (result.exit_code, why in result.stderr) == (2, True)


def test_an_order_without_a_price_of_the_group_is_not_placed(shop: Shop) -> None:
    """A second one, here, of a price that each member has once."""
    limited = PRICES.replace('sku = "tea",', 'sku = "tea", per_member_max = 1,')
    shop.do("price", "set", shop.file("prices.toml", limited))
    shop.ask("group", "open", cart(shop, "ann"), "order 1")
    assert "no_group_price" in shop.refused("group", "open", cart(shop, "ann"), "order 2")


@pytest.mark.parametrize("key", [(), ("--key", "mine")])
def test_an_order_has_the_coupons_of_its_member(shop: Shop, key: tuple[str, ...]) -> None:
    shop.do("offer", "set", shop.file("offer.toml", OFFER))
    shop.do("coupon", "set", shop.file("welcome.toml", WELCOME))
    mine, theirs = (claimed(shop, who, "--template", "welcome") for who in ("ann", "ben"))
    file = cart(shop, "ann", coupons=["ten off"])
    assert "coupons_differ" in shop.refused("group", "open", file, "order 1")
    assert "coupon_not_usable" in shop.refused("group", "open", file, "order 1", "--coupon", theirs)
    ask = (*key, "group", "open", file, "order 1", "--coupon", mine)
    found = shop.ask(*ask)
    assert ([each["paid"] for each in found["places"]], states(shop, "ann")) == (["50.00"], ["locked"])
    assert shop.ask(*ask) == found
    (group,) = found["groups"]
    other = cart(shop, "ben", coupons=["ten off"])
    joined = shop.ask("group", "join", group["group"], other, "order 2", "--coupon", theirs)
    assert [each["paid"] for each in joined["places"]] == ["50.00", "50.00"]
    shop.do("verify")


def test_another_file_than_that_of_the_order_is_refused(shop: Shop) -> None:
    """Whatever the cart would cost by now."""
    (group,) = shop.ask("group", "open", cart(shop, "ann"), "order 1")["groups"]
    shop.ask("group", "join", group["group"], cart(shop, "ben"), "order 2")
    shop.do("price", "set", shop.file("prices.toml", PRICES.replace("60.00", "55.00")))
    shop.ask("group", "open", cart(shop, "ann"), "order 1")
    for file in (cart(shop, "ann", units=2), cart(shop, "cai")):
        assert "order_differs" in shop.refused("group", "open", file, "order 1")
        assert "order_differs" in shop.refused("group", "join", group["group"], file, "order 2")
    coupon = ("--coupon", "any")
    assert "order_differs" in shop.refused("group", "open", cart(shop, "ann"), "order 1", *coupon)


def test_what_came_to_nothing_is_owed_until_it_is_paid_back(shop: Shop) -> None:
    shop.ask("group", "open", cart(shop, "ann"), "order 1")
    assert shop.ask("group", "owed") == []
    shop.do("--dry-run", *LATER, "group", "expire")
    (expired,) = shop.ask(*LATER, "group", "expire")
    assert expired["state"] == "expired"
    (owed,) = shop.ask("group", "owed")
    assert (owed["order"], owed["paid"], owed["currency"], owed["state"]) == (
        "order 1",
        "60.00",
        "CNY",
        "owed",
    )
    (repaid,) = shop.ask(*LATER, "group", "repaid", "order 1")
    assert repaid["state"] == "repaid"
    assert shop.ask("group", "owed") == []


def test_whoever_leaves_is_owed(shop: Shop) -> None:
    shop.ask("group", "open", cart(shop, "ann"), "order 1")
    left = shop.ask("group", "leave", "order 1")
    assert ([each["taken"] for each in left["groups"]], left["places"][0]["state"]) == ([0], "owed")


def test_more_groups_than_one_call_closes_are_closed(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a key of the caller, too."""
    for number in range(3):
        shop.ask("group", "open", cart(shop, f"m{number}"), f"order {number}")
    monkeypatch.setattr(engine, "GROUPS_MAX", 1)
    monkeypatch.setattr(engine.close_groups, "__kwdefaults__", {"groups_max": 1})
    found = shop.ask(*LATER, "--key", "tonight", "group", "expire")
    assert [each["state"] for each in found] == ["expired"] * 3
