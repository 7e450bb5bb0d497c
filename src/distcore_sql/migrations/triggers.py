"""Triggers that keep facts as they are, in the words of each database.

The one rule this file protects: what is here is part of the revisions that call it, and what a released
revision calls is never changed.  A new table of facts takes one `keep`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from sqlalchemy import text

from distcore_sql.migrations.place import Place, operations


def begin(place: Place) -> None:
    """Make what all the triggers of a place share."""
    _BEGIN[operations().get_context().dialect.name](place)


def keep(place: Place, name: str, *, until: str = "", by: Sequence[str] = ("sale",)) -> None:
    """Refuse to change or remove rows of a table.

    They go only if a row of `until` has the same values `by` these columns by then.
    """
    same = " AND ".join(f"there.{column} = {{gone}}.{column}" for column in ("shop", *by))
    _KEEP[operations().get_context().dialect.name](place, name, until, same)


def _run(statement: str) -> None:
    """Run a statement, or write it down; a colon in it is no parameter."""
    operations().execute(text(statement.replace(":", r"\:")))


def _begin_in_sqlite(_place: Place) -> None:
    """A trigger of SQLite has its own body."""


def _keep_in_sqlite(place: Place, name: str, until: str, same: str) -> None:
    for event in ("UPDATE", "DELETE"):
        trigger = place.named(f"{name}_no_{event.lower()}")
        when = ""
        if until and event == "DELETE":
            its_own = same.format(gone="OLD")
            there = f"SELECT 1 FROM {place.bare(until)} AS there WHERE {its_own}"  # noqa: S608 a quoted name
            when = f"WHEN NOT EXISTS ({there}) "
        refusal = f"SELECT RAISE(ABORT, 'rows of {name} are facts: {event} is refused')"
        table = place.bare(name)
        _run(f"CREATE TRIGGER {trigger} BEFORE {event} ON {table} {when}BEGIN {refusal}; END")


_REFUSAL: Final = """
    RAISE EXCEPTION 'rows of % are facts: % is refused', TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'restrict_violation';
"""

_REMAINS: Final = """
    SELECT EXISTS (
        SELECT FROM gone WHERE NOT EXISTS (
            SELECT FROM %I.%I AS there WHERE %s
        )
    )
"""


def _begin_in_postgresql(place: Place) -> None:
    """Make the functions; they find the other table by the schema of their own, wherever that is moved."""
    for name, body in {
        "refuse": f"BEGIN {_REFUSAL} END",
        "refuse_early": f"""
            DECLARE remains boolean;
            BEGIN
                EXECUTE format('{_REMAINS}', TG_TABLE_SCHEMA, TG_ARGV[0], TG_ARGV[1]) INTO remains;
                IF remains THEN {_REFUSAL} END IF;
                RETURN NULL;
            END
        """,
    }.items():
        _run(f"CREATE FUNCTION {place.named(name)}() RETURNS trigger LANGUAGE plpgsql AS $${body}$$")


def _keep_in_postgresql(place: Place, name: str, until: str, same: str) -> None:
    """Fire once a statement, before its first row: rows that are only added pay nothing."""
    table = place.named(name)
    events = "TRUNCATE" if until else "UPDATE OR DELETE OR TRUNCATE"
    _run(
        f"CREATE TRIGGER {place.bare(f'{name}_kept')} BEFORE {events} ON {table}"
        f" FOR EACH STATEMENT EXECUTE FUNCTION {place.named('refuse')}()"
    )
    if until:
        # A row may be written as it is: whoever decides by it holds it so, at every level of isolation.
        _run(
            f"CREATE TRIGGER {place.bare(f'{name}_kept_as_it_is')} BEFORE UPDATE ON {table}"
            f" FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION {place.named('refuse')}()"
        )
        other = (place.prefix + until).replace("'", "''")
        _run(
            f"CREATE TRIGGER {place.bare(f'{name}_kept_until')} AFTER DELETE ON {table}"
            " REFERENCING OLD TABLE AS gone"
            f" FOR EACH STATEMENT EXECUTE FUNCTION {place.named('refuse_early')}"
            f"('{other}', '{same.format(gone='gone')}')"
        )


def _begin_in_mariadb(_place: Place) -> None:
    """A trigger of MariaDB has its own body."""


def _keep_in_mariadb(place: Place, name: str, until: str, same: str) -> None:
    """Refuse row by row; that a table is emptied at once goes past triggers, and is a right of its own."""
    table = place.named(name)
    for event in ("UPDATE", "DELETE"):
        refusal = f"SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'rows of {name} are facts: {event} is refused'"
        body = refusal
        if until and event == "UPDATE":  # a row may be written as it is, by whoever decides by it
            kept = same.replace("there.", "NEW.").format(gone="OLD")
            body = f"IF NOT ({kept} AND NEW.due_at = OLD.due_at) THEN {refusal}; END IF"
        elif until:
            there = f"SELECT 1 FROM {place.named(until)} AS there WHERE {same.format(gone='OLD')}"  # noqa: S608 quoted names
            body = f"IF NOT EXISTS ({there}) THEN {refusal}; END IF"
        trigger = place.named(f"{name}_no_{event.lower()}")
        _run_whole(f"CREATE OR REPLACE TRIGGER {trigger} BEFORE {event} ON {table} FOR EACH ROW {body}")


def _run_whole(statement: str) -> None:
    """Run a statement that has others within it; written down, it ends by a sign that none of them has.

    The client of MariaDB would send what stands before the first semicolon.
    """
    impl = operations().get_context().impl
    if not operations().get_context().as_sql:
        _run(statement)
        return
    impl.static_output("DELIMITER //")
    impl.command_terminator = " //"
    _run(statement)
    impl.command_terminator = ";"
    impl.static_output("DELIMITER ;")


_BEGIN: Final[Mapping[str, Callable[[Place], None]]] = {
    "sqlite": _begin_in_sqlite,
    "postgresql": _begin_in_postgresql,
    "mariadb": _begin_in_mariadb,
}

_KEEP: Final[Mapping[str, Callable[[Place, str, str, str], None]]] = {
    "sqlite": _keep_in_sqlite,
    "postgresql": _keep_in_postgresql,
    "mariadb": _keep_in_mariadb,
}
