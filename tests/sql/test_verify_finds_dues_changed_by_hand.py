"""Dues and lines that were changed in the database are named, though every sum is what it was."""

from pathlib import Path

import pytest
from tests.money import a_shop, close, give, on, release, sell
from tests.sql.by_hand import by_hand
from tests.sql.stores import new_store, open_store, url_in

from distcore import engine
from distcore.testing.money import an_opening

SWAP = "UPDATE {} SET amount_minor = 400 - amount_minor WHERE payee = 'ann' AND ref IN ('{}', '{}')"
DAY_MICROS = 86_400 * 10**6


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (
            SWAP.format("distcore_dues", "c", "d"),
            [
                "due of adjustment c/0 to ann: is 3.00 CNY, the facts give 1.00",
                "due of adjustment d/0 to ann: is 1.00 CNY, the facts give 3.00",
            ],
        ),
        (
            SWAP.format("distcore_statement_lines", "a", "order 1"),
            [
                "due of sale order 1/0 to ann, closing 1: is 1.00 CNY, the facts give 3.00",
                "due of adjustment a/0 to ann, closing 1: is 3.00 CNY, the facts give 1.00",
            ],
        ),
        (
            f"UPDATE distcore_dues SET released_at = released_at + {DAY_MICROS} WHERE ref = 'c'",
            [
                (
                    "due of adjustment c/0 to ann: was released at 2026-02-04T16:00:00Z, "
                    "the facts say 2026-02-03T16:00:00Z"
                )
            ],
        ),
        (
            "UPDATE distcore_statement_lines SET valid_at = released_at WHERE ref = 'order 1'",
            [
                (
                    "due of sale order 1/0 to ann, closing 1: happened at 2026-01-12T16:00:00Z, "
                    "the facts say 2026-01-05T16:00:00Z"
                )
            ],
        ),
        (
            (
                "UPDATE distcore_statement_lines SET payee = CASE payee WHEN 'ann' THEN 'ben' ELSE 'ann' END "
                "WHERE ref IN ('a', 'b')"
            ),
            [
                "due of adjustment a/0 to ann: is neither due nor on a statement",
                "due of adjustment b/0 to ben: is neither due nor on a statement",
                "due of adjustment a/0 to ben: is on the statement of closing 1 without a fact",
                "due of adjustment b/0 to ann: is on the statement of closing 1 without a fact",
            ],
        ),
    ],
)
def test_what_was_changed_is_named(tmp_path: Path, statement: str, expected: list[str]) -> None:
    shop = a_shop(store=new_store(tmp_path))
    sell(shop, 3_000, on("2026-01-06"))
    release(shop, on("2026-01-20"))
    give(shop, "ann", 100, on("2026-01-21"), id="a")
    give(shop, "ben", 100, on("2026-01-21"), id="b")
    close(shop, "2026-01")
    give(shop, "ann", 100, on("2026-02-04"), id="c")
    give(shop, "ann", 300, on("2026-02-04"), id="d")
    by_hand(tmp_path, statement)

    with open_store(url_in(tmp_path)).begin(reading=True) as tx:
        assert [str(problem) for problem in engine.verify(tx).problems] == expected


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM distcore_opening_freezes",
        "UPDATE distcore_opening_freezes SET due_at = due_at - 1",
    ],
)
def test_a_freeze_of_an_opening_balance_is_named(tmp_path: Path, statement: str) -> None:
    shop = a_shop(store=new_store(tmp_path))
    balances = [an_opening("old"), an_opening("ice", frozen_until=on("2030-01-01"))]
    shop.do(engine.open_balances, balances, at=on("2026-01-02"))
    by_hand(tmp_path, statement)

    with open_store(url_in(tmp_path)).begin() as tx:
        found = [str(each) for each in engine.verify(tx).problems]

    assert found == ["opening ice: its freeze is not what it says"]
