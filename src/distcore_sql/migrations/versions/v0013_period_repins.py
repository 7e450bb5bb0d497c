"""Re-pins of periods: which other plan version one is calculated by, since when, why, and who approved it.

Revision ID: distcore_0013
Revises: distcore_0012
"""

from distcore_sql.migrations.place import here, refuse_downgrade
from distcore_sql.migrations.tables import New, id_column, number_column, word_column
from distcore_sql.migrations.triggers import keep

revision = "distcore_0013"
down_revision = "distcore_0012"
branch_labels = None
depends_on = None
downgrade = refuse_downgrade


def upgrade() -> None:
    """Create the table, then its trigger: a re-pin is never changed and never removed."""
    new = New(here())
    new.table(
        "period_repins",
        ("run", "posting"),
        number_column("run"),
        number_column("posting"),
        id_column("plan"),
        number_column("plan_version"),
        word_column("reason", 1024),
        id_column("approver"),
        id_column("actor"),
        new.refers("period_repins", "period_postings", "run", "posting"),
        new.refers("period_repins", "plans", "plan", "plan_version"),
        new.check("period_repins", "posting", "posting >= 1"),
        new.check("period_repins", "approver", "approver <> actor"),
    )
    keep(here(), "period_repins")
