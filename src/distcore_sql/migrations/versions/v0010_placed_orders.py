"""Orders as they were placed: the quotes that buyers agreed to, and which orders were dropped.

Revision ID: distcore_0010
Revises: distcore_0009
"""

import sqlalchemy as sa

from distcore_sql.migrations.place import here, refuse_downgrade
from distcore_sql.migrations.tables import New, id_column, long_text, number_column
from distcore_sql.migrations.triggers import keep

revision = "distcore_0010"
down_revision = "distcore_0009"
branch_labels = None
depends_on = None
downgrade = refuse_downgrade


def upgrade() -> None:
    """Create the tables; both are facts."""
    new = New(here())
    new.table(
        "placed_orders",
        ("sale",),
        id_column("sale"),
        id_column("member", optional=True),
        sa.Column("body", long_text(), nullable=False),
        number_column("placed_at"),
        clustered=False,
    )
    new.table(
        "dropped_orders",
        ("sale",),
        id_column("sale"),
        number_column("dropped_at"),
        new.refers("dropped_orders", "placed_orders", "sale"),
    )
    for name in ("placed_orders", "dropped_orders"):
        keep(here(), name)
