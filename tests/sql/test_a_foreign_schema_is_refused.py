"""A store is opened only if its tables are those of this version."""

import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text
from tests import mariadb
from tests.postgresql import a_bare_database
from tests.sql.revisions import filled
from tests.sql.stores import new_store, url_in

from distcore.kernel import InputError, RetryableError, SchemaError
from distcore_sql import (
    HEAD,
    REVISIONS,
    SqlStore,
    check_schema,
    condition_of,
    drift,
    upgrade,
    upgrade_store,
)

BARE: Mapping[str, Callable[[Path], AbstractContextManager[str]]] = {
    "sqlite": lambda folder: nullcontext(url_in(folder)),
    "postgresql": lambda _: a_bare_database(),
    **({"mariadb": lambda _: mariadb.a_bare_database()} if mariadb.is_given() else {}),
}
"""Where the URL of a database without tables comes from."""


@pytest.fixture(params=BARE)
def bare(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with BARE[request.param](tmp_path) as bare:
        yield bare


@pytest.fixture
def made(bare: str) -> str:
    """The URL of tables that no other test will have."""
    upgrade_store(bare)
    return bare


def run(url: str, *statements: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def _write_revisions(url: str, revisions: list[str]) -> None:
    versions = "distcore_alembic_version"
    run(url, f"DELETE FROM {versions}", *[f"INSERT INTO {versions} VALUES ('{each}')" for each in revisions])


def test_a_missing_file_is_refused_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="there is no store at"):
        SqlStore.open(url_in(tmp_path), "mall")
    assert list(tmp_path.iterdir()) == []


def test_a_database_of_others_is_refused(bare: str) -> None:
    run(bare, "CREATE TABLE theirs (id INTEGER)")
    with pytest.raises(SchemaError, match="there are no tables named distcore_"):
        SqlStore.open(bare, "mall")


def test_tables_under_another_prefix_are_not_ours(made: str) -> None:
    with pytest.raises(SchemaError, match="there are no tables named other_"):
        SqlStore.open(made, "mall", prefix="other_")


def test_a_guest_where_no_tables_are_is_told_so(bare: str) -> None:
    """A guest does not ask for the revision in each transaction: the first statement tells."""
    engine = create_engine(bare)
    with engine.connect() as connection:
        with pytest.raises(SchemaError, match=r"distcore_.* \(upgrade the store, or") as raised:
            SqlStore.join(connection, "mall").members.revision()
        assert "SELECT" not in str(raised.value)
        connection.rollback()
    engine.dispose()


def test_what_is_left_of_an_earlier_store_is_in_the_way(made: str) -> None:
    """A server may mean another upgrade, so both are named; in MariaDB one was cut off, and goes on."""
    _write_revisions(made, ["distcore_0012"])
    if make_url(made).get_backend_name() == "mariadb":
        upgrade_store(made)
        return
    with pytest.raises((InputError, RetryableError), match="left of an earlier store"):
        upgrade_store(made)


@pytest.mark.parametrize("revisions", [["9999"], [HEAD, "9999"]])
def test_a_newer_or_unknown_revision_is_refused(made: str, revisions: list[str]) -> None:
    _write_revisions(made, revisions)
    for refused in (lambda: SqlStore.open(made, "mall"), lambda: upgrade_store(made)):
        with pytest.raises(SchemaError, match="which is unknown"):
            refused()


def test_a_version_that_is_lost_is_refused(made: str) -> None:
    """But in MariaDB, where a first upgrade that was cut off leaves the same: it goes on."""
    _write_revisions(made, [])
    if make_url(made).get_backend_name() == "mariadb":
        with pytest.raises(SchemaError, match="there are no tables named distcore_"):
            SqlStore.open(made, "mall")
        upgrade_store(made)
        SqlStore.open(made, "mall").close()
        return
    for refused in (lambda: SqlStore.open(made, "mall"), lambda: upgrade_store(made)):
        with pytest.raises(SchemaError, match="which is unknown"):
            refused()


def test_tables_without_a_version_are_refused(made: str) -> None:
    run(made, "DROP TABLE distcore_alembic_version")
    for refused in (lambda: SqlStore.open(made, "mall"), lambda: upgrade_store(made)):
        with pytest.raises(SchemaError, match="have no version"):
            refused()


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "shop.db").write_text("order_id,line_id\n" * 100)
    for refused in (lambda: SqlStore.open(url_in(tmp_path), "mall"), lambda: upgrade_store(url_in(tmp_path))):
        with pytest.raises(SchemaError, match="not a database"):
            refused()


@pytest.mark.parametrize("url", ["shop.db", "sqlite://", "sqlite:///:memory:", "mysql://shop", "a\ud800://"])
def test_another_kind_of_store_is_refused(url: str) -> None:
    with pytest.raises(InputError):
        SqlStore.open(url, "mall")
    with pytest.raises(InputError):
        upgrade_store(url)


def test_a_file_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the file can't be made"):
        upgrade_store(f"sqlite:///{tmp_path}/nowhere/shop.db")
    with pytest.raises(InputError, match="unable to open"):
        SqlStore.open(f"sqlite:///{tmp_path}", "mall")


def test_a_prefix_that_is_refused_makes_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="prefix"):
        upgrade_store(url_in(tmp_path), prefix="mall.")
    assert not (tmp_path / "shop.db").exists()


def test_a_shop_needs_a_name(tmp_path: Path) -> None:
    upgrade_store(url_in(tmp_path))
    with pytest.raises(InputError, match="shop"):
        SqlStore.open(url_in(tmp_path), "")


def test_a_new_file_is_for_its_owner_only(tmp_path: Path) -> None:
    upgrade_store(url_in(tmp_path))
    assert (tmp_path / "shop.db").stat().st_mode & 0o077 == 0


def test_upgrading_again_changes_nothing(tmp_path: Path) -> None:
    new_store(tmp_path).close()
    before = (tmp_path / "shop.db").read_bytes()
    upgrade_store(url_in(tmp_path))
    assert (tmp_path / "shop.db").read_bytes() == before


def test_opening_a_store_does_not_load_the_migrations(tmp_path: Path) -> None:
    upgrade_store(url_in(tmp_path))
    code = (
        "import sys; from distcore_sql import SqlStore; "
        f"SqlStore.open({url_in(tmp_path)!r}, 'mall').close(); print('alembic' in sys.modules)"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "False\n"


def test_an_upgrade_ends_with_the_transaction_of_the_host(tmp_path: Path) -> None:
    engine = create_engine(url_in(tmp_path))
    with engine.connect() as connection:
        upgrade(connection, prefix="mall_")
        check_schema(connection, prefix="mall_")
        connection.rollback()
        with pytest.raises(SchemaError):
            check_schema(connection, prefix="mall_")
    with engine.begin() as connection:
        upgrade(connection, prefix="mall_")
    with engine.connect() as connection:
        check_schema(connection, prefix="mall_")
    engine.dispose()


@pytest.mark.parametrize("prefix", ["other_", "distcore_"])
def test_an_upgrade_that_would_commit_each_statement_is_refused(made: str, prefix: str) -> None:
    """MariaDB does so, whoever asks; in SQLite an upgrade begins by itself."""
    engine = create_engine(made)
    at_once = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    refused = engine.dialect.name == "postgresql"
    expected = pytest.raises(InputError, match="connection: commits each statement by itself")
    with at_once as connection, expected if refused else nullcontext():
        upgrade(connection, prefix=prefix)
    engine.dispose()


def test_tables_are_not_made_apart_from_those_that_a_search_path_finds() -> None:
    with a_bare_database() as postgresql:
        engine = create_engine(postgresql)
        with engine.begin() as connection:
            filled(connection, REVISIONS[-2], defaultdict(list))
            connection.exec_driver_sql("CREATE SCHEMA app")
            connection.exec_driver_sql("SET search_path = app, public")
            with pytest.raises(SchemaError, match=r"would be made in 'app', .* \(name the schema\)"):
                upgrade(connection)
            upgrade(connection, schema="public")
            assert drift(connection, schema="public") == ()
        engine.dispose()


def test_a_schema_that_sqlite_has_not_is_refused(tmp_path: Path) -> None:
    new_store(tmp_path).close()
    for refused in (
        lambda: SqlStore.open(url_in(tmp_path), "mall", schema="foo"),
        lambda: upgrade_store(url_in(tmp_path), schema="foo"),
        lambda: condition_of(url_in(tmp_path), schema="foo"),
    ):
        with pytest.raises(SchemaError, match="there is no schema 'foo', and SQLite makes none"):
            refused()
