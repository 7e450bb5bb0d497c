"""What a sale pays, what somebody earned and what a cap counts are bounded; the refusal names it all."""

from datetime import UTC, datetime

from attrs import evolve
from tests.builders import CNY, above, line, per_order, plan, refund, sale

from distcore.commission import (
    Accrual,
    Booking,
    CategoryIs,
    Coupons,
    FirstOrder,
    Given,
    Past,
    SelfPurchase,
    amount_refusal,
    earned_key,
    earned_refusal,
    gifts_of,
    left_of,
    tally_problems,
    whole,
)
from distcore.kernel import ComponentId, LineId, MemberId, PlanId, RuleId, SaleId, limits

ANN, PLAN, MOST, TOTAL = MemberId("ann"), PlanId("mall"), limits.AMOUNT_MINOR_MAX, limits.TOTAL_MINOR_MAX
BOOKING = Booking(sale(line("1", 100)), PLAN, 1, True, 0, datetime(2026, 3, 1, tzinfo=UTC), earned=())


def paid(amount_minor: int) -> Accrual:
    return Accrual(LineId("1"), ComponentId("levels"), RuleId("r"), ANN, 1, amount_minor)


def test_a_sale_pays_no_more_than_one_amount() -> None:
    assert amount_refusal(SaleId("o1"), [paid(MOST - 1), paid(1)]) is None
    refusal = amount_refusal(SaleId("o1"), [paid(MOST), paid(1)])
    assert refusal is not None
    assert dict(refusal.facts) == {
        "sale": "o1",
        "amount_minor": "1000000000000001",
        "amount_minor_max": MOST,
    }


def test_nobody_has_earned_more_than_a_store_holds() -> None:
    key = earned_key(PLAN, ANN, CNY)
    assert earned_refusal(BOOKING, [paid(5)], {key: TOTAL - 5}) is None
    refusal = earned_refusal(BOOKING, [paid(5)], {key: TOTAL - 4})
    assert refusal is not None
    assert dict(refusal.facts) == {
        "sale": BOOKING.sale.id,
        "plan": "mall",
        "member": "ann",
        "earned_minor": "9223372036854775808",
        "earned_minor_max": "9223372036854775807",
    }


def test_a_tally_is_no_amount_below_zero_and_none_that_does_not_fit() -> None:
    key = earned_key(PLAN, ANN, CNY)
    assert list(tally_problems({key: 0})) == list(tally_problems({key: TOTAL})) == []
    for wrong in (-1, TOTAL + 1):
        (problem,) = tally_problems({key: wrong})
        assert problem.where == f"tallies[{'/'.join(key)}]"


def test_a_gift_is_given_once_for_what_is_left_of_lines_that_a_rule_won() -> None:
    tea = per_order(0, match=CategoryIs("tea"))
    first = FirstOrder(ComponentId("first"), (tea,), gift=Coupons("welcome"))
    plain = evolve(first, id=ComponentId("plain"), gift=None)
    by = evolve(plan(), components=(SelfPurchase(ComponentId("own"), (tea,)), plain, first))
    order = sale(line("1", 100, category="tea"), line("2", 100, category="tea"), line("3", 100))
    lineage = above("ann", "ben")
    given = [Given(ComponentId("first"), ANN, Coupons("welcome"))]
    assert list(gifts_of(by, order, whole(order), lineage)) == given
    for back, left in ((("1", 1, 100),), given), ((("1", 1, 100), ("2", 1, 100)), []):
        assert list(gifts_of(by, order, left_of(order, [refund(*back)]), lineage)) == left
    later = evolve(lineage, past=evolve(lineage.past, orders=1))
    assert list(gifts_of(by, order, whole(order), later)) == []
    assert isinstance(lineage.past, Past)
