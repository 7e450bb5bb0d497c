"""Points that pay a part of an order are those of the ledger: taken once, and given back once."""

from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve
from tests.engine.test_an_order_is_placed import counted, place, placed, refused

from distcore import engine
from distcore.kernel import POINT, Actor, Count, Instant, MemberId, Origin, OriginKind, SaleId, Taking
from distcore.ledger import POINTS, POINTS_SPENT
from distcore.memory import MemoryStore
from distcore.pricing import (
    SPENT,
    PointsIn,
    PointsPolicy,
    Quote,
    Shopper,
    Wanted,
    points_of,
    terms_of,
)
from distcore.referral import Newcomer
from distcore.settlement import Adjustment
from distcore.testing.builders import Shop, a_policy
from distcore.testing.carts import AT, CNY
from distcore.testing.catalog import a_product, some_units

ANN = MemberId("ann")
ONE, TWO = SaleId("order 1"), SaleId("order 2")


def an_adjustment(id: str, points: int, at: Instant) -> Adjustment:
    return Adjustment(id, ANN, POINT, points, reason=id, authority=Actor("owner"), valid_at=at)


def cups(points: int = 150, member: MemberId | None = ANN) -> Wanted:
    """Return two cups for 100.00, of which points pay a part: one minor unit each."""
    return some_units(("cup", 2), shopper=Shopper(member), points=points)


@pytest.fixture(name="shop")
def a_shop() -> Shop:
    """A shop where Ann was given 200 points."""
    shop = Shop(MemoryStore("shop"))
    shop.do(engine.set_policy, a_policy(currencies=("CNY", "USD")))
    shop.do(engine.join_all, [Newcomer(ANN, AT - timedelta(days=9))], at=AT - timedelta(days=9))
    shop.do(engine.put_products, [a_product("cup", 5_000)])
    shop.do(engine.set_points, PointsIn(CNY, PointsPolicy(1, 1)))
    before = AT - timedelta(days=1)
    given = an_adjustment("welcome", 200, before)
    shop.do(engine.adjust, given, at=before)
    return shop


def accounts(shop: Shop) -> dict[str, int]:
    return {account: points for account, points in shop.accounts("ann", "POINT").items() if points}


def test_points_are_taken_with_the_order_and_come_back_once(shop: Shop) -> None:
    found = place(shop, ONE, cups())
    assert (found.points, found.payable_minor) == (150, 9_850)
    assert accounts(shop) == {"points_issued": -200, "points": 50, "points_spent": 150}
    shop.assert_sound()

    shop.do(engine.drop_order, ONE, at=AT)
    shop.do(engine.drop_order, ONE, at=AT, key="again")
    assert accounts(shop) == {"points_issued": -200, "points": 200}
    with shop.store.begin() as tx:
        moved = tx.transfers.of_origins([Origin(OriginKind.ORDER, ONE, step) for step in (0, 1)])
    assert [(each.debit, each.credit, each.valid_at) for each in moved] == [
        (POINTS, POINTS_SPENT, AT),
        (POINTS_SPENT, POINTS, AT),
    ]
    shop.assert_sound()
    assert place(shop, TWO, cups(200)).points == 200


def test_nobody_pays_with_points_of_the_future_or_of_others(shop: Shop) -> None:
    place(shop, ONE, cups())
    before = shop.dump()
    assert refused(lambda: place(shop, TWO, cups(51))) == "points_short"
    assert refused(lambda: place(shop, TWO, cups(1, MemberId("ben")))) == "points_short"
    assert refused(lambda: place(shop, TWO, cups(1, None))) == "points_short"
    assert shop.dump() == before
    assert place(shop, TWO, cups(50)).points == 50


def test_an_order_without_points_moves_none(shop: Shop) -> None:
    place(shop, ONE, cups(0, None))
    shop.do(engine.drop_order, ONE, at=AT)
    assert accounts(shop) == {"points_issued": -200, "points": 200}
    assert placed(shop, ONE).held == {}


def test_whoever_owes_points_has_none_to_spend(shop: Shop) -> None:
    """What is taken back later leaves fewer than none, and the order as it is."""
    place(shop, ONE, cups())
    shop.do(engine.adjust, an_adjustment("mistake", -100, AT), at=AT)
    assert accounts(shop)["points"] == -50
    assert refused(lambda: place(shop, TWO, cups(1))) == "points_short"
    shop.assert_sound()


def test_who_was_slower_is_refused_by_what_is_counted(shop: Shop) -> None:
    """Another order took the points after the balance was read."""
    with shop.store.begin() as tx:
        seen = engine.quote_cart(tx, cups(), at=AT)
        assert tx.counts.take([Taking(points_of(ANN), 100, 200)]) is None
    ask = (engine.place_order, "late", cups(), terms_of(seen))
    assert shop.refused(*ask, agreed_minor=seen.payable_minor, at=AT) == "points_short"
    assert placed_nothing(shop)


def placed_nothing(shop: Shop) -> bool:
    with shop.store.begin() as tx:
        return not list(tx.placed_orders.all())


@pytest.mark.parametrize(
    ("damage", "where"),
    [
        (lambda tx: tx.counts.take([Taking(points_of(ANN), 1, 999)]), "points spent for 'ann'"),
        (lambda tx: tx.counts.give_back({points_of(ANN): 1}), "points spent for 'ann'"),
        (lambda tx: tx.counts.take([Taking(Count(SPENT, POINT), 1, 999)]), "points spent"),
    ],
)
def test_verify_finds_points_that_no_order_spent(shop: Shop, damage: Any, where: str) -> None:
    place(shop, ONE, cups())
    with shop.store.begin() as tx:
        damage(tx)
        assert [each.where for each in engine.verify(tx).problems] == [where]


def quoted(shop: Shop, wanted: Wanted) -> Quote:
    with shop.store.begin() as tx:
        return engine.quote_cart(tx, wanted, at=AT)


def test_a_quote_does_not_ask_who_holds_points(shop: Shop) -> None:
    """It takes four statements, and is one of what the cart says."""
    assert quoted(shop, cups(9_999, None)).points == 9_999
    assert quoted(shop, evolve(cups(), points=0)).points == 0
    assert counted(shop) == {}
