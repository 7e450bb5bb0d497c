"""A row that can't be read is damage, and says so: it is nobody's mistake but that of whoever changed it."""

from pathlib import Path

import pytest
from tests.money import a_shop, give, on
from tests.sql.by_hand import by_hand
from tests.sql.stores import new_store, open_store, url_in

from distcore import engine
from distcore.kernel import DamagedError
from distcore.testing.builders import a_sale

BEYOND = 10**18
"""Microseconds of no instant that there is."""


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        (f"UPDATE distcore_sales SET booked_at = {BEYOND}", "instant"),
        (f"UPDATE distcore_transfers SET posted_at = {BEYOND} WHERE kind = 'sale'", "instant"),
        (f"UPDATE distcore_dues SET released_at = {BEYOND}", "instant"),
        (f"UPDATE distcore_adjustments SET recorded_at = {BEYOND}", "instant"),
        ("UPDATE distcore_dues SET kind = 'gift'", "origin"),
    ],
)
def test_what_cannot_be_read_is_damaged(tmp_path: Path, statement: str, what: str) -> None:
    shop = a_shop(store=new_store(tmp_path))
    shop.do(engine.accrue, a_sale("order 1", "ben", paid_at=on("2026-01-02")), at=on("2026-01-02"))
    give(shop, "ann", 100, on("2026-01-03"))
    by_hand(tmp_path, statement)

    with (
        open_store(url_in(tmp_path)).begin() as tx,
        pytest.raises(DamagedError, match=f"^a stored {what} can't be read: "),
    ):
        engine.verify(tx)
