"""Orders as they were placed: the quotes that buyers agreed to, and what became of the orders.

Revision ID: distcore_0010
Revises: distcore_0009
"""

import sqlalchemy as sa

from distcore_sql.migrations.place import here, refuse_downgrade
from distcore_sql.migrations.tables import New, id_column, long_text, number_column, word_column
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
        "order_steps",
        ("sale", "number"),
        id_column("sale"),
        number_column("number"),
        word_column("step"),
        number_column("stepped_at"),
        new.refers("order_steps", "placed_orders", "sale"),
        new.check("order_steps", "number", "number BETWEEN 1 AND 2"),
    )
    for name in ("placed_orders", "order_steps"):
        keep(here(), name)
