"""The first tables: shop, tree, sales and facts, and the triggers that keep facts as they are.

Revision ID: distcore_0001
Revises:
"""

import sqlalchemy as sa

from distcore_sql.migrations.place import here, refuse_downgrade
from distcore_sql.migrations.tables import New, id_column, long_text, number_column, text, word_column
from distcore_sql.migrations.triggers import begin, keep

revision = "distcore_0001"
down_revision = None
branch_labels = ("distcore",)
depends_on = None
downgrade = refuse_downgrade

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
    new = New(here())
    _of_shop(new)
    _of_tree(new)
    _of_sale(new)
    _of_facts(new)
    place = here()
    begin(place)
    for name in FACTS:
        keep(place, name)
    keep(place, "freezes", until="releases")


def _of_shop(new: New) -> None:
    new.table(
        "policies",
        ("number",),
        number_column("number"),
        sa.Column("body", long_text(), nullable=False),
        number_column("recorded_at"),
        clustered=False,
    )
    new.table(
        "plans",
        ("plan", "plan_version"),
        id_column("plan"),
        number_column("plan_version"),
        sa.Column("body", long_text(), nullable=False),
        number_column("recorded_at"),
        new.check("plans", "version", "plan_version >= 1"),
        clustered=False,
    )
    new.table(
        "commands",
        ("command_key",),
        word_column("command_key", 257),
        word_column("verb"),
        word_column("inputs"),
        word_column("answer", 1024),
        number_column("done_at"),
        id_column("actor"),
        new.check("commands", "inputs", "length(inputs) = 32"),
    )
    new.index("commands", "inputs")


def _of_tree(new: New) -> None:
    new.table("trees", (), number_column("revision"), new.check("trees", "revision", "revision >= 0"))
    new.table(
        "members",
        ("member",),
        id_column("member"),
        number_column("joined_at"),
        number_column("recorded_at"),
        id_column("sponsor", optional=True),
        word_column("tier", 1024),
        word_column("state"),
        new.refers("members", "members", "sponsor", also=("member",)),
        new.check("members", "sponsor", "sponsor <> member"),
        new.check("members", "state", "state IN ('active', 'suspended', 'terminated')"),
        new.check("members", "recorded", "recorded_at >= joined_at"),
    )
    new.index("members", "sponsor")
    new.table(
        "member_changes",
        ("revision",),
        number_column("revision"),
        id_column("member"),
        word_column("aspect"),
        sa.Column("value", text(1024), nullable=True),
        number_column("valid_from"),
        number_column("recorded_at"),
        new.refers("member_changes", "members", "member"),
        new.check("member_changes", "revision", "revision >= 1"),
        new.check(
            "member_changes",
            "aspect",
            "aspect IN ('sponsor', 'ends', 'tier', 'state', 'appointed', 'dismissed')",
        ),
        new.check("member_changes", "value", "value IS NOT NULL OR aspect IN ('sponsor', 'ends')"),
        new.check("member_changes", "sponsor", "aspect <> 'sponsor' OR value <> member"),
        new.check("member_changes", "ends", "aspect <> 'ends' OR value IS NULL"),
        new.check(
            "member_changes",
            "state",
            "aspect <> 'state' OR value IN ('active', 'suspended', 'terminated')",
        ),
    )
    new.index("member_changes", "member")
    new.index("member_changes", "aspect", "value", only="aspect IN ('sponsor', 'ends', 'appointed')")


def _of_sale(new: New) -> None:
    new.table(
        "sales",
        ("sale",),
        id_column("sale"),
        id_column("buyer"),
        word_column("currency"),
        number_column("paid_at"),
        id_column("promoter", optional=True),
        word_column("region", 1024),
        word_column("channel", 1024),
        word_column("buyer_group", 1024),
        id_column("plan"),
        number_column("plan_version"),
        number_column("buyer_is_member"),
        number_column("tree_revision"),
        number_column("booked_at"),
        number_column("past_orders", optional=True),
        number_column("past_months", optional=True),
        number_column("past_spent_minor", optional=True),
        number_column("first_is_free", optional=True),
        sa.Column("grants", long_text(), nullable=True),
        new.refers("sales", "plans", "plan", "plan_version"),
        new.check("sales", "buyer_is_member", "buyer_is_member IN (0, 1)"),
        new.check("sales", "booked", "booked_at >= paid_at"),
        new.check(
            "sales",
            "past",
            "past_orders >= 0 AND past_months >= 0 AND past_spent_minor >= 0 AND first_is_free IN (0, 1) "
            "OR past_orders IS NULL AND past_months IS NULL AND past_spent_minor IS NULL "
            "AND first_is_free IS NULL",
        ),
    )
    new.index("sales", "buyer")
    new.table(
        "buyers",
        ("buyer", "currency"),
        id_column("buyer"),
        word_column("currency"),
        number_column("orders"),
        number_column("first_paid_at", optional=True),
        number_column("spent_minor"),
        id_column("first_sale", optional=True),
        new.refers("buyers", "sales", "first_sale", also=("sale",)),
        new.check("buyers", "orders", "orders >= 0"),
        new.check("buyers", "first", "(orders = 0) = (first_paid_at IS NULL)"),
    )
    new.table(
        "tallies",
        ("plan", "cap", "member", "period"),
        id_column("plan"),
        id_column("cap"),
        id_column("member"),
        id_column("period"),
        number_column("granted_minor"),
        new.check("tallies", "granted", "granted_minor >= 0"),
    )
    new.table(
        "sale_lines",
        ("sale", "line"),
        id_column("sale"),
        id_column("line"),
        id_column("sku"),
        number_column("units"),
        number_column("net_minor"),
        word_column("category", 1024),
        number_column("list_minor", optional=True),
        number_column("cost_minor", optional=True),
        number_column("tax_minor", optional=True),
        word_column("brand", 1024),
        sa.Column("tags", long_text(), nullable=True),
        new.refers("sale_lines", "sales", "sale"),
        new.check("sale_lines", "units", "units BETWEEN 0 AND 1000000000"),
        new.check("sale_lines", "net", "net_minor BETWEEN 0 AND 1000000000000000"),
    )
    new.table(
        "completions",
        ("sale",),
        id_column("sale"),
        number_column("completed_at"),
        number_column("recorded_at"),
        new.refers("completions", "sales", "sale"),
        new.check("completions", "recorded", "recorded_at >= completed_at"),
    )
    new.table(
        "freezes",
        ("sale",),
        id_column("sale"),
        number_column("due_at"),
        new.refers("freezes", "sales", "sale"),
    )
    new.table(
        "releases",
        ("sale",),
        id_column("sale"),
        number_column("due_at"),
        number_column("recorded_at"),
        new.refers("releases", "sales", "sale"),
        new.check("releases", "recorded", "recorded_at >= due_at"),
    )


def _of_facts(new: New) -> None:
    new.table(
        "postings",
        ("sale", "posting"),
        id_column("sale"),
        number_column("posting"),
        word_column("cause", 192),
        number_column("valid_at"),
        number_column("posted_at"),
        sa.Column("gifts", long_text(), nullable=True),
        new.refers("postings", "sales", "sale"),
        new.check("postings", "posted", "posted_at >= valid_at"),
    )
    new.index("postings", "valid_at")
    new.index("postings", "posted_at")
    new.table(
        "corrections",
        ("sale", "posting"),
        id_column("sale"),
        number_column("posting"),
        word_column("kind"),
        id_column("refund", optional=True),
        id_column("repeats", optional=True),
        id_column("price", optional=True),
        number_column("happened_at"),
        new.refers("corrections", "postings", "sale", "posting"),
        new.unique("corrections", "refund"),
        new.unique("corrections", "price"),
        new.check("corrections", "posting", "posting >= 1"),
        new.check("corrections", "kind", "kind IN ('refund', 'price', 'cancellation')"),
        new.check("corrections", "refund", "(kind = 'refund') = (refund IS NOT NULL)"),
        new.check("corrections", "price", "(kind = 'price') = (price IS NOT NULL)"),
    )
    new.table(
        "correction_lines",
        ("sale", "posting", "line"),
        id_column("sale"),
        number_column("posting"),
        id_column("line"),
        number_column("units"),
        number_column("amount_minor"),
        new.refers("correction_lines", "corrections", "sale", "posting"),
        new.refers("correction_lines", "sale_lines", "sale", "line"),
        new.check("correction_lines", "units", "units BETWEEN 0 AND 1000000000"),
        new.check("correction_lines", "amount", "amount_minor BETWEEN 0 AND 1000000000000000"),
    )
    new.table(
        "accruals",
        ("sale", "posting", "position"),
        id_column("sale"),
        number_column("posting"),
        number_column("position"),
        id_column("line"),
        id_column("component"),
        id_column("rule"),
        id_column("payee"),
        number_column("level"),
        number_column("amount_minor"),
        new.refers("accruals", "postings", "sale", "posting"),
        new.refers("accruals", "sale_lines", "sale", "line"),
        new.check("accruals", "amount", "amount_minor <> 0"),
        new.check("accruals", "level", "level >= 0"),
    )
