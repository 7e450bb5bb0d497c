"""Between any two statements of a verb somebody else does a verb of theirs, from beginning to end.

Processes that race meet by chance; here they meet at every statement, at each level of isolation.  In SQLite
nobody gets in between.
"""

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from attrs import evolve
from tests.sql.facts import earned, stated
from tests.sql.meetings import Place, Wish, at_more_levels, meet

from distcore.commission import Cap, FirstOrder, FixedPerOrder, Per, Percent, Rule, Upline
from distcore.engine import (
    Completion,
    accrue,
    adjust,
    apply_to_distribute,
    approve_closing,
    bind,
    close_period,
    complete,
    erase_payee,
    join,
    refund,
    reject_closing,
    release,
    request_payout,
    set_settlement,
)
from distcore.kernel import CapId, ComponentId, Currency, FirstTouchForDays, MemberId, Rate, RuleId, SaleId
from distcore.payout import PayoutId
from distcore.ports import Transaction
from distcore.referral import Evidence, Newcomer, Result, last_sponsor
from distcore.settlement import ClosingState, Review
from distcore.testing.builders import PAID, Shop, a_chain, a_member, a_plan, a_policy, a_refund, a_sale, day
from distcore.testing.money import a_settlement_policy, an_adjustment

pytestmark = pytest.mark.wide

CNY = Currency("CNY")
JANUARY = (CNY, "2017-01")
GIFT = an_adjustment("gift", "ann", 70)
PRIZE_MINOR = 1_000


def complete_and_release(tx: Transaction, **call: Any) -> None:
    """Do at once what a host does when an order is over."""
    key = call.pop("key")
    complete(tx, Completion(SaleId("order 1"), day(5)), **call, key=f"{key} is complete")
    release(tx, **call, key=f"{key} is released")


CLOSE = Wish(close_period, JANUARY)
APPROVE = Wish(approve_closing, (1,))
REJECT = Wish(reject_closing, (1, "look again"))
RELEASE = Wish(release)
GIVE = Wish(adjust, (GIFT,), {"at": day(20)})
TAKE_BACK = Wish(refund, (a_refund("r1"),), {"at": day(20)})
END = Wish(complete_and_release, (), {"at": day(40)})
TAKE_BACK_THEN = Wish(refund, (a_refund("r1", refunded_at=day(41)),), {"at": day(41)})
HER_SHARE = Wish(request_payout, (PayoutId("hers"), "ann", CNY, PRIZE_MINOR))
HIS_SHARE = Wish(request_payout, (PayoutId("his"), "ann", CNY, PRIZE_MINOR))

BOTH = ["done", "done"]
ONE = ["closing_decided", "done"]


def as_it_is(shop: Shop) -> None:
    """Nothing is closed, and something is frozen."""


def released(shop: Shop) -> None:
    shop.do(release)


def drafted(shop: Shop) -> None:
    shop.do(release)
    shop.do(close_period, *JANUARY, actor="desk")


def payable(shop: Shop) -> None:
    shop.do(close_period, *JANUARY, actor="desk")
    shop.bank("ann")


MEETINGS: dict[str, tuple[Review, Callable[[Shop], None], Wish, Wish, list[str]]] = {
    "both close": (Review.AUTOMATIC, released, CLOSE, CLOSE, BOTH),
    "both draft": (Review.REVIEWED, released, CLOSE, CLOSE, BOTH),
    "both approve": (Review.REVIEWED, drafted, APPROVE, APPROVE, ONE),
    "she approves, he rejects": (Review.REVIEWED, drafted, APPROVE, REJECT, ONE),
    "she rejects, he approves": (Review.REVIEWED, drafted, REJECT, APPROVE, ONE),
    "both ask for all there is": (
        Review.AUTOMATIC,
        payable,
        HER_SHARE,
        HIS_SHARE,
        ["balance_too_low", "done"],
    ),
    "she closes, he gives": (Review.AUTOMATIC, released, CLOSE, GIVE, BOTH),
    "she gives, he closes": (Review.AUTOMATIC, released, GIVE, CLOSE, BOTH),
    "she closes, he takes back": (Review.AUTOMATIC, released, CLOSE, TAKE_BACK, BOTH),
    "she takes back, he closes": (Review.AUTOMATIC, released, TAKE_BACK, CLOSE, BOTH),
    "she closes, he releases": (Review.AUTOMATIC, as_it_is, CLOSE, RELEASE, BOTH),
    "she releases, he closes": (Review.AUTOMATIC, as_it_is, RELEASE, CLOSE, BOTH),
    "she releases, he takes back": (Review.AUTOMATIC, as_it_is, RELEASE, TAKE_BACK, BOTH),
    "she takes back, he releases": (Review.AUTOMATIC, as_it_is, TAKE_BACK, RELEASE, BOTH),
}


@pytest.mark.parametrize("meeting", MEETINGS)
def test_whoever_is_overtaken_does_it_once(place: Place, meeting: str) -> None:
    review, prepare, hers, his, expected = MEETINGS[meeting]
    for number in count(1):
        name = f"shop {number}"
        shop = Shop.open(place.store(place.hers, name), a_plan(freeze=PAID), a_chain("ann", "ben", "cai"))
        shop.do(set_settlement, a_settlement_policy(review=review))
        shop.do(accrue, a_sale(paid_at=day(3)), at=day(3))
        shop.do(adjust, an_adjustment("prize", "ann", PRIZE_MINOR), at=day(20))
        prepare(shop)

        outcomes = meet(place, number, hers, his, name)

        if outcomes is None:
            assert number > 5
            return
        assert outcomes == expected, f"after statement {number}"
        assert_closed_once(shop, f"after statement {number}")


@at_more_levels
@pytest.mark.parametrize(("hers", "his"), [(END, TAKE_BACK_THEN), (TAKE_BACK_THEN, END)], ids=["end", "back"])
def test_what_is_taken_back_while_an_order_ends_is_not_released(place: Place, hers: Wish, his: Wish) -> None:
    """Its freeze begins and ends in one transaction: nobody else ever sees it."""
    for number in count(1):
        name = f"ended {number}"
        shop = Shop.open(place.store(place.hers, name), a_plan(), a_chain("ann", "ben", "cai"))
        shop.do(set_settlement, a_settlement_policy())
        shop.do(accrue, a_sale(paid_at=day(3)), at=day(3))

        outcomes = meet(place, number, hers, his, name)

        if outcomes is None:
            assert number > 5
            return
        assert outcomes == BOTH, f"after statement {number}"
        shop.assert_sound()


@at_more_levels
def test_nobody_is_erased_while_a_payout_is_asked_for(place: Place) -> None:
    """One of the two comes first, and the other is refused: no payout is left without an account."""
    for number in count(1):
        name = f"erased {number}"
        shop = Shop.open(place.store(place.hers, name), a_plan(freeze=PAID), a_chain("ann", "ben", "cai"))
        shop.do(set_settlement, a_settlement_policy())
        shop.do(adjust, an_adjustment("prize", "ann", PRIZE_MINOR), at=day(20))
        payable(shop)

        outcomes = meet(place, number, Wish(erase_payee, ("ann",)), HIS_SHARE, name)

        if outcomes is None:
            assert number > 3
            return
        assert outcomes in (["done", "no_account"], ["done", "payout_live"]), f"after statement {number}"


def test_two_first_orders_at_once_are_a_first_and_a_second(place: Place) -> None:
    welcome = FirstOrder(ComponentId("welcome"), (Rule(RuleId("fixed"), FixedPerOrder(1_000)),))
    hers, his = (Wish(accrue, (a_sale(id, "ben", paid_at=day(3)),)) for id in ("hers", "his"))
    for number in count(1):
        name = f"first {number}"
        shop = Shop.open(place.store(place.hers, name), a_plan(welcome), a_chain("ann", "ben"))

        outcomes = meet(place, number, hers, his, name)

        if outcomes is None:
            assert number > 5
            return
        assert outcomes == BOTH, f"after statement {number}"
        with shop.store.begin() as tx:
            paid = [len(record.postings[0].accruals) for record in tx.sales.all()]
            kept = [bought.orders for _, bought in tx.buyers.all()]
        assert sorted(paid) == [0, 1], f"after statement {number}"
        assert kept == [2], f"after statement {number}"
        shop.assert_sound()


def test_two_who_ask_for_the_last_of_a_cap_are_granted_it_once(place: Place) -> None:
    rule = Rule(RuleId("first"), Percent(Rate(100_000)), (1,))
    by = a_plan(Upline(ComponentId("levels"), (rule,)))
    by = evolve(by, caps=(Cap(CapId("ever"), 1_500), Cap(CapId("buyer"), 4_000, Per.BUYER)))
    hers, his = (Wish(accrue, (a_sale(id, "ben", paid_at=day(3)),)) for id in ("hers", "his"))
    for number in count(1):
        name = f"capped {number}"
        shop = Shop.open(place.store(place.hers, name), by, a_chain("ann", "ben"))

        outcomes = meet(place, number, hers, his, name)

        if outcomes is None:
            assert number > 5
            return
        assert outcomes == BOTH, f"after statement {number}"
        with shop.store.begin() as tx:
            paid = [each.amount_minor for record in tx.sales.all() for each in record.postings[0].accruals]
        assert sorted(paid) == [500, 1_000], f"after statement {number}"
        shop.assert_sound()


@pytest.mark.parametrize("known", [False, True])
def test_whoever_is_overtaken_binds_nobody_twice(place: Place, known: bool) -> None:
    """The second touch is decided by what the first one did, whichever comes first."""
    for number in count(1):
        name = f"touched {known} {number}"
        members = [*a_chain("ann", "ben"), *([a_member("cai")] if known else [])]
        shop = Shop.open(place.store(place.hers, name), None, members)
        hers, his = (Wish(bind, ("cai", promoter)) for promoter in ("ann", "ben"))

        outcomes = meet(place, number, hers, his, name)

        if outcomes is None:
            assert number > 5
            return
        assert outcomes == BOTH, f"after statement {number}"
        with shop.store.begin() as tx:
            first, second = tx.touches.of_customer(MemberId("cai"))
        assert (first.outcome.result, second.outcome.result) == (Result.BOUND, Result.KEPT)
        assert last_sponsor(shop.member("cai")) == first.promoter
        shop.assert_sound()


@pytest.mark.parametrize("joins_first", [False, True])
def test_no_binding_ends_of_whom_somebody_joined_below(place: Place, joins_first: bool) -> None:
    """A customer is bound first, and stays as a sponsor; or is a sponsor already, and is not bound."""
    for number in count(1):
        name = f"below {joins_first} {number}"
        policy = evolve(a_policy(), binding=FirstTouchForDays(10))
        shop = Shop.open(place.store(place.hers, name), None, [a_member("ann"), a_member("cai")], policy)
        joins = Wish(join, (Newcomer(MemberId("dan"), day(4), MemberId("cai")),))
        binds = Wish(bind, ("cai", "ann"))
        first, second = (joins, binds) if joins_first else (binds, joins)

        outcomes = meet(place, number, first, second, name)

        if outcomes is None:
            assert number > 5
            return
        assert outcomes == BOTH, f"after statement {number}"
        with shop.store.begin() as tx:
            (touch,) = tx.touches.of_customer(MemberId("cai"))
        bound = touch.outcome.result is Result.BOUND
        assert last_sponsor(shop.member("dan")) == "cai"
        assert last_sponsor(shop.member("cai")) == ("ann" if bound else None), f"after statement {number}"
        shop.assert_sound()


@pytest.mark.parametrize("other", ["a2", "a1"])
def test_whoever_is_overtaken_applies_once(place: Place, other: str) -> None:
    for number in count(1):
        name = f"applied {other} {number}"
        shop = Shop.open(place.store(place.hers, name))
        hers, his = (Wish(apply_to_distribute, (id, "kim", Evidence())) for id in ("a1", other))

        outcomes = meet(place, number, hers, his, name)

        if outcomes is None:
            assert number > 3
            return
        refusal = "application_exists" if other == "a1" else "application_pending"
        assert outcomes == [refusal, "done"], f"after statement {number}"
        with shop.store.begin() as tx:
            assert len(list(tx.applications.all())) == len(list(tx.applications.all_waiting())) == 1


def assert_closed_once(shop: Shop, when: str) -> None:
    """Close what is not closed yet: all that was earned is on one statement."""
    shop.do(release)
    for label in ("2017-01", "2017-02"):
        closing = shop.do(close_period, CNY, label, actor="desk")
        if closing.state is ClosingState.DRAFT:
            shop.do(approve_closing, closing.number, actor="boss")
    with shop.store.begin() as tx:
        labels = [each.period.label for each in tx.closings.all() if each.state is ClosingState.APPROVED]
    assert labels == ["2017-01", "2017-02"], when
    assert stated(shop) == earned(shop), when
    shop.assert_sound()
