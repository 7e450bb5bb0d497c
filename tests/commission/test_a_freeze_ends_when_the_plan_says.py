"""How long an order waits: calendar days in the shop's zone or 24 hours, from payment or completion."""

import pytest
from tests.builders import CNY, NOW, SHANGHAI, day, sale

from distcore.commission import (
    SOLD,
    TRANSITIONS,
    Accrual,
    AccrualState,
    Booking,
    Freeze,
    FreezeFrom,
    Posting,
    SaleRecord,
    due_of,
    portions_of,
    state_of,
)
from distcore.kernel import ComponentId, Instant, LineId, MemberId, PlanId, RuleId, parse_instant, zone_of

NEW_YORK = zone_of("America/New_York")
BOOKING = Booking(sale(), PlanId("plan"), 1, True, 0, NOW)


@pytest.mark.parametrize(
    ("bought", "seven_days_later", "hours_168_later"),
    [
        # The clock goes forward on 8 March 2026 and back on 1 November: weeks of 167 and 169 hours.
        ("2026-03-05T17:00:00Z", "2026-03-12T16:00:00Z", "2026-03-12T17:00:00Z"),
        ("2026-10-29T16:00:00Z", "2026-11-05T17:00:00Z", "2026-11-05T16:00:00Z"),
        ("2026-06-01T16:00:00Z", "2026-06-08T16:00:00Z", "2026-06-08T16:00:00Z"),
    ],
)
def test_seven_days_are_the_calendars_or_of_24_hours(
    bought: str, seven_days_later: str, hours_168_later: str
) -> None:
    paid_at, freeze = parse_instant(bought), Freeze(7, FreezeFrom.PAID)
    due = due_of(freeze, paid_at=paid_at, completed_at=None, zone=NEW_YORK)
    assert due == parse_instant(seven_days_later)
    assert due_of(freeze, paid_at=paid_at, completed_at=None, zone=None) == parse_instant(hours_168_later)


def test_a_freeze_from_completion_begins_when_the_order_completes() -> None:
    freeze = Freeze(7)
    assert due_of(freeze, paid_at=day(2), completed_at=None, zone=SHANGHAI) is None
    assert due_of(freeze, paid_at=day(2), completed_at=day(5), zone=SHANGHAI) == day(12)


def test_a_freeze_from_payment_does_not_wait_for_completion() -> None:
    freeze = Freeze(0, FreezeFrom.PAID)
    assert due_of(freeze, paid_at=day(2), completed_at=day(5), zone=None) == day(2)


@pytest.mark.parametrize(
    ("due", "released", "valid_at", "posted_at", "released_at", "free_at"),
    [
        (None, False, day(2), day(3), None, None),
        (day(9), False, day(2), day(3), None, None),
        (day(9), True, day(2), day(3), day(9), day(9)),
        (day(9), True, day(2), day(20), day(20), day(9)),
        (day(9), True, day(15), day(20), day(20), day(15)),
    ],
)
def test_a_posting_is_released_with_its_order_or_when_it_is_posted_later(
    due: Instant | None,
    released: bool,
    valid_at: Instant,
    posted_at: Instant,
    released_at: Instant | None,
    free_at: Instant | None,
) -> None:
    """And it is free since the freeze ended, or since it happened, if that was later."""
    accrual = Accrual(LineId("1"), ComponentId("c"), RuleId("r"), MemberId("ann"), 1, 5)
    posting = Posting(BOOKING.sale.id, SOLD, valid_at, posted_at, (accrual,))
    record = SaleRecord(BOOKING, (posting,), due=due, released=released)
    (portion,) = portions_of(posting, 0, CNY, record.thawed_at)
    assert (portion.released_at, portion.free_at) == (released_at, free_at)


@pytest.mark.parametrize(
    ("amount_minor", "released", "state"),
    [
        (5, False, AccrualState.FROZEN),
        (5, True, AccrualState.RELEASED),
        (-5, True, AccrualState.RELEASED),
        (0, False, AccrualState.VOID),
        (0, True, AccrualState.VOID),
    ],
)
def test_a_state_is_derived(amount_minor: int, released: bool, state: AccrualState) -> None:
    assert state_of(amount_minor, released=released) is state


def test_what_is_released_never_freezes_again() -> None:
    """A share that adds up to nothing may get something again, by a refund that makes room for it."""
    frozen, released, held = AccrualState.FROZEN, AccrualState.RELEASED, AccrualState.HELD
    settled, paid, void = AccrualState.SETTLED, AccrualState.PAID, AccrualState.VOID
    assert dict(TRANSITIONS) == {
        frozen: {released, held, void},
        released: {settled, held, void},
        held: {frozen, released, void},
        settled: {paid},
        paid: set(),
        void: {frozen, released, held},
    }
