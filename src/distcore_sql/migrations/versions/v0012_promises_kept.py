"""Which orders gave what their offers promised for when they are completed.

Revision ID: 0012
Revises: 0011
"""

from alembic import op

from distcore_sql.migrations.tables import New, id_column, number_column
from distcore_sql.migrations.triggers import Place, keep

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table; its rows are facts."""
    options = op.get_context().opts
    new = New(options["prefix"], options["schema"])
    new.table(
        "completed_orders",
        ("sale",),
        id_column("sale"),
        number_column("completed_at"),
        new.refers("completed_orders", "placed_orders", "sale"),
    )
    keep(Place(options["prefix"], options["schema"]), "completed_orders")
