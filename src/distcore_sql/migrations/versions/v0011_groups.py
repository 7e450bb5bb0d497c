"""Group buying: group sales, the groups that were opened, and who sits in them.

Revision ID: distcore_0011
Revises: distcore_0010
"""

import sqlalchemy as sa

from distcore_sql.migrations.place import here, refuse_downgrade
from distcore_sql.migrations.tables import New, id_column, long_text, number_column, word_column
from distcore_sql.migrations.triggers import keep

revision = "distcore_0011"
down_revision = "distcore_0010"
branch_labels = None
depends_on = None
downgrade = refuse_downgrade


def upgrade() -> None:
    """Create the tables; group sales are facts, and the others change by their revision."""
    new = New(here())
    new.table(
        "group_sales",
        ("group_sale", "number"),
        id_column("group_sale"),
        number_column("number"),
        sa.Column("body", long_text(), nullable=False),
        number_column("recorded_at"),
        new.check("group_sales", "number", "number >= 1"),
        clustered=False,
    )
    new.table(
        "buying_groups",
        ("buying_group",),
        id_column("buying_group"),
        id_column("group_sale"),
        number_column("number"),
        word_column("currency"),
        number_column("size"),
        number_column("fill_from", optional=True),
        number_column("opened_at"),
        number_column("closes_at"),
        word_column("state"),
        number_column("taken"),
        number_column("revision"),
        new.check("buying_groups", "places", "size BETWEEN 2 AND 1000 AND taken BETWEEN 0 AND size"),
        new.check("buying_groups", "times", "opened_at < closes_at"),
        new.refers("buying_groups", "group_sales", "group_sale", "number"),
    )
    new.index("buying_groups", "state", "closes_at")
    new.index("buying_groups", "group_sale")
    new.table(
        "group_places",
        ("sale",),
        id_column("sale"),
        id_column("buying_group"),
        id_column("member"),
        number_column("paid_minor"),
        number_column("changed_at"),
        number_column("counted"),
        word_column("state"),
        number_column("revision"),
        new.check("group_places", "paid", "paid_minor BETWEEN 0 AND 9223372036854775807"),
        new.check("group_places", "counted", "counted IN (0, 1)"),
        new.refers("group_places", "buying_groups", "buying_group"),
    )
    for column in ("buying_group", "state"):
        new.index("group_places", column)
    keep(here(), "group_sales")
