"""Two shops in one database, with the same ids everywhere, never see each other."""

from tests.sql.stores import new_shop, new_store

from distcore.engine import accrue, cancel, complete, join, move, refund, release, verify
from distcore.engine.release import Completion
from distcore.kernel import MemberId, SaleId
from distcore.testing.builders import (
    DAY_12,
    Shop,
    a_cancellation,
    a_chain,
    a_line,
    a_member,
    a_plan,
    a_refund,
    a_sale,
    day,
    levels,
)


def test_what_one_shop_does_the_other_never_sees(url: str) -> None:
    mall = new_shop(url, "mall")
    _live(mall)
    before = mall.dump()

    market = Shop.open(new_store(url, "market"), a_plan(levels("1%")), a_chain("ben", "ann", "cai", "dan"))
    market.do(accrue, a_sale("order 1", buyer="dan", lines=[a_line(net_minor=700)]))
    market.do(release)
    assert mall.dump() == before
    assert list(market.earned()) == ["cai"]

    _live(mall, "again ")
    with market.store.begin() as tx:
        assert list(tx.sales.known([SaleId("order 1"), SaleId("order 2")])) == ["order 1"]
        assert [member.id for member in tx.members.all()] == ["ann", "ben", "cai", "dan"]
        assert tx.members.revision() == 0
        assert verify(tx).sound
    with mall.store.begin() as tx:
        assert verify(tx).sound


def test_shops_differ_by_case_and_trailing_blank_too(url: str) -> None:
    for name in ("mall", "Mall", "mall ", "máll"):
        shop = new_shop(url, name)
        shop.do(accrue, a_sale())
        assert shop.earned()["ben"].accrued_minor == 1_000


def _live(shop: Shop, again: str = "") -> None:
    shop.do(join, a_member(f"{again}dan", "cai"))
    for order in ("order 1", "order 2", "order 3"):
        shop.do(accrue, a_sale(f"{again}{order}"))
    shop.do(refund, a_refund(f"{again}r1", f"{again}order 1"))
    shop.do(cancel, a_cancellation(f"{again}order 2"))
    shop.do(complete, Completion(SaleId(f"{again}order 3"), DAY_12))
    shop.do(release)
    shop.do(move, MemberId(f"{again}dan"), MemberId("ann"), valid_from=day(20))
