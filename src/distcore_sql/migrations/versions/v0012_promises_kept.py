"""Which orders gave what their offers promised for when they are completed.

Revision ID: distcore_0012
Revises: distcore_0011
"""

from distcore_sql.migrations.place import here, refuse_downgrade
from distcore_sql.migrations.tables import New, id_column, number_column
from distcore_sql.migrations.triggers import keep

revision = "distcore_0012"
down_revision = "distcore_0011"
branch_labels = None
depends_on = None
downgrade = refuse_downgrade


def upgrade() -> None:
    """Create the table; its rows are facts."""
    new = New(here())
    new.table(
        "completed_orders",
        ("sale",),
        id_column("sale"),
        number_column("completed_at"),
        new.refers("completed_orders", "placed_orders", "sale"),
    )
    keep(here(), "completed_orders")
