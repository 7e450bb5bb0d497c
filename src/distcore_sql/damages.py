"""What a database finds wrong with what it keeps, asked of it in its own words."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from sqlalchemy import (
    ARRAY,
    Executable,
    ForeignKeyConstraint,
    Select,
    String,
    Table,
    bindparam,
    exists,
    func,
    select,
    text,
)

from distcore.kernel import Problem
from distcore_sql.tables import Tables

Run: TypeAlias = Callable[[str | Executable], Sequence[Sequence[Any]]]
"""Runs a statement without arguments, and returns its rows."""


def _of_sqlite(tables: Tables, shop: str, run: Run) -> list[Problem]:
    """Read every page of the file, which may be a host's too, and look for rows that belong to nothing."""
    pages = [row[0] for row in run("PRAGMA quick_check(100)") if row[0] != "ok"]
    found = [Problem("store", f"the file is damaged: {each}", "restore a copy") for each in pages]
    return found + _dangling(tables, shop, run)


_UNGUARDED: Final = text(
    """
    WITH ours AS (
        SELECT a_table.oid, a_table.relname
        FROM pg_catalog.pg_class AS a_table
        JOIN pg_catalog.pg_namespace AS place ON place.oid = a_table.relnamespace
        WHERE a_table.relname::text = ANY(:names)
        AND CASE WHEN CAST(:schema AS text) IS NULL THEN pg_catalog.pg_table_is_visible(a_table.oid)
                 ELSE place.nspname = CAST(:schema AS text) END
    )
    SELECT ours.relname, count(*) || ' triggers are disabled', 'ENABLE them; were facts changed?'
    FROM ours JOIN pg_catalog.pg_trigger AS its ON its.tgrelid = ours.oid
    WHERE its.tgenabled NOT IN ('O', 'A')
    GROUP BY ours.relname
    UNION ALL
    SELECT ours.relname, its.conname || ' is not validated', 'VALIDATE CONSTRAINT'
    FROM ours JOIN pg_catalog.pg_constraint AS its ON its.conrelid = ours.oid
    WHERE NOT its.convalidated
    ORDER BY 1, 2
    """
)


def _of_postgresql(tables: Tables, _shop: str, run: Run) -> list[Problem]:
    """Look whether our tables are still guarded: the server watches over its pages by itself.

    A trigger that sleeps lets facts be changed; one that keeps a foreign key lets rows belong to nothing.
    """
    ours = tables.all()
    names = bindparam("names", [table.name for table in ours], ARRAY(String))
    found = run(_UNGUARDED.bindparams(names, bindparam("schema", ours[0].schema, String)))
    return [Problem(f"table {table}", message, hint) for table, message, hint in found]


def _dangling(tables: Tables, shop: str, run: Run) -> list[Problem]:
    """Look for rows of a shop that belong to nothing: whoever turns the keys off may write some.

    MariaDB watches over its pages by itself, and its own check of a table would commit.
    """
    found = []
    for table in tables.all():
        for key in sorted(table.foreign_key_constraints, key=lambda each: str(each.name)):
            count = run(_lost(table, key, shop))[0][0]
            if count:
                message = f"{count} rows refer to rows that are missing"
                found.append(Problem(f"table {table.fullname}", message))
    return found


def _lost(table: Table, key: ForeignKeyConstraint, shop: str) -> Select[int]:
    """Return how to count the rows whose key leads nowhere; a key that is not whole leads nowhere rightly."""
    child, parent = table.alias("child"), key.referred_table.alias("parent")
    pairs = [(child.c[each.parent.name], parent.c[each.column.name]) for each in key.elements]
    there = exists().where(*[mine == theirs for mine, theirs in pairs])
    whole = [mine.is_not(None) for mine, _ in pairs]
    return select(func.count()).where(child.c.shop == shop, *whole, ~there)


DAMAGES: Final[Mapping[str, Callable[[Tables, str, Run], list[Problem]]]] = {
    "sqlite": _of_sqlite,
    "postgresql": _of_postgresql,
    "mariadb": _dangling,
}
"""By the name of the dialect."""
