"""A block hashes the block before it: what is changed, left out, put in or put elsewhere is found."""

from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve
from tests.money import on

from distcore.kernel import InputError, limits
from distcore.ledger import (
    Anchor,
    Block,
    Leaf,
    anchor_of,
    anchor_problem,
    chain_problems,
    next_block,
    parse_anchor,
)

DAY = on("2026-01-10")
Chain = list[tuple[Block, list[Leaf]]]


def leaf(name: str) -> Leaf:
    return Leaf("sales", name, name.encode().ljust(16, b"."))


def chain_of(*blocks: str) -> Chain:
    """Return a chain of blocks, each with a leaf for every letter."""
    found: Chain = []
    for names in blocks:
        leaves = [leaf(name) for name in names]
        found.append((next_block(found[-1][0] if found else None, leaves, at=DAY), leaves))
    return found


def problems(chain: Chain) -> list[str]:
    return [str(each) for each in chain_problems(chain)]


def test_a_chain_that_was_left_alone_is_whole() -> None:
    assert problems(chain_of("ab", "c", "def")) == []
    assert problems([]) == []


def test_blocks_are_numbered_from_one_and_each_knows_the_one_before() -> None:
    (first, _), (second, _) = chain_of("ab", "c")

    assert (first.number, first.leaves, first.previous) == (1, 2, bytes(16))
    assert (second.number, second.leaves, second.previous) == (2, 1, first.digest)


MEMBERS = "its members are not those that were sealed"


@pytest.mark.parametrize(
    ("leaves", "expected"),
    [
        ([leaf("a")], MEMBERS),
        ([], MEMBERS),
        ([leaf("b"), leaf("a")], MEMBERS),
        ([leaf("a"), leaf("b"), leaf("x")], MEMBERS),
        ([leaf("a"), leaf("x")], MEMBERS),
        ([leaf("a"), evolve(leaf("b"), ref="x")], MEMBERS),
        ([leaf("a"), evolve(leaf("b"), kind="payouts")], MEMBERS),
        ([leaf("a"), evolve(leaf("b"), digest=bytes(16))], MEMBERS),
    ],
)
def test_other_members_are_found(leaves: list[Leaf], expected: str) -> None:
    chain = chain_of("ab", "c")
    chain[0] = (chain[0][0], leaves)

    assert problems(chain) == [f"block 1: {expected}"]


@pytest.mark.parametrize(
    "changed",
    [{"leaves": 3}, {"digest": bytes(16)}, {"sealed_at": on("2026-01-11")}, {"previous": b"x" * 16}],
)
def test_a_block_that_was_changed_is_found(changed: dict[str, Any]) -> None:
    chain = chain_of("ab", "c")
    chain[0] = (evolve(chain[0][0], **changed), chain[0][1])

    assert problems(chain)[0].startswith("block 1: ")


def test_whoever_changes_a_block_and_its_hash_changes_all_that_follow() -> None:
    chain = chain_of("ab", "c", "d")
    (forged, leaves) = chain_of("ax")[0]
    chain[0] = (forged, leaves)

    assert problems(chain) == ["block 2: does not follow the block before it"]
    chain[1] = (next_block(forged, chain[1][1], at=DAY), chain[1][1])
    assert problems(chain) == ["block 3: does not follow the block before it"]


def test_a_block_that_was_left_out_is_found() -> None:
    chain = chain_of("ab", "c", "d")

    assert problems(chain[1:]) == ["block 1: is missing: block 2 comes instead"]
    assert problems([chain[0], chain[2]]) == ["block 2: is missing: block 3 comes instead"]


def test_blocks_that_changed_places_are_found() -> None:
    first, second, third = chain_of("ab", "c", "d")

    assert problems([second, first, third])[0] == "block 1: is missing: block 2 comes instead"


def test_an_end_that_was_cut_off_is_found_by_the_anchor_alone() -> None:
    chain = chain_of("ab", "c", "d")
    anchor = anchor_of(chain[-1][0])

    assert problems(chain[:2]) == []
    assert str(anchor_problem(anchor, None)) == (
        "block 3: is in the anchor and not in the store: it was cut off"
    )
    assert anchor_problem(anchor, chain[-1][0]) is None


def test_an_end_that_was_made_again_is_found_by_the_anchor() -> None:
    chain, again = chain_of("ab", "c", "d"), chain_of("ab", "c", "x")

    assert problems(again) == []
    assert str(anchor_problem(anchor_of(chain[-1][0]), again[-1][0])) == (
        "block 3: is not the one in the anchor: it was made again"
    )


def test_an_anchor_is_one_word_that_reads_back() -> None:
    anchor = anchor_of(chain_of("ab", "c")[-1][0])

    assert parse_anchor(str(anchor)) == anchor
    assert str(Anchor(12, bytes(16))) == "12:" + "0" * 32


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12",
        "12:00",
        f"0:{'0' * 32}",
        f"012:{'0' * 32}",
        f"-1:{'0' * 32}",
        f"１:{'0' * 32}",
        f"1:{'0' * 31}",
        f"1:{'0' * 33}",
        f"1:{'A' * 32}",
        f" 1:{'0' * 32}",
        f"1:{'0' * 32}\n",
        f"{'9' * 19}:{'0' * 32}",
        "\ud800",
        "x" * 10**6,
        None,
        True,
        12,
        b"12:00",
    ],
    ids=lambda text: ascii(text)[:20],
)
def test_what_is_no_anchor_is_refused(text: Any) -> None:
    with pytest.raises(InputError, match=r"^anchor: not an anchor: ") as raised:
        parse_anchor(text, "anchor")
    assert len(str(raised.value)) < 200


@pytest.mark.parametrize("count", [0, limits.BLOCK_LEAVES_MAX + 1])
def test_a_block_has_leaves_and_not_too_many(count: int) -> None:
    with pytest.raises(AssertionError):
        next_block(None, [leaf("a")] * count, at=DAY)


def test_a_full_block_is_a_block() -> None:
    leaves = [leaf("a")] * limits.BLOCK_LEAVES_MAX
    full = next_block(None, leaves, at=DAY)

    assert full.leaves == limits.BLOCK_LEAVES_MAX
    assert problems([(full, leaves)]) == []


def test_a_block_is_sealed_at_an_instant() -> None:
    make: Callable[..., Block] = Block
    with pytest.raises(InputError, match=r"^sealed_at: "):
        make(1, 1, bytes(16), bytes(16), DAY.replace(tzinfo=None))
