"""`distcore recompute`: the check of a period, and another plan version for it, from the command line."""

from pathlib import Path

from tests.cli.shop import PLAN, Shop, traded

MARCH = ("recompute", "2026-03", "--currency", "CNY")
AGAIN = (*MARCH, "--plan", "mall", "--plan-version", "2", "--reason", "entered late", "--approver", "bob")


def with_version(folder: Path) -> Shop:
    """Return a shop with a second version, in which the sponsor has 20 %."""
    shop = traded(folder)
    later = PLAN.replace("10%", "20%").replace("plan_version = 1", "plan_version = 2")
    shop.do("plan", "set", shop.file("plan2.toml", later))
    return shop


def test_by_what_was_frozen_nothing_changes(tmp_path: Path) -> None:
    shop = with_version(tmp_path)
    before = shop.dump()

    told = shop.ask(*MARCH)

    assert told["changes"] == []
    assert [(row["done"], row["refused"]) for row in told["done"]] == [(0, 0)]
    assert shop.dump() == before


def test_a_dry_run_shows_what_would_change(tmp_path: Path) -> None:
    shop = with_version(tmp_path)
    before = shop.dump()

    told = shop.ask("--dry-run", *AGAIN)

    assert told["changes"] == [{"payee": "ben", "currency": "CNY", "amount": "6.00"}]
    assert [(row["order"], row["line"], row["amount"]) for row in told["first"]] == [
        ("o1", "1", "5.00"),
        ("o1", "2", "1.00"),
    ]
    assert shop.dump() == before


def test_sales_are_pinned_to_another_version(tmp_path: Path) -> None:
    shop = with_version(tmp_path)

    told = shop.ask(*AGAIN)

    assert told["changes"] == [{"payee": "ben", "currency": "CNY", "amount": "6.00"}]
    assert (
        "pinned to plan mall version 2 at 2026-06-01T00:00:00Z by tests, approved by bob: entered late"
        in shop.do("explain", "o1")
    )
    assert "bob 批准：entered late" in shop.do("explain", "o1", "--language", "zh")
    (repin,) = shop.ask("explain", "o1")["repins"]
    assert (repin["plan_version"], repin["reason"], repin["approver"]) == (2, "entered late", "bob")
    assert "sound" in shop.do("verify")
    again = shop.ask(*AGAIN)
    assert (again["changes"], again["done"][0]["done"]) == ([], 0)


def test_what_can_not_be_is_refused(tmp_path: Path) -> None:
    shop = with_version(tmp_path)

    assert "repin_not_approved" in shop.refused(*AGAIN[:-1], "tests")
    assert "plan_version_unknown" in shop.refused(*AGAIN[:7], "9", *AGAIN[8:])
    assert "go together" in shop.run(*AGAIN[:6]).stderr
    assert "not a period" in shop.run("recompute", "march", "--currency", "CNY").stderr
    blank = shop.run(*AGAIN[:9], " ", *AGAIN[10:])
    assert (blank.exit_code, blank.stderr) == (1, "--reason: is blank (say why; explain shows it)\n")


def test_a_key_is_for_one_recomputation(tmp_path: Path) -> None:
    shop = with_version(tmp_path)
    shop.do("--key", "late", *AGAIN)

    other = shop.run("--key", "late", *MARCH)

    assert other.exit_code == 1
    assert "o1: key_reused: key late/o1 was used for recompute with other inputs" in other.stderr
    assert "give it a key of its own" in other.stderr


def test_a_sale_that_is_refused_is_named(tmp_path: Path) -> None:
    shop = traded(tmp_path)
    late = PLAN.replace("plan_version = 1", "plan_version = 2").replace("2026-01-01", "2026-03-15")
    shop.do("plan", "set", shop.file("plan2.toml", late))

    refused = shop.run(*AGAIN)

    assert refused.exit_code == 1
    assert "plan_not_valid: version 2 of plan mall is not valid at 2026-03-01T02:00:00Z" in refused.stderr
