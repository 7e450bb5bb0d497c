"""What a verb costs does not depend on how much there is: it never reads a whole table, or a whole shop."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from time import monotonic, sleep
from typing import Any, Final, TypeAlias

import pytest
from attrs import evolve
from sqlalchemy import Connection, Engine, event
from tests.postgresql import connected
from tests.sql.stores import new_store

from distcore import engine
from distcore.commission import Percent, Region, Rule
from distcore.engine import Completion, explain
from distcore.kernel import ComponentId, Currency, MemberId, Rate, RuleId, SaleId, ShopId
from distcore.payout import PayoutId
from distcore.pricing import PriceList, Schedule
from distcore.referral import ApplicationState, Aspect, Change, Evidence, fingerprint_hash
from distcore.testing.builders import (
    DAY_12,
    LATER,
    Shop,
    a_chain,
    a_member,
    a_plan,
    a_refund,
    a_sale,
    day,
    levels,
)
from distcore.testing.carts import an_offer, percent
from distcore.testing.catalog import a_product, some_units
from distcore.testing.contracts.pricing import a_price
from distcore.testing.money import a_settlement_policy, an_adjustment, some_details
from distcore.testing.recruiting import a_code, a_touch, an_application, identify_members
from distcore_sql import SqlStore, create_store_engine
from distcore_sql.paging import pages
from distcore_sql.statements import Statements
from distcore_sql.tables import own_tables, table_names

MANY: Final = 4_000
FEW: Final = (
    "plans",
    "policies",
    "trees",
    "member_changes",
    "settlement_policies",
    "closings",
    "freight_templates",
    "points_policies",
    "outboxes",
    "opening_freezes",
)
"""Tables of which a shop has a page or two; of balances that are frozen, none in the end."""

IN_ORDER: Final = {("relay", "outbox")}
"""What goes along an index and stops at a limit."""

WHOLE: Final[Mapping[str, re.Pattern[str]]] = {
    "sqlite": re.compile(r"SCAN distcore_(\w+)|SEARCH distcore_(\w+) USING .*\(shop=\?\)$"),
    "postgresql": re.compile(r"Seq Scan on distcore_(\w+)"),
    # A key of which 514 bytes are used, or one constant, is that of the shop.
    "mariadb": re.compile(
        r"^(?:distcore_)?(\w+) (?:(?:ALL|index) \S+ \S+ \S+|range \S+ 514 \S+|ref \S+ \S+ const) \d{3,}"
    ),
}
"""How each database says that it reads all that there is."""

BEHIND: Final = re.compile(r"Index Cond: .*ROW\(|\(shop=\? AND \(\w+,\w+,\w+\)>")
"""How a database says that it begins in the middle of an index."""

EXPLAIN: Final[Mapping[str, str]] = {
    "sqlite": "EXPLAIN QUERY PLAN",
    "postgresql": "EXPLAIN",
    "mariadb": "EXPLAIN",
}

FIRST: Final[Mapping[str, Sequence[str]]] = {
    # As on any disk without a motor.
    "postgresql": ["SET random_page_cost = 1.1"],
    # What a server does by itself once a tenth of a table is new, some time afterwards.
    "mariadb": [f"ANALYZE TABLE {', '.join(table_names())}"],
}
"""What is done before it is asked."""

CNY: Final = Currency("CNY")
APPROVED: Final = ApplicationState.APPROVED
ANN: Final = MemberId("m1")
Asked: TypeAlias = list[tuple[str, Any]]


@pytest.mark.wide
def test_no_table_is_read_whole(url: str) -> None:
    shop = _with_much(url)
    asked: dict[str, Asked] = {}
    for name, story in _stories(shop).items():
        with _noted() as statements:
            story()
        asked[name] = statements
    at = create_store_engine(url)
    with at.connect() as connection:
        for statement in FIRST.get(at.dialect.name, ()):
            connection.exec_driver_sql(statement)
        of_all = _plans(connection, [("SELECT * FROM distcore_sales WHERE shop = 'mall'", ())])
        assert any(map(WHOLE[at.dialect.name].search, of_all))
        found = [
            (name, WHOLE[at.dialect.name].search(line))
            for name, statements in asked.items()
            for line in _plans(connection, statements)
        ]
    at.dispose()
    read_whole = {(name, *filter(None, match.groups())) for name, match in found if match}
    assert {each for each in read_whole - IN_ORDER if each[1] not in FEW} == set()
    assert ("list agents", "member_changes") not in read_whole
    assert len(found) > 300


@pytest.mark.wide
def test_a_seal_looks_each_leaf_up_by_its_key(postgresql: str) -> None:
    shop = Shop.open(new_store(postgresql), a_plan(levels("10%")), a_chain("m1", "m2"))
    shop.do(engine.accrue_all, [a_sale(f"order {n}", "m2") for n in range(2_000)])
    with _noted() as statements:
        shop.do(engine.seal)
    at = create_store_engine(postgresql)
    with at.connect() as connection:
        lines = list(_plans(connection, statements))
    at.dispose()
    asked = [after for line, after in pairwise(lines) if "pk_distcore_sealed_leaves" in line]
    assert len(asked) > 30
    assert all("(ref = " in line for line in asked), asked


@pytest.mark.wide
def test_a_page_begins_where_the_last_one_ended(url: str) -> None:
    shop = Shop.open(new_store(url), a_plan(levels("10%")), a_chain("m1", "m2"))
    shop.do(engine.accrue_all, [a_sale(f"order {n}", "m2") for n in range(2_000)])
    at = create_store_engine(url)
    with at.connect() as connection:
        statements = Statements(connection, ShopId("mall"), own_tables(), guest=False)
        with _noted() as asked:
            rows = list(pages(statements, "accruals", 100))
        assert (len(rows), len(asked)) == (2_000, 21)
        if at.dialect.name == "mariadb":
            # It tells of the same plan wherever the page begins, but it counts what it reads.
            before = _read_next(connection)
            for statement, parameters in asked:
                connection.exec_driver_sql(statement, parameters).all()
            assert 1_900 < _read_next(connection) - before < 2_100
        else:
            assert any(map(BEHIND.search, _plans(connection, asked[1:2])))
    at.dispose()


@pytest.mark.wide
def test_a_new_shop_is_known_beside_the_others(postgresql: str) -> None:
    """Where the planner knows a few shops, any other has one row, and each index of shops leads to it."""
    for number in range(20):
        _chain_in(new_store(postgresql, f"shop {number}"), 30)
    with connected(postgresql) as connection:
        connection.execute("ANALYZE")
    store = new_store(postgresql, "new")
    _chain_in(store, 2_000)
    at = create_store_engine(postgresql)
    with at.connect() as connection, store.begin() as tx:
        with _noted() as asked:
            assert len(tx.members.upward([MemberId("m1999")], None)) == 2_000
            assert len(list(tx.members.all())) == 2_000
        lines = list(_plans(connection, asked))
    at.dispose()
    used = {match[1] for line in lines if (match := re.search(r"using (\w+) on distcore_members\b", line))}
    assert used == {"pk_distcore_members"}


@pytest.mark.wide
def test_a_foreign_key_is_soon_looked_up_by_its_key(postgresql: str) -> None:
    """A connection keeps how it found the first few: by whatever index of shops."""
    at = create_store_engine(postgresql)
    for number in range(10):
        _chain_in(SqlStore(at, ShopId(f"shop {number}"), own_tables()), 6)
    _chain_in(SqlStore(at, ShopId("mall"), own_tables()), 4_000)
    at.dispose()
    with connected(postgresql) as connection:
        read = "SELECT sum(idx_tup_read) FROM pg_stat_user_indexes WHERE relname = 'distcore_members'"
        until = monotonic() + 10
        while (count := connection.execute(read).fetchone()[0]) <= 4_000 and monotonic() < until:
            sleep(0.1)  # the last of what a connection has read is told when it ends
    assert 4_000 < count < 400_000


def _chain_in(store: SqlStore, depth: int) -> None:
    shop = Shop.open(store)
    shop.do(engine.join_all, a_chain(*[f"m{number}" for number in range(depth)]))


def _read_next(connection: Connection) -> int:
    """Return how many rows MariaDB has read by going along an index."""
    _, count = connection.exec_driver_sql("SHOW SESSION STATUS LIKE 'Handler_read_next'").one()
    return int(count)


def _stories(shop: Shop) -> dict[str, Callable[[], object]]:
    """Return what is done in the shop, in this order."""
    late = {"at": day(400)}
    details = some_details()
    return {
        "join": partial(shop.do, engine.join, a_member("new", "m7")),
        "accrue": partial(shop.do, engine.accrue, a_sale("new", buyer="m9")),
        "accrue many": partial(
            shop.do, engine.accrue_all, [a_sale(f"new {n}", buyer=f"m{n}") for n in range(200)]
        ),
        "refund": partial(shop.do, engine.refund, a_refund("new", "order 7")),
        "complete": partial(shop.do, engine.complete, Completion(SaleId("new"), LATER), at=LATER),
        "release": partial(shop.do, engine.release, at=day(500)),
        "put": partial(shop.do, engine.put_products, [a_product("sku 9", 7)]),
        "explain": partial(_explain, shop, SaleId("order 9")),
        "move": partial(shop.do, engine.move, MemberId("m9"), ANN, valid_from=day(20)),
        "appoint": partial(shop.do, engine.appoint, "m8", "cn/zj", valid_from=day(20)),
        "accrue with agents": partial(
            shop.do, engine.accrue, evolve(a_sale("of zj", "m9"), region="region 7/hz")
        ),
        "list agents": partial(_agents, shop, ["region 7", "region 8"]),
        "identify": partial(shop.do, engine.identify, "m9", ["phone 9", "phone 10"]),
        "accrue of one person": partial(shop.do, engine.accrue, a_sale("newer", buyer="m9")),
        "bind": partial(shop.do, engine.bind, "a customer", "m8"),
        "touch again": partial(shop.do, engine.touch_by_code, "customer 9", "code-8"),
        "apply": partial(shop.do, engine.apply_to_distribute, "new", "m20", Evidence()),
        "review": partial(shop.do, engine.review_application, "application 9", APPROVED, actor="boss"),
        "erase": partial(shop.do, engine.erase_person, "applicant 9"),
        "quote": partial(_quote, shop),
        "earnings": partial(shop.earned, day(3), day(4)),
        "adjust": partial(shop.do, engine.adjust, an_adjustment("new", "m1", 5_000), **late),
        "set an account": partial(shop.do, engine.set_account, ANN, "bank", details, at=day(321)),
        "verify an account": partial(shop.do, engine.verify_account, ANN, 1, at=day(321), actor="boss"),
        "request": partial(shop.do, engine.request_payout, PayoutId("p"), ANN, CNY, 100, **late),
        "approve": partial(shop.do, engine.approve_payout, PayoutId("p"), actor="boss", **late),
        "submit": partial(shop.do, engine.submit_payouts, "bank", **late),
        "relay": partial(engine.relay, shop.store.begin, lambda _: None, at=day(400), events_max=10),
    }


def _with_much(url: str) -> Shop:
    agents = Region(ComponentId("agents"), (Rule(RuleId("all"), Percent(Rate.parse("1%"))),))
    chain = a_chain(*(f"m{number}" for number in range(MANY)))
    shop = Shop.open(new_store(url), a_plan(levels("10%", "5%"), agents), chain)
    shop.do(engine.open_outbox)
    shop.do(engine.set_settlement, a_settlement_policy())
    _recruit(shop)
    _price(shop)
    shop.do(engine.accrue_all, [a_sale(f"order {n}", f"m{n}", paid_at=day(1 + n % 300)) for n in range(MANY)])
    shop.do(engine.adjust_all, [an_adjustment(f"a{n}", f"m{n}", 5_000) for n in range(MANY)], at=day(15))
    refunds = [a_refund(f"r{n}", f"order {n}", refunded_at=day(301)) for n in range(MANY)]
    shop.do(engine.refund_all, refunds)
    shop.do(engine.complete_all, [Completion(SaleId(f"order {n}"), day(301)) for n in range(MANY)])
    shop.do(engine.release, at=day(320))
    shop.do(engine.move, MemberId("m7"), MemberId("m3"), valid_from=DAY_12)
    for month in range(1, 12):
        shop.do(engine.close_period, CNY, f"2017-{month:02}", at=day(345))
    return shop


def _recruit(shop: Shop) -> None:
    """Fill the tables of recruiting, past the engine: it would take its time."""
    with shop.store.begin() as tx:
        tx.members.append_all(
            [
                Change(MemberId(f"m{n}"), Aspect.APPOINTED, f"region {n % 400}", DAY_12, DAY_12, n + 1)
                for n in range(MANY)
            ]
        )
        for n in range(0, MANY, 4):
            identify_members(tx, f"m{n}", f"customer {n}")
        for n in range(0, MANY, 2):
            tx.identities.replace(MemberId(f"m{n}"), [fingerprint_hash(tx.shop, f"phone {n}")])
            tx.applications.add(an_application(f"application {n}", f"applicant {n}"), Evidence())
            tx.promotion_codes.add(a_code(f"CODE-{n}", f"m{n}"))
            tx.touches.add(a_touch(f"customer {n}", promoter=f"m{n}"))
        for n in range(1, MANY // 4, 2):
            tx.applications.add(an_application(f"application {n}", f"applicant {n}"), Evidence())


def _price(shop: Shop) -> None:
    """Fill the tables of prices: nearly all that was offered is over."""
    with shop.store.begin() as tx:
        tx.products.put([a_product(f"sku {n}") for n in range(MANY)])
        for n in range(MANY):
            schedule = Schedule(valid_until=None if n < 5 else DAY_12)
            tx.terms.put_offer(an_offer(percent("10%"), f"offer {n}", schedule=schedule), 1, at=DAY_12)
            prices = () if n else tuple([a_price(f"sku {k}") for k in range(MANY)])
            tx.terms.put_list(PriceList(f"list {n}", CNY, prices, schedule=schedule), 1, at=DAY_12)


def _quote(shop: Shop) -> object:
    with shop.store.begin() as tx:
        wanted = some_units(("sku 7", 1), ("sku 8", 2), coupons=("offer 9",))
        return engine.quote_cart(tx, wanted, at=LATER)


def _agents(shop: Shop, regions: Sequence[str]) -> object:
    with shop.store.begin() as tx:
        return engine.agents(tx, valid_at=LATER, regions=regions)


def _explain(shop: Shop, sale: SaleId) -> object:
    with shop.store.begin() as tx:
        return explain(tx, sale)


@contextmanager
def _noted() -> Iterator[Asked]:
    """Note what is asked meanwhile."""
    found: Asked = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        bare = statement.partition(" FOR ")[2] if statement.startswith("SET STATEMENT") else statement
        if bare.startswith(("SELECT", "WITH", "UPDATE", "DELETE")):
            found.append((bare, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    yield found
    event.remove(Engine, "before_cursor_execute", note)


def _plans(connection: Connection, statements: Sequence[tuple[str, Any]]) -> Iterator[str]:
    for statement, parameters in statements:
        for row in connection.exec_driver_sql(f"{EXPLAIN[connection.dialect.name]} {statement}", parameters):
            yield _TOLD.get(connection.dialect.name, _at_the_end)(row)


def _at_the_end(row: Any) -> str:
    return str(row[-1])


def _in_columns(row: Any) -> str:
    """Return the table, how it is read, by which key, how much of it, and what of the key is known."""
    return " ".join(map(str, (row.table, row.type, row.key, row.key_len, row.ref, row.rows)))


_TOLD: Final[Mapping[str, Callable[[Any], str]]] = {"mariadb": _in_columns}
