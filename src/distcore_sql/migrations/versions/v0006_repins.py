"""Re-pins: which other plan version a sale is calculated by, since when, why, and who approved it.

Revision ID: distcore_0006
Revises: distcore_0005
"""

from distcore_sql.migrations.place import here, refuse_downgrade
from distcore_sql.migrations.tables import New, id_column, number_column, word_column
from distcore_sql.migrations.triggers import keep

revision = "distcore_0006"
down_revision = "distcore_0005"
branch_labels = None
depends_on = None
downgrade = refuse_downgrade


def upgrade() -> None:
    """Create the table, then its trigger: a re-pin is never changed and never removed."""
    new = New(here())
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
    keep(here(), "repins")
