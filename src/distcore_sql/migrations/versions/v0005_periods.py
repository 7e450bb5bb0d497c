"""Periods of plans: when each was accrued, and what it gave to whom.

Revision ID: distcore_0005
Revises: distcore_0004
"""

import sqlalchemy as sa

from distcore_sql.migrations.place import here, refuse_downgrade
from distcore_sql.migrations.tables import New, id_column, long_text, number_column, word_column
from distcore_sql.migrations.triggers import keep

revision = "distcore_0005"
down_revision = "distcore_0004"
branch_labels = None
depends_on = None
downgrade = refuse_downgrade

FACTS = ("period_runs", "period_postings", "period_facts")
"""Tables whose rows are never changed and never removed."""


def upgrade() -> None:
    """Create the tables, then the triggers."""
    new = New(here())
    _create(new)
    new.index("period_facts", "run", "payee")
    for name in FACTS:
        keep(here(), name)


def _create(new: New) -> None:
    new.table(
        "period_runs",
        ("run",),
        number_column("run"),
        word_column("currency"),
        word_column("label"),
        number_column("starts_at"),
        number_column("ends_at"),
        id_column("plan"),
        number_column("plan_version"),
        number_column("tree_revision"),
        number_column("known_until"),
        id_column("actor"),
        number_column("run_at"),
        new.refers("period_runs", "plans", "plan", "plan_version"),
        new.unique("period_runs", "currency", "label"),
        new.check("period_runs", "run", "run >= 1"),
        new.check("period_runs", "ended", "starts_at <= ends_at AND ends_at <= run_at"),
    )
    new.table(
        "period_postings",
        ("run", "posting"),
        number_column("run"),
        number_column("posting"),
        number_column("net_minor"),
        sa.Column("totals", long_text(), nullable=False),
        id_column("actor"),
        number_column("posted_at"),
        new.refers("period_postings", "period_runs", "run"),
        new.check("period_postings", "posting", "posting >= 0 AND net_minor >= 0"),
    )
    new.table(
        "period_facts",
        ("run", "posting", "payee", "component"),
        number_column("run"),
        number_column("posting"),
        id_column("payee"),
        id_column("component"),
        number_column("amount_minor"),
        number_column("value_minor"),
        sa.Column("basis", long_text(), nullable=False),
        word_column("unqualified"),
        new.refers("period_facts", "period_postings", "run", "posting"),
        new.refers("period_facts", "members", "payee", also=("member",)),
        new.check("period_facts", "amount", "amount_minor <> 0 AND value_minor >= 0"),
        new.check("period_facts", "qualified", "unqualified = '' OR value_minor = 0"),
    )
