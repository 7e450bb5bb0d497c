"""Where revisions make our tables: under which prefix and in which schema the host has them.

The one rule this file protects: what is here is part of the revisions that call it, and what a released
revision calls is never changed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

from alembic import op
from alembic.operations import Operations
from attrs import frozen

from distcore.kernel import SchemaError

PREFIX_OPTION = "distcore_prefix"
SCHEMA_OPTION = "distcore_schema"
"""What `context.configure` is given, by us or by the host whose tree our revisions are a branch of."""


_OURS: Final[ContextVar[Operations | None]] = ContextVar("distcore_sql migrates by", default=None)


@contextmanager
def operating(by: Operations) -> Iterator[None]:
    """Let revisions work by these, in this thread or task alone."""
    token = _OURS.set(by)
    try:
        yield
    finally:
        _OURS.reset(token)


def operations() -> Operations:
    """Return what the revision that runs works by; in a host's own tree Alembic has it."""
    return _OURS.get() or Operations(op.get_context())


@frozen
class Place:
    """Under which prefix and in which schema the host has our tables."""

    prefix: str
    schema: str | None

    def named(self, name: str) -> str:
        """Return a quoted name of ours, in its schema."""
        return f"{self.within()}{self.bare(name)}"

    def bare(self, name: str) -> str:
        """Return a quoted name of ours alone."""
        return _quoted(self.prefix + name)

    def within(self) -> str:
        """Return the quoted schema and a dot, or nothing."""
        if self.schema is None:
            return ""
        return f"{_quoted(self.schema)}."


def here() -> Place:
    """Return the place of the migration that runs; a host that names none has our own."""
    options = operations().get_context().opts
    return Place(options.get(PREFIX_OPTION, "distcore_"), options.get(SCHEMA_OPTION))


def refuse_downgrade() -> None:
    """Refuse to unmake tables: they hold facts."""
    raise SchemaError("tables of distcore hold facts, and are not unmade", "restore a copy")


def _quoted(name: str) -> str:
    """Return a name in quotes, with its percent signs once, whatever the driver makes of them."""
    dialect: Any = type(operations().get_context().dialect)
    return str(dialect(paramstyle="named").identifier_preparer.quote(name))
