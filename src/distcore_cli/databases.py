"""`distcore db`: the tables of a store, apart from what is in them."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

import click

from distcore.kernel import SchemaError
from distcore_cli import options
from distcore_cli.failures import REFUSED, UNSOUND
from distcore_cli.render import Table, columns, say, show
from distcore_cli.settings import Settings
from distcore_cli.tally import say_dry_run
from distcore_sql import (
    HEAD,
    PREFIX,
    REVISIONS,
    Condition,
    condition_of,
    migrations_sql,
    upgrade_store,
)

F = TypeVar("F", bound=Callable[..., Any])

DIALECTS: Final = ("sqlite", "postgresql", "mariadb")

CONDITION = columns("revision newest current differences", "differences")
DIFFERENCES = columns("difference")


def _placed(command: F) -> F:
    """Add where a host has our tables in a database of its own."""
    prefix = click.option(
        "--prefix",
        metavar="TEXT",
        default=PREFIX,
        show_default=True,
        callback=options.text_of,
        help="What the names of the tables begin with.",
    )
    schema = click.option(
        "--schema",
        metavar="NAME",
        callback=options.id_of,
        help="In which schema.  [default: that of the database]",
    )
    return prefix(schema(command))


@click.group(cls=options.InOrder)
def db() -> None:
    """Upgrade, check and write down the tables of a store."""


@db.command()
@_placed
@click.pass_obj
def upgrade(settings: Settings, prefix: str, schema: str | None) -> None:
    """Make the tables, or bring them to the revision of this version, all or nothing."""
    if not settings.dry_run:
        upgrade_store(settings.store, prefix=prefix, schema=schema)
    try:
        found = condition_of(settings.store, prefix=prefix, schema=schema)
    except SchemaError as error:
        if not settings.dry_run or error.hint != "make one first":
            raise
        found = Condition(None)
    if settings.dry_run and not found.current:
        say(f"dry run: it would be upgraded from {found.revision or 'nothing'} to {HEAD}")
    _show(settings, found)
    say_dry_run(settings)


@db.command()
@_placed
@click.pass_context
def check(context: click.Context, prefix: str, schema: str | None) -> None:
    """Say at which revision the tables are, and what somebody changed of them by hand.

    The exit code is 1 for another revision than that of this version, and 3 where something differs.
    """
    settings: Settings = context.obj
    found = condition_of(settings.store, prefix=prefix, schema=schema)
    _show(settings, found)
    if not found.current:
        say("the tables are of another revision (distcore db upgrade)")
        context.exit(REFUSED)
    if found.drift:
        say(f"{len(found.drift)} differences: somebody changed the tables")
        context.exit(UNSOUND)


@db.command()
@click.option(
    "--dialect",
    type=click.Choice(DIALECTS),
    default=DIALECTS[0],
    show_default=True,
    help="Of which database.",
)
@click.option(
    "--since", type=click.Choice(REVISIONS), help="Only what comes after this revision.  [default: all]"
)
@_placed
def sql(dialect: str, since: str | None, prefix: str, schema: str | None) -> None:
    """Print the migrations as plain SQL, for whoever runs them by hand.

    One transaction, with the rows of the version table; needs no store, and is SQL whatever --format says.
    """
    click.echo(migrations_sql(dialect, since=since, prefix=prefix, schema=schema), nl=False)


def _show(settings: Settings, found: Condition) -> None:
    row = (found.revision, HEAD, "yes" if found.current else "no", len(found.drift))
    tables = [Table("schema", CONDITION, [row])]
    if found.drift:
        tables.append(Table("differences", DIFFERENCES, [(each,) for each in found.drift]))
    show(tables, settings.format)
