"""The tables, as SQLAlchemy Core knows them: built into any `MetaData`, under any prefix and schema.

The one rule this file protects: what the domain forbids, the database forbids too.  The shop is the
first part of every key.  Money is in minor units and time in microseconds since 1970 UTC, both as
64-bit integers; text compares byte by byte.  Migrations say the same in their own words, and a test
compares the two.

Tables that are read by the range of one sale are clustered by it (`WITHOUT ROWID` in SQLite), so a
sale is read and written in one place however many there are.
"""

from collections import Counter
from typing import Any, Final

from attrs import field, fields, frozen
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy import text as sql_text
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.schema import SchemaItem
from sqlalchemy.sql.elements import conv
from sqlalchemy.types import TypeEngine

from distcore.kernel import InputError, limits, shown

PREFIX: Final = "distcore_"
"""What the names of the tables begin with, where the host does not choose another."""

ID: Final = limits.ID_LENGTH_MAX
TEXT: Final = limits.TEXT_LENGTH_MAX
KEY: Final = 2 * limits.ID_LENGTH_MAX + 1
"""Characters of a command's key: the caller's, a slash, and the id of an item of a batch."""

NAME: Final = 64
"""Characters of the library's own words: currencies, states, verbs."""

CAUSE: Final = limits.ID_LENGTH_MAX + NAME
"""Characters of a cause: a word, and the id of a refund."""

NAME_LENGTH_MAX: Final = 63
"""Bytes of a name: PostgreSQL cuts off the rest."""

PREFIX_LENGTH_MAX: Final = 24
"""Bytes of a prefix: the longest name of ours needs the other 39."""


@frozen(eq=False)
class Tables:
    """The tables under one prefix, in the order in which they can be created.

    `compiled` keeps the text of each statement once it was compiled, by dialect; `copied` counts the rows
    that this process has copied into each table.
    """

    policies: Table
    plans: Table
    trees: Table
    members: Table
    member_changes: Table
    sales: Table
    sale_lines: Table
    completions: Table
    freezes: Table
    releases: Table
    postings: Table
    corrections: Table
    correction_lines: Table
    accruals: Table
    commands: Table
    compiled: dict[object, Any] = field(factory=dict, init=False, repr=False)
    copied: Counter[str] = field(factory=Counter, init=False, repr=False)

    def all(self) -> tuple[Table, ...]:
        """Return every table, in the order in which they can be created."""
        return tuple(getattr(self, each.name) for each in fields(Tables) if each.init)

    def has_grown(self, table: Table, rows: int, beyond: int) -> bool:
        """Count rows that were copied, and say whether they have just gone beyond a number."""
        before = self.copied[table.name]
        self.copied[table.name] = before + rows
        return before < beyond <= before + rows


def build_tables(metadata: MetaData, *, prefix: str = PREFIX, schema: str | None = None) -> Tables:
    """Add the tables to a `MetaData`, which may hold the host's own."""
    _check_name("prefix", prefix, PREFIX_LENGTH_MAX)
    _check_name("schema", schema or "", NAME_LENGTH_MAX)
    new = _Builder(metadata, prefix, schema)
    return Tables(**_of_shop(new), **_of_tree(new), **_of_sale(new), **_of_freeze(new), **_of_facts(new))


def _check_name(what: str, name: str, length_max: int) -> None:
    """Refuse a name that a database would cut off, or that would not come back as it was written."""
    length = len(name.encode(errors="replace"))
    if length > length_max:
        raise InputError.of(what, f"has {length} bytes", f"at most {length_max}")
    if not name.isprintable() or "." in name:
        raise InputError.of(
            what, f"can't be part of a name: {shown(name)}", "leave out dots and control characters"
        )


def text(length: int) -> TypeEngine[str]:
    """Return text that compares byte by byte, also in case, accents and trailing blanks."""
    return (
        String(length)
        .with_variant(Text(), "sqlite")
        .with_variant(postgresql.VARCHAR(length, collation="C"), "postgresql")
        .with_variant(mysql.VARCHAR(length, collation="utf8mb4_0900_bin"), "mysql")
        .with_variant(mysql.VARCHAR(length, collation="utf8mb4_nopad_bin"), "mariadb")
    )


def number() -> TypeEngine[int]:
    """Return a 64-bit integer: a strict SQLite table knows no other word for it than INTEGER."""
    return BigInteger().with_variant(Integer(), "sqlite")


class _Builder:
    """Names everything itself, so that no naming convention of the host does."""

    def __init__(self, metadata: MetaData, prefix: str, schema: str | None) -> None:
        self._metadata = metadata
        self._prefix = prefix
        self._schema = schema

    def table(self, name: str, key: tuple[str, ...], *items: SchemaItem, clustered: bool = True) -> Table:
        return Table(
            self._prefix + name,
            self._metadata,
            Column("shop", text(ID), nullable=False),
            *items,
            PrimaryKeyConstraint("shop", *key, name=conv(f"pk_{self._prefix}{name}")),
            schema=self._schema,
            sqlite_strict=True,
            sqlite_with_rowid=not clustered,
        )

    def refers(self, name: str, to: str, *columns: str, also: tuple[str, ...] | None = None) -> SchemaItem:
        """Return a foreign key within the shop; `also` are the columns there, if they have other names."""
        place = f"{self._schema}." if self._schema else ""
        target = f"{place}{self._prefix}{to}"
        there = [f"{target}.{each}" for each in ("shop", *(also or columns))]
        return ForeignKeyConstraint(["shop", *columns], there, name=conv(f"fk_{self._prefix}{name}_{to}"))

    def check(self, name: str, law: str, condition: str) -> SchemaItem:
        return CheckConstraint(condition, name=conv(f"ck_{self._prefix}{name}_{law}"))

    def unique(self, name: str, *columns: str) -> SchemaItem:
        return UniqueConstraint("shop", *columns, name=conv(f"uq_{self._prefix}{name}_{columns[0]}"))

    def index(self, name: str, *columns: str, only: str | None = None) -> SchemaItem:
        """Return an index; `only` leaves out rows whose values may be longer than PostgreSQL can index."""
        some = None if only is None else sql_text(only)
        return Index(conv(f"ix_{self._prefix}{name}_{columns[-1]}"), "shop", *columns, postgresql_where=some)


def _id(name: str, *, optional: bool = False) -> Column[str]:
    return Column(name, text(ID), nullable=optional)


def _word(name: str, length: int = NAME) -> Column[str]:
    return Column(name, text(length), nullable=False)


def _number(name: str, *, optional: bool = False) -> Column[int]:
    return Column(name, number(), nullable=optional)


def _of_shop(new: _Builder) -> dict[str, Table]:
    policies = new.table(
        "policies",
        ("number",),
        _number("number"),
        Column("body", Text(), nullable=False),
        _number("recorded_at"),
        clustered=False,
    )
    plans = new.table(
        "plans",
        ("plan", "plan_version"),
        _id("plan"),
        _number("plan_version"),
        Column("body", Text(), nullable=False),
        _number("recorded_at"),
        new.check("plans", "version", "plan_version >= 1"),
        clustered=False,
    )
    commands = new.table(
        "commands",
        ("command_key",),
        _word("command_key", KEY),
        _word("verb"),
        _word("inputs"),
        _word("answer", TEXT),
        _number("done_at"),
        _id("actor"),
        new.check("commands", "inputs", "length(inputs) = 32"),
        new.index("commands", "inputs"),
    )
    return {"policies": policies, "plans": plans, "commands": commands}


def _of_tree(new: _Builder) -> dict[str, Table]:
    trees = new.table("trees", (), _number("revision"), new.check("trees", "revision", "revision >= 0"))
    members = new.table(
        "members",
        ("member",),
        _id("member"),
        _number("joined_at"),
        _number("recorded_at"),
        _id("sponsor", optional=True),
        _word("tier", TEXT),
        _word("state"),
        new.refers("members", "members", "sponsor", also=("member",)),
        new.check("members", "sponsor", "sponsor <> member"),
        new.check("members", "state", "state IN ('active', 'suspended', 'terminated')"),
        new.check("members", "recorded", "recorded_at >= joined_at"),
        new.index("members", "sponsor"),
    )
    changes = new.table(
        "member_changes",
        ("revision",),
        _number("revision"),
        _id("member"),
        _word("aspect"),
        Column("value", text(TEXT), nullable=True),
        _number("valid_from"),
        _number("recorded_at"),
        new.refers("member_changes", "members", "member"),
        new.check("member_changes", "revision", "revision >= 1"),
        new.check("member_changes", "aspect", "aspect IN ('sponsor', 'tier', 'state')"),
        new.check("member_changes", "value", "value IS NOT NULL OR aspect = 'sponsor'"),
        new.check("member_changes", "sponsor", "aspect <> 'sponsor' OR value <> member"),
        new.check(
            "member_changes",
            "state",
            "aspect <> 'state' OR value IN ('active', 'suspended', 'terminated')",
        ),
        new.index("member_changes", "member"),
        new.index("member_changes", "aspect", "value", only="aspect = 'sponsor'"),
        new.index("member_changes", "aspect", "valid_from"),
    )
    return {"trees": trees, "members": members, "member_changes": changes}


def _of_sale(new: _Builder) -> dict[str, Table]:
    sales = new.table(
        "sales",
        ("sale",),
        _id("sale"),
        _id("buyer"),
        _word("currency"),
        _number("paid_at"),
        _id("promoter", optional=True),
        _word("region", TEXT),
        _word("channel", TEXT),
        _word("buyer_group", TEXT),
        _id("plan"),
        _number("plan_version"),
        _number("buyer_is_member"),
        _number("tree_revision"),
        _number("booked_at"),
        new.refers("sales", "plans", "plan", "plan_version"),
        new.check("sales", "buyer_is_member", "buyer_is_member IN (0, 1)"),
        new.check("sales", "booked", "booked_at >= paid_at"),
    )
    lines = new.table(
        "sale_lines",
        ("sale", "line"),
        _id("sale"),
        _id("line"),
        _id("sku"),
        _number("units"),
        _number("net_minor"),
        _word("category", TEXT),
        _number("list_minor", optional=True),
        _number("cost_minor", optional=True),
        _number("tax_minor", optional=True),
        _word("brand", TEXT),
        Column("tags", Text(), nullable=True),
        new.refers("sale_lines", "sales", "sale"),
        new.check("sale_lines", "units", f"units BETWEEN 0 AND {limits.UNITS_MAX}"),
        new.check("sale_lines", "net", f"net_minor BETWEEN 0 AND {limits.AMOUNT_MINOR_MAX}"),
    )
    return {"sales": sales, "sale_lines": lines}


def _of_freeze(new: _Builder) -> dict[str, Table]:
    completions = new.table(
        "completions",
        ("sale",),
        _id("sale"),
        _number("completed_at"),
        _number("recorded_at"),
        new.refers("completions", "sales", "sale"),
        new.check("completions", "recorded", "recorded_at >= completed_at"),
    )
    # An order is frozen while its row stands here.  Its release takes the row along: what is due is
    # found among the frozen ones alone, however many were released before.
    freezes = new.table(
        "freezes",
        ("sale",),
        _id("sale"),
        _number("due_at"),
        new.refers("freezes", "sales", "sale"),
    )
    releases = new.table(
        "releases",
        ("sale",),
        _id("sale"),
        _number("due_at"),
        _number("recorded_at"),
        new.refers("releases", "sales", "sale"),
        new.check("releases", "recorded", "recorded_at >= due_at"),
    )
    return {"completions": completions, "freezes": freezes, "releases": releases}


def _of_facts(new: _Builder) -> dict[str, Table]:
    # Posting 0 is the sale's own, posting n that of its n-th correction: two corrections at once
    # would take the same number, and the key lets one of them win.
    postings = new.table(
        "postings",
        ("sale", "posting"),
        _id("sale"),
        _number("posting"),
        _word("cause", CAUSE),
        _number("valid_at"),
        _number("posted_at"),
        new.refers("postings", "sales", "sale"),
        new.check("postings", "posted", "posted_at >= valid_at"),
        new.index("postings", "valid_at"),
        new.index("postings", "posted_at"),
    )
    corrections = new.table(
        "corrections",
        ("sale", "posting"),
        _id("sale"),
        _number("posting"),
        _word("kind"),
        _id("refund", optional=True),
        _id("repeats", optional=True),
        _number("happened_at"),
        new.refers("corrections", "postings", "sale", "posting"),
        new.unique("corrections", "refund"),
        new.check("corrections", "posting", "posting >= 1"),
        new.check("corrections", "kind", "kind IN ('refund', 'cancellation')"),
        new.check("corrections", "refund", "(kind = 'refund') = (refund IS NOT NULL)"),
    )
    lines = new.table(
        "correction_lines",
        ("sale", "posting", "line"),
        _id("sale"),
        _number("posting"),
        _id("line"),
        _number("units"),
        _number("amount_minor"),
        new.refers("correction_lines", "corrections", "sale", "posting"),
        new.refers("correction_lines", "sale_lines", "sale", "line"),
        new.check("correction_lines", "units", f"units BETWEEN 0 AND {limits.UNITS_MAX}"),
        new.check("correction_lines", "amount", f"amount_minor BETWEEN 0 AND {limits.AMOUNT_MINOR_MAX}"),
    )
    # The key keeps the order within a posting.  The 16-byte id of a fact is a hash of its columns,
    # and can be made again from them, so it is not stored.
    accruals = new.table(
        "accruals",
        ("sale", "posting", "position"),
        _id("sale"),
        _number("posting"),
        _number("position"),
        _id("line"),
        _id("component"),
        _id("rule"),
        _id("payee"),
        _number("level"),
        _number("amount_minor"),
        new.refers("accruals", "postings", "sale", "posting"),
        new.refers("accruals", "sale_lines", "sale", "line"),
        new.check("accruals", "amount", "amount_minor <> 0"),
        new.check("accruals", "level", "level >= 0"),
    )
    return {
        "postings": postings,
        "corrections": corrections,
        "correction_lines": lines,
        "accruals": accruals,
    }
