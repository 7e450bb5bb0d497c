"""`import openings`: what another system owed, each balance once, before the first closing."""

from pathlib import Path

import pytest
from tests.cli.shop import JULY, SETTLEMENT, closed, with_members

OPENINGS = """opening_id,payee_id,currency,amount,provenance,valid_at,frozen_until
old-1,ann,CNY,120.00,"ledger 2025, page 7",2025-12-31T00:00:00+08:00,
old-2,ben,CNY,-30.00,page 8,2025-12-31T00:00:00+08:00,
old-3,cai,CNY,50.00,page 9,2025-12-31T00:00:00+08:00,2026-06-15T00:00:00+08:00
"""


def test_balances_and_freezes_that_still_run(tmp_path: Path) -> None:
    shop = with_members(tmp_path)

    done = shop.import_("openings", OPENINGS)

    assert done.stdout.splitlines()[-1].split() == ["openings", "3", "0", "0", "0"]
    held = {each["account"]: each["balance"] for each in shop.ask("ledger")}
    assert held == {"opening": "-140.00", "released": "90.00", "frozen": "50.00"}
    (released,) = shop.ask("release", at=JULY)
    assert (released["orders"], released["openings"]) == (0, 1)
    assert "sound" in shop.do("verify")


def test_the_first_closing_takes_them(tmp_path: Path) -> None:
    shop = with_members(tmp_path)
    shop.do("settlement", "set", shop.file("settlement.toml", SETTLEMENT.replace("reviewed", "automatic")))
    shop.import_("openings", OPENINGS)

    shop.do("settle", "close", at=JULY)

    (ann,) = shop.ask("statement", "ann", "--lines")["lines"]
    assert (ann["origin"], ann["ref"], ann["valid_at"]) == ("opening", "old-1", "2025-12-30T16:00:00Z")
    assert shop.ask("statement", "ben")[0]["carried"] == "-30.00"
    late = shop.import_("openings", OPENINGS.replace("old-1", "old-9"))
    assert late.stderr.startswith("openings.csv:2: opened_too_late: old-9: ")


def test_imported_twice_they_are_there_once(tmp_path: Path) -> None:
    shop = with_members(tmp_path)
    shop.import_("openings", OPENINGS)
    before = shop.dump()

    again = shop.import_("openings", OPENINGS)
    under_another_key = shop.run(
        "--key", "tuesday", "import", "openings", shop.file("openings.csv", OPENINGS)
    )
    other = shop.import_("openings", OPENINGS.replace("120.00", "121.00"))

    assert again.stdout.splitlines()[-1].split() == ["openings", "0", "3", "0", "0"]
    assert under_another_key.stdout.splitlines()[-1].split() == ["openings", "0", "3", "0", "0"]
    assert other.stderr.startswith("openings.csv:2: key_reused: old-1: is there already, with other content")
    assert shop.dump() == before


def test_a_dry_run_shows_the_first(tmp_path: Path) -> None:
    shop = with_members(tmp_path)

    shown = shop.run("--dry-run", "import", "openings", shop.file("openings.csv", OPENINGS))

    assert shown.stdout.splitlines()[-1].split() == ["old-3", "cai", "50.00", "CNY", "2026-06-14T16:00:00Z"]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("120.00", "120,00", "openings.csv:2:frozen_until: the row has 8 cells"),
        ("120.00", "0.00", "openings.csv:2:amount: opening balance 'old-1': nothing is moved"),
        ("page 8", "", "openings.csv:3:provenance: opening balance 'old-2': is blank (somebody will ask)"),
        ("CNY,-30.00", "USD,-30.00", "openings.csv:3: currency_not_of_shop: old-2: "),
        ("old-2,ben", "old-2,nobody", "openings.csv:3: payee_unknown: old-2: "),
        (
            "2025-12-31T00:00:00+08:00,2026",
            "2027-12-31T00:00:00+08:00,2026",
            "openings.csv:4: adjusted_in_future",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, old: str, new: str, says: str) -> None:
    shop = with_members(tmp_path)

    refused = shop.import_("openings", OPENINGS.replace(old, new, 1))

    assert refused.exit_code == 1
    assert refused.stderr.startswith(says), refused.stderr


def test_after_a_closing_it_is_too_late(tmp_path: Path) -> None:
    shop = closed(tmp_path)

    refused = shop.import_("openings", OPENINGS)

    assert refused.stdout.splitlines()[-1].split() == ["openings", "0", "0", "3", "3"]
    assert refused.stderr.count("opened_too_late") == 3
