"""Re-pins: which other plan version a sale is calculated by, since when, why, and who approved it.

Revision ID: 0006
Revises: 0004
"""

from alembic import op

from distcore_sql.migrations.tables import New, id_column, number_column, word_column
from distcore_sql.migrations.triggers import Place, keep

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table, then its trigger: a re-pin is never changed and never removed."""
    options = op.get_context().opts
    new = New(options["prefix"], options["schema"])
    new.table(
        "repins",
        ("sale", "posting"),
        id_column("sale"),
        number_column("posting"),
        id_column("plan"),
        number_column("plan_version"),
        word_column("reason", 1024),
        id_column("approver"),
        id_column("actor"),
        new.refers("repins", "postings", "sale", "posting"),
        new.refers("repins", "plans", "plan", "plan_version"),
        new.check("repins", "posting", "posting >= 1"),
        new.check("repins", "approver", "approver <> actor"),
    )
    keep(Place(options["prefix"], options["schema"]), "repins")
