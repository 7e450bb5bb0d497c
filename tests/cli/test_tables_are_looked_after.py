"""`db`: make the tables, say what became of them, and write down how they are made."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from tests.cli.shop import Shop, opened

from distcore_sql import HEAD, REVISIONS, migrations_sql

CURRENT = {"revision": HEAD, "newest": HEAD, "current": "yes", "differences": 0}


def change(shop: Shop, statement: str) -> None:
    """Change the tables by hand."""
    with closing(sqlite3.connect(shop.database)) as connection:
        connection.executescript(statement)


def test_upgrade_makes_the_tables_and_does_no_harm_again(tmp_path: Path) -> None:
    shop = Shop(tmp_path)

    first = shop.ask("db", "upgrade")
    again = shop.ask("db", "upgrade")

    assert first == again == shop.ask("db", "check") == [CURRENT]
    assert shop.database.stat().st_mode & 0o077 == 0


def test_a_store_of_an_older_revision_is_upgraded(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    first, _, _ = migrations_sql("sqlite").partition(f"-- Running upgrade {REVISIONS[0]} ->")
    change(shop, first + "COMMIT;")

    older = shop.run("--format", "json", "db", "check")
    dry = shop.run("--dry-run", "db", "upgrade")
    done = shop.ask("db", "upgrade")

    assert (older.exit_code, '"revision": "distcore_0001"' in older.stdout) == (1, True)
    assert dry.stderr.splitlines()[0] == f"dry run: it would be upgraded from {REVISIONS[0]} to {HEAD}"
    assert done == [CURRENT]


def test_a_dry_run_makes_none(tmp_path: Path) -> None:
    shop = Shop(tmp_path)

    dry = shop.run("--dry-run", "db", "upgrade")

    assert (dry.exit_code, list(tmp_path.iterdir())) == (0, [])
    assert dry.stderr.splitlines()[0] == f"dry run: it would be upgraded from nothing to {HEAD}"


def test_what_somebody_changed_is_named_and_the_exit_code_is_3(tmp_path: Path) -> None:
    shop = opened(tmp_path)
    change(shop, "DROP TRIGGER distcore_sales_no_update; DROP INDEX ix_distcore_payouts_payee;")

    found = shop.run("--format", "json", "db", "check")

    assert (found.exit_code, shop.run("db", "upgrade").exit_code) == (3, 3)
    assert '"difference": "index ix_distcore_payouts_payee is missing"' in found.stdout
    assert '"difference": "trigger distcore_sales_no_update is missing"' in found.stdout
    said = "2 differences: somebody changed the tables, or not all could be read"
    assert found.stderr == f"{said} (what is missing is made by its statement in `distcore db sql`)\n"


def test_tables_of_a_host_have_a_prefix_of_their_own(tmp_path: Path) -> None:
    shop = Shop(tmp_path)

    assert shop.ask("--prefix", "mall_", "db", "upgrade") == [CURRENT]
    assert shop.ask("--prefix", "mall_", "db", "check") == [CURRENT]
    assert shop.run("db", "check").exit_code == 1


def test_every_command_works_in_the_tables_that_are_named(tmp_path: Path) -> None:
    """By an option, or by what is set for all that is run."""
    shop = Shop(tmp_path)
    shop.do("--prefix", "mall_", "init")

    assert shop.run("verify").exit_code == 1
    assert shop.run("--prefix", "mall_", "verify").exit_code == 0
    assert shop.run("--prefix", "mall_", "--schema", "main", "verify").exit_code == 0
    assert "there is no schema" in shop.run("--prefix", "mall_", "--schema", "other", "verify").stderr


def test_plain_sql_is_that_of_the_store(tmp_path: Path) -> None:
    shop = Shop(tmp_path)

    assert "WITHOUT ROWID" in shop.do("db", "sql")
    assert "LANGUAGE plpgsql" in shop.do("--store", "postgresql://shop@nowhere/mall", "db", "sql")


def test_where_there_is_no_store_nothing_is_checked(tmp_path: Path) -> None:
    refused = Shop(tmp_path).run("db", "check")

    assert refused.exit_code == 1
    assert "there is no store" in refused.stderr
    assert list(tmp_path.iterdir()) == []


def test_plain_sql_makes_the_same_store(tmp_path: Path) -> None:
    shop = Shop(tmp_path)

    change(shop, shop.do("db", "sql"))

    assert shop.ask("db", "check") == [CURRENT]
    assert shop.do("db", "sql", "--since", HEAD).count("CREATE TABLE") == 0


def test_plain_sql_speaks_the_dialect_of_each_database(tmp_path: Path) -> None:
    written = Shop(tmp_path).do(
        "--prefix", "mall_", "--schema", "shop", "db", "sql", "--dialect", "postgresql"
    )

    assert written.startswith("CREATE SCHEMA IF NOT EXISTS shop;\n\nBEGIN;\n")
    assert "CREATE TABLE shop.mall_transfers" in written
    assert written.rstrip().endswith("COMMIT;")


@pytest.mark.parametrize("arguments", [("--dialect", "oracle"), ("--since", "0000")])
def test_what_can_not_be_written_is_a_mistake_of_usage(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    assert Shop(tmp_path).run("db", "sql", *arguments).exit_code == 2
    assert Shop(tmp_path).run("--prefix", "p\n", "db", "sql").exit_code == 2


def test_a_prefix_that_is_too_long_is_refused(tmp_path: Path) -> None:
    refused = Shop(tmp_path).run("--prefix", "p" * 25, "db", "sql")

    assert (refused.exit_code, "at most 24" in refused.stderr) == (1, True)
