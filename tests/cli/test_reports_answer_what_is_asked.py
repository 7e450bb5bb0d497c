"""Earnings by period, explanations, the tree of an instant, and the audit."""

import json
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from tests.cli.shop import MEMBERS, PLAN, SALES, SETTLEMENT, Shop, opened, traded, with_members

from distcore.commission import Custom, Formulas
from distcore.engine import accrue, move, set_plan
from distcore.kernel import ComponentId, MemberId, PlanId, parse_instant
from distcore.testing.builders import a_plan, a_sale
from distcore_sql import SqlStore

APRIL_IN_SHANGHAI = [("2026-03", "ben", "11.00"), ("2026-03", "ann", "5.50")]


def earned(shop: Shop, *options: str) -> list[tuple[str, str, str]]:
    """Return period, payee and amount of what was earned."""
    rows = json.loads(shop.do("--format", "json", "earnings", *options))
    return [(row["period"], row["payee"], row["earned"]) for row in rows]


def test_without_a_period_every_month_is_shown(tmp_path: Path) -> None:
    assert earned(traded(tmp_path)) == [
        ("2026-03", "ann", "5.50"),
        ("2026-03", "ben", "11.00"),
        ("2026-04", "ann", "-2.50"),
        ("2026-04", "ben", "-5.00"),
    ]


def test_a_month_begins_at_midnight_of_the_shop(tmp_path: Path) -> None:
    shop = traded(tmp_path)

    # The second order was paid at 20:00 UTC of 31 March: in Shanghai that is April.
    rows = json.loads(shop.do("--format", "json", "earnings", "--period", "2026-04"))

    assert [(row["payee"], row["accrued"], row["clawed_back"]) for row in rows] == [
        ("ann", "2.00", "-4.50"),
        ("ben", "0.00", "-5.00"),
    ]


def test_periods_may_be_repeated_and_of_any_kind(tmp_path: Path) -> None:
    shop = traded(tmp_path)

    assert earned(
        shop, "--payee", "ben", "--period", "2026-03", "--period", "2026-Q1", "--period", "2026"
    ) == [
        ("2026-03", "ben", "11.00"),
        ("2026-Q1", "ben", "11.00"),
        ("2026", "ben", "6.00"),
    ]


def test_by_posted_everything_counts_when_it_was_written_down(tmp_path: Path) -> None:
    shop = traded(tmp_path)

    assert earned(shop, "--by", "posted") == [("2026-06", "ann", "3.00"), ("2026-06", "ben", "6.00")]


def test_an_explanation_is_of_the_line_and_payee_that_are_asked_for(tmp_path: Path) -> None:
    shop = traded(tmp_path)

    told = shop.do("explain", "o1", "--line", "2", "--payee", "ann")

    lines = told.splitlines()
    assert lines[0] == "order o1: 2 lines, 109.99 CNY, paid by cai at 2026-03-01T02:00:00Z"
    assert lines[1] == "plan mall version 1; frozen; freeze over at 2026-03-12T02:00:00Z"
    assert lines[3].startswith(
        "ann gets 0.50 CNY for line 2 (cup), level 2; mall version 1, levels, rule two: 5%"
    )
    assert [line for line in lines if " gets " in line] == [lines[3]]
    assert "1.00" not in told.split("posted:")[1]


def test_an_order_is_explained_in_chinese(tmp_path: Path) -> None:
    shop = traded(tmp_path)
    told = shop.do("explain", "o1", "--language", "zh")
    assert told.startswith("订单 o1：")
    assert "得 " in told
    assert "已记账：" in told
    assert "dan 未得佣金（levels，第 1 级）：支付时已停用" in shop.do("explain", "o2", "--language", "zh")
    amounts = json.loads(shop.do("--format", "json", "explain", "o1", "--language", "zh"))["amounts"]
    assert all("方案" in each["because"] for each in amounts)


def test_an_explanation_says_who_got_nothing_and_why(tmp_path: Path) -> None:
    shop = traded(tmp_path)

    told = shop.do("explain", "o2")

    assert "frozen; the freeze counts from completion, and the order is not completed" in told
    assert "dan gets nothing (levels, level 1): was suspended when the order was paid" in told
    assert "nothing is left of the line" in told
    why_nots = json.loads(shop.do("--format", "json", "explain", "o2"))["why_nots"]
    assert {each["earned_before"] for each in why_nots} == {None}, "no rule asks"


def test_an_explanation_says_what_was_earned_before(tmp_path: Path) -> None:
    """Ben has 4.00 of o2, which is accrued first, and no rule is for that any more."""
    shop = with_members(tmp_path)
    asks = 'levels = [1], match = { kind = "earned_before", below = "4.00" },'
    plan = PLAN.replace("levels = [1],", asks).replace("plan_version = 1", "plan_version = 2")
    shop.do("plan", "set", shop.file("asks.toml", plan))
    shop.do("import", "sales", shop.file("sales.csv", SALES.replace("eve", "cai")))

    english, chinese = shop.do("explain", "o1"), shop.do("explain", "o1", "--language", "zh")
    told = json.loads(shop.do("--format", "json", "explain", "o1"))

    assert "no rule fits this level, tier and line; 4.00 CNY were earned before" in english
    assert "没有适合这一级、等级和订单行的规则；此前已得 4.00 CNY" in chinese
    assert [(each["member"], each["earned_before"]) for each in told["why_nots"]] == [("ben", "4.00")]
    assert {(each["payee"], each["earned_before"]) for each in told["amounts"]} == {("ann", "2.00")}


def test_an_order_that_is_released_says_so(tmp_path: Path) -> None:
    shop = traded(tmp_path)
    shop.do("release")

    assert "released; freeze over at 2026-03-12T02:00:00Z" in shop.do("explain", "o1")
    (order,) = json.loads(shop.do("--format", "json", "explain", "o1"))["order"]
    assert (order["released"], order["due"]) == ("yes", "2026-03-12T02:00:00Z")


def tree(shop: Shop, *arguments: str, at: str = "2026-06-01T00:00:00Z") -> list[tuple[str, int]]:
    """Return members and levels of a tree."""
    rows = json.loads(shop.do("--format", "json", "tree", *arguments, at=at))
    return [(row["member"], row["level"]) for row in rows]


def test_the_tree_from_its_roots(tmp_path: Path) -> None:
    assert tree(traded(tmp_path)) == [("ann", 0), ("ben", 1), ("cai", 2), ("dan", 1), ("eve", 2)]


def test_the_tree_below_a_member_to_a_depth(tmp_path: Path) -> None:
    shop = traded(tmp_path)

    assert tree(shop, "ann", "--depth", "1") == [("ann", 0), ("ben", 1), ("dan", 1)]
    assert tree(shop, "ann", "--depth", "0") == [("ann", 0)]


def test_the_tree_above_a_member(tmp_path: Path) -> None:
    assert tree(traded(tmp_path), "cai", "--up") == [("ben", 1), ("ann", 2)]


def test_the_tree_of_an_earlier_instant(tmp_path: Path) -> None:
    assert tree(traded(tmp_path), at="2026-01-03T12:00:00Z") == [("ann", 0), ("ben", 1), ("cai", 2)]


def test_people_see_the_tree_indented(tmp_path: Path) -> None:
    lines = traded(tmp_path).do("tree", "ann").splitlines()

    assert [line.split("  0")[0].rstrip()[:7].rstrip() for line in lines[2:]] == [
        "ann",
        "  ben",
        "    cai",
        "  dan",
        "    eve",
    ]


@pytest.mark.parametrize("member", ["nobody", "eve"])
def test_who_had_not_joined_is_unknown(tmp_path: Path, member: str) -> None:
    refused = traded(tmp_path).run("tree", member, at="2026-01-03T12:00:00Z")

    assert refused.exit_code == 1
    assert refused.stderr.startswith("refused: member_unknown")


def test_a_shop_without_a_policy_is_told_so(tmp_path: Path) -> None:
    shop = opened(tmp_path)

    refused = shop.run("--shop", "another", "earnings")

    assert refused.exit_code == 1
    assert refused.stderr.startswith("refused: no_policy")


def test_two_shops_of_a_store_do_not_meet(tmp_path: Path) -> None:
    shop = traded(tmp_path)

    shop.do("--shop", "another", "init")
    assert shop.do("--shop", "another", "tree") == "none\n"
    assert shop.run("--shop", "another", "explain", "o1").exit_code == 1


def test_verify_counts_what_it_looked_at(tmp_path: Path) -> None:
    verified = json.loads(traded(tmp_path).do("--format", "json", "verify"))

    counted = {"members": 5, "sales": 2, "facts": 8, "sealed": 0, "tail": 41}
    assert verified == [{**counted, "problems": 0, "sound": "yes", "anchor": None}]


def test_verify_says_what_it_can_not_calculate_again(tmp_path: Path) -> None:
    """The command line has no formulas, so a program publishes the plan and accrues by it."""
    shop = with_members(tmp_path)
    by = a_plan(Custom(ComponentId("own"), "loyalty", 1), plan_version=2)
    formulas: Formulas = {("loyalty", 1): lambda case: [[7] * len(case.lines)] * len(case.claims)}
    done: dict[str, Any] = {
        "at": parse_instant("2026-03-02T00:00:00Z"),
        "actor": "tests",
        "formulas": formulas,
    }
    sale = a_sale("f1", "cai", paid_at=parse_instant("2026-03-01T00:00:00Z"))
    with SqlStore.open(shop.store, "default") as store, store.begin() as tx:
        set_plan(tx, evolve(by, id=PlanId("mall")), key="plan", **done)
        accrue(tx, sale, key="f1", **done)

    told = shop.run("--format", "json", "verify")

    assert json.loads(told.stdout)["uncompared"] == [{"sales": 1, "formulas": "loyalty version 1"}]
    assert "of 1 sales only the gifts were calculated again: their formula is not here" in told.stderr
    assert told.exit_code == 0


def test_a_period_given_twice_counts_once(tmp_path: Path) -> None:
    once = ["--payee", "ben", "--period", "2026-03"]

    assert earned(traded(tmp_path), *once, "--period", "2026-03") == [("2026-03", "ben", "11.00")]


def test_a_period_is_called_as_it_is_settled(tmp_path: Path) -> None:
    shop = traded(tmp_path)
    of_ten_days = 'cadence = { kind = "every_days", days = 10, anchor = 2026-03-01 }\n'
    shop.do("settlement", "set", shop.file("settlement.toml", SETTLEMENT + of_ten_days))
    first = ["--period", "from-2026-03-01"]
    in_march = [("from-2026-03-01", "ann", "5.50"), ("from-2026-03-01", "ben", "11.00")]
    assert earned(shop, *first) == in_march
    shop.do("settle", "close", *first)
    shop.do("settle", "approve", "1", actor="boss")

    assert earned(shop, *first) == in_march
    assert earned(shop, "--currency", "JPY", "--period", "2026-03") == []
    assert earned(shop, "--currency", "CNY", "--payee", "ben", *first, "--period", "from-2026-03-31") == [
        ("from-2026-03-01", "ben", "11.00"),
        ("from-2026-03-31", "ben", "-5.00"),
    ]
    refused = shop.run("earnings", "--period", "from-2026-03-02")
    assert refused.exit_code == 2
    assert refused.stderr.splitlines()[-1] == (
        "Error: Invalid value for --period: not a period: 'from-2026-03-02' "
        "(like 2017, 2017-Q1, 2017-03 or 2017-03-05; CNY: that day is in from-2026-03-01)"
    )


def test_a_bad_period_names_its_option(tmp_path: Path) -> None:
    assert "--period" in traded(tmp_path).run("earnings", "--period", "2026-13").stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (("--line", "9"), "--line: order o1 has no line 9 (its lines are 1, 2)"),
        (("--payee", "nobody"), "--payee: nobody has nothing to do with order o1"),
        (("--payee", "nobody", "--line", "2"), "--payee: nobody has nothing to do with line 2 of order o1"),
    ],
)
def test_what_an_order_does_not_have_is_refused(tmp_path: Path, asked: tuple[str, ...], says: str) -> None:
    refused = traded(tmp_path).run("explain", "o1", *asked)

    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr.startswith(says)


def test_csv_says_what_it_leaves_out_of_an_explanation(tmp_path: Path) -> None:
    told = traded(tmp_path).run("--format", "csv", "explain", "o2")

    assert told.exit_code == 0
    assert "why 2 got nothing" in told.stderr


@pytest.mark.parametrize("command", ["verify", "tree", "earnings", "release"])
def test_a_shop_without_a_policy_is_no_empty_shop(tmp_path: Path, command: str) -> None:
    shop = traded(tmp_path)
    before = shop.dump()

    refused = shop.run("--shop", "mistyped", command)

    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr.startswith("refused: no_policy: shop mistyped")
    assert "distcore --shop mistyped init" in refused.stderr
    assert shop.dump() == before


def test_nothing_is_imported_into_a_shop_without_a_policy(tmp_path: Path) -> None:
    shop = traded(tmp_path)

    refused = shop.run("--shop", "mistyped", "import", "members", shop.file("m.csv", MEMBERS))

    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "distcore --shop mistyped init" in refused.stderr


def test_the_tree_as_it_was_known(tmp_path: Path) -> None:
    shop = traded(tmp_path)  # whose members were recorded on 1 June
    row = "fay,ann,2026-01-06T00:00:00Z,,\n"
    header = MEMBERS.splitlines()[0]
    shop.do("import", "members", shop.file("m.csv", f"{header}\n{row}"), at="2026-07-01T00:00:00Z")
    with SqlStore.open(shop.store, "default") as store, store.begin() as tx:
        moved_at, since = parse_instant("2026-08-01T00:00:00Z"), parse_instant("2026-02-01T00:00:00Z")
        move(tx, MemberId("eve"), MemberId("ben"), at=moved_at, valid_from=since, actor="tests", key="move")
    late = "2026-09-01T00:00:00Z"

    assert tree(shop, "ann", at=late) == [
        ("ann", 0),
        ("ben", 1),
        ("cai", 2),
        ("eve", 2),
        ("dan", 1),
        ("fay", 1),
    ]
    assert tree(shop, "ann", "--known-at", "2026-07-31T00:00:00Z", at=late) == [
        ("ann", 0),
        ("ben", 1),
        ("cai", 2),
        ("dan", 1),
        ("eve", 2),
        ("fay", 1),
    ]
    assert ("fay", 1) not in tree(shop, "ann", "--known-at", "2026-06-30T00:00:00Z", at=late)
    assert tree(shop, "eve", "--up", "--known-at", "2026-07-31T00:00:00Z", at=late) == [
        ("dan", 1),
        ("ann", 2),
    ]
    assert tree(shop, "--known-at", "2026-05-31T00:00:00Z", at=late) == []
    assert shop.run("tree", "fay", "--known-at", "2026-06-30T00:00:00Z", at=late).exit_code == 1
