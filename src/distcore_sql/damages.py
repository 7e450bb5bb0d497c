"""What a database finds wrong with what it keeps, asked of it in its own words."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from distcore.kernel import Problem
from distcore_sql.tables import Tables

Run: TypeAlias = Callable[..., Sequence[Sequence[Any]]]
"""Runs a statement with arguments, and returns its rows."""


def _of_sqlite(_tables: Tables, run: Run) -> list[Problem]:
    """Read every page of the file, and look for rows that belong to nothing."""
    pages = [row[0] for row in run("PRAGMA quick_check(100)") if row[0] != "ok"]
    found = [Problem("store", f"the file is damaged: {each}", "restore a copy") for each in pages]
    dangling = Counter(row[0] for row in run("PRAGMA foreign_key_check"))
    for table, count in sorted(dangling.items()):
        found.append(Problem(f"table {table}", f"{count} rows refer to rows that are missing"))
    return found


_OURS: Final = """
    JOIN pg_catalog.pg_class AS ours ON ours.oid = {}
    JOIN pg_catalog.pg_namespace AS place ON place.oid = ours.relnamespace
    WHERE ours.relname::text = ANY(%(names)s)
    AND CASE WHEN %(schema)s::text IS NULL THEN pg_catalog.pg_table_is_visible(ours.oid)
             ELSE place.nspname = %(schema)s END
"""

_ASLEEP: Final = f"""
    SELECT ours.relname, count(*) FROM pg_catalog.pg_trigger AS its {_OURS.format("its.tgrelid")}
    AND its.tgenabled NOT IN ('O', 'A') GROUP BY ours.relname ORDER BY ours.relname
"""

_UNPROVEN: Final = f"""
    SELECT ours.relname, its.conname FROM pg_catalog.pg_constraint AS its {_OURS.format("its.conrelid")}
    AND NOT its.convalidated ORDER BY ours.relname, its.conname
"""


def _of_postgresql(tables: Tables, run: Run) -> list[Problem]:
    """Look whether our tables are still guarded: the server watches over its pages by itself.

    A trigger that sleeps lets facts be changed; one that keeps a foreign key lets rows belong to nothing.
    """
    ours = tables.all()
    where = {"names": [table.name for table in ours], "schema": ours[0].schema}
    found = [
        Problem(f"table {table}", f"{count} triggers are disabled", "ENABLE them; were facts changed?")
        for table, count in run(_ASLEEP, where)
    ]
    for table, constraint in run(_UNPROVEN, where):
        found.append(Problem(f"table {table}", f"{constraint} is not validated", "VALIDATE CONSTRAINT"))
    return found


DAMAGES: Final[Mapping[str, Callable[[Tables, Run], list[Problem]]]] = {
    "sqlite": _of_sqlite,
    "postgresql": _of_postgresql,
}
"""By the name of the dialect."""
