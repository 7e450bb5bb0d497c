"""What an amount is made of is data too: rate, base, rounding, what is paid below, caps and budget."""

from pathlib import Path

import pytest
from attrs import evolve
from tests.cli.shop import JULY, Shop, closed, with_members

from distcore.commission import (
    Accrual,
    Base,
    Custom,
    FixedPerOrder,
    Language,
    LevelBelow,
    ListPrice,
    Margin,
    Net,
    Residual,
    Rule,
)
from distcore.engine import ExplainedLine
from distcore.kernel import ComponentId, LineId, MemberId, RuleId
from distcore.settlement import Line
from distcore.testing.builders import a_plan, levels
from distcore.testing.money import a_due
from distcore_cli.explaining_made import base_name, terms
from distcore_cli.explaining_payee import NOT_MADE, made_of_fact, place_of

CAPPED = """
document = "commission-plan"
version = 1
id = "mall"
plan_version = 2
currency = "CNY"
valid_from = 2026-01-01T00:00:00+08:00
freeze = { days = 7 }
budget = "15%"
rounding = "half_even"
rounding_scope = "line"
caps = [
    { id = "month", amount = "12.00", within = "monthly" },
    { id = "customer", amount = "11.00", per = "buyer", components = ["links"] },
]

[[components]]
kind = "differential"
id = "tiers"
rules = [
    { id = "silver", tiers = ["silver"], pays = { kind = "percent", rate = "10%" } },
    { id = "gold", tiers = ["gold"], pays = { kind = "percent", rate = "15%" } },
]

[[components]]
kind = "share"
id = "links"
rules = [{ id = "one", pays = { kind = "per_unit", amount = "10.00" } }]
"""

SALES = """order_id,line_id,buyer_id,promoter_id,sku,units,net,currency,paid_at,completed_at
o1,1,cai,eve,tea,2,200.00,CNY,2026-03-01T10:00:00+08:00,
"""


def capped(folder: Path) -> Shop:
    shop = with_members(folder)
    shop.do("plan", "set", shop.file("capped.toml", CAPPED))
    shop.do("import", "sales", shop.file("sales.csv", SALES))
    return shop


def test_every_term_and_bound_is_a_column(tmp_path: Path) -> None:
    shop = capped(tmp_path)

    told = shop.ask("explain", "o1")

    names = [
        "payee",
        "pays",
        "rate",
        "each",
        "base",
        "base_amount",
        "rounding",
        "scope",
        "paid_below",
        "before_caps",
        "asked",
    ]
    assert [tuple(row[name] for name in names) for row in told["amounts"]] == [
        ("ben", "percent", "10%", None, "net", "200.00", "half_even", "line", "0.00", "20.00", "12.00"),
        ("ann", "percent", "15%", None, "net", "200.00", "half_even", "line", "20.00", "10.00", "10.00"),
        ("eve", "per_unit", None, "10.00", None, None, None, None, "0.00", "20.00", "11.00"),
    ]
    names = ["payee", "cap", "cap_asked", "cap_left", "budget", "budget_asked", "budget_cut"]
    assert [tuple(row[name] for name in names) for row in told["amounts"]] == [
        ("ben", "month", "20.00", "12.00", "30.00", "33.00", "in_proportion"),
        ("ann", None, None, None, "30.00", "33.00", "in_proportion"),
        ("eve", "customer", "12.00", "11.00", "30.00", "33.00", "in_proportion"),
    ]
    names = ["payee", "cap", "member", "asked", "to", "together", "left"]
    caps = [tuple(row[name] for name in names) for row in told["caps"]]
    assert caps == [
        ("ben", "month", "ben", "20.00", "12.00", "20.00", "12.00"),
        ("eve", "month", "eve", "20.00", "12.00", "20.00", "12.00"),
        ("eve", "customer", "cai", "12.00", "11.00", "12.00", "11.00"),
    ]
    of_eve = ("--component", "links", "--rule", "one", "--payee", "eve", "--level", "0")
    accrual = shop.ask("explain", "accrual", "o1", "--line", "1", *of_eve)
    assert [tuple(row[name] for name in names) for row in accrual["caps"]] == caps[1:]
    assert "eve has 10.00 CNY of links, rule one, as promoter, for line 1 of o1" in shop.do(
        "explain", "accrual", "o1", "--line", "1", *of_eve
    )


def test_a_cap_that_left_nothing_is_named(tmp_path: Path) -> None:
    shop = capped(tmp_path)
    shop.do("import", "sales", shop.file("more.csv", SALES.replace("o1", "o2")))
    (row,) = [each for each in shop.ask("explain", "o2", "--payee", "ben")["why_nots"] if each["cap"]]
    assert (row["reason"], row["cap"], row["forgone"]) == ("capped_to_zero", "month", "20.00")
    assert "ben 未得佣金（tiers，第 1 级，订单行 1）：封顶 month 没有剩余额度" in shop.do(
        "explain", "o2", "--language", "zh"
    )


def test_the_heads_of_postings_are_in_the_language_of_the_sentences(tmp_path: Path) -> None:
    shop = capped(tmp_path)
    chinese = shop.do("explain", "o1", "--language", "zh")
    assert ["原因", "生效于", "订单行", "组成部分", "规则", "级", "收款人", "金额", "币种"] in [
        line.split() for line in chinese.splitlines()
    ]
    english = shop.do("explain", "o1").splitlines()
    assert english[english.index("posted:") + 1].split()[3] == "component"


def test_a_line_of_a_statement_says_what_its_share_came_to(tmp_path: Path) -> None:
    lines = closed(tmp_path).ask("explain", "statement", "ben", "1", at=JULY)["lines"]
    names = ["ref", "line", "fact_amount", "came_to", "base_amount", "paid_below"]
    assert [tuple(row[name] for name in names) for row in lines if row["origin"] == "sale"] == [
        ("o1", "1", "10.00", "10.00", "100.00", "0.00"),
        ("o1", "2", "1.00", "1.00", "9.99", "0.00"),
        ("o1", "1", "-5.00", "5.00", "50.00", "0.00"),
    ]


def test_a_member_is_told_what_each_order_pays_as_data(tmp_path: Path) -> None:
    shop = capped(tmp_path)
    told = shop.ask("explain", "member", "ben", "2026-03")
    of_order = [row for row in shop.ask("explain", "o1")["amounts"] if row["payee"] == "ben"]
    assert [row for row in told["amounts"] if row["order"] == "o1"] == of_order != []


def test_a_line_of_a_statement_has_the_terms_that_it_was_posted_by(tmp_path: Path) -> None:
    lines = closed(tmp_path).ask("explain", "statement", "ben", "1", at=JULY)["lines"]
    names = ["origin", "pays", "rate", "base", "rounding", "scope", "plan", "plan_version"]
    assert {tuple(row[name] for name in names) for row in lines} == {
        ("sale", "percent", "10%", "net", "half_up", "line", "mall", 1),
        ("adjustment", None, None, None, None, None, None, None),
    }


@pytest.mark.parametrize(
    ("base", "name"),
    [
        (Net(), "net"),
        (Net(with_tax=True), "net_with_tax"),
        (ListPrice(), "list"),
        (Margin(), "margin"),
        (LevelBelow(), "level_below"),
        (Residual(), "residual"),
    ],
    ids=lambda each: str(each),
)
def test_every_base_has_a_name(base: Base, name: str) -> None:
    assert base_name(evolve(levels("10%"), base=base)) == name


def test_a_fixed_amount_and_a_formula_have_no_rate() -> None:
    plan, fixed = a_plan(), levels("10%")
    assert terms(plan, fixed, Rule(RuleId("one"), FixedPerOrder(150))) == (
        "per_order",
        None,
        "1.50",
        None,
        None,
        None,
    )
    custom = Custom(ComponentId("own"), "years", 1)
    assert terms(plan, custom, custom.formula) == ("formula", None, None, "net", None, None)


A_LINE = ExplainedLine(Line(1, a_due("o1")))


def test_of_a_fact_that_no_plan_explains_the_level_is_told() -> None:
    fact = Accrual(LineId("1"), ComponentId("gone"), RuleId("one"), MemberId("ann"), 2, 100)
    plan, custom = a_plan(), Custom(ComponentId("own"), "years", 1)
    line = evolve(A_LINE, plan=plan)
    nothing = (*NOT_MADE[:-3], "0.00", plan.id, plan.plan_version)
    assert made_of_fact(line, fact, None) == nothing
    other = evolve(fact, component=plan.components[0].id, rule=RuleId("gone"))
    assert made_of_fact(line, other, None) == nothing
    own = evolve(other, rule=plan.components[0].rules[0].id)
    assert made_of_fact(line, own, None)[:2] == ("percent", "10%")
    assert made_of_fact(evolve(line, is_repinned=True), own, None) == nothing
    answered = evolve(fact, component=custom.id, rule=custom.formula.id)
    told = made_of_fact(evolve(line, plan=evolve(plan, components=(custom,))), answered, None)
    assert (told[0], told[-3], len(told)) == ("formula", None, len(nothing))
    assert place_of(plan, fact.component, 2, Language.ENGLISH) == "level 2"
    assert place_of(plan, fact.component, 2, Language.CHINESE) == "第 2 级"
