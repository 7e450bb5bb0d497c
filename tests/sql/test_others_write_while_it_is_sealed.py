"""Whoever seals block by block keeps nobody from writing: not while it reads, and not between two blocks."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from itertools import count

import pytest
from tests.sql.stores import new_store, open_store

from distcore import engine
from distcore.engine import Sealed
from distcore.kernel import RetryableError, limits
from distcore.ports import Transaction
from distcore.testing.builders import LATER, Shop, a_chain, a_plan, a_sale, levels
from distcore_sql import SqlStore

SALES = 6


@pytest.fixture
def stores(url: str, monkeypatch: pytest.MonkeyPatch) -> tuple[SqlStore, SqlStore]:
    """A store of a shop that sold something, whose blocks are small, and of another one of its processes."""
    monkeypatch.setattr(limits, "BLOCK_LEAVES_MAX", 10)
    store = new_store(url)
    shop = Shop.open(store, a_plan(levels("10%")), a_chain("ann", "ben", "cai"))
    shop.do(engine.accrue_all, [a_sale(f"order {number}", "ben") for number in range(SALES)])
    return store, open_store(url, busy_ms=50)


def seal_and_sell(
    stores: tuple[SqlStore, SqlStore], begin_reading: Callable[[], AbstractContextManager[Transaction]]
) -> tuple[Sealed, int]:
    """Seal while somebody sells, in each transaction that reads and after each block; return how much."""
    store, other = stores
    sold = count(SALES)

    def sell() -> None:
        sale = a_sale(f"order {next(sold)}", "cai")
        with other.begin() as tx:
            engine.accrue(tx, sale, at=LATER, actor="seller", key=sale.id)

    @contextmanager
    def selling() -> Iterator[Transaction]:
        with begin_reading() as tx:
            yield tx
            sell()

    sealed = engine.seal_in_blocks(
        store.begin, selling, at=LATER, actor="night batch", key="seal", between=lambda _: sell()
    )
    return sealed, next(sold)


def test_what_others_write_is_sealed_or_is_tail(stores: tuple[SqlStore, SqlStore]) -> None:
    store, _ = stores

    sealed, sold = seal_and_sell(stores, partial(store.begin, reading=True))

    assert sold == SALES + 2 * sealed.blocks - 1 > SALES + 5
    with store.begin(reading=True) as tx:
        found = engine.check_seals(tx, sealed.anchor)
    assert (found.sealed, found.problems) == (sealed.leaves, ())
    with store.begin() as tx:
        rest = engine.seal(tx, at=LATER, actor="night batch", key="the rest")
        assert rest.leaves == found.tail
        assert engine.check_seals(tx, rest.anchor).tail == 1


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_whoever_reads_with_the_lock_of_all_writers_is_noticed(stores: tuple[SqlStore, SqlStore]) -> None:
    """Where there is one."""
    store, _ = stores
    with pytest.raises(RetryableError):
        seal_and_sell(stores, store.begin)
