"""Coupons: their templates, the words that claim them, who has which, and what is counted.

Revision ID: distcore_0009
Revises: distcore_0008
"""

import sqlalchemy as sa

from distcore_sql.migrations.place import here, refuse_downgrade
from distcore_sql.migrations.tables import New, id_column, long_text, number_column, word_column
from distcore_sql.migrations.triggers import keep

revision = "distcore_0009"
down_revision = "distcore_0008"
branch_labels = None
depends_on = None
downgrade = refuse_downgrade


def upgrade() -> None:
    """Create the tables; templates are facts, and coupons change by their revision."""
    new = New(here())
    new.table(
        "coupon_templates",
        ("template", "number"),
        id_column("template"),
        number_column("number"),
        sa.Column("body", long_text(), nullable=False),
        number_column("recorded_at"),
        new.check("coupon_templates", "number", "number >= 1"),
        clustered=False,
    )
    new.table("coupon_words", ("word",), id_column("word"), id_column("template"))
    _create_coupons(new)
    new.table(
        "counts",
        ("kind", "subject", "part", "member"),
        word_column("kind"),
        id_column("subject"),
        id_column("part"),
        id_column("member"),
        number_column("taken"),
        new.check("counts", "taken", "taken >= 0"),
    )
    keep(here(), "coupon_templates")


def _create_coupons(new: New) -> None:
    new.table(
        "coupons",
        ("coupon",),
        id_column("coupon"),
        id_column("template"),
        number_column("number"),
        id_column("offer"),
        word_column("currency"),
        number_column("transferable"),
        word_column("state"),
        number_column("changed_at"),
        id_column("ref", optional=True),
        id_column("owner", optional=True),
        number_column("claimed_at", optional=True),
        number_column("valid_from", optional=True),
        number_column("valid_until", optional=True),
        id_column("sale", optional=True),
        number_column("revenue_minor"),
        number_column("cost_minor"),
        number_column("revision"),
        new.check(
            "coupons",
            "amounts",
            "revenue_minor BETWEEN 0 AND 1000000000000000 AND cost_minor BETWEEN 0 AND 1000000000000000",
        ),
        new.check("coupons", "flags", "transferable IN (0, 1)"),
        new.check("coupons", "taken", "(state IN ('locked', 'used')) = (sale IS NOT NULL)"),
        new.check("coupons", "claimed", "owner IS NOT NULL OR state IN ('issued', 'withdrawn')"),
        new.check("coupons", "dates", "valid_from < valid_until"),
        new.unique("coupons", "ref"),
        new.refers("coupons", "coupon_templates", "template", "number"),
    )
    for column in ("owner", "sale", "template"):
        new.index("coupons", column)
