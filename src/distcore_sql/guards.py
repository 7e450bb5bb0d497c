"""What conditions and triggers say, in words that are the same whatever database tells them.

The one rule this file protects: what the migrations say and what a database says are read in the same way.  A
database keeps what it was told in words of its own: with casts, quotes and brackets, and in another order.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias

from attrs import frozen
from sqlalchemy import Connection, text


@frozen
class Trigger:
    """A trigger by its plain name, and what it says; `function` is what it calls, by name, and its text.

    One that is told in words that are never ours says nothing.  Where `is_read` is false the database told
    only when it runs, and on which table: the rest of what it says is open.
    """

    name: str
    says: str
    function: tuple[str, str] | None = None
    is_read: bool = True

    def differs_from(self, there: "Trigger") -> bool:
        """Say whether one that is there says something else, as far as it was told."""
        return there.says != self.says if there.is_read else not self.says.startswith(there.says)


Triggers: TypeAlias = Callable[[Connection, "str | None"], Iterator[Trigger]]

_NAME: Final = r'"(?:[^"]|"")+"|`(?:[^`]|``)+`|[\w$]+'
_A_TRIGGER: Final = re.compile(
    rf"CREATE (?:OR REPLACE )?TRIGGER (?:(?:{_NAME})\.)?({_NAME})\s+(.*)", re.DOTALL
)
_A_FUNCTION: Final = re.compile(
    rf"CREATE FUNCTION (?:(?:{_NAME})\.)?({_NAME})\(\).*?\$\$(.*?)\$\$", re.DOTALL
)
_END: Final = re.compile(r"(?: //|;)\n\n")
"""How a statement of the migrations ends, in the words of any database."""

_IN_SCHEMA: Final = re.compile(rf"\b(ON|FROM|FUNCTION) (?:{_NAME})\.({_NAME})")
_EVENTS: Final = re.compile(r"^(BEFORE|AFTER) (\w+(?: OR \w+)*) ON ")

_IN_OTHER_WORDS: Final = (
    (re.compile(r"'(-?\d+)'::bigint"), r"\1"),
    (re.compile(r"::(?:character varying|\w+)(?:\[\])?"), ""),
    (re.compile(r"= any \(array\[(.*?)\]\)"), r"in (\1)"),
    (re.compile(r"(\w+\([^()]*\)|\w+) between (\w+) and (\w+)"), r"\1 >= \2 and \1 <= \3"),
)
"""How databases tell of a condition, each in its own words, and the words in which all are compared."""

_IN_WORDS_OF: Final[Mapping[str, tuple[tuple[re.Pattern[str], str], ...]]] = {
    "mariadb": ((re.compile(r"\boctet_length\b"), "length"),)
}
"""Words for what is something else in another database."""

_PART: Final = re.compile(r"""('(?:[^']|'')*')|"(?:[^"]|"")*"|`(?:[^`]|``)*`|[^'"`]+|.""", re.DOTALL)
"""A literal, which is the group, or a name in quotes, or what is in none."""


def condition_said(told: str, dialect: str) -> str:
    """Return what a condition says that a database tells.

    Brackets are not compared: each database sets its own.  In literals every character is, but for a number.
    """
    said = _but_literals(told, lambda part: part.translate(_QUOTES).lower())
    for words, same in (*_IN_OTHER_WORDS, *_IN_WORDS_OF.get(dialect, ())):
        said = words.sub(same, said)
    return _but_literals(said, lambda part: part.translate(_BRACKETS))


def _but_literals(told: str, change: Callable[[str], str]) -> str:
    return _PART.sub(lambda part: part[0] if part[1] else change(part[0]), told)


def triggers_made(migrations: str) -> dict[str, Trigger]:
    """Return the triggers that migrations make, by name; the last one of a name is the one that stays."""
    found = (_A_TRIGGER.search(statement) for statement in _END.split(migrations))
    return {_plain(each[1]): Trigger(_plain(each[1]), _said(each[2])) for each in found if each}


def functions_made(migrations: str) -> dict[str, str]:
    """Return the functions that migrations make, by name, each with its text."""
    return {_plain(each[1]): _one_line(each[2]) for each in _A_FUNCTION.finditer(migrations)}


def triggers_there(connection: Connection, schema: str | None) -> Iterator[Trigger]:
    """Yield the triggers that are there, also those that are not ours."""
    return _TRIGGERS[connection.dialect.name](connection, schema)


_QUOTES: Final = str.maketrans("", "", '"`')
_BRACKETS: Final = str.maketrans("", "", "() \n")


def _said(told: str) -> str:
    """Return what a trigger says after its name: when, of which table, and what it does, but for brackets."""
    in_order = _EVENTS.sub(_sorted_events, _IN_SCHEMA.sub(r"\1 \2", _one_line(told)))
    return _but_literals(in_order, lambda part: part.translate(_QUOTES).lower().translate(_BRACKETS))


def _sorted_events(found: re.Match[str]) -> str:
    return f"{found[1]} {' OR '.join(sorted(found[2].split(' OR ')))} ON "


def _one_line(told: str) -> str:
    return " ".join(told.split())


def _plain(name: str) -> str:
    quote = name[0]
    return name[1:-1].replace(quote * 2, quote) if quote in '"`' else name


def _of(name: str, told: str, function: tuple[str, str] | None = None) -> Trigger:
    found = _A_TRIGGER.match(told)
    return Trigger(name, _said(found[2]) if found else "", function)


def _in_sqlite(connection: Connection, schema: str | None) -> Iterator[Trigger]:
    place = "" if schema is None else f"{connection.dialect.identifier_preparer.quote(schema)}."
    found = connection.exec_driver_sql(
        f"SELECT name, sql FROM {place}sqlite_schema WHERE type = 'trigger'"  # noqa: S608
    )
    return (_of(name, told) for name, told in found)


def _in_postgresql(connection: Connection, schema: str | None) -> Iterator[Trigger]:
    found = connection.execute(
        text("""
        SELECT its.tgname::text, pg_catalog.pg_get_triggerdef(its.oid, true),
            called.proname::text, called.prosrc
        FROM pg_catalog.pg_trigger AS its
        JOIN pg_catalog.pg_proc AS called ON called.oid = its.tgfoid
        JOIN pg_catalog.pg_class AS ours ON ours.oid = its.tgrelid
        JOIN pg_catalog.pg_namespace AS place ON place.oid = ours.relnamespace
        WHERE NOT its.tgisinternal AND place.nspname = coalesce(CAST(:schema AS text), current_schema())
        """),
        {"schema": schema},
    )
    return (_of(name, told, (called, _one_line(body))) for name, told, called, body in found)


def _in_mariadb(connection: Connection, schema: str | None) -> Iterator[Trigger]:
    """Yield them; what they do is not told to a user who has no right to make one."""
    found: Any = connection.exec_driver_sql(
        "SELECT trigger_name, action_timing, event_manipulation, event_object_table, action_statement"
        " FROM information_schema.triggers WHERE trigger_schema = coalesce(%s, DATABASE())",
        (schema,),
    )
    for name, timing, event, table, body in found:
        says = _said(f"{timing} {event} ON {_quoted(table)} FOR EACH ROW {body or ''}")
        yield Trigger(name, says, is_read=body is not None)


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


_TRIGGERS: Final[Mapping[str, Triggers]] = {
    "sqlite": _in_sqlite,
    "postgresql": _in_postgresql,
    "mariadb": _in_mariadb,
}
"""The triggers that are there, by the name of the dialect."""
