"""The migrations as plain SQL make the very store that `upgrade` makes."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from distcore.kernel import InputError
from distcore_sql import REVISIONS, condition_of, migrations_sql, upgrade_store
from distcore_sql.dialects import SUPPORTED


def made(file: Path) -> list[tuple[str, str]]:
    """Return what made everything that a file of SQLite holds, apart from blanks."""
    with closing(sqlite3.connect(file)) as connection:
        rows = connection.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name")
        return [(name, " ".join(sql.split())) for name, sql in rows]


def run(file: Path, sql: str) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(sql)


@pytest.mark.parametrize("prefix", ["distcore_", "My Mall 5%:x "])
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
