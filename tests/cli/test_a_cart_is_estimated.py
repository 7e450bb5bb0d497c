"""What each level would earn of a product or a cart: for anybody, or for one buyer."""

from pathlib import Path

import pytest
from tests.cli.shop import PLAN, Shop, traded, with_members

from distcore.kernel import limits

TIERED = PLAN.replace(
    '{ id = "one", levels = [1]',
    '{ id = "gold", levels = [1], tiers = ["gold"], pays = { kind = "percent", rate = "12%" } },\n    '
    '{ id = "one", levels = [1]',
)
OF_MARGIN = PLAN.replace('id = "levels"', 'id = "levels"\nbase = { kind = "margin" }')
LINES = """line_id,sku,units,net,category,list,cost,tax,brand,tags
1,tea,2,100.00,food/tea,120.00,40.00,,Leaf,new|hot
2,cup,1,9.99,,,5.00,0.00,,
"""


def test_one_product_is_estimated_by_the_plan_in_force(tmp_path: Path) -> None:
    shop = with_members(tmp_path)

    told = shop.ask("estimate", "--net", "100.00", "--currency", "CNY")

    assert told == {
        "ranges": [
            {
                "component": "levels",
                "level": level,
                "currency": "CNY",
                "least": amount,
                "most": amount,
                "least_tiers": "(none)",
                "most_tiers": "(none)",
            }
            for level, amount in ((1, "10.00"), (2, "5.00"))
        ],
        "estimate": [{"plan": "mall", "plan_version": 1, "currency": "CNY", "net": "100.00", "exact": "yes"}],
    }


def test_a_document_needs_no_store(tmp_path: Path) -> None:
    shop = Shop(tmp_path)

    told = shop.do("estimate", shop.file("tiered.toml", TIERED), "--net", "100.00")

    lines = [line.split() for line in told.splitlines()]
    assert told.splitlines()[0] == "plan mall version 1: 100.00 CNY"
    assert lines[4] == ["levels", "1", "CNY", "10.00", "12.00", "(none)", "gold"]
    assert lines[5] == ["levels", "2", "CNY", "5.00", "5.00", *["(none),", "gold"] * 2]
    assert not shop.database.exists()


def test_a_cart_is_read_from_a_file(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    margin = shop.file("margin.toml", OF_MARGIN)

    told = shop.ask("estimate", margin, "--cart", shop.file("cart.csv", LINES))

    assert [row["most"] for row in told["ranges"]] == ["6.50", "3.25"]
    assert told["estimate"][0]["net"] == "109.99"


def test_options_say_what_the_plan_asks_for(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    food, new = '{ kind = "category", category = "food" }', '{ kind = "tag", tags = ["new"] }'
    where = f'{{ kind = "all_of", matches = [{food}, {new}] }}'
    plan = shop.file("food.toml", OF_MARGIN.replace('{ id = "one",', f'{{ id = "one", match = {where},'))
    options = (
        "--net",
        "100.00",
        "--cost",
        "40.00",
        "--units",
        "3",
        "--sku",
        "tea",
        "--tag",
        "hot",
        "--tag",
        "new",
    )

    of_food = shop.ask("estimate", plan, *options, "--category", "food/tea")
    other = shop.ask("estimate", plan, *options, "--category", "ink", "--region", "cn/gd", "--brand", "Leaf")

    assert [row["most"] for row in of_food["ranges"]] == ["6.00", "3.00"]
    assert [row["most"] for row in other["ranges"]] == ["0.00", "3.00"]


def test_a_buyer_is_told_exactly(tmp_path: Path) -> None:
    shop = traded(tmp_path)
    cai = ("estimate", "--net", "100.00", "--currency", "CNY", "--buyer", "cai")
    before = shop.dump()

    told = shop.ask(*cai)
    text = shop.do(*cai).splitlines()
    of_eve = shop.ask(*cai[:-1], "eve")
    promoted = shop.ask(*cai[:-1], "guest", "--promoter", "ben")
    rows = shop.run("--format", "csv", *cai)

    assert [(row["payee"], row["amount"]) for row in told["amounts"]] == [("ben", "10.00"), ("ann", "5.00")]
    assert text[0] == "plan mall version 1: 100.00 CNY, bought by cai"
    assert text[2].startswith("ben gets 10.00 CNY for line 1 (product), level 1;")
    assert [(row["member"], row["reason"]) for row in of_eve["why_nots"]] == [("dan", "suspended")]
    assert [(row["payee"], row["amount"]) for row in promoted["amounts"]] == [
        ("ben", "10.00"),
        ("ann", "5.00"),
    ]
    assert rows.stdout.count("\n") == 3
    assert "in json" in rows.stderr
    assert shop.dump() == before


def test_who_gets_nothing_is_told_to_people(tmp_path: Path) -> None:
    shop = traded(tmp_path)
    told = shop.do("estimate", "--net", "100.00", "--currency", "CNY", "--buyer", "eve")
    assert "dan gets nothing (levels, level 1): is suspended; 10.00 CNY forgone" in told


def test_one_buyer_is_told_in_a_language(tmp_path: Path) -> None:
    shop = traded(tmp_path)
    eve = ("estimate", "--net", "100.00", "--currency", "CNY", "--buyer", "eve", "--language", "zh")
    head, _, *told = shop.do(*eve).splitlines()
    assert head == "方案 mall 第 1 版：100.00 CNY，由 eve 购买"
    assert "dan 未得佣金（levels，第 1 级）：已停用；少得 10.00 CNY" in told
    because = [row["because"] for row in shop.ask(*eve)["why_nots"]]
    assert because == told[-len(because) :]


def test_what_is_not_exact_is_said(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    rules = ",".join(
        f'{{ id = "r{n}", levels = [{n}], tiers = ["gold"], pays = {{ kind = "percent", rate = "10%" }} }}'
        for n in range(1, 21)
    )
    begin, _ = PLAN.split("rules = [")
    plan = shop.file("wide.toml", f"{begin}rules = [{rules}]".replace("freeze =", 'budget = "15%"\nfreeze ='))

    done = shop.run("--format", "json", "estimate", plan, "--net", "100.00")

    assert done.exit_code == 0
    assert '"exact": "no"' in done.stdout
    assert "not all that may be was tried" in done.stderr


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--net", "1.00", "--cart", "plan.toml"],
        ["--net", "1.001"],
        ["--net", "-1.00"],
        ["--net", "1.00", "--list", "x"],
        ["--net", "1.00", "--units", "1.5"],
        ["--net", "1.00", "--promoter", "ann"],
        ["--net", "1.00", "--currency", "CNY"],
        ["--net", "1.00", "--levels", "0"],
        ["--net", "1.00", "--region", "a\x07"],
    ],
)
def test_options_that_do_not_go_together_are_usage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str]
) -> None:
    shop = traded(tmp_path)
    shop.file("plan.toml", PLAN)
    monkeypatch.chdir(tmp_path)
    assert shop.run("estimate", "plan.toml", *options).exit_code == 2


def test_a_shop_of_two_currencies_is_asked_which(tmp_path: Path) -> None:
    shop = traded(tmp_path)
    done = shop.run("estimate", "--net", "1.00")
    assert (done.exit_code, "--currency" in done.stderr) == (2, True)


def test_a_shop_of_one_currency_is_not_asked(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    policy = 'document = "shop-policy"\nversion = 1\nzone = "Asia/Shanghai"\ncurrencies = ["CNY"]\n'
    shop.do("init", "--policy", shop.file("policy.toml", policy))
    shop.do("plan", "set", shop.file("plan.toml", PLAN))
    assert shop.ask("estimate", "--net", "1.00")["ranges"][0]["most"] == "0.10"


def test_what_a_sale_is_refused_for_is_refused(tmp_path: Path) -> None:
    shop = traded(tmp_path)
    assert "base_unknown" in shop.refused("estimate", shop.file("m.toml", OF_MARGIN), "--net", "1.00")
    assert "no_plan" in shop.refused("estimate", "--net", "100", "--currency", "JPY")
    buyer = ("--net", "1.00", "--currency", "CNY", "--buyer", "cai")
    assert "promoter_unknown" in shop.refused("estimate", *buyer, "--promoter", "guest")


def test_a_bad_cart_is_refused_with_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = traded(tmp_path)
    plan = shop.file("plan.toml", PLAN)

    def said(content: str) -> str:
        return shop.refused("estimate", plan, "--cart", shop.file("cart.csv", content))

    assert "cart.csv:2:net: line '1': not an amount: 'x'" in said(LINES.replace("100.00", "x"))
    assert "cart.csv:3:units" in said(LINES.replace("cup,1", "cup,-1"))
    assert "cart.csv:1:net: this column is missing" in said(LINES.replace(",net,", ",nett,"))
    assert "lines[1]: '1' stands twice" in said(LINES.replace("2,cup", "1,cup"))
    assert "there are 0 lines" in said("line_id,sku,units,net\n")
    monkeypatch.setattr(limits, "LINES_MAX", 1)
    assert "more than 1 rows" in said(LINES)


def test_what_is_not_told_is_said(tmp_path: Path) -> None:
    """What is paid to agents of no known region, by the period, or otherwise to who has bought before."""
    shop = Shop(tmp_path)
    more = """
[[components]]
kind = "first_order"
id = "welcome"
rules = [{ id = "w", pays = { kind = "percent", rate = "2%" } }]
[[components]]
kind = "region"
id = "agents"
sharing = "shared"
rules = [{ id = "c", levels = [1], pays = { kind = "percent", rate = "1%" } }]
[[period_components]]
kind = "pool"
id = "partners"
share = "1%"
weights = { kind = "by_volume" }
"""
    plan = shop.file("plan.toml", PLAN + more)
    said = [
        "for a first order: who has bought before may bring more, or less; --buyer says what",
        "component agents pays agents of regions: give --region to be told what",
        "component partners pays by the period, and not by the order",
    ]
    assert shop.run("estimate", plan, "--net", "100.00").stderr.splitlines() == said
    there = shop.run("estimate", plan, "--net", "100.00", "--region", "cn")
    assert there.stderr.splitlines() == [said[0], said[2]]
