"""`settlement` and `settle`: what one drafts another approves, period by period."""

import json
from pathlib import Path

import pytest
from tests.cli.shop import JULY, SETTLEMENT, Shop, closed, settled, traded

AUGUST = "2026-08-01T00:00:00+08:00"


def state_of(shop: Shop, number: int) -> str:
    """Return the state of a closing."""
    return str(next(each["state"] for each in shop.ask("settle", "show") if each["closing"] == number))


def test_a_settlement_policy_is_checked_set_and_shown(tmp_path: Path) -> None:
    shop = traded(tmp_path)
    path = shop.file("settlement.toml", SETTLEMENT)

    checked, first, again = (shop.ask("settlement", verb, path) for verb in ("check", "set", "set"))

    assert checked == first == again == shop.ask("settlement", "show")
    assert first == [
        {
            "currency": "CNY",
            "policy_version": 1,
            "valid_from": "2025-12-31T16:00:00Z",
            "cadence": "monthly",
            "review": "reviewed",
            "minimum": "5.00",
            "withholding": "cn_labour",
            "account_hold_days": 3,
        }
    ]


def test_a_version_that_is_set_never_changes(tmp_path: Path) -> None:
    shop = settled(tmp_path)
    other = shop.file("other.toml", SETTLEMENT.replace('"5.00"', '"6.00"'))

    assert "settlement_policy_exists" in shop.refused("settlement", "set", other)


def test_a_policy_is_shown_as_a_document_that_loads_again(tmp_path: Path) -> None:
    shop = settled(tmp_path)
    later = SETTLEMENT.replace("policy_version = 1", "policy_version = 2").replace("cn_labour", "none")
    shop.do("settlement", "set", shop.file("later.toml", later))

    newest = json.loads(shop.do("settlement", "show", "CNY"))
    first = json.loads(shop.do("--format", "jsonl", "settlement", "show", "CNY", "--policy-version", "1"))

    assert (newest["policy_version"], first["withholding"]) == (2, {"kind": "cn_labour"})
    shown = shop.file("shown.json", json.dumps(newest))
    assert shop.ask("settlement", "set", shown)[0]["policy_version"] == 2


@pytest.mark.parametrize(
    ("cadence", "shown"),
    [
        ('{ kind = "every_days", days = 10, anchor = 2026-01-01 }', "every 10 days from 2026-01-01"),
        ('{ kind = "on_dates", dates = [2026-01-20, 2026-04-20] }', "on 2 dates from 2026-01-20"),
    ],
)
def test_odd_rhythms_and_taxes_are_told_in_words(tmp_path: Path, cadence: str, shown: str) -> None:
    shop = Shop(tmp_path)
    custom = '{ kind = "custom", name = "ours", version = 2 }'
    text = SETTLEMENT.replace('{ kind = "cn_labour" }', custom) + f"cadence = {cadence}\n"

    (found,) = shop.ask("settlement", "check", shop.file("odd.toml", text))

    assert (found["cadence"], found["withholding"]) == (shown, "ours version 2")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("JPY",), "settlement: nothing is set for JPY (distcore settlement show lists what is)"),
        (("CNY", "--policy-version", "9"), "--policy-version: CNY has no version 9 (published are 1)"),
    ],
)
def test_what_is_not_set_can_not_be_shown(tmp_path: Path, arguments: tuple[str, ...], says: str) -> None:
    assert settled(tmp_path).refused("settlement", "show", *arguments) == f"{says}\n"


def test_a_document_is_no_table(tmp_path: Path) -> None:
    assert settled(tmp_path).run("--format", "csv", "settlement", "show", "CNY").exit_code == 2


def test_a_draft_withholds_nothing_yet_and_pays_nothing(tmp_path: Path) -> None:
    shop = settled(tmp_path)

    drafted = shop.ask("settle", "close", at=JULY, actor="amy")

    (closing,), (totals,) = drafted["closings"], drafted["totals"]
    assert (closing["closing"], closing["period"], closing["state"]) == (1, "2026-06", "draft")
    assert (closing["drafted_by"], closing["decided_by"]) == ("amy", None)
    assert (totals["gross"], totals["withheld"], totals["payable"]) == ("2006.00", None, None)
    assert "payable" not in shop.do("ledger", "ben")


def test_somebody_else_approves_it(tmp_path: Path) -> None:
    shop = settled(tmp_path)
    shop.do("settle", "close", at=JULY, actor="amy")

    assert shop.refused("settle", "approve", "1", at=JULY, actor="amy").startswith("refused: same_reviewer")
    approved = shop.ask("settle", "approve", "1", "--reason", "looked at it", at=JULY, actor="bob")

    assert approved["closings"][0]["decided_by"] == "bob"
    assert approved["closings"][0]["reason"] == "looked at it"
    assert approved["totals"] == [
        {
            "statements": 2,
            "held": 0,
            "line_count": 5,
            "opening": "0.00",
            "lines": "2009.00",
            "gross": "2006.00",
            "withheld": "241.20",
            "payable": "1764.80",
            "carried": "3.00",
        }
    ]
    assert approved == shop.ask("settle", "approve", "1", "--reason", "looked at it", at=AUGUST, actor="cem")


def test_a_rejected_draft_gives_back_what_it_took(tmp_path: Path) -> None:
    shop = settled(tmp_path)
    first = shop.ask("settle", "close", at=JULY, actor="amy")

    rejected = shop.ask("settle", "reject", "1", "--reason", "a gift too many", at=JULY, actor="bob")
    anew = shop.ask("settle", "close", "--period", "2026-06", at=JULY, actor="amy")

    assert (rejected["closings"][0]["state"], rejected["closings"][0]["reason"]) == (
        "rejected",
        "a gift too many",
    )
    assert (anew["closings"][0]["closing"], anew["totals"]) == (2, first["totals"])
    assert [state_of(shop, number) for number in (1, 2)] == ["rejected", "draft"]


def test_a_period_that_is_closed_stays_as_it_is(tmp_path: Path) -> None:
    shop = closed(tmp_path)

    again = shop.ask("settle", "close", "--period", "2026-06", at=JULY, actor="amy")

    assert again["closings"][0]["closing"] == 1
    assert len(shop.ask("settle", "show")) == 1


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("close",), "period_not_ended"),
        (("close", "--period", "2026-08"), "period_out_of_order"),
        (("approve", "1", "--reason", "too late"), "key_reused"),
        (("reject", "1", "--reason", "no"), "closing_decided"),
        (("approve", "2"), "closing_unknown"),
        (("show", "2"), "closing_unknown"),
    ],
)
def test_what_can_not_be_is_refused(tmp_path: Path, arguments: tuple[str, ...], code: str) -> None:
    shop = closed(tmp_path)

    assert shop.refused("settle", *arguments, at=JULY, actor="cem").startswith(f"refused: {code}")


def test_without_a_policy_nothing_is_closed(tmp_path: Path) -> None:
    shop = traded(tmp_path)

    assert "no_settlement_policy" in shop.refused("settle", "close", "--currency", "CNY", at=JULY)
    several = shop.run("settle", "close", at=JULY)
    assert (several.exit_code, "--currency CNY or JPY" in several.stderr) == (2, True)


def test_a_closing_is_shown_statement_by_statement(tmp_path: Path) -> None:
    shop = closed(tmp_path)

    found = shop.ask("settle", "show", "1")
    rows = shop.do("--format", "csv", "settle", "show", "1").splitlines()
    table = shop.do("settle", "show", "1").splitlines()

    ann, ben = found["statements"]
    assert (ann["payee"], ann["gross"], ann["payable"], ann["carried"]) == ("ann", "0.00", "0.00", "3.00")
    assert (ben["payee"], ben["gross"], ben["withheld"], ben["held"]) == ("ben", "2006.00", "241.20", "no")
    assert rows[0].startswith("payee,currency,line_count,opening,lines,gross,withheld,payable,carried,held")
    assert len(rows) == 3
    assert [table.index(name) for name in ("closings", "statements", "totals")] == [0, 5, 11]


def test_who_is_held_is_not_due(tmp_path: Path) -> None:
    shop = settled(tmp_path)
    shop.do("hold", "place", "payee", "ben", "--reason", "a second account")

    found = shop.ask("settle", "close", at=JULY, actor="amy")["totals"][0]

    assert (found["held"], found["gross"], found["carried"]) == (1, "0.00", "2009.00")
