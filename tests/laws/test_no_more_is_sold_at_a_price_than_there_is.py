"""S4 for flash sales: whoever orders and drops what, no more units are sold than the price list says.

In all and to a member, by every store; what was dropped can be had again.  A naive shop keeps count beside.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.laws.failing import assert_fails_somewhere

from distcore import engine
from distcore.kernel import MemberId, RefusedError, SaleId, Sku
from distcore.memory import MemoryStore
from distcore.ports import Store
from distcore.pricing import Break, PriceList, PriceOf, Shopper, Wanted, terms_of
from distcore.testing.builders import Shop, a_policy
from distcore.testing.canaries import swapped
from distcore.testing.carts import AT, CNY
from distcore.testing.catalog import a_product, some_units

WORKERS = 64

steps = st.lists(
    st.tuples(st.sampled_from(["ann", "ben", "cai", None]), st.integers(1, 3), st.booleans()), max_size=25
)
"""Who orders how many, and whether the oldest order of all is dropped first."""


def a_shop(store: Store, total: int | None, each: int | None) -> Shop:
    shop = Shop(store)
    shop.do(engine.set_policy, a_policy())
    shop.do(engine.put_products, [a_product("tea", 100)])
    prices = (PriceOf(Sku("tea"), (Break(1, 60),), total, each),)
    shop.do(engine.set_price_list, PriceList("flash", CNY, prices))
    return shop


def wanted(who: str | None, units: int) -> Wanted:
    return some_units(("tea", units), shopper=Shopper(None if who is None else MemberId(who)))


def ordered(shop: Shop, order: str, who: str | None, units: int) -> bool:
    """Place an order at the price of the moment; say whether it is that of the flash sale."""
    with shop.store.begin() as tx:
        seen = engine.quote_cart(tx, wanted(who, units), at=AT)
    ask = (engine.place_order, SaleId(order), wanted(who, units), terms_of(seen))
    found = shop.do(*ask, agreed_minor=seen.payable_minor, at=AT, key=order)
    return found.lines[0].price_list == "flash"


def assert_agrees(
    new_store: Callable[[], Store],
    limits: tuple[int | None, int | None],
    walk: Sequence[tuple[str | None, int, bool]],
) -> None:
    total, each = limits
    shop = a_shop(new_store(), total, each)
    held: dict[str, tuple[str | None, int]] = {}
    for number, (who, units, drops) in enumerate(walk):
        if drops and held:
            oldest = min(held)
            shop.do(engine.drop_order, SaleId(oldest), at=AT)
            del held[oldest]
        sold = Counter[str | None]()
        for owner, had in held.values():
            sold[owner] += had
        room = total is None or sum(sold.values()) + units <= total
        may = each is None or (who is not None and sold[who] + units <= each)
        assert ordered(shop, f"order {number:02}", who, units) == (room and may)
        if room and may:
            held[f"order {number:02}"] = who, units
    shop.assert_sound()


@settings(max_examples=max(5, settings().max_examples // 5))
@given(
    limits=st.tuples(
        st.one_of(st.none(), st.integers(1, 9)),
        st.one_of(st.none(), st.integers(1, 4)),
    ),
    walk=steps,
)
def test_no_more_is_sold_than_there_is(
    new_store: Callable[[], Store],
    limits: tuple[int | None, int | None],
    walk: list[tuple[str | None, int, bool]],
) -> None:
    assert_agrees(new_store, limits, walk)


def test_of_many_at_once_as_many_have_it_as_there_are() -> None:
    """In memory; processes that share a database are tested with it."""
    shop = a_shop(MemoryStore("shop"), 7, 1)

    def order(number: int) -> str:
        with shop.store.begin() as tx:
            mine = wanted(f"m {number}", 1)
            seen = engine.quote_cart(tx, mine, at=AT)
            call = {"agreed_minor": seen.payable_minor, "at": AT, "actor": "buyer", "key": f"order {number}"}
            try:
                ask = (tx, SaleId(f"order {number}"), mine, terms_of(seen))
                found = engine.place_order(*ask, **call)  # type: ignore[arg-type]
            except RefusedError as error:
                return error.refusal.code
        return str(found.lines[0].price_list)

    with ThreadPoolExecutor(WORKERS) as pool:
        said = list(pool.map(order, range(WORKERS)))
    assert Counter(said) == {"flash": 7, "None": WORKERS - 7}
    shop.assert_sound()


@pytest.mark.parametrize(
    "target", ["distcore.memory.counts:MemoryCounts.take", "distcore.memory.counts:MemoryCounts.give_back"]
)
def test_this_law_can_fail(target: str) -> None:
    walk = [("ann", 2, False), ("ben", 2, False), ("ann", 2, True), ("cai", 1, False)]
    with swapped(target, lambda *_: None):
        assert_fails_somewhere(lambda _: assert_agrees(lambda: MemoryStore("shop"), (3, 2), walk), 1)
