"""The way up is one recursive query: over deep chains, and over rings that moves formed over time."""

from time import perf_counter, process_time

import pytest
from tests.sql.stores import new_shop, new_store

from distcore.engine import accrue, move
from distcore.kernel import MemberId
from distcore.referral import Member, upline
from distcore.testing.builders import DAY_1, LATER, Shop, a_chain, a_sale, day

pytestmark = pytest.mark.wide

DEPTH = 100_000


def test_a_hundred_thousand_sponsors_are_read_in_seconds_and_climbed_in_one(url: str) -> None:
    store = new_store(url)
    ids = [MemberId(f"m{number}") for number in range(DEPTH)]
    chain = [Member(id, DAY_1, LATER, above) for id, above in zip(ids, [None, *ids[:-1]], strict=True)]
    with store.begin() as tx:
        tx.members.add(chain)
    shop = Shop.open(store)
    with store.begin() as tx:
        started = perf_counter()
        tree = tx.members.upward([ids[-1]], None)
        assert perf_counter() - started < 10
        started = process_time()
        assert sum(1 for _ in upline(tree, ids[-1], valid_at=LATER, revision=0)) == DEPTH - 1
        assert process_time() - started < 1
        assert len(tx.members.upward([ids[-1]], 4)) == 5
        assert tx.members.upward([ids[-1]], 0).keys() == {ids[-1]}
    assert len(shop.do(accrue, a_sale(buyer=ids[-1])).accruals) == 3


@pytest.mark.parametrize("levels", [None, 0, 1, 2, 3, 64, 65])
def test_a_ring_over_time_is_climbed_once(url: str, levels: int | None) -> None:
    shop = new_shop(url)
    ann, ben, cai = (MemberId(name) for name in ("ann", "ben", "cai"))
    shop.do(move, ben, None, valid_from=day(20))
    shop.do(move, ann, cai, valid_from=day(21))
    with shop.store.begin() as tx:
        found = tx.members.upward([ben], levels)
    expected = {ben, ann, cai} if levels is None or levels >= 2 else {ben, ann} if levels else {ben}
    assert found.keys() == expected
    assert [change.value for change in found[ben].changes] == [None]


def test_whoever_ever_stood_below_is_found(url: str) -> None:
    shop = Shop.open(new_store(url), newcomers=a_chain("ann", "ben", "cai"))
    ann, ben, cai = (MemberId(name) for name in ("ann", "ben", "cai"))
    shop.do(move, cai, ann, valid_from=day(20))
    with shop.store.begin() as tx:
        below = tx.members.downward([ann, ben, cai])
        assert {id: [member.id for member in members] for id, members in below.items()} == {
            ann: [ben, cai],
            ben: [cai],
            cai: [],
        }
        assert tx.members.fan_out([ann, ben, cai]) == {ann: 2, ben: 1}
        assert [member.id for member in tx.members.roots()] == [ann]
        assert tx.members.revision_at(LATER) == tx.members.revision() == 1
        assert tx.members.revision_at(DAY_1) == 0
