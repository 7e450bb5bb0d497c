"""The demo, end to end: sound, and every payee of every month agrees to the cent with a naive calculation."""

import csv
import io
from pathlib import Path

import pytest
from tests.cli.shop import Shop
from tests.real_data.naive import cents, earnings_by_month

import distcore_cli

DATA = Path(distcore_cli.__file__).parent / "demo"


@pytest.mark.wide
def test_it(tmp_path: Path) -> None:
    shop = Shop(tmp_path)

    shown = shop.do("demo", str(shop.database))

    assert "4,212 sales calculated again, 56,817 facts traced, 100 members, " in shown
    assert " rows as they were sealed: sound" in shown
    assert "gets nothing (levels, level 1): was suspended when the order was paid" in shown
    assert "took back" in shown
    assert "refused: clerk made closing 1, and can't approve it" in shown
    assert "payout-1 has succeeded" in shown
    assert "DEMO6222020200012345678" not in shown
    assert "DEMO6222020200012345678" in (tmp_path / "shop-bank.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(io.StringIO(shop.do("--shop", "demo", "--format", "csv", "earnings")))
    earned = {(row["payee"], row["period"]): cents(row["earned"]) for row in rows}
    assert {key: amount for key, amount in earned.items() if amount} == earnings_by_month(DATA)
    _what_it_says_to_type_next_works(shop, shown)


def _what_it_says_to_type_next_works(shop: Shop, shown: str) -> None:
    commands = [line.split() for line in shown.splitlines() if line.startswith("distcore --store ")]

    assert len(commands) == 6
    for _, *arguments in commands:
        assert shop.run_plainly(*arguments).exit_code == 0
