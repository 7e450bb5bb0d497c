"""A conflict is nobody's fault: it comes out as one kind of error, and nothing was written."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import MetaData, create_engine
from sqlalchemy.exc import IntegrityError
from tests.sql.stores import begun_at_once, new_shop, new_store, url_in

from distcore.engine import accrue, join
from distcore.kernel import InputError, MemberId, RetryableError, SaleId
from distcore.referral import Aspect, Change, Member
from distcore.testing.builders import DAY_1, LATER, Shop, a_member, a_sale
from distcore_sql import SqlStore, SqlTransaction, build_tables, create_store_engine, upgrade_store

CALL: dict[str, Any] = {"at": LATER, "actor": "tester"}
DAN = Member(MemberId("dan"), DAY_1, LATER)


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Somebody else, who holds the write lock of a shop's store."""
    new_shop(tmp_path)
    connection = sqlite3.connect(tmp_path / "shop.db", isolation_level=None, check_same_thread=False)
    connection.execute("BEGIN IMMEDIATE")
    yield connection
    connection.close()


def test_ports_are_of_one_transaction(tmp_path: Path) -> None:
    new_shop(tmp_path)
    with SqlStore.open(url_in(tmp_path), "mall") as store:
        with store.begin() as tx:
            tx.members.revision()
        with pytest.raises(InputError, match=r"transaction: is over .begin the next one"):
            tx.members.revision()
        with pytest.raises(ZeroDivisionError), store.begin() as tx:
            raise ZeroDivisionError
        with pytest.raises(InputError, match="transaction: is over"):
            tx.members.revision()


def test_a_writer_who_waits_too_long_may_try_again(tmp_path: Path, writer: sqlite3.Connection) -> None:
    with SqlStore.open(url_in(tmp_path), "mall", busy_ms=20) as store:
        with pytest.raises(RetryableError, match="locked") as raised, store.begin():
            pytest.fail("nobody gets here")
        assert not raised.value.host_must_roll_back
        writer.execute("ROLLBACK")
        with store.begin() as tx:
            assert join(tx, a_member("dan"), **CALL, key="dan").id == "dan"


def test_a_reader_never_waits(tmp_path: Path, writer: sqlite3.Connection) -> None:
    with SqlStore.open(url_in(tmp_path), "mall", busy_ms=20) as store, store.begin(reading=True) as tx:
        assert [member.id for member in tx.members.all()] == ["ann", "ben", "cai"]


def test_work_is_done_again_until_it_succeeds(tmp_path: Path, writer: sqlite3.Connection) -> None:
    threading.Timer(0.1, writer.execute, ["ROLLBACK"]).start()
    with SqlStore.open(url_in(tmp_path), "mall", busy_ms=20) as store:
        joined = store.run(lambda tx: join(tx, a_member("dan"), **CALL, key="dan"))
    assert joined.id == "dan"


def test_whoever_makes_a_file_waits_for_whoever_makes_it_too(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "shop.db", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    threading.Timer(0.1, other.execute, ["ROLLBACK"]).start()
    upgrade_store(url_in(tmp_path))
    other.close()
    with SqlStore.open(url_in(tmp_path), "mall") as store, store.begin(reading=True) as tx:
        assert tx.members.revision() == 0


def test_whoever_makes_a_file_does_not_wait_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("distcore_sql.store.create_store_engine", partial(create_store_engine, busy_ms=20))
    with closing(sqlite3.connect(tmp_path / "shop.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(RetryableError, match="locked"):
            upgrade_store(url_in(tmp_path))
        other.execute("ROLLBACK")
    upgrade_store(url_in(tmp_path))


def test_work_is_not_done_for_ever(tmp_path: Path, writer: sqlite3.Connection) -> None:
    with SqlStore.open(url_in(tmp_path), "mall", busy_ms=1) as store, pytest.raises(RetryableError):
        store.run(lambda tx: join(tx, a_member("dan"), **CALL, key="dan"))


def test_who_comes_second_with_a_key_may_try_again(tmp_path: Path) -> None:
    shop = new_shop(tmp_path)
    shop.do(join, a_member("dan"))
    with pytest.raises(RetryableError, match="UNIQUE"), shop.store.begin() as tx:
        tx.members.add([DAN])


def test_after_a_conflict_a_transaction_is_not_used_again(tmp_path: Path) -> None:
    store = new_store(tmp_path)

    def go_on() -> None:
        with store.begin() as tx:
            tx.members.add([DAN])
            with pytest.raises(RetryableError):
                tx.members.add([DAN])
            with pytest.raises(RetryableError, match="had a conflict"):
                tx.members.revision()

    with pytest.raises(RetryableError, match="had a conflict"):
        go_on()
    with store.begin() as tx:
        assert list(tx.members.all()) == []


def test_a_change_that_comes_second_may_try_again(tmp_path: Path) -> None:
    shop = new_shop(tmp_path)
    change = Change(MemberId("cai"), Aspect.TIER, "gold", LATER, LATER, revision=2)

    def skip_one() -> None:
        with shop.store.begin() as tx:
            assert tx.members.lock() == 0
            tx.members.append(change)

    with pytest.raises(RetryableError, match="not at revision 1"):
        skip_one()


def test_a_host_is_told_to_roll_back(tmp_path: Path, writer: sqlite3.Connection) -> None:
    engine = create_engine(url_in(tmp_path), connect_args={"timeout": 0.02})
    begun_at_once(engine)
    with engine.connect() as connection:
        tx = SqlTransaction(connection, "mall", build_tables(MetaData()))
        tx.members.revision()
        for _ in range(2):
            with pytest.raises(RetryableError) as raised:
                tx.members.lock()
            assert raised.value.host_must_roll_back
        connection.rollback()
    engine.dispose()


def test_a_host_is_told_so_too_by_a_count_of_rows(tmp_path: Path) -> None:
    new_shop(tmp_path)
    engine = create_store_engine(url_in(tmp_path))
    with engine.connect() as connection:
        tx = SqlTransaction(connection, "mall", build_tables(MetaData()))
        with pytest.raises(RetryableError, match="not frozen") as raised:
            tx.releases.add([SaleId("order 1")], at=LATER)
        assert raised.value.host_must_roll_back
        with pytest.raises(RetryableError, match="had a conflict"):
            tx.members.revision()
    engine.dispose()


def test_our_own_mistake_is_not_called_a_conflict(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    below_nobody = Member(MemberId("eve"), DAY_1, LATER, MemberId("nobody"))
    with pytest.raises(IntegrityError, match="FOREIGN KEY") as raised, store.begin() as tx:
        tx.members.add([below_nobody])
    assert "eve" not in str(raised.value)


def test_a_second_transaction_in_the_same_thread_is_refused(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    with store.begin(), pytest.raises(InputError, match="open already"), store.begin():
        pytest.fail("nobody gets here")
    with store.begin() as tx:
        assert tx.members.revision() == 0


def test_a_transaction_is_rolled_back_by_an_exception(tmp_path: Path) -> None:
    store = new_store(tmp_path)

    def add_and_stop() -> None:
        with store.begin() as tx:
            tx.members.add([DAN])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        add_and_stop()
    with store.begin() as tx:
        assert list(tx.members.all()) == []


def test_threads_wait_for_each_other(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    shop = Shop.open(store, newcomers=[a_member("ann"), a_member("cai", "ann")])

    def sell(number: int) -> None:
        with store.begin() as tx:
            accrue(tx, a_sale(f"order {number}"), **CALL, key=f"order {number}")

    threads = [threading.Thread(target=sell, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert shop.earned()["ann"].accrued_minor == 8 * 1_000
