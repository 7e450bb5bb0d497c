"""What a statement leaves, the next one opens with; whatever was released before its end is on it, once."""

import pytest
from attrs import evolve
from tests.money import (
    ANN,
    POLICY,
    a_shop,
    close,
    figures,
    give,
    holds,
    on,
    payees,
    release,
    sell,
    stated,
)

from distcore import engine
from distcore.commission import Refund, RefundLine
from distcore.engine import Completion
from distcore.kernel import Cadence, Currency, LineId, RefundId, SaleId
from distcore.ledger import ADJUSTMENTS, CARRIED, COMMISSION, FROZEN, PAYABLE, RELEASED, WITHHELD
from distcore.settlement import CnLabour
from distcore.testing.builders import Shop, a_cancellation

MINIMUM = evolve(POLICY, minimum_minor=1_000)


def refund(shop: Shop, amount_minor: int, when: str, *, id: str = "r1", of: str = "order 1") -> None:
    lines = (RefundLine(LineId("1"), 0, amount_minor),)
    shop.do(engine.refund, Refund(RefundId(id), SaleId(of), lines, on(when)), at=on(when))


def test_opening_and_lines_are_gross_and_closing() -> None:
    shop = a_shop(MINIMUM)
    give(shop, "ann", 600, on("2026-01-05"))
    close(shop, "2026-01")
    give(shop, "ann", 700, on("2026-02-05"))
    close(shop, "2026-02")

    assert figures(shop, 1) == (0, 600, 0, 600)
    assert figures(shop, 2) == (600, 700, 1_300, 0)
    assert holds(shop, "ann") == {ADJUSTMENTS: -1_300, PAYABLE: 1_300}
    shop.assert_sound()


def test_gross_is_withheld_and_payable() -> None:
    shop = a_shop(evolve(POLICY, withholding=CnLabour()))
    give(shop, "ann", 100_000, on("2026-01-05"))

    close(shop, "2026-01")

    assert holds(shop, "ann") == {ADJUSTMENTS: -100_000, PAYABLE: 96_000, WITHHELD: 4_000}


# The minimum


@pytest.mark.parametrize(("amount_minor", "gross_minor"), [(999, 0), (1_000, 1_000), (1_001, 1_001)])
def test_exactly_at_the_minimum_it_is_paid(amount_minor: int, gross_minor: int) -> None:
    shop = a_shop(MINIMUM)
    give(shop, "ann", amount_minor, on("2026-01-05"))

    close(shop, "2026-01")

    assert figures(shop, 1) == (0, amount_minor, gross_minor, amount_minor - gross_minor)


def test_the_minimum_is_compared_before_tax() -> None:
    shop = a_shop(evolve(POLICY, minimum_minor=100_000, withholding=CnLabour()))
    give(shop, "ann", 100_000, on("2026-01-05"))

    close(shop, "2026-01")

    assert holds(shop, "ann")[PAYABLE] == 96_000


def test_a_carried_balance_that_reaches_a_lowered_minimum_is_paid_without_lines() -> None:
    shop = a_shop(MINIMUM)
    give(shop, "ann", 999, on("2026-01-05"))
    give(shop, "ben", 998, on("2026-01-05"))
    close(shop, "2026-01")
    lowered = evolve(MINIMUM, policy_version=2, valid_from=on("2026-02-01"), minimum_minor=999)
    shop.do(engine.set_settlement, lowered)

    close(shop, "2026-02")

    assert payees(shop, 2) == ["ann"]
    assert figures(shop, 2) == (999, 0, 999, 0)
    assert stated(shop, 2).line_count == 0
    assert holds(shop, "ben")[CARRIED] == 998
    shop.assert_sound()


def test_whoever_has_neither_lines_nor_enough_has_no_statement() -> None:
    shop = a_shop(MINIMUM)
    give(shop, "ann", 999, on("2026-01-05"))
    give(shop, "ben", -5, on("2026-01-05"))
    close(shop, "2026-01")

    close(shop, "2026-02")

    assert payees(shop, 1) == ["ann", "ben"]
    assert payees(shop, 2) == []


def test_nothing_is_never_due() -> None:
    shop = a_shop()
    give(shop, "ann", 5, on("2026-01-05"))
    give(shop, "ann", -5, on("2026-01-06"))

    close(shop, "2026-01")

    assert (figures(shop, 1), stated(shop, 1).line_count) == ((0, 0, 0, 0), 2)
    assert holds(shop) == {}


# Late facts


def test_what_was_released_before_the_end_and_written_later_is_on_the_next_statement() -> None:
    """The freeze ended on 17 January; the batch that says so ran after January was closed."""
    shop = a_shop()
    sell(shop, 10_000, on("2026-01-10"))
    close(shop, "2026-01")
    assert payees(shop, 1) == []

    release(shop, on("2026-02-05"))
    close(shop, "2026-02")

    assert figures(shop, 2) == (0, 1_000, 1_000, 0)
    with shop.store.begin() as tx:
        (line,) = engine.statement_lines(tx, 2, ANN)
    assert (line.due.valid_at, line.due.released_at) == (on("2026-01-10"), on("2026-01-17"))
    shop.assert_sound()


def test_a_sale_that_is_written_late_is_on_the_statement_that_is_open() -> None:
    shop = a_shop()
    close(shop, "2026-01")
    sell(shop, 10_000, on("2026-01-10"), at=on("2026-02-03"))
    release(shop, on("2026-02-03"))

    close(shop, "2026-02")

    assert figures(shop, 2) == (0, 1_000, 1_000, 0)
    shop.assert_sound()


@pytest.mark.parametrize(("paid_at", "closing"), [("2026-01-24 23:59:59.999999", 1), ("2026-01-25", 2)])
def test_a_freeze_that_ends_at_the_end_of_the_month_belongs_to_the_next(paid_at: str, closing: int) -> None:
    shop = a_shop()
    sell(shop, 10_000, on(paid_at))
    release(shop, on("2026-02-01 05:00"))

    close(shop, "2026-01")
    close(shop, "2026-02")

    assert figures(shop, closing) == (0, 1_000, 1_000, 0)


def test_what_is_frozen_is_on_no_statement() -> None:
    shop = a_shop()
    sell(shop, 10_000, on("2026-01-30"))
    release(shop, on("2026-02-01"))

    close(shop, "2026-01")

    assert payees(shop, 1) == []
    assert holds(shop) == {COMMISSION: -1_000, FROZEN: 1_000}


# Refunds


def test_a_refund_after_the_statement_is_carried() -> None:
    """The next period pays what is left of it: max(0, carry + new)."""
    shop = a_shop()
    sell(shop, 10_000, on("2026-01-10"))
    release(shop, on("2026-01-20"))
    close(shop, "2026-01")
    refund(shop, 10_000, "2026-02-10")
    close(shop, "2026-02")
    assert figures(shop, 2) == (0, -1_000, 0, -1_000)
    assert holds(shop) == {CARRIED: -1_000, PAYABLE: 1_000}

    give(shop, "ann", 400, on("2026-03-05"))
    close(shop, "2026-03")
    give(shop, "ann", 900, on("2026-04-05"))
    close(shop, "2026-04")

    assert figures(shop, 3) == (-1_000, 400, 0, -600)
    assert figures(shop, 4) == (-600, 900, 300, 0)
    shop.assert_sound()


def test_a_refund_after_the_release_and_before_the_statement_lowers_it() -> None:
    shop = a_shop()
    sell(shop, 10_000, on("2026-01-10"))
    release(shop, on("2026-01-20"))
    refund(shop, 3_000, "2026-01-25")

    close(shop, "2026-01")

    assert (figures(shop, 1), stated(shop, 1).line_count) == ((0, 700, 700, 0), 2)
    shop.assert_sound()


def test_a_refund_in_the_freeze_is_released_with_its_sale() -> None:
    shop = a_shop()
    sell(shop, 10_000, on("2026-01-10"))
    refund(shop, 3_000, "2026-01-12")
    assert holds(shop) == {COMMISSION: -700, FROZEN: 700}

    release(shop, on("2026-01-20"))

    assert holds(shop) == {COMMISSION: -700, RELEASED: 700}
    with shop.store.begin() as tx:
        dues = [(each.amount_minor, each.released_at) for each in tx.dues.all()]
    assert dues == [(1_000, on("2026-01-17")), (-300, on("2026-01-17"))]
    shop.assert_sound()


def test_a_refund_after_the_release_is_released_when_it_is_posted() -> None:
    """It happened in January and was told in February: the statement of February says January."""
    shop = a_shop()
    sell(shop, 10_000, on("2026-01-10"))
    release(shop, on("2026-01-20"))
    close(shop, "2026-01")
    lines = (RefundLine(LineId("1"), 0, 3_000),)
    shop.do(
        engine.refund, Refund(RefundId("r1"), SaleId("order 1"), lines, on("2026-01-25")), at=on("2026-02-02")
    )

    close(shop, "2026-02")

    with shop.store.begin() as tx:
        (line,) = engine.statement_lines(tx, 2, ANN)
    assert (line.due.amount_minor, line.due.valid_at, line.due.released_at) == (
        -300,
        on("2026-01-25"),
        on("2026-02-02"),
    )


def test_a_cancellation_after_the_release_takes_all_of_it_back() -> None:
    shop = a_shop()
    sell(shop, 10_000, on("2026-01-10"))
    release(shop, on("2026-01-20"))
    refund(shop, 3_000, "2026-01-25")
    shop.do(engine.cancel, a_cancellation("order 1", on("2026-01-26")), at=on("2026-01-26"))

    close(shop, "2026-01")

    assert figures(shop, 1) == (0, 0, 0, 0)
    assert holds(shop) == {}
    shop.assert_sound()


def test_a_completion_after_the_release_changes_nothing() -> None:
    shop = a_shop()
    sell(shop, 10_000, on("2026-01-10"))
    release(shop, on("2026-01-20"))
    before = holds(shop)

    shop.do(engine.complete, Completion(SaleId("order 1"), on("2026-01-21")), at=on("2026-01-21"))

    assert release(shop, on("2026-02-20")).orders == 0
    assert holds(shop) == before


def test_a_statement_whose_lines_take_back_says_that_tax_stays() -> None:
    shop = a_shop()
    give(shop, "ann", 1_000, on("2026-01-05"))
    close(shop, "2026-01")
    give(shop, "ann", -1, on("2026-02-05"))
    close(shop, "2026-02")

    with shop.store.begin() as tx:
        assert [each.tax_stays for each in engine.statements(tx, ANN)] == [False, True]


MONTHS = ["2026-01", "2026-02", "2026-03"]
HALVES = [f"{month}-H{half}" for month in MONTHS for half in (1, 2)]


@pytest.mark.parametrize(
    ("cadence", "labels"),
    [(Cadence.MONTHLY, MONTHS), (Cadence.HALF_MONTHLY, HALVES), (Cadence.QUARTERLY, ["2026-Q1"])],
)
def test_however_time_is_cut_all_that_was_earned_is_due_or_carried(
    cadence: Cadence, labels: list[str]
) -> None:
    shop = a_shop(evolve(POLICY, cadence=cadence))
    for day, amount_minor in (("01-05", 700), ("01-20", -900), ("02-03", 50), ("02-20", 444), ("03-31", 9)):
        give(shop, "ann", amount_minor, on(f"2026-{day}"))

    for label in labels:
        close(shop, label)

    with shop.store.begin() as tx:
        gross = sum(each.statement.gross_minor for each in engine.statements(tx, ANN))
    assert gross + holds(shop, "ann").get(CARRIED, 0) == 303
    shop.assert_sound()


def test_policies_are_set_once_for_a_version_and_for_currencies_of_the_shop() -> None:
    shop = a_shop()

    assert shop.refused(engine.set_settlement, POLICY) == ""
    assert shop.refused(engine.set_settlement, MINIMUM) == "settlement_policy_exists"
    assert (
        shop.refused(engine.set_settlement, evolve(POLICY, currency=Currency("USD")))
        == "currency_not_of_shop"
    )
    with shop.store.begin() as tx:
        assert tx.settlement_policies.all() == [POLICY]
