"""Overrides: who allowed which version of a plan to break the shop's preset.

Revision ID: distcore_0007
Revises: distcore_0006
"""

import sqlalchemy as sa

from distcore_sql.migrations.place import here, refuse_downgrade
from distcore_sql.migrations.tables import New, id_column, long_text, number_column, word_column
from distcore_sql.migrations.triggers import keep

revision = "distcore_0007"
down_revision = "distcore_0006"
branch_labels = None
depends_on = None
downgrade = refuse_downgrade


def upgrade() -> None:
    """Create the table, then its triggers: its rows are never changed and never removed."""
    _create(New(here()))
    keep(here(), "plan_overrides")


def _create(new: New) -> None:
    new.table(
        "plan_overrides",
        ("plan", "plan_version", "number"),
        id_column("plan"),
        number_column("plan_version"),
        number_column("number"),
        word_column("preset"),
        word_column("reason", 1024),
        id_column("approver"),
        id_column("actor"),
        number_column("recorded_at"),
        sa.Column("broken", long_text(), nullable=False),
        new.refers("plan_overrides", "plans", "plan", "plan_version"),
        new.check("plan_overrides", "number", "number >= 1"),
        new.check("plan_overrides", "reason", "reason <> ''"),
        new.check("plan_overrides", "approver", "approver <> actor"),
        clustered=False,
    )
