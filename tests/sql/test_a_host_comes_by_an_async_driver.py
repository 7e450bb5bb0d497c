"""A host whose driver is async keeps its transaction as any other does: we work in its `run_sync`."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, make_url, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import Session
from tests.sql.stores import DATABASES, TABLES_OF_A_HOST, for_a_host
from tests.sql.test_contract import HostStore, OfHost

from distcore.engine import accrue, join_all, set_plan, set_policy
from distcore.kernel import InputError, MemberId, RetryableError
from distcore.referral import Member
from distcore.testing.builders import DAY_1, LATER, StoreOf, a_chain, a_plan, a_policy, a_sale
from distcore.testing.contracts import (
    CountsContract,
    OutboxContract,
    TransactionContract,
    TransfersContract,
)
from distcore.testing.money import a_balance
from distcore_sql import SqlStore, SqlTransaction, check_schema, drift, upgrade

DRIVERS = [
    name
    for name in ("sqlite+aiosqlite", "postgresql+psycopg", "postgresql+asyncpg", "mariadb+aiomysql")
    if name.partition("+")[0] in DATABASES
]
CALL: dict[str, Any] = {"at": LATER, "actor": "host"}
NEWCOMERS = [Member(MemberId(f"canary {number}"), DAY_1, LATER) for number in range(50)]


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


def hosted(runner: asyncio.Runner, driver: str, folder: Path, **options: Any) -> Iterator[AsyncEngine]:
    """Yield an engine of a host, whose connections belong to a loop."""
    with for_a_host(driver.partition("+")[0], folder) as url:
        engine = create_async_engine(make_url(url).set(drivername=driver), **options)
        yield engine
        runner.run(engine.dispose())


class OfAsyncHost:
    """Each test is what a session runs by `run_sync`."""

    driver: str
    level: str | None = None

    @pytest.fixture
    def host(self, runner: asyncio.Runner, tmp_path: Path) -> Iterator[AsyncEngine]:
        options = {} if self.level is None else {"isolation_level": self.level}
        yield from hosted(runner, self.driver, tmp_path, **options)

    @pytest.fixture
    def store_of(self, runner: asyncio.Runner, host: AsyncEngine) -> StoreOf:
        async def prepare() -> None:
            async with host.begin() as connection:
                await connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS orders (id INTEGER)")

        runner.run(prepare())
        return lambda shop: HostStore(host.sync_engine, shop, TABLES_OF_A_HOST)

    @pytest.fixture(autouse=True)
    def _in_run_sync(self, request: pytest.FixtureRequest, runner: asyncio.Runner, host: AsyncEngine) -> None:
        test = request.node.obj

        async def run(given: dict[str, Any]) -> None:
            async with AsyncSession(host) as session:
                await session.run_sync(lambda _: test(**given))

        request.node.obj = lambda **given: runner.run(run(given))


@pytest.mark.wide
class OfPart(
    OfAsyncHost,
    CountsContract,
    OutboxContract,
    TransactionContract,
    TransfersContract,
):
    """Every port once, what is counted, told, and summed."""


class TestPartOnSqlite(OfPart):
    driver = "sqlite+aiosqlite"


class TestPartOnPostgresql(OfPart):
    driver = "postgresql+psycopg"
    level = "SERIALIZABLE"


class TestPartOnPostgresqlByAsyncpg(OfPart):
    driver = "postgresql+asyncpg"
    level = "SERIALIZABLE"


class TestPartOnMariadb(OfPart):
    driver = "mariadb+aiomysql"
    level = "REPEATABLE READ"


@pytest.mark.deep
class TestAllOnPostgresqlByAsyncpg(OfAsyncHost, OfHost):
    """Of all drivers this one alone must know the type of each value before it sends any."""

    driver = "postgresql+asyncpg"
    # Threads have no part in a loop.
    test_nobody_reads_what_is_not_committed: Any = None
    test_what_several_write_at_once_is_all_there: Any = None
    test_of_several_who_take_the_same_money_one_has_it: Any = None
    test_of_several_who_claim_events_each_has_its_own: Any = None


@pytest.fixture(params=DRIVERS)
def host(request: pytest.FixtureRequest, runner: asyncio.Runner, tmp_path: Path) -> Iterator[AsyncEngine]:
    """An engine of a host by each driver, with a plan and three members in its database."""
    for engine in hosted(runner, request.param, tmp_path):
        runner.run(_opened(engine))
        yield engine


async def _opened(engine: AsyncEngine) -> None:
    def set_up(session: Session) -> None:
        tx = SqlStore.join(session, "mall")
        set_policy(tx, a_policy(), **CALL, key="policy")
        set_plan(tx, a_plan(), **CALL, key="plan")
        join_all(tx, a_chain("ann", "ben", "cai"), **CALL)

    async with AsyncSession(engine) as session:
        await session.run_sync(set_up)
        await session.commit()


async def asked(session: AsyncSession, work: Callable[[SqlTransaction], Any], shop: str = "mall") -> Any:
    """Do something with the ports of a shop, in the transaction of a session."""
    return await session.run_sync(lambda joined: work(SqlStore.join(joined, shop)))


def test_the_session_stays_the_hosts(runner: asyncio.Runner, host: AsyncEngine) -> None:
    ended = []

    async def sell(*, keep: bool) -> None:
        async with AsyncSession(host) as session:
            connection = await session.connection()
            for name in ("commit", "rollback"):
                event.listen(connection.sync_connection, name, lambda *_: ended.append(1))
            await asked(session, lambda tx: accrue(tx, a_sale(), **CALL, key="1"))
            await asked(session, lambda tx: tx.members.add(NEWCOMERS))
            assert session.in_transaction()
            assert ended == []
            await (session.commit() if keep else session.rollback())
            ended.clear()

    async def counted() -> tuple[int, int]:
        async with host.connect() as connection:
            tx = await connection.run_sync(SqlStore.join, "mall")
            return await connection.run_sync(
                lambda _: (len(list(tx.sales.all())), len(list(tx.members.all())))
            )

    runner.run(sell(keep=False))
    assert runner.run(counted()) == (0, 3)
    runner.run(sell(keep=True))
    assert runner.run(counted()) == (1, 53)


@pytest.mark.parametrize("rows", [1, 50])
def test_who_comes_second_may_try_again(runner: asyncio.Runner, host: AsyncEngine, rows: int) -> None:
    async def add() -> None:
        async with AsyncSession(host) as session:
            await asked(session, lambda tx: tx.members.add(NEWCOMERS[:rows]))
            with pytest.raises(RetryableError) as raised:
                await asked(session, lambda tx: tx.members.add(NEWCOMERS[:rows]))
            assert raised.value.host_must_roll_back
            assert "canary" not in str(raised.value)
            await session.rollback()
            assert await asked(session, lambda tx: len(list(tx.members.all()))) == 3

    runner.run(add())


def test_our_own_mistake_is_not_called_a_conflict(runner: asyncio.Runner, host: AsyncEngine) -> None:
    below_nobody = Member(MemberId("eve"), DAY_1, LATER, MemberId("canary"))

    async def add() -> None:
        async with AsyncSession(host) as session:
            if host.dialect.name == "sqlite":
                await session.execute(text("PRAGMA foreign_keys = ON"))
            await asked(session, lambda tx: tx.members.add([below_nobody]))

    with pytest.raises(IntegrityError) as raised:
        runner.run(add())
    assert "canary" not in str(raised.value.orig)


HASTY = {
    "sqlite": "PRAGMA busy_timeout = 20",
    "postgresql": "SET LOCAL lock_timeout = 20",
    "mariadb": "SET SESSION innodb_lock_wait_timeout = 1",
}
"""What lets a transaction wait for a lock no longer than that."""


def test_who_waits_too_long_may_try_again(runner: asyncio.Runner, host: AsyncEngine) -> None:
    async def wait() -> None:
        async with AsyncSession(host) as holder, AsyncSession(host) as hasty:
            await asked(holder, lambda tx: tx.members.lock())
            await hasty.execute(text(HASTY[host.dialect.name]))
            with pytest.raises(RetryableError) as raised:
                await asked(hasty, lambda tx: tx.members.lock())
            assert raised.value.host_must_roll_back

    runner.run(wait())


@pytest.fixture(params=[each for each in DRIVERS if not each.startswith("sqlite")])
def server(request: pytest.FixtureRequest, runner: asyncio.Runner, tmp_path: Path) -> Iterator[AsyncEngine]:
    """A host that sees the past, in a database that locks rows."""
    for engine in hosted(runner, request.param, tmp_path, isolation_level="REPEATABLE READ"):
        runner.run(_opened(engine))
        yield engine


def test_a_host_joins_within_run_sync(runner: asyncio.Runner, host: AsyncEngine) -> None:
    async def join_at_once() -> None:
        async with AsyncSession(host) as session, host.connect() as connection:
            for each in (session, connection):
                nobody: Any = each
                with pytest.raises(InputError, match=r"host: is an Async\w+ \(join within run_sync"):
                    SqlStore.join(nobody, "mall")

    runner.run(join_at_once())


def test_who_is_overtaken_may_try_again(runner: asyncio.Runner, server: AsyncEngine) -> None:
    def earn(tx: SqlTransaction) -> None:
        tx.balances.change([a_balance("ann", 1, 2)])

    async def overtake() -> None:
        async with AsyncSession(server) as slow, AsyncSession(server) as quick:
            await asked(quick, earn)
            await quick.commit()
            await asked(slow, lambda tx: tx.members.revision())
            await asked(quick, earn)
            await quick.commit()
            with pytest.raises(RetryableError) as raised:
                await asked(slow, earn)
            assert raised.value.host_must_roll_back

    runner.run(overtake())


def test_of_two_who_wait_in_a_circle_one_may_try_again(runner: asyncio.Runner, server: AsyncEngine) -> None:
    async def meet() -> list[BaseException]:
        async with AsyncSession(server) as one, AsyncSession(server) as other:
            await asked(one, _locked, "mall")
            await asked(other, _locked, "market")
            both = asked(one, _locked, "market"), asked(other, _locked, "mall")
            ends = await asyncio.gather(*both, return_exceptions=True)
            return [each for each in ends if each is not None]

    (told,) = runner.run(meet())
    assert isinstance(told, RetryableError)
    assert told.host_must_roll_back


def _locked(tx: SqlTransaction) -> None:
    tx.members.lock()


def test_whoever_commits_each_statement_is_refused(runner: asyncio.Runner, host: AsyncEngine) -> None:
    async def begin() -> None:
        async with host.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            await connection.run_sync(SqlStore.join, "mall")

    with pytest.raises(InputError, match="host: commits each statement by itself"):
        runner.run(begin())


@pytest.mark.parametrize("driver", [each for each in DRIVERS if not each.startswith("mariadb")])
def test_tables_are_made_and_compared(runner: asyncio.Runner, driver: str, tmp_path: Path) -> None:
    async def make(engine: AsyncEngine) -> None:
        async with engine.begin() as connection:
            for _ in range(2):
                await connection.run_sync(upgrade, prefix="dc_")
            await connection.run_sync(check_schema, prefix="dc_")
            assert await connection.run_sync(drift, prefix="dc_") == ()

    for engine in hosted(runner, driver, tmp_path):
        runner.run(make(engine))
