"""Tiers are set, evaluated month by month, and told with what is missing; or given by hand."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.shop import TIERS, Shop, traded

APRIL = "2026-04-05T00:00:00+08:00"
MAY = "2026-05-05T00:00:00+08:00"
CREDITS = "member_id,credit\nann,4\nben,0\nann,4\n"


def judged(folder: Path) -> Shop:
    shop = traded(folder)
    shop.do("tier", "policy", "set", shop.file("tiers.toml", TIERS))
    return shop


def evaluated(folder: Path) -> Shop:
    shop = judged(folder)
    shop.do("tier", "evaluate", "--credits", shop.file("credits.csv", CREDITS), at=APRIL)
    return shop


def test_a_policy_is_checked_set_and_shown(tmp_path: Path) -> None:
    shop = traded(tmp_path)
    file = shop.file("tiers.toml", TIERS)
    (row,) = shop.ask("tier", "policy", "check", file)
    assert (row["policy_version"], row["rhythm"], row["tiers"]) == (1, "monthly", "silver gold")
    assert shop.ask("tier", "policy", "show") == []
    assert shop.ask("tier", "policy", "show", "--policy-version", "1") == []
    shop.do("tier", "policy", "set", file)
    before = shop.dump()
    shop.do("tier", "policy", "set", file)
    assert shop.dump() == before
    assert shop.ask("tier", "policy", "show") == [row]
    shown = shop.ask("tier", "policy", "show", "--policy-version", "1")
    assert shown["tiers"][0]["requires"] == {"kind": "team_sales", "least": "50.00"}
    assert (
        json.loads(shop.do("--format", "jsonl", "tier", "policy", "show", "--policy-version", "1")) == shown
    )
    assert "has no version 7" in shop.refused("tier", "policy", "show", "--policy-version", "7")
    csv = shop.run("--format", "csv", "tier", "policy", "show", "--policy-version", "1")
    assert (csv.exit_code, "no table" in csv.stderr) == (2, True)
    other = shop.file("other.toml", TIERS.replace("grace_periods = 1", "grace_periods = 2"))
    assert "tier_policy_exists" in shop.refused("tier", "policy", "set", other)


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    shop = traded(tmp_path)
    wrong = TIERS.replace('"CNY"', '"RMB"').replace('"50.00"', '"500.00"').replace("least = 3", "least = 0")
    said = shop.refused("tier", "policy", "check", shop.file("tiers.toml", wrong))
    assert "tiers.toml:$.currency" in said
    assert "tiers.toml:$.tiers[1].requires.requirements[2].least: out of range: 0" in said
    shadowed = TIERS.replace("all_of", "any_of").replace('"50.00"', '"500.00"')
    said = shop.refused("tier", "policy", "check", shop.file("tiers.toml", shadowed))
    assert (
        "$.tiers[0].requires: no one can reach silver: whoever meets it meets a higher tier as well" in said
    )


def test_a_month_is_evaluated(tmp_path: Path) -> None:
    shop = judged(tmp_path)
    credits_file = shop.file("credits.csv", CREDITS)
    answer = shop.ask("tier", "evaluate", "--credits", credits_file, at=APRIL)

    assert {
        each["member"]: (each["outcome"], each["held"], each["tier"]) for each in answer["decisions"]
    } == {
        "ann": ("in_grace", "gold", "gold"),
        "cai": ("promoted", "", "silver"),
    }
    ann, cai = answer["decisions"]
    assert (ann["team_sales"], ann["balanced_sales"], ann["credit"], ann["grace_periods"]) == (
        "59.99",
        "0.00",
        4,
        1,
    )
    assert ann["missing"] == "team sales 59.99 of 100.00; recruits (10.00 each) 0 of 2; years 0 of 1"
    assert cai["aim"] == "gold"
    assert cai["missing"].endswith("credit 0 of 3; tier held: none")
    (evaluation,) = answer["evaluations"]
    counts = {name: evaluation[name] for name in ("promoted", "demoted", "kept", "in_grace", "left_alone")}
    assert counts == {"promoted": 1, "demoted": 0, "kept": 1, "in_grace": 1, "left_alone": 0}
    assert (evaluation["period"], evaluation["evaluated_by"]) == ("2026-03", "tests")
    everybody = shop.ask(
        "tier", "evaluate", "--period", "2026-03", "--credits", credits_file, "--all", at=MAY
    )
    assert [each["member"] for each in everybody["decisions"]] == ["ann", "ben", "cai"]
    again = "evaluated_otherwise"
    assert again in shop.refused("tier", "evaluate", "--period", "2026-03", at=MAY)


@pytest.mark.parametrize("label", ["garbage", "2026-13", "2026-Q1", ""])
@pytest.mark.parametrize("begin", [judged, evaluated])
def test_what_names_no_period_is_a_mistake_of_usage(
    tmp_path: Path, begin: Callable[[Path], Shop], label: str
) -> None:
    shop = begin(tmp_path)
    wrong = shop.run("tier", "evaluate", "--period", label, at=MAY)
    assert (wrong.exit_code, "Invalid value for --period" in wrong.stderr) == (2, True)
    assert "not a period" in wrong.stderr or not label
    late = shop.refused("tier", "evaluate", "--period", "2026-07", at=MAY)
    assert "refused" in late


def test_evaluations_follow_one_another_and_are_told(tmp_path: Path) -> None:
    shop = evaluated(tmp_path)
    shop.do("tier", "evaluate", at=MAY)
    assert [each["period"] for each in shop.ask("tier", "show")] == ["2026-03", "2026-04"]
    story = shop.ask("tier", "show", "ann")
    assert [(each["period"], each["outcome"], each["tier"]) for each in story["decisions"]] == [
        ("2026-03", "in_grace", "gold"),
        ("2026-04", "demoted", "silver"),
    ]
    found = [(each["requirement"], each["has"], each["asked"], each["met"]) for each in story["requirements"]]
    assert found == [
        ("team sales", "0.00", "50.00", "no"),
        ("team sales", "0.00", "100.00", "no"),
        ("recruits (10.00 each)", "0", "2", "no"),
        ("years", "0", "1", "no"),
        ("credit", "0", "3", "no"),
        ("tier held", "gold", "silver", "yes"),
        ("years", "0", "below 5", "yes"),
    ]
    assert shop.ask("tier", "show", "eve") == []
    assert "member_unknown" in shop.refused("tier", "show", "zoe")
    assert "tiers_too_early" in shop.refused("tier", "evaluate", at=MAY)
    assert shop.do("verify")


def test_people_and_programs_read_it(tmp_path: Path) -> None:
    shop = evaluated(tmp_path)
    assert "in_grace" in shop.do("tier", "show")
    lines = shop.do("--format", "csv", "tier", "show", "ann").splitlines()
    assert lines[0].startswith("evaluation,period,outcome,held,earned,tier,misses,own_sales")
    first = json.loads(shop.do("--format", "jsonl", "tier", "show").splitlines()[0])
    assert (first["evaluation"], first["promoted"]) == (1, 1)


def test_a_forecast_is_a_dry_run(tmp_path: Path) -> None:
    shop = judged(tmp_path)
    before = shop.dump()
    dry = shop.run("--dry-run", "tier", "evaluate", at=APRIL)
    assert "promoted" in dry.stdout
    assert dry.stderr.endswith("dry run: nothing was changed\n")
    assert shop.dump() == before


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("member_id,credit\nann,-1\nben,1e3\n", ["credits.csv:2:credit", "credits.csv:3:credit"]),
        ("member_id,credit\nann,1\nann,2\n", ["credits.csv:3:member_id: 'ann' stands above with another"]),
        ("member_id,credit\n,1\n", ["credits.csv:2:member_id: is blank"]),
        ("member_id,score\nann,1\n", ["credits.csv:1:score: is not a column", "credits.csv:1:credit"]),
        ("member_id,credit\nann,1000000000000001\n", ["not a credit: '1000000000000001'"]),
        ("member_id,credit\nzoe,1\n", ["member_unknown: zoe is not a member"]),
    ],
)
def test_a_bad_file_of_credits_is_refused_whole(tmp_path: Path, content: str, expected: list[str]) -> None:
    shop = judged(tmp_path)
    said = shop.refused("tier", "evaluate", "--credits", shop.file("credits.csv", content), at=APRIL)
    assert all(each in said for each in expected), said


def test_columns_can_be_ignored(tmp_path: Path) -> None:
    shop = judged(tmp_path)
    path = shop.file("credits.csv", "member_id,credit,name\nann,4,Ann\n")
    shop.do("tier", "evaluate", "--credits", path, "--ignore-columns", "name", at=APRIL)


def test_a_tier_is_given_by_hand(tmp_path: Path) -> None:
    shop = judged(tmp_path)
    (row,) = shop.ask("tier", "set", "eve", "partner", "--valid-from", "2026-03-02T00:00:00Z")
    assert row == {"member": "eve", "tier": "partner", "valid_from": "2026-03-02T00:00:00Z"}
    before = shop.dump()
    shop.do("tier", "set", "eve", "partner", "--valid-from", "2026-03-02T00:00:00Z")
    assert shop.dump() == before
    for name in ("", "partner"):
        shop.do("tier", "set", "eve", name, "--valid-from", "2026-03-02T00:00:00Z")
    assert "partner" in shop.do("tree", "eve")
    assert "nothing_changes" in shop.refused("tier", "set", "ann", "gold")
    assert "member_unknown" in shop.refused("tier", "set", "zoe", "gold")
    answer = shop.ask("tier", "evaluate", at="2026-06-02T00:00:00Z")
    assert {each["member"]: each["outcome"] for each in answer["decisions"]}["eve"] == "left_alone"
