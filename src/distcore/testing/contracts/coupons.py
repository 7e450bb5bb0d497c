"""What must be kept of coupons, and what is counted of them."""

from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from distcore.coupons import (
    BetweenDates,
    Coupon,
    CouponId,
    CouponState,
    CouponStats,
    TemplateId,
)
from distcore.kernel import MemberId, RetryableError, SaleId, limits
from distcore.ports import Transaction
from distcore.testing.builders import LATER, StoreOf
from distcore.testing.contracts.kept import MANY, NASTY, PAGES, broken_off
from distcore.testing.coupons import a_coupon, a_template

_ANN, _BEN = MemberId("ann"), MemberId("ben")
_WELCOME = a_template()
_WEEK = timedelta(days=7)


def a_claim(id: str, owner: MemberId = _ANN, **changes: Any) -> Coupon:
    """Return a coupon that somebody claimed, good for a week."""
    claimed = a_coupon(
        id=CouponId(id),
        state=CouponState.CLAIMED,
        owner=owner,
        claimed_at=LATER,
        valid_from=LATER,
        valid_until=LATER + _WEEK,
    )
    return evolve(claimed, **changes)


def _next(coupon: Coupon, **changes: Any) -> Coupon:
    return evolve(coupon, revision=coupon.revision + 1, **changes)


def _open(tx: Transaction, *coupons: Coupon) -> None:
    tx.coupon_templates.put(_WELCOME, 1, at=LATER)
    tx.coupons.add(coupons)


class CouponTemplatesContract:
    """Templates: numbered, never overwritten, each with a word of its own or none."""

    def test_templates_are_returned_whole(self, store_of: StoreOf) -> None:
        """Every id, every edge, by id and number; of each the newest holds."""
        most = limits.COUPONS_OF_TEMPLATE_MAX
        full = a_template(
            id=TemplateId("full"),
            validity=BetweenDates(LATER, LATER + _WEEK),
            total_max=most,
            per_member_max=most,
            per_day_max=most,
            claim_from=LATER,
            claim_until=LATER + _WEEK,
            word="straße-24",
            newcomers=True,
            transferable=True,
        )
        kept = [(a_template(id=TemplateId(id)), 1) for id in NASTY] + [(full, 1), (full, 2), (full, 10)]
        with store_of("another").begin() as tx:
            tx.coupon_templates.put(evolve(full, total_max=1), 11, at=LATER)
        with store_of("shop").begin() as tx:
            for template, number in reversed(kept):
                tx.coupon_templates.put(template, number, at=LATER)
        with store_of("shop").begin() as tx:
            in_order = sorted(kept, key=lambda each: (each[0].id, each[1]))
            assert list(tx.coupon_templates.all()) == in_order
            assert tx.coupon_templates.newest(full.id) == (full, 10)
            assert tx.coupon_templates.newest(TemplateId("FULL")) is None

    def test_a_word_is_the_first_one_s_for_ever(self, store_of: StoreOf) -> None:
        """Also when the template has another one by now; a number that is taken is a conflict."""
        store = store_of("shop")
        mine = a_template(word="Hello")
        with store_of("another").begin() as tx:
            tx.coupon_templates.put(evolve(mine, id=TemplateId("theirs")), 1, at=LATER)
        with store.begin() as tx:
            tx.coupon_templates.put(mine, 1, at=LATER)
            tx.coupon_templates.put(evolve(mine, word="other"), 2, at=LATER)
            tx.coupon_templates.put(mine, 3, at=LATER)
        for taken in ((evolve(mine, id=TemplateId("new")), 1), (mine, 3)):
            with pytest.raises(RetryableError), store.begin() as tx:
                tx.coupon_templates.put(*taken, at=LATER)
        with broken_off(store) as tx:
            tx.coupon_templates.put(evolve(mine, word="gone"), 4, at=LATER)
        with store.begin() as tx:
            words = ["HELLO", "OTHER", "hello", "GONE", ""]
            found = [tx.coupon_templates.with_word(each) for each in words]
            assert found == [mine.id, mine.id, None, None, None]


class CouponsContract:
    """Coupons as they are now, found by id, code, owner and order."""

    def test_coupons_are_returned_whole(self, store_of: StoreOf) -> None:
        """Every id and every edge, in order of id."""
        most = limits.AMOUNT_MINOR_MAX
        used = a_claim(
            "used", state=CouponState.USED, order=SaleId("o"), revenue_minor=most, cost_minor=most, revision=9
        )
        kept = [
            *(a_claim(id, MemberId(id)) for id in NASTY),
            a_coupon(id=CouponId("issued"), ref="ff" * 32),
            a_coupon(id=CouponId("gone"), state=CouponState.WITHDRAWN),
            evolve(used, transferable=True),
        ]
        with store_of("another").begin() as tx:
            _open(tx, a_claim("issued"))
        with store_of("shop").begin() as tx:
            _open(tx, *kept)
        by_id = {each.id: each for each in kept}
        with store_of("shop").begin() as tx:
            assert list(tx.coupons.all()) == [by_id[id] for id in sorted(by_id)]
            assert tx.coupons.of(list(by_id)) == by_id
            asked = [CouponId("USED"), *(CouponId(f"no {n}") for n in range(MANY)), CouponId("used")]
            assert tx.coupons.of(asked, for_change=True) == {used.id: by_id[used.id]}
            assert tx.coupons.of([]) == {}

    def test_any_number_of_coupons_is_made_at_once(self, store_of: StoreOf) -> None:
        """Down to the last of them."""
        made = [a_coupon(id=CouponId(f"c{number:05}"), ref=f"{number:064x}") for number in range(PAGES)]
        with store_of("shop").begin() as tx:
            _open(tx, *made)
        with store_of("shop").begin() as tx:
            assert list(tx.coupons.all()) == made

    def test_an_id_or_a_code_that_is_there_is_a_conflict(self, store_of: StoreOf) -> None:
        """Coupons without a code are as many as there are."""
        store = store_of("shop")
        with store.begin() as tx:
            _open(tx, a_coupon(id=CouponId("a"), ref="ff"), a_coupon(id=CouponId("b")), a_claim("c"))
        for taken in (a_coupon(id=CouponId("b")), a_coupon(id=CouponId("d"), ref="ff")):
            with pytest.raises(RetryableError), store.begin() as tx:
                tx.coupons.add([taken])
        with store.begin() as tx:
            assert [each.id for each in tx.coupons.all()] == ["a", "b", "c"]
            found = tx.coupons.with_code("ff")
            assert found is not None
            assert found.id == "a"
            assert tx.coupons.with_code("FF") is None
            assert tx.coupons.with_code("") is None

    def test_a_change_is_found_by_its_owner_and_its_order(self, store_of: StoreOf) -> None:
        """And no more by those before; nothing of it stays when it is rolled back."""
        store = store_of("shop")
        one, two = a_claim("one"), a_claim("two")
        order = SaleId("order 1")
        locked = _next(one, state=CouponState.LOCKED, order=order)
        given = _next(two, owner=_BEN)
        with store.begin() as tx:
            _open(tx, one, two)
            tx.coupons.change([locked, given])
        with broken_off(store) as tx:
            tx.coupons.change([_next(locked, state=CouponState.CLAIMED, order=None)])
        with store.begin() as tx:
            assert list(tx.coupons.of_order(order)) == [locked]
            assert list(tx.coupons.of_order(SaleId("ORDER 1"))) == []
            assert list(tx.coupons.of_owner(_ANN)) == [locked]
            assert list(tx.coupons.of_owner(_BEN)) == [given]
            beside = a_claim("beside", state=CouponState.LOCKED, order=order)
            tx.coupons.add([beside])
            assert list(tx.coupons.of_order(order)) == list(tx.coupons.of_owner(_ANN)) == [beside, locked]
            tx.coupons.change(
                [_next(each, state=CouponState.CLAIMED, order=None) for each in (locked, beside)]
            )
            assert list(tx.coupons.of_order(order)) == []

    def test_whoever_was_slower_is_told(self, store_of: StoreOf) -> None:
        """A revision that does not follow is a conflict, and so is a coupon that is not there."""
        store = store_of("shop")
        one = a_claim("one")
        with store.begin() as tx:
            _open(tx, one)
            tx.coupons.change([_next(one, owner=_BEN)])
        for late in (_next(one), one, _next(a_claim("other"))):
            with pytest.raises(RetryableError), store.begin() as tx:
                tx.coupons.change([late])
        with store.begin() as tx:
            assert [each.owner for each in tx.coupons.all()] == [_BEN]

    def test_what_became_of_coupons_is_added_up(self, store_of: StoreOf) -> None:
        """Of one template; what is over and not used is expired from its end on."""
        order = SaleId("o")
        most = limits.AMOUNT_MINOR_MAX
        with store_of("shop").begin() as tx:
            other = a_template(id=TemplateId("other"))
            tx.coupon_templates.put(other, 1, at=LATER)
            _open(
                tx,
                a_coupon(id=CouponId("issued"), ref="ff"),
                a_claim("claimed"),
                a_claim("locked", state=CouponState.LOCKED, order=order),
                a_claim("u1", state=CouponState.USED, order=order, revenue_minor=most, cost_minor=7),
                a_claim("u2", state=CouponState.USED, order=order, revenue_minor=most, cost_minor=8),
                a_claim("gone", state=CouponState.WITHDRAWN),
                a_claim("theirs", template=other.id),
            )
        with store_of("shop").begin() as tx:
            found = CouponStats(
                _WELCOME.id,
                issued=6,
                claimed=4,
                locked=1,
                used=2,
                withdrawn=1,
                revenue_minor=2 * most,
                cost_minor=15,
            )
            assert tx.coupons.stats(_WELCOME.id, LATER) == found
            assert tx.coupons.stats(_WELCOME.id, LATER + _WEEK) == evolve(found, expired=1)
            nothing = TemplateId("nothing")
            assert tx.coupons.stats(nothing, LATER) == CouponStats(nothing)
