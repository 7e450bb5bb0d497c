"""`ledger`, `seal` and `verify`: where every cent is, and that nobody moved it unseen."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from tests.cli.shop import AT, JULY, Shop, closed, opened, traded

from distcore_cli.sealing import Pace


def test_every_transfer_of_a_payee_and_what_is_on_the_accounts(tmp_path: Path) -> None:
    shop = closed(tmp_path)

    found = shop.ask("ledger", "ben")

    assert [
        (each["origin"], each["debit"], each["credit"], each["amount"]) for each in found["transfers"]
    ] == [
        ("adjustment", "adjustments", "released", "2000.00"),
        ("release", "frozen", "released", "6.00"),
        ("sale", "commission", "frozen", "11.00"),
        ("sale", "frozen", "commission", "5.00"),
        ("statement", "released", "payable", "1764.80"),
        ("statement", "released", "withheld", "241.20"),
    ]
    assert {each["account"]: each["balance"] for each in found["balances"]} == {
        "commission": "-6.00",
        "adjustments": "-2000.00",
        "payable": "1764.80",
        "withheld": "241.20",
    }


def test_the_accounts_of_the_shop_are_zero_together(tmp_path: Path) -> None:
    balances = closed(tmp_path).ask("ledger")

    assert {each["account"]: each["balance"] for each in balances} == {
        "commission": "-9.00",
        "adjustments": "-2000.00",
        "carried": "3.00",
        "payable": "1764.80",
        "withheld": "241.20",
    }
    assert sum(round(float(each["balance"]) * 100) for each in balances) == 0


def test_who_is_no_member_has_no_ledger(tmp_path: Path) -> None:
    assert "payee_unknown" in closed(tmp_path).refused("ledger", "nobody")


def sealed(folder: Path) -> tuple[Shop, str]:
    """Return a shop that was sealed, and its anchor."""
    shop = closed(folder)
    (found,) = shop.ask("seal", at=JULY)
    return shop, found["anchor"]


def test_a_seal_says_what_to_keep(tmp_path: Path) -> None:
    shop, anchor = sealed(tmp_path)

    (verified,) = shop.ask("verify", "--anchor", anchor)
    (again,) = shop.ask("seal", at=JULY)

    assert (verified["problems"], verified["sound"], verified["anchor"]) == (0, "yes", anchor)
    assert verified["sealed"] > 0
    assert again["blocks"] <= 1, "the command of the first seal is a fact too"


@pytest.mark.parametrize(("duty", "pauses"), [(5, [190, 19]), (50, [10, 1]), (100, [0, 0])])
def test_who_seals_pauses_so_long_that_he_works_a_part_of_the_time(duty: int, pauses: list[float]) -> None:
    paused: list[float] = []
    pace = Pace(duty, clock=iter([1.0, 11.0, 20.0, 21.0, 40.0]).__next__, sleep=paused.append)

    pace.pause()
    pace.pause()

    assert paused == pytest.approx(pauses)


@pytest.mark.parametrize(
    ("duty", "slept"), [(("--duty", "50"), True), (("--duty", "100"), False), ((), False)]
)
def test_whoever_seals_may_pause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, duty: tuple[str, ...], slept: bool
) -> None:
    paused: list[float] = []
    monkeypatch.setattr(Pace, "pause", lambda pace: paused.append(pace._pause))

    shop, _ = sealed(tmp_path)
    paused.clear()
    shop.ask("--dry-run", "seal", *duty, at=JULY)
    assert paused == [], "others wait for the one transaction of a dry run"
    shop.ask("seal", *duty, at=JULY)

    assert len(paused) > 50, "also where nothing new is found"
    assert any(paused) == slept


@pytest.mark.parametrize("duty", ["0", "101", "5%", "1_0", "-1"])
def test_the_time_to_work_is_a_part_of_a_hundred(tmp_path: Path, duty: str) -> None:
    assert "not a whole number from 1 to 100" in opened(tmp_path).run("seal", f"--duty={duty}").stderr


def test_what_came_since_is_the_tail(tmp_path: Path) -> None:
    shop, anchor = sealed(tmp_path)
    before = shop.ask("verify")[0]["tail"]
    shop.do("hold", "place", "payee", "ben", "--reason", "a look", at=JULY)

    (verified,) = shop.ask("verify", "--anchor", anchor)

    assert (verified["sound"], verified["tail"] > before) == ("yes", True)


def test_who_cuts_off_the_end_is_found_by_the_anchor_alone(tmp_path: Path) -> None:
    shop, _ = sealed(tmp_path)
    shop.do("hold", "place", "payee", "ben", "--reason", "a look", at=JULY)
    (second,) = shop.ask("seal", at=JULY)
    _cut_off_the_last_block(shop)

    without = shop.run("verify")
    with_it = shop.run("verify", "--anchor", second["anchor"])

    assert without.exit_code == 0
    assert with_it.exit_code == 3
    assert "it was cut off" in with_it.stdout


def test_what_was_changed_under_a_seal_is_found(tmp_path: Path) -> None:
    shop, _ = sealed(tmp_path)
    _run(shop, "UPDATE distcore_transfers SET valid_at = valid_at + 1 WHERE kind = 'adjustment'")

    unsound = shop.run("verify")

    assert unsound.exit_code == 3
    assert "is not what was sealed" in unsound.stdout


def test_a_shop_without_facts_has_an_anchor_of_its_policy(tmp_path: Path) -> None:
    (found,) = opened(tmp_path).ask("seal")

    assert (found["at"], found["blocks"]) == (AT, 1)


@pytest.mark.parametrize("anchor", ["1", "1:xyz", "0:" + "0" * 32, "1:" + "0" * 31])
def test_what_is_no_anchor_is_a_mistake_of_usage(tmp_path: Path, anchor: str) -> None:
    assert traded(tmp_path).run("verify", "--anchor", anchor).exit_code == 2


def _cut_off_the_last_block(shop: Shop) -> None:
    last = "(SELECT max(number) FROM distcore_sealed_blocks)"
    _run(
        shop,
        f"DELETE FROM distcore_sealed_leaves WHERE block = {last}",
        f"DELETE FROM distcore_sealed_blocks WHERE number = {last}",
    )


def _run(shop: Shop, *statements: str) -> None:
    """Change the store behind the back of its triggers, and leave them as they were."""
    with closing(sqlite3.connect(shop.database)) as connection:
        made = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for name, _ in made:
            connection.execute(f'DROP TRIGGER "{name}"')
        for statement in statements:
            connection.execute(statement)
        for _, sql in made:
            connection.execute(sql)
        connection.commit()
