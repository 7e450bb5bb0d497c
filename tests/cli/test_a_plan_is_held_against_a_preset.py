"""What a plan breaks of a preset is shown with its source, and holds it back until another allows it."""

import json
from pathlib import Path
from typing import Any

from tests.cli.shop import AT, MEMBERS, PLAN, POLICY, SALES, Shop, opened

STRICT = POLICY + 'compliance_preset = "cn-strict"\nfee_tiers = ["gold"]\n'
TIERED = PLAN.replace("plan_version = 1", "plan_version = 2").replace(
    "levels = [2]", 'levels = [2], tiers = ["gold", "iron"], match = { kind = "category", category = "tea" }'
)
TIERS = """
document = "tier-policy"
version = 1
policy_version = 1
currency = "CNY"
valid_from = 2026-01-01T00:00:00+08:00
tiers = [{ name = "gold", requires = { kind = "credit", least = 5 } }]
"""
ALLOW = ("--override-reason", "a pilot", "--override-approver", "boss")


def strict(tmp_path: Path) -> Shop:
    """Return a shop with a plan, which was published before the preset was set."""
    shop = opened(tmp_path)
    shop.do("init", "--policy", shop.file("strict.toml", STRICT))
    return shop


def checked(shop: Shop, *more: str, plan: str = TIERED, exit_code: int = 0) -> tuple[dict[str, Any], str]:
    found = shop.run("--format", "json", "plan", "check", shop.file("plan.toml", plan), *more)
    assert found.exit_code == exit_code, found.stderr
    return json.loads(found.stdout), found.stderr


def rules(found: dict[str, Any]) -> list[tuple[str, str, str]]:
    rows = found["compliance"]
    assert isinstance(rows, list)
    return [(row["severity"], row["rule"], row["where"]) for row in rows]


def test_without_a_preset_nothing_is_checked(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    found, said = checked(shop)
    assert "compliance" not in found
    assert said == ""
    assert not shop.database.exists()


def test_a_preset_is_asked_for_without_a_store(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    found, said = checked(shop, "--preset", "cn-strict", exit_code=1)
    assert rules(found) == [("error", "paid_levels_max", "$.components[0].rules[1]")]
    (row,) = found["compliance"]
    assert row["source"].endswith("article 7 (3)")
    assert row["since"] == "2005-11-01"
    assert said == "it breaks 1 rules of the preset\n"
    found, said = checked(shop, "--preset", "cn-common")
    assert (rules(found), said) == ([], "")
    assert not shop.database.exists()


def test_what_rounding_does_is_shown(tmp_path: Path) -> None:
    found, _ = checked(Shop(tmp_path))
    assert found["rounding"] == [
        {
            "component": "levels",
            "rule": rule,
            "rate": rate,
            "per": "line",
            "pays_from": pays_from,
            "loses": loses,
            "gains": gains,
        }
        for rule, rate, pays_from, loses, gains in (
            ("one", "10%", "0.05", "4/10", "5/10"),
            ("two", "5%", "0.10", "9/20", "10/20"),
        )
    ]


def test_in_a_shop_its_preset_tiers_and_goods_count(tmp_path: Path) -> None:
    shop = strict(tmp_path)
    shop.do("tier", "policy", "set", shop.file("tiers.toml", TIERS))
    sales = SALES.replace("sku,", "sku,category,").replace("tea,", "tea,cups,").replace("cup,", "cup,cups,")
    shop.do("import", "members", shop.file("members.csv", MEMBERS))
    shop.do("import", "sales", shop.file("sales.csv", sales))
    found, said = checked(shop, "--in-shop", exit_code=1)
    assert rules(found) == [
        ("error", "paid_levels_max", "$.components[0].rules[1]"),
        ("error", "entry_fee", "$.components[0].rules[1].tiers[0]"),
    ]
    assert said.splitlines() == [
        (
            "warning: plan.toml:$.components[0].rules[1].tiers[1]: the tier policy has no tier 'iron' "
            "(nobody earns it; give it by hand)"
        ),
        (
            "warning: plan.toml:$.components[0].rules[1].match.category: nothing of category 'tea' was ever "
            "sold (look at its spelling)"
        ),
        "it breaks 2 rules of the preset",
    ]
    found, _ = checked(shop, "--in-shop", "--preset", "eu")
    assert rules(found) == [("warning", "entry_fee", "$.components[0].rules[1].tiers[0]")]


def test_a_plan_that_breaks_it_is_refused_until_somebody_else_allows_it(tmp_path: Path) -> None:
    shop = strict(tmp_path)
    file = shop.file("plan.toml", TIERED)
    refused = shop.run("plan", "set", file)
    assert refused.exit_code == 1
    assert "refused: plan_breaks_preset: version 2 of plan mall breaks cn-strict: " in refused.stderr
    own = shop.run("--actor", "boss", "plan", "set", file, *ALLOW)
    assert "refused: own_override: boss publishes plan mall" in own.stderr
    for _ in range(2):
        shop.do("plan", "set", file, *ALLOW)
    shown = json.loads(shop.do("--format", "json", "plan", "show"))
    assert shown["overrides"] == [
        {
            "plan": "mall",
            "plan_version": 2,
            "number": 1,
            "preset": "cn-strict",
            "reason": "a pilot",
            "approver": "boss",
            "actor": "tests",
            "recorded_at": AT,
            "broken": "paid_levels_max@$.components[0].rules[1] entry_fee@$.components[0].rules[1].tiers[0]",
        }
    ]
    assert shop.run("plan", "show", "mall").stderr == "it may break cn-strict: boss allowed it, a pilot\n"
    assert shop.run("plan", "show", "mall", "--plan-version", "1").stderr == ""
    found, said = checked(shop, "--in-shop")
    assert said.endswith("it breaks 2 rules of the preset, which boss allowed\n")
    assert found["overrides"] == shown["overrides"]
    assert shop.run("verify").exit_code == 0


def test_an_override_is_recorded_again_for_another_preset(tmp_path: Path) -> None:
    shop = strict(tmp_path)
    file = shop.file("plan.toml", TIERED)
    shop.do("plan", "set", file, *ALLOW)
    shop.do(
        "--key", "2", "init", "--policy", shop.file("other.toml", STRICT.replace("cn-strict", "cn-common"))
    )
    for _ in range(2):
        shop.do("plan", "set", file, *ALLOW)
    shown = json.loads(shop.do("--format", "json", "plan", "show"))["overrides"]
    assert [(each["number"], each["preset"]) for each in shown] == [(1, "cn-strict"), (2, "cn-common")]


def test_a_reason_has_an_approver_and_the_other_way_round(tmp_path: Path) -> None:
    shop = strict(tmp_path)
    file = shop.file("plan.toml", TIERED)
    for half in (ALLOW[:2], ALLOW[2:]):
        refused = shop.run("plan", "set", file, *half)
        assert refused.exit_code == 2
        assert "--override-reason and --override-approver, or neither" in refused.stderr
    blank = shop.run("plan", "set", file, "--override-reason", " ", *ALLOW[2:])
    assert (blank.exit_code, "override.reason: is empty" in blank.stderr) == (1, True)


def test_what_was_allowed_of_another_plan_or_preset_is_not_allowed_here(tmp_path: Path) -> None:
    shop = strict(tmp_path)
    shop.do("plan", "set", shop.file("plan.toml", TIERED), *ALLOW)
    other = TIERED.replace('"iron"', '"lead"')
    refused, *problems = shop.refused(
        "plan", "check", shop.file("plan.toml", other), "--in-shop"
    ).splitlines()
    assert refused.startswith("refused: plan_exists: version 2 of plan mall is published already")
    assert [each.partition(": ")[0] for each in problems] == [
        "plan.toml:$.plan_version",
        "plan.toml:$.components[0].rules[1]",
        "plan.toml:$.components[0].rules[1].tiers[0]",
    ]
    other = other.replace("plan_version = 2", "plan_version = 3")
    found, said = checked(shop, "--in-shop", plan=other, exit_code=1)
    assert said.endswith("it breaks 2 rules of the preset\n")
    assert "overrides" not in found
    shop.do("init", "--policy", shop.file("common.toml", STRICT.replace("cn-strict", "cn-common")))
    deep = TIERED.replace("plan_version = 2", "plan_version = 3").replace("levels = [2]", "levels = [3]")
    shop.do("plan", "set", shop.file("deep.toml", deep), *ALLOW)
    found, said = checked(shop, "--in-shop", plan=deep, exit_code=0)
    assert "which boss allowed\n" in said
    found, said = checked(shop, "--in-shop", "--preset", "cn-strict", plan=deep, exit_code=1)
    assert "allowed" not in said
    assert "overrides" not in found
