"""`manage.py distcore_upgrade` makes the tables, says what they lack, and prints what makes them."""

from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connections, transaction
from sqlalchemy import MetaData

from distcore_sql import HEAD, REVISIONS, build_tables
from distcore_sql.django import join
from django_shop.tests.databases import BARE, default_is


@pytest.fixture(params=BARE)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The name of the vendor of the default database, which is empty."""
    with BARE[request.param](tmp_path) as settings, default_is(settings):
        yield request.param


def said(**options: Any) -> str:
    """Run the command and return what it prints."""
    out = StringIO()
    call_command("distcore_upgrade", stdout=out, **options)
    return out.getvalue()


def run(sql: str) -> None:
    """Do something by hand."""
    with connections["default"].cursor() as cursor:
        cursor.execute(sql)


def test_tables_are_made_once(database: str) -> None:
    with pytest.raises(CommandError, match="there are no tables named other_…") as missing:
        said(check=True, prefix="other_")
    assert missing.value.returncode == 1
    expected = f"The tables named other_… are at revision {HEAD}.\n"
    assert said(prefix="other_") == said(prefix="other_") == said(prefix="other_", check=True) == expected
    tables = build_tables(MetaData(), prefix="other_")
    with transaction.atomic():
        assert join("mall", tables=tables).members.revision() == 0


def test_what_was_changed_by_hand_is_named(database: str) -> None:
    said()
    run("DROP TABLE distcore_counts")
    with pytest.raises(CommandError, match="table distcore_counts is missing") as wrong:
        said(check=True)
    assert wrong.value.returncode == 1
    run("DELETE FROM distcore_alembic_version")
    with pytest.raises(CommandError, match="revision none, which is unknown"):
        said()


def test_an_older_revision_is_named(database: str) -> None:
    said()
    run(f"UPDATE distcore_alembic_version SET version_num = '{REVISIONS[0]}'")
    with pytest.raises(CommandError, match=f"the tables are at revision {REVISIONS[0]}, not {HEAD}"):
        said(check=True)


def test_an_upgrade_that_fails_leaves_nothing(database: str) -> None:
    run("CREATE TABLE distcore_sales (id INTEGER)")
    with pytest.raises(CommandError, match="have no version"):
        said()
    assert connections["default"].introspection.table_names() == ["distcore_sales"]


def test_a_schema_is_made_where_there_are_any(database: str) -> None:
    if database == "sqlite":
        with pytest.raises(CommandError, match="SQLite makes none"):
            said(schema="apart")
        return
    said(schema="apart")
    said(schema="apart", check=True)
    with transaction.atomic():
        tx = join("mall", tables=build_tables(MetaData(), schema="apart"))
        assert tx.members.revision() == 0


def test_plain_sql_is_printed_and_makes_the_same(database: str) -> None:
    sql = said(sql=True)
    with pytest.raises(CommandError, match="there are no tables"):
        said(check=True)
    if database == "sqlite":
        connections["default"].connection.executescript(sql)
    else:
        run(sql)
    said(check=True)
