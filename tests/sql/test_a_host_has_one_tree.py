"""A host whose tables and ours are of one tree of migrations: ours are a branch of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect
from tests.sql.stores import SERVERS, url_in

from distcore.engine import accrue
from distcore.kernel import SchemaError
from distcore.testing.builders import LATER, Shop, a_chain, a_sale
from distcore_sql import HEAD, REVISIONS, SqlStore, condition_of, upgrade_store

PREFIX = "dc_"

ENV = """
from alembic import context
from sqlalchemy import Column, Integer, MetaData, Table, create_engine

from distcore_sql import build_tables

prefix = context.config.get_main_option("prefix")
metadata = MetaData()
Table("orders", metadata, Column("id", Integer, primary_key=True))
build_tables(metadata, prefix=prefix)
engine = create_engine(context.config.get_main_option("sqlalchemy.url"))
try:
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=metadata, distcore_prefix=prefix)
        with context.begin_transaction():
            context.run_migrations()
finally:
    engine.dispose()
"""

REVISION = """
import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = ("shop",)
depends_on = None


def upgrade():
    op.create_table("orders", sa.Column("id", sa.Integer(), primary_key=True))


def downgrade():
    op.drop_table("orders")
"""
"""The first one of the host, named as many are."""


@pytest.fixture(params=["sqlite", *(pytest.param(each, marks=pytest.mark.wide) for each in SERVERS)])
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Config]:
    """The tree of a host, and a database in which nothing is yet."""
    (tmp_path / "versions").mkdir()
    (tmp_path / "env.py").write_text(ENV)
    (tmp_path / "versions" / "first.py").write_text(REVISION)
    config = Config()
    config.set_main_option("script_location", str(tmp_path))
    config.set_main_option("prefix", PREFIX)
    config.set_main_option("path_separator", "newline")
    places = f"{tmp_path / 'versions'}\ndistcore_sql:migrations/versions"
    config.set_main_option("version_locations", places)
    if request.param == "sqlite":
        config.set_main_option("sqlalchemy.url", url_in(tmp_path))
        yield config
        return
    with SERVERS[request.param](None) as (url, _):
        config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
        yield config


def url_of(host: Config) -> str:
    url = host.get_main_option("sqlalchemy.url")
    assert url is not None
    return url


def test_both_are_upgraded_together(host: Config) -> None:
    command.upgrade(host, "heads")
    engine = create_engine(url_of(host))
    assert inspect(engine).has_table("orders")
    assert not inspect(engine).has_table(f"{PREFIX}alembic_version")
    engine.dispose()
    assert condition_of(url_of(host), prefix=PREFIX).current
    assert condition_of(url_of(host), prefix=PREFIX).drift == ()
    with SqlStore.open(url_of(host), "mall", prefix=PREFIX) as store:
        shop = Shop.open(store, newcomers=a_chain("ann", "ben", "cai"))
        shop.do(accrue, a_sale(), at=LATER)
        shop.assert_sound()
    command.check(host)  # nothing of ours is to be removed, nothing to be added


def test_ours_can_go_ahead_alone(host: Config) -> None:
    command.upgrade(host, f"distcore@{REVISIONS[2]}")
    with pytest.raises(SchemaError, match=f"at revision {REVISIONS[2]}, not {HEAD}"):
        SqlStore.open(url_of(host), "mall", prefix=PREFIX)
    with pytest.raises(SchemaError, match=r"the host's own tree \(alembic upgrade distcore@head\)"):
        upgrade_store(url_of(host), prefix=PREFIX)
    command.upgrade(host, "distcore@head")
    upgrade_store(url_of(host), prefix=PREFIX)
    assert condition_of(url_of(host), prefix=PREFIX).current
    engine = create_engine(url_of(host))
    assert not inspect(engine).has_table("orders")
    engine.dispose()


def test_facts_are_not_unmade(host: Config) -> None:
    command.upgrade(host, "heads")
    with pytest.raises(SchemaError, match="hold facts"):
        command.downgrade(host, "distcore@base")
    command.downgrade(host, "shop@base")
    assert condition_of(url_of(host), prefix=PREFIX).current


def test_ours_may_have_no_prefix(host: Config) -> None:
    """The table of versions of the host is then named as ours would be."""
    host.set_main_option("prefix", "")
    command.upgrade(host, "shop@head")
    with pytest.raises(SchemaError, match="there are no tables"):
        SqlStore.open(url_of(host), "mall", prefix="")
    with pytest.raises(SchemaError, match="alembic_version is of the host's own tree"):
        upgrade_store(url_of(host), prefix="")
    command.upgrade(host, f"distcore@{REVISIONS[2]}")
    with pytest.raises(SchemaError, match=f"at revision {REVISIONS[2]}, not {HEAD}"):
        SqlStore.open(url_of(host), "mall", prefix="")
    with pytest.raises(SchemaError, match=r"own tree \(alembic upgrade distcore@head, or use a prefix\)"):
        upgrade_store(url_of(host), prefix="")
    command.upgrade(host, "heads")
    upgrade_store(url_of(host), prefix="")
    SqlStore.open(url_of(host), "mall", prefix="").close()
    assert condition_of(url_of(host), prefix="").drift == ()


def test_a_store_of_its_own_may_have_no_prefix(tmp_path: Path) -> None:
    for _ in range(2):
        upgrade_store(url_in(tmp_path), prefix="")
    SqlStore.open(url_in(tmp_path), "mall", prefix="").close()
    assert condition_of(url_in(tmp_path), prefix="").current


def test_our_names_are_nobody_elses(host: Config) -> None:
    script = ScriptDirectory.from_config(host)
    ours = {each.revision for each in script.walk_revisions() if "distcore" in each.branch_labels}
    assert ours == set(REVISIONS)
    assert all(each.startswith("distcore_") for each in REVISIONS)
