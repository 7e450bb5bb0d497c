"""An instant without an offset is refused where it stands, and every other one is kept in UTC."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from distcore.commission import (
    Cancellation,
    PaidBetween,
    PeriodPosting,
    PeriodRun,
    PriceCorrection,
    PriceLine,
    Refund,
    Sale,
)
from distcore.kernel import (
    Actor,
    Currency,
    InputError,
    LineId,
    Period,
    PlanId,
    PriceCorrectionId,
    RefundId,
    SaleId,
)

NOON = datetime(2026, 3, 1, 20, tzinfo=timezone(timedelta(hours=8)))
MARCH = Period("2026-03", NOON, NOON)
SALE, CNY, BY = SaleId("o1"), Currency("CNY"), Actor("ops")

NOUNS: list[tuple[str, Callable[[datetime], Any]]] = [
    ("since", lambda at: PaidBetween(since=at)),
    ("until", lambda at: PaidBetween(until=at)),
    ("paid_at", lambda at: Sale(SALE, "ann", CNY, at, ())),  # type: ignore[arg-type]
    ("refunded_at", lambda at: Refund(RefundId("r1"), SALE, (), at)),
    ("corrected_at", lambda at: PriceCorrection(PriceCorrectionId("p1"), SALE, (), at)),
    ("cancelled_at", lambda at: Cancellation(SALE, at)),
    ("known_until", lambda at: PeriodRun(1, CNY, MARCH, PlanId("p"), 1, 0, at, BY, NOON)),
    ("run_at", lambda at: PeriodRun(1, CNY, MARCH, PlanId("p"), 1, 0, NOON, BY, at)),
    ("posted_at", lambda at: PeriodPosting(1, 0, 0, (), BY, at)),
]


@pytest.mark.parametrize(("name", "made"), NOUNS, ids=[name for name, _ in NOUNS])
def test_an_instant_is_refused_by_its_name_or_kept_in_utc(name: str, made: Callable[[datetime], Any]) -> None:
    with pytest.raises(InputError) as raised:
        made(NOON.replace(tzinfo=None))
    assert [problem.where for problem in raised.value.problems] == [name]
    kept = getattr(made(NOON), name)
    assert (kept, kept.tzinfo) == (NOON, UTC)


def test_a_side_without_an_instant_stays_open() -> None:
    assert (PaidBetween().since, PaidBetween().until) == (None, None)


def test_prices_stand_in_the_order_of_their_lines() -> None:
    two, one = (PriceLine(LineId(line), 5) for line in "21")
    assert PriceCorrection(PriceCorrectionId("p1"), SALE, (two, one), NOON).lines == (one, two)
