"""What a verb asks of the database does not depend on how much it is asked to do."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from sqlalchemy import Engine, event
from tests.sql.stores import new_shop

from distcore.commission import GroupBy
from distcore.engine import accrue_all, cancel_all, complete_all, join_all, move, refund_all, release
from distcore.engine.release import Completion
from distcore.kernel import MemberId, SaleId
from distcore.testing.builders import (
    ALWAYS,
    DAY_12,
    Shop,
    a_cancellation,
    a_line,
    a_member,
    a_refund,
    a_sale,
    day,
)

Do: TypeAlias = Callable[[Shop, range], object]

# Verb, and the most statements that a batch of it may take; BEGIN and COMMIT are not counted.
BATCHES: dict[str, tuple[int, Do]] = {
    "join": (6, lambda shop, n: shop.do(join_all, [a_member(f"m{i}", "cai") for i in n])),
    "accrue": (11, lambda shop, n: shop.do(accrue_all, [_sale(i) for i in n])),
    "complete": (12, lambda shop, n: shop.do(complete_all, [Completion(_id(i), DAY_12) for i in n])),
    "refund": (17, lambda shop, n: shop.do(refund_all, [a_refund(f"r{i}", _id(i)) for i in n])),
    "cancel": (16, lambda shop, n: shop.do(cancel_all, [a_cancellation(_id(i)) for i in n])),
    "release": (7, lambda shop, n: shop.do(release)),
    "earnings": (1, lambda shop, n: shop.earned(by=GroupBy.VALID)),
    "earnings by posting": (1, lambda shop, n: shop.earned(*ALWAYS, by=GroupBy.POSTED)),
    "find": (5, lambda shop, n: _ask(shop, lambda tx: tx.sales.find([_id(i) for i in n]))),
    "upward": (1, lambda shop, n: _ask(shop, lambda tx: tx.members.upward(_members(n), len(n)))),
    "upward, all": (
        1,
        lambda shop, n: _ask(shop, lambda tx: tx.members.upward(_members(n), None)),
    ),
    "downward": (1, lambda shop, n: _ask(shop, lambda tx: tx.members.downward(_members(n)))),
    "move": (10, lambda shop, n: shop.do(move, _members(n)[0], MemberId("ann"), valid_from=day(9))),
}


def test_a_batch_takes_as_many_statements_as_a_single_one(tmp_path: Path) -> None:
    shop = new_shop(tmp_path)
    shop.do(move, MemberId("cai"), MemberId("ann"), valid_from=day(9))  # the first one makes the tree's row
    single, many = {}, {}
    for verb, (_, do) in BATCHES.items():
        with _counted() as statements:
            do(shop, range(1))
        single[verb] = len(statements)
    for verb, (_, do) in BATCHES.items():
        with _counted() as statements:
            do(shop, range(1, 40))
        many[verb] = len(statements)
    sys.stdout.write(f"\nstatements of a verb: {many}\n")
    assert many == single
    for verb, (most, _) in BATCHES.items():
        assert many[verb] <= most, verb


@pytest.mark.parametrize("lines", [1, 500])
def test_the_lines_of_an_order_take_no_more_statements(tmp_path: Path, lines: int) -> None:
    shop = new_shop(tmp_path)
    with _counted() as statements:
        shop.do(accrue_all, [a_sale(lines=[a_line(str(i)) for i in range(lines)])])
    assert len(statements) <= BATCHES["accrue"][0]


def _sale(number: int) -> Any:
    return a_sale(_id(number), buyer=f"m{number}")


def _id(number: int) -> SaleId:
    return SaleId(f"order {number}")


def _members(numbers: range) -> list[MemberId]:
    return [MemberId(f"m{number}") for number in numbers]


def _ask(shop: Shop, question: Callable[[Any], object]) -> object:
    with shop.store.begin() as tx:
        return question(tx)


@contextmanager
def _counted() -> Iterator[list[str]]:
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith("BEGIN"):
            found.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield found
    event.remove(Engine, "before_cursor_execute", note)
