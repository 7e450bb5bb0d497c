"""The migrations as plain SQL make the very store that `upgrade` makes."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url
from tests.postgresql import connected
from tests.sql.catalogue import kept_tables, kept_triggers
from tests.sql.stores import ODD, SERVERS, WEIRD

from distcore.kernel import InputError
from distcore_sql import HEAD, REVISIONS, Condition, condition_of, migrations_sql, upgrade_store
from distcore_sql.dialects import SUPPORTED


def made(file: Path) -> list[tuple[str, str]]:
    """Return what made everything that a file of SQLite holds, apart from blanks."""
    with closing(sqlite3.connect(file)) as connection:
        rows = connection.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name")
        return [(name, " ".join(sql.split())) for name, sql in rows]


def run(file: Path, sql: str) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(sql)


@pytest.mark.parametrize("prefix", ["distcore_", "Mall5店_"])
def test_by_hand_it_is_the_same_store(tmp_path: Path, prefix: str) -> None:
    ours, theirs = tmp_path / "ours.db", tmp_path / "theirs.db"
    upgrade_store(f"sqlite:///{ours}", prefix=prefix)

    run(theirs, migrations_sql("sqlite", prefix=prefix))

    assert made(theirs) == made(ours)
    assert condition_of(f"sqlite:///{theirs}", prefix=prefix) == condition_of(
        f"sqlite:///{ours}", prefix=prefix
    )


def test_revision_by_revision_it_is_the_same_store(tmp_path: Path) -> None:
    at_once, one_by_one = tmp_path / "at once.db", tmp_path / "one by one.db"
    everything = migrations_sql("sqlite")
    run(at_once, everything)
    first, _, _ = everything.partition(f"-- Running upgrade {REVISIONS[0]} -> {REVISIONS[1]}")

    run(one_by_one, first + "COMMIT;")
    assert condition_of(f"sqlite:///{one_by_one}").revision == REVISIONS[0]
    run(one_by_one, migrations_sql("sqlite", since=REVISIONS[0]))

    assert made(one_by_one) == made(at_once)


@pytest.mark.wide
@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize(("prefix", "named"), [("distcore_", None), (ODD, f"Any {WEIRD}`")])
def test_by_hand_a_server_gets_the_same_store(server: str, prefix: str, named: str | None) -> None:
    """The same tables and triggers, by what the client of the server makes of the text."""
    kept = []
    for by_hand in (False, True):
        with SERVERS[server](named) as (url, schema):
            at: Any = {"prefix": prefix, "schema": schema}
            if by_hand:
                RUN[server](url, migrations_sql(server, **at))
            else:
                upgrade_store(url, **at)
            assert condition_of(url, **at) == Condition(HEAD)
            engine = create_engine(url)
            with engine.connect() as connection:
                # Where a schema is another database, what is within it names it.
                triggers = {
                    tuple(part.replace((schema or "?").replace("`", "``"), "…") for part in each)
                    for each in kept_triggers(connection, schema)
                }
                kept.append((kept_tables(connection, schema), triggers))
            engine.dispose()
    assert kept[0] == kept[1]
    assert len(kept[0][1]) > 20


def run_in_postgresql(url: str, sql: str) -> None:
    with connected(url) as connection:
        connection.execute(sql)


def run_in_mariadb(url: str, sql: str) -> None:
    """Read as its client does: a statement ends by the sign that is agreed on, at the end of a line."""
    import pymysql

    at = make_url(url)
    connection = pymysql.connect(
        host=at.host, port=at.port or 3306, user=at.username, password=at.password or "", database=at.database
    )
    with closing(connection), connection.cursor() as cursor:
        sign, statement = ";", ""
        for line in sql.splitlines():
            if line.startswith("DELIMITER "):
                sign = line.removeprefix("DELIMITER ")
                continue
            statement += f"{line}\n"
            if line.endswith(sign):
                cursor.execute(statement.strip().removesuffix(sign))
                statement = ""


RUN = {"postgresql": run_in_postgresql, "mariadb": run_in_mariadb}


@pytest.mark.parametrize("dialect", SUPPORTED)
def test_it_is_one_transaction_in_the_words_of_each_database(dialect: str) -> None:
    """But MariaDB commits each table: there it goes on where it was cut off."""
    written = migrations_sql(dialect, prefix="mall_", schema="shop")

    assert written.count("BEGIN;\n\nCREATE TABLE") == 1
    assert written.rstrip().endswith("COMMIT;")
    assert "mall_alembic_version" in written
    assert ("CREATE SCHEMA IF NOT EXISTS shop;" in written) == (dialect != "sqlite")
    maybe = "IF NOT EXISTS " if dialect == "mariadb" else ""
    assert f"CREATE TABLE {maybe}shop.mall_transfers" in written
    assert ("plpgsql" in written) == (dialect == "postgresql")


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"dialect": "oracle"}, "dialect: no such kind of store: 'oracle'"),
        ({"since": "0000"}, "since: no such revision: '0000'"),
        ({"prefix": "p" * 25}, "at most 24"),
    ],
)
def test_what_can_not_be_written_is_refused(wrong: dict[str, str], says: str) -> None:
    with pytest.raises(InputError, match=says):
        migrations_sql(**{"dialect": "sqlite"} | wrong)
