"""`distcore --formulas`: a plan pays by functions of the shop, in every command that calculates."""

from pathlib import Path

import pytest
from tests.cli.shop import CANCELLATIONS, MEMBERS, POLICY, PRICES, REFUNDS, SALES, Shop

PLAN = """
document = "commission-plan"
version = 1
id = "loyalty"
plan_version = 1
currency = "CNY"
valid_from = 2026-01-01T00:00:00+08:00
freeze = { days = 7 }
budget = "20%"

[[components]]
kind = "custom"
id = "loyalty"
name = "years of service"
custom_version = 1
levels = 1
params = { percent = 4 }
"""

MODULE = """
def years_of_service(case):
    for claim in case.claims:
        percent = case.params["percent"] if claim.level else 0
        yield [line.base_minor * percent // 100 for line in case.lines]

FORMULAS = {("years of service", 1): years_of_service}
NUMBERS = {("years of service", 1): 4}
NAMES = {"years of service": years_of_service}
"""

BROKEN = "raise RuntimeError('no such region')"

NAMED = ("--formulas", "tea_shop:FORMULAS")


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A shop with members, whose module can be imported."""
    (tmp_path / "tea_shop.py").write_text(MODULE)
    (tmp_path / "torn_shop.py").write_text(BROKEN)
    (tmp_path / "left_shop.py").write_text("raise SystemExit(0)")
    monkeypatch.syspath_prepend(tmp_path)
    shop = Shop(tmp_path)
    shop.do("init", "--policy", shop.file("policy.toml", POLICY))
    shop.do("import", "members", shop.file("members.csv", MEMBERS))
    shop.file("plan.toml", PLAN)
    return shop


def sell(shop: Shop) -> None:
    shop.do(*NAMED, "plan", "set", str(shop.folder / "plan.toml"))
    kinds = (("sales", SALES), ("prices", PRICES), ("refunds", REFUNDS), ("cancellations", CANCELLATIONS))
    for what, content in kinds:
        shop.do(*NAMED, "import", what, shop.file(f"{what}.csv", content))


def test_every_command_that_calculates_takes_them(shop: Shop) -> None:
    sell(shop)
    plan = str(shop.folder / "plan.toml")

    # 70.00 of 120.00 and 9.99 are left of the order; ben is the sponsor
    assert [row["earned"] for row in shop.ask("earnings", "--payee", "ben")] == ["4.39", "-1.20"]
    why, *_ = shop.ask(*NAMED, "explain", "o1")["amounts"]
    assert (why["payee"], why["amount"], why["rule"]) == ("ben", "2.80", "years of service v1")
    share = ("--line", "1", "--component", "loyalty", "--payee", "ben", "--level", "1")
    of = ("o1", *share, "--rule", "years of service v1")
    assert shop.ask(*NAMED, "explain", "accrual", *of)["amounts"][0]["amount"] == "2.80"
    assert shop.ask(*NAMED, "explain", "member", "ben", "2026-03")["amounts"][0]["amount"] == "2.80"
    cart = ("--net", "100.00", "--buyer", "cai", "--currency", "CNY")
    assert shop.ask(*NAMED, "estimate", *cart)["amounts"][0]["amount"] == "4.00"
    assert shop.ask(*NAMED, "simulate", plan, "--alone")["costs"][0]["cost"] == "3.19"
    assert shop.ask(*NAMED, "recompute", "2026-03", "--currency", "CNY")["changes"] == []
    assert shop.ask(*NAMED, "plan", "check", plan, "--in-shop")
    assert "formula is not here" not in shop.run(*NAMED, "verify").stderr


def test_without_them_the_command_says_what_is_missing(shop: Shop) -> None:
    plan = str(shop.folder / "plan.toml")
    assert "no formula years of service version 1 is registered here" in shop.refused("plan", "set", plan)
    sell(shop)
    assert "no formula years of service" in shop.refused("explain", "o1")
    assert "of 2 sales only the gifts were calculated again" in shop.run("verify").stderr


def test_they_come_from_the_environment_too(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISTCORE_FORMULAS", "tea_shop:FORMULAS")
    assert shop.do("plan", "set", str(shop.folder / "plan.toml"))


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("tea_shop", "--formulas: names no mapping in a module: 'tea_shop'"),
        (":FORMULAS", "--formulas: names no mapping in a module: ':FORMULAS'"),
        ("tea_house:FORMULAS", "ModuleNotFoundError: No module named 'tea_house'"),
        ("tea_shop:OTHERS", "AttributeError: module 'tea_shop' has no attribute 'OTHERS'"),
        ("torn_shop:FORMULAS", "--formulas: 'torn_shop:FORMULAS': RuntimeError: no such region"),
        ("left_shop:FORMULAS", "--formulas: 'left_shop:FORMULAS': SystemExit: 0"),
        ("tea_shop:NUMBERS", "'tea_shop:NUMBERS' holds no functions by name and version"),
        ("tea_shop:NAMES", "'tea_shop:NAMES' holds no functions by name and version"),
        ("tea_shop:BROKEN.x", "AttributeError"),
    ],
)
def test_what_names_no_formulas_is_refused(shop: Shop, named: str, said: str) -> None:
    assert said in shop.refused("--formulas", named, "plan", "set", str(shop.folder / "plan.toml"))


def test_what_needs_none_does_not_look_for_them(shop: Shop) -> None:
    assert shop.do("--formulas", "tea_house:FORMULAS", "earnings") is not None
