"""From each revision a store comes to the newest one with all that it held, and goes on."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, inspect, select
from tests.sql.stores import SERVERS

from distcore import engine
from distcore.kernel import SchemaError
from distcore.testing.builders import Shop, a_sale, day
from distcore.testing.story import tell
from distcore_sql import HEAD, REVISIONS, Condition, SqlStore, condition_of, upgrade_store
from distcore_sql.engines import store_url
from distcore_sql.tables import PREFIX, own_tables

Rows = dict[str, list[dict[str, Any]]]

ORDERED = own_tables().all()
"""Our tables, those first that others refer to."""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """All rows of a store in which everything has happened, by table, those first that others refer to."""
    url = f"sqlite:///{tmp_path_factory.mktemp('told') / 'mall.db'}"
    upgrade_store(url)
    with SqlStore.open(url, "mall") as store:
        tell(Shop(store), 100)
    source = create_engine(url)
    with source.connect() as connection:
        found = rows_of(connection)
    source.dispose()
    return found


def rows_of(connection: Connection) -> Rows:
    there = set(inspect(connection).get_table_names())
    tables = [each for each in ORDERED if each.name in there]
    return {each.name: [dict(row._mapping) for row in connection.execute(select(each))] for each in tables}


@pytest.fixture(params=["sqlite", *(pytest.param(each, marks=pytest.mark.wide) for each in SERVERS)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'mall.db'}"
        return
    with SERVERS[request.param](None) as (found, _):
        yield found


def sponsors_first(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    placed: dict[str | None, dict[str, Any]] = {}
    while len(placed) < len(rows):
        for row in rows:
            if row["sponsor"] is None or row["sponsor"] in placed:
                placed[row["member"]] = row
    return list(placed.values())


def filled(connection: Connection, revision: str, told: Rows) -> Rows:
    """Make the tables of a revision, and put into them what was told; return what they hold."""
    config = Config()
    config.set_main_option("script_location", "distcore_sql:migrations")
    config.attributes.update(connection=connection, prefix=PREFIX, schema=None)
    command.upgrade(config, revision)
    there = set(inspect(connection).get_table_names())
    for table in ORDERED:
        rows = told[table.name]
        if table.name.endswith("members"):
            rows = sponsors_first(rows)
        if table.name in there and rows:
            connection.execute(table.insert(), rows)
    return {name: told[name] for name in told if name in there}


@pytest.mark.parametrize("revision", REVISIONS[:-1])
def test_every_row_is_kept_and_the_shop_goes_on(url: str, told: Rows, revision: str) -> None:
    host = create_engine(store_url(url))
    with host.begin() as connection:
        before = filled(connection, revision, told)
    assert condition_of(url).revision == revision
    with pytest.raises(SchemaError, match=f"at revision {revision}, not {HEAD}"):
        SqlStore.open(url, "mall")

    upgrade_store(url)

    assert condition_of(url) == Condition(HEAD)
    with host.connect() as connection:
        after = rows_of(connection)
    host.dispose()
    assert sum(map(len, before.values())) > 300
    for name, rows in before.items():
        assert sorted(map(repr, after[name])) == sorted(map(repr, rows)), name
    with SqlStore.open(url, "mall") as store:
        shop = Shop(store)
        posting = shop.do(engine.accrue, a_sale("after", "ben", paid_at=day(2)), at=day(97))
        assert posting.accruals
