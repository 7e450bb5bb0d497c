"""What must hold while several work on one shop: whoever reads sees what is committed, and nothing is lost.

A store may let the others wait, or refuse one of two with `RetryableError`: then its transaction never was.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Event
from time import sleep
from typing import Final, TypeVar

from distcore import engine
from distcore.kernel import Currency, MemberId, RetryableError
from distcore.ledger import next_block
from distcore.memory import MemoryStore
from distcore.ports import Store
from distcore.testing.builders import LATER, Shop, StoreOf
from distcore.testing.contracts.kept import a_command, a_row, an_event, broken_off
from distcore.testing.contracts.outbox import keeping, taken
from distcore.testing.contracts.sales import prepared
from distcore.testing.contracts.seals import tail_of
from distcore.testing.contracts.tallies import key
from distcore.testing.contracts.transactions import WRITES, Write, opened, state_of
from distcore.testing.money import a_balance

T = TypeVar("T")

THREADS: Final = 4

ROUNDS: Final = 5

ATTEMPTS_MAX: Final = 200
"""How often one tries again whom the others have overtaken."""

PAUSE_S: Final = 0.005
"""How long each stays in its transaction, so that another one comes in if it can."""

PATIENCE_S: Final = 0.2
"""How long a reader has for an answer before its store is taken for one that lets it wait."""


def together(jobs: Sequence[Callable[[], T]]) -> list[T]:
    """Do all of it at once, each again and again until nobody was quicker."""
    with ThreadPoolExecutor(len(jobs)) as pool:
        return [each.result() for each in [pool.submit(_until_done, job) for job in jobs]]


def _until_done(job: Callable[[], T]) -> T:
    for attempt in range(ATTEMPTS_MAX):
        try:
            return job()
        except RetryableError:
            sleep(PAUSE_S * (attempt % THREADS))
    raise AssertionError(f"others were quicker {ATTEMPTS_MAX} times")


def _does(store: Store, write: Write) -> bool:
    """Write in a transaction of its own; return whether it was committed."""
    try:
        with store.begin() as tx:
            write(tx)
            sleep(PAUSE_S)
    except (RetryableError, AssertionError):  # others were quicker, or there is nothing left to take
        return False
    return True


class TogetherContract:
    """Several at once, each by a store that it opened itself."""

    def test_nobody_reads_what_is_not_committed(self, store_of: StoreOf) -> None:
        """A reader sees what was there before, at once or when the writer has given up."""
        shop, begun = Shop.open(store_of("shop"), None), Event()
        before = shop.dump()

        def read() -> str:
            begun.set()
            return _until_done(Shop(store_of("shop")).dump)

        with ThreadPoolExecutor(1) as pool:
            with broken_off(shop.store) as tx:
                tx.members.add([a_row("new")])
                tx.commands.add([a_command("new")])
                reader = pool.submit(read)
                begun.wait()
                sleep(PATIENCE_S)
            assert reader.result() == before
        assert shop.dump() == before

    def test_what_several_write_at_once_is_all_there(self, store_of: StoreOf) -> None:
        """What is counted, what is read for a change and then written, and what has a key of its own."""
        with store_of("shop").begin() as tx:
            prepared(tx).tallies.of([key()], for_change=True)

        def write(store: Store, name: str) -> None:
            with store.begin() as tx:
                granted = tx.tallies.of([key()], for_change=True)[key()]
                sleep(PAUSE_S)
                tx.tallies.put({key(): granted + 1})
                tx.balances.change([a_balance("ann", 1, 2)])
                tx.commands.add([a_command(name)])

        def work(thread: int) -> None:
            store = store_of("shop")
            for number in range(ROUNDS):
                _until_done(partial(write, store, f"{thread} {number}"))

        together([partial(work, thread) for thread in range(THREADS)])
        count = THREADS * ROUNDS
        with store_of("shop").begin() as tx:
            assert tx.tallies.of([key()]) == {key(): count}
            assert list(tx.balances.all()) == [a_balance("ann", count, 2 * count)]
            names = [f"{thread} {number}" for thread in range(THREADS) for number in range(ROUNDS)]
            assert [each.key for each in tx.commands.all()] == names

    def test_of_several_who_write_the_same_as_many_do_it_as_one_after_another(
        self, store_of: StoreOf
    ) -> None:
        """What can be done once is done once, and of what can be done again nothing is lost.

        Whatever there is to write.  Whoever was refused while others were there may try again when they are
        gone.
        """
        alone = opened(MemoryStore("shop")).store
        stores = [opened(store_of("shop")).store, *(store_of("shop") for _ in range(1, THREADS))]
        with ThreadPoolExecutor(THREADS) as pool:
            for write in WRITES:
                expected = sum(_does(alone, write) for _ in stores)
                done = sum(pool.map(partial(_does, write=write), stores))
                done += sum(_does(stores[0], write) for _ in range(done, expected))
                assert (write.__name__, done) == (write.__name__, expected)
        assert state_of(store_of("shop")) == state_of(alone)

    def test_of_several_who_seal_each_fact_is_sealed_once(self, store_of: StoreOf) -> None:
        """One makes the next block; the others find nothing left to seal, or look again."""
        shop = opened(store_of("shop"))

        def make() -> None:
            with store_of("shop").begin() as tx:
                last, leaves = tx.seals.last(), tail_of(tx)
                sleep(PAUSE_S)
                if leaves:
                    tx.seals.add(next_block(last, leaves, at=LATER), leaves)

        together([make] * THREADS)
        with shop.store.begin() as tx:
            assert len(list(tx.seals.blocks())) == 1
            assert (engine.check_seals(tx).problems, tail_of(tx)) == ((), [])

    def test_of_several_who_take_the_same_money_one_has_it(self, store_of: StoreOf) -> None:
        """The others are told, whatever they have read before."""
        shop, ann, cny = Shop.open(store_of("shop"), None), MemberId("ann"), Currency("CNY")
        with shop.store.begin() as tx:
            tx.balances.change([a_balance("ann", 0, 5)])

        def take() -> bool:
            with store_of("shop").begin() as tx:
                assert tx.balances.of([ann], cny)
                sleep(PAUSE_S)
                return tx.balances.take(ann, cny, 5)

        assert sorted(together([take] * THREADS)) == [False] * (THREADS - 1) + [True]
        with shop.store.begin() as tx:
            assert tx.balances.of([ann], cny)[ann].payable_minor == 0

    def test_of_several_who_claim_events_each_has_its_own(self, store_of: StoreOf) -> None:
        """Together they have all of it, once."""
        keeping(store_of("shop"), [an_event(f"e{number:02}") for number in range(40)])

        had: list[str] = []

        def ask() -> None:
            store = store_of("shop")
            while some := taken(store, 3):
                had.extend(some)

        together([ask] * THREADS)
        assert sorted(had) == [f"e{number:02}" for number in range(40)]
