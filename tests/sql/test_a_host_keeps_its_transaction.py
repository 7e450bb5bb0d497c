"""Within a transaction of the host, its own tables and ours are written or rolled back together."""

from collections.abc import Iterator
from pathlib import Path
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
    select,
)

from distcore.engine import accrue, join_all, set_plan, set_policy
from distcore.kernel import RefusedError
from distcore.testing.builders import LATER, a_chain, a_plan, a_policy, a_sale
from distcore_sql import SqlTransaction, Tables, build_tables, upgrade

METADATA = MetaData()
TABLES = build_tables(METADATA, prefix="dc_")
ORDERS = Table("orders", METADATA, Column("id", Integer, primary_key=True))
CALL: dict[str, Any] = {"at": LATER, "actor": "host"}


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """An engine of the host: nothing about it is ours, and it holds tables of its own."""
    found = create_engine(f"sqlite:///{tmp_path / 'host.db'}")
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
