"""A month of a plan is accrued, accrued again after a refund, and told: to people and to programs."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.cli.shop import JULY, MEMBERS, PLAN, POLICY, REFUNDS, SETTLEMENT, Shop, with_members

from distcore.kernel import limits

MONTHLY = (
    PLAN.replace("plan_version = 1", "plan_version = 2")
    + """
[[period_components]]
kind = "ladder"
id = "teams"
volume = "team"
subtract_legs = true
brackets = [{ from = "0", rate = "1%" }, { from = "100.00", rate = "3%" }]

[[period_components]]
kind = "pool"
id = "partners"
share = "1%"
weights = { kind = "by_tier", tiers = [{ tier = "gold", weight = 1 }] }

[[period_components]]
kind = "matching"
id = "match"
of = ["levels"]
rates = ["10%"]
budget = "0.01%"
"""
)

SALES = """order_id,line_id,buyer_id,sku,units,net,currency,paid_at
o1,1,cai,tea,2,100.00,CNY,2026-03-01T10:00:00+08:00
o1,2,ben,cup,1,0.00,CNY,2026-03-01T10:00:00+08:00
o2,1,eve,tea,1,40.00,CNY,2026-03-31T10:00:00Z
""".replace("o1,2,ben", "o1,2,cai")

NOT_POSTED = (
    "left out: period 2026-03, not_posted: nothing was posted of it yet that it could be compared with\n"
)
NOT_WHOLE = (
    "left out: period 2026-03, not_whole: it has not ended, or some of its sales are not asked about\n"
)

APRIL = "2026-04-20T00:00:00+08:00"


def monthly(folder: Path) -> Shop:
    shop = with_members(folder)
    shop.do("plan", "set", shop.file("monthly.toml", MONTHLY))
    shop.do("import", "sales", shop.file("sales.csv", SALES))
    return shop


def test_a_month_is_accrued(tmp_path: Path) -> None:
    shop = monthly(tmp_path)
    answer = shop.ask("period", "accrue", "--facts", at=APRIL)
    assert [(each["payee"], each["component"], each["amount"]) for each in answer["facts"]] == [
        ("ann", "match", "0.01"),
        ("ann", "partners", "1.40"),
        ("ann", "teams", "0.80"),
        ("cai", "teams", "1.00"),
        ("eve", "teams", "0.40"),
    ]
    assert [(each["component"], each["paid"], each["budget"]) for each in answer["totals"]] == [
        ("teams", "2.20", None),
        ("partners", "1.40", None),
        ("match", "0.01", "0.01"),
    ]
    (run,) = answer["periods"]
    assert (run["run"], run["period"], run["plan_version"]) == (1, "2026-03", 2)
    assert "period_too_early" in shop.refused("period", "accrue", at=APRIL)


def test_the_first_month_is_the_last_one_that_is_due(tmp_path: Path) -> None:
    shop = monthly(tmp_path)
    (run,) = shop.ask("--dry-run", "period", "accrue", at="2026-05-01T00:00:00+08:00")["periods"]
    assert run["period"] == "2026-03", "April is over, and its freeze is not"
    (run,) = shop.ask("--dry-run", "period", "accrue", at="2026-05-08T00:00:00+08:00")["periods"]
    assert run["period"] == "2026-04"
    assert "2026-01 can be accrued" in shop.refused("period", "accrue", at="2026-02-01T00:00:00+08:00")


def test_again_it_posts_what_has_changed(tmp_path: Path) -> None:
    shop = monthly(tmp_path)
    shop.do("period", "accrue", at=APRIL)
    shop.do("import", "refunds", shop.file("refunds.csv", REFUNDS), at=APRIL)
    before = shop.dump()
    dry = shop.run("--dry-run", "period", "accrue", "--period", "2026-03", at=APRIL)
    assert (dry.stderr.endswith("dry run: nothing was changed\n"), shop.dump()) == (True, before)
    shop.do("period", "accrue", "--period", "2026-03", at=APRIL)
    told = shop.do("period", "accrue", "--period", "2026-03", at=APRIL)
    assert told.endswith("nothing has changed about 2026-03 since it was accrued\n")
    assert [each["period"] for each in shop.ask("period", "show")] == ["2026-03"]
    assert shop.ask("period", "show", "--currency", "JPY") == []
    shown = shop.ask("period", "show", "2026-03", "--facts")
    assert [(each["posting"], each["net"], each["paid"]) for each in shown["postings"]] == [
        (0, "140.00", "3.61"),
        (1, "90.00", "1.81"),
    ]
    assert [each["amount"] for each in shown["facts"] if each["payee"] == "cai"] == ["1.00", "-0.50"]
    assert list(shop.ask("period", "show", "2026-03")) == ["postings", "totals"]
    assert shop.do("verify")


def test_it_is_said_why(tmp_path: Path) -> None:
    shop = monthly(tmp_path)
    shop.do("period", "accrue", at=APRIL)
    told = shop.do("period", "explain", "2026-03", "ann")
    assert "ann gets 0.80 CNY by teams for 2026-03; bought 0.00 CNY, the team 140.00, 140.00 count;" in told
    assert "3% of 40.00 CNY; less 1.40 CNY that the legs reach" in told
    assert "1 of 1 parts of a pool of 1.40 CNY" in told
    assert "shrunk from 1.00: 1.00 were asked of a budget of 0.01 CNY" in told
    assert "ann 因 2026-03 的 teams 得 0.80 CNY" in shop.do(
        "period", "explain", "2026-03", "ann", "--language", "zh"
    )
    answer = shop.ask("period", "explain", "2026-03", "ann", "--lines")
    assert [(each["component"], each["amount"], each["to_post"]) for each in answer["shares"]] == [
        ("teams", "0.80", "0.00"),
        ("partners", "1.40", "0.00"),
        ("match", "0.01", "0.00"),
    ]
    assert [(each["order"], each["net"], each["own"]) for each in answer["lines"]] == [
        ("o1", "100.00", "no"),
        ("o2", "40.00", "no"),
    ]
    assert [tuple(each.values()) for each in answer["bases"]] == [
        ("teams", "team_lines", "distcore period lines 2026-03 ann --component teams"),
        ("partners", "all_lines", "distcore period lines 2026-03 ann --component partners"),
        ("match", "matched", "distcore period lines 2026-03 ann --component match"),
    ]
    told = shop.do("period", "explain", "2026-03", "ann", "--lines")
    assert ("o2" in told, "all_lines" in told) == (True, True)


def test_a_member_is_told_whom_to_ask_about_a_period(tmp_path: Path) -> None:
    shop = monthly(tmp_path)
    assert shop.ask("explain", "member", "ann", "2026-03", at=APRIL)["periods"] == []
    shop.do("period", "accrue", at=APRIL)
    (run,) = shop.ask("explain", "member", "ann", "2026-Q1", at=APRIL)["periods"]
    assert (run["period"], run["currency"], run["plan"], run["plan_version"]) == ("2026-03", "CNY", "mall", 2)
    last = shop.do("explain", "member", "cai", "2026-03", at=APRIL).splitlines()[-1]
    told, command = last.split(": distcore ")
    assert told == "what period 2026-03 is worth in CNY, or why nothing"
    assert "cai gets nothing by partners" in shop.do(*command.split(), at=APRIL)


def test_only_lines_that_a_ladder_counts_are_listed_with_it(tmp_path: Path) -> None:
    """Of a ladder of own volumes the own ones; a pool has no lines of anybody."""
    shop = monthly(tmp_path)
    own = MONTHLY.replace("plan_version = 2", "plan_version = 3").replace('volume = "team"', 'volume = "own"')
    shop.do("plan", "set", shop.file("own.toml", own.replace("subtract_legs = true", "")))
    shop.do("period", "accrue", at=APRIL)
    cai = shop.ask("period", "explain", "2026-03", "cai", "--lines")
    assert [(each["order"], each["own"]) for each in cai["lines"]] == [("o1", "yes")]
    assert shop.ask("period", "explain", "2026-03", "ann", "--lines")["lines"] == []
    pool = MONTHLY[MONTHLY.index('[[period_components]]\nkind = "pool"') :].split("[[period", 2)[1]
    alone = PLAN.replace("plan_version = 1", "plan_version = 4") + "[[period" + pool
    shop.do("plan", "set", shop.file("pool.toml", alone))
    shop.do("period", "accrue", at=MAY)
    april = shop.ask("period", "explain", "2026-04", "ann", "--lines")
    assert (april["lines"], [each["rests_on"] for each in april["bases"]]) == ([], ["all_lines"])


def lines_of(shop: Shop, *asked: str) -> list[tuple[Any, ...]]:
    return [(x["order"], x["net"], x["own"]) for x in shop.ask("period", "lines", "2026-03", *asked)]


def test_the_basis_of_each_component_lists_its_lines(tmp_path: Path) -> None:
    """Of the pool all that the period sold, whoever asks; of a matching what it matches of each line."""
    shop = monthly(tmp_path)
    guest = SALES.splitlines()[0] + "\no3,1,guest,cup,1,7.00,CNY,2026-03-02T10:00:00+08:00\n"
    shop.do("import", "sales", shop.file("guest.csv", guest))
    shop.do("period", "accrue", at=APRIL)
    everything = [("o1", "100.00", "no"), ("o2", "40.00", "no"), ("o3", "7.00", "no")]
    assert lines_of(shop) == everything
    assert lines_of(shop, "ann") == lines_of(shop, "ann", "--component", "teams") == everything[:2]
    assert lines_of(shop, "ann", "--component", "partners") == everything
    assert lines_of(shop, "eve", "--component", "partners")[1] == ("o2", "40.00", "yes")
    matched = shop.ask("period", "lines", "2026-03", "ann", "--component", "match")
    assert matched == [
        {
            "generation": 1,
            "earner": "ben",
            "component": "levels",
            "order": "o1",
            "line": "1",
            "sku": "tea",
            "amount": "10.00",
        }
    ]
    share = next(
        x for x in shop.ask("period", "explain", "2026-03", "ann")["shares"] if x["component"] == "match"
    )
    assert "10% of 10.00 CNY that generation 1 earned" in share["because"]


def test_lines_are_written_one_by_one_where_they_can_be(tmp_path: Path) -> None:
    shop = monthly(tmp_path)
    shop.do("period", "accrue", at=APRIL)
    in_lines = shop.do("--format", "jsonl", "period", "lines", "2026-03").splitlines()
    assert [json.loads(each) for each in in_lines] == shop.ask("period", "lines", "2026-03")
    in_csv = shop.do("--format", "csv", "period", "lines", "2026-03").splitlines()
    assert in_csv == [
        "order,line,sku,buyer,paid_at,net,own",
        "o1,1,tea,cai,2026-03-01T02:00:00Z,100.00,no",
        "o2,1,tea,eve,2026-03-31T10:00:00Z,40.00,no",
    ]
    assert shop.do("period", "lines", "2026-03").count("\n") == 4


def test_what_is_asked_of_lines_makes_sense(tmp_path: Path) -> None:
    shop = monthly(tmp_path)
    assert "period_not_accrued" in shop.refused("period", "lines", "2026-03")
    shop.do("period", "accrue", at=APRIL)
    assert shop.run("period", "lines", "2026-03", "--component", "teams").exit_code == 2
    said = "--component: the plan has no component levels for periods (it has teams, partners, match)\n"
    assert shop.refused("period", "lines", "2026-03", "ann", "--component", "levels") == said


def test_it_is_said_why_not(tmp_path: Path) -> None:
    shop = monthly(tmp_path)
    shop.do("period", "accrue", at=APRIL)
    told = shop.do("period", "explain", "2026-03", "dan")
    assert told.splitlines() == [
        "dan gets nothing by teams for 2026-03: was suspended when the period ended",
        "dan gets nothing by partners for 2026-03: was suspended when the period ended",
        "dan gets nothing by match for 2026-03: was suspended when the period ended",
    ]
    nobody = shop.ask("period", "explain", "2026-03", "zoe")
    assert {each["reason"] for each in nobody["shares"]} == {"no_member"}
    assert "period_not_accrued" in shop.refused("period", "explain", "2026-02", "ann")


def test_the_currency_is_named_where_there_is_a_choice(tmp_path: Path) -> None:
    shop = with_members(tmp_path)
    bare = shop.run("period", "accrue", at=APRIL)
    assert (bare.exit_code, "are in none" in bare.stderr) == (2, True)
    assert "no_period_components" in shop.refused("period", "accrue", "--currency", "CNY", at=APRIL)


def test_what_bounds_it_is_said(tmp_path: Path) -> None:
    shop = monthly(tmp_path)
    unbounded = MONTHLY.replace("subtract_legs = true", "").replace('budget = "0.01%"', "")
    checked = shop.ask("plan", "check", shop.file("unbounded.toml", unbounded))
    assert [tuple(each.values()) for each in checked["worst_case_periods"]] == [
        ("teams", "unbounded", None, None, "no", "everybody_above"),
        ("partners", "1%", "yes", None, "yes", None),
        ("match", "1.5%", "yes", None, "no", None),
    ]
    assert [tuple(each.values())[:7] for each in checked["worst_case"]] == [
        ("line", "15%", "yes", None, "no", None, None),
        ("orders", "15%", "yes", None, "no", None, None),
        ("period", "unbounded", None, None, "no", "everybody_above", "teams"),
    ]
    assert [tuple(each.values()) for each in checked["worst_case_unbounded"]] == [
        ("everybody_above", "teams", None)
    ]


def test_what_was_shown_is_told_where_it_is_not_all(tmp_path: Path) -> None:
    """A team of two legs takes more than one order."""
    shop = monthly(tmp_path)
    balanced = MONTHLY.replace('"team"\nsubtract_legs = true', '"balanced"\nbudget = "5%"')
    checked = shop.ask("plan", "check", shop.file("balanced.toml", balanced))
    teams, *_ = checked["worst_case_periods"]
    assert (teams["is_exact"], teams["shown"], teams["is_budget"]) == ("no", "2.9999%", "yes")
    period = checked["worst_case"][-1]
    assert (period["is_exact"], period["shown"]) == ("no", "19.0099%")


def test_a_period_is_its_orders_and_its_components(tmp_path: Path) -> None:
    shop = monthly(tmp_path)
    bounded = MONTHLY.replace('budget = "0.01%"', "")
    checked = shop.ask("plan", "check", shop.file("bounded.toml", bounded), "--witness")
    assert [tuple(each.values())[:3] for each in checked["worst_case"]] == [
        ("line", "15%", "yes"),
        ("orders", "15%", "yes"),
        ("period", "20.5%", "yes"),
    ]
    assert "worst_case_unbounded" not in checked
    (order,) = checked["witness_order"]
    assert (order["net"], order["paid"], order["paid_by_period"]) == (
        "10000000000.00",
        "1500000000.00",
        "549999998.00",
    )


STEPWISE = """
[[period_components]]
kind = "ladder"
id = "steps"
how = "stepwise"
brackets = [{ from = "0", rate = "1%" }, { from = "1000", rate = "4%" }]

[[period_components]]
kind = "pool"
id = "pool"
share = "2%"
weights = { kind = "by_points" }
own_least = "50"
"""


def test_a_witness_has_small_orders_and_points_where_it_takes_them(tmp_path: Path) -> None:
    shop = monthly(tmp_path)
    lines, *_ = MONTHLY.partition("[[period_components]]")
    checked = shop.ask("plan", "check", shop.file("steps.toml", lines + STEPWISE), "--witness")
    assert [tuple(each.values())[:3] for each in checked["worst_case"]][-1] == ("period", "21%", "yes")
    small = [tuple(each.values()) for each in checked["witness_small_orders"]]
    assert ("before", "buyer", "1000.00") in small
    points = {each["member"]: each["points"] for each in checked["witness_points"]}
    assert points["buyer"] == 1


def test_a_month_is_simulated_as_it_is_accrued(tmp_path: Path) -> None:
    shop = monthly(tmp_path)
    plan = str(shop.folder / "monthly.toml")
    files = ("--members", shop.file("m.csv", MEMBERS), "--sales", str(shop.folder / "sales.csv"))
    of_files = shop.ask("simulate", plan, *files)
    early = shop.run("--format", "json", "simulate", plan, at=APRIL)
    shop.do("period", "accrue", at=APRIL)
    posted = shop.ask("simulate", plan, at=APRIL)
    unended = shop.run("simulate", plan, "--alone", at="2026-03-31T00:00:00+08:00")

    def by(told: dict[str, Any], what: str) -> list[tuple[Any, ...]]:
        rows = (tuple(row[name] for name in ("value", "cost", "baseline")) for row in told["costs"])
        return [row for row, each in zip(rows, told["costs"], strict=True) if each["by"] == what]

    assert by(posted, "component") == [
        ("levels", "17.00", "17.00"),
        ("match", "0.01", "0.01"),
        ("partners", "1.40", "1.40"),
        ("teams", "2.20", "2.20"),
    ]
    assert by(posted, "month") == [("2026-03", "20.61", "20.61")]
    assert by(posted, "level")[0] == (0, "3.61", "3.61")
    assert "omitted_periods" not in posted
    assert by(of_files, "component") == [(name, cost, None) for name, cost, _ in by(posted, "component")]
    assert (early.exit_code, early.stderr) == (0, NOT_POSTED)
    told = json.loads(early.stdout)
    assert told["omitted_periods"] == [{"reason": "not_posted", "period": "2026-03"}]
    assert by(told, "component") == [("levels", "17.00", "17.00")]
    assert (unended.exit_code, unended.stderr) == (0, NOT_WHOLE)
    assert unended.stdout.splitlines()[-4:] == [
        "omitted_periods",
        "reason      period",
        "───────────────────",
        "not_whole   2026-03",
    ]


def test_earnings_have_it_in_its_month(tmp_path: Path) -> None:
    shop = monthly(tmp_path)
    shop.do("plan", "set", shop.file("yearly.toml", _yearly(MONTHLY)))
    shop.do("period", "accrue", "--period", "2026", at="2027-02-01T00:00:00+08:00")
    found = shop.ask("earnings", "--payee", "cai", at="2027-02-01T00:00:00+08:00")
    assert [(each["period"], each["released"]) for each in found] == [("2026-12", "1.00")]


def _yearly(plan: str) -> str:
    return plan.replace("plan_version = 2", "plan_version = 3").replace(
        "freeze = { days = 7 }", 'freeze = { days = 7 }\nperiod_cadence = "yearly"'
    )


def _weekly(since: str) -> str:
    """Return a version by the week."""
    return (
        MONTHLY.replace("plan_version = 2", "plan_version = 3")
        .replace("2026-01-01T00:00:00+08:00", since)
        .replace("freeze = { days = 7 }", 'freeze = { days = 7 }\nperiod_cadence = "weekly"')
    )


def test_another_cadence_begins_where_a_month_ends(tmp_path: Path) -> None:
    """What is refused names the file, and the next instant at which it may begin."""
    shop = monthly(tmp_path)
    weekly = shop.file("weekly.toml", _weekly("2026-03-15T00:00:00+08:00"))
    said = (
        "weekly.toml:$.valid_from: period_cadence would change at 2026-03-15T00:00:00+08:00, inside 2026-03 "
        "of version 2 of mall (it may begin at 2026-04-01T00:00:00+08:00)\n"
    )
    assert shop.refused("plan", "set", weekly) == said
    assert shop.refused("plan", "check", weekly, "--in-shop") == said
    shop.do("plan", "check", weekly)
    april = shop.file("weekly.toml", _weekly("2026-04-01T00:00:00+08:00"))
    shop.do("plan", "check", april, "--in-shop")
    assert [each["plan_version"] for each in shop.ask("plan", "set", april)] == [3]


def test_a_part_of_a_month_that_nobody_pays_is_said(tmp_path: Path) -> None:
    shop = with_members(tmp_path)
    until = "\nvalid_until = 2026-03-10T00:00:00+08:00"
    ended = shop.file("ended.toml", MONTHLY.replace("plan_version = 2", f"plan_version = 2{until}"))
    said = "warning: ended.toml:$.valid_until: version 2 of mall makes way at 2026-03-10T00:00:00+08:00"
    for command in (("check", ended, "--in-shop"), ("set", ended)):
        assert said in shop.run("plan", *command).stderr


MAY = "2026-05-20T00:00:00+08:00"
JULY_2 = "2026-07-02T00:00:00+08:00"
JUNE = "2026-06-20T00:00:00+08:00"


def two_months(folder: Path) -> Shop:
    """Return a shop whose March changed after it was accrued, and whose April did not."""
    shop = monthly(folder)
    shop.do("period", "accrue", at=APRIL)
    shop.do("period", "accrue", at=MAY)
    shop.do("import", "refunds", shop.file("refunds.csv", REFUNDS), at=JUNE)
    return shop


def test_what_changed_since_it_was_accrued_is_listed(tmp_path: Path) -> None:
    shop = two_months(tmp_path)
    listed = shop.ask("period", "show")
    march = ("2026-03", "2026-04-19T16:00:00Z", "2026-04-19T16:00:00Z", "2026-06-19T16:00:00Z")
    names = ("period", "accrued_at", "last_accrued_at", "changed_at")
    assert [tuple(each[name] for name in names) for each in listed] == [
        march,
        ("2026-04", "2026-05-19T16:00:00Z", "2026-05-19T16:00:00Z", None),
    ]
    assert [each["period"] for each in shop.ask("period", "show", "--stale")] == ["2026-03"]
    assert shop.ask("period", "show", "--stale", "--currency", "JPY") == []
    assert shop.do("period", "show", "--stale").splitlines()[0].split()[-1] == "changed_at"


def test_all_that_changed_is_accrued_in_one_go(tmp_path: Path) -> None:
    """Under its key it is done once, and nothing is left to do then."""
    shop = two_months(tmp_path)
    before = shop.dump()
    dry = shop.run("--dry-run", "--format", "json", "period", "accrue", "--stale", at=JULY)
    assert (dry.exit_code, dry.stderr, shop.dump()) == (0, "dry run: nothing was changed\n", before)
    keyed = ("--format", "json", "--key", "nightly", "period", "accrue", "--stale")
    done = json.loads(shop.run(*keyed, at=JULY).stdout)
    assert done == json.loads(dry.stdout)
    (march,) = done
    assert march == {
        "run": 1,
        "currency": "CNY",
        "period": "2026-03",
        "posting": 1,
        "paid": "1.81",
        "change": "-1.80",
    }
    assert shop.ask("period", "show", "--stale") == []
    assert shop.ask("period", "accrue", "--stale", at=JULY) == []
    shop.do("verify")


def test_what_changes_no_amount_is_said_to_be_so(tmp_path: Path) -> None:
    """So little that a guest bought late: the pool is as large as before, and nobody's team has grown."""
    shop = monthly(tmp_path)
    shop.do("period", "accrue", at=APRIL)
    late = SALES.splitlines()[0] + "\no9,1,guest,tea,1,0.10,CNY,2026-03-01T10:00:00+08:00\n"
    shop.do("import", "sales", shop.file("late.csv", late), at=MAY)
    keyed = ("--format", "json", "--key", "nightly", "period", "accrue", "--stale")
    (march,) = json.loads(shop.run(*keyed, at=JUNE).stdout)
    assert (march["posting"], march["paid"], march["change"]) == (None, "3.61", "0.00")
    assert shop.ask("period", "show", "--stale") == []


def test_a_period_that_can_not_be_accrued_keeps_no_other_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And when it can, the same key goes on."""
    shop = two_months(tmp_path)
    april = SALES.splitlines()[0] + "\no8,1,cai,tea,1,10.00,CNY,2026-04-05T10:00:00+08:00\n"
    shop.do("import", "sales", shop.file("april.csv", april), at=JUNE)
    keyed = ("--format", "json", "--key", "nightly", "period", "accrue", "--stale")
    with monkeypatch.context() as smaller:
        smaller.setattr(limits, "TOTAL_MINOR_MAX", 5_000)
        done = shop.run(*keyed, at=JULY)
    assert (done.exit_code, [each["period"] for each in json.loads(done.stdout)]) == (1, ["2026-04"])
    said = "period 2026-03 in CNY: they exceed what 64 bits can hold (sales of so much can't be)\n"
    assert done.stderr == said
    assert [each["period"] for each in json.loads(shop.run(*keyed, at=JULY).stdout)] == ["2026-03"]


THANKS = """
document = "commission-plan"
version = 1
id = "thanks"
plan_version = 1
currency = "POINT"
valid_from = 2026-01-01T00:00:00+08:00
freeze = { days = 7 }
components = []

[[period_components]]
kind = "ladder"
id = "points"
volume = "team"
brackets = [{ from = "0", rate = "10%" }]
"""

BY_POINTS = (
    THANKS.replace("thanks", "mall").replace("POINT", "CNY").replace("version = 1\nc", "version = 2\nc")
)
BY_POINTS = (
    BY_POINTS.partition("[[")[0]
    + """
[[period_components]]
kind = "pool"
id = "partners"
share = "10%"
weights = { kind = "by_points" }
"""
)


def sold_in_points(shop: Shop, order: str, buyer: str, at: str) -> None:
    header = SALES.splitlines()[0]
    row = f"{order},1,{buyer},tea,1,200,POINT,2026-03-02T10:00:00+08:00"
    shop.do("import", "sales", shop.file(f"{order}.csv", f"{header}\n{row}\n"), at=at)


def test_what_pays_points_comes_before_what_they_weigh_in(tmp_path: Path) -> None:
    """Also where that was up to date until then, and was accrued first of all."""
    shop = with_members(tmp_path)
    shop.do("init", "--policy", shop.file("points.toml", POLICY.replace('"JPY"', '"JPY", "POINT"')))
    for name, text in (("by_points.toml", BY_POINTS), ("thanks.toml", THANKS)):
        shop.do("plan", "set", shop.file(name, text))
    shop.do("import", "sales", shop.file("sales.csv", SALES))
    sold_in_points(shop, "p1", "cai", APRIL)
    march = ("--period", "2026-03")
    shop.do("period", "accrue", "--currency", "CNY", *march, at=APRIL)
    shop.do("period", "accrue", "--currency", "POINT", *march, at=MAY)
    assert [each["currency"] for each in shop.ask("period", "show", "--stale")] == ["CNY"]
    (money,) = shop.ask("period", "accrue", "--stale", at=JUNE)
    assert (money["currency"], money["paid"], money["change"]) == ("CNY", "14.00", "14.00")
    sold_in_points(shop, "p2", "eve", JULY)
    assert [each["currency"] for each in shop.ask("period", "show", "--stale")] == ["POINT"]
    dry = shop.run("--dry-run", "--format", "json", "period", "accrue", "--stale", at=JULY_2)
    done = shop.ask("period", "accrue", "--stale", at=JULY_2)
    assert [(each["currency"], each["posting"], each["change"]) for each in done] == [
        ("POINT", 1, "40"),
        ("CNY", 2, "0.00"),
    ]
    assert json.loads(dry.stdout) == done
    assert shop.ask("period", "show", "--stale") == shop.ask("period", "accrue", "--stale", at=JULY_2) == []
    shop.do("verify")


PINNED = ("--plan", "mall", "--plan-version", "3", "--reason", "entered late", "--approver", "bob")


def test_a_period_is_pinned_to_a_version_that_came_late(tmp_path: Path) -> None:
    """The same commands show what would change, change it, and say who wanted it."""
    shop = monthly(tmp_path)
    march = ("period", "accrue", "--period", "2026-03")
    shop.do(*march, at=APRIL)
    late = MONTHLY.replace("plan_version = 2", "plan_version = 3").replace('rate = "3%"', 'rate = "6%"')
    shop.do("plan", "set", shop.file("late.toml", late), at=MAY)

    dry = shop.ask("--dry-run", *march, "--facts", *PINNED, at=MAY)
    done = shop.ask(*march, "--facts", *PINNED, at=MAY)

    assert done == dry
    assert {row["component"] for row in done["facts"]} == {"teams"}
    (run,) = shop.ask("period", "show", at=MAY)
    assert (run["plan_version"], run["last_accrued_at"]) == (3, "2026-05-19T16:00:00Z")
    (repin,) = shop.ask("period", "show", "2026-03", at=MAY)["repins"]
    assert repin == {
        "posting": 1,
        "posted_at": "2026-05-19T16:00:00Z",
        "plan": "mall",
        "plan_version": 3,
        "reason": "entered late",
        "actor": "tests",
        "approver": "bob",
    }
    assert shop.ask("period", "explain", "2026-03", "ben", at=MAY)["repins"] == [repin]
    blank = ("--plan", "mall", "--plan-version", "2", "--reason", " ", "--approver", "bob")
    assert "--reason: is blank" in shop.refused(*march, *blank, at=MAY)
    assert "goes by version 3 of plan mall already" in shop.refused(*march, *PINNED, at=MAY)
    shop.do("verify")

    shop.do("settlement", "set", shop.file("settlement.toml", SETTLEMENT), at=MAY)
    shop.do("settle", "close", "--period", "2026-05", at=JUNE)
    shop.do("settle", "approve", "1", at=JUNE, actor="bob")
    statement = ("explain", "statement", done["facts"][0]["payee"], "1")
    *_, last = shop.ask(*statement, at=JUNE)["lines"]
    assert (last["number"], last["plan_version"]) == (1, 3)
    told = "by version 3 of plan mall, to which it was pinned then"
    assert told in last["because"]
    assert told in shop.do(*statement, at=JUNE)
    assert "当时改钉到方案 mall 第 3 版" in shop.do(*statement, "--language", "zh", at=JUNE)


def test_what_does_not_go_together_is_a_mistake_of_usage(tmp_path: Path) -> None:
    shop = monthly(tmp_path)
    for wrong in (
        ("accrue", "--stale", "--period", "2026-03"),
        ("accrue", "--stale", "--facts"),
        ("show", "--facts"),
        ("show", "2026-03", "--stale"),
        ("accrue", *PINNED),
        ("accrue", "--period", "2026-03", *PINNED[:4]),
    ):
        assert shop.run("period", *wrong).exit_code == 2
