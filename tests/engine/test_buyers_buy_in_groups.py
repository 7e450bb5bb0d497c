"""Orders that are paid open and join groups; what came to nothing is dropped, owed, and paid back."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from attrs import evolve

from distcore import engine
from distcore.groups import Group, GroupId, GroupSale, GroupSaleId, GroupState, Place, PlaceState
from distcore.kernel import Currency, InputError, Instant, MemberId, SaleId, Sku
from distcore.memory import MemoryStore
from distcore.pricing import (
    AmountOff,
    Audience,
    Break,
    FromAmount,
    PriceList,
    PriceOf,
    Shopper,
    terms_of,
)
from distcore.testing.builders import Shop, a_policy
from distcore.testing.carts import AT, CNY, an_offer
from distcore.testing.catalog import a_product, some_units

DAY = timedelta(days=1)
ANN = Shopper(MemberId("ann"))
SALE = GroupSale(GroupSaleId("tea for two"), CNY, size=2, hours=24, per_member_max=2)


@pytest.fixture(name="shop")
def a_shop() -> Shop:
    """A shop in which tea costs 60 in a group and 100 else; of the price ten units are sold."""
    shop = Shop(MemoryStore("shop"))
    shop.do(engine.set_policy, a_policy(currencies=("CNY", "USD")))
    shop.do(engine.put_products, [a_product("tea", 100)])
    price = PriceOf(Sku("tea"), (Break(1, 60),), total_max=10)
    together = PriceList("together", CNY, (price,), audience=Audience(group_sales=(SALE.id,)))
    shop.do(engine.set_price_list, together)
    shop.do(engine.set_group_sale, SALE)
    return shop


def place(shop: Shop, order: str, member: str | None, sale: str = SALE.id) -> SaleId:
    """Place an order of one tea, bought in a group if a sale is named."""
    who = Shopper(None if member is None else MemberId(member))
    wanted = some_units(("tea", 1), shopper=who, group_sale=sale)
    with shop.store.begin() as tx:
        seen = engine.quote_cart(tx, wanted, at=AT)
    ask = (engine.place_order, order, wanted, terms_of(seen))
    found = shop.do(*ask, agreed_minor=seen.payable_minor, at=AT)
    assert found.payable_minor == (60 if sale == SALE.id else 100)
    return SaleId(order)


def place_in_another(shop: Shop) -> SaleId:
    """Place an order for another group sale."""
    other = GroupSaleId("other")
    shop.do(engine.set_group_sale, evolve(SALE, id=other))
    prices = (PriceOf(Sku("tea"), (Break(1, 100),)),)
    shop.do(engine.set_price_list, PriceList("other", CNY, prices, audience=Audience(group_sales=(other,))))
    return place(shop, "o", "ben", other)


def group(shop: Shop, id: GroupId) -> Group:
    with shop.store.begin() as tx:
        return engine.group_of(tx, id)[0]


def owed(shop: Shop) -> dict[str, int]:
    with shop.store.begin() as tx:
        return {mine.order: mine.paid_minor for mine in engine.owed_places(tx)}


def counted(shop: Shop) -> dict[tuple[str, str], int]:
    with shop.store.begin() as tx:
        return {(count.kind, count.member): units for count, units in tx.counts.all()}


def an_open_group(shop: Shop, order: str = "order 1", member: str = "ann") -> GroupId:
    found: Group = shop.do(engine.open_group, place(shop, order, member), at=AT)
    return found.id


def test_two_who_come_together_have_succeeded(shop: Shop) -> None:
    id = an_open_group(shop)
    assert (group(shop, id).state, group(shop, id).closes_at) == (GroupState.OPEN, AT + DAY)
    after = shop.do(engine.join_group, id, place(shop, "order 2", "ben"), at=AT)
    assert (after.state, after) == (GroupState.SUCCEEDED, group(shop, id))
    assert shop.refused(engine.join_group, id, place(shop, "order 3", "cai"), at=AT) == "group_closed"
    done = shop.do(engine.close_groups, at=AT + 2 * DAY)
    assert (done, owed(shop)) == (engine.ClosedGroups((), ()), {})
    assert counted(shop) == {("price", ""): 3, ("group", "ann"): 1, ("group", "ben"): 1}
    shop.assert_sound()
    shop.do(engine.drop_order, "order 1", at=AT + 3 * DAY)
    assert counted(shop)["price", ""] == 2, "an order of a group that succeeded may be cancelled"
    shop.assert_sound()


def test_a_group_that_came_to_nothing_gives_all_back(shop: Shop) -> None:
    id = an_open_group(shop)
    assert shop.do(engine.close_groups, at=AT + DAY - timedelta(microseconds=1)).expired == ()
    for key in ("close", "close", "again"):
        found = shop.do(engine.close_groups, at=AT + DAY, key=key)
        assert found == engine.ClosedGroups((), () if key == "again" else (id,))
        assert (group(shop, id).state, owed(shop), counted(shop)) == (GroupState.EXPIRED, {"order 1": 60}, {})
    with shop.store.begin() as tx:
        assert engine.placed_order(tx, SaleId("order 1")).dropped_at == AT + DAY
    for _ in range(2):
        mine: Place = shop.do(engine.say_repaid, "order 1", at=AT + 2 * DAY, key="repaid")
        assert (mine.state, owed(shop)) == (PlaceState.REPAID, {})
    assert shop.refused(engine.say_repaid, "order 1", at=AT + 2 * DAY) == "place_not_owed"
    shop.assert_sound()


def test_what_sits_in_an_open_group_is_not_completed(shop: Shop) -> None:
    """The group may come to nothing, and its orders are dropped then; what was completed joins none."""
    id = an_open_group(shop)
    assert shop.refused(engine.complete_order, "order 1", at=AT) == "order_still_in_group"
    early = place(shop, "order 2", "ben")
    assert shop.do(engine.complete_order, early, at=AT).completed_at == AT
    assert shop.refused(engine.join_group, id, early, at=AT) == "order_completed"
    assert shop.refused(engine.open_group, early, at=AT) == "order_completed"
    shop.do(engine.join_group, id, place(shop, "order 3", "cai"), at=AT + DAY / 2)
    assert shop.refused(engine.complete_order, "order 3", at=AT) == "place_newer"
    assert shop.do(engine.complete_order, "order 3", at=AT + DAY / 2).completed_at == AT + DAY / 2
    shop.assert_sound()


def test_whoever_leaves_is_owed_and_the_place_is_free(shop: Shop) -> None:
    id = an_open_group(shop)
    assert shop.refused(engine.drop_order, "order 1", at=AT) == "order_still_in_group"
    for _ in range(2):
        mine: Place = shop.do(engine.leave_group, "order 1", at=AT, key="leave")
        assert (mine.state, group(shop, id).taken, owed(shop)) == (PlaceState.OWED, 0, {"order 1": 60})
    assert counted(shop) == {}
    assert shop.refused(engine.leave_group, "order 1", at=AT) == "order_not_in_group"
    assert shop.refused(engine.join_group, id, "order 1", at=AT) == "order_in_group"
    shop.do(engine.join_group, id, place(shop, "order 2", "ann"), at=AT)
    after = shop.do(engine.join_group, id, place(shop, "order 3", "ben"), at=AT)
    assert after.state is GroupState.SUCCEEDED
    assert shop.do(engine.drop_order, "order 1", at=AT).dropped_at == AT
    shop.assert_sound()


def test_the_shop_fills_a_group_where_its_sale_said_so(shop: Shop) -> None:
    """As it said when the group was opened."""
    shop.do(engine.set_group_sale, evolve(SALE, fill_from=1))
    filled = an_open_group(shop)
    shop.do(engine.set_group_sale, SALE)
    expired = an_open_group(shop, "order 2", "ben")
    found = shop.do(engine.close_groups, at=AT + DAY, groups_max=1)
    found_then = shop.do(engine.close_groups, at=AT + DAY)
    both = [(each.succeeded, each.expired) for each in (found, found_then)]
    assert sorted(both) == sorted([((filled,), ()), ((), (expired,))])
    assert (group(shop, filled).taken, owed(shop)) == (1, {"order 2": 60})
    shop.assert_sound()


def test_a_member_is_in_so_many_groups(shop: Shop) -> None:
    """A mine that is given up counts no more; a limit that was lifted in between gives back what it took."""
    an_open_group(shop, "order 1")
    second = an_open_group(shop, "order 2")
    third = place(shop, "order 3", "ann")
    assert shop.refused(engine.open_group, third, at=AT) == "group_places_used_up"
    theirs = an_open_group(shop, "order 4", "ben")
    assert shop.refused(engine.join_group, theirs, third, at=AT) == "group_places_used_up"
    shop.do(engine.leave_group, "order 2", at=AT)
    shop.do(engine.join_group, second, third, at=AT)
    shop.do(engine.set_group_sale, evolve(SALE, per_member_max=None))
    an_open_group(shop, "order 5")
    shop.do(engine.close_groups, at=AT + DAY)
    assert counted(shop) == {}
    shop.assert_sound()


def test_an_order_that_is_dropped_after_its_group_succeeded_still_counts(shop: Shop) -> None:
    """Else a member could make any number of groups succeed by ordering and cancelling."""
    shop.do(engine.set_group_sale, evolve(SALE, per_member_max=1))
    id = an_open_group(shop)
    shop.do(engine.join_group, id, place(shop, "order 2", "ben"), at=AT)
    after = group(shop, id)
    shop.do(engine.drop_order, "order 1", at=AT)
    assert counted(shop) == {("price", ""): 1, ("group", "ann"): 1, ("group", "ben"): 1}
    assert (group(shop, id), owed(shop)) == (after, {})
    assert shop.refused(engine.open_group, place(shop, "order 3", "ann"), at=AT) == "group_places_used_up"
    shop.assert_sound()


def an_order(shop: Shop, at: Instant = AT, sku: str = "tea", **changes: Any) -> tuple[Any, ...]:
    """Return how a tea in a group is ordered, for what it costs then."""
    wanted = some_units((sku, 1), **{"shopper": ANN, "group_sale": SALE.id, **changes})
    with shop.store.begin() as tx:
        seen = engine.quote_cart(tx, wanted, at=at)
    ask = partial(engine.place_order, agreed_minor=seen.payable_minor)
    return ask, "order 1", wanted, terms_of(seen)


@pytest.mark.parametrize(
    ("hours", "code"),
    [(-1, "group_sale_not_running"), (0, ""), (24, ""), (47, ""), (48, "group_sale_not_running")],
)
def test_orders_for_groups_are_placed_while_one_can_be_open(shop: Shop, hours: int, code: str) -> None:
    """A group that was opened at the last moment can be joined for a day."""
    shop.do(engine.set_group_sale, evolve(SALE, valid_from=AT, valid_until=AT + DAY))
    at, before = AT + timedelta(hours=hours), shop.dump()
    asked = an_order(shop, at)
    if code:
        assert (shop.refused(*asked, at=at), shop.dump()) == (code, before)
    else:
        assert shop.do(*asked, at=at).payable_minor == 60


def test_orders_for_groups_are_placed_for_a_sale_that_there_is(shop: Shop) -> None:
    """And in its currency: what is owed is told in that."""
    shop.do(engine.put_products, [a_product("cup", 50, currency=Currency("USD"))])
    before = shop.dump()
    unknown = an_order(shop, group_sale="other")
    assert shop.refused(*unknown, at=AT) == "group_sale_unknown"
    dollars = an_order(shop, sku="cup", currency=Currency("USD"))
    assert shop.refused(*dollars, at=AT) == "order_other_currency"
    assert shop.dump() == before


def test_an_order_for_a_group_has_a_price_of_it_or_is_not_placed(shop: Shop) -> None:
    """It would wait for others and cost what it costs without them: here ann has had enough at the price."""
    price = PriceOf(Sku("tea"), (Break(1, 60),), per_member_max=1)
    together = PriceList("together", CNY, (price,), audience=Audience(group_sales=(SALE.id,)))
    shop.do(engine.set_price_list, together)
    assert shop.do(*an_order(shop), at=AT).payable_minor == 60
    ask, _, wanted, terms = an_order(shop)
    before = shop.dump()
    assert shop.refused(ask, "order 2", wanted, terms, at=AT) == "no_group_price"
    assert shop.dump() == before
    others = an_order(shop, group_sale="")
    assert shop.do(others[0], "order 2", *others[2:], at=AT).payable_minor == 100


@pytest.mark.parametrize(("priority", "code"), [(-1, ""), (1, "no_group_price")])
def test_a_price_that_everybody_has_is_none_of_a_group(shop: Shop, priority: int, code: str) -> None:
    everybody = PriceList("sale", CNY, (PriceOf(Sku("tea"), (Break(1, 50),)),), priority)
    shop.do(engine.set_price_list, everybody)
    asked = an_order(shop)
    if code:
        assert shop.refused(*asked, at=AT) == code
    else:
        assert shop.do(*asked, at=AT).payable_minor == 60


@pytest.mark.parametrize(
    ("sales", "least", "code"),
    [([SALE.id], 10, ""), ([], 10, "no_group_price"), ([SALE.id], 101, "no_group_price")],
)
def test_an_offer_for_a_group_will_do_where_it_is_applied(
    shop: Shop, sales: list[str], least: int, code: str
) -> None:
    other = PriceList("together", CNY, (), audience=Audience(group_sales=(SALE.id,)))
    shop.do(engine.set_price_list, other)
    offer = an_offer(AmountOff(10), threshold=FromAmount(least), audience=Audience(group_sales=tuple(sales)))
    shop.do(engine.set_offer, offer)
    asked = an_order(shop)
    if code:
        assert shop.refused(*asked, at=AT) == code
    else:
        assert shop.do(*asked, at=AT).payable_minor == 90


def test_an_order_that_was_placed_is_placed_once_also_when_its_sale_is_over(shop: Shop) -> None:
    asked = an_order(shop)
    first = shop.do(*asked, at=AT, key="place")
    shop.do(engine.set_group_sale, evolve(SALE, valid_until=AT))
    assert shop.do(*asked, at=AT + 9 * DAY, key="place") == first


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        (lambda shop: (engine.open_group, "nowhere"), "order_unknown"),
        (lambda shop: (engine.open_group, place(shop, "o", "ann", "")), "order_of_no_group_sale"),
        (lambda shop: (engine.open_group, place(shop, "o", None)), "group_needs_member"),
        (lambda shop: (engine.join_group, "nowhere", place(shop, "o", "ann")), "group_unknown"),
        (
            lambda shop: (engine.join_group, an_open_group(shop), place_in_another(shop)),
            "order_not_of_group_sale",
        ),
        (
            lambda shop: (engine.join_group, an_open_group(shop), place(shop, "o", "ann")),
            "already_in_group",
        ),
        (lambda shop: (engine.join_group, an_open_group(shop), "order 1"), "order_in_group"),
        (lambda shop: (engine.leave_group, place(shop, "o", "ann")), "order_not_in_group"),
        (lambda shop: (engine.say_repaid, place(shop, "o", "ann")), "order_not_in_group"),
        (
            lambda shop: (engine.set_group_sale, evolve(SALE, currency=Currency("JPY"))),
            "currency_not_of_shop",
        ),
        (
            lambda shop: (engine.set_group_sale, evolve(SALE, currency=Currency("USD"))),
            "group_sale_currency_changed",
        ),
    ],
)
def test_what_can_not_be_is_refused_and_changes_nothing(
    shop: Shop, ask: Callable[[Shop], tuple[Any, ...]], code: str
) -> None:
    asked = ask(shop)
    before = shop.dump()
    assert shop.refused(*asked, at=AT) == code
    assert shop.dump() == before


def test_an_order_that_was_dropped_opens_and_joins_nothing_and_is_told_why(shop: Shop) -> None:
    id = an_open_group(shop, "opener", "ben")
    order = place(shop, "order 1", "ann")
    shop.do(engine.drop_order, order, at=AT)
    before = shop.dump()
    assert shop.refused(engine.open_group, order, at=AT) == "order_dropped"
    assert shop.refused(engine.join_group, id, order, at=AT) == "order_dropped"
    assert shop.dump() == before


@pytest.mark.parametrize(("at", "code"), [(AT - DAY, ""), (AT, "group_sale_closed")])
def test_groups_are_opened_in_time(shop: Shop, at: Instant, code: str) -> None:
    shop.do(*an_order(shop, AT - DAY), at=AT - DAY)
    shop.do(engine.set_group_sale, evolve(SALE, valid_until=AT))
    assert shop.refused(engine.open_group, "order 1", at=at) == code


def test_nothing_is_done_before_what_it_follows(shop: Shop) -> None:
    """An order is placed, is in a group, leaves it and is repaid, or is dropped, one after the other."""
    order, other = place(shop, "order 1", "ann"), place(shop, "order 2", "ben")
    hours = [AT + timedelta(hours=hour) for hour in range(5)]

    def refused(at: Instant, *asked: object) -> str:
        before = shop.dump()
        code = shop.refused(*asked, at=at)  # type: ignore[arg-type]
        assert shop.dump() == before
        return code

    early = AT - timedelta(microseconds=1)
    assert refused(early, engine.drop_order, order) == "order_newer"
    assert refused(early, engine.open_group, order) == "order_newer"
    id = shop.do(engine.open_group, order, at=hours[1]).id
    assert refused(early, engine.join_group, id, other) == "order_newer"
    assert refused(hours[0], engine.join_group, id, other) == "group_newer"
    shop.do(engine.join_group, id, other, at=hours[2])
    assert refused(hours[1], engine.drop_order, other) == "place_newer"
    shop.do(engine.drop_order, other, at=hours[2])

    shop.do(engine.open_group, place(shop, "order 3", "ann"), at=hours[3])
    assert refused(hours[2], engine.leave_group, "order 3") == "group_newer"
    shop.do(engine.leave_group, "order 3", at=hours[4])
    assert refused(hours[3], engine.say_repaid, "order 3") == "place_newer"
    shop.do(engine.say_repaid, "order 3", at=hours[4])
    shop.assert_sound()


def test_the_same_keys_give_the_same_answers(shop: Shop) -> None:
    order, other = place(shop, "order 1", "ann"), place(shop, "order 2", "ben")
    first = shop.do(engine.open_group, order, at=AT, key="open")
    after = shop.do(engine.join_group, first.id, other, at=AT, key="join")
    before = shop.dump()
    assert shop.do(engine.open_group, order, at=AT + DAY, key="open") == after
    assert shop.do(engine.join_group, first.id, other, at=AT + DAY, key="join") == after
    assert shop.dump() == before
    assert shop.refused(engine.join_group, first.id, order, at=AT, key="join") == "key_reused"
    for _ in range(2):
        assert shop.do(engine.set_group_sale, SALE, key="set again") == SALE


def test_what_was_left_and_repaid_under_a_key_stays_so(shop: Shop) -> None:
    """Whatever has become of it since; a key of another call is told as such, whatever the order."""
    an_open_group(shop)
    shop.do(engine.leave_group, "order 1", at=AT, key="leave")
    mine = shop.do(engine.say_repaid, "order 1", at=AT, key="repaid")
    before = shop.dump()
    for verb, key in ((engine.leave_group, "leave"), (engine.say_repaid, "repaid")):
        assert shop.do(verb, "order 1", at=AT + DAY, key=key) == mine
        assert shop.refused(verb, "nowhere", at=AT, key=key) == "key_reused"
    assert shop.dump() == before


def test_what_is_no_value_is_refused_with_its_place(shop: Shop) -> None:
    asks: list[tuple[tuple[Any, ...], str]] = [
        ((engine.open_group, ""), "order"),
        ((engine.join_group, "", "o"), "group"),
        ((engine.leave_group, None), "order"),
        ((engine.say_repaid, 5), "order"),
        ((engine.set_group_sale, evolve(SALE, size=1)), "$.size"),
    ]
    for ask, where in asks:
        with pytest.raises(InputError) as caught:
            shop.do(*ask)
        assert [each.where for each in caught.value.problems] == [where]
    for most in (0, engine.GROUPS_MAX + 1):
        with pytest.raises(InputError, match=r"^groups_max: "):
            shop.do(engine.close_groups, groups_max=most)
    with shop.store.begin() as tx, pytest.raises(InputError, match=r"^count: "):
        engine.owed_places(tx, 0)
