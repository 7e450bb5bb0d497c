"""What a plan would have cost, from a store or from files, for people and for programs."""

import csv
import gc
import io
import json
from pathlib import Path

import pytest
from tests.cli.shop import CANCELLATIONS, MEMBERS, PLAN, POLICY, PRICES, REFUNDS, SALES, Shop, opened, traded

from distcore_cli.simulated import decimal_of

DOUBLED = PLAN.replace("5%", "2%").replace("10%", "20%").replace("plan_version = 1", "plan_version = 2")
OF_MARGIN = PLAN.replace('id = "levels"', 'id = "levels"\nbase = { kind = "margin" }')

OF_AGENTS = """
document = "commission-plan"
version = 1
id = "agents"
plan_version = 1
currency = "CNY"
valid_from = 2026-01-01T00:00:00Z
freeze = { days = 7 }
[[components]]
kind = "region"
id = "agents"
sharing = "in_full"
rules = [{ id = "country", levels = [1], pays = { kind = "percent", rate = "1%" } }]
"""
AGENTS = """member_id,region,since,until
ann,cn,2026-02-01T00:00:00Z,
ben,cn,2026-02-01T00:00:00Z,2027-01-01T00:00:00Z
cai,cn,2026-02-01T00:00:00Z,2026-02-02T00:00:00Z
"""
OF_CN = """order_id,line_id,buyer_id,currency,paid_at,sku,units,net,region
r1,1,eve,CNY,2026-03-06T00:00:00Z,tea,1,100.00,cn/zj
"""


def files_of(shop: Shop) -> list[str]:
    return [
        *("--members", shop.file("m.csv", MEMBERS), "--sales", shop.file("s.csv", SALES)),
        *("--refunds", shop.file("r.csv", REFUNDS), "--cancellations", shop.file("c.csv", CANCELLATIONS)),
    ]


def test_prices_of_a_file_are_calculated(tmp_path: Path) -> None:
    shop = traded(tmp_path)
    prices = ("--prices", shop.file("p.csv", PRICES))

    told = shop.ask("simulate", shop.file("plan2.toml", DOUBLED), *files_of(shop), *prices)

    assert told["simulation"][0]["net"] == "79.99", "20.00 more than without"


def test_a_plan_is_compared_with_what_was_posted(tmp_path: Path) -> None:
    shop = traded(tmp_path)

    told = shop.ask("simulate", shop.file("plan2.toml", DOUBLED))

    assert list(told) == ["costs", "figures", "payees", "movements", "simulation"]
    costs = [(row["by"], row["value"], row["cost"], row["baseline"], row["change"]) for row in told["costs"]]
    assert costs == [
        ("total", None, "13.20", "9.00", "4.20"),
        ("month", "2026-03", "13.20", "9.00", "4.20"),
        ("component", "levels", "13.20", "9.00", "4.20"),
        ("level", 1, "12.00", "6.00", "6.00"),
        ("level", 2, "1.20", "3.00", "-1.80"),
        ("tier", "gold", "1.20", "3.00", "-1.80"),
        ("tier", "silver", "12.00", "6.00", "6.00"),
    ]
    figures = {row["figure"]: (row["currency"], row["cost"], row["baseline"]) for row in told["figures"]}
    assert figures["share_of_net"] == (None, "0.220037", "0.150025")
    assert figures["median"] == ("CNY", "6.60", "4.50")
    assert figures["payees"] == (None, 2, 2)
    assert figures["top_share"] == (None, "0.909091", "0.666667")
    assert figures["gini"] == (None, "0.409091", "0.166667")
    assert told["payees"] == [
        {"currency": "CNY", "gaining": 1, "losing": 1, "unchanged": 0, "gained": "6.00", "lost": "1.80"}
    ]
    assert [(row["payee"], row["before"], row["change"]) for row in told["movements"]] == [
        ("ben", "6.00", "6.00"),
        ("ann", "3.00", "-1.80"),
    ]
    assert told["simulation"] == [
        {
            "plan": "mall",
            "plan_version": 2,
            "against": "posted",
            "against_version": None,
            "currency": "CNY",
            "sales": 2,
            "net": "59.99",
        }
    ]


def test_the_plan_in_force_makes_no_difference(tmp_path: Path) -> None:
    shop = traded(tmp_path)
    told = shop.ask("simulate", shop.file("plan.toml", PLAN))
    assert {row["change"] for row in told["costs"]} == {"0.00"}
    assert told["movements"] == []


def test_files_cost_what_the_store_does(tmp_path: Path) -> None:
    shop = traded(tmp_path)
    plan, other = shop.file("plan2.toml", DOUBLED), shop.file("plan.toml", PLAN)
    before = shop.dump()

    of_files = shop.ask("simulate", plan, "--against", other, *files_of(shop))
    of_store = shop.ask("simulate", plan, "--against", other)

    assert of_files == of_store
    assert of_store["simulation"][0]["against"] == "mall"
    assert shop.dump() == before


def test_agents_of_a_file_are_paid_as_those_of_the_store(tmp_path: Path) -> None:
    """One who is agent no more when something is sold has nothing of it."""
    shop = traded(tmp_path)
    for member in ("ann", "ben"):
        shop.do("referral", "agent", "appoint", member, "cn", "--valid-from", "2026-02-01T00:00:00Z")
    plan, sales = shop.file("agents.toml", OF_AGENTS), shop.file("of-cn.csv", OF_CN)
    shop.do("import", "sales", sales)
    files = ("--members", shop.file("m.csv", MEMBERS), "--sales", sales, "--alone")

    of_files = shop.ask("simulate", plan, *files, "--agents", shop.file("a.csv", AGENTS))
    of_store = shop.ask("simulate", plan, "--alone")

    costs = [[row for row in told["costs"] if row["by"] != "tier"] for told in (of_files, of_store)]
    assert costs[0] == costs[1]
    assert [row["cost"] for row in costs[0] if row["by"] == "total"] == ["2.00"]
    without = shop.run("simulate", plan, *files)
    assert "component agents of agents pays agents of regions: without --agents, nobody" in without.stderr


@pytest.mark.parametrize(
    ("rows", "where"),
    [
        ("ann,,2026-01-01T00:00:00Z,", "a.csv:2:region"),
        ("ann,cn//zj,2026-01-01T00:00:00Z,", "a.csv:2:region"),
        ("ann,cn,yesterday,", "a.csv:2:since"),
        ("ann,cn,2026-01-01T00:00:00Z,2026-01-01T00:00:00Z", "a.csv:2:until"),
        ("nobody,cn,2026-01-01T00:00:00Z,", "a.csv:2"),
    ],
)
def test_a_file_of_agents_is_refused_whole(tmp_path: Path, rows: str, where: str) -> None:
    shop = traded(tmp_path)
    agents = shop.file("a.csv", f"member_id,region,since,until\n{rows}\n")
    refused = shop.run("simulate", shop.file("p.toml", OF_AGENTS), *files_of(shop), "--agents", agents)
    assert (refused.exit_code, refused.stderr.split(": ")[0]) == (1, where)


@pytest.mark.parametrize("asks", ['kind = "first_order"', 'kind = "order_number", least = 2'])
def test_what_was_bought_before_is_known_of_files(tmp_path: Path, asks: str) -> None:
    """The first order of cai counts once; the second is the second."""
    shop = Shop(tmp_path)
    first = PLAN.replace('kind = "upline"', asks).replace("levels = [1], ", "")
    first = first.replace('    { id = "two", levels = [2], pays = { kind = "percent", rate = "5%" } },\n', "")
    later = PLAN.replace("levels = [1], ", f"levels = [1], match = {{ {asks} }}, ").replace("5%", "0%")
    plan = shop.file("plan2.toml", first if "first" in asks else later)
    more = "o3,1,cai,tea,1,200.00,CNY,2026-04-05T10:00:00+08:00,\n"
    files = ("--members", shop.file("m.csv", MEMBERS), "--sales", shop.file("s.csv", SALES + more))

    told = shop.run("--format", "json", "simulate", plan, *files, "--policy", shop.file("p.toml", POLICY))

    assert (told.exit_code, told.stderr) == (0, "")
    paid = {"first": "11.00", "order": "20.00"}["first" if "first" in asks else "order"]
    assert json.loads(told.stdout)["costs"][0]["cost"] == paid


FIRST_ORDERS = """
document = "commission-plan"
version = 1
id = "welcome"
plan_version = 1
currency = "CNY"
valid_from = 2026-01-01T00:00:00Z
freeze = { days = 7, counts_from = "completed" }
[[components]]
kind = "first_order"
id = "welcome"
after_refund = "next_order"
rules = [{ id = "all", pays = { kind = "percent", rate = "10%" } }]
"""
OUT_OF_ORDER = """order_id,line_id,buyer_id,currency,paid_at,sku,units,net
a,1,cai,CNY,2026-03-09T00:00:00Z,tea,1,400.00
b,1,cai,CNY,2026-03-07T00:00:00Z,tea,1,200.00
d,1,cai,CNY,2026-03-06T00:00:00Z,tea,1,100.00
c,1,cai,CNY,2026-03-08T00:00:00Z,tea,1,300.00
"""
"""What was paid first stands in no first row, and has no first id."""


@pytest.mark.parametrize(
    ("refunded_at", "paid"),
    [(None, "10.00"), ("2026-03-07T12:00:00Z", "30.00"), ("2026-03-10T00:00:00Z", "0.00")],
    ids=["not at all", "before the third", "after the last"],
)
def test_sales_come_in_the_order_of_payment(tmp_path: Path, refunded_at: str | None, paid: str) -> None:
    """From files as from a store, in which the plan in force does not ask."""
    shop = opened(tmp_path)
    members, sales = shop.file("m.csv", MEMBERS), shop.file("s.csv", OUT_OF_ORDER)
    header = "refund_id,order_id,line_id,units,amount,refunded_at\n"
    refunds = shop.file("r.csv", header + (f"r1,d,1,1,100.00,{refunded_at}\n" if refunded_at else ""))
    shop.do("import", "members", members)
    shop.do("import", "sales", sales)
    shop.do("import", "refunds", refunds)
    plan = shop.file("welcome.toml", FIRST_ORDERS)
    files = ("--members", members, "--sales", sales, "--refunds", refunds)

    of_store = shop.ask("simulate", plan, "--alone")
    of_files = shop.ask("simulate", plan, "--alone", *files)

    assert of_files == of_store
    assert of_store["costs"][0]["cost"] == paid


def test_files_need_no_store_with_a_policy(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    plan, policy = shop.file("plan.toml", PLAN), shop.file("policy.toml", POLICY)

    told = shop.ask("simulate", plan, *files_of(shop), "--policy", policy)
    without = shop.run("simulate", plan, *files_of(shop))

    assert told["costs"][0]["cost"] == "9.00"
    assert (told["costs"][0]["baseline"], told["simulation"][0]["against"]) == (None, None)
    assert without.exit_code == 2
    assert "--policy" in without.stderr
    assert not shop.database.exists()


def test_what_a_file_says_wrong_is_said_and_the_rest_is_simulated(tmp_path: Path) -> None:
    shop = opened(tmp_path)
    files = (
        "--members",
        shop.file("m.csv", MEMBERS),
        "--sales",
        shop.file("s.csv", SALES.replace("40.00", "forty")),
    )

    partly = shop.run("simulate", shop.file("plan.toml", PLAN), *files)

    assert partly.exit_code == 1
    assert partly.stderr == "s.csv:3:net: order 'o2': not an amount: 'forty' (like 12.34)\n"
    assert partly.stdout.startswith("plan mall version 1: 1 sales, 109.99 CNY left of them\n")


def test_a_span_is_a_period_or_two_instants(tmp_path: Path) -> None:
    shop = traded(tmp_path)
    plan = shop.file("plan.toml", PLAN)
    for span, sales in (
        (["--period", "2026-03"], 1),
        (["--period", "2026-04"], 1),
        (["--period", "2026"], 2),
        (["--since", "2026-03-31T20:00:00Z"], 1),
        (["--until", "2026-03-31T20:00:00Z"], 1),
        (["--since", "2026-03-02T00:00:00Z", "--until", "2026-03-03T00:00:00Z"], 0),
    ):
        assert shop.ask("simulate", plan, *span)["simulation"][0]["sales"] == sales


def test_people_see_no_empty_columns(tmp_path: Path) -> None:
    shop = traded(tmp_path)
    plan = shop.file("plan.toml", PLAN)

    alone = shop.do("simulate", plan, "--alone")
    against = shop.do("simulate", plan, "--largest", "0")

    assert alone.splitlines()[0] == "plan mall version 1: 2 sales, 59.99 CNY left of them"
    assert "baseline" not in alone
    assert against.splitlines()[0] == (
        "plan mall version 1, against what was posted: 2 sales, 59.99 CNY left of them"
    )
    assert against.splitlines()[-2:] == ["movements", "none"]


def test_csv_has_the_costs(tmp_path: Path) -> None:
    shop = traded(tmp_path)
    done = shop.run("--format", "csv", "simulate", shop.file("plan.toml", PLAN))
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [row["by"] for row in rows] == ["total", "month", "component", "level", "level", "tier", "tier"]
    assert "in json" in done.stderr


def test_what_is_left_out_is_counted(tmp_path: Path) -> None:
    shop = traded(tmp_path)
    of_yen = shop.file("yen.toml", PLAN.replace("CNY", "JPY"))
    of_margin = shop.file("margin.toml", OF_MARGIN)

    yen = shop.run("--format", "json", "simulate", of_yen)
    margin = shop.run("simulate", of_margin, "--alone")

    assert (yen.exit_code, yen.stderr) == (
        0,
        "left out: 2 sales, other_currency: they are not in the currency of the plan; the first is o1\n",
    )
    assert '"reason": "other_currency"' in yen.stdout
    assert (margin.exit_code, margin.stderr) == (
        1,
        (
            "left out: 2 sales, base_unknown: a line lacks the list price, cost or tax that percentages are "
            "taken of; the first is o1\n"
        ),
    )


@pytest.mark.parametrize(
    "options",
    [
        ["--alone", "--against", "plan.toml"],
        ["--period", "2026-13"],
        ["--period", "2026-03", "--since", "2026-03-31T20:00:00Z"],
        ["--sales", "plan.toml"],
        ["--refunds", "plan.toml"],
        ["--policy", "plan.toml"],
        ["--largest", "-1"],
    ],
)
def test_options_that_do_not_go_together_are_usage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str]
) -> None:
    shop = traded(tmp_path)
    shop.file("plan.toml", PLAN)
    monkeypatch.chdir(tmp_path)
    assert shop.run("simulate", "plan.toml", *options).exit_code == 2


def test_a_document_that_is_no_plan_is_refused(tmp_path: Path) -> None:
    shop = traded(tmp_path)
    assert "policy.toml" in shop.refused("simulate", shop.file("policy.toml", POLICY))


def test_the_collector_of_circles_is_left_as_it_was(tmp_path: Path) -> None:
    shop, before = traded(tmp_path), gc.get_threshold()
    shop.do("simulate", shop.file("plan.toml", PLAN))
    assert gc.get_threshold() == before


def test_shares_are_decimals() -> None:
    assert [decimal_of(ppm) for ppm in (0, 1, 153_000, 1_000_000, 2_500_000)] == [
        *("0.000000", "0.000001", "0.153000", "1.000000", "2.500000")
    ]
