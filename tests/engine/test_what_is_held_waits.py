"""A sale on hold is neither released nor settled; a payee on hold has statements, of which nothing is due."""

import pytest
from attrs import evolve
from tests.money import (
    ANN,
    POLICY,
    a_shop,
    close,
    figures,
    give,
    hold,
    holds,
    on,
    payees,
    release,
    sell,
    stated,
)

from distcore import engine
from distcore.commission import Refund, RefundLine
from distcore.engine import Released
from distcore.engine.release import RELEASE_BATCH
from distcore.kernel import LineId, RefundId, SaleId, limits
from distcore.ledger import ADJUSTMENTS, CARRIED, COMMISSION, FROZEN, PAYABLE, RELEASED
from distcore.settlement import Hold, HoldChange, HoldOn, Review
from distcore.testing.builders import Shop, a_line, a_sale

SALE, PAYEE = HoldOn.SALE, HoldOn.PAYEE
NOW = on("2026-01-12")


def lift(shop: Shop, on_what: HoldOn, ref: str, when: str) -> None:
    shop.do(engine.lift_hold, on_what, ref, "solved", at=on(when))


# Sales


def test_a_sale_on_hold_is_not_released() -> None:
    shop = a_shop()
    sell(shop, 10_000, on("2026-01-10"))
    sell(shop, 7_000, on("2026-01-10"), id="order 2")
    hold(shop, SALE, "order 1", NOW)

    assert release(shop, on("2026-01-20")) == Released(1)
    assert holds(shop) == {COMMISSION: -1_700, FROZEN: 1_000, RELEASED: 700}
    lift(shop, SALE, "order 1", "2026-01-22")
    assert release(shop, on("2026-01-23")) == Released(1)

    close(shop, "2026-01")
    assert figures(shop, 1) == (0, 1_700, 1_700, 0)
    shop.assert_sound()


def test_a_release_of_which_all_is_held_ends() -> None:
    shop = a_shop()
    sell(shop, 10_000, on("2026-01-10"))
    hold(shop, SALE, "order 1", NOW)

    assert release(shop, on("2026-01-20")) == Released(0)


@pytest.mark.deep
def test_held_sales_do_not_stop_those_of_the_next_batch() -> None:
    """One order more than a batch holds, at the largest amount: what is released still fits a total."""
    shop = a_shop()
    count = RELEASE_BATCH + 1
    sales = [
        a_sale(
            f"order {number:05}", "ben", [a_line(net_minor=limits.AMOUNT_MINOR_MAX)], paid_at=on("2026-01-10")
        )
        for number in range(count)
    ]
    shop.do(engine.accrue_all, sales, at=NOW)
    hold(shop, SALE, "order 00007", NOW)

    assert release(shop, on("2026-01-20")) == Released(count - 1)

    with shop.store.begin() as tx:
        moved = [each.amount_minor for each in tx.transfers.all() if each.debit == FROZEN]
    tenth = limits.AMOUNT_MINOR_MAX // 10
    assert sorted(moved) == [tenth, (RELEASE_BATCH - 1) * tenth]


def test_what_orders_of_one_batch_pay_and_give_fits_a_total() -> None:
    points_minor = limits.COMPONENTS_MAX * limits.POINTS_MAX
    assert RELEASE_BATCH * (limits.AMOUNT_MINOR_MAX + points_minor) <= limits.TOTAL_MINOR_MAX


def test_a_released_sale_that_is_held_is_on_no_statement_until_the_hold_is_lifted() -> None:
    shop = a_shop()
    sell(shop, 10_000, on("2026-01-10"))
    release(shop, on("2026-01-20"))
    hold(shop, SALE, "order 1", on("2026-01-25"))
    give(shop, "ann", 7, on("2026-01-25"))

    close(shop, "2026-01")
    assert figures(shop, 1) == (0, 7, 7, 0)
    lift(shop, SALE, "order 1", "2026-02-10")
    close(shop, "2026-02")

    assert figures(shop, 2) == (0, 1_000, 1_000, 0)
    shop.assert_sound()


def test_a_refund_of_a_sale_on_hold_waits_with_it() -> None:
    shop = a_shop()
    sell(shop, 10_000, on("2026-01-10"))
    release(shop, on("2026-01-20"))
    hold(shop, SALE, "order 1", on("2026-01-25"))
    lines = (RefundLine(LineId("1"), 0, 4_000),)
    shop.do(
        engine.refund, Refund(RefundId("r1"), SaleId("order 1"), lines, on("2026-01-26")), at=on("2026-01-26")
    )

    close(shop, "2026-01")

    assert payees(shop, 1) == []
    lift(shop, SALE, "order 1", "2026-02-10")
    close(shop, "2026-02")
    assert figures(shop, 2) == (0, 600, 600, 0)


def test_a_hold_on_a_sale_that_is_on_a_statement_changes_nothing() -> None:
    shop = a_shop(evolve(POLICY, review=Review.REVIEWED))
    sell(shop, 10_000, on("2026-01-10"))
    release(shop, on("2026-01-20"))
    close(shop, "2026-01")
    hold(shop, SALE, "order 1", on("2026-02-03"))

    shop.do(engine.approve_closing, 1, at=on("2026-02-04"), actor="boss")

    assert holds(shop, "ann") == {COMMISSION: -1_000, PAYABLE: 1_000}


# Payees


def test_the_statement_of_a_payee_on_hold_says_so_and_nothing_is_due() -> None:
    shop = a_shop()
    give(shop, "ann", 1_000, on("2026-01-05"))
    hold(shop, PAYEE, "ann", NOW)

    close(shop, "2026-01")

    assert stated(shop, 1).held
    assert figures(shop, 1) == (0, 1_000, 0, 1_000)
    assert holds(shop) == {ADJUSTMENTS: -1_000, CARRIED: 1_000}
    shop.assert_sound()


def test_once_the_hold_is_lifted_all_of_it_is_due_without_a_line() -> None:
    shop = a_shop()
    give(shop, "ann", 1_000, on("2026-01-05"))
    hold(shop, PAYEE, "ann", NOW)
    close(shop, "2026-01")
    close(shop, "2026-02")
    lift(shop, PAYEE, "ann", "2026-03-10")
    close(shop, "2026-03")

    assert (figures(shop, 2), stated(shop, 2).held) == ((1_000, 0, 0, 1_000), True)
    assert (figures(shop, 3), stated(shop, 3).held) == ((1_000, 0, 1_000, 0), False)
    shop.assert_sound()


@pytest.mark.parametrize("amount_minor", [-1_000, 999])
def test_what_would_not_be_due_anyway_is_not_said_to_be_held(amount_minor: int) -> None:
    shop = a_shop(evolve(POLICY, minimum_minor=1_000))
    give(shop, "ann", amount_minor, on("2026-01-05"))
    hold(shop, PAYEE, "ann", NOW)

    close(shop, "2026-01")

    assert not stated(shop, 1).held


# Holds themselves


def test_a_hold_is_placed_once_and_lifted_once() -> None:
    shop = a_shop()
    hold(shop, PAYEE, "ann", NOW)
    assert shop.refused(engine.place_hold, Hold(PAYEE, "ann", "again"), at=NOW) == "held_already"
    lift(shop, PAYEE, "ann", "2026-01-13")
    assert shop.refused(engine.lift_hold, PAYEE, "ann", "again", at=NOW) == "not_held"
    hold(shop, PAYEE, "ann", on("2026-01-14"), "another dispute")

    with shop.store.begin() as tx:
        changes = tx.holds.changes(PAYEE, "ann")
    assert changes == [
        HoldChange(Hold(PAYEE, "ann", "a dispute"), 1, True, NOW, changes[0].actor),
        HoldChange(Hold(PAYEE, "ann", "solved"), 2, False, on("2026-01-13"), changes[0].actor),
        HoldChange(Hold(PAYEE, "ann", "another dispute"), 3, True, on("2026-01-14"), changes[0].actor),
    ]


def test_a_sale_and_a_payee_of_the_same_name_are_held_each_by_itself() -> None:
    shop = a_shop()
    sell(shop, 10_000, on("2026-01-10"), id="ann")
    hold(shop, SALE, "ann", NOW)

    assert shop.refused(engine.lift_hold, PAYEE, "ann", "solved", at=NOW) == "not_held"
    hold(shop, PAYEE, "ann", NOW)
    with shop.store.begin() as tx:
        assert set(tx.holds.active(PAYEE, [ANN, "ben"])) == {"ann"}


def test_what_is_not_there_is_not_held() -> None:
    shop = a_shop()

    assert shop.refused(engine.place_hold, Hold(SALE, "order 9", "?"), at=NOW) == "sale_unknown"
    assert shop.refused(engine.place_hold, Hold(PAYEE, "nobody", "?"), at=NOW) == "payee_unknown"
