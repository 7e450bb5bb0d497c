"""Sealing what was written, and checking what was sealed.

Whoever seals takes every leaf that no block holds yet, in blocks of a bounded size: all of them in one
transaction, or each in one of its own, where others wait to write.  What is not sealed yet is the tail: an
ordinary insert, not tampering.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from itertools import dropwhile, islice

from attrs import frozen

from distcore.engine.once import Call, called, done_before, remember
from distcore.kernel import InputError, Instant, Problem, limits, shape_problems
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
from distcore.ports import Begin, Transaction


@frozen
class Sealed:
    """How much was sealed, and the newest block, to be kept elsewhere; None in a shop without facts."""

    blocks: int
    leaves: int
    anchor: Anchor | None


@frozen
class SealCheck:
    """What the seals say: how many leaves are sealed, how many are the tail, and what is wrong."""

    sealed: int
    tail: int
    problems: tuple[Problem, ...]
    newest: Anchor | None = None


def _go_on(_: Sealed) -> None:
    """Do nothing between two blocks."""


def seal(tx: Transaction, *, at: Instant, actor: str, key: str) -> Sealed:
    """Seal all that is not sealed yet; at the end of a closing, and every night.

    Where one may write at a time, others wait until the transaction ends: `seal_in_blocks` lets them in.
    """
    call = called(at=at, actor=actor, key=key)
    return _seal(call, lambda: nullcontext(tx), lambda: nullcontext(tx), _go_on)


def seal_in_blocks(
    begin: Begin,
    begin_reading: Begin,
    *,
    at: Instant,
    actor: str,
    key: str,
    between: Callable[[Sealed], None] = _go_on,
) -> Sealed:
    """Seal as `seal` does, each block in a short transaction of its own, in which nothing is calculated.

    `begin` begins a transaction that writes and `begin_reading` one that only reads, such as
    `partial(store.begin, reading=True)`: what is to be sealed is read and hashed while others may write.
    `between` is called after each block but the last with what is sealed by then, and may let time pass.

    Whoever breaks off has sealed those blocks, and goes on under the same key.  Raises `RetryableError` where
    somebody else seals at the same time.
    """
    return _seal(called(at=at, actor=actor, key=key), begin, begin_reading, between)


def _seal(call: Call, begin: Begin, begin_reading: Begin, between: Callable[[Sealed], None]) -> Sealed:
    with begin() as tx:
        command = done_before(tx, call, "seal", ())
    if command is not None:
        return _answer(command.answer)
    blocks = count = 0
    after: Leaf | None = None
    while True:
        with begin_reading() as tx:
            last = tx.seals.last()
            leaves = list(islice(_unsealed(tx, after), limits.BLOCK_LEAVES_MAX))
        if leaves:
            last, after = next_block(last, leaves, at=call.at), leaves[-1]
            with begin() as tx:
                tx.seals.add(last, leaves)
            blocks += 1
            count += len(leaves)
        sealed = Sealed(blocks, count, None if last is None else anchor_of(last))
        if len(leaves) < limits.BLOCK_LEAVES_MAX:
            break
        between(sealed)
    with begin() as tx:
        remember(tx, call, "seal", (), f"{blocks} {count} {sealed.anchor or ''}", about=[tx.shop])
    return sealed


def check_seals(tx: Transaction, anchor: Anchor | None = None) -> SealCheck:
    """Compare every sealed leaf with what stands there now, the chain, and an anchor that was kept.

    Finds whatever was changed, removed, put in or put elsewhere in what is sealed; with the anchor also
    that its end was cut off.
    """
    misshapen = () if anchor is None else tuple(shape_problems(anchor, Anchor, "anchor"))
    if misshapen:
        raise InputError(misshapen)
    found: list[Problem] = []
    sealed = tail = 0
    for kind in tx.seals.kinds():
        checked = _of_kind(tx, kind)
        sealed, tail = sealed + checked.sealed, tail + checked.tail
        found += checked.problems
    found += _chain_problems(tx, anchor)
    last = tx.seals.last()
    return SealCheck(sealed, tail, tuple(found), None if last is None else anchor_of(last))


def _of_kind(tx: Transaction, kind: str) -> SealCheck:
    """Compare the leaves of one kind with their seals."""
    found: list[Problem] = []
    sealed = tail = 0
    for each in tx.seals.leaves(kind):
        if each.sealed is None:
            tail += 1
            continue
        sealed += 1
        if each.leaf.digest != each.sealed:
            found.append(Problem(f"{kind} {each.leaf.ref}", "is not what was sealed"))
    if sealed != tx.seals.count(kind):
        found += [Problem(f"{kind} {ref}", "was sealed and is missing") for ref in tx.seals.lost(kind)]
    return SealCheck(sealed, tail, tuple(found))


def _chain_problems(tx: Transaction, anchor: Anchor | None) -> list[Problem]:
    """Follow the blocks from the first to the last, and look for the one in the anchor."""
    anchored: Block | None = None

    def chain() -> Iterator[tuple[Block, Sequence[Leaf]]]:
        nonlocal anchored
        for block, leaves in tx.seals.blocks():
            if anchor is not None and block.number == anchor.number:
                anchored = block
            yield block, leaves

    found = list(chain_problems(chain()))
    if anchor is not None and (problem := anchor_problem(anchor, anchored)) is not None:
        found.append(problem)
    return found


def _answer(text: str) -> Sealed:
    blocks, leaves, anchor = text.split(" ")
    return Sealed(int(blocks), int(leaves), parse_anchor(anchor) if anchor else None)


def _unsealed(tx: Transaction, after: Leaf | None) -> Iterator[Leaf]:
    """Yield what no block holds, behind a leaf."""
    kinds = iter(tx.seals.kinds())
    if after is not None:
        kinds = dropwhile(lambda kind: kind != after.kind, kinds)
        yield from tx.seals.unsealed(next(kinds), after=after)
    for kind in kinds:
        yield from tx.seals.unsealed(kind)
