"""The past of a sale is what was accrued before it, as it was sold; months are of the shop's calendar."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from tests.builders import LEVELS, SHANGHAI, above, day, line, per_order, percent, plan, sale, seat

from distcore.commission import (
    NOTHING_BEFORE,
    AfterRefund,
    Bought,
    FirstLevel,
    FirstOrder,
    Freeze,
    FreezeFrom,
    Match,
    MonthsSinceFirst,
    Not,
    OrderNumber,
    Past,
    SpentBefore,
    Standing,
    calculate,
    months_between,
    past_of,
    plan_problems,
    whole,
    with_sale,
)
from distcore.kernel import ComponentId, SaleId

FIRST, SECOND = sale(line("1", 3_000), id="o1", paid_at=day(5)), sale(line("1", 500), id="o2", paid_at=day(9))


def test_a_sale_is_counted_as_it_was_sold() -> None:
    once = with_sale(Bought(), FIRST, NOTHING_BEFORE)
    assert once == Bought(1, day(5), 3_000, SaleId("o1"))
    later = Past(1, 0, 3_000, first_is_free=False)
    assert with_sale(once, SECOND, later) == Bought(2, day(5), 3_500, SaleId("o1"))
    assert with_sale(once, SECOND, evolve(later, first_is_free=True)).first_sale == "o2"
    assert with_sale(once, SECOND, None).first_sale == "o1"


def test_the_first_payment_is_the_earliest_whatever_was_accrued_first() -> None:
    assert with_sale(with_sale(Bought(), SECOND, None), FIRST, None).first_paid_at == day(5)


def test_the_past_says_what_had_been_bought() -> None:
    assert past_of(FIRST, Bought(), SHANGHAI, first_was_gone=False) == NOTHING_BEFORE
    bought = Bought(2, day(5), 4_000, SaleId("o0"))
    later = evolve(FIRST, paid_at=day(5 + 31 + 28))
    assert past_of(later, bought, SHANGHAI, first_was_gone=False) == Past(2, 2, 4_000, first_is_free=False)
    assert past_of(later, bought, SHANGHAI, first_was_gone=True) == Past(2, 2, 4_000, first_is_free=True)


def test_months_are_counted_in_the_zone_of_the_shop() -> None:
    """In Shanghai it is the first of February and of March, in London the last of January and of February."""
    first, later = (datetime(2026, 1, 31, 17, tzinfo=UTC), datetime(2026, 2, 28, 18, tzinfo=UTC))
    bought = Bought(1, first, 100)
    order = evolve(FIRST, paid_at=later)
    assert past_of(order, bought, SHANGHAI, first_was_gone=False).months == 1
    assert past_of(order, bought, ZoneInfo("UTC"), first_was_gone=False).months == 0


def test_orders_from_before_anybody_asked_leave_no_first() -> None:
    assert not past_of(SECOND, Bought(1, day(5), 3_000), SHANGHAI, first_was_gone=False).first_is_free


@pytest.mark.parametrize(
    ("start", "end", "months"),
    [
        ("2026-01-31T10:00", "2026-02-28T23:59", 0),
        ("2026-01-31T10:00", "2026-03-01T00:00", 1),
        ("2026-01-15T10:00", "2026-02-15T09:59", 0),
        ("2026-01-15T10:00", "2026-02-15T10:00", 1),
        ("2025-12-15T10:00", "2026-12-15T10:00", 12),
        ("2026-01-15T10:00", "2026-01-15T10:00", 0),
        ("2026-02-15T10:00", "2026-01-15T10:00", 0),
    ],
)
def test_a_month_is_full_at_its_day_and_time(start: str, end: str, months: int) -> None:
    first, last = (datetime.fromisoformat(each).replace(tzinfo=SHANGHAI) for each in (start, end))
    assert months_between(first, last, SHANGHAI) == months


def test_months_are_those_of_the_shop() -> None:
    """A minute after midnight in Shanghai it is still the month before in New York."""
    start = datetime(2026, 1, 1, 0, 0, tzinfo=SHANGHAI)
    end = datetime(2026, 2, 1, 0, 0, tzinfo=SHANGHAI)
    assert months_between(start, end, SHANGHAI) == 1
    assert months_between(start, end, ZoneInfo("America/New_York")) == 1
    assert months_between(start, datetime(2026, 2, 1, 13, 0, tzinfo=SHANGHAI), ZoneInfo("UTC")) == 1


@given(st.datetimes(timezones=st.just(SHANGHAI)), st.integers(0, 10_000), st.integers(0, 10_000))
def test_later_is_never_fewer_months(start: datetime, hours: int, more: int) -> None:
    try:
        ends = start + timedelta(hours=hours), start + timedelta(hours=hours + more)
    except OverflowError:
        return
    assert months_between(start, ends[0], SHANGHAI) <= months_between(start, ends[1], SHANGHAI)


PASTS = (NOTHING_BEFORE, Past(1, 0, 3_000, first_is_free=False), Past(2, 12, 9_000, first_is_free=True))


@pytest.mark.parametrize(
    ("match", "paid"),
    [
        (OrderNumber(below=2), [True, False, False]),
        (OrderNumber(2, 3), [False, True, False]),
        (OrderNumber(3), [False, False, True]),
        (MonthsSinceFirst(below=12), [True, True, False]),
        (MonthsSinceFirst(12), [False, False, True]),
        (SpentBefore(1), [False, True, True]),
        (SpentBefore(3_000, 9_000), [False, True, False]),
        (Not(SpentBefore(3_001)), [True, True, False]),
    ],
    ids=str,
)
def test_a_condition_asks_the_past(match: Match, paid: list[bool]) -> None:
    by = plan(percent("10%", 1, match=match))
    assert by.asks_past
    found = [bool(calculate(by, FIRST, FIRST.lines, evolve(above("ann"), past=past))) for past in PASTS]
    assert found == paid


@pytest.mark.parametrize(
    ("answer", "paid"),
    [(AfterRefund.LOST, [True, False, False]), (AfterRefund.NEXT_ORDER, [True, False, True])],
)
def test_a_first_order_is_paid_once(answer: AfterRefund, paid: list[bool]) -> None:
    by = evolve(plan(), components=(FirstOrder(ComponentId("welcome"), (per_order(1_000),), answer),))
    assert by.asks_past
    found = [bool(calculate(by, FIRST, whole(FIRST), evolve(above("ann"), past=past))) for past in PASTS]
    assert found == paid


def test_level_1_is_paid_for_a_first_order_and_nobody_else() -> None:
    component = FirstOrder(ComponentId("welcome"), (per_order(1_000),))
    by = evolve(plan(), components=(component,))
    assert [(each.payee, each.level) for each in calculate(by, FIRST, whole(FIRST), above("ann", "ben"))] == [
        ("ann", 1)
    ]
    suspended = above(seat("ann", standing=Standing.SUSPENDED), "ben")
    assert calculate(by, FIRST, whole(FIRST), suspended) == ()
    promoted = evolve(by, components=(evolve(component, level_1=FirstLevel.PROMOTER),))
    found = calculate(promoted, FIRST, whole(FIRST), above("ann", promoted=[seat("pam")]))
    assert [each.payee for each in found] == ["pam"]


def test_a_plan_for_first_orders_counts_its_freeze_from_completion() -> None:
    component = FirstOrder(ComponentId("welcome"), (per_order(1_000),))
    by = evolve(plan(), components=(component,), freeze=Freeze(7, FreezeFrom.PAID))
    (problem,) = plan_problems(by)
    assert str(problem) == (
        "$.components[0]: it would be released before its order is completed "
        '(it is for completed orders: let the freeze count from "completed")'
    )


def test_a_plan_that_asks_nothing_is_not_told() -> None:
    assert not plan(percent("10%", 1), upline=LEVELS).asks_past
