"""M1: the ledger sums to zero per currency after every command; a transfer has an amount and two accounts.

The story has every kind of movement once, the machine goes through random worlds, and what Hypothesis draws
is written to the ports as it comes.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distcore import engine
from distcore.kernel import Currency, MemberId, Origin, OriginKind, instant_of, limits
from distcore.ledger import CHART, AccountBalance, Transfer, balances_of, transfer_problems
from distcore.ports import Store, Transaction
from distcore.pricing import PointsIn, PointsPolicy, Shopper, terms_of
from distcore.testing.builders import Shop, StoreOf, day
from distcore.testing.carts import CNY
from distcore.testing.catalog import a_product, some_units
from distcore.testing.machine import VERBS
from distcore.testing.money import a_transfer
from distcore.testing.story import told
from distcore.testing.walks import machine_of

LAST = day(400)
"""Later than all of the story."""


def off_balance(balances: Sequence[AccountBalance]) -> dict[str, int]:
    """Return what is too much or too little in a currency."""
    sums: Counter[str] = Counter()
    for each in balances:
        sums[each.currency] += each.minor
    return {currency: minor for currency, minor in sums.items() if minor}


def assert_balanced(tx: Transaction) -> None:
    assert off_balance(list(tx.transfers.balances())) == {}


def assert_written_soundly(tx: Transaction) -> None:
    transfers = list(tx.transfers.all())
    assert [problem for each in transfers for problem in transfer_problems(each, "transfer")] == []
    assert sorted(tx.transfers.balances(), key=str) == sorted(balances_of(transfers), key=str)


def paid_with_points(shop: Shop) -> None:
    """Sell something to Dan, who has points by now."""
    shop.do(engine.put_products, [a_product("mug", 1_000)])
    shop.do(engine.set_points, PointsIn(CNY, PointsPolicy(1, 1)))
    wanted = some_units(("mug", 1), shopper=Shopper(MemberId("dan")), points=10)
    with shop.store.begin() as tx:
        seen = engine.quote_cart(tx, wanted, at=LAST)
    agreed_minor = seen.payable_minor
    shop.do(engine.place_order, "a mug", wanted, terms_of(seen), agreed_minor=agreed_minor, at=LAST)


def test_after_every_command_of_the_story(new_store: Callable[[], Store]) -> None:
    shop = Shop(new_store())
    for _ in told(shop):
        with shop.store.begin() as tx:
            assert_balanced(tx)
    paid_with_points(shop)
    with shop.store.begin() as tx:
        assert_written_soundly(tx)
        found = {each.account for each in tx.transfers.balances()}
        moved = {account for each in tx.transfers.all() for account in (each.debit, each.credit)}
    assert moved == {*CHART, "channel/bank"}
    assert found < moved


@pytest.mark.parametrize("seed", range(5))
def test_after_every_command_in_a_random_world(store_of: StoreOf, seed: int) -> None:
    random = Random(seed)
    machine = machine_of(store_of)()
    machine.open_shop(random.getrandbits(32))
    for _ in range(40):
        machine.step(random.choice(VERBS), random.getrandbits(32))
        with machine.store.begin() as tx:
            assert_balanced(tx)
    with machine.store.begin() as tx:
        assert_written_soundly(tx)


accounts = st.sampled_from([*CHART, "channel/bank", "channel/Bank"])
transfers = st.builds(
    Transfer,
    st.builds(Origin, st.sampled_from(OriginKind), st.sampled_from(["a", "A", "a "]), st.integers(0, 10)),
    st.sampled_from(["ann", "Ann"]).map(MemberId),
    st.sampled_from(["CNY", "POINT"]).map(Currency),
    accounts,
    accounts,
    st.integers(1, 10**9) | st.integers(1, limits.AMOUNT_MINOR_MAX),
    st.just(instant_of(0)),
    st.integers(0, 9).map(instant_of),
).filter(lambda each: each.debit != each.credit)


def key_of(transfer: Transfer) -> tuple[object, ...]:
    return (transfer.origin, transfer.payee, transfer.currency, transfer.debit, transfer.credit)


@given(st.lists(transfers, max_size=30, unique_by=key_of))
def test_whatever_is_transferred(new_store: Callable[[], Store], written: list[Transfer]) -> None:
    with new_store().begin() as tx:
        tx.transfers.add(written)
        assert_balanced(tx)
        assert_written_soundly(tx)


def _of_one_side(tx: Transaction) -> Iterator[AccountBalance]:
    """Give to an account, and take it from nobody."""
    for each in tx.transfers.all():
        yield AccountBalance(each.credit, each.payee, each.currency, each.amount_minor)


def test_this_law_can_fail(new_store: Callable[[], Store]) -> None:
    with new_store().begin() as tx:
        tx.transfers.add([a_transfer()])
        assert off_balance(list(_of_one_side(tx))) == {"CNY": 100}
        assert off_balance(list(tx.transfers.balances())) == {}
