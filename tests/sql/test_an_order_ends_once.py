"""An order is dropped, or completed, or takes a place in a group, whoever overtakes whom."""

from collections.abc import Callable
from itertools import combinations, count
from typing import Any

import pytest
from tests.sql.meetings import Place, Wish, at_more_levels, meet

from distcore import engine
from distcore.groups import GroupId, GroupSale, GroupSaleId
from distcore.kernel import MemberId, SaleId, Sku
from distcore.pricing import Audience, Break, ExtraPoints, PriceList, PriceOf, Shopper, terms_of
from distcore.testing.builders import Shop, a_policy
from distcore.testing.carts import AT, CNY, an_offer
from distcore.testing.catalog import a_product, some_units

pytestmark = pytest.mark.wide

SALE = GroupSale(GroupSaleId("tea for three"), CNY, size=3, hours=24)
ONE, OF_GROUP = SaleId("order 1"), SaleId("order 2")
NOW: dict[str, Any] = {"at": AT}

WISHES: dict[str, Callable[[GroupId], Wish]] = {
    "drops": lambda _: Wish(engine.drop_order, (ONE,), NOW),
    "completes": lambda _: Wish(engine.complete_order, (ONE,), NOW),
    "opens": lambda _: Wish(engine.open_group, (ONE,), NOW),
    "joins": lambda group: Wish(engine.join_group, (group, ONE), NOW),
}

REFUSALS = {
    "drops": {"order_dropped"},
    "completes": {"order_completed"},
    "opens": {"order_still_in_group", "order_in_group"},
    "joins": {"order_still_in_group", "order_in_group"},
}
"""What the second one is told, by what the first one did."""


PAIRS = list(combinations(WISHES, 2))
MEETINGS = [*PAIRS, *(pytest.param(his, hers, marks=pytest.mark.deep) for hers, his in PAIRS)]


def with_an_order(shop: Shop) -> GroupId:
    """Place an order that is promised points, and open a group that it may join."""
    shop.do(engine.set_policy, a_policy(currencies=("CNY", "USD")))
    shop.do(engine.put_products, [a_product("tea", 100)])
    shop.do(engine.set_offer, an_offer(ExtraPoints(5, 30), "points"))
    prices = (PriceOf(Sku("tea"), (Break(1, 60),), total_max=10),)
    shop.do(
        engine.set_price_list, PriceList("together", CNY, prices, audience=Audience(group_sales=(SALE.id,)))
    )
    shop.do(engine.set_group_sale, SALE)
    for order, member in ((ONE, "ann"), (OF_GROUP, "ben")):
        wanted = some_units(("tea", 1), shopper=Shopper(MemberId(member)), group_sale=SALE.id)
        with shop.store.begin() as tx:
            seen = engine.quote_cart(tx, wanted, at=AT)
        asked = (engine.place_order, order, wanted, terms_of(seen))
        shop.do(*asked, agreed_minor=seen.payable_minor, **NOW)
    group: GroupId = shop.do(engine.open_group, OF_GROUP, **NOW).id
    return group


@at_more_levels
@pytest.mark.parametrize(("hers", "his"), MEETINGS)
def test_of_two_who_want_something_of_an_order_one_gets_it(place: Place, hers: str, his: str) -> None:
    for number in count(1):
        shop = Shop.open(place.store(place.hers, f"shop {number}"))
        group = with_an_order(shop)

        outcomes = meet(place, number, WISHES[hers](group), WISHES[his](group), f"shop {number}")

        if outcomes is None:
            assert number > 5
            return
        done, *refused = outcomes
        assert (done, len(refused)) == ("done", 1), f"after statement {number}"
        assert set(refused) <= REFUSALS[hers] | REFUSALS[his], f"after statement {number}"
        shop.assert_sound()
