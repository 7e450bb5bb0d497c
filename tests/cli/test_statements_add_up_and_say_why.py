"""`statement`: what a payee is told, to the cent, with the origin of every line."""

import csv
import io
from pathlib import Path

import pytest
from tests.cli.shop import JULY, Shop, closed, settled

AUGUST = "2026-08-01T00:00:00+08:00"
TAKEN = ("--payee", "ben", "--amount", "-30.00", "--reason", "a broken cup", "--authority", "owner")


def with_two_months(folder: Path) -> Shop:
    """Return a shop that took money back in the second month."""
    shop = closed(folder)
    shop.do("adjust", "cup", *TAKEN, at=JULY)
    shop.do("settle", "close", at=AUGUST, actor="amy")
    return shop


def test_it_adds_up(tmp_path: Path) -> None:
    (june,) = closed(tmp_path).ask("statement", "ben")

    assert june == {
        "closing": 1,
        "period": "2026-06",
        "state": "approved",
        "currency": "CNY",
        "line_count": 3,
        "opening": "0.00",
        "lines": "2006.00",
        "gross": "2006.00",
        "withheld": "241.20",
        "payable": "1764.80",
        "carried": "0.00",
        "held": "no",
        "tax_stays": "no",
    }


def test_below_the_minimum_it_carries(tmp_path: Path) -> None:
    (june,) = closed(tmp_path).ask("statement", "ann")

    assert (june["gross"], june["payable"], june["carried"]) == ("0.00", "0.00", "3.00")


def test_every_line_has_its_origin_and_when_it_happened(tmp_path: Path) -> None:
    found = closed(tmp_path).ask("statement", "ben", "--lines")["lines"]

    assert [
        (each["origin"], each["ref"], each["number"], each["amount"], each["valid_at"]) for each in found
    ] == [
        ("adjustment", "gift", 0, "2000.00", "2026-06-01T00:00:00Z"),
        ("sale", "o1", 0, "11.00", "2026-03-01T02:00:00Z"),
        ("sale", "o1", 1, "-5.00", "2026-04-02T02:00:00Z"),
    ]


def test_lines_are_what_a_spreadsheet_gets(tmp_path: Path) -> None:
    shop = closed(tmp_path)

    rows = list(csv.DictReader(io.StringIO(shop.do("--format", "csv", "statement", "ben", "--lines"))))

    assert [(row["ref"], row["amount"]) for row in rows] == [
        ("gift", "2000.00"),
        ("o1", "11.00"),
        ("o1", "-5.00"),
    ]
    assert shop.do("statement", "ben", "--lines").startswith("statements\n")


def test_what_was_taken_back_is_told_with_its_tax(tmp_path: Path) -> None:
    shop = with_two_months(tmp_path)

    july = shop.ask("statement", "ben", "--closing", "2")[0]
    for_people = shop.run("statement", "ben")
    for_programs = shop.run("--format", "json", "statement", "ben")

    note = "closing 2: its lines take 30.00 CNY back; tax that was paid over for it before is not reclaimed"
    assert (july["lines"], july["carried"], july["tax_stays"]) == ("-30.00", "-30.00", "yes")
    assert for_people.stdout.splitlines()[-1] == note
    assert for_programs.stderr == f"{note}\n"


def test_a_draft_is_there_and_knows_no_tax(tmp_path: Path) -> None:
    shop = settled(tmp_path)
    shop.do("settle", "close", at=JULY, actor="amy")

    (june,) = shop.ask("statement", "ben")

    assert (june["state"], june["gross"], june["withheld"], june["payable"]) == (
        "draft",
        "2006.00",
        None,
        None,
    )


def test_what_was_rejected_is_no_statement(tmp_path: Path) -> None:
    shop = settled(tmp_path)
    shop.do("settle", "close", at=JULY, actor="amy")
    shop.do("settle", "reject", "1", "--reason", "no", at=JULY, actor="bob")

    assert shop.ask("statement", "ben") == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("nobody",), "refused: payee_unknown: nobody is not a member (join the member first)\n"),
        (("ben", "--closing", "9"), "--closing: ben has no statement of closing 9 (leave it out)\n"),
    ],
)
def test_who_or_what_is_not_there_is_refused(tmp_path: Path, arguments: tuple[str, ...], says: str) -> None:
    assert closed(tmp_path).refused("statement", *arguments) == says
