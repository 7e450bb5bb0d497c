"""Run migrations on the connection that was given, or write down what they would do; it never commits."""

from typing import Any

from alembic import context

from distcore_sql.migrations.place import PREFIX_OPTION, SCHEMA_OPTION

given = context.config.attributes
where: dict[str, Any] = {
    "version_table": f"{given['prefix']}alembic_version",
    "version_table_schema": given["schema"],
    PREFIX_OPTION: given["prefix"],
    SCHEMA_OPTION: given["schema"],
}
if context.is_offline_mode():
    context.configure(
        dialect_name=given["dialect"],
        dialect_opts={"paramstyle": "named"},
        literal_binds=True,
        transactional_ddl=True,
        output_buffer=given["output"],
        **where,
    )
else:
    context.configure(connection=given["connection"], **where)
with context.begin_transaction():
    context.run_migrations()
