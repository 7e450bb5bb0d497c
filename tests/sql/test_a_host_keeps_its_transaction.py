"""Within a transaction of the host, its own tables and ours are written or rolled back together."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Integer,
    MetaData,
    Table,
    create_engine,
    event,
    func,
    make_url,
    select,
    text,
)
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.orm import Session
from tests import mariadb
from tests.sql.stores import DATABASES, begun_at_once, new_shop, url_in

from distcore.engine import accrue, accrue_all, join_all, move, set_plan, set_policy
from distcore.kernel import InputError, MemberId, RefusedError, RetryableError, ShopId
from distcore.referral import Member
from distcore.testing.builders import DAY_1, LATER, a_chain, a_plan, a_policy, a_sale, day
from distcore_sql import SqlStore, SqlTransaction, Tables, build_tables, upgrade
from distcore_sql.engines import store_url

METADATA = MetaData()
TABLES = build_tables(METADATA, prefix="dc_")
ORDERS = Table("orders", METADATA, Column("id", Integer, primary_key=True))
CALL: dict[str, Any] = {"at": LATER, "actor": "host"}
BEN, CAI = MemberId("ben"), MemberId("cai")


@pytest.fixture(params=DATABASES)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An engine of the host: nothing about it is ours, and it holds tables of its own."""
    # Where a process empties its database instead of making another, the host's tables would stay in it.
    bare = request.param == "mariadb"
    with mariadb.a_bare_database() if bare else DATABASES[request.param](tmp_path) as url:
        yield from _engine(url)


def _engine(url: str) -> Iterator[Engine]:
    found = create_engine(url)
    with found.begin() as connection:
        upgrade(connection, prefix="dc_")
        ORDERS.create(connection)
        tx = SqlTransaction(connection, "mall", TABLES)
        set_policy(tx, a_policy(), **CALL, key="policy")
        set_plan(tx, a_plan(), **CALL, key="plan")
        join_all(tx, a_chain("ann", "ben", "cai"), **CALL)
    yield found
    found.dispose()


def test_both_are_committed_by_the_host(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(ORDERS.insert(), {"id": 1})
        posting = accrue(SqlTransaction(connection, "mall", TABLES), a_sale(), **CALL, key="1")
        assert [accrual.payee for accrual in posting.accruals] == ["ben", "ann"]
    assert _counts(engine) == (1, 1)


def test_both_are_rolled_back_by_the_host(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.execute(ORDERS.insert(), {"id": 1})
        accrue(SqlTransaction(connection, "mall", TABLES), a_sale(), **CALL, key="1")
        connection.rollback()
    assert _counts(engine) == (0, 0)


def test_a_refusal_leaves_the_transaction_of_the_host_as_it_was(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(ORDERS.insert(), {"id": 1})
        tx = SqlTransaction(connection, "mall", TABLES)
        with pytest.raises(RefusedError):
            accrue(tx, a_sale(currency="JPY"), **CALL, key="1")
        connection.execute(ORDERS.insert(), {"id": 2})
        accrue(tx, a_sale(), **CALL, key="2")
    assert _counts(engine) == (2, 1)


def test_the_library_never_ends_what_it_did_not_begin(engine: Engine) -> None:
    ended = []
    with engine.connect() as connection, connection.begin() as transaction:
        for name in ("commit", "rollback", "savepoint"):
            event.listen(connection, name, lambda *_, name=name: ended.append(name))
        connection.execute(select(func.count()).select_from(ORDERS)).scalar()
        tx = SqlTransaction(connection, "mall", TABLES)
        accrue(tx, a_sale(), **CALL, key="1")
        accrue(tx, a_sale(), **CALL, key="1")
        with pytest.raises(RefusedError):
            accrue(tx, a_sale("order 2"), **CALL, key="1")
        assert transaction.is_active
        assert not connection.closed
        assert ended == []


def test_a_session_is_joined(engine: Engine) -> None:
    """What it has read and added before, and what is ours, is one transaction."""
    for keep in (False, True):
        with Session(engine) as session:
            session.execute(select(ORDERS)).all()
            session.execute(ORDERS.insert(), {"id": 1})
            accrue(SqlStore.join(session, "mall", TABLES), a_sale(), **CALL, key="1")
            if keep:
                session.commit()
        assert _counts(engine) == (keep, keep)


def test_a_connection_that_has_not_begun_is_joined(engine: Engine) -> None:
    with engine.connect() as connection:
        accrue(SqlStore.join(connection, "mall", TABLES), a_sale(), **CALL, key="1")
        assert connection.in_transaction()
        connection.rollback()
    assert _counts(engine) == (0, 0)


def test_whoever_commits_each_statement_is_refused(engine: Engine) -> None:
    with (
        engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection,
        pytest.raises(InputError, match="host: commits each statement by itself"),
    ):
        SqlStore.join(connection, "mall", TABLES)
    own = SqlStore(engine.execution_options(isolation_level="AUTOCOMMIT"), ShopId("mall"), TABLES)
    with pytest.raises(InputError, match="engine: commits each statement by itself"), own.begin():
        pass


def test_whoever_sees_what_nobody_has_committed_is_refused(engine: Engine) -> None:
    """PostgreSQL and SQLite know the name of the level, and show what is committed all the same."""
    with engine.connect().execution_options(isolation_level="READ UNCOMMITTED") as connection:
        if engine.dialect.name == "mariadb":
            with pytest.raises(InputError, match="host: sees what nobody has committed"):
                SqlStore.join(connection, "mall", TABLES)
        else:
            assert SqlStore.join(connection, "mall", TABLES).members.revision() == 0


def test_the_tables_of_a_store_are_joined_without_being_built(url: str) -> None:
    engine = create_engine(store_url(url))
    with engine.begin() as connection:
        set_policy(SqlStore.join(connection, "mall"), a_policy(), **CALL, key="policy")
    engine.dispose()
    with SqlStore.open(url, "mall") as store, store.begin() as tx:
        assert tx.policies.current() is not None


def _counts(engine: Engine) -> tuple[int, int]:
    with engine.connect() as connection:
        return _count(connection, ORDERS), _count(connection, TABLES.sales)


def _count(connection: Connection, table: Table) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()


def test_tables_are_built_once_for_all_transactions(engine: Engine) -> None:
    tables: Tables = build_tables(MetaData(), prefix="dc_")
    with engine.connect() as connection:
        SqlTransaction(connection, "mall", tables).members.revision()
        compiled = dict(tables.compiled)
        SqlTransaction(connection, "other", tables).members.revision()
    assert tables.compiled == compiled


def test_many_rows_belong_to_the_transaction_of_the_host_too(engine: Engine) -> None:
    """Also where they are the first thing that happens in it."""
    newcomers = [Member(MemberId(f"new {number}"), DAY_1, LATER) for number in range(50)]
    for keep in (False, True):
        with engine.connect() as connection:
            SqlTransaction(connection, "mall", TABLES).members.add(newcomers)
            if keep:
                connection.commit()
            else:
                connection.rollback()
        with engine.connect() as connection:
            assert _count(connection, TABLES.members) == 3 + keep * 50


@pytest.fixture
def server(postgresql: str) -> Iterator[Engine]:
    """An engine of a host whose database gives a transaction up after any error."""
    yield from _engine(postgresql)


def test_an_error_ends_the_transaction_of_a_server(server: Engine) -> None:
    """So do we end ours, and the host is told."""
    stranger = Member(MemberId("eve"), DAY_1, LATER, MemberId("nobody"))
    with server.connect() as connection:
        tx = SqlTransaction(connection, "mall", TABLES)
        with pytest.raises(IntegrityError):
            tx.members.add([stranger])
        for _ in range(2):
            with pytest.raises(RetryableError, match="had an error") as raised:
                tx.members.revision()
            assert raised.value.host_must_roll_back
        connection.rollback()
        assert SqlTransaction(connection, "mall", TABLES).members.revision() == 0


def test_a_transaction_that_the_host_has_spoilt_is_not_used(server: Engine) -> None:
    with server.connect() as connection:
        with pytest.raises(DataError):
            connection.exec_driver_sql("SELECT 1 / 0")
        with pytest.raises(RetryableError) as raised:
            SqlTransaction(connection, "mall", TABLES).members.revision()
        assert raised.value.host_must_roll_back


def test_a_transaction_whose_connection_was_lost_is_not_used(engine: Engine) -> None:
    """The host may have swallowed that, and what it wrote is gone."""
    with engine.connect() as connection:
        connection.execute(ORDERS.insert(), {"id": 1})
        connection.invalidate()
        with pytest.raises(RetryableError, match="the connection was lost") as raised:
            SqlStore.join(connection, "mall", TABLES)
        assert raised.value.host_must_roll_back
        connection.rollback()
        accrue(SqlStore.join(connection, "mall", TABLES), a_sale(), **CALL, key="1")
        connection.commit()
    assert _counts(engine) == (0, 1)


def fails(connection: Connection) -> None:
    """Let a statement of a guest fail, as one that waited too long does."""
    tx = SqlStore.join(connection, "mall", TABLES)
    with pytest.raises(DBAPIError):
        tx._statements.rows(lambda _: text("SELECT nothing, FROM nowhere"))


def test_a_transaction_in_which_a_guest_failed_is_joined_by_nobody(engine: Engine) -> None:
    """The host may swallow the error, and another part of it knows nothing: half a verb would be kept."""
    with engine.connect() as connection:
        fails(connection)
        for _ in range(2):
            with pytest.raises(RetryableError, match="had an error") as raised:
                SqlStore.join(connection, "other", TABLES)
            assert raised.value.host_must_roll_back
        connection.rollback()
        accrue(SqlStore.join(connection, "mall", TABLES), a_sale(), **CALL, key="1")
        connection.commit()
    assert _counts(engine) == (0, 1)


def test_back_at_a_savepoint_of_the_host_others_may_go_on(engine: Engine) -> None:
    if engine.dialect.name == "sqlite":
        begun_at_once(engine)
    with engine.connect() as connection:
        connection.execute(ORDERS.insert(), {"id": 1})
        with connection.begin_nested() as savepoint:
            fails(connection)
            with pytest.raises(RetryableError, match="had an error"):
                SqlStore.join(connection, "mall", TABLES)
            savepoint.rollback()
        accrue(SqlStore.join(connection, "mall", TABLES), a_sale(), **CALL, key="1")
        connection.commit()
    assert _counts(engine) == (1, 1)


def test_a_savepoint_goes_with_a_transaction_that_was_rolled_back(engine: Engine) -> None:
    """A conflict in MariaDB, and a full file, roll back what the host wrote before its savepoint, too."""
    if engine.dialect.name == "postgresql":  # which rolls back nothing by itself
        return
    if engine.dialect.name == "sqlite":
        begun_at_once(engine)
    with engine.connect() as connection:
        connection.execute(ORDERS.insert(), {"id": 1})
        connection.execute(select(ORDERS)).all()
        savepoint = connection.begin_nested()
        with pytest.raises((RetryableError, InputError)):
            ROLLED_BACK[engine.dialect.name](engine, SqlStore.join(connection, "mall", TABLES))
        with pytest.raises(DBAPIError):  # the savepoint is no more
            savepoint.rollback()
        for _ in range(2):
            with pytest.raises(RetryableError, match="this transaction had") as raised:
                SqlStore.join(connection, "mall", TABLES)
            assert raised.value.host_must_roll_back
        connection.rollback()
        accrue(SqlStore.join(connection, "mall", TABLES), a_sale("order 2"), **CALL, key="2")
        connection.commit()
    assert _counts(engine)[0] == 0


def _overtaken(engine: Engine, tx: SqlTransaction) -> None:
    """Move members of whom somebody else has moved one since the host has read."""
    tx.members.revision()
    with engine.begin() as other:
        move(SqlStore.join(other, "mall", TABLES), CAI, None, valid_from=day(20), **CALL, key="theirs")
    move(tx, BEN, None, valid_from=day(20), **CALL, key="ours")


def _filled(_engine: Engine, tx: SqlTransaction) -> None:
    """Write more than there is room for."""
    connection = tx._statements._connection
    pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 2}")
    try:
        accrue_all(tx, [a_sale(f"order {number}") for number in range(2_000)], **CALL, key="file")
    finally:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")


ROLLED_BACK = {"sqlite": _filled, "mariadb": _overtaken}
"""What makes a database roll a whole transaction back."""


def test_a_savepoint_of_a_session_holds_what_ports_from_before_it_write(engine: Engine) -> None:
    """The session tells its connection of a savepoint when it is asked for it, and a guest asks."""
    with Session(engine) as session:
        tx = SqlStore.join(session, "mall", TABLES)
        session.execute(ORDERS.insert(), {"id": 1})
        with session.begin_nested() as savepoint:
            accrue(tx, a_sale(), **CALL, key="1")
            savepoint.rollback()
        session.commit()
    assert _counts(engine) == (1, 0)


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Engine]:
    """An engine of a host in SQLite, whose driver begins at the first change."""
    yield from _engine(url_in(tmp_path))


def test_a_first_savepoint_in_a_file_ends_with_all_else(file: Engine) -> None:
    """For SQLite a savepoint in no transaction is one, and its release commits."""
    with file.connect() as connection:
        with connection.begin_nested(), pytest.raises(InputError, match="its release may commit"):
            SqlStore.join(connection, "mall", TABLES)
        connection.rollback()
        tx = SqlStore.join(connection, "mall", TABLES)
        with connection.begin_nested():
            accrue(tx, a_sale(), **CALL, key="1")
        connection.rollback()
    assert _counts(file) == (0, 0)


def test_a_transaction_in_a_file_begins_when_it_is_joined(file: Engine) -> None:
    """What is read before the first change is of it: whoever writes meanwhile comes first, or waits."""
    with file.connect() as connection:
        SqlStore.join(connection, "mall", TABLES)
        driver: Any = connection.connection.driver_connection
        assert driver.in_transaction


@pytest.mark.parametrize("deeper", [False, True])
def test_a_savepoint_around_the_one_in_which_a_guest_failed_is_joined_by_nobody(
    engine: Engine, *, deeper: bool
) -> None:
    """PostgreSQL says so by itself, whatever is asked."""
    if engine.dialect.name == "sqlite":
        begun_at_once(engine)
    with engine.connect() as connection, connection.begin_nested(), connection.begin_nested():
        fails(connection)
        inner = connection.begin_nested() if deeper and engine.dialect.name != "postgresql" else None
        with pytest.raises(RetryableError, match="had an error"):
            SqlStore.join(connection, "mall", TABLES)
        if inner is not None:
            inner.rollback()
            with pytest.raises(RetryableError, match="had an error"):
                SqlStore.join(connection, "mall", TABLES)
        connection.rollback()


def test_what_failed_in_a_savepoint_that_is_released_is_part_of_what_is_around_it(engine: Engine) -> None:
    """PostgreSQL does not release it."""
    if engine.dialect.name == "postgresql":
        return
    if engine.dialect.name == "sqlite":
        begun_at_once(engine)
    with engine.connect() as connection:
        connection.execute(select(ORDERS)).all()
        with connection.begin_nested() as outer:
            with connection.begin_nested():
                fails(connection)
            for _ in range(2):
                with pytest.raises(RetryableError, match="had an error"):
                    SqlStore.join(connection, "mall", TABLES)
            outer.rollback()
        SqlStore.join(connection, "mall", TABLES)
        with connection.begin_nested(), connection.begin_nested():
            fails(connection)
        with pytest.raises(RetryableError, match="had an error"):
            SqlStore.join(connection, "mall", TABLES)
        connection.rollback()
        accrue(SqlStore.join(connection, "mall", TABLES), a_sale(), **CALL, key="1")
        connection.commit()
    assert _counts(engine) == (0, 1)


def test_ports_end_with_the_transaction_of_the_host(engine: Engine) -> None:
    """What is written by whoever keeps them would be in a transaction that nobody ends."""
    with engine.connect() as connection:
        for end in (connection.commit, connection.rollback):
            tx = SqlStore.join(connection, "mall", TABLES)
            assert tx.sales.count() == 0
            end()
            with pytest.raises(InputError, match="host: its transaction is over"):
                accrue(tx, a_sale(), **CALL, key="1")
            assert not connection.in_transaction()
    assert _counts(engine) == (0, 0)


def test_schemas_that_are_translated_are_refused(engine: Engine) -> None:
    with (
        engine.connect().execution_options(schema_translate_map={None: "tenant"}) as connection,
        pytest.raises(InputError, match=r"host: has a schema_translate_map, which is not followed"),
    ):
        SqlStore.join(connection, "mall", TABLES)


def test_a_host_of_mariadb_that_counts_only_what_has_changed_is_refused() -> None:
    """SQLAlchemy asks for the other count, but not where the host connects by itself."""
    with mariadb.a_bare_database() as url:
        of = make_url(url)
        driver: Any = of.get_dialect().import_dbapi()
        given = {"host": of.host, "user": of.username, "password": of.password or "", "port": of.port or 3306}
        own = create_engine("mariadb+pymysql://", creator=lambda: driver.connect(**given))
        with (
            own.connect() as connection,
            pytest.raises(InputError, match="host: counts only rows that a statement"),
        ):
            SqlStore.join(connection, "mall", TABLES)
        own.dispose()


@pytest.mark.parametrize("mode", ["", "ANSI", "TRADITIONAL,EMPTY_STRING_IS_NULL"])
def test_a_host_of_mariadb_that_changes_what_does_not_fit_is_refused(mode: str) -> None:
    with mariadb.a_bare_database() as url:
        own = create_engine(url, connect_args={"init_command": f"SET SESSION sql_mode = '{mode}'"})
        for _ in range(2):  # a connection comes back from the pool
            with (
                own.connect() as connection,
                pytest.raises(InputError, match="host: changes values that do not fit"),
            ):
                SqlStore.join(connection, "mall", TABLES)
        own.dispose()


@pytest.mark.parametrize("charset", ["utf8", "latin1", "gbk"])
def test_a_host_of_mariadb_that_has_not_every_character_is_refused(charset: str) -> None:
    """A character that it lacks comes out as a question mark: another member would be paid."""
    with mariadb.a_bare_database() as url:
        own = create_engine(url, connect_args={"charset": charset})
        with (
            own.connect() as connection,
            pytest.raises(InputError, match="host: speaks a character set that has not every character"),
        ):
            SqlStore.join(connection, "mall", TABLES)
        own.dispose()


def test_hosts_that_write_names_otherwise_share_tables(engine: Engine) -> None:
    """How names are quoted, and where values go, are settings of an engine."""
    of: dict[str, Any] = {
        "sqlite": {"paramstyle": "named"},
        "postgresql": {},
        "mariadb": {"connect_args": {"init_command": "SET SESSION sql_mode = 'ANSI,TRADITIONAL'"}},
    }
    other = create_engine(engine.url, **of[engine.dialect.name])
    for each in (engine, other, engine):
        with each.connect() as connection:
            tx = SqlStore.join(connection, "mall", TABLES)
            accrue(tx, a_sale(), **CALL, key="1")
            assert set(tx.members.upward([MemberId("cai")], 3)) == {"cai", "ben", "ann"}
            connection.rollback()
    other.dispose()


@pytest.mark.parametrize("host", [None, "sqlite://", SimpleNamespace(connection=dict)])
def test_who_is_no_host_is_refused(host: Any) -> None:
    with pytest.raises(InputError, match="host: is no connection and no session"):
        SqlStore.join(host, "mall", TABLES)


def test_an_engine_is_no_host(engine: Engine) -> None:
    nobody: Any = engine
    with pytest.raises(InputError, match="host: is no connection and no session: Engine"):
        SqlStore.join(nobody, "mall", TABLES)


def test_another_driver_is_refused() -> None:
    dialect = SimpleNamespace(name="postgresql", driver="psycopg2")
    connection: Any = SimpleNamespace(dialect=dialect)
    hint = r"use postgresql\+psycopg or postgresql\+asyncpg"
    with pytest.raises(InputError, match=rf"no such driver: postgresql\+psycopg2 \({hint}\)"):
        SqlTransaction(connection, "mall", TABLES)


def test_a_deferred_transaction_that_has_read_writes_nothing_after_others(tmp_path: Path) -> None:
    """SQLite lets nobody write by what was read before somebody else wrote."""
    shop = new_shop(tmp_path)
    engine = create_engine(url_in(tmp_path))
    begun_at_once(engine)
    with engine.connect() as connection:
        tx = SqlStore.join(connection, "mall")
        assert tx.sales.count() == 0
        shop.do(accrue, a_sale("theirs"))
        with pytest.raises(RetryableError) as raised:
            accrue(tx, a_sale("ours"), **CALL, key="ours")
        assert raised.value.host_must_roll_back
        connection.rollback()
        accrue(SqlStore.join(connection, "mall"), a_sale("ours"), **CALL, key="ours")
        connection.commit()
    engine.dispose()
    with shop.store.begin() as tx_of_store:
        assert tx_of_store.sales.count() == 2
