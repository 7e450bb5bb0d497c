"""From a sale to its statement and its payout, and back: a payee is told where every cent is."""

import pytest
from attrs import evolve
from tests.money import (
    ANN,
    BEN,
    CNY,
    POLICY,
    a_shop,
    an_adjustment,
    close,
    give,
    hold,
    on,
    pay,
    release,
    request,
    sell,
    sent,
    set_account,
    tell,
)

from distcore import engine
from distcore.commission import AccrualState as State
from distcore.commission import Refund, RefundLine
from distcore.engine import PayoutSource
from distcore.kernel import Currency, LineId, RefundId, RefusedError, SaleId
from distcore.payout import Outcome, PayoutId
from distcore.settlement import CustomWithholding, HoldOn, Review
from distcore.testing.builders import Shop

ORDER = SaleId("order 1")


def where(shop: Shop, sale: SaleId = ORDER) -> list[tuple[int, str, int, State, int | None]]:
    with shop.store.begin() as tx:
        return [
            (each.posting, each.payee, each.amount_minor, each.state, each.closing)
            for each in engine.whereabouts(tx, sale)
        ]


def sources(shop: Shop, currency: Currency = CNY) -> list[PayoutSource]:
    with shop.store.begin() as tx:
        return list(engine.payout_sources(tx, ANN, currency))


def refund(shop: Shop, amount_minor: int, when: str) -> None:
    lines = (RefundLine(LineId("1"), 0, amount_minor),)
    shop.do(engine.refund, Refund(RefundId("r1"), ORDER, lines, on(when)), at=on(when))


def settled(shop: Shop) -> Shop:
    sell(shop, 10_000, on("2026-01-10"))
    release(shop, on("2026-01-20"))
    close(shop, "2026-01")
    set_account(shop, "ann", on("2026-02-02"))
    return shop


def test_a_cent_goes_from_frozen_to_paid() -> None:
    shop = a_shop()
    sell(shop, 10_000, on("2026-01-10"))
    assert where(shop) == [(0, "ann", 1_000, State.FROZEN, None)]

    release(shop, on("2026-01-20"))
    assert where(shop) == [(0, "ann", 1_000, State.RELEASED, None)]

    close(shop, "2026-01")
    assert where(shop) == [(0, "ann", 1_000, State.SETTLED, 1)]

    set_account(shop, "ann", on("2026-02-02"))
    payout = sent(shop, "p1", 1_000, on("2026-02-03"))
    assert where(shop) == [(0, "ann", 1_000, State.SETTLED, 1)]

    tell(shop, payout, Outcome.SUCCEEDED, on("2026-02-04"))
    assert where(shop) == [(0, "ann", 1_000, State.PAID, 1)]


def test_what_is_on_a_draft_is_not_settled_yet() -> None:
    shop = a_shop(evolve(POLICY, review=Review.REVIEWED))
    sell(shop, 10_000, on("2026-01-10"))
    release(shop, on("2026-01-20"))
    close(shop, "2026-01")
    assert where(shop) == [(0, "ann", 1_000, State.RELEASED, 1)]

    shop.do(engine.reject_closing, 1, "wrong", at=on("2026-02-03"))
    assert where(shop) == [(0, "ann", 1_000, State.RELEASED, None)]

    close(shop, "2026-01")
    shop.do(engine.approve_closing, 2, at=on("2026-02-04"), actor="boss")
    assert where(shop) == [(0, "ann", 1_000, State.SETTLED, 2)]


def test_what_is_held_says_so() -> None:
    shop = a_shop()
    sell(shop, 10_000, on("2026-01-10"))
    hold(shop, HoldOn.SALE, "order 1", on("2026-01-11"))

    assert where(shop) == [(0, "ann", 1_000, State.HELD, None)]


def test_a_refund_after_the_payout_is_a_fact_of_its_own() -> None:
    shop = settled(a_shop())
    pay(shop, "p1", 1_000, on("2026-02-03"))

    refund(shop, 3_000, "2026-02-10")
    assert where(shop) == [(0, "ann", 1_000, State.PAID, 1), (1, "ann", -300, State.RELEASED, None)]

    close(shop, "2026-02")
    assert where(shop) == [(0, "ann", 1_000, State.PAID, 1), (1, "ann", -300, State.SETTLED, 2)]


def test_what_was_carried_is_paid_with_the_statement_that_makes_it_due() -> None:
    """January's statement stays below the minimum; its cents are paid with February's, not before."""
    shop = a_shop(evolve(POLICY, minimum_minor=1_500))
    give(shop, "ann", 2_000, on("2025-12-31"), id="prize")
    close(shop, "2026-01", on("2026-02-01 10:00"))
    set_account(shop, "ann", on("2026-02-02"))
    pay(shop, "p1", 2_000, on("2026-02-03"))
    sell(shop, 10_000, on("2026-02-05"))
    release(shop, on("2026-02-20"))
    close(shop, "2026-02")
    assert where(shop) == [(0, "ann", 1_000, State.SETTLED, 2)]

    give(shop, "ann", 500, on("2026-03-05"))
    close(shop, "2026-03")
    assert where(shop) == [(0, "ann", 1_000, State.SETTLED, 2)]
    pay(shop, "p2", 1_500, on("2026-04-03"))

    assert where(shop) == [(0, "ann", 1_000, State.PAID, 2)]


def test_in_part_is_not_paid() -> None:
    shop = settled(a_shop())
    pay(shop, "p1", 999, on("2026-02-03"))
    assert where(shop)[0][3] is State.SETTLED

    pay(shop, "p2", 1, on("2026-02-04"))

    assert where(shop)[0][3] is State.PAID


def test_what_was_withheld_as_a_whole_has_nothing_left_to_be_paid() -> None:
    shop = a_shop(evolve(POLICY, withholding=CustomWithholding("all"), review=Review.REVIEWED))
    sell(shop, 10_000, on("2026-01-10"))
    release(shop, on("2026-01-20"))
    close(shop, "2026-01")
    everything = {("all", 1): lambda gross_minor, month, so_far: gross_minor}
    shop.do(engine.approve_closing, 1, at=on("2026-02-04"), actor="boss", customs=everything)

    assert where(shop) == [(0, "ann", 1_000, State.PAID, 1)]


def test_a_posting_without_amount_is_void() -> None:
    shop = settled(a_shop())

    refund(shop, 4, "2026-02-10")

    assert where(shop) == [(0, "ann", 1_000, State.SETTLED, 1)]


def test_a_sale_nobody_knows_is_nowhere() -> None:
    with a_shop().store.begin() as tx, pytest.raises(RefusedError, match=r"^sale_unknown: "):
        engine.whereabouts(tx, ORDER)


# Which money a payout is


def test_the_oldest_money_goes_first() -> None:
    shop = settled(a_shop())
    give(shop, "ann", 500, on("2026-02-05"))
    close(shop, "2026-02")

    pay(shop, "p1", 700, on("2026-03-03"))
    request(shop, "p2", 600, on("2026-03-04"))

    assert sources(shop) == [
        PayoutSource(PayoutId("p1"), 1, 700),
        PayoutSource(PayoutId("p2"), 1, 300),
        PayoutSource(PayoutId("p2"), 2, 300),
    ]


@pytest.mark.parametrize("ended", ["failed", "cancelled"])
def test_what_came_back_was_drawn_from_nothing(ended: str) -> None:
    shop = settled(a_shop())
    if ended == "failed":
        tell(shop, sent(shop, "p1", 700, on("2026-02-03")), Outcome.FAILED, on("2026-02-04"))
    else:
        request(shop, "p1", 700, on("2026-02-03"))
        shop.do(engine.cancel_payout, PayoutId("p1"), "no", at=on("2026-02-04"))

    assert sources(shop) == []
    pay(shop, "p2", 1_000, on("2026-02-05"))
    assert sources(shop) == [PayoutSource(PayoutId("p2"), 1, 1_000)]


def test_each_currency_has_money_of_its_own() -> None:
    usd = Currency("USD")
    shop = a_shop(currencies=("CNY", "USD"))
    shop.do(engine.set_settlement, evolve(POLICY, currency=usd))
    shop.do(engine.adjust, an_adjustment("ann", 700, on("2026-01-05"), currency="USD"), at=on("2026-01-05"))
    shop.do(engine.close_period, usd, "2026-01", at=on("2026-02-02"))
    settled(shop)

    pay(shop, "p1", 1_000, on("2026-02-03"))
    shop.do(engine.request_payout, PayoutId("p2"), ANN, usd, 700, at=on("2026-02-03"))

    assert sources(shop) == [PayoutSource(PayoutId("p1"), 2, 1_000)]
    assert sources(shop, usd) == [PayoutSource(PayoutId("p2"), 1, 700)]


# What moved


def test_everything_that_moved_for_a_payee_is_told_in_order_of_time() -> None:
    shop = settled(a_shop())
    pay(shop, "p1", 1_000, on("2026-02-03"))

    with shop.store.begin() as tx:
        moved = [
            (str(each.origin).split()[0], each.debit, each.credit, each.amount_minor)
            for each in engine.transfers_of(tx, ANN)
        ]
        assert engine.transfers_of(tx, BEN) == []
    assert moved == [
        ("sale", "commission", "frozen", 1_000),
        ("release", "frozen", "released", 1_000),
        ("statement", "released", "payable", 1_000),
        ("payout", "payable", "in_payout", 1_000),
        ("payout", "in_payout", "channel/bank", 1_000),
    ]


def test_all_accounts_together_hold_nothing() -> None:
    shop = settled(a_shop())
    give(shop, "ben", -5, on("2026-02-05"))
    pay(shop, "p1", 600, on("2026-02-06"))

    with shop.store.begin() as tx:
        everything = list(engine.balances(tx))
        of_ben = list(engine.balances(tx, BEN))
    assert sum(each.minor for each in everything) == 0
    assert [(each.account, each.minor) for each in of_ben] == [("adjustments", 5), ("released", -5)]
