"""Seals: blocks of rows that were hashed, chained so that nothing sealed can change unnoticed.

Rows are written unchained; whoever seals takes what no block holds yet.  A `Leaf` is what was written at
once and for ever, such as all facts of one posting: a row more in it is as wrong as one that is missing.
The one rule this file protects: a block hashes the block before it, so whoever changes one changes all that
follow, and the newest one, kept elsewhere as an `Anchor`, gives even that away.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from attrs import field, frozen

from distcore.kernel import InputError, Instant, Problem, digest, limits, shown, utc


@frozen
class Leaf:
    """What was written at once into one kind of facts, and the hash of its rows (16 bytes)."""

    kind: str
    ref: str
    digest: bytes


@frozen
class SealedLeaf:
    """What stands there now, and the hash that was sealed; None: no block holds it."""

    leaf: Leaf
    sealed: bytes | None


@frozen
class Tail:
    """What no block holds of those facts of a kind that were looked at together.

    `reached` names the last leaf that was looked at, sealed or not: the next look begins behind it.  None:
    there is none behind it.
    """

    leaves: Sequence[Leaf]
    reached: str | None


def _sealed_at(value: Instant) -> Instant:
    return utc(value, "sealed_at")


@frozen
class Block:
    """Leaves that were sealed together: how many, when, and the hash over them and the block before."""

    number: int
    leaves: int
    previous: bytes
    digest: bytes
    sealed_at: Instant = field(converter=_sealed_at)


@frozen
class Anchor:
    """The newest block, to be kept where nobody who can write to the store can write."""

    number: int
    digest: bytes

    def __str__(self) -> str:
        """Return it as one word, like ``12:00ff…``."""
        return f"{self.number}:{self.digest.hex()}"


_NOTHING: Final = bytes(16)
_anchor = re.compile("([1-9][0-9]{0,17}):([0-9a-f]{32})").fullmatch


def next_block(last: Block | None, leaves: Sequence[Leaf], *, at: Instant) -> Block:
    """Return the block that seals leaves after the last one."""
    assert 1 <= len(leaves) <= limits.BLOCK_LEAVES_MAX, "a block has leaves, and not too many"
    number, previous = (1, _NOTHING) if last is None else (last.number + 1, last.digest)
    return Block(number, len(leaves), previous, _digest_of(number, previous, leaves, at), at)


def chain_problems(chain: Iterable[tuple[Block, Sequence[Leaf]]]) -> tuple[Problem, ...]:
    """Return where a chain of blocks, oldest first, is broken: numbers, links, members, hashes."""
    found: list[Problem] = []
    number, previous = 0, _NOTHING
    for block, leaves in chain:
        number += 1
        where = f"block {number}"
        if block.number != number:
            found.append(Problem(where, f"is missing: block {block.number} comes instead"))
            number = block.number
        elif block.previous != previous:
            found.append(Problem(where, "does not follow the block before it"))
        elif len(leaves) != block.leaves or block.digest != _digest_of(
            number, previous, leaves, block.sealed_at
        ):
            found.append(Problem(where, "its members are not those that were sealed"))
        previous = block.digest
    return tuple(found)


def anchor_of(block: Block) -> Anchor:
    """Return what to keep of the newest block."""
    return Anchor(block.number, block.digest)


def anchor_problem(anchor: Anchor, block: Block | None) -> Problem | None:
    """Return what an anchor gives away; `block` is the one of its number, None where there is none."""
    if block is None:
        return Problem(f"block {anchor.number}", "is in the anchor and not in the store: it was cut off")
    if block.digest != anchor.digest:
        return Problem(f"block {anchor.number}", "is not the one in the anchor: it was made again")
    return None


def parse_anchor(text: object, where: str = "") -> Anchor:
    """Return the anchor that `str` wrote."""
    found = _anchor(text) if isinstance(text, str) else None
    if found is None:
        raise InputError.of(where, f"not an anchor: {shown(text)}", "a number, a colon and 32 hex digits")
    return Anchor(int(found[1]), bytes.fromhex(found[2]))


def _digest_of(number: int, previous: bytes, leaves: Iterable[Leaf], at: Instant) -> bytes:
    return digest((number, previous, at, [(each.kind, each.ref, each.digest.hex()) for each in leaves]))
