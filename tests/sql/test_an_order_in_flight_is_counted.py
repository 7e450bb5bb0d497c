"""While the first plan is published that asks what a buyer had bought before, orders are being accrued.

They are counted for their buyers, or they come after it and ask themselves.  So it ends as if one had come
after the other, whoever is at which statement.
"""

from functools import partial
from itertools import count

import pytest
from sqlalchemy import select
from tests.sql.meetings import Place, Wish, after_statement, at_more_levels, done

from distcore import engine
from distcore.commission import FirstOrder, FixedPerOrder, Rule
from distcore.kernel import ComponentId, RuleId
from distcore.testing.builders import Shop, a_chain, a_plan, a_sale, day
from distcore_sql import SqlStore

pytestmark = pytest.mark.wide

WELCOME = FirstOrder(ComponentId("welcome"), (Rule(RuleId("fixed"), FixedPerOrder(1_000)),))
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


def test_orders_that_ask_nothing_do_not_wait_for_each_other(place: Place) -> None:
    Shop.open(place.store(place.hers, "mall"), newcomers=a_chain("ann", "ben"))
    with place.store(place.hers, "mall").begin() as tx:
        an_order("hers").of("mia")(tx)
        assert done(place.store(place.his, "mall"), an_order("his").of("tom")) == "done"


def test_in_a_shop_of_an_older_version_the_first_order_makes_the_row_that_all_share(place: Place) -> None:
    shop = Shop.open(place.store(place.hers, "mall"), newcomers=a_chain("ann", "ben"))
    with place.hers.begin() as connection:
        connection.execute(place.tables.buyers.delete())
    shop.do(engine.accrue, a_sale("first", "ben", paid_at=day(3)))
    with place.hers.connect() as connection:
        assert connection.execute(select(place.tables.buyers.c.buyer)).all() == [("",)]
