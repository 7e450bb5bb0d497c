"""Whatever members and orders try, coupons stay within their limits, and one order at a time has one.

A naive shop of plain dictionaries is told the same steps, and knows of each whether it must be refused.
"""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from threading import Thread
from typing import TypeAlias

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from distcore import engine
from distcore.coupons import CouponId, CouponTemplate, CouponUse, DaysFromClaim, TemplateId
from distcore.kernel import Instant, MemberId, RefusedError, SaleId
from distcore.memory import MemoryStore
from distcore.ports import Store
from distcore.testing.builders import LATER, Shop, a_policy
from distcore.testing.carts import CNY, an_offer, percent

OFFER = evolve(an_offer(percent("10%")), by_coupon=True)
DAYS = 2
WORKERS = 64

Step: TypeAlias = tuple[str, str, int, int]
"""What is tried, by which member, with which coupon of those that there are, and after how many hours."""

steps = st.lists(
    st.tuples(
        st.sampled_from(["claim", "claim", "lock", "lock", "use", "free", "give", "withdraw"]),
        st.sampled_from(["ann", "ben", "cai"]),
        st.integers(0, 5),
        st.sampled_from([0, 0, 1, 24]),
    ),
    max_size=30,
)
limits = st.tuples(st.integers(1, 4), st.integers(1, 3), st.one_of(st.none(), st.integers(1, 2)))


class NaiveShop:
    """Who has which coupon, and which order; what was counted, by the words of the template."""

    def __init__(self, total: int, each: int, a_day: int | None) -> None:
        self.total, self.each, self.a_day = total, each, a_day
        self.owners: dict[str, str] = {}
        self.claimed_at: dict[str, Instant] = {}
        self.orders: dict[str, str] = {}
        self.used: set[str] = set()
        self.gone: set[str] = set()
        self.had: Counter[str] = Counter()

    def may_claim(self, member: str, at: Instant) -> bool:
        """Say whether there is one left: in all, on that day, and for that member."""
        today = [each for each in self.claimed_at.values() if each.date() == at.date()]
        free_today = self.a_day is None or len(today) < self.a_day
        return len(self.owners) < self.total and free_today and self.had[member] < self.each

    def may_use(self, coupon: str, member: str, at: Instant) -> bool:
        """Say whether it is the member's, in nobody's order, and not over."""
        free = coupon not in self.orders and coupon not in self.gone
        return free and self.owners[coupon] == member and at < self.claimed_at[coupon] + timedelta(days=DAYS)


class Pair:
    """The shop and the naive one, side by side."""

    def __init__(self, store: Store, total: int, each: int, a_day: int | None) -> None:
        self.shop = Shop(store)
        self.shop.do(engine.set_policy, a_policy("UTC"))
        self.shop.do(engine.set_offer, OFFER)
        welcome = CouponTemplate(
            TemplateId("welcome"),
            CNY,
            OFFER.id,
            DaysFromClaim(DAYS),
            total,
            each,
            a_day,
            transferable=True,
        )
        self.shop.do(engine.set_coupon_template, welcome)
        self.naive = NaiveShop(total, each, a_day)
        self.number = 0

    def step(self, what: str, member: str, which: int, at: Instant) -> None:
        """Try a step on both; they agree whether it is refused."""
        self.number += 1
        coupons = sorted(self.naive.owners)
        if what == "claim":
            self._claim(MemberId(member), at)
        elif coupons:
            coupon = coupons[which % len(coupons)]
            getattr(self, f"_{what}")(CouponId(coupon), MemberId(member), at)

    def _done(self, verb: Callable[..., object], *arguments: object, **options: object) -> bool:
        return not self.shop.refused(verb, *arguments, **options)

    def _claim(self, member: MemberId, at: Instant) -> None:
        naive = self.naive
        try:
            coupon = self.shop.do(engine.claim_coupon, TemplateId("welcome"), member, at=at)
        except RefusedError:
            assert not naive.may_claim(member, at)
            return
        assert naive.may_claim(member, at)
        naive.owners[coupon], naive.claimed_at[coupon] = member, at
        naive.had[member] += 1

    def _lock(self, coupon: CouponId, member: MemberId, at: Instant) -> None:
        order = SaleId(f"order {self.number}")
        done = self._done(engine.lock_coupons, [coupon], member, order, at=at)
        assert done == self.naive.may_use(coupon, member, at)
        if done:
            self.naive.orders[coupon] = order

    def _use(self, coupon: CouponId, _: MemberId, at: Instant) -> None:
        order = SaleId(self.naive.orders.get(coupon, "no order"))
        uses = [CouponUse(coupon, 100)]
        done = self._done(engine.use_coupons, order, uses, revenue_minor=900, at=at)
        assert done == (coupon in self.naive.orders and coupon not in self.naive.used)
        if done:
            self.naive.used.add(coupon)

    def _free(self, coupon: CouponId, _: MemberId, at: Instant) -> None:
        order = SaleId(self.naive.orders.get(coupon, "no order"))
        freed = self.shop.do(engine.free_coupons, order, at=at)
        assert list(freed) == ([coupon] if coupon in self.naive.orders else [])
        self.naive.orders.pop(coupon, None)
        self.naive.used.discard(coupon)

    def _give(self, coupon: CouponId, member: MemberId, at: Instant) -> None:
        naive = self.naive
        to = MemberId("ben" if member == "ann" else "ann")
        done = self._done(engine.give_coupon, coupon, member, to, at=at)
        assert done == (naive.may_use(coupon, member, at) and naive.had[to] < naive.each)
        if done:
            naive.owners[coupon] = to
            naive.had[to] += 1

    def _withdraw(self, coupon: CouponId, _: MemberId, at: Instant) -> None:
        done = self._done(engine.withdraw_coupon, coupon, at=at)
        assert done == (coupon not in self.naive.orders and coupon not in self.naive.gone)
        if done:
            self.naive.gone.add(coupon)

    def agree(self) -> None:
        """Hold what is kept against what the naive shop knows."""
        with self.shop.store.begin() as tx:
            kept = {each.id: each for each in tx.coupons.all()}
            found = engine.coupon_stats(tx, TemplateId("welcome"), at=LATER)
        assert {id: each.owner for id, each in kept.items()} == self.naive.owners
        assert {id: each.order for id, each in kept.items() if each.order} == self.naive.orders
        assert found.cost_minor == 100 * len(self.naive.used)
        assert found.revenue_minor == 900 * len(self.naive.used)
        self.shop.assert_sound()


@given(limits, steps)
def test_no_more_coupons_are_used_than_there_are(
    new_store: Callable[[], Store], of: tuple[int, int, int | None], tried: list[Step]
) -> None:
    pair, at = Pair(new_store(), *of), LATER
    for what, member, which, hours in tried:
        at += timedelta(hours=hours)
        pair.step(what, member, which, at)
    pair.agree()


def test_of_many_threads_one_has_the_last_coupon() -> None:
    """On a store in memory; processes on databases are in `tests/sql`."""
    pair = Pair(MemoryStore("shop"), 1, 1, None)
    claimed: list[str] = []

    def claim(number: int) -> None:
        member = MemberId(f"member {number}")
        with pair.shop.store.begin() as tx:
            try:
                coupon = engine.claim_coupon(
                    tx, TemplateId("welcome"), member, at=LATER, actor=member, key=member
                )
            except RefusedError:
                return
            claimed.append(coupon)

    workers = [Thread(target=claim, args=(number,)) for number in range(WORKERS)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()
    assert len(claimed) == 1
