"""What a verb costs does not depend on how much there is: it never reads a whole table of a server."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

from sqlalchemy import Connection, Engine, event
from tests.sql.stores import new_store

from distcore.engine import (
    Completion,
    accrue,
    accrue_all,
    complete,
    complete_all,
    explain,
    join,
    move,
    refund,
    refund_all,
    release,
)
from distcore.kernel import MemberId, SaleId
from distcore.testing.builders import DAY_12, LATER, Shop, a_chain, a_member, a_refund, a_sale, day
from distcore_sql import create_store_engine

MANY = 4_000
FEW = ("distcore_plans", "distcore_policies", "distcore_trees", "distcore_member_changes")
"""Tables of which a shop has a page or two."""

Asked: TypeAlias = list[tuple[str, Any]]


def test_no_table_is_read_whole(postgresql: str) -> None:
    shop = _with_much(postgresql)
    stories: dict[str, Callable[[], object]] = {
        "join": lambda: shop.do(join, a_member("new", "m7")),
        "accrue": lambda: shop.do(accrue, a_sale("new", buyer="m9")),
        "accrue many": lambda: shop.do(accrue_all, [a_sale(f"new {n}", buyer=f"m{n}") for n in range(200)]),
        "refund": lambda: shop.do(refund, a_refund("new", "order 7")),
        "complete": lambda: shop.do(complete, Completion(SaleId("new"), LATER), at=LATER),
        "explain": lambda: _explain(shop, SaleId("order 9")),
        "move": lambda: shop.do(move, MemberId("m9"), MemberId("m1"), valid_from=day(20)),
        "earnings": lambda: shop.earned(day(3), day(4)),
    }
    asked: dict[str, Asked] = {}
    for name, story in stories.items():
        with _noted() as statements:
            story()
        asked[name] = statements
    engine = create_store_engine(postgresql)
    with engine.connect() as connection:
        connection.exec_driver_sql("SET random_page_cost = 1.1")  # as on any disk without a motor
        read_whole = {
            (name, line.split(" on ")[1].split()[0])
            for name, statements in asked.items()
            for line in _plans(connection, statements)
            if "Seq Scan on distcore_" in line
        }
        met = sum(1 for statements in asked.values() for _ in _plans(connection, statements))
    engine.dispose()
    assert {each for each in read_whole if each[1] not in FEW} == set()
    assert met > 100


def _with_much(url: str) -> Shop:
    shop = Shop.open(new_store(url), newcomers=a_chain(*(f"m{number}" for number in range(MANY))))
    shop.do(accrue_all, [a_sale(f"order {n}", f"m{n}", paid_at=day(1 + n % 300)) for n in range(MANY)])
    shop.do(refund_all, [a_refund(f"r{n}", f"order {n}", refunded_at=day(301)) for n in range(MANY)])
    shop.do(complete_all, [Completion(SaleId(f"order {n}"), day(301)) for n in range(MANY)])
    shop.do(release, at=day(320))
    shop.do(move, MemberId("m7"), MemberId("m3"), valid_from=DAY_12)
    return shop


def _explain(shop: Shop, sale: SaleId) -> object:
    with shop.store.begin() as tx:
        return explain(tx, sale)


@contextmanager
def _noted() -> Iterator[Asked]:
    """Note what is asked meanwhile."""
    found: Asked = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith(("SELECT", "WITH")):
            found.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    yield found
    event.remove(Engine, "before_cursor_execute", note)


def _plans(connection: Connection, statements: Sequence[tuple[str, Any]]) -> Iterator[str]:
    for statement, parameters in statements:
        for row in connection.exec_driver_sql(f"EXPLAIN {statement}", parameters):
            yield row[0]
