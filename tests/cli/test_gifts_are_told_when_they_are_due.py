"""gifts, and what explain says of them."""

import json
from pathlib import Path

from tests.cli.shop import PLAN, Shop, with_members

GIFTS = """
[[components]]
kind = "first_order"
id = "welcome"
gift = { kind = "coupons", template = "新客 20", coupons = 2 }
rules = [{ id = "thanks", pays = { kind = "per_order", amount = "0.00" } }]

[[components]]
kind = "first_order"
id = "points"
gift = { kind = "points", points = 500 }
rules = [{ id = "thanks", pays = { kind = "per_order", amount = "0.00" } }]
"""
WITH_GIFTS = PLAN.replace("plan_version = 1", "plan_version = 2") + GIFTS
GIFTS_ALONE = WITH_GIFTS[: WITH_GIFTS.index("[[components]]")] + GIFTS
SALES = """order_id,line_id,buyer_id,sku,units,net,currency,paid_at,completed_at
o1,1,cai,tea,2,100.00,CNY,2026-03-01T10:00:00+08:00,2026-03-05T10:00:00+08:00
"""


def given(folder: Path, plan: str = WITH_GIFTS) -> Shop:
    """Return a shop whose first order was released, and cancelled after that."""
    shop = with_members(folder)
    shop.do("plan", "set", shop.file("gifts.toml", plan))
    shop.do("import", "sales", shop.file("sales.csv", SALES))
    shop.do("release")
    cancelled = "order_id,cancelled_at\no1,2026-06-02T00:00:00Z\n"
    shop.do("--at", "2026-06-03T00:00:00Z", "import", "cancellations", shop.file("back.csv", cancelled))
    return shop


def test_gifts_are_listed_once_in_each_span(tmp_path: Path) -> None:
    shop = given(tmp_path)
    asked = ("--format", "json", "--at", "2026-06-04T00:00:00Z", "gifts")

    everything = json.loads(shop.do(*asked))
    before = json.loads(shop.do(*asked, "--until", "2026-06-02T00:00:00Z"))
    since = json.loads(shop.do(*asked, "--since", "2026-06-02T00:00:00Z"))

    assert everything == [*before, *since]
    assert [(each["template"], each["gift"], each["count"]) for each in before] == [
        ("新客 20", "coupons", 2),
        (None, "points", 500),
    ]
    assert [(each["payee"], each["cause"], each["count"]) for each in since] == [
        ("ben", "cancellation", -2),
        ("ben", "cancellation", -500),
    ]


def test_an_explanation_tells_what_was_given(tmp_path: Path) -> None:
    shop = given(tmp_path)

    english, chinese = shop.do("explain", "o1"), shop.do("explain", "o1", "--language", "zh")

    assert "ben is given 2 coupons 新客 20 besides (welcome; sale)" in english
    assert "ben gives 500 points back (points; cancellation)" in english
    assert "另送 ben 500 积分（points；sale）" in chinese
    assert "ben 退回 2 张优惠券 新客 20（welcome；cancellation）" in chinese
    told = json.loads(shop.do("--format", "json", "explain", "o1", "--payee", "ben"))["gifts"]
    assert [each["count"] for each in told] == [2, 500, -2, -500]
    assert "gifts" not in json.loads(shop.do("--format", "json", "explain", "o1", "--payee", "ann"))


def test_whoever_gets_a_gift_alone_is_told_that_it_is_no_money(tmp_path: Path) -> None:
    shop = with_members(tmp_path)
    shop.do("plan", "set", shop.file("gifts.toml", GIFTS_ALONE))
    shop.do("import", "sales", shop.file("sales.csv", SALES))

    told, chinese = shop.do("explain", "o1"), shop.do("explain", "o1", "--language", "zh")

    assert (
        "ben gets no money (points, level 1, line 1): the rule gives a gift, and no money; 500 points" in told
    )
    assert "ben 未得佣金（points，第 1 级，订单行 1）：规则只送礼品，不付佣金；整单另送 500 积分" in chinese
    why_nots = json.loads(shop.do("--format", "json", "explain", "o1"))["why_nots"]
    assert {each["reason"] for each in why_nots} == {"gives_no_money", "too_far"}


def test_what_a_period_gave_is_told_and_is_not_nothing(tmp_path: Path) -> None:
    shop = with_members(tmp_path)
    shop.do("plan", "set", shop.file("gifts.toml", GIFTS_ALONE))
    shop.do("import", "sales", shop.file("sales.csv", SALES))
    asked = ("explain", "member", "ben", "2026-03")

    assert shop.do(*asked).splitlines() == [
        "ben in 2026-03: no money",
        "2 coupons 新客 20 given for order o1 by welcome",
        "500 points given for order o1 by points",
    ]
    assert "points 因订单 o1 送 500 积分" in shop.do(*asked, "--language", "zh")
    told = json.loads(shop.do("--format", "json", *asked))
    assert [(each["order"], each["gift"], each["count"]) for each in told["gifts"]] == [
        ("o1", "coupons", 2),
        ("o1", "points", 500),
    ]
    assert told["missed"] == []


def test_whoever_has_had_gifts_alone_has_to_do_with_the_order(tmp_path: Path) -> None:
    told = given(tmp_path, GIFTS_ALONE).do("explain", "o1", "--payee", "ben")

    assert "ben is given 500 points besides (points; sale)" in told
    assert "ben gives 500 points back (points; cancellation)" in told


def test_an_explanation_for_one_payee_tells_nothing_of_what_others_were_given(tmp_path: Path) -> None:
    shop = given(tmp_path)

    of_ben, of_ann = (shop.do("explain", "o1", "--payee", member) for member in ("ben", "ann"))

    assert "ben is given 500 points" in of_ben
    assert "given" not in of_ann


def test_a_dry_run_of_another_version_shows_the_points_that_change(tmp_path: Path) -> None:
    shop = given(tmp_path, GIFTS_ALONE)
    more = GIFTS_ALONE.replace("plan_version = 2", "plan_version = 3").replace("points = 500", "points = 700")
    shop.do("plan", "set", shop.file("more.toml", more))
    shop.do("import", "sales", shop.file("more.csv", SALES.replace("o1,1,cai", "o2,1,dan")))
    asked = ("recompute", "2026-03", "--currency", "CNY", "--plan", "mall", "--plan-version", "2")
    why = ("--reason", "promised", "--approver", "boss")

    told = json.loads(shop.do("--format", "json", "--dry-run", *asked, *why))

    assert [(each["payee"], each["amount"], each["currency"]) for each in told["changes"]] == [
        ("ann", "-200", "POINT")
    ]
