"""Closing, paying and asking take as many statements in a large shop as in a small one."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import pytest
from tests.sql.stores import new_store

from distcore import engine
from distcore.kernel import Currency, MemberId
from distcore.payout import EventId, Outcome, PayoutId, ProviderEvent
from distcore.testing.builders import LATER, Shop, a_chain, day
from distcore.testing.money import a_settlement_policy, an_adjustment, some_details
from distcore_sql import SqlStore, SqlTransaction

CNY = Currency("CNY")

MOST = {
    "close": 27,
    "set an account": 8,
    "verify an account": 6,
    "request a payout": 16,
    "approve a payout": 8,
    "submit payouts": 18,
    "take an event": 10,
    "statements": 3,
    "balances": 1,
}
"""Statements that each may take, for a page of payees; BEGIN and COMMIT are not counted.

Whatever locks takes one more on MariaDB, which is asked for the level of isolation.
"""


class Counting:
    """A store that adds up the statements of its transactions."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self.count = 0

    @contextmanager
    def begin(self) -> Iterator[SqlTransaction]:
        with self._store.begin() as tx:
            yield tx
        self.count += tx.statements


def taken(url: str, name: str, payees: int) -> dict[str, int]:
    """Return the statements of each verb in a shop in which so many payees have something due."""
    store = Counting(new_store(url, name))
    shop = Shop.open(store, newcomers=a_chain(*(f"m{number}" for number in range(payees))))
    shop.do(engine.set_settlement, a_settlement_policy())
    dues = [an_adjustment(f"a{number}", f"m{number}", 5_000) for number in range(payees)]
    shop.do(engine.adjust_all, dues, at=day(15))
    first = MemberId("m0")
    event = ProviderEvent(EventId("e"), PayoutId("p"), first, CNY, 700, Outcome.SUCCEEDED, day(50))
    verbs: dict[str, Callable[[], object]] = {
        "close": partial(shop.do, engine.close_period, CNY, "2017-01", at=day(40)),
        "set an account": partial(shop.do, engine.set_account, first, "bank", some_details(), at=day(41)),
        "verify an account": partial(shop.do, engine.verify_account, first, 1, at=day(41), actor="boss"),
        "request a payout": partial(
            shop.do, engine.request_payout, PayoutId("p"), first, CNY, 700, at=day(49)
        ),
        "approve a payout": partial(shop.do, engine.approve_payout, PayoutId("p"), at=day(49), actor="boss"),
        "submit payouts": partial(shop.do, engine.submit_payouts, "bank", at=day(49)),
        "take an event": partial(shop.do, engine.take_event, event, at=LATER),
        "statements": partial(ask, store, lambda tx: engine.statements(tx, first)),
        "balances": partial(ask, store, lambda tx: list(engine.balances(tx, first))),
    }
    found = {}
    for verb, do in verbs.items():
        before = store.count
        do()
        found[verb] = store.count - before
    return found


def ask(store: Counting, question: Callable[[SqlTransaction], object]) -> None:
    with store.begin() as tx:
        question(tx)


@pytest.mark.parametrize("payees", [40, 120])
def test_a_large_shop_takes_as_many_as_a_small_one(url: str, payees: int) -> None:
    small, large = taken(url, "small", 1), taken(url, "large", payees)
    sys.stdout.write(f"\nstatements of a verb: {large}\n")
    assert large == small
    assert {verb: count for verb, count in large.items() if count > MOST[verb]} == {}
