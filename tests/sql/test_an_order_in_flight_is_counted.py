"""While the first plan is published that asks what a buyer had bought before, orders are being accrued.

They are counted for their buyers, or they come after it and ask themselves.  So it ends as if one had come
after the other, whoever is at which statement.
"""

from functools import partial
from itertools import count
from threading import Event, Thread
from time import sleep
from typing import Any

import pytest
from sqlalchemy import Engine, event, select
from tests.sql.meetings import (
    MIXED,
    WAIT_S,
    Place,
    Wish,
    after_statement,
    at_more_levels,
    done,
    where_reads_lock_nothing,
)

from distcore import engine
from distcore.kernel import InputError
from distcore.testing.builders import (
    LATER,
    Shop,
    a_chain,
    a_plan,
    a_policy,
    a_sale,
    a_welcome,
    day,
)
from distcore_sql import SqlStore, SqlTransaction

pytestmark = pytest.mark.wide

WELCOME = a_welcome()
AT_PAST = [
    pytest.param((hers, his), id=f"{hers} beside {his}")
    for hers, his in MIXED
    if hers.endswith(("repeatable read", "serializable")) and "," not in his
]
ASKING = Wish(engine.set_plan, (a_plan(WELCOME, plan_version=2),))


def an_order(id: str) -> Wish:
    return Wish(engine.accrue, (a_sale(id, "ben", paid_at=day(3)),), {"key": f"order {id}"})


def each_done(store: SqlStore, wishes: tuple[Wish, ...], said: list[str]) -> None:
    """Do them one after the other, each in a transaction of its own."""
    said.extend(done(store, wish.of("tom")) for wish in wishes)


def assert_counted(shop: Shop, orders: int, when: str) -> None:
    """All orders are counted, and no more than one is paid as the first one."""
    with shop.store.begin() as tx:
        (kept,) = [bought.orders for _, bought in tx.buyers.all()]
        paid = [record for record in tx.sales.all() if record.booking.plan_version == 2]
        firsts = [record for record in paid if record.postings[0].accruals]
    assert kept == orders, when
    assert len(firsts) == (len(paid) == orders), when
    shop.assert_sound()


def met(place: Place, name: str, hers: Wish, *his: Wish) -> None:
    """Let him get in after each of her statements; a third order is accrued after all."""
    for number in count(1):
        shop = Shop.open(place.store(place.hers, f"{name} {number}"), newcomers=a_chain("ann", "ben"))
        said: list[str] = []
        do = partial(each_done, place.store(place.his, f"{name} {number}"), his, said)
        with after_statement(place.hers, number, do) as other:
            said.append(done(place.store(place.hers, f"{name} {number}"), hers.of("mia")))
        if other.ident is None:
            assert number > 5
            return
        assert set(said) == {"done"}
        shop.do(engine.accrue, a_sale("last", "ben", paid_at=day(3)))
        assert_counted(shop, 1 + sum(each.verb is engine.accrue for each in (hers, *his)), f"after {number}")


@at_more_levels
def test_she_accrues_while_he_publishes_and_accrues(place: Place) -> None:
    met(place, "accrued", an_order("hers"), ASKING, an_order("his"))


@at_more_levels
def test_she_publishes_while_he_accrues(place: Place) -> None:
    met(place, "published", ASKING, an_order("his"))


@pytest.mark.parametrize("place", AT_PAST, indirect=True)
def test_whoever_publishes_and_sees_the_past_counts_nobody(place: Place) -> None:
    """What he books after her first look is hidden from her, and her own order would be the first one.

    MariaDB tells her that she is too old, and done again it is right; PostgreSQL does not.
    """
    shop = Shop.open(place.store(place.hers, "mall"), newcomers=a_chain("ann", "ben"))
    his: list[str] = []

    def hers(tx: SqlTransaction) -> None:
        tx.members.revision()
        if not his:
            each_done(place.store(place.his, "mall"), (an_order("his"),), his)
        ASKING.of("mia")(tx)
        an_order("hers").of("mia")(tx)

    if place.hers.dialect.name == "postgresql":
        with pytest.raises(InputError, match="of which it may not see all"):
            place.store(place.hers, "mall").run(hers)
        shop.do(engine.set_plan, *ASKING.what)
        shop.do(engine.accrue, a_sale("hers", "ben", paid_at=day(3)))
    else:
        place.store(place.hers, "mall").run(hers)
    assert_counted(shop, 2, "after her")


@pytest.mark.parametrize("place", AT_PAST, indirect=True)
def test_whoever_opens_a_shop_and_sees_the_past_counts(place: Place) -> None:
    """Nobody can have bought anything before the first plan."""
    store = place.store(place.hers, "mall")
    call: dict[str, Any] = {"at": LATER, "actor": "mia"}
    with store.begin() as tx:
        engine.set_policy(tx, a_policy(), **call, key="policy")
        engine.set_plan(tx, a_plan(WELCOME), **call, key="plan")
        engine.join_all(tx, a_chain("ann", "ben"), **call, key="members")
        an_order("first").of("mia")(tx)
    with store.begin() as tx:
        assert [bought.orders for _, bought in tx.buyers.all()] == [1]


@where_reads_lock_nothing
def test_orders_that_ask_nothing_do_not_wait_for_each_other(place: Place) -> None:
    Shop.open(place.store(place.hers, "mall"), newcomers=a_chain("ann", "ben"))
    with place.store(place.hers, "mall").begin() as tx:
        an_order("hers").of("mia")(tx)
        assert done(place.store(place.his, "mall"), an_order("his").of("tom")) == "done"


@where_reads_lock_nothing
def test_who_publishes_waits_for_the_orders_in_flight_alone(place: Place) -> None:
    """An order that comes while she waits is accrued by her plan: in a busy shop she would wait for ever."""
    shop = Shop.open(place.store(place.hers, "mall"), newcomers=a_chain("ann", "ben"))
    waits, said = Event(), list[str]()

    def look(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "INSERT INTO distcore_buyers" in statement:
            waits.set()

    def doing(engine: Engine, wish: Wish) -> Thread:
        other = Thread(target=each_done, args=(place.store(engine, "mall"), (wish,), said))
        other.start()
        return other

    event.listen(place.his, "before_cursor_execute", look)
    with place.store(place.hers, "mall").begin() as tx:
        an_order("in flight").of("tom")(tx)
        others = [doing(place.his, ASKING)]
        assert waits.wait(60)
        sleep(WAIT_S)
        others.append(doing(place.hers, an_order("late")))
        others[1].join(3 * WAIT_S)
        assert said == []
    for each in others:
        each.join()
    assert said == ["done", "done"]
    assert_counted(shop, 2, "after all")


def test_in_a_shop_of_an_older_version_the_first_order_makes_the_row_that_all_share(place: Place) -> None:
    shop = Shop.open(place.store(place.hers, "mall"), newcomers=a_chain("ann", "ben"))
    with place.hers.begin() as connection:
        connection.execute(place.tables.buyers.delete())
    shop.do(engine.accrue, a_sale("first", "ben", paid_at=day(3)))
    with place.hers.connect() as connection:
        assert connection.execute(select(place.tables.buyers.c.buyer)).all() == [("",)]
