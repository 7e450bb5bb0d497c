"""PostgreSQL knows that a shop has more than a row as soon as some hundred of them were copied."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress

import pytest
from psycopg.sql import SQL, Identifier, Literal
from sqlalchemy import create_engine, make_url
from sqlalchemy.ext.asyncio import create_async_engine
from tests.postgresql import a_bare_database, a_role, as_role, connected
from tests.sql.stores import ODD, WEIRD

from distcore.kernel import MemberId, ShopId
from distcore.referral import Member
from distcore.testing.builders import DAY_1
from distcore_sql import SqlStore, copying, upgrade_store
from distcore_sql.copying import LOOK_AT, looks_after
from distcore_sql.tables import own_tables

pytestmark = pytest.mark.wide

NAME = ShopId("100 % 'neu': \\ 店")
"""A shop that no text of a statement could hold as it is."""

MEMBERS = Identifier(WEIRD, f"{ODD}members")


@pytest.fixture
def database() -> Iterator[str]:
    """A database whose planner knows twenty other shops; the tables have a name that must be quoted."""
    with a_bare_database() as url:
        upgrade_store(url, prefix=ODD, schema=WEIRD)
        engine = create_engine(url)
        for number in range(20):
            _add(SqlStore(engine, ShopId(f"shop {number}"), own_tables(ODD, WEIRD)), members(0, 60))
        engine.dispose()
        with connected(url) as admin:
            admin.execute("ANALYZE")
        yield url


def members(first: int, after: int) -> list[Member]:
    return [Member(MemberId(f"m{number:06}"), DAY_1, DAY_1) for number in range(first, after)]


def _opened(url: str, shop: ShopId = NAME) -> SqlStore:
    return SqlStore.open(url, shop, prefix=ODD, schema=WEIRD)


def _add(store: SqlStore, newcomers: list[Member]) -> None:
    with store.begin() as tx:
        tx.members.add(newcomers)


def _expected(url: str, shop: ShopId = NAME) -> int:
    """Return of how many members the planner thinks when it is asked for those of a shop."""
    with connected(url) as connection:
        asked = SQL("EXPLAIN (FORMAT JSON) SELECT FROM {} WHERE shop = {}").format(MEMBERS, Literal(shop))
        rows: int = connection.execute(asked).fetchone()[0][0]["Plan"]["Plan Rows"]
        return rows


def test_a_shop_is_known_after_so_many_rows(database: str) -> None:
    with _opened(database) as store:
        _add(store, members(0, LOOK_AT - 1))
        assert _expected(database) == 1
        _add(store, members(LOOK_AT - 1, LOOK_AT + 100))
    assert _expected(database) >= LOOK_AT // 2


def test_whoever_comes_by_an_async_driver_is_known_too(database: str) -> None:
    engine = create_async_engine(make_url(database).set(drivername="postgresql+asyncpg"))
    tables = own_tables(ODD, WEIRD)

    async def add() -> None:
        async with engine.begin() as connection:
            tx = await connection.run_sync(SqlStore.join, NAME, tables)
            await connection.run_sync(lambda _: tx.members.add(members(0, LOOK_AT)))
        await engine.dispose()

    asyncio.run(add())
    assert _expected(database) == LOOK_AT


def test_a_look_that_was_lost_is_taken_again_at_ten_times_as_many(database: str) -> None:
    with _opened(database) as store:
        with suppress(ZeroDivisionError), store.begin() as tx:
            tx.members.add(members(0, LOOK_AT))
            raise ZeroDivisionError
        _add(store, members(0, 8 * LOOK_AT))
        assert _expected(database) < 10
        _add(store, members(8 * LOOK_AT, 9 * LOOK_AT))
    assert _expected(database) >= 8 * LOOK_AT


def test_nobody_waits_for_another_who_looks(database: str) -> None:
    with connected(database) as other, _opened(database) as store:
        with other.transaction():
            other.execute(SQL("LOCK TABLE {} IN SHARE UPDATE EXCLUSIVE MODE").format(MEMBERS))
            _add(store, members(0, LOOK_AT))
        assert _expected(database) < 10


@pytest.fixture
def role(database: str) -> Iterator[str]:
    """A role that works in the tables of somebody else."""
    with a_role(database) as role, connected(database) as admin:
        for rights in ("USAGE ON SCHEMA", "SELECT, INSERT ON ALL TABLES IN SCHEMA"):
            admin.execute(SQL(f"GRANT {rights} {{}} TO {role}").format(Identifier(WEIRD)))
        yield role


def test_whoever_does_not_own_the_tables_only_asks(database: str, role: str) -> None:
    with _opened(as_role(database, role)) as store:
        _add(store, members(0, LOOK_AT))
    assert _expected(database) < 10


def test_whoever_may_maintain_the_tables_need_not_own_them(database: str, role: str) -> None:
    with connected(database) as admin:
        if admin.info.server_version < 170_000:
            pytest.skip("PostgreSQL 17 was the first to know this right")
        admin.execute(SQL(f"GRANT MAINTAIN ON {{}} TO {role}").format(MEMBERS))
    with _opened(as_role(database, role)) as store:
        _add(store, members(0, LOOK_AT))
    assert _expected(database) == LOOK_AT


def test_so_many_shops_are_counted_and_no_more(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = create_engine(database)
    table = own_tables().members

    def look(shop: str) -> list[tuple[int, int]]:
        with engine.connect() as connection:
            return list(looks_after(connection, table, shop, LOOK_AT // 2))

    assert [look(shop) for shop in "abab"] == [[], [], [(250, 500)], [(250, 500)]]
    monkeypatch.setattr(copying, "COUNTED_MAX", 1)
    assert [look(shop) for shop in "cdcd"] == [[]] * 4
    engine.dispose()
