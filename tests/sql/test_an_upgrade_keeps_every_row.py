"""From each revision a store comes to the newest one with all that it held, and goes on."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from tests.sql.revisions import Rows, filled, rows_of
from tests.sql.stores import SERVERS

from distcore import engine
from distcore.kernel import SchemaError
from distcore.testing.builders import Shop, a_sale, day
from distcore_sql import HEAD, REVISIONS, Condition, SqlStore, condition_of, upgrade_store
from distcore_sql.engines import store_url


@pytest.fixture(params=["sqlite", *(pytest.param(each, marks=pytest.mark.wide) for each in SERVERS)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'mall.db'}"
        return
    with SERVERS[request.param](None) as (found, _):
        yield found


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
