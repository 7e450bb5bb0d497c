"""Whoever seals takes everything that is not sealed yet, in blocks of a bounded size; the rest is tail."""

from typing import Any

import pytest
from tests.money import a_shop, give, on

from distcore import engine
from distcore.engine import SealCheck, Sealed
from distcore.kernel import InputError, limits
from distcore.ledger import Anchor
from distcore.memory import MemoryStore
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
