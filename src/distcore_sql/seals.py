"""`distcore.ledger.Seals` over every table of facts: what is written at once is one leaf.

The one rule this file protects: no table of facts is left out, and a leaf is all rows that share the first
columns of a key, so a row more is as visible as a row less.
"""

from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from itertools import groupby, islice
from json import JSONEncoder
from operator import itemgetter
from typing import Any, Final

from attrs import frozen
from sqlalchemy import (
    ColumnElement,
    Executable,
    String,
    Table,
    bindparam,
    cast,
    func,
    literal,
    select,
)

from distcore.ledger import Block, Leaf, SealedLeaf, Tail
from distcore_sql.dialects import After, Length, UpTo
from distcore_sql.money_rows import block_of, hash_of, leaves_of, row_of_block
from distcore_sql.paging import in_parts, key_of, pages, parts_of
from distcore_sql.statements import Statements, Value, among, listed, of_shop
from distcore_sql.tables import Tables

LEAVES: Final[Mapping[str, int]] = {
    "policies": 1,
    "plans": 2,
    "plan_overrides": 3,
    "settlement_policies": 2,
    "members": 1,
    "member_changes": 1,
    "identities": 1,
    "applications": 1,
    "application_reviews": 1,
    "promotion_codes": 2,
    "code_revocations": 2,
    "touches": 2,
    "tier_policies": 1,
    "tier_evaluations": 1,
    "tier_decisions": 2,
    "sales": 1,
    "sale_lines": 1,
    "completions": 1,
    "releases": 1,
    "postings": 2,
    "corrections": 2,
    "correction_lines": 2,
    "repins": 2,
    "accruals": 2,
    "period_runs": 1,
    "period_postings": 2,
    "period_repins": 2,
    "period_facts": 3,
    "transfers": 4,
    "adjustments": 1,
    "openings": 1,
    "opening_releases": 1,
    "hold_changes": 3,
    "closings": 1,
    "closing_decisions": 1,
    "statement_lines": 2,
    "statements": 2,
    "assessments": 2,
    "payee_accounts": 2,
    "account_verifications": 2,
    "payouts": 1,
    "payout_steps": 2,
    "offers": 2,
    "price_lists": 2,
    "freight_templates": 2,
    "points_policies": 2,
    "prices": 3,
    "placed_orders": 1,
    "order_steps": 2,
    "coupon_templates": 2,
    "group_sales": 2,
    "commands": 1,
}
"""Every table of facts, and how many columns of its key, the shop aside, say what was written at once."""

LOOK: Final = 10_000
"""Rows that are looked at together for what is not sealed, and those of the leaf in which they end."""

PAGE: Final = 10_000
"""Rows of facts that are read at a time."""

ASKED: Final = 2_000
"""Leaves whose seals are looked up at a time."""

LOST_MAX: Final = 1_000
"""References of missing leaves that are named."""

_write: Final = JSONEncoder(ensure_ascii=False, check_circular=False, separators=("\n", ":")).encode


class SqlSeals:
    """Hashes of rows, in blocks, beside the tables of facts."""

    def __init__(self, statements: Statements) -> None:
        """Read and write on the statements of a transaction."""
        self._sql = statements

    def kinds(self) -> Sequence[str]:
        """Return the tables of facts."""
        return tuple(LEAVES)

    def tail(self, kind: str, *, after: str | None = None) -> Tail:
        """Look at some rows of a table, to the end of a leaf, and return the leaves that no block holds."""
        width, behind = LEAVES[kind], after is not None
        bounds: dict[str, Value] = {}
        if after is not None:
            types = [column.type.python_type for column in key_of(self._sql.table(kind))[:width]]
            bounds |= in_parts("behind", _key_of(after, types))
        end = self._sql.first(_End(kind, behind), passed_over=LOOK - 1, **bounds)
        if end is not None:
            bounds |= in_parts("until", end)
        rows = self._sql.rows(_Unsealed(kind, behind, end is not None), of=kind, **bounds)
        reached = None if end is None else reference(end[0] if width == 1 else tuple(end))
        return Tail(tuple(_leaves(kind, iter(rows))), reached)

    def leaves(self, kind: str) -> Iterator[SealedLeaf]:
        """Yield every leaf of a table beside the hash that was sealed, a page at a time."""
        found = _leaves(kind, pages(self._sql, kind, PAGE))
        while some := list(islice(found, ASKED)):
            refs = listed([leaf.ref for leaf in some])
            sealed = {row[0]: row[1] for row in self._sql.rows(_sealed, of=kind, ids=refs)}
            for leaf in some:
                hashed = sealed.get(leaf.ref)
                yield SealedLeaf(leaf, None if hashed is None else hash_of(hashed))

    def count(self, kind: str) -> int:
        """Return how many leaves of a table are sealed."""
        return int(self._sql.rows(_count, of=kind)[0][0])

    def lost(self, kind: str) -> Sequence[str]:
        """Return the references of leaves that are sealed and not there any more."""
        there = {leaf.ref for leaf in _leaves(kind, pages(self._sql, kind, PAGE))}
        gone = (row[0] for row in self._sql.rows(_refs, of=kind) if row[0] not in there)
        return list(islice(gone, LOST_MAX))

    def last(self) -> Block | None:
        """Return the newest block."""
        found = self._sql.first(_last)
        return None if found is None else block_of(found)

    def add(self, block: Block, leaves: Sequence[Leaf]) -> None:
        """Write a block with its leaves."""
        self._sql.insert("sealed_blocks", [row_of_block(block)])
        self._sql.insert(
            "sealed_leaves",
            [
                (leaf.kind, leaf.ref, block.number, position, leaf.digest.hex())
                for position, leaf in enumerate(leaves)
            ],
        )

    def blocks(self) -> Iterator[tuple[Block, Sequence[Leaf]]]:
        """Yield every block with its leaves, the oldest first; without, if one is out of its place."""
        for row in pages(self._sql, "sealed_blocks", PAGE):
            block = block_of(row)
            members = self._sql.rows(_of_block, block=block.number)
            in_place = [row[-1] for row in members] == list(range(len(members)))
            yield block, leaves_of(members) if in_place else []


def _leaves(kind: str, rows: Iterator[Sequence[Any]]) -> Iterator[Leaf]:
    """Hash what was written at once: all rows that share the first columns of their key."""
    groups = groupby(rows, key=itemgetter(*range(LEAVES[kind])))
    while some := [(key, list(of_leaf)) for key, of_leaf in islice(groups, ASKED)]:
        for (key, _), content in zip(some, _written([leaf for _, leaf in some]), strict=True):
            hashed = blake2b(content.encode("utf-8", "surrogatepass"), digest_size=16)
            yield Leaf(kind, reference(key), hashed.digest())


def _written(leaves: list[list[Sequence[Any]]]) -> list[str]:
    """Return each leaf as JSON, its values one below the other, without the outer brackets.

    Many are written at once, which takes a third of the time: no text in JSON holds a line break, so what
    was written falls apart again where one leaf ends and the next begins.
    """
    return _write(leaves)[3:-3].split("]]\n[[")


def reference(key: str | int | tuple[str | int, ...]) -> str:
    """Return the parts of a key as one text: each text with its length, so that no two keys are alike.

    A key of one part is that part.
    """
    if not isinstance(key, tuple):
        return str(key)
    return "/".join(f"{len(part)}:{part}" if isinstance(part, str) else str(part) for part in key)


def _key_of(ref: str, types: Sequence[type]) -> list[str | int]:
    """Return the parts of a key whose `reference` this is."""
    if len(types) == 1:
        return [types[0](ref)]
    parts: list[str | int] = []
    for each in types:
        if each is str:
            size, _, ref = ref.partition(":")
            parts.append(ref[: int(size)])
            ref = ref[int(size) + 1 :]
        else:
            number, _, ref = ref.partition("/")
            parts.append(int(number))
    return parts


def _reference(table: Table, width: int) -> ColumnElement[str]:
    """Return `reference` as the database makes it."""
    key = key_of(table)[:width]
    if width == 1:
        return cast(key[0], String())
    found: ColumnElement[str] = literal("")
    for place, column in enumerate(key):
        part: ColumnElement[str] = cast(column, String())
        if column.type.python_type is str:
            part = cast(Length(column), String()) + ":" + part
        found = found + (part if place == 0 else "/" + part)
    return found


@frozen
class _End:
    """The leaf in whose rows a look at a table ends: of the first rows, or of those behind a leaf."""

    kind: str
    behind: bool

    def __call__(self, tables: Tables) -> Executable:
        table: Table = getattr(tables, self.kind)
        width = LEAVES[self.kind]
        end = select(*key_of(table)[:width]).where(*_bounds(table, width, behind=self.behind))
        found: Executable = end.order_by(*key_of(table)).limit(1).offset(bindparam("passed_over"))
        return found


@frozen
class _Unsealed:
    """The rows of a table that belong to no sealed leaf, within bounds.

    The leaf of each row is looked up by its key: a planner that may choose would compare every row with every
    leaf of the kind where it takes them for few, and whoever seals writes more of them than it knows about.
    """

    kind: str
    behind: bool
    until: bool

    def __call__(self, tables: Tables) -> Executable:
        table: Table = getattr(tables, self.kind)
        leaves, width = tables.sealed_leaves, LEAVES[self.kind]
        sealed = select(leaves.c.ref).where(
            of_shop(leaves),
            leaves.c.kind == bindparam("of"),
            leaves.c.ref == _reference(table, width),
        )
        within = _bounds(table, width, behind=self.behind, until=self.until)
        rows = select(*table.c[1:]).where(*within, sealed.scalar_subquery().is_(None))
        found: Executable = rows.order_by(*key_of(table))
        return found


def _bounds(table: Table, width: int, *, behind: bool, until: bool = False) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions of the rows of a shop behind a leaf, and up to another one."""
    of_leaf = key_of(table)[:width]
    yield of_shop(table)
    if behind:
        yield After(*of_leaf, *parts_of("behind", width))
    if until:
        yield UpTo(*of_leaf, *parts_of("until", width))


def _sealed(tables: Tables) -> Any:
    leaves = tables.sealed_leaves
    of_kind = leaves.c.kind == bindparam("of")
    return select(leaves.c.ref, leaves.c.digest).where(of_shop(leaves), of_kind, among(leaves.c.ref))


def _count(tables: Tables) -> Any:
    leaves = tables.sealed_leaves
    return select(func.count()).select_from(leaves).where(of_shop(leaves), leaves.c.kind == bindparam("of"))


def _refs(tables: Tables) -> Any:
    leaves = tables.sealed_leaves
    return (
        select(leaves.c.ref).where(of_shop(leaves), leaves.c.kind == bindparam("of")).order_by(leaves.c.ref)
    )


def _last(tables: Tables) -> Any:
    blocks = tables.sealed_blocks
    return select(*blocks.c[1:]).where(of_shop(blocks)).order_by(blocks.c.number.desc()).limit(1)


def _of_block(tables: Tables) -> Any:
    leaves = tables.sealed_leaves
    of_block = leaves.c.block == bindparam("block")
    what = (leaves.c.kind, leaves.c.ref, leaves.c.digest, leaves.c.position)
    return select(*what).where(of_shop(leaves), of_block).order_by(leaves.c.position)
