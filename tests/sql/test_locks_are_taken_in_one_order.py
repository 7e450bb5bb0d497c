"""Whoever locks rows of two tables locks them in the order that the docs tell; so nobody waits in a circle.

A whole life is led, and what the story leaves out; the database is asked which rows are locked after each
statement.  Of one table the rows are locked in order of key.
"""

import re
import threading
from collections.abc import Callable, Iterator
from functools import partial
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from attrs import evolve
from tests.docs.twins import CHINESE, DOCS
from tests.sql.crash import Life, a_store, an_engine
from tests.sql.locked import PREFIX, LockLog, Step, before_each, out_of_order, waiting
from tests.sql.stores import DATABASES, new_store, open_store
from tests.sql.test_facts_are_never_changed import A_CAP, A_FIRST_ORDER, MUTABLE

from distcore import engine
from distcore.kernel import Count, RefusedError, Report, RetryableError, SaleId, Taking
from distcore.ports import Transaction
from distcore.testing.builders import LATER, Shop, a_chain, a_member, a_plan, a_sale, day
from distcore.testing.catalog import a_product
from distcore.testing.contracts.kept import broken_off
from distcore.testing.money import an_adjustment
from distcore.testing.story import told
from distcore_sql import SqlStore

pytestmark = pytest.mark.wide

Wish: TypeAlias = Callable[[Transaction], object]

PAGE = DOCS / "how-to" / "postgresql.md"
PAGES = (PAGE, CHINESE / "how-to" / "postgresql.md")
LISTED = re.compile(r"```text\n(\+?[a-z_]+(?:\s+\+?[a-z_]+)+)\n```")

OPENED = 68
"""The step of the story after which three groups are open."""

CALL: dict[str, Any] = {"at": LATER, "actor": "desk"}

WAIT_S = 0.3
"""Whoever is not done by then waits for a lock."""


def listed(page: Path = PAGE) -> list[str]:
    """Return the names on a page, in their order."""
    (found,) = LISTED.findall(page.read_text(encoding="utf-8"))
    return [name.replace("+", "new ") for name in found.split()]


def what_the_story_leaves_out(store: SqlStore) -> None:
    """Rows of buyers, of sums under a cap, of what is replaced, and of what is told."""
    shop = Shop.open(store, newcomers=a_chain("ann", "ben", "cai", "dan"))
    shop.do(engine.set_plan, evolve(a_plan(A_FIRST_ORDER, plan_version=2), caps=A_CAP))
    for turn in range(2):
        orders = [a_sale(f"{turn} {buyer}", buyer) for buyer in ("dan", "ben", "cai")]
        shop.do(engine.accrue_all, orders)
        shop.do(engine.put_products, [a_product("tea", 100 + turn)])
        shop.do(engine.identify, "ann", [f"phone {turn}"])
    shop.do(engine.open_outbox)
    engine.relay(store.begin, lambda _: None, at=LATER)
    shop.do(engine.close_outbox)


def logged(url: str, live: Callable[[SqlStore], None]) -> list[tuple[Step, ...]]:
    """Return what each transaction of a life locks."""
    own = an_engine(url)
    with LockLog(url, own) as log:
        live(a_store(own))
    own.dispose()
    return log.done


def the_story(store: SqlStore) -> None:
    """Tell all of it."""
    for _ in told(Life(store)):
        pass


@pytest.fixture(scope="module", params=[name for name in DATABASES if name != "sqlite"])
def database(request: pytest.FixtureRequest) -> str:
    """A database that locks rows."""
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def log(database: str, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Step, ...]]:
    """What each transaction of a life locks there."""
    found = []
    for live in (the_story, what_the_story_leaves_out):
        with DATABASES[database](tmp_path_factory.mktemp("log")) as url:
            found += logged(url, live)
    return found


@pytest.fixture(name="url")
def an_empty_store(database: str, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty store in it."""
    with DATABASES[database](tmp_path) as url:
        yield url


def in_order(names: list[str], log: list[tuple[Step, ...]]) -> set[str]:
    """Find each lock behind those that were taken before it; return what was locked with something else."""
    found = before_each(waiting(log))
    assert list(TopologicalSorter(found).static_order())
    linked = {name for name, before in found.items() if before}.union(*found.values())
    place = {name: number for number, name in enumerate(names)}
    assert linked <= place.keys(), f"not listed: {sorted(linked - place.keys())}"
    assert not [(each, name) for name in linked for each in found[name] if place[each] > place[name]]
    return linked


@pytest.mark.parametrize("page", PAGES, ids=["English", "中文"])
def test_tables_are_locked_in_the_order_that_is_listed(
    page: Path, database: str, log: list[tuple[Step, ...]]
) -> None:
    names = listed(page)
    assert len(names) == len(set(names))
    linked = in_order(names, log)
    if database == "postgresql":  # MariaDB sees some rows locked elsewhere, and no others
        assert linked == set(names)


def test_every_table_that_changes_is_locked(log: list[tuple[Step, ...]]) -> None:
    """To the words of coupons rows are added only, though whoever mends something by hand may change them."""
    locked = {step.table for steps in log for step in steps if step.rows}
    assert MUTABLE - {f"{PREFIX}{name}" for name in locked} == {"distcore_coupon_words"}


def test_rows_of_a_table_are_locked_in_order_of_key(database: str, log: list[tuple[Step, ...]]) -> None:
    """MariaDB also locks what it reads on its way to a row: of a small table all rows, as they lie there."""
    found = {text for steps in log for text in out_of_order(steps)}
    if database == "mariadb":
        found = {text for text in found if "UPDATE distcore_balances, (SELECT" not in text}
    assert found == set()


# Nobody waits in a circle


def orders(*ids: str) -> Wish:
    return partial(engine.accrue_all, sales=[a_sale(id) for id in ids], key="-".join(ids), **CALL)


def adjustments(*ids: str) -> Wish:
    return partial(
        engine.adjust_all, adjustments=[an_adjustment(id, "ann") for id in ids], key="-".join(ids), **CALL
    )


def members(*ids: str) -> Wish:
    return partial(engine.join_all, newcomers=[a_member(id) for id in ids], key="-".join(ids), **CALL)


@pytest.mark.parametrize("batch", [orders, adjustments, members])
def test_batches_that_name_the_same_in_another_order_wait_in_no_circle(
    url: str, batch: Callable[..., Wish]
) -> None:
    """A third one holds what lies between, so that both wait; each would have what the other one wants."""
    Shop.open(new_store(url), newcomers=a_chain("ann", "ben", "cai"))
    found = met(url, batch("m"), batch("a", "m", "z"), batch("z", "m", "a"))
    assert sorted(map(type, found), key=str) == [Report, RetryableError]


def test_whoever_leaves_a_group_waits_in_no_circle_with_whoever_closes_it(url: str) -> None:
    """The orders of all groups have counts in common."""
    life = Life(new_store(url))
    for _ in told(life):
        if life.step == OPENED:
            break
    with life.owned.begin() as tx:
        last = tx.groups.over(day(26), 9)[-1]
        (place,) = engine.group_of(tx, last)[1]
        count = min(engine.placed_order(tx, place.order).held)

    def close(tx: Transaction) -> object:
        return engine.close_groups(tx, at=day(26), actor="desk", key="close")

    def leave(tx: Transaction) -> object:
        return engine.leave_group(tx, place.order, at=day(24, 2), actor="desk", key="leave")

    found = met(url, lambda tx: tx.counts.give_back({count: 1}), close, leave)
    assert list(map(type, found)) == [engine.ClosedGroups, RefusedError]


def met(url: str, between: Wish, *works: Wish) -> list[object]:
    """Let each begin while somebody holds what it needs, who then gives up; return what they say."""
    found: list[object] = [None] * len(works)

    def do(number: int) -> None:
        try:
            with open_store(url).begin() as tx:
                found[number] = works[number](tx)
        except (RefusedError, RetryableError) as error:
            found[number] = error

    threads = [threading.Thread(target=do, args=(number,)) for number in range(len(works))]
    with broken_off(open_store(url)) as tx:
        between(tx)
        for thread in threads:
            thread.start()
            thread.join(WAIT_S)
    for thread in threads:
        thread.join()
    assert not [error for error in found if isinstance(error, Exception) and is_deadlock(error)]
    return found


def is_deadlock(error: Exception) -> bool:
    """Say whether a database has found two who wait for each other, and stopped one."""
    driver: Any = getattr(error.__cause__, "orig", None)
    return getattr(driver, "sqlstate", None) == "40P01" or getattr(driver, "args", ())[:1] == (1213,)


# The tests can fail


def test_a_circle_is_found(url: str) -> None:
    """One locks a count and then a group; another one, as it should be, a group and then a count."""
    own = an_engine(url)
    life = Life(a_store(own))
    for _ in told(life):
        if life.step == OPENED:
            break
    with LockLog(url, own) as log:
        with life.owned.begin() as tx:
            group = tx.groups.over(day(26), 1)[0]
        counted = {Count("group", "any", "", "ann"): 1}
        with life.owned.begin() as tx:
            tx.counts.take([Taking(*each, 9) for each in counted.items()])
        for turn in (1, -1):
            with life.owned.begin() as tx:
                steps = (partial(tx.groups.held, group), partial(tx.counts.give_back, counted))
                for step in steps[::turn]:
                    step()
            with life.owned.begin() as tx:
                tx.counts.take([Taking(*each, 9) for each in counted.items()])
    own.dispose()
    with pytest.raises(CycleError):
        in_order(listed(), log.done)


def test_rows_that_are_locked_in_another_order_are_found(postgresql: str) -> None:
    own = an_engine(postgresql)
    store = a_store(own)
    shop = Shop.open(store, newcomers=a_chain("ann", "ben", "cai"))
    shop.do(engine.accrue_all, [a_sale(id) for id in "abc"])
    with LockLog(postgresql, own) as log:
        for ids in (("a", "c"), ("c", "a")):
            with store.begin() as tx:
                for id in ids:
                    tx.sales.timelines([SaleId(id)])
    own.dispose()
    first, second = ([*out_of_order(steps)] for steps in log.done)
    assert first == []
    assert len(second) == 1
