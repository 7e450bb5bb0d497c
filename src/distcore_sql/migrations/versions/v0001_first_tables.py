"""The first tables: shop, tree, sales and facts, and the triggers that keep facts as they are.

Revision ID: 0001
Revises:
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.sql.elements import conv

from distcore_sql.migrations.triggers import Place, begin, keep

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

FACTS = (
    "policies",
    "plans",
    "commands",
    "members",
    "member_changes",
    "sales",
    "sale_lines",
    "completions",
    "releases",
    "postings",
    "corrections",
    "correction_lines",
    "accruals",
)
"""Tables whose rows are never changed and never removed."""


def upgrade() -> None:
    """Create the tables, then the triggers."""
    options = op.get_context().opts
    new = _New(options["prefix"], options["schema"])
    _of_shop(new)
    _of_tree(new)
    _of_sale(new)
    _of_facts(new)
    place = Place(options["prefix"], options["schema"])
    begin(place)
    for name in FACTS:
        keep(place, name)
    keep(place, "freezes", until="releases")


def _text(length: int) -> sa.types.TypeEngine[str]:
    return (
        sa.String(length)
        .with_variant(sa.Text(), "sqlite")
        .with_variant(postgresql.VARCHAR(length, collation="C"), "postgresql")
        .with_variant(mysql.VARCHAR(length, collation="utf8mb4_0900_bin"), "mysql")
        .with_variant(mysql.VARCHAR(length, collation="utf8mb4_nopad_bin"), "mariadb")
    )


def _id(name: str, *, optional: bool = False) -> sa.Column[str]:
    return sa.Column(name, _text(128), nullable=optional)


def _word(name: str, length: int = 64) -> sa.Column[str]:
    return sa.Column(name, _text(length), nullable=False)


def _number(name: str, *, optional: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=optional)


class _New:
    """Creates what a revision names, under the prefix and in the schema of the host."""

    def __init__(self, prefix: str, schema: str | None) -> None:
        self._prefix = prefix
        self._schema = schema

    def table(self, name: str, key: tuple[str, ...], *items: Any, clustered: bool = True) -> None:
        op.create_table(
            self._prefix + name,
            sa.Column("shop", _text(128), nullable=False),
            *items,
            sa.PrimaryKeyConstraint("shop", *key, name=conv(f"pk_{self._prefix}{name}")),
            schema=self._schema,
            sqlite_strict=True,
            sqlite_with_rowid=not clustered,
        )

    def refers(self, name: str, to: str, *columns: str, also: tuple[str, ...] | None = None) -> Any:
        place = f"{self._schema}." if self._schema else ""
        there = [f"{place}{self._prefix}{to}.{each}" for each in ("shop", *(also or columns))]
        return sa.ForeignKeyConstraint(["shop", *columns], there, name=conv(f"fk_{self._prefix}{name}_{to}"))

    def check(self, name: str, law: str, condition: str) -> Any:
        return sa.CheckConstraint(condition, name=conv(f"ck_{self._prefix}{name}_{law}"))

    def unique(self, name: str, *columns: str) -> Any:
        return sa.UniqueConstraint("shop", *columns, name=conv(f"uq_{self._prefix}{name}_{columns[0]}"))

    def index(self, name: str, *columns: str, only: str | None = None) -> None:
        op.create_index(
            conv(f"ix_{self._prefix}{name}_{columns[-1]}"),
            self._prefix + name,
            ["shop", *columns],
            schema=self._schema,
            postgresql_where=None if only is None else sa.text(only),
        )


def _of_shop(new: _New) -> None:
    new.table(
        "policies",
        ("number",),
        _number("number"),
        sa.Column("body", sa.Text(), nullable=False),
        _number("recorded_at"),
        clustered=False,
    )
    new.table(
        "plans",
        ("plan", "plan_version"),
        _id("plan"),
        _number("plan_version"),
        sa.Column("body", sa.Text(), nullable=False),
        _number("recorded_at"),
        new.check("plans", "version", "plan_version >= 1"),
        clustered=False,
    )
    new.table(
        "commands",
        ("command_key",),
        _word("command_key", 257),
        _word("verb"),
        _word("inputs"),
        _word("answer", 1024),
        _number("done_at"),
        _id("actor"),
        new.check("commands", "inputs", "length(inputs) = 32"),
    )
    new.index("commands", "inputs")


def _of_tree(new: _New) -> None:
    new.table("trees", (), _number("revision"), new.check("trees", "revision", "revision >= 0"))
    new.table(
        "members",
        ("member",),
        _id("member"),
        _number("joined_at"),
        _number("recorded_at"),
        _id("sponsor", optional=True),
        _word("tier", 1024),
        _word("state"),
        new.refers("members", "members", "sponsor", also=("member",)),
        new.check("members", "sponsor", "sponsor <> member"),
        new.check("members", "state", "state IN ('active', 'suspended', 'terminated')"),
        new.check("members", "recorded", "recorded_at >= joined_at"),
    )
    new.index("members", "sponsor")
    new.table(
        "member_changes",
        ("revision",),
        _number("revision"),
        _id("member"),
        _word("aspect"),
        sa.Column("value", _text(1024), nullable=True),
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
    )
    new.index("member_changes", "member")
    new.index("member_changes", "aspect", "value", only="aspect = 'sponsor'")
    new.index("member_changes", "aspect", "valid_from")


def _of_sale(new: _New) -> None:
    new.table(
        "sales",
        ("sale",),
        _id("sale"),
        _id("buyer"),
        _word("currency"),
        _number("paid_at"),
        _id("promoter", optional=True),
        _word("region", 1024),
        _word("channel", 1024),
        _word("buyer_group", 1024),
        _id("plan"),
        _number("plan_version"),
        _number("buyer_is_member"),
        _number("tree_revision"),
        _number("booked_at"),
        new.refers("sales", "plans", "plan", "plan_version"),
        new.check("sales", "buyer_is_member", "buyer_is_member IN (0, 1)"),
        new.check("sales", "booked", "booked_at >= paid_at"),
    )
    new.table(
        "sale_lines",
        ("sale", "line"),
        _id("sale"),
        _id("line"),
        _id("sku"),
        _number("units"),
        _number("net_minor"),
        _word("category", 1024),
        _number("list_minor", optional=True),
        _number("cost_minor", optional=True),
        _number("tax_minor", optional=True),
        _word("brand", 1024),
        sa.Column("tags", sa.Text(), nullable=True),
        new.refers("sale_lines", "sales", "sale"),
        new.check("sale_lines", "units", "units BETWEEN 0 AND 1000000000"),
        new.check("sale_lines", "net", "net_minor BETWEEN 0 AND 1000000000000000"),
    )
    new.table(
        "completions",
        ("sale",),
        _id("sale"),
        _number("completed_at"),
        _number("recorded_at"),
        new.refers("completions", "sales", "sale"),
        new.check("completions", "recorded", "recorded_at >= completed_at"),
    )
    new.table(
        "freezes",
        ("sale",),
        _id("sale"),
        _number("due_at"),
        new.refers("freezes", "sales", "sale"),
    )
    new.table(
        "releases",
        ("sale",),
        _id("sale"),
        _number("due_at"),
        _number("recorded_at"),
        new.refers("releases", "sales", "sale"),
        new.check("releases", "recorded", "recorded_at >= due_at"),
    )


def _of_facts(new: _New) -> None:
    new.table(
        "postings",
        ("sale", "posting"),
        _id("sale"),
        _number("posting"),
        _word("cause", 192),
        _number("valid_at"),
        _number("posted_at"),
        new.refers("postings", "sales", "sale"),
        new.check("postings", "posted", "posted_at >= valid_at"),
    )
    new.index("postings", "valid_at")
    new.index("postings", "posted_at")
    new.table(
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
    new.table(
        "correction_lines",
        ("sale", "posting", "line"),
        _id("sale"),
        _number("posting"),
        _id("line"),
        _number("units"),
        _number("amount_minor"),
        new.refers("correction_lines", "corrections", "sale", "posting"),
        new.refers("correction_lines", "sale_lines", "sale", "line"),
        new.check("correction_lines", "units", "units BETWEEN 0 AND 1000000000"),
        new.check("correction_lines", "amount", "amount_minor BETWEEN 0 AND 1000000000000000"),
    )
    new.table(
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
