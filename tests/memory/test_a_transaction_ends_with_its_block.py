"""What is kept of a transaction writes no more: not after its block, and not from another thread."""

from collections.abc import Callable
from threading import Thread

import pytest

from distcore.kernel import InputError
from distcore.memory import MemoryStore
from distcore.ports import Transaction
from distcore.testing.contracts.transactions import WRITES, opened


@pytest.mark.parametrize("write", WRITES, ids=lambda write: write.__name__)
def test_nothing_is_written_after_the_block(write: Callable[[Transaction], None]) -> None:
    shop = opened(MemoryStore("shop"))
    before = shop.dump()
    with shop.store.begin() as tx:
        pass
    with pytest.raises(InputError, match=r"^tx: this transaction has ended \(begin a new one\)$"):
        write(tx)
    assert shop.dump() == before


def test_nothing_is_written_after_a_rollback() -> None:
    shop = opened(MemoryStore("shop"))
    before = shop.dump()
    with pytest.raises(KeyError), shop.store.begin() as tx:
        raise KeyError
    with pytest.raises(InputError, match="this transaction has ended"):
        WRITES[0](tx)
    assert shop.dump() == before


def test_nothing_is_written_by_another_thread() -> None:
    shop = opened(MemoryStore("shop"))
    before, raised = shop.dump(), []

    def write(tx: Transaction) -> None:
        try:
            WRITES[0](tx)
        except InputError as error:
            raised.append(str(error))

    with shop.store.begin() as tx:
        thread = Thread(target=write, args=[tx])
        thread.start()
        thread.join()
    assert raised == ["tx: this transaction has ended (begin a new one)"]
    assert shop.dump() == before
    with shop.store.begin() as tx:
        WRITES[0](tx)
    assert shop.dump() != before


def test_a_thread_has_one_transaction_at_a_time() -> None:
    """A second one would wait for the first for ever."""
    store = MemoryStore("shop")
    with store.begin():
        with pytest.raises(InputError, match=r"^begin: this thread has a transaction open already"):
            store.begin().__enter__()
        with MemoryStore("shop").begin() as other:
            WRITES[0](other)
    with store.begin() as tx:
        assert list(tx.members.all()) == []
