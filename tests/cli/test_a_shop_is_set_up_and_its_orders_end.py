"""init, plan, complete and release."""

import json
import os
import re
from pathlib import Path

import pytest
from tests.cli.shop import AT, PLAN, POLICY, SALES, Shop, opened, traded

from distcore.codec import Media, load_plan
from distcore_cli.main import STORE_VARIABLE


def test_init_makes_a_store_that_only_its_owner_reads(tmp_path: Path) -> None:
    shop = Shop(tmp_path)

    made = json.loads(shop.do("--format", "json", "init"))

    assert made == [
        {
            "store": shop.store,
            "shop": "default",
            "zone": "UTC",
            "currencies": "CNY EUR USD",
            "week_start": "monday",
            "days": "calendar",
        }
    ]
    assert shop.database.stat().st_mode & 0o077 == 0


def test_init_again_keeps_the_policy_unless_another_is_given(tmp_path: Path) -> None:
    shop = opened(tmp_path)
    before = shop.dump()

    assert "Asia/Shanghai" in shop.do("init")
    assert shop.dump() == before

    changed = shop.file("changed.toml", POLICY.replace("Asia/Shanghai", "UTC"))
    assert "UTC" in shop.do("init", "--policy", changed)
    assert "Asia/Shanghai" in shop.do("init", "--policy", shop.file("policy.toml", POLICY))
    assert "Asia/Shanghai" in shop.do("init")


def test_a_password_is_not_shown(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.store = "postgresql://shop:canary@127.0.0.1:1/mall"

    shown = shop.run("--dry-run", "init")

    assert "canary" not in shown.output


def test_the_store_may_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = opened(tmp_path)
    monkeypatch.setenv(STORE_VARIABLE, shop.store)

    assert shop.run_plainly("plan", "show").exit_code == 0


def test_the_store_is_a_file_in_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(STORE_VARIABLE, raising=False)

    done = Shop(tmp_path).run_plainly("init")

    assert done.exit_code == 0
    assert [each.name for each in tmp_path.iterdir()] == ["distcore.db"]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"10%"', '"110%"', "$.components[0].rules[0].pays.rate"),
        ("freeze", "frieze", "$.frieze"),
        ('"upline"', '"zzz"', "$.components[0]: unknown kind 'zzz'"),
        ("2026-01-01T00:00:00+08:00", "2026-01-01T00:00:00", "$.valid_from"),
        ("[[components]]", "[[components", "line 10, column 13: not TOML"),
    ],
)
def test_a_bad_plan_is_refused_with_paths(tmp_path: Path, old: str, new: str, says: str) -> None:
    shop = opened(tmp_path)
    path = shop.file("bad.toml", PLAN.replace(old, new))

    for verb in ("check", "set"):
        refused = shop.run("plan", verb, path)
        assert (refused.exit_code, refused.stdout) == (1, "")
        assert refused.stderr.startswith(f"bad.toml:{says}"), refused.stderr


def test_what_is_doubtful_is_said_and_does_not_stop(tmp_path: Path) -> None:
    shop = Shop(tmp_path)

    checked = shop.run("plan", "check", shop.file("tight.toml", 'budget = "12%"\n' + PLAN))

    assert checked.exit_code == 0
    assert checked.stderr.startswith("warning: tight.toml:$.budget: ")
    assert "12%" in checked.stdout
    cut = 'budget = "12%"\nbudget_cut = "from_the_top"\n'
    assert "12% from_the_top" in shop.do("plan", "check", shop.file("cut.toml", cut + PLAN))


def test_check_needs_no_store(tmp_path: Path) -> None:
    shop = Shop(tmp_path)

    assert "mall" in shop.do("plan", "check", shop.file("plan.toml", PLAN))
    assert not shop.database.exists()


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("plan.yaml", PLAN, "neither TOML nor JSON"),
        ("plan.toml", "x" * 1_000_001, "plan.toml"),
        ("plan.json", '{"document": "commission-plan", "document": "twice"}', "plan.json"),
    ],
)
def test_a_file_that_is_no_document_is_refused(tmp_path: Path, name: str, content: str, says: str) -> None:
    shop = Shop(tmp_path)

    refused = shop.run("plan", "check", shop.file(name, content))

    assert refused.exit_code == 1
    assert says in refused.stderr


def test_a_plan_is_shown_as_a_document_that_loads_again(tmp_path: Path) -> None:
    shop = opened(tmp_path)
    raised = PLAN.replace("plan_version = 1", "plan_version = 2").replace('"10%"', '"12%"')
    shop.do("plan", "set", shop.file("raised.toml", raised))

    first = load_plan(shop.do("plan", "show", "mall", "--plan-version", "1").encode(), Media.JSON)
    last = load_plan(shop.do("plan", "show", "mall").encode(), Media.JSON)

    assert (first, last) == tuple(load_plan(each.encode(), Media.TOML) for each in (PLAN, raised))
    assert [line.split()[1] for line in shop.do("plan", "show").splitlines()[2:]] == ["1", "2"]
    assert shop.run("plan", "show", "other").exit_code == 1


def test_a_plan_is_published_once_and_changed_by_a_new_version(tmp_path: Path) -> None:
    shop = opened(tmp_path)
    before = shop.dump()

    shop.do("plan", "set", shop.file("plan.toml", PLAN))
    changed = shop.run("plan", "set", shop.file("changed.toml", PLAN.replace('"10%"', '"12%"')))

    assert changed.exit_code == 1
    assert changed.stderr.startswith("refused: plan_exists")
    assert shop.dump() == before


def test_orders_are_completed_one_by_one(tmp_path: Path) -> None:
    shop = traded(tmp_path)

    partly = shop.run("complete", "o2", "o9", "o1", "--completed-at", "2026-05-01T00:00:00Z")

    assert partly.exit_code == 1
    assert partly.stdout.splitlines()[-1].split() == ["complete", "1", "0", "2", "2"]
    assert sorted(line.split(": ")[:2] for line in partly.stderr.splitlines()) == [
        ["o1", "completed_already"],
        ["o9", "sale_unknown"],
    ]
    assert "freeze over at 2026-05-08T00:00:00Z" in shop.do("explain", "o2")


def test_a_completion_is_of_the_instant_of_the_command_unless_it_says_so(tmp_path: Path) -> None:
    shop = traded(tmp_path)

    shop.do("complete", "o2")
    again = shop.do("complete", "o2")

    assert again.splitlines()[-1].split() == ["complete", "0", "1", "0", "0"]
    assert "freeze over at 2026-06-08T00:00:00Z" in shop.do("explain", "o2")


def test_release_counts_orders_and_again_what_came_since(tmp_path: Path) -> None:
    shop = traded(tmp_path)

    first, again = shop.do("release"), shop.do("release")
    completed = "2026-03-05T10:00:00+08:00"
    late = SALES.replace("o1,", "late,").replace("o2,", "open,")
    assert completed in late
    shop.do("import", "sales", shop.file("late.csv", late))
    since = shop.do("release")

    assert [each.splitlines()[-1].split() for each in (first, again, since)] == [
        [AT, "1", "0"],
        [AT, "0", "0"],
        [AT, "1", "0"],
    ]


def test_release_under_a_key_is_done_once(tmp_path: Path) -> None:
    shop = traded(tmp_path)

    first, again = shop.do("--key", "june", "release"), shop.do("--key", "june", "release")

    assert first.splitlines()[-1].split() == [AT, "1", "0"]
    assert again == first


def test_what_was_completed_before_says_when(tmp_path: Path) -> None:
    shop = traded(tmp_path)

    refused = shop.run("complete", "o1", "--completed-at", "2026-05-01T00:00:00Z")

    assert refused.exit_code == 1
    assert "o1 was completed at 2026-03-05T02:00:00Z already" in refused.stderr


def test_a_new_shop_says_what_it_got_without_a_policy(tmp_path: Path) -> None:
    shop = Shop(tmp_path)

    first, again = shop.run("init"), shop.run("init")

    assert (
        "shop default is new, and no --policy was given: zone UTC, currencies CNY, EUR, USD" in first.stderr
    )
    assert again.stderr == ""


def test_a_version_that_was_not_published_names_those_that_were(tmp_path: Path) -> None:
    refused = opened(tmp_path).run("plan", "show", "mall", "--plan-version", "9")

    assert refused.exit_code == 1
    assert refused.stderr == "--plan-version: mall has no version 9 (published are 1)\n"


def test_a_plan_is_shown_in_the_format_that_is_asked_for(tmp_path: Path) -> None:
    shop = opened(tmp_path)

    (line,) = shop.do("--format", "jsonl", "plan", "show", "mall").splitlines()
    no_table = shop.run("--format", "csv", "plan", "show", "mall")

    assert load_plan(line.encode(), Media.JSON) == load_plan(PLAN.encode(), Media.TOML)
    assert (no_table.exit_code, no_table.stdout) == (2, "")


def test_a_document_that_is_no_plain_file_is_refused(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    os.mkfifo(tmp_path / "plan.toml")

    refused = shop.run("plan", "check", str(tmp_path / "plan.toml"))

    assert refused.exit_code == 1
    assert refused.stderr == "plan.toml: is not a plain file (save it as one first)\n"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('id = "mall"', "id = 2026-01-01", "not a text: 2026-01-01 "),
        (
            "2026-01-01T00:00:00+08:00",
            "2026-01-01T00:00:00",
            "a time without an offset: 2026-01-01T00:00:00 ",
        ),
        ("days = 7", "days = " + "9" * 5_000, "a number of too many digits"),
    ],
)
def test_what_is_wrong_is_said_as_it_was_written(tmp_path: Path, old: str, new: str, says: str) -> None:
    refused = Shop(tmp_path).run("plan", "check", Shop(tmp_path).file("plan.toml", PLAN.replace(old, new)))

    assert refused.exit_code == 1
    assert says in refused.stderr
    assert not re.search(r"datetime\.|sys\.", refused.stderr)


def test_a_checked_plan_says_what_it_can_cost(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    path = shop.file("plan.toml", PLAN)

    answer = json.loads(shop.do("--format", "json", "plan", "check", path))
    shown = json.loads(shop.do("--format", "json", "plan", "check", path, "--witness"))

    assert [(each["scope"], each["at_most"], each["is_exact"]) for each in answer["worst_case"]] == [
        ("line", "15%", "yes"),
        ("period", "15%", "yes"),
    ]
    assert [(each["level"], each["share"]) for each in answer["worst_case_parts"]] == [(1, "10%"), (2, "5%")]
    assert [each["member"] for each in shown["witness_seats"]][:3] == ["buyer", "sponsor 1", "sponsor 2"]
    assert len(shown["witness_lines"]) == 1


def test_a_plan_that_pays_by_a_formula_is_checked_and_not_published(tmp_path: Path) -> None:
    shop = opened(tmp_path)
    before, _, _ = PLAN.partition("[[components]]")
    own = '[[components]]\nkind = "custom"\nid = "own"\nname = "own"\ncustom_version = 1\n'
    path = shop.file("own.toml", before.replace("plan_version = 1", "plan_version = 2") + own)

    worst = json.loads(shop.do("--format", "json", "plan", "check", path))["worst_case"]

    assert {(each["at_most"], each["why"], each["rule"]) for each in worst} == {
        ("unbounded", "formula", "own v1")
    }
    assert {each["is_exact"] for each in worst} == {None}
    assert "formula_unknown" in shop.refused("plan", "set", path)


def test_a_witness_names_its_agents(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    path = shop.file("plan.toml", PLAN.replace('kind = "upline"', 'kind = "region"\nsharing = "shared"'))

    shown = json.loads(shop.do("--format", "json", "plan", "check", path, "--witness"))

    names = ("above", "times", "place", "to_place", "member")
    seats = [tuple(each[name] for name in names) for each in shown["witness_seats"]]
    assert [seat for seat in seats if seat[0] == "agent"] == [("agent", 2, 1, 2, "agent 001")]
    assert [each["region"] for each in shown["witness_order"]] == ["0/0"]


def test_what_is_alike_is_one_row(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    every_level = PLAN.replace('kind = "upline"', 'kind = "region"\nsharing = "shared"').replace(
        "levels = [1], ", ""
    )
    path = shop.file("plan.toml", every_level)

    result = shop.run("--format", "json", "plan", "check", path, "--witness")
    shown = json.loads(result.stdout)

    names = ("times", "level", "to_level", "share")
    assert [tuple(each[name] for name in names) for each in shown["worst_case_parts"]] == [(64, 1, 64, "10%")]
    agents = [each for each in shown["witness_seats"] if each["above"] == "agent"]
    assert [(each["times"], each["place"], each["to_place"]) for each in agents] == [(64, 1, 64)]
    assert [each["region"] for each in shown["witness_order"]] == ["0/0/0/… (64)"]
    assert "$.components: one line may be paid 640% of what it sells for" in result.stderr


def test_nobody_shows_a_plan_that_pays_nothing(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    path = shop.file("plan.toml", PLAN.replace('"10%"', '"0%"').replace('"5%"', '"0%"'))

    shown = json.loads(shop.do("--format", "json", "plan", "check", path, "--witness"))

    assert {each["at_most"] for each in shown["worst_case"]} == {"0%"}
    assert (shown["worst_case_parts"], "witness_order" in shown) == ([], False)


def test_a_plan_without_a_bound_says_why(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    plan = PLAN.replace('{ kind = "percent", rate = "5%" }', '{ kind = "per_unit", amount = "2.00" }')

    answer = json.loads(shop.do("--format", "json", "plan", "check", shop.file("plan.toml", plan)))

    assert [(each["at_most"], each["why"], each["rule"]) for each in answer["worst_case"]] == [
        ("unbounded", "per_unit", "two")
    ] * 2
