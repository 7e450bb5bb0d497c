"""Whoever seals in blocks keeps nobody from writing: not while it looks, and not in between."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.sql.stores import new_store, open_store

from distcore import engine
from distcore.engine import Sealed
from distcore.kernel import RetryableError, limits
from distcore.ports import Begin, Transaction
from distcore.testing.builders import LATER, Shop, a_chain, a_plan, a_sale, levels
from distcore.testing.contracts.seals import tail_behind
from distcore_sql import SqlStore, seals
from distcore_sql.seals import _key_of, reference

SALES = 6


@pytest.fixture
def stores(url: str, monkeypatch: pytest.MonkeyPatch) -> tuple[SqlStore, SqlStore]:
    """A store of a shop that sold something, which is sealed bit by bit, and of another process of it."""
    monkeypatch.setattr(limits, "BLOCK_LEAVES_MAX", 10)
    monkeypatch.setattr(seals, "LOOK", 3)
    store = new_store(url)
    shop = Shop.open(store, a_plan(levels("10%")), a_chain("ann", "ben", "cai"))
    shop.do(engine.accrue_all, [a_sale(f"order {number}", "ben") for number in range(SALES)])
    return store, open_store(url, busy_ms=50)


def seal(store: SqlStore, begin_reading: Begin, key: str = "night") -> Sealed:
    return engine.seal_in_blocks(
        store.begin, begin_reading=begin_reading, at=LATER, actor="night batch", key=key
    )


def assert_sealed_but_for(store: SqlStore, sealed: Sealed, tail: int) -> None:
    with store.begin(reading=True) as tx:
        found = engine.check_seals(tx, sealed.anchor)
    assert (found.problems, found.tail) == ((), tail)


def selling(store: SqlStore, other: SqlStore, sold: list[str], *, reading: bool = True) -> Begin:
    """Return what begins a transaction that looks, in which somebody else sells something each time."""

    @contextmanager
    def begin() -> Iterator[Transaction]:
        with store.begin(reading=reading) as tx:
            yield tx
            sale = a_sale(f"order {SALES + len(sold)}", "cai")
            with other.begin() as theirs:
                engine.accrue(theirs, sale, at=LATER, actor="seller", key=sale.id)
            sold.append(sale.id)

    return begin


def test_what_others_write_is_sealed_or_is_tail(stores: tuple[SqlStore, SqlStore]) -> None:
    store, other = stores
    sold: list[str] = []

    sealed = seal(store, selling(store, other, sold))

    assert len(sold) > 50
    with store.begin(reading=True) as tx:
        found = engine.check_seals(tx, sealed.anchor)
    assert (found.sealed, found.problems, found.tail > 0) == (sealed.leaves, (), True)
    rest = seal(store, partial(store.begin, reading=True), "the rest")
    assert rest.leaves == found.tail
    assert_sealed_but_for(store, rest, 1)


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_whoever_looks_with_the_lock_of_all_writers_is_noticed(stores: tuple[SqlStore, SqlStore]) -> None:
    """Where there is one."""
    store, other = stores
    with pytest.raises(RetryableError):
        seal(store, selling(store, other, [], reading=False))


@pytest.mark.parametrize("overtaken", [0, 10, 20])
def test_of_two_who_seal_at_once_one_is_told(stores: tuple[SqlStore, SqlStore], overtaken: int) -> None:
    """What he has looked at is sealed by the other one before he writes."""
    store, other = stores
    looks = count()

    @contextmanager
    def begin_reading() -> Iterator[Transaction]:
        with store.begin(reading=True) as tx:
            yield tx
        if next(looks) == overtaken:
            seal(other, partial(other.begin, reading=True), "other")

    with pytest.raises(RetryableError):
        seal(store, begin_reading)

    assert_sealed_but_for(store, seal(store, partial(store.begin, reading=True)), 1)


def test_however_much_is_looked_at_together_the_same_is_found(
    stores: tuple[SqlStore, SqlStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look ends with a leaf, of however many rows."""
    store, _ = stores
    found = []
    for look in (1, 2, 3, 5, 1_000):
        monkeypatch.setattr(seals, "LOOK", look)
        with store.begin(reading=True) as tx:
            found.append([(kind, tail_behind(tx, kind)) for kind in tx.seals.kinds()])
    assert found[1:] == found[:-1]
    assert sum(len(leaves) for _, leaves in found[0]) > 40


_part = st.one_of(st.integers(-(2**63), 2**63 - 1), st.text(max_size=20))


@given(key=st.lists(_part, min_size=2, max_size=4))
def test_a_reference_names_one_key(key: list[str | int]) -> None:
    assert _key_of(reference(tuple(key)), [type(part) for part in key]) == key
