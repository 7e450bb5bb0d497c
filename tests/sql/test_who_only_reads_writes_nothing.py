"""A transaction that was begun to read refuses to write, in every database, and the next one may write."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.sql.stores import DATABASES, new_store

from distcore.engine import accrue, verify
from distcore.kernel import InputError
from distcore.testing.builders import LATER, Shop, a_chain, a_sale
from distcore_sql import SqlStore, create_store_engine


@pytest.fixture(params=DATABASES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlStore]:
    with DATABASES[request.param](tmp_path) as url:
        store = new_store(url)
        Shop.open(store, newcomers=a_chain("ann", "ben", "cai"))
        yield store


def test_a_reading_transaction_refuses_to_write(store: SqlStore) -> None:
    for number in range(2):
        with (
            pytest.raises(InputError, match="a transaction that only reads"),
            store.begin(reading=True) as tx,
        ):
            accrue(tx, a_sale("read"), at=LATER, actor="host", key=f"read {number}")
        Shop(store).do(accrue, a_sale(f"written {number}"), key=f"written {number}")
        with store.begin(reading=True) as tx:
            assert verify(tx).sound
            assert tx.sales.count() == number + 1


@pytest.mark.parametrize("busy_ms", [-1, 86_400_001, 2.5])
def test_nobody_waits_less_than_nothing_or_for_ever(busy_ms: int) -> None:
    with pytest.raises(InputError, match=r"^busy_ms: "):
        create_store_engine("sqlite:///mall.db", busy_ms=busy_ms)
