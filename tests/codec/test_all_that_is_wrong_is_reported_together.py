"""Whatever is wrong with a document is reported in one go, each with its path and a hint."""

from typing import Any

import pytest
from tests.codec.documents import (
    a_component,
    a_plan,
    a_plan_paying,
    a_policy,
    a_rule,
    a_settlement,
    a_tier,
    places_of,
    problems_of,
    tiers,
    without,
)

from distcore.kernel import limits

RULES = "$.components[0].rules"


def test_one_document_with_every_kind_of_mistake() -> None:
    tree = a_plan(
        document="commission plan",
        plan_version=True,
        valid_until="2026-01-01T00:00:00+08:00",
        budget="20%",
        rounding="halfup",
        freeze={"days": "7", "hours": 2},
        components=[
            a_component(
                a_rule("a", levels=[1, "2", 0]),
                a_rule("b", pays={"kind": "zzz"}),
                a_rule("b", pays={"kind": "percent", "rate": "20.0001%"}),
                a_rule("c", pays={"kind": "percent", "rate": "10 %"}, match={"kind": "sku"}),
                without(a_rule("d"), "pays"),
                a_rule("e", pays={"rate": "10%"}, levls=[1]),
                7,
            ),
            a_component(kind="uplines"),
        ],
        colour="red",
    )

    found = problems_of(tree)

    assert [(problem.where, problem.message) for problem in found] == [
        ("$.document", "not a commission-plan: 'commission plan'"),
        ("$.colour", "unknown field 'colour'"),
        ("$.plan_version", "not a whole number: True"),
        ("$.freeze.hours", "unknown field 'hours'"),
        ("$.freeze.days", "not a whole number: '7'"),
        (f"{RULES}[0].levels[1]", "not a whole number: '2'"),
        (f"{RULES}[1].pays", "unknown kind 'zzz', expected one of per_order, per_unit, percent"),
        (f"{RULES}[3].pays.rate", "not a rate: '10 %'"),
        (f"{RULES}[3].match.skus", "is missing"),
        (f"{RULES}[4].pays", "is missing"),
        (f"{RULES}[5].levls", "unknown field 'levls'"),
        (f"{RULES}[5].pays", "has no kind, expected one of per_order, per_unit, percent"),
        (f"{RULES}[6]", "not a table: 7"),
        (
            "$.components[1]",
            (
                "unknown kind 'uplines', expected one of custom, differential, first_order, region, "
                "self_purchase, share, upline"
            ),
        ),
        ("$.rounding", "unknown value 'halfup', expected one of down, half_even, half_up, up"),
        ("$.valid_until", "ends before it begins"),
        (f"{RULES}[0].levels[2]", "out of range: 0"),
        (f"{RULES}[2].pays.rate", "20.0001% is above the budget of 20%"),
        (f"{RULES}[2].id", "'b' stands twice"),
    ]
    assert all(problem.hint for problem in found)


def test_a_problem_is_one_line_with_its_path_and_its_hint() -> None:
    (problem,) = problems_of(a_plan(freeze={"days": 7, "hours": 2}))

    assert str(problem) == "$.freeze.hours: unknown field 'hours' (expected counts_from, days)"


@pytest.mark.parametrize("name", ["id", "plan_version", "currency", "valid_from", "freeze", "components"])
def test_a_required_field_is_missed(name: str) -> None:
    (problem,) = problems_of(without(a_plan(), name))

    assert (problem.where, problem.message) == (f"$.{name}", "is missing")
    assert problem.hint


@pytest.mark.parametrize("name", ["currency", "policy_version", "valid_from"])
def test_a_required_field_of_a_settlement_policy_is_missed(name: str) -> None:
    assert f"$.{name}" in places_of(without(a_settlement(), name))


@pytest.mark.parametrize("name", ["zone", "currencies"])
def test_a_required_field_of_a_policy_is_missed(name: str) -> None:
    assert [f"$.{name}"] == places_of(without(a_policy(), name))


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"id": 1}, "$.id"),
        ({"id": ""}, "$.id"),
        ({"id": "x" * 129}, "$.id"),
        ({"id": "a\u0000b"}, "$.id"),
        ({"id": "\ud800"}, "$.id"),
        ({"id": None}, "$.id"),
        ({"plan_version": 0}, "$.plan_version"),
        ({"plan_version": "1"}, "$.plan_version"),
        ({"plan_version": "１２"}, "$.plan_version"),
        ({"plan_version": 1.0}, "$.plan_version"),
        ({"plan_version": float("nan")}, "$.plan_version"),
        ({"plan_version": float("-inf")}, "$.plan_version"),
        ({"plan_version": 10**30}, "$.plan_version"),
        ({"plan_version": 10**300}, "$.plan_version"),
        ({"currency": "cny"}, "$.currency"),
        ({"currency": "XXX"}, "$.currency"),
        ({"currency": ["CNY"]}, "$.currency"),
        ({"valid_from": "2026-01-01"}, "$.valid_from"),
        ({"valid_from": "2026-01-01T00:00:00"}, "$.valid_from"),
        ({"valid_from": "2026-02-30T00:00:00Z"}, "$.valid_from"),
        ({"valid_from": "9999-01-01T00:00:00Z"}, "$.valid_from"),
        ({"valid_from": 1767225600}, "$.valid_from"),
        ({"valid_until": None}, "$.valid_until"),
        ({"rounding": "HALF_UP"}, "$.rounding"),
        ({"rounding": ["half_up"]}, "$.rounding"),
        ({"rounding_scope": "basket"}, "$.rounding_scope"),
        ({"budget": "101%"}, "$.budget"),
        ({"budget": 0.2}, "$.budget"),
        ({"budget": "12.34567%"}, "$.budget"),
        ({"freeze": 7}, "$.freeze"),
        ({"freeze": {"days": -1}}, "$.freeze.days"),
        ({"freeze": {"days": 3661}}, "$.freeze.days"),
        ({"freeze": {"days": 7, "counts_from": "delivered"}}, "$.freeze.counts_from"),
        ({"components": {}}, "$.components"),
        ({"components": []}, "$.components"),
        ({"components": ["upline"]}, "$.components[0]"),
        ({"components": [a_component(buyer_is_level_1=1)]}, "$.components[0].buyer_is_level_1"),
        ({"components": [a_component(buyer_is_level_1="true")]}, "$.components[0].buyer_is_level_1"),
        ({"components": [a_component(qualified_tiers="gold")]}, "$.components[0].qualified_tiers"),
        ({"components": [a_component(qualified_tiers=[""])]}, "$.components[0].qualified_tiers[0]"),
        ({"components": [a_component(base="net")]}, "$.components[0].base"),
        ({"components": [a_component(base={"kind": "profit"})]}, "$.components[0].base"),
        ({"components": [a_component(base={"kind": ["net"]})]}, "$.components[0].base"),
        ({"components": [a_component(base={"kind": "net", "tax": True})]}, "$.components[0].base.tax"),
        ({"components": [a_component(), a_component()]}, "$.components[1].id"),
    ],
)
def test_one_field_is_wrong(fields: dict[str, Any], where: str) -> None:
    assert [where] == places_of(a_plan(**fields))


@pytest.mark.parametrize(
    ("pays", "field"),
    [
        ({"kind": "percent", "rate": "101%"}, ".rate"),
        ({"kind": "percent", "rate": "-1%"}, ".rate"),
        ({"kind": "percent", "rate": "１０%"}, ".rate"),
        ({"kind": "percent", "rate": 10}, ".rate"),
        ({"kind": "percent", "amount": "1.50"}, ".amount"),
        ({"kind": "per_unit", "amount": "1.505"}, ".amount"),
        ({"kind": "per_unit", "amount": "-1.50"}, ".amount"),
        ({"kind": "per_unit", "amount": "-0"}, ".amount"),
        ({"kind": "per_unit", "amount": "1e3"}, ".amount"),
        ({"kind": "per_unit", "amount": "1_000"}, ".amount"),
        ({"kind": "per_unit", "amount": "NaN"}, ".amount"),
        ({"kind": "per_unit", "amount": 1.5}, ".amount"),
        ({"kind": "per_order", "amount": 150}, ".amount"),
        ({"kind": "per_order", "amount": "10000000000000.01"}, ".amount"),
        ({"kind": "per_order", "amount": "9" * 5000}, ".amount"),
        ({"kind": "per_order"}, ".amount"),
        ({"kind": "per_order", "amount_minor": 150, "amount": "1.50"}, ".amount_minor"),
        ({"kind": "FixedPerOrder", "amount": "1.50"}, ""),
        ({"kind": None}, ""),
        ({}, ""),
    ],
)
def test_a_reward_is_wrong(pays: dict[str, Any], field: str) -> None:
    assert f"{RULES}[0].pays{field}" in places_of(a_plan_paying(**pays))


@pytest.mark.parametrize(
    ("match", "where"),
    [
        ({"kind": "brand", "brands": []}, ".brands"),
        ({"kind": "tag", "tags": "new"}, ".tags"),
        ({"kind": "channel", "channels": [1]}, ".channels[0]"),
        ({"kind": "region", "region": "CN/"}, ".region"),
        ({"kind": "buyer_group", "group": "x", "groups": ["x"]}, ".group"),
        ({"kind": "tier"}, ".tiers"),
        ({"kind": "net", "least": 10}, ".least"),
        ({"kind": "net", "least": "10", "below": "10.00"}, ".below"),
        ({"kind": "net", "of": "cart"}, ".of"),
        ({"kind": "units", "least": -1}, ".least"),
        ({"kind": "units", "least": 10**9 + 1}, ".least"),
        ({"kind": "paid", "since": "2026-01-01"}, ".since"),
        ({"kind": "paid", "since": "2026-01-01T00:00:00Z", "until": "2026-01-01T00:00:00Z"}, ".until"),
        ({"kind": "order_number", "least": -1}, ".least"),
        ({"kind": "order_number", "below": 1}, ".below"),
        ({"kind": "order_number", "of": "order"}, ".of"),
        ({"kind": "months_since_first", "below": 0}, ".below"),
        ({"kind": "months_since_first", "least": 10**9 + 1}, ".least"),
        ({"kind": "spent_before", "least": 10}, ".least"),
        ({"kind": "spent_before", "below": "0"}, ".below"),
        ({"kind": "earned_before", "least": 10}, ".least"),
        ({"kind": "earned_before", "least": "1", "below": "1.00"}, ".below"),
        ({"kind": "all_of", "matches": []}, ".matches"),
        ({"kind": "any_of", "matches": [{"kind": "sku", "skus": ["x"]}, {}]}, ".matches[1]"),
        (
            {"kind": "not", "match": {"kind": "not", "match": {"kind": "sku", "skus": [""]}}},
            ".match.match.skus[0]",
        ),
        ({"kind": "none_of", "matches": []}, ""),
    ],
)
def test_a_condition_is_wrong(match: dict[str, Any], where: str) -> None:
    assert [f"{RULES}[0].match{where}"] == places_of(a_plan(components=[a_component(a_rule(match=match))]))


EVERY_LEVEL = without(a_rule(), "levels")


def a_formula(**fields: Any) -> dict[str, Any]:
    return {"kind": "custom", "id": "own", "name": "own", "custom_version": 1} | fields


@pytest.mark.parametrize(
    ("component", "where"),
    [
        (a_component(EVERY_LEVEL), "rules[0].levels"),
        (a_component(choose="last"), "choose"),
        (a_component(EVERY_LEVEL, kind="differential", base={"kind": "residual"}), "base"),
        (a_component(EVERY_LEVEL, kind="differential", subtract="nothing"), "subtract"),
        (a_component(EVERY_LEVEL, kind="differential", same_tier={"id": "x"}), "same_tier.rates"),
        (
            a_component(EVERY_LEVEL, kind="differential", same_tier={"id": "x", "rates": []}),
            "same_tier.rates",
        ),
        (
            a_component(EVERY_LEVEL, kind="differential", same_tier={"id": "sponsor", "rates": ["1%"]}),
            "same_tier.id",
        ),
        (a_component(kind="self_purchase"), "rules[0].levels"),
        (a_component(kind="share"), "rules[0].levels"),
        (a_component(EVERY_LEVEL, kind="share", unqualified="lost"), "unqualified"),
        (a_component(kind="first_order"), "rules[0].levels"),
        (a_component(EVERY_LEVEL, kind="first_order", after_refund="kept"), "after_refund"),
        (a_component(EVERY_LEVEL, kind="first_order", unqualified="lost"), "unqualified"),
        (a_component(EVERY_LEVEL, kind="first_order", base={"kind": "residual"}), "base"),
        (a_component(EVERY_LEVEL, kind="first_order", gift={"kind": "points", "points": 0}), "gift.points"),
        (
            a_component(EVERY_LEVEL, kind="first_order", gift={"kind": "points", "points": 10**13 + 1}),
            "gift.points",
        ),
        (a_component(EVERY_LEVEL, kind="first_order", gift={"kind": "money"}), "gift"),
        (
            a_component(EVERY_LEVEL, kind="first_order", gift={"kind": "coupons", "template": " "}),
            "gift.template",
        ),
        (
            a_component(
                EVERY_LEVEL, kind="first_order", gift={"kind": "coupons", "template": "x", "coupons": 0}
            ),
            "gift.coupons",
        ),
        (a_component(EVERY_LEVEL, kind="self_purchase", base={"kind": "level_below"}), "base"),
        (a_component(kind="region", sharing="in_parts"), "sharing"),
        (a_component(kind="region", base={"kind": "residual"}), "base"),
        (a_formula(rules=[]), "rules"),
        (a_formula(name="x" * 126), "name"),
        (a_formula(custom_version=0), "custom_version"),
        (a_formula(levels=-1), "levels"),
        (a_formula(params=[]), "params"),
        (a_formula(params="tier"), "params"),
        (a_formula(params={"tier": "gold", "rate": 0.5}), "params.rate"),
        (a_formula(params={"tiers": ["gold"]}), "params.tiers"),
        (a_formula(params={"a b": {}}), "params['a b']"),
        (a_formula(params={"tier": "\n"}), "params.tier"),
        (a_formula(params={"": 1}), "params"),
    ],
)
def test_a_component_is_wrong(component: dict[str, Any], where: str) -> None:
    assert [f"$.components[0].{where}"] == places_of(a_plan(components=[component]))


def test_a_first_order_is_not_released_before_it_is_completed() -> None:
    component = a_component(EVERY_LEVEL, kind="first_order")
    tree = a_plan(
        freeze={"days": 7, "counts_from": "paid"}, components=[a_component(), component | {"id": "x"}]
    )

    assert places_of(tree) == ["$.components[1]"]
    assert places_of(tree | {"freeze": {"days": 7}}) == []


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"zone": "Mars/Olympus"}, "$.zone"),
        ({"zone": "../../etc/passwd"}, "$.zone"),
        ({"zone": 8}, "$.zone"),
        ({"currencies": "CNY"}, "$.currencies"),
        ({"currencies": []}, "$.currencies"),
        ({"currencies": ["CNY", "ABC"]}, "$.currencies[1]"),
        ({"currencies": ["CNY", "CNY"]}, "$.currencies[1]"),
        ({"week_start": "mon"}, "$.week_start"),
        ({"week_start": 0}, "$.week_start"),
        ({"days": "24 hours"}, "$.days"),
        ({"days": 24}, "$.days"),
        ({"freeze": {"days": 7}}, "$.freeze"),
    ],
)
def test_a_policy_is_wrong(fields: dict[str, Any], where: str) -> None:
    assert [where] == places_of(a_policy(**fields))


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"currency": "RMB"}, "$.currency"),
        ({"policy_version": 0}, "$.policy_version"),
        ({"policy_version": True}, "$.policy_version"),
        ({"valid_from": "2026-01-01T00:00:00"}, "$.valid_from"),
        ({"cadence": "fortnightly"}, "$.cadence"),
        ({"cadence": {"kind": "every_days", "days": 0, "anchor": "2026-01-01"}}, "$.cadence.days"),
        ({"review": "manual"}, "$.review"),
        ({"minimum": 10}, "$.minimum"),
        ({"minimum": "-0.01"}, "$.minimum"),
        ({"minimum": "0.001"}, "$.minimum"),
        ({"withholding": {"kind": "us_1099"}}, "$.withholding"),
        ({"withholding": {"kind": "custom"}}, "$.withholding.name"),
        ({"withholding": {"kind": "custom", "name": "x", "version": 0}}, "$.withholding.version"),
        ({"withholding": {"kind": "cn_labour"}, "currency": "USD"}, "$.withholding"),
        ({"account_hold_days": 367}, "$.account_hold_days"),
        ({"account_hold_days": -1}, "$.account_hold_days"),
        ({"zone": "Asia/Shanghai"}, "$.zone"),
    ],
)
def test_a_settlement_policy_is_wrong(fields: dict[str, Any], where: str) -> None:
    assert [where] == places_of(a_settlement(**fields))


@pytest.mark.parametrize("name", ["currency", "policy_version", "valid_from", "tiers"])
def test_a_required_field_of_a_tier_policy_is_missed(name: str) -> None:
    assert places_of(without(tiers(), name))[0] == f"$.{name}"


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"currency": "RMB"}, "$.currency"),
        ({"rhythm": "fortnightly"}, "$.rhythm"),
        ({"cadence": "monthly"}, "$.cadence"),
        ({"grace_periods": -1}, "$.grace_periods"),
        ({"falls": "down"}, "$.falls"),
        ({"tiers": []}, "$.tiers"),
        ({"tiers": [a_tier("")]}, "$.tiers[0].name"),
        ({"tiers": [a_tier(kind="head_count", least=3)]}, "$.tiers[0].requires"),
        ({"tiers": [a_tier(kind="team_sales", least=10)]}, "$.tiers[0].requires.least"),
        ({"tiers": [a_tier(kind="team_sales", least="0.00")]}, "$.tiers[0].requires.least"),
        ({"tiers": [a_tier(kind="recruits", count=3)]}, "$.tiers[0].requires.each"),
        ({"tiers": [a_tier(kind="recruits", count=3, each="0")]}, "$.tiers[0].requires.each"),
        ({"tiers": [a_tier(kind="holds_tier", tier="gold")]}, "$.tiers[0].requires.tier"),
        ({"tiers": [a_tier(kind="holds_tier", tier="silver")]}, "$.tiers[0].requires"),
        ({"tiers": [a_tier(kind="all_of", requirements=[])]}, "$.tiers[0].requires.requirements"),
        (
            {"tiers": [a_tier(kind="not", requirement={"kind": "own_sales", "least": "1"})]},
            "$.tiers[0].requires.requirement",
        ),
        ({"tiers": [a_tier("a"), a_tier("b")]}, "$.tiers[0].requires"),
    ],
)
def test_a_tier_policy_is_wrong(fields: dict[str, Any], where: str) -> None:
    assert [where] == places_of(tiers(**fields))


def test_tiers_out_of_reach_are_told_with_all_else() -> None:
    low = a_tier("a", kind="team_sales", least="20")
    tree = tiers(low, a_tier("b"), currency="RMB", falls="down")

    assert places_of(tree) == ["$.falls", "$.currency", "$.tiers[0].requires"]


def test_nothing_is_compared_with_a_tier_that_could_not_be_read() -> None:
    """The stand-in of a broken tier would be met by everybody."""
    low, high = a_tier("a", kind="years", least=3), a_tier("b", kind="years", least="five")

    assert places_of(tiers(low, high)) == ["$.tiers[1].requires.least"]


def test_amounts_are_checked_also_where_the_currency_is_wrong() -> None:
    tree = a_plan_paying(kind="per_unit", amount="1,50") | {"currency": "RMB"}

    assert places_of(tree) == [f"{RULES}[0].pays.amount", "$.currency"]


def test_a_key_that_is_no_word_is_quoted_in_its_path() -> None:
    assert places_of(a_plan(**{"a.b[0]": 1, "\ud800": 2, "k" * 200: 3})) == [
        "$['a.b[0]']",
        "$['\\ud800']",
        "$['" + "k" * 56 + "...]",
    ]


def test_a_warning_is_not_an_error() -> None:
    levels = [a_rule("a", levels=[1, 2, 3])]
    tree = a_plan(budget="20%", components=[a_component(*levels)])

    assert problems_of(tree) == []


def test_no_more_problems_are_reported_than_anybody_reads() -> None:
    many = problems_of(a_plan(components=[1] * (limits.PROBLEMS_MAX + 5), colour="red"))
    just = problems_of(a_plan(components=[1] * limits.PROBLEMS_MAX))

    assert len(many) == len(just) == limits.PROBLEMS_MAX
    assert many[-1].message == "there are more problems than are listed"
    assert just[-1].where == f"$.components[{limits.PROBLEMS_MAX - 1}]"


def test_nothing_wrong_is_nothing_reported() -> None:
    assert (
        problems_of(a_plan())
        == problems_of(a_policy())
        == problems_of(a_settlement())
        == problems_of(tiers())
        == []
    )
