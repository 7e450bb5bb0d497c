"""What was done and is still to be told to others.

Revision ID: distcore_0012
Revises: distcore_0011
"""

from distcore_sql.migrations.place import here, refuse_downgrade
from distcore_sql.migrations.tables import New, id_column, number_column, word_column

revision = "distcore_0012"
down_revision = "distcore_0011"
branch_labels = None
depends_on = None
downgrade = refuse_downgrade


def upgrade() -> None:
    """Create the tables; their rows are no facts, and go when they are told."""
    new = New(here())
    new.table("outboxes", (), number_column("opened_at"))
    new.table(
        "outbox",
        ("event",),
        word_column("event"),
        word_column("verb"),
        id_column("about"),
        word_column("command_key", 257),
        number_column("done_at"),
        id_column("actor"),
        number_column("free_at"),
    )
    new.index("outbox", "free_at", "done_at", "event")
