"""Sealing what was written, and checking what was sealed.

Whoever seals takes every leaf that no block holds yet, in blocks of a bounded size: all of them in one
transaction, or in many short ones, where others wait to write.  What is not sealed yet is the tail: an
ordinary insert, not tampering.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext

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
    """Do nothing between two transactions."""


def seal(tx: Transaction, *, at: Instant, actor: str, key: str) -> Sealed:
    """Seal all that is not sealed yet; at the end of a closing, and every night.

    Where one may write at a time, others wait until the transaction ends: `seal_in_blocks` lets them in.
    """
    call = called(at=at, actor=actor, key=key)
    return _seal(call, lambda: nullcontext(tx), lambda: nullcontext(tx), _go_on)


def seal_in_blocks(
    begin: Begin,
    *,
    at: Instant,
    actor: str,
    key: str,
    begin_reading: Begin | None = None,
    between: Callable[[Sealed], None] = _go_on,
) -> Sealed:
    """Seal as `seal` does, in many short transactions: each looks at some facts, or writes a block.

    `begin_reading` begins the transactions that look: one that only reads, such as
    `partial(store.begin, reading=True)` of a store in a database, keeps nobody from writing meanwhile.
    `between` is called after each of them with what is sealed by then, and may let time pass.

    Whoever breaks off has sealed those blocks, and goes on under the same key.  Raises `RetryableError` where
    somebody else seals at the same time.
    """
    return _seal(called(at=at, actor=actor, key=key), begin, begin_reading or begin, between)


def _seal(call: Call, begin: Begin, begin_reading: Begin, between: Callable[[Sealed], None]) -> Sealed:
    with begin() as tx:
        command = done_before(tx, call, "seal", ())
        last, kinds = tx.seals.last(), tx.seals.kinds()
    if command is not None:
        return _answer(command.answer)
    sealed = Sealed(0, 0, None if last is None else anchor_of(last))

    def add(leaves: Sequence[Leaf]) -> None:
        nonlocal last, sealed
        last = next_block(last, leaves, at=call.at)  # a number that is taken by whoever was faster
        with begin() as tx:
            tx.seals.add(last, leaves)
        sealed = Sealed(sealed.blocks + 1, sealed.leaves + len(leaves), anchor_of(last))

    waiting: list[Leaf] = []
    for tail in _tails(begin_reading, kinds):
        waiting += tail
        while len(waiting) >= limits.BLOCK_LEAVES_MAX:
            add(waiting[: limits.BLOCK_LEAVES_MAX])
            del waiting[: limits.BLOCK_LEAVES_MAX]
        between(sealed)
    if waiting:
        add(waiting)
    with begin() as tx:
        answer = f"{sealed.blocks} {sealed.leaves} {sealed.anchor or ''}"
        remember(tx, call, "seal", (), answer, about=[tx.shop])
    return sealed


def _tails(begin_reading: Begin, kinds: Sequence[str]) -> Iterator[Sequence[Leaf]]:
    """Yield what no block holds, as much as is found by one look at a time."""
    for kind in kinds:
        after = None
        while True:
            with begin_reading() as tx:
                tail = tx.seals.tail(kind, after=after)
            yield tail.leaves
            if tail.reached is None:
                break
            after = tail.reached


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
