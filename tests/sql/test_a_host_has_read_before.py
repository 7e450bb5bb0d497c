"""What somebody else did since a host has read is seen by its next verb, or is in its way.

At a level at which a transaction sees the past it would decide by what is no more.  Whoever is told to roll
back, and does it again, ends as if the two had come one after the other.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from sqlalchemy import Engine, MetaData, event
from sqlalchemy.exc import DBAPIError
from tests.sql.stores import DATABASES, LEVELS, engine_at, new_store, with_level

from distcore import engine
from distcore.commission import Plan
from distcore.kernel import RefusedError, RetryableError
from distcore.memory import MemoryStore
from distcore.payout import AccountDetails
from distcore.ports import Store, Transaction
from distcore.settlement import HoldOn
from distcore.testing.builders import (
    LATER,
    PAID,
    Shop,
    a_chain,
    a_plan,
    a_sale,
    day,
)
from distcore.testing.money import a_hold, a_settlement_policy, an_adjustment
from distcore_sql import SqlStore, build_tables

pytestmark = pytest.mark.wide

TABLES = build_tables(MetaData())
ELSEWHERE = AccountDetails("Ann Ling", "6222 9999", "ICBC")


def nothing(_: Shop) -> None:
    """The shop is as it was opened."""


def payable(shop: Shop) -> None:
    """Ann may ask for 10.00."""
    shop.do(engine.set_settlement, a_settlement_policy())
    shop.do(engine.adjust, an_adjustment("prize", "ann", 1_000), at=day(20))
    shop.do(engine.close_period, "CNY", "2017-01", actor="desk")
    shop.bank("ann")


def approved(shop: Shop) -> None:
    """The boss has approved that ann gets 10.00."""
    payable(shop)
    shop.request("p1")
    shop.do(engine.approve_payout, "p1", actor="boss")


def ripe(shop: Shop) -> None:
    """An order may be released."""
    shop.do(engine.accrue, a_sale(paid_at=day(3)), at=day(3))


def a_later_plan(id: str) -> Plan:
    return a_plan(id=id, valid_from=day(90))


Said: TypeAlias = tuple[Any, ...]
"""A verb, and what it is given."""

CASES: dict[str, tuple[Callable[[Shop], None], Said, Said]] = {
    "two plans of one time": (
        nothing,
        (engine.set_plan, a_later_plan("his")),
        (engine.set_plan, a_later_plan("hers")),
    ),
    "two with one device": (
        nothing,
        (engine.identify, "ann", ["device"]),
        (engine.identify, "ben", ["device"]),
    ),
    "a payee is held who is paid": (
        approved,
        (engine.place_hold, a_hold("ann", HoldOn.PAYEE)),
        (engine.submit_payouts, "bank", ["p1"]),
    ),
    "a sale is held": (
        ripe,
        (engine.place_hold, a_hold("order 1")),
        (engine.release,),
    ),
    "an account is replaced": (
        approved,
        (engine.set_account, "ann", "bank", ELSEWHERE),
        (engine.submit_payouts, "bank", ["p1"]),
    ),
    "an account is replaced that is erased": (
        payable,
        (engine.set_account, "ann", "bank", ELSEWHERE),
        (engine.erase_payee, "ann"),
    ),
    "somebody is identified who is erased": (
        nothing,
        (engine.identify, "ann", ["device"]),
        (engine.erase_person, "ann"),
    ),
}
"""What stands before both, what he does after she has read, and what she does then."""

PAST = [name for name in LEVELS if name.endswith("repeatable read") or name == "postgresql, serializable"]
TOLD = " and told of what has changed"
"""What MariaDB does for each statement from 11.6 on, and before where a host asks for it."""


@pytest.fixture(params=[*PAST, *(f"{name}{TOLD}" for name in PAST if name.startswith("mariadb"))])
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Engine]]:
    """A database, and a host whose transactions see the past."""
    level = request.param.removesuffix(TOLD)
    with DATABASES[level.partition(",")[0]](tmp_path) as url:
        hers = engine_at(with_level(url, level))
        if level != request.param:
            event.listen(hers, "connect", be_told)
        yield url, hers
        hers.dispose()


def be_told(connection: Any, _: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET SESSION innodb_snapshot_isolation = ON")


def opened(store: Store, case: str) -> Shop:
    plan = a_plan(freeze=PAID, valid_until=day(90))
    shop = Shop.open(store, plan, a_chain("ann", "ben", "cai"))
    CASES[case][0](shop)
    return shop


def done(tx: Transaction, said: Said, who: str) -> str:
    """Do a verb; say that it was done, or why not."""
    verb, *what = said
    try:
        verb(tx, *what, at=LATER, actor=who, key=f"for {who}")
    except RefusedError as error:
        return error.refusal.code
    return "done"


@pytest.mark.parametrize("case", CASES)
def test_it_ends_as_if_they_came_one_after_the_other(host: tuple[str, Engine], case: str) -> None:
    url, hers = host
    _, his_verb, her_verb = CASES[case]
    alone = opened(MemoryStore("mall"), case)
    with alone.store.begin() as tx:
        expected = [done(tx, his_verb, "tom"), done(tx, her_verb, "mia")]
    shop = opened(new_store(url), case)

    with hers.connect() as connection:
        seen = SqlStore.join(connection, "mall", TABLES)
        seen.sales.count()
        with shop.store.begin() as tx:
            assert done(tx, his_verb, "tom") == expected[0] == "done"
        with suppress(RetryableError):  # or else COMMIT says so, which is hers
            done(seen, her_verb, "mia")
            with pytest.raises(DBAPIError):
                connection.commit()
        connection.rollback()
        again = SqlStore.join(connection, "mall", TABLES)
        assert done(again, her_verb, "mia") == expected[1]
        connection.commit()
    assert shop.dump() == alone.dump()
    shop.assert_sound()
