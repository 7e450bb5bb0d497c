"""What a first order gives besides money is whole: given once, due with its order, and given back whole."""

from collections.abc import Callable
from typing import TypeAlias

import pytest
from attrs import evolve

from distcore import engine
from distcore.commission import (
    AfterRefund,
    CategoryIs,
    Choice,
    Coupons,
    FirstOrder,
    FixedPerOrder,
    Gift,
    Percent,
    Points,
    Rule,
)
from distcore.engine import Completion, NewPin
from distcore.kernel import ComponentId, InputError, PlanId, Rate, RuleId, SaleId
from distcore.ports import Store
from distcore.testing.builders import (
    LATER,
    PAID,
    Shop,
    a_cancellation,
    a_chain,
    a_line,
    a_plan,
    a_policy,
    a_price,
    a_refund,
    a_sale,
    day,
    levels,
)
from distcore.testing.tiers import a_month

NewStore: TypeAlias = Callable[[], Store]

POINTS = Points(500)
TEA = Coupons("tea", 2)
ALONE = Rule(RuleId("thanks"), FixedPerOrder(0))


def welcome(gift: Gift, *rules: Rule, id: str = "welcome", choose: Choice = Choice.FIRST) -> FirstOrder:
    return FirstOrder(ComponentId(id), rules or (ALONE,), gift=gift, choose=choose)


def opened(new_store: NewStore, *components: FirstOrder) -> Shop:
    return Shop.open(new_store(), a_plan(*components), a_chain("ann", "cai"))


def given(shop: Shop, sale: str) -> list[list[tuple[str, str, Gift, int]]]:
    """Return the gifts of each posting of a sale."""
    postings = shop.record(sale).postings
    return [
        [(each.component, each.payee, each.gift, each.change) for each in posting.gifts]
        for posting in postings
    ]


def due(shop: Shop, since: int, until: int) -> list[tuple[str, str, Gift, int]]:
    with shop.store.begin() as tx:
        found = engine.due_gifts(tx, day(since), day(until))
    return [(each.sale, each.cause, each.given.gift, each.given.change) for each in found]


def finished(shop: Shop, sale: str = "order 1") -> None:
    shop.do(engine.complete, Completion(SaleId(sale), day(11)), at=day(11))
    shop.do(engine.release, at=day(30))


def test_the_first_order_gives_points_and_coupons(new_store: NewStore) -> None:
    shop = opened(new_store, welcome(POINTS), welcome(TEA, id="coupons"))
    shop.do(engine.accrue, a_sale("order 1"), at=day(10))
    shop.do(engine.accrue, a_sale("order 2"), at=day(10))
    assert given(shop, "order 1") == [[("welcome", "ann", POINTS, 1), ("coupons", "ann", TEA, 1)]]
    assert given(shop, "order 2") == [[]]
    assert shop.accounts("ann", "POINT") == {"points_issued": -500, "frozen": 500}
    assert due(shop, 1, 400) == []
    finished(shop)
    assert shop.accounts("ann", "POINT") == {"points_issued": -500, "points": 500}
    assert due(shop, 1, 30) == []
    assert due(shop, 30, 31) == [("order 1", "sale", POINTS, 1), ("order 1", "sale", TEA, 1)]
    assert due(shop, 31, 400) == []
    shop.assert_sound()


def test_points_are_never_settled(new_store: NewStore) -> None:
    shop = opened(new_store, welcome(POINTS, Rule(RuleId("bonus"), FixedPerOrder(70))))
    shop.do(engine.accrue, a_sale("order 1"))
    finished(shop)
    with shop.store.begin() as tx:
        assert [(each.currency, each.amount_minor) for each in tx.dues.all()] == [("CNY", 70)]


def test_what_a_plan_in_points_pays_is_never_settled_either(new_store: NewStore) -> None:
    by = a_plan(levels("10%"), currency="POINT", freeze=PAID)
    shop = Shop.open(new_store(), by, a_chain("ann", "cai"), a_policy(currencies=("POINT",)))
    shop.do(engine.accrue, a_sale("order 1", currency="POINT"))
    assert set(shop.accounts("ann", "POINT")) == {"points_issued", "frozen"}
    shop.do(engine.release)
    shop.do(engine.refund, a_refund("r1"))
    assert set(shop.accounts("ann", "POINT")) == {"points_issued", "points"}
    with shop.store.begin() as tx:
        assert list(tx.dues.all()) == []
    shop.assert_sound()


def test_it_is_whole_while_anything_is_left(new_store: NewStore) -> None:
    shop = opened(new_store, welcome(TEA))
    lines = [a_line("1", net_minor=900), a_line("2", net_minor=100)]
    shop.do(engine.accrue, a_sale("order 1", lines=lines))
    shop.do(engine.refund, a_refund("r1", lines={"1": (1, 900)}))
    shop.do(engine.refund, a_refund("r2", lines={"2": (0, 99)}))
    assert given(shop, "order 1")[1:] == [[], []]
    shop.do(engine.refund, a_refund("r3", lines={"2": (1, 1)}))
    assert given(shop, "order 1")[3] == [("welcome", "ann", TEA, -1)]
    shop.assert_sound()


def test_it_does_not_come_back_with_its_order(new_store: NewStore) -> None:
    """An order of which nothing was left is no first order any more: a price brings none of that back."""
    shop = opened(new_store, welcome(POINTS))
    shop.do(engine.accrue, a_sale("order 1"))
    shop.do(engine.correct_price, a_price("nothing", {"1": 0}))
    shop.do(engine.correct_price, a_price("dearer", {"1": 15_000}, corrected_at=day(13)))
    assert given(shop, "order 1")[1:] == [[("welcome", "ann", POINTS, -1)], []]
    with shop.store.begin() as tx:
        assert engine.explain(tx, SaleId("order 1")).explained.gifts == ()
    shop.assert_sound()


def test_what_was_handed_out_is_taken_back(new_store: NewStore) -> None:
    shop = opened(new_store, welcome(POINTS), welcome(TEA, id="coupons"))
    shop.do(engine.accrue, a_sale("order 1"))
    finished(shop)
    shop.do(engine.cancel, a_cancellation("order 1", day(40)), at=day(41))
    assert due(shop, 41, 42) == [("order 1", "cancellation", gift, -1) for gift in (POINTS, TEA)]
    assert shop.accounts("ann", "POINT") == {}
    shop.assert_sound()


def test_before_its_release_a_gift_comes_and_goes_at_once(new_store: NewStore) -> None:
    """Whoever asks afterwards is told of both, and ends with none."""
    shop = opened(new_store, welcome(TEA))
    shop.do(engine.accrue, a_sale("order 1"), at=day(10))
    shop.do(engine.cancel, a_cancellation("order 1"), at=day(14))
    finished(shop)
    assert [change for *_, change in due(shop, 30, 31)] == [1, -1]


def test_the_next_order_may_have_it(new_store: NewStore) -> None:
    shop = opened(new_store, evolve(welcome(TEA), after_refund=AfterRefund.NEXT_ORDER))
    shop.do(engine.accrue, a_sale("order 1"))
    shop.do(engine.cancel, a_cancellation("order 1"))
    shop.do(engine.accrue, a_sale("order 2"))
    assert given(shop, "order 1") == [[("welcome", "ann", TEA, 1)], [("welcome", "ann", TEA, -1)]]
    assert given(shop, "order 2") == [[("welcome", "ann", TEA, 1)]]
    shop.assert_sound()


@pytest.mark.parametrize("choose", Choice)
def test_a_rule_decides_whether_it_is_given(new_store: NewStore, choose: Choice) -> None:
    food = evolve(ALONE, match=CategoryIs("food"))
    more = Rule(RuleId("more"), Percent(Rate.parse("5%")), match=CategoryIs("food"))
    shop = opened(new_store, welcome(TEA, food, more, choose=choose))
    shop.do(engine.accrue, a_sale("order 1", lines=[a_line(category="toys")]))
    shop.do(engine.accrue, a_sale("order 2", lines=[a_line(category="food")]))
    shop.do(engine.join, evolve(a_chain("cai", "other")[1]))
    shop.do(engine.accrue, a_sale("order 3", "other", lines=[a_line(category="food/tea")]))
    assert [given(shop, f"order {number}") for number in (1, 2)] == [[[]], [[]]]
    assert given(shop, "order 3") == [[("welcome", "cai", TEA, 1)]]
    shop.assert_sound()


def test_of_what_was_sold_for_nothing_nothing_is_given(new_store: NewStore) -> None:
    shop = opened(new_store, welcome(TEA))
    shop.do(engine.accrue, a_sale("order 1", lines=[a_line(net_minor=0)]))
    assert given(shop, "order 1") == [[]]


def test_another_version_of_the_plan_gives_something_else(new_store: NewStore) -> None:
    shop = opened(new_store, welcome(POINTS))
    shop.do(engine.set_plan, a_plan(welcome(TEA), plan_version=2))
    shop.do(engine.set_plan, a_plan(welcome(POINTS), plan_version=3, valid_from=day(5)))
    shop.do(engine.accrue, a_sale("order 1"))
    assert shop.do(engine.recompute, "CNY", a_month()).report.done == ()
    shop.do(engine.recompute, "CNY", a_month(), pin=NewPin(PlanId("plan"), 2, "it was promised", "boss"))
    assert given(shop, "order 1")[-1] == [("welcome", "ann", TEA, 1), ("welcome", "ann", POINTS, -1)]
    assert shop.accounts("ann", "POINT") == {}
    shop.assert_sound()


def test_an_instant_needs_a_zone(new_store: NewStore) -> None:
    shop = opened(new_store, welcome(TEA))
    with shop.store.begin() as tx, pytest.raises(InputError, match="since"):
        engine.due_gifts(tx, LATER.replace(tzinfo=None), LATER)
