"""Products and terms come from files; a cart is quoted with every reason."""

import json
from pathlib import Path

import pytest
from tests.cli.parquet import AMOUNT, INSTANT, parquet_of
from tests.cli.shop import Shop, opened

PRODUCTS = """sku,currency,list,floor,cost,category,brand,tags,unit,weight_grams,\
freight,tax_rate,tax_included,on_shelf,shelf_from,shelf_until
tea,CNY,90.00,60.00,,food/tea,Leaf,new|hot,box,250,parcels,13%,yes,yes,2026-01-01T00:00:00+08:00,
cup,CNY,15.00,,5.00,,,,,,,,no,,,
gone,CNY,1.00,,,,,,,,,,,no,,
jpy,JPY,100,,,,,,,,,,,,,2027-01-01T00:00:00Z
"""
SPOON = "sku,currency,list,on_shelf\nspoon,CNY,2.00,no\n"
TEN_OFF = """
document = "offer"
version = 1
id = "ten off 100"
currency = "CNY"
effect = { kind = "percent", rate = "10%" }
threshold = { kind = "amount", least = "117.00" }
"""
GIFT = """
document = "offer"
version = 1
id = "a spoon"
currency = "CNY"
effect = { kind = "gift", sku = "spoon" }
threshold = { kind = "units", least = 4 }
schedule = { valid_from = 2026-05-01T00:00:00Z, valid_until = 2026-07-01T00:00:00Z }
"""
THANKS = """
document = "coupon-template"
version = 1
id = "thanks"
currency = "CNY"
offer = "by coupon"
total_max = 9
validity = { kind = "days_from_claim", days = 7 }
"""
FLASH = """
document = "price-list"
version = 1
id = "flash"
currency = "CNY"
prices = [{ sku = "cup", breaks = [{ from_units = 3, price = "12.00" }] }]
"""
FREIGHT = """
document = "freight-template"
version = 1
id = "parcels"
currency = "CNY"
zones = [{ regions = ["cn"], charge = { kind = "by_pieces", first_units = 1, first = "8.00", \
each_units = 1, each = "2.00" } }]
"""
POINTS = """
document = "points-policy"
version = 1
currency = "CNY"
points = 100
amount = "1.00"
"""


def cart(*lines: tuple[str, int], **more: object) -> str:
    held = [{"id": str(n), "sku": sku, "units": units} for n, (sku, units) in enumerate(lines, 1)]
    return json.dumps({"document": "cart", "version": 1, "currency": "CNY", "lines": held, **more})


def stocked(folder: Path) -> Shop:
    shop = opened(folder)
    shop.do("product", "import", shop.file("products.csv", PRODUCTS))
    shop.do("product", "import", shop.file("spoon.csv", SPOON))
    shop.do("offer", "set", shop.file("ten.toml", TEN_OFF))
    shop.do("offer", "set", shop.file("gift.toml", GIFT))
    shop.do("price", "set", shop.file("flash.toml", FLASH))
    shop.do("freight", "set", shop.file("freight.toml", FREIGHT))
    shop.do("points", "set", shop.file("points.toml", POINTS))
    return shop


# ---- quotes


def test_a_quote_says_what_and_why(tmp_path: Path) -> None:
    shop = stocked(tmp_path)

    found = shop.ask(
        "quote", shop.file("cart.json", cart(("tea", 1), ("cup", 1), region="cn/zj", points=250))
    )

    assert [(each["line"], each["price"], each["net"]) for each in found["lines"]] == [
        ("1", "90.00", "90.00"),
        ("2", "15.00", "15.00"),
    ]
    assert found["price_lists"] == [{"line": "2", "price_list": "flash", "why": "too_few_units", "units": 2}]
    assert found["freight"] == [{"template": "parcels", "zone": 1, "amount": "8.00"}]
    assert found["offers"] == [
        {
            "offer": "a spoon",
            "result": "below_threshold",
            "off": "0.00",
            "missing": "2",
            "measure": "units",
            "blocked": "0.00",
        },
        {
            "offer": "ten off 100",
            "result": "below_threshold",
            "off": "0.00",
            "missing": "12.00",
            "measure": "amount",
            "blocked": "0.00",
        },
    ]
    (totals,) = found["totals"]
    assert (totals["by_points"], totals["payable"], totals["points"]) == ("2.00", "111.00", 200)


def test_people_are_told_what_is_missing(tmp_path: Path) -> None:
    shop = stocked(tmp_path)

    told = shop.do("quote", shop.file("cart.json", cart(("tea", 1), ("cup", 1), region="cn")))

    assert "12.00 more" in told
    assert "2 more" in told
    assert "given" not in told


def test_all_that_an_offer_does_is_shown(tmp_path: Path) -> None:
    shop = stocked(tmp_path)
    coupons = 'effect = { kind = "coupon", template = "thanks" }'
    early = shop.file("early.toml", GIFT.replace('effect = { kind = "gift", sku = "spoon" }', coupons))
    assert "coupon_template_unknown: there is no coupon template thanks" in shop.refused(
        "offer", "set", early
    )
    by_coupon = TEN_OFF.replace("ten off 100", "by coupon") + "by_coupon = true\n"
    shop.do("offer", "set", shop.file("by_coupon.toml", by_coupon))
    shop.do("coupon", "set", shop.file("thanks.toml", THANKS))
    extras = (
        ("points", '{ kind = "points", points = 5 }'),
        ("coupon", '{ kind = "coupon", template = "thanks" }'),
        ("shipping", '{ kind = "shipping", off = { kind = "amount", amount = "1.00" } }'),
    )
    for name, effect in extras:
        document = f'document = "offer"\nversion = 1\nid = "{name}"\ncurrency = "CNY"\neffect = {effect}\n'
        shop.do("offer", "set", shop.file("extra.toml", document))

    found = shop.ask("quote", shop.file("cart.json", cart(("tea", 1), ("cup", 3), region="cn")))

    assert [(each["line"], each["offer"], each["off"]) for each in found["reductions"]] == [
        ("1", "ten off 100", "9.00"),
        ("2", "ten off 100", "3.60"),
        (None, "shipping", "1.00"),
    ]
    assert [(each["offer"], each["what"], each["count"]) for each in found["given"]] == [
        ("a spoon", "spoon", 1),
        ("coupon", "coupon thanks", 1),
        ("points", "points", 5),
    ]


def test_canonical_json_has_all_of_it_and_the_terms(tmp_path: Path) -> None:
    shop = stocked(tmp_path)
    file = shop.file("cart.json", cart(("cup", 2)))

    told = shop.do("quote", file, "--json", "--minutes", "5")

    found = json.loads(told)
    assert told == json.dumps(found, ensure_ascii=False, separators=(",", ":"), sort_keys=True) + "\n"
    assert found["terms"] == shop.ask("quote", file)["totals"][0]["terms"]
    assert found["quote"]["Quote"][-1] == "2026-06-01T00:05:00Z"


def test_what_cannot_be_sold_or_sent_is_named(tmp_path: Path) -> None:
    shop = stocked(tmp_path)

    refused = shop.refused("quote", shop.file("cart.json", cart(("gone", 1), ("lid", 1), ("tea", 1))))
    assert refused == (
        "refused: not_on_shelf: not for sale now: gone (off), lid (unknown) "
        "(leave it out, or put it on the shelf)\n"
    )
    unserved = shop.run("quote", shop.file("cart.json", cart(("tea", 1), region="us")))
    assert unserved.exit_code == 0
    assert unserved.stderr == "what freight template parcels carries can't be sent there\n"
    assert "mixed_currencies" in shop.refused("quote", shop.file("cart.json", cart(("jpy", 1))))
    assert "$.lines[0].price: " in shop.refused(
        "quote", shop.file("cart.json", cart(("tea", 1)).replace('"units"', '"price": 5, "units"'))
    )


# ---- products


def test_products_are_shown_as_they_were_imported(tmp_path: Path) -> None:
    shop = stocked(tmp_path)

    found = shop.ask("product", "show")

    assert [(each["sku"], each["off_shelf"]) for each in found] == [
        ("cup", None),
        ("gone", "off"),
        ("jpy", None),
        ("spoon", "off"),
        ("tea", None),
    ]
    (tea,) = shop.ask("product", "show", "tea")
    header = PRODUCTS.partition("\n")[0].split(",")
    cells = ["" if tea[column] is None else str(tea[column]) for column in header]
    assert cells == PRODUCTS.splitlines()[1].replace("T00:00:00+08:00", "T16:00:00Z").replace(
        "2026-01-01", "2025-12-31"
    ).replace("13%", "13%").split(",")
    assert shop.refused("product", "show", "lid", "tea") == (
        "SKU: not in the catalog: lid (distcore product show lists what is)\n"
    )


def test_an_import_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    """What is the same is left alone, and what was changed back is changed back."""
    shop = stocked(tmp_path)
    dearer = PRODUCTS.replace("90.00", "95.00")
    done = [
        shop.ask("product", "import", shop.file("products.csv", content))["done"][0]
        for content in (PRODUCTS, dearer, PRODUCTS)
    ]

    assert [(each["done"], each["repeated"]) for each in done] == [(0, 4), (1, 3), (1, 3)]
    assert shop.ask("product", "show", "tea")[0]["list"] == "90.00"


def test_parquet_says_what_csv_says(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    shop, other = stocked(tmp_path), opened(tmp_path / "other")
    types = {"list": AMOUNT, "floor": AMOUNT, "cost": AMOUNT, "shelf_from": INSTANT, "shelf_until": INSTANT}
    plain = PRODUCTS.replace("JPY,100", "CNY,100.00")
    shop.do("product", "import", shop.file("products.csv", plain))
    other.do("product", "import", other.file("spoon.csv", SPOON))
    other.do("product", "import", other.file("products.parquet", parquet_of(plain, types)))

    assert other.ask("product", "show") == shop.ask("product", "show")


@pytest.mark.parametrize(
    ("cell", "by", "where"),
    [
        ("tea,CNY,90.00", "tea,CNY,90.001", "products.csv:2:list"),
        ("tea,CNY,90.00", "tea,CNY,-1", "products.csv:2:list"),
        ("tea,CNY", "tea,RMB", "products.csv:2:currency"),
        (",60.00,", ",x,", "products.csv:2:floor"),
        (",13%,", ",13,", "products.csv:2:tax_rate"),
        (",yes,yes,", ",ja,yes,", "products.csv:2:tax_included"),
        ("new|hot", "new||hot", "products.csv:2:tags"),
        ("new|hot", "new| ", "products.csv:2:tags"),
        ("food/tea", "food/", "products.csv:2:category"),
        (",250,", ",0.5,", "products.csv:2:weight_grams"),
        ("2026-01-01T00:00:00+08:00", "2026-01-01", "products.csv:2:shelf_from"),
        (
            "2026-01-01T00:00:00+08:00,",
            "2026-01-01T00:00:00Z,2026-01-01T00:00:00Z",
            "products.csv:2:shelf_until",
        ),
    ],
)
def test_a_bad_cell_spoils_its_product_alone(tmp_path: Path, cell: str, by: str, where: str) -> None:
    shop = opened(tmp_path)
    assert PRODUCTS.count(cell) == 1

    done = shop.run("product", "import", shop.file("products.csv", PRODUCTS.replace(cell, by)))

    assert done.exit_code == 1
    assert done.stderr.startswith(f"{where}: product 'tea': ")
    assert [each["sku"] for each in shop.ask("product", "show")] == ["cup", "gone", "jpy"]


def test_a_product_stands_once(tmp_path: Path) -> None:
    shop = opened(tmp_path)
    twice = PRODUCTS + PRODUCTS.splitlines()[1] + "\n" + "cup,CNY,1.00,,,,,,,,,,,,,\n"

    done = shop.run("product", "import", shop.file("products.csv", twice))

    assert done.exit_code == 1
    assert done.stderr == (
        "products.csv:7:sku: 'cup' stands at products.csv:3 with other content (name each product once)\n"
    )
    assert len(shop.ask("product", "show")) == 4


@pytest.mark.parametrize("lines", [(3, 7), (7, 3)])
def test_a_bad_row_keeps_its_product_as_it_was(tmp_path: Path, lines: tuple[int, int]) -> None:
    """Whatever another row of it says, above or below: nobody knows which of them is meant."""
    shop = opened(tmp_path)
    shop.do("product", "import", shop.file("before.csv", PRODUCTS))
    good, bad = lines
    rows = ["sku,currency,list"] + [f"pot {place},CNY,{place}" for place in range(2, 8)]
    rows[good - 1], rows[bad - 1] = "cup,CNY,1.00", "cup,CNY,\uff11\uff12"

    done = shop.run("product", "import", shop.file("products.csv", "\n".join([*rows, "cup,CNY,\uff11"])))

    assert done.exit_code == 1
    assert [line.split(" (")[0] for line in done.stderr.splitlines()] == [
        f"products.csv:{bad}:list: product 'cup': not an amount: '\uff11\uff12'",
        "products.csv:8:list: product 'cup': not an amount: '\uff11'",
        f"products.csv:{good}:sku: 'cup' stands at products.csv:{bad} too, where it is bad",
    ]
    assert shop.ask("product", "show", "cup")[0]["list"] == "15.00"
    assert len(shop.ask("product", "show")) == 4 + 4


def test_a_currency_that_the_shop_lacks_is_told_at_its_line(tmp_path: Path) -> None:
    shop = opened(tmp_path)

    done = shop.run("product", "import", shop.file("products.csv", PRODUCTS.replace("cup,CNY", "cup,EUR")))

    assert done.exit_code == 1
    assert done.stderr.startswith("products.csv:3: currency_not_of_shop: cup: EUR is not a currency")


def test_a_dry_run_shows_what_it_would_put(tmp_path: Path) -> None:
    shop = opened(tmp_path)

    found = shop.ask("--dry-run", "product", "import", shop.file("products.csv", PRODUCTS))

    assert [each["sku"] for each in found["first"]] == ["tea", "cup", "gone", "jpy"]
    assert shop.ask("product", "show") == []


def test_under_its_key_an_import_is_done_once(tmp_path: Path) -> None:
    shop = opened(tmp_path)
    file = shop.file("products.csv", PRODUCTS)
    dearer = shop.file("dearer.csv", PRODUCTS.replace("90.00", "95.00"))
    shop.do("--key", "morning", "product", "import", file)

    refused = shop.run("--key", "morning", "product", "import", dearer)
    assert "key_reused: tea: key morning:product/tea was used for put_products" in refused.stderr
    assert shop.run("--key", "a/b", "product", "import", file).exit_code == 2


# ---- terms


def test_offers_are_listed_as_they_were_set_last(tmp_path: Path) -> None:
    shop = stocked(tmp_path)
    shop.do("offer", "set", shop.file("ten.toml", TEN_OFF + "priority = 5\n"))
    shop.do("offer", "set", shop.file("ten.toml", TEN_OFF))
    (again,) = shop.ask("offer", "set", shop.file("ten.toml", TEN_OFF))

    assert (again["offer"], again["number"], again["effect"]) == ("ten off 100", 3, "percent")
    assert [each["offer"] for each in shop.ask("offer", "list")] == ["a spoon", "ten off 100"]
    held = shop.ask("offer", "list", "--in-force", at="2026-07-01T00:00:00Z")
    assert [each["offer"] for each in held] == ["ten off 100"]
    before = shop.ask("offer", "list", "--in-force", at="2026-04-30T23:59:59Z")
    assert [each["offer"] for each in before] == ["ten off 100"]


def test_documents_are_checked_without_a_store(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    (told,) = shop.ask("offer", "check", shop.file("gift.toml", GIFT))
    assert told == {
        "offer": "a spoon",
        "currency": "CNY",
        "effect": "gift",
        "stage": "line",
        "priority": 0,
        "group": "",
        "exclusive": "no",
        "by_coupon": "no",
        "valid_from": "2026-05-01T00:00:00Z",
        "valid_until": "2026-07-01T00:00:00Z",
    }
    (prices,) = shop.ask("price", "check", shop.file("flash.toml", FLASH))
    assert (prices["price_list"], prices["products"], prices["prices"]) == ("flash", 1, 1)
    wrong = shop.run("offer", "check", shop.file("wrong.toml", GIFT.replace("least = 4", "least = 0")))
    assert (wrong.exit_code, wrong.stderr.split(": ")[0]) == (1, "wrong.toml:$.threshold.least")
    assert not shop.database.exists()


def test_prices_of_a_list_come_from_a_file(tmp_path: Path) -> None:
    shop = stocked(tmp_path)
    rows = shop.file("prices.csv", "sku,price,from_units\ntea,70.00,10\ntea,80.00,\nlid,0.50,1\n")

    (told,) = shop.ask("price", "set", shop.file("flash.toml", FLASH), "--prices", rows)

    assert (told["products"], told["prices"]) == (3, 4)
    found = shop.ask("quote", shop.file("cart.json", cart(("tea", 9), ("tea", 1), ("cup", 3), region="cn")))
    assert [each["price"] for each in found["lines"]] == ["70.00", "70.00", "12.00"]


def test_of_a_flash_sale_only_so_many_are_sold(tmp_path: Path) -> None:
    shop = stocked(tmp_path)
    rows = shop.file("prices.csv", "sku,price,from_units,total_max,per_member_max\ntea,70.00,,5,3\n")
    shop.ask("price", "set", shop.file("flash.toml", FLASH), "--prices", rows)

    found = shop.ask("quote", shop.file("cart.json", cart(("tea", 6), region="cn")))

    assert [each["price"] for each in found["lines"]] == ["90.00"]
    (passed,) = found["price_lists"]
    assert (passed["why"], passed["units"]) == ("members_only", 0)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("sku,price\ntea,x\ncup,1.001\n", ["prices.csv:2:price", "prices.csv:3:price"]),
        ("sku,price\n,5.00\n", ["prices.csv:2:sku"]),
        ("sku,price,from_units\ntea,5.00,1\ntea,6.00,1\n", ["prices.csv:3:from_units"]),
        ("sku,price\ncup,5.00\n", ["prices.csv:2:sku"]),
        ("sku,price,total_max\ntea,5.00,0\n", ["prices.csv:2:total_max"]),
        ("sku,price,total_max\ntea,5.00,-1\n", ["prices.csv:2:total_max"]),
        (
            "sku,price,from_units,total_max\ntea,5.00,1,9\ntea,4.00,2,9\ntea,3.00,3,\n",
            ["prices.csv:4:sku"],
        ),
        (  # what can be read is looked at, whatever can't
            "sku,price,from_units\ntea,1.00,5\ncup,2.00,0\ntea,2.00,1\ntea,1.00,5\ncup,-2.00,5\n",
            ["prices.csv:6:price", "prices.csv:3:sku", "prices.csv:5:from_units", "prices.csv:3:from_units"],
        ),
        (  # a limit is held against the units that a bad row would begin with
            "sku,price,from_units,total_max\ntea,x,1,5\ntea,2.00,10,5\n",
            ["prices.csv:2:price"],
        ),
        (
            "sku,price,from_units\n" + "".join([f"tea,1.00,{units}\n" for units in range(1, 102)]),
            ["prices.csv:2:from_units"],
        ),
    ],
)
def test_a_list_that_lacks_a_price_is_no_list(tmp_path: Path, rows: str, said: list[str]) -> None:
    shop = stocked(tmp_path)
    flash = shop.file("flash.toml", FLASH)

    refused = shop.refused("price", "set", flash, "--prices", shop.file("prices.csv", rows))

    assert [line.split(": ")[0] for line in refused.splitlines()] == said


@pytest.mark.parametrize(
    ("command", "document"),
    [("offer", TEN_OFF), ("price", FLASH), ("freight", FREIGHT), ("points", POINTS)],
)
def test_a_dry_run_sets_nothing(tmp_path: Path, command: str, document: str) -> None:
    shop = opened(tmp_path)
    before = shop.dump()

    done = shop.run("--dry-run", command, "set", shop.file("document.toml", document))

    assert (done.exit_code, done.stderr) == (0, "dry run: nothing was changed\n")
    assert shop.dump() == before
    foreign = document.replace("CNY", "EUR")
    assert "currency_not_of_shop" in shop.refused(command, "set", shop.file("document.toml", foreign))
