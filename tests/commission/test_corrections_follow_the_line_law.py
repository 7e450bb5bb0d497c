"""Facts of a sale add up to the value of what is left of it, and no more goes back than was bought."""

from collections.abc import Sequence

import pytest
from attrs import evolve
from tests.builders import NOW, above, day, line, paid, percent, plan, price, refund, sale

from distcore.commission import (
    CANCELLED,
    SOLD,
    Accrual,
    Booking,
    Cancellation,
    Cause,
    Correction,
    Posting,
    SaleRecord,
    accrual_id,
    calculate,
    cause_of,
    correct,
    correction_refusal,
    happened_at,
    left_of,
    share_of,
    sums_of,
    whole,
)
from distcore.kernel import ComponentId, Instant, LineId, MemberId, PlanId, RuleId, SaleId, limits

ORDER = sale(line("1", 10_000, units=4), line("2", 5_000, units=1))
CANCELLATION = Cancellation(SaleId("order 1"), day(5))


def left(*corrections: Correction) -> list[tuple[int, int]]:
    return [(part.units, part.net_minor) for part in left_of(ORDER, corrections)]


def accrual(amount_minor: int, *, payee: str = "ann", level: int = 1, line: str = "1") -> Accrual:
    return Accrual(LineId(line), ComponentId("levels"), RuleId("10%"), MemberId(payee), level, amount_minor)


# What is left


def test_nothing_corrected_leaves_the_whole() -> None:
    assert left_of(ORDER, []) == whole(ORDER)
    assert left() == [(4, 10_000), (1, 5_000)]


def test_refunds_take_units_and_money_off_their_lines() -> None:
    corrections = refund(("1", 1, 2_500), id="r1"), refund(("2", 0, 4_999), ("1", 2, 0), id="r2")
    assert left(*corrections) == [(1, 7_500), (1, 1)]
    assert left(*reversed(corrections)) == left(*corrections)


def test_a_price_is_what_all_units_were_sold_for_before_any_refund() -> None:
    higher, back = price("p1", {"1": 11_000}), refund(("1", 1, 2_500))
    assert left(higher) == [(4, 11_000), (1, 5_000)]
    assert left(higher, back) == left(back, higher) == [(3, 8_500), (1, 5_000)]
    assert left(price("p1", {"1": 0, "2": 7})) == [(4, 0), (1, 7)]


def test_of_several_prices_the_one_that_happened_last_holds_and_then_the_highest_id() -> None:
    first, last = price("b", {"1": 9}, corrected_at=day(3)), price("a", {"1": 8}, corrected_at=day(4))
    assert left(first, last) == left(last, first) == [(4, 8), (1, 5_000)]
    other = price("c", {"1": 7}, corrected_at=day(4))
    assert left(other, last, first) == left(last, first, other) == [(4, 7), (1, 5_000)]


def test_a_cancellation_leaves_nothing_whatever_was_refunded() -> None:
    assert left(refund(("1", 1, 2_500)), CANCELLATION) == [(0, 0), (0, 0)]


def test_a_chargeback_that_repeats_a_refund_deducts_only_what_exceeds_it() -> None:
    first = refund(("1", 1, 2_500), id="r1")
    again = refund(("1", 2, 2_000), ("2", 0, 700), id="c1", repeats="r1")
    assert left(first, again) == [(2, 7_500), (1, 4_300)]
    assert left(again, first) == left(first, again)


# What is posted


def test_what_is_posted_is_what_is_earned_now_minus_what_was_posted() -> None:
    so_far = sums_of([accrual(1_000), accrual(500, payee="ben", level=2)])
    assert correct([accrual(750)], so_far) == (accrual(-250), accrual(-500, payee="ben", level=2))


def test_what_did_not_change_posts_nothing_and_what_is_new_posts_all() -> None:
    so_far = sums_of([accrual(1_000), accrual(0, line="9")])
    assert correct([accrual(1_000), accrual(7, line="2")], so_far) == (accrual(7, line="2"),)


def test_facts_add_up_by_line_component_rule_payee_and_level() -> None:
    facts = [accrual(5), accrual(3, level=2), accrual(-1), accrual(2, line="2"), accrual(4, payee="ben")]
    assert list(sums_of(facts).values()) == [4, 3, 2, 4]
    assert share_of(facts[1]) == ("1", "levels", "10%", "ann", 2)


@pytest.mark.parametrize(
    "slices",
    [
        [refund(("1", 4, 10_000), ("2", 1, 5_000), id="all")],
        [refund(("1", 1, 1), id="a"), refund(("1", 3, 9_999), id="b"), refund(("2", 1, 5_000), id="c")],
        [refund(("2", 0, 4_999), id="a"), CANCELLATION],
    ],
)
def test_a_full_refund_in_any_slices_nets_to_zero(slices: Sequence[Correction]) -> None:
    by = plan(percent("3.33%", 1), percent("1.11%", 2))
    lineage = above("ann", "ben")
    posted = list(calculate(by, ORDER, whole(ORDER), lineage))
    assert paid(posted) == {"ann": 333 + 167, "ben": 111 + 56}
    for count in range(1, len(slices) + 1):
        now = calculate(by, ORDER, left_of(ORDER, slices[:count]), lineage)
        posted += correct(now, sums_of(posted))
    assert paid(posted) == {"ann": 0, "ben": 0}


# What facts are called


def test_a_cause_names_what_was_posted() -> None:
    back = refund(("1", 1, 1), refunded_at=day(4))
    assert [cause_of(back), cause_of(CANCELLATION)] == ["refund/r1", CANCELLED]
    assert [happened_at(back), happened_at(CANCELLATION)] == [day(4), day(5)]


def test_a_fact_is_named_by_its_natural_key_and_not_by_its_amount() -> None:
    posting = Posting(ORDER.id, SOLD, day(2), NOW, (accrual(5),))
    name = accrual_id(posting, accrual(5))
    assert len(name) == 16
    assert accrual_id(posting, accrual(6)) == name
    others = {
        accrual_id(posting, accrual(5, level=2)),
        accrual_id(posting, accrual(5, payee="ben")),
        accrual_id(posting, accrual(5, line="2")),
        accrual_id(evolve(posting, cause=Cause("refund/r1")), accrual(5)),
        accrual_id(evolve(posting, sale=SaleId("order 2")), accrual(5)),
    }
    assert len(others - {name}) == 5


# What may not go back


def refusal(correction: Correction, *before: Correction, at: Instant = NOW) -> str:
    booking = Booking(ORDER, PlanId("plan"), 1, True, 0, NOW)
    return str(correction_refusal(SaleRecord(booking, (), before), correction, at))


@pytest.mark.parametrize(
    "back",
    [
        refund(("1", 4, 10_000), ("2", 1, 5_000)),
        refund(("1", 0, 1), refunded_at=day(2)),
        refund(("1", 0, 1), refunded_at=NOW),
        CANCELLATION,
        price("p1", {"1": 0, "2": 5_001}, corrected_at=day(2)),
        price("p1", {"1": limits.AMOUNT_MINOR_MAX - 5_000}),
    ],
)
def test_what_is_left_may_go_back_from_the_payment_on(back: Correction) -> None:
    assert refusal(back) == "None"


@pytest.mark.parametrize(
    ("back", "before", "message"),
    [
        (
            refund(("1", 5, 1)),
            (),
            (
                "refund_too_large: of line 1 of order 1 4 units are left, r1 asks for 5 "
                "(a refund takes back no more than was paid and is left)"
            ),
        ),
        (
            refund(("1", 3, 0), id="r2"),
            (refund(("1", 2, 0)),),
            (
                "refund_too_large: of line 1 of order 1 2 units are left, r2 asks for 3 "
                "(a refund takes back no more than was paid and is left)"
            ),
        ),
        (
            refund(("2", 0, 5_001)),
            (),
            (
                "refund_too_large: of line 2 of order 1 50.00 CNY are left, r1 asks for 50.01 "
                "(a refund takes back no more than was paid and is left)"
            ),
        ),
        (
            refund(("1", 1, 1), ("3", 1, 1)),
            (),
            "refund_line_unknown: order 1 has no line 3 (see the lines with explain)",
        ),
        (
            refund(("1", 1, 1)),
            (CANCELLATION,),
            "sale_cancelled: order 1 was cancelled at 2026-01-05T00:00:00Z (nothing is left to correct)",
        ),
        (
            refund(("1", 1, 1), refunded_at=day(1)),
            (),
            (
                "refund_before_payment: order 1 was paid at 2026-01-02T00:00:00Z; r1 says "
                "2026-01-01T00:00:00Z "
                "(a sale is corrected after it was paid)"
            ),
        ),
        (
            Cancellation(SaleId("order 1"), day(1)),
            (),
            (
                "refund_before_payment: order 1 was paid at 2026-01-02T00:00:00Z; the cancellation says "
                "2026-01-01T00:00:00Z (a sale is corrected after it was paid)"
            ),
        ),
        (
            refund(("1", 1, 1), refunded_at=day(32)),
            (),
            (
                "corrected_in_future: order 1 would be corrected at 2026-02-01T00:00:00Z, after "
                "2026-01-31T00:00:00Z (post it when it has happened)"
            ),
        ),
        (
            price("p1", {"1": 2_499}),
            (refund(("1", 1, 2_500)),),
            (
                "price_below_refunds: line 1 of order 1 would have been sold for 24.99 CNY by p1; 25.00 went "
                "back of it (a price is what all units were sold for, before any refund)"
            ),
        ),
        (
            price("p1", {"1": 1, "3": 1}),
            (),
            "price_line_unknown: order 1 has no line 3 (see the lines with explain)",
        ),
        (
            price("p1", {"1": limits.AMOUNT_MINOR_MAX}),
            (),
            (
                "price_too_large: by p1 the lines of order 1 would be sold for 1000000000005000 minor units; "
                "the limit is 1000000000000000 (check the prices of the lines)"
            ),
        ),
        (
            price("p1", corrected_at=day(1)),
            (),
            (
                "refund_before_payment: order 1 was paid at 2026-01-02T00:00:00Z; p1 says "
                "2026-01-01T00:00:00Z (a sale is corrected after it was paid)"
            ),
        ),
        (
            price("p1"),
            (CANCELLATION,),
            "sale_cancelled: order 1 was cancelled at 2026-01-05T00:00:00Z (nothing is left to correct)",
        ),
        (
            refund(("1", 1, 1), id="c1", repeats="r9"),
            (refund(("1", 1, 1)),),
            (
                "repeated_refund_unknown: c1 repeats r9, which is not a refund of order 1 that can "
                "be repeated "
                "(name a refund of the same sale that repeats none itself)"
            ),
        ),
        (
            refund(("1", 1, 1), id="c2", repeats="c1"),
            (refund(("1", 1, 1)), refund(("1", 1, 1), id="c1", repeats="r1")),
            (
                "repeated_refund_unknown: c2 repeats c1, which is not a refund of order 1 that can "
                "be repeated "
                "(name a refund of the same sale that repeats none itself)"
            ),
        ),
        (
            refund(("1", 1, 1), id="c2", repeats="r1"),
            (refund(("1", 1, 1)), refund(("1", 1, 1), id="c1", repeats="r1")),
            "repeated_twice: c2 repeats r1, which c1 repeats already (post it as a refund of its own)",
        ),
        (
            refund(("1", 4, 0), id="c1", repeats="r1"),
            (refund(("1", 1, 0)), refund(("1", 1, 0), id="r2")),
            (
                "refund_too_large: of line 1 of order 1 2 units are left, c1 asks for 3 "
                "(a refund takes back no more than was paid and is left)"
            ),
        ),
    ],
)
def test_a_correction_that_cannot_be_is_refused(
    back: Correction, before: tuple[Correction, ...], message: str
) -> None:
    assert refusal(back, *before) == message


def test_more_may_go_back_of_a_higher_price_and_less_of_a_lower_one() -> None:
    assert refusal(refund(("1", 0, 11_000)), price("p1", {"1": 11_000})) == "None"
    assert refusal(refund(("1", 0, 9_001)), price("p1", {"1": 9_000})).startswith("refund_too_large")


def test_a_price_that_another_one_replaced_already_takes_nothing_away() -> None:
    """It happened before the one that holds, so it may be below what went back."""
    before = price("p2", {"1": 10_000}, corrected_at=day(20)), refund(("1", 0, 9_500))
    assert refusal(price("p1", {"1": 9_000}, corrected_at=day(19)), *before) == "None"
    assert refusal(price("p1", {"1": 9_000}, corrected_at=day(21)), *before).startswith("price_below")


def test_a_chargeback_may_ask_for_what_its_refund_took_already() -> None:
    first = refund(("1", 4, 10_000))
    assert refusal(refund(("1", 4, 10_000), id="c1", repeats="r1"), first) == "None"
