"""Products, and what a merchant decides about their prices: offers, price lists, freight and points.

Revision ID: distcore_0008
Revises: distcore_0007
"""

import sqlalchemy as sa

from distcore_sql.migrations.place import here, refuse_downgrade
from distcore_sql.migrations.tables import New, id_column, long_text, number_column, word_column
from distcore_sql.migrations.triggers import keep

revision = "distcore_0008"
down_revision = "distcore_0007"
branch_labels = None
depends_on = None
downgrade = refuse_downgrade

TERMS = (
    ("offers", "offer"),
    ("price_lists", "price_list"),
    ("freight_templates", "template"),
    ("points_policies", "currency"),
)
"""Tables of documents whose rows are never changed and never removed, each with the column of their ids."""

ENDING = ("offers", "price_lists")
"""Those whose documents may end."""


def upgrade() -> None:
    """Create the tables, then the triggers; products are replaced, and have none."""
    new = New(here())
    _create_products(new)
    for name, id in TERMS:
        new.table(
            name,
            (id, "number"),
            id_column(id),
            number_column("number"),
            sa.Column("body", long_text(), nullable=False),
            number_column("recorded_at"),
            *([number_column("valid_until", optional=True)] if name in ENDING else []),
            new.check(name, "number", "number >= 1"),
            clustered=False,
        )
    for name in ENDING:
        new.index(name, "valid_until")
    new.table(
        "prices",
        ("price_list", "number", "sku", "from_units"),
        id_column("price_list"),
        number_column("number"),
        id_column("sku"),
        number_column("from_units"),
        number_column("price_minor"),
        number_column("total_max", optional=True),
        number_column("per_member_max", optional=True),
        new.refers("prices", "price_lists", "price_list", "number"),
        new.check("prices", "from", "from_units BETWEEN 1 AND 1000000000"),
        new.check("prices", "price", "price_minor BETWEEN 0 AND 1000000000000000"),
        new.check("prices", "limits", "total_max >= 1 AND per_member_max >= 1"),
    )
    for name in (*(name for name, _ in TERMS), "prices"):
        keep(here(), name)


def _create_products(new: New) -> None:
    new.table(
        "products",
        ("sku",),
        id_column("sku"),
        word_column("currency"),
        number_column("list_minor"),
        number_column("floor_minor"),
        number_column("cost_minor", optional=True),
        word_column("category", 1024),
        word_column("brand", 1024),
        sa.Column("tags", long_text(), nullable=True),
        word_column("unit", 1024),
        number_column("weight_grams"),
        word_column("freight", 1024),
        number_column("tax_ppm", optional=True),
        number_column("tax_included"),
        number_column("on_shelf"),
        number_column("shelf_from", optional=True),
        number_column("shelf_until", optional=True),
        new.check(
            "products",
            "amounts",
            "list_minor BETWEEN 0 AND 1000000000000000 AND floor_minor BETWEEN 0 AND 1000000000000000 "
            "AND coalesce(cost_minor, 0) BETWEEN 0 AND 1000000000000000",
        ),
        new.check("products", "weight", "weight_grams BETWEEN 0 AND 1000000000"),
        new.check("products", "tax", "tax_ppm BETWEEN 0 AND 1000000"),
        new.check("products", "flags", "tax_included IN (0, 1) AND on_shelf IN (0, 1)"),
        new.check("products", "shelf", "shelf_from < shelf_until"),
    )
