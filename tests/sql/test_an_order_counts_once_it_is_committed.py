"""A touch binds only whoever has no orders, while the customer's first order is being accrued.

Nobody waits for the other: an order that is not committed yet is as if it came after the touch.  It was paid
before, so that it has the upline of that time either way.
"""

from itertools import count, permutations
from typing import TypeAlias

import pytest
from attrs import evolve
from tests.sql.meetings import Place, Wish, at_more_levels, meet

from distcore.commission import Share
from distcore.engine import accrue, bind
from distcore.kernel import FirstTouchForEver, MemberId
from distcore.memory import MemoryStore
from distcore.ports import Store
from distcore.referral import Result, last_sponsor
from distcore.testing.builders import Shop, a_chain, a_member, a_policy, a_sale, day

pytestmark = pytest.mark.wide

TOUCH = Wish(bind, ("zoe", "cai"))
ORDER = Wish(accrue, (a_sale("first", "zoe", paid_at=day(3)),))

BOTH_WAYS = tuple(permutations((TOUCH, ORDER)))

End: TypeAlias = tuple[list[Result], MemberId | None, dict[Share, int]]
"""What became of the touch, who is the sponsor of the customer, and who is paid for the order."""


def opened(store: Store, *, known: bool) -> Shop:
    policy = evolve(a_policy(), binding=FirstTouchForEver(only_without_orders=True))
    return Shop.open(store, None, [*a_chain("ann", "ben", "cai"), *([a_member("zoe")] * known)], policy)


def end_of(shop: Shop) -> End:
    shop.assert_sound()
    with shop.store.begin() as tx:
        results = [touch.outcome.result for touch in tx.touches.of_customer(MemberId("zoe"))]
        zoe = tx.members.upward([MemberId("zoe")], 0).get(MemberId("zoe"))
    sponsor = None if zoe is None else last_sponsor(zoe)
    return results, sponsor, shop.shares("first")


def one_after_the_other(*wishes: Wish, known: bool) -> End:
    shop = opened(MemoryStore("mall"), known=known)
    for wish in wishes:
        with shop.store.begin() as tx:
            wish.verb(tx, *wish.what, at=day(40), actor="mia", key=str(wish.verb))
    return end_of(shop)


@at_more_levels
@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize(("hers", "his"), BOTH_WAYS, ids=["touch", "order"])
def test_it_ends_as_if_one_came_after_the_other(place: Place, hers: Wish, his: Wish, known: bool) -> None:
    expected = [one_after_the_other(*each, known=known) for each in BOTH_WAYS]
    assert expected[0] != expected[1]
    for number in count(1):
        shop = opened(place.store(place.hers, f"mall {number}"), known=known)
        outcomes = meet(place, number, hers, his, f"mall {number}")
        if outcomes is None:
            assert number > 5
            return
        assert outcomes == ["done", "done"], f"after statement {number}"
        assert end_of(shop) in expected, f"after statement {number}"
