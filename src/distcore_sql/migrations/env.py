"""Run migrations on the connection that `distcore_sql.upgrade` was given; it never commits."""

from alembic import context

given = context.config.attributes
context.configure(
    connection=given["connection"],
    version_table=f"{given['prefix']}alembic_version",
    version_table_schema=given["schema"],
    # For the revisions: what their tables are named and where they are.
    prefix=given["prefix"],
    schema=given["schema"],
)
with context.begin_transaction():
    context.run_migrations()
