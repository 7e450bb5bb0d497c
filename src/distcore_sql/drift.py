"""Whether the tables are still those that the migrations made: somebody may have changed them by hand.

The one rule this file protects: nothing is mended here.  What differs is named, and whoever changed it knows
why.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from attrs import frozen
from sqlalchemy import CheckConstraint, Connection, MetaData, inspect, text

from distcore_sql.engines import create_store_engine, reading_options, require_store, store_url
from distcore_sql.errors import told_apart
from distcore_sql.guards import condition_said, functions_made, triggers_made, triggers_there
from distcore_sql.schema import HEAD, migrations_sql, revision_of
from distcore_sql.tables import PREFIX, build_tables


@frozen
class Condition:
    """At which revision the tables are, None where there are none, and what differs from it, a line each."""

    revision: str | None
    drift: tuple[str, ...] = ()

    @property
    def current(self) -> bool:
        """Whether it is the revision that this version of the library works with."""
        return self.revision == HEAD


def condition_of(url: str, *, prefix: str = PREFIX, schema: str | None = None) -> Condition:
    """Return the condition of the tables at a URL; `SchemaError` where there is no store, or another's."""
    require_store(store_url(url))
    engine = create_store_engine(url)
    try:
        options = reading_options(engine)
        with told_apart(guest=False, opening=True), engine.connect() as connection:
            reading = connection.execution_options(**options)
            revision = revision_of(reading, prefix, schema)
            found = drift(reading, prefix=prefix, schema=schema) if revision == HEAD else ()
            return Condition(revision, found)
    finally:
        engine.dispose()


def drift(connection: Connection, *, prefix: str = PREFIX, schema: str | None = None) -> tuple[str, ...]:
    """Return how tables of this revision differ from those that the migrations make.

    Tables, columns and their types, keys, indexes, conditions, the triggers that keep facts, and how a server
    keeps rows: what a crash leaves of them, who sees them, and which texts are the same.
    """
    metadata = MetaData()
    build_tables(metadata, prefix=prefix, schema=schema)
    found = [
        *_of_tables(connection, prefix, schema),
        *_of_keys(connection, metadata, schema),
        *_of_conditions(connection, metadata, schema),
        *_of_triggers(connection, prefix, schema),
        *_of_rows(connection, metadata, schema),
    ]
    return tuple(sorted(found))


def _of_tables(connection: Connection, prefix: str, schema: str | None) -> Iterator[str]:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    # What is found by default has no schema, for Alembic, though somebody names it.
    schema = None if schema == connection.dialect.default_schema_name else schema
    metadata = MetaData()
    build_tables(metadata, prefix=prefix, schema=schema)
    ours = {table.name for table in metadata.tables.values()}

    def ours_alone(item: Any, name: str | None, kind: str, _reflected: bool, _other: Any) -> bool:
        table = name if kind == "table" else item.table.name
        return table in ours and (schema is None or kind != "table" or item.schema == schema)

    def here_alone(name: str | None, kind: str, _parents: Any) -> bool:
        """Look into no other database of the server: one may be dropped meanwhile."""
        return kind != "schema" or name == schema

    context = MigrationContext.configure(
        connection,
        opts={
            "include_object": ours_alone,
            "include_name": here_alone,
            "include_schemas": schema is not None,
            "compare_server_default": True,
            "version_table": f"{prefix}alembic_version",
            "version_table_schema": schema,
        },
    )
    for change in compare_metadata(context, metadata):
        yield from _told(change)


def _told(change: Any) -> Iterator[str]:
    """Yield what a change would have to do, as what is wrong now."""
    if isinstance(change, list):  # what is to be changed of one column
        for each in change:
            yield from _told(each)
        return
    kind, *rest = change
    if kind.startswith("modify_"):
        _schema, table, column = rest[:3]
        yield f"column {table}.{column}: its {kind.removeprefix('modify_')} differs"
        return
    verb, _, what = kind.partition("_")
    item = rest[-1]
    name = getattr(item, "name", None) or "without a name"
    of = f"{rest[1]}." if what == "column" else ""
    yield f"{what} {of}{name} {'is missing' if verb == 'add' else 'is not ours'}"


def _of_keys(connection: Connection, metadata: MetaData, schema: str | None) -> Iterator[str]:
    """Compare primary keys, by which of two who write one thing one wins, and which rows an index is of."""
    inspector, where = inspect(connection), f"{connection.dialect.name}_where"
    keys = inspector.get_multi_pk_constraint(schema=schema)
    indexes = inspector.get_multi_indexes(schema=schema)
    for table in metadata.tables.values():
        key = keys.get((schema, table.name))
        if key is not None and key["constrained_columns"] != [each.name for each in table.primary_key]:
            yield f"table {table.name}: its primary key differs"
        partial = {str(each.name): each.dialect_kwargs.get(where) is not None for each in table.indexes}
        for each in indexes.get((schema, table.name), ()):
            name, has_where = str(each["name"]), each.get("dialect_options", {}).get(where) is not None
            if partial.get(name, has_where) is not has_where:
                yield f"index {name}: its rows differ"


def _of_conditions(connection: Connection, metadata: MetaData, schema: str | None) -> Iterator[str]:
    inspector, dialect = inspect(connection), connection.dialect.name
    present = set(inspector.get_table_names(schema=schema))
    for table in metadata.tables.values():
        if table.name not in present:
            continue
        checks = [each for each in table.constraints if isinstance(each, CheckConstraint)]
        expected = {str(each.name): condition_said(str(each.sqltext), dialect) for each in checks}
        found = inspector.get_check_constraints(table.name, schema=schema)
        actual = {str(each["name"]): condition_said(each["sqltext"], dialect) for each in found}
        yield from (f"condition {each} is missing" for each in expected.keys() - actual)
        yield from (f"condition {each} is not ours" for each in actual.keys() - expected)
        others = (each for each in expected.keys() & actual if expected[each] != actual[each])
        yield from (f"condition {each}: its text differs" for each in others)


def _of_triggers(connection: Connection, prefix: str, schema: str | None) -> Iterator[str]:
    """Compare what triggers say, and what they call: one that does nothing has its name still."""
    written = migrations_sql(connection.dialect.name, prefix=prefix, schema=schema)
    expected, functions = triggers_made(written), functions_made(written)
    there = [each for each in triggers_there(connection, schema) if each.name in expected]
    called = {each.function for each in there if each.function is not None}
    for name, trigger in expected.items():
        found = [each for each in there if each.name == name]
        if not found:
            yield f"trigger {name} is missing"
        elif all(map(trigger.differs_from, found)):
            yield f"trigger {name}: its text differs"
    if not all(each.is_read for each in there):
        yield "triggers: their text can't be read by this user, who lacks the right TRIGGER"
    for name in sorted({name for name, body in called if name in functions and body != functions[name]}):
        yield f"function {name}: its text differs"


def _of_rows(connection: Connection, metadata: MetaData, schema: str | None) -> Iterator[str]:
    asked = _ROWS.get(connection.dialect.name)
    if asked is not None:
        ours = {table.name for table in metadata.tables.values()}
        place = connection.dialect.identifier_preparer.quote(schema or "main")
        for table, told in connection.execute(text(asked.format(place=place)), {"schema": schema}):
            if table in ours:
                yield told


_ROWS: Final[Mapping[str, str]] = {
    "sqlite": """
        SELECT name, 'table ' || name || ': it is not strict' FROM pragma_table_list
        WHERE schema = coalesce(:schema, 'main') AND type = 'table' AND NOT strict
        UNION ALL
        SELECT name, 'table ' || name || ': its collation differs' FROM {place}.sqlite_schema
        WHERE type = 'table' AND lower(sql) GLOB '*[^a-z0-9_]collate[^a-z0-9_]*'
        """,
    "postgresql": """
        WITH them AS (
            SELECT a_table.* FROM pg_catalog.pg_class AS a_table
            JOIN pg_catalog.pg_namespace AS place ON place.oid = a_table.relnamespace
            WHERE place.nspname = coalesce(CAST(:schema AS text), current_schema())
        )
        SELECT relname::text, 'table ' || relname || ': it is not logged' FROM them
        WHERE relkind = 'r' AND relpersistence <> 'p'
        UNION ALL
        SELECT relname::text, 'table ' || relname || ': its rows have policies' FROM them
        WHERE relrowsecurity
        UNION ALL
        SELECT them.relname::text, 'rule ' || its.rulename || ' is not ours' FROM them
        JOIN pg_catalog.pg_rewrite AS its ON its.ev_class = them.oid
        UNION ALL
        SELECT
            them.relname::text,
            'column ' || them.relname || '.' || its.attname || ': its collation differs'
        FROM them JOIN pg_catalog.pg_attribute AS its ON its.attrelid = them.oid
        JOIN pg_catalog.pg_collation AS told ON told.oid = its.attcollation
        WHERE them.relkind = 'r' AND its.attnum > 0 AND NOT its.attisdropped
        AND its.atttypid = 'varchar'::regtype AND told.collname <> 'C'
        """,
    "mariadb": """
        SELECT table_name, CONCAT('table ', table_name, ': its engine is ', engine)
        FROM information_schema.tables
        WHERE table_schema = coalesce(:schema, DATABASE()) AND engine <> 'InnoDB'
        UNION ALL
        SELECT table_name, CONCAT('column ', table_name, '.', column_name, ': its collation differs')
        FROM information_schema.columns
        WHERE table_schema = coalesce(:schema, DATABASE()) AND collation_name <> 'utf8mb4_nopad_bin'
        """,
}
"""What names a table, and tells of what is not as it was made, by the name of the dialect.

SQLite keeps the collation of a column in the text of its table alone, and in ours there is none.
"""
