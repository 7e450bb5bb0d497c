"""`distcore db`: the tables of a store, apart from what is in them."""

from typing import Final

import click

from distcore.kernel import SchemaError
from distcore_cli import options
from distcore_cli.failures import REFUSED, UNSOUND
from distcore_cli.render import Table, columns, say, show
from distcore_cli.settings import Settings
from distcore_cli.tally import say_dry_run
from distcore_sql import (
    HEAD,
    REVISIONS,
    Condition,
    condition_of,
    migrations_sql,
    upgrade_store,
)
from distcore_sql.engines import store_url

DIALECTS: Final = ("sqlite", "postgresql", "mariadb")

CONDITION = columns("revision newest current differences", "differences")
DIFFERENCES = columns("difference")


@click.group(cls=options.InOrder)
def db() -> None:
    """Upgrade, check and write down the tables of a store."""


@db.command()
@click.pass_context
def upgrade(context: click.Context) -> None:
    """Make the tables, or bring them to the revision of this version.

    All or nothing; MariaDB, which commits each table, goes on where it was cut off.  The exit code is 3 where
    something differs from what it should be by now.
    """
    settings: Settings = context.obj
    if not settings.dry_run:
        upgrade_store(settings.store, **settings.place)
    try:
        found = condition_of(settings.store, **settings.place)
    except SchemaError as error:
        if not settings.dry_run or error.hint != "make one first":
            raise
        found = Condition(None)
    if settings.dry_run and not found.current:
        say(f"dry run: it would be upgraded from {found.revision or 'nothing'} to {HEAD}")
    _show(settings, found)
    say_dry_run(settings)
    _end_by_drift(context, found)


@db.command()
@click.pass_context
def check(context: click.Context) -> None:
    """Say at which revision the tables are, and what somebody changed of them by hand.

    The exit code is 1 for another revision than that of this version, and 3 where something differs.
    """
    settings: Settings = context.obj
    found = condition_of(settings.store, **settings.place)
    _show(settings, found)
    if not found.current:
        say(
            "there are no tables here (is the prefix right? if so, distcore db upgrade)"
            if found.revision is None
            else "the tables are of another revision (distcore db upgrade)"
        )
        context.exit(REFUSED)
    _end_by_drift(context, found)


def _end_by_drift(context: click.Context, found: Condition) -> None:
    if found.drift:
        hint = "what is missing is made by its statement in `distcore db sql`"
        say(f"{len(found.drift)} differences: somebody changed the tables, or not all could be read ({hint})")
        context.exit(UNSOUND)


@db.command()
@click.option(
    "--dialect",
    type=click.Choice(DIALECTS),
    help="Of which database.  [default: that of the store]",
)
@click.option(
    "--since", type=click.Choice(REVISIONS), help="Only what comes after this revision.  [default: all]"
)
@click.pass_obj
def sql(settings: Settings, dialect: str | None, since: str | None) -> None:
    """Print the migrations as plain SQL, for whoever runs them by hand.

    One transaction, where the database has one for tables, with the rows of the version table; needs no
    store, and is SQL whatever --format says.
    """
    spoken = dialect or store_url(settings.store).get_backend_name()
    click.echo(migrations_sql(spoken, since=since, **settings.place), nl=False)


def _show(settings: Settings, found: Condition) -> None:
    row = (found.revision, HEAD, "yes" if found.current else "no", len(found.drift))
    tables = [Table("schema", CONDITION, [row])]
    if found.drift:
        tables.append(Table("differences", DIFFERENCES, [(each,) for each in found.drift]))
    show(tables, settings.format)
