"""Whoever seals takes everything that is not sealed yet, in blocks of a bounded size; the rest is tail."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from math import ceil
from typing import Any

import pytest
from tests.money import a_shop, give, on

from distcore import engine
from distcore.engine import SealCheck, Sealed
from distcore.kernel import InputError, RetryableError, limits
from distcore.ledger import Anchor, Block
from distcore.memory import MemoryStore
from distcore.memory import ledger as memory
from distcore.ports import Transaction
from distcore.testing.builders import Shop, a_member

NIGHT = on("2026-01-10")


def check(shop: Shop, anchor: Anchor | None = None) -> SealCheck:
    with shop.store.begin() as tx:
        return engine.check_seals(tx, anchor)


def test_a_shop_without_facts_has_nothing_to_seal() -> None:
    shop = Shop(MemoryStore("new"))

    assert shop.do(engine.seal, key="night 1") == Sealed(0, 0, None)
    assert shop.do(engine.seal, key="night 1") == Sealed(0, 0, None)
    assert check(shop) == SealCheck(0, 1, ())


def test_everything_is_sealed_but_the_command_that_seals() -> None:
    shop = a_shop()
    give(shop, "ann", 1_000, NIGHT)
    before = check(shop)
    assert before.sealed == 0

    sealed = shop.do(engine.seal, at=NIGHT)

    assert (sealed.blocks, sealed.leaves) == (1, before.tail)
    assert check(shop, sealed.anchor) == SealCheck(before.tail, 1, (), sealed.anchor)


def test_the_next_seal_takes_what_has_come_since() -> None:
    shop = a_shop()
    first = shop.do(engine.seal, at=NIGHT)
    give(shop, "ann", 1_000, NIGHT)

    second = shop.do(engine.seal, at=NIGHT)

    assert second.leaves == 4, "an adjustment, its transfer, its command, and that of the first seal"
    assert first.anchor is not None
    assert second.anchor is not None
    assert (first.anchor.number, second.anchor.number) == (1, 2)
    assert check(shop, first.anchor).problems == ()
    assert check(shop, second.anchor).problems == ()


def test_many_leaves_make_many_blocks() -> None:
    shop = a_shop()
    shop.do(engine.join_all, [a_member(f"member {number}") for number in range(limits.BLOCK_LEAVES_MAX // 2)])

    sealed = shop.do(engine.seal, at=NIGHT)

    assert (sealed.blocks, sealed.leaves // limits.BLOCK_LEAVES_MAX) == (2, 1)
    assert check(shop, sealed.anchor).problems == ()


def a_shop_of_many_blocks(monkeypatch: pytest.MonkeyPatch, members: int = 9) -> Shop:
    """Return a shop whose blocks hold three leaves each, and which is looked at by fours."""
    monkeypatch.setattr(limits, "BLOCK_LEAVES_MAX", 3)
    monkeypatch.setattr(memory, "LOOK", 4)
    shop = a_shop()
    shop.do(engine.join_all, [a_member(f"member {number}") for number in range(members)])
    return shop


def seal_in_blocks(shop: Shop, key: str = "night", **options: Any) -> Sealed:
    return engine.seal_in_blocks(shop.store.begin, at=NIGHT, actor="night batch", key=key, **options)


def chain_of(shop: Shop) -> list[Block]:
    with shop.store.begin() as tx:
        return [block for block, _ in tx.seals.blocks()]


@pytest.mark.parametrize("members", range(6, 12))
def test_block_by_block_the_same_is_sealed(monkeypatch: pytest.MonkeyPatch, members: int) -> None:
    """Also where the last block is full, and where the last look is."""
    shop, other = (a_shop_of_many_blocks(monkeypatch, members) for _ in range(2))
    tail = check(shop).tail

    sealed = seal_in_blocks(shop)

    assert sealed == other.do(engine.seal, at=NIGHT, key="night")
    assert (sealed.leaves, sealed.blocks) == (tail, ceil(tail / 3))
    assert chain_of(shop) == chain_of(other)
    assert check(shop) == check(other)


def test_between_two_transactions_others_write(monkeypatch: pytest.MonkeyPatch) -> None:
    """What they write where he has looked already is for the next one."""
    shop = a_shop_of_many_blocks(monkeypatch)
    tail = check(shop).tail
    told: list[Sealed] = []

    def between(so_far: Sealed) -> None:
        told.append(so_far)
        assert len(chain_of(shop)) == so_far.blocks
        give(shop, "ann", 1_000 + len(told), NIGHT)

    sealed = seal_in_blocks(shop, between=between)

    assert tail < sealed.leaves < tail + 3 * len(told)
    assert (told[0].blocks, told[-1].blocks) == (0, sealed.blocks - 1)
    assert check(shop, sealed.anchor).problems == ()
    seal_in_blocks(shop, "another night")
    assert check(shop).tail == 1


def test_who_looks_at_what_is_sealed_lets_others_in_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = a_shop_of_many_blocks(monkeypatch)
    seal_in_blocks(shop)
    told: list[Sealed] = []

    seal_in_blocks(shop, "another night", between=told.append)

    assert {each.blocks for each in told} == {0}
    with shop.store.begin() as tx:
        assert len(told) > len(tx.seals.kinds()) + 3


def test_who_breaks_off_goes_on_under_the_same_key(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = a_shop_of_many_blocks(monkeypatch)
    tail = check(shop).tail

    def break_off(so_far: Sealed) -> None:
        if so_far.blocks == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        seal_in_blocks(shop, between=break_off)
    assert check(shop).sealed == 6

    sealed = seal_in_blocks(shop)
    assert sealed.leaves == tail - 6
    assert seal_in_blocks(shop) == sealed
    assert check(shop, sealed.anchor) == SealCheck(tail, 1, (), sealed.anchor)


@pytest.mark.parametrize("overtaken", range(5))
def test_of_two_who_seal_at_once_one_is_told(monkeypatch: pytest.MonkeyPatch, overtaken: int) -> None:
    """What he has looked at is sealed by the other one before he writes."""
    shop = a_shop_of_many_blocks(monkeypatch)
    looks = count()

    @contextmanager
    def begin_reading() -> Iterator[Transaction]:
        with shop.store.begin() as tx:
            yield tx
        if next(looks) == overtaken:
            seal_in_blocks(shop, "other")

    with pytest.raises(RetryableError):
        seal_in_blocks(shop, begin_reading=begin_reading)

    assert seal_in_blocks(shop).leaves == 1, "the command of the other one"
    assert check(shop).problems == ()


@pytest.mark.parametrize(
    ("anchor", "where"),
    [
        ("1:00", "anchor"),
        (True, "anchor"),
        (Anchor(True, bytes(16)), "anchor.number"),
        (Anchor(1, "00"), "anchor.digest"),  # type: ignore[arg-type]
    ],
)
def test_an_anchor_is_an_anchor(anchor: Any, where: str) -> None:
    with pytest.raises(InputError, match=rf"^{where}: not "):
        check(a_shop(), anchor)


def test_an_anchor_of_another_shop_is_found() -> None:
    shop, other = a_shop(), a_shop()
    shop.do(engine.seal, at=NIGHT)
    give(other, "ann", 1_000, NIGHT)
    anchor = other.do(engine.seal, at=NIGHT).anchor

    assert [str(each) for each in check(shop, anchor).problems] == [
        "block 1: is not the one in the anchor: it was made again"
    ]
