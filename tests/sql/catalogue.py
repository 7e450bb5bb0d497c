"""What a server knows about the tables of a place, without what it numbers by itself."""

from collections.abc import Mapping
from typing import Final, TypeAlias

from sqlalchemy import Connection

Kept: TypeAlias = frozenset[tuple[str, ...]]

_POSTGRESQL: Final = """
    SELECT its.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull::text,
           (SELECT collname FROM pg_collation WHERE oid = a.attcollation)
    FROM pg_class AS its JOIN pg_attribute AS a ON a.attrelid = its.oid
    WHERE its.relkind = 'r' AND a.attnum > 0 AND its.relnamespace::regnamespace::text = %(place)s::text
    UNION ALL
    SELECT its.relname, c.conname, pg_get_constraintdef(c.oid), '', ''
    FROM pg_class AS its JOIN pg_constraint AS c ON c.conrelid = its.oid
    WHERE its.relkind = 'r' AND its.relnamespace::regnamespace::text = %(place)s::text
    UNION ALL
    SELECT tablename, indexname, indexdef, '', ''
    FROM pg_indexes WHERE quote_ident(schemaname) = %(place)s::text
"""

_MARIADB: Final = """
    SELECT table_name, column_name, column_type, is_nullable, collation_name
    FROM information_schema.columns WHERE table_schema = %(place)s
    UNION ALL
    SELECT table_name, constraint_name, check_clause, '', ''
    FROM information_schema.check_constraints WHERE constraint_schema = %(place)s
    UNION ALL
    SELECT table_name, constraint_name, referenced_table_name, delete_rule, ''
    FROM information_schema.referential_constraints WHERE constraint_schema = %(place)s
    UNION ALL
    SELECT table_name, index_name, group_concat(column_name ORDER BY seq_in_index), max(non_unique), ''
    FROM information_schema.statistics WHERE table_schema = %(place)s GROUP BY table_name, index_name
"""

_TABLES: Final[Mapping[str, str]] = {"postgresql": _POSTGRESQL, "mariadb": _MARIADB}

_TRIGGERS: Final[Mapping[str, str]] = {
    "postgresql": """
        SELECT its.tgname::text, pg_get_triggerdef(its.oid) FROM pg_trigger AS its
        JOIN pg_class AS ours ON ours.oid = its.tgrelid
        WHERE NOT its.tgisinternal AND ours.relnamespace::regnamespace::text = %(place)s::text
    """,
    "mariadb": """
        SELECT trigger_name, action_timing, event_manipulation, event_object_table, action_statement
        FROM information_schema.triggers WHERE trigger_schema = %(place)s
    """,
}


def kept_tables(connection: Connection, schema: str | None) -> Kept:
    """Return columns with type and collation, constraints and indexes, as the server itself writes them."""
    return _asked(connection, schema, _TABLES)


def kept_triggers(connection: Connection, schema: str | None) -> Kept:
    """Return triggers, as the server itself writes them."""
    return _asked(connection, schema, _TRIGGERS)


def _asked(connection: Connection, schema: str | None, by: Mapping[str, str]) -> Kept:
    dialect = connection.dialect.name
    if dialect == "postgresql":
        place = connection.dialect.identifier_preparer.quote(schema or "public").replace("%%", "%")
    else:
        place = schema or connection.engine.url.database or ""
    rows = connection.exec_driver_sql(by[dialect], {"place": place})
    return frozenset(tuple(map(str, row)) for row in rows)
