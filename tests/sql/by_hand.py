"""What somebody does who writes to a SQLite file past the library, and past its triggers and conditions."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.sql.stores import close_all


def by_hand(folder: Path, statement: str) -> None:
    """Change rows of the store in a folder; its triggers are there again afterwards."""
    close_all()
    with closing(sqlite3.connect(folder / "shop.db")) as connection, connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        triggers = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        assert connection.execute(statement).rowcount > 0, "nothing was changed"
        for _, made in triggers:
            connection.execute(made)
