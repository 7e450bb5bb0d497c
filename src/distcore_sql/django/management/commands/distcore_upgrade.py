"""``manage.py distcore_upgrade``: bring the tables to this version, or say what they lack.

It is no migration of Django: each version of the library brings its own ones, for every database.
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DEFAULT_DB_ALIAS, transaction

from distcore.kernel import DistcoreError
from distcore_sql.django.guests import connection_of, dialect_of
from distcore_sql.drift import drift
from distcore_sql.schema import HEAD, migrations_sql, revision_of, upgrade
from distcore_sql.tables import PREFIX


class Command(BaseCommand):
    """Make the tables of distcore, or bring them to this version, in one transaction."""

    help = "Makes the tables of distcore, or brings them to this version, in one transaction."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take where the tables are, and what to do instead of an upgrade."""
        parser.add_argument("--database", default=DEFAULT_DB_ALIAS, help="alias of the database")
        parser.add_argument("--prefix", default=PREFIX, help=f"how each name begins (default: {PREFIX})")
        parser.add_argument("--schema", help="where the tables are, if not where all others are")
        instead = parser.add_mutually_exclusive_group()
        instead.add_argument("--check", action="store_true", help="change nothing; fail if anything differs")
        instead.add_argument("--sql", action="store_true", help="change nothing; print what makes them all")

    def handle(self, *, database: str, prefix: str, schema: str | None, **options: Any) -> None:
        """Do it; whatever is refused is the message of a `CommandError`, which ends with status 1."""
        place: Any = {"prefix": prefix, "schema": schema}
        try:
            if options["sql"]:
                self.stdout.write(migrations_sql(dialect_of(database), **place))
                return
            with transaction.atomic(using=database):
                if options["check"]:
                    self._check(database, **place)
                else:
                    upgrade(connection_of(database), **place)
        except DistcoreError as error:
            raise CommandError(str(error)) from error
        if options["verbosity"]:
            self.stdout.write(f"The tables named {prefix}… are at revision {HEAD}.")

    def _check(self, database: str, *, prefix: str, schema: str | None) -> None:
        """Fail, naming each thing that is not as the migrations of this version make it."""
        found = revision_of(connection_of(database), prefix, schema)
        if found is None:
            raise CommandError(f"there are no tables named {prefix}…")
        if found != HEAD:
            raise CommandError(f"the tables are at revision {found}, not {HEAD}")
        wrong = drift(connection_of(database), prefix=prefix, schema=schema)
        if wrong:
            raise CommandError("\n".join(wrong))
