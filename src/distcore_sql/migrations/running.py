"""Runs revisions on a connection, or writes down what they would do; it never commits.

The one rule this file protects: of several who migrate in one process each works on a connection of its own.
Alembic keeps its environment for the whole process, where two threads or tasks find each other's; so there
is none, but for a host's own tree.
"""

from pathlib import Path
from typing import Any, Final, TextIO

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from distcore_sql.migrations.place import PREFIX_OPTION, SCHEMA_OPTION, operating

HERE: Final = Path(__file__).parent


def migrate(connection: Connection, revision: str, *, prefix: str, schema: str | None) -> None:
    """Bring tables to a revision."""
    _run(MigrationContext.configure(connection, opts=_options(revision, prefix, schema)))


def write_down(
    dialect: str, revision: str, output: TextIO, *, since: str | None, prefix: str, schema: str | None
) -> None:
    """Write the SQL that brings tables to a revision."""
    options = {"as_sql": True, "literal_binds": True, "output_buffer": output, "starting_rev": since}
    _run(
        MigrationContext.configure(
            dialect_name=dialect,
            dialect_opts={"paramstyle": "named"},
            opts={**_options(revision, prefix, schema), "transactional_ddl": True, **options},
        )
    )


def _options(revision: str, prefix: str, schema: str | None) -> dict[str, Any]:
    script = ScriptDirectory(str(HERE))
    return {
        "fn": lambda heads, _: script._upgrade_revs(revision, heads),  # noqa: SLF001 nothing public has them
        "script": script,
        "version_table": f"{prefix}alembic_version",
        "version_table_schema": schema,
        PREFIX_OPTION: prefix,
        SCHEMA_OPTION: schema,
    }


def _run(context: MigrationContext) -> None:
    with operating(Operations(context)), context.begin_transaction():
        context.run_migrations()
