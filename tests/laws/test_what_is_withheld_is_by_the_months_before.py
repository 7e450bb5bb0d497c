"""M13 from closing to closing: what a store remembers of earlier months decides what is withheld now.

The example with a gap of two months that others published, closed month by month; its sums are those of
`tests/settlement/test_published_examples_are_met.py`.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from attrs import evolve

from distcore import engine
from distcore.kernel import Actor, Currency, Instant, MemberId
from distcore.ports import Store
from distcore.settlement import (
    Adjustment,
    CnCumulative,
    CnLabour,
    CustomWithholding,
    Review,
    SettlementPolicy,
    SoFar,
    Withholding,
)
from distcore.testing.builders import Shop, a_chain

CNY = Currency("CNY")
OTHER = {"actor": "other"}
BEGUN = datetime(2025, 12, 31, 16, tzinfo=UTC)
"""The first instant of 2026 in Shanghai."""

EARNED = {6: 700_000, 7: 750_000, 10: 720_000, 11: 600_000, 12: 800_000}
"""What is due for each month; it is approved in the next one."""


def noon(month: int, day: int = 15) -> Instant:
    """Return an instant of a month of 2026, or of the years after it."""
    years, number = divmod(month - 1, 12)
    return datetime(2026 + years, number + 1, day, 4, tzinfo=UTC)


def opened(store: Store, withholding: Withholding, **changes: Any) -> Shop:
    shop = Shop.open(store, newcomers=a_chain("ann", "ben"))
    policy = evolve(SettlementPolicy(CNY, 1, BEGUN, withholding=withholding), **changes)
    shop.do(engine.set_settlement, policy, at=BEGUN)
    return shop


def give(shop: Shop, payee: str, amount_minor: int, month: int) -> None:
    at = noon(month)
    given = Adjustment(f"{payee} {month}", MemberId(payee), CNY, amount_minor, "earned", Actor("boss"), at)
    shop.do(engine.adjust, given, at=at)


def closed(shop: Shop, month: int, **options: Any) -> int:
    return shop.do(engine.close_period, CNY, f"2026-{month:02}", at=noon(month + 1), **options).number


def withheld(shop: Shop, payee: str) -> list[int]:
    with shop.store.begin() as tx:
        numbers = [each.number for each in tx.closings.of(CNY)]
        found = [tx.assessments.of(number, [MemberId(payee)]).get(MemberId(payee)) for number in numbers]
    return [each.withheld_minor for each in found if each is not None]


def play(shop: Shop, months: Sequence[int], **options: Any) -> None:
    for month in months:
        if month in EARNED:
            give(shop, "ann", EARNED[month], month)
            give(shop, "ben", 100_000, month)
        closed(shop, month, **options)


@pytest.mark.parametrize(
    ("withholding", "of_ann", "of_ben"),
    [
        (CnLabour(), [112_000, 120_000, 115_200, 96_000, 128_000], [4_000] * 5),
        # The last one is approved in January: a new year, and the months before don't count.
        (CnCumulative(), [1_800, 3_000, 2_280, 0, 4_200], [0] * 5),
    ],
    ids=["payments", "months"],
)
def test_months_are_closed_one_by_one(
    new_store: Callable[[], Store], withholding: Withholding, of_ann: list[int], of_ben: list[int]
) -> None:
    shop = opened(new_store(), withholding)

    play(shop, range(6, 13))

    assert withheld(shop, "ann") == of_ann
    assert withheld(shop, "ben") == of_ben
    shop.assert_sound()


def test_two_closings_that_are_approved_in_one_month_are_one_payment(new_store: Callable[[], Store]) -> None:
    """June and July, approved together in August: 14,500.00 of one month."""
    shop = opened(new_store(), CnCumulative(), review=Review.REVIEWED)
    for month in (6, 7):
        give(shop, "ann", EARNED[month], month)
        number = closed(shop, month)
        shop.do(engine.approve_closing, number, at=noon(8), **OTHER)

    assert withheld(shop, "ann") == [1_800, 18_000]
    assert sum(withheld(shop, "ann")) == (1_450_000 * 8 // 10 - 500_000) * 3 // 100
    shop.assert_sound()


def test_a_clawback_lowers_later_gross_and_tax_is_not_given_back(new_store: Callable[[], Store]) -> None:
    shop = opened(new_store(), CnLabour())
    give(shop, "ann", 700_000, 6)
    closed(shop, 6)
    give(shop, "ann", -200_000, 7)
    closed(shop, 7)
    give(shop, "ann", 500_000, 8)
    closed(shop, 8)

    assert withheld(shop, "ann") == [112_000, (300_000 - 80_000) // 5]
    shop.assert_sound()


def test_a_function_of_the_shop_sees_the_months_before(new_store: Callable[[], Store]) -> None:
    asked: list[tuple[int, str, SoFar]] = []

    def tenth(gross_minor: int, month: str, so_far: SoFar) -> int:
        asked.append((gross_minor, month, so_far))
        return gross_minor // 10

    shop = opened(new_store(), CustomWithholding("tenth"))
    for month in (6, 7):
        give(shop, "ann", EARNED[month], month)
    customs = {("tenth", 1): tenth}
    closed(shop, 6, customs=customs)
    closed(shop, 7, customs=customs)
    give(shop, "ann", EARNED[10], 8)
    closed(shop, 8, customs=customs)

    assert [(gross, month) for gross, month, _ in asked] == [
        (700_000, "2026-07"),
        (750_000, "2026-08"),
        (720_000, "2026-09"),
    ]
    assert [(each.month, each.gross_minor, each.withheld_minor) for each in asked[-1][2].months] == [
        ("2026-07", 700_000, 70_000),
        ("2026-08", 750_000, 75_000),
    ]


def test_verify_finds_what_the_law_would_not_have_withheld(new_store: Callable[[], Store]) -> None:
    """The same assessments under another policy are wrong: the check is made of the months before, too."""
    shop = opened(new_store(), CustomWithholding("payments"))
    customs = {("payments", 1): lambda gross_minor, month, so_far: gross_minor // 5}
    play(shop, (6, 7), customs=customs)

    with shop.store.begin() as tx:
        assert engine.verify(tx, customs=customs).sound
        wrong = engine.verify(tx, customs={("payments", 1): lambda gross, month, so_far: len(so_far.months)})

    assert [problem.message for problem in wrong.problems] == [
        "140000 are withheld, the law gives 0",
        "20000 are withheld, the law gives 0",
        "150000 are withheld, the law gives 1",
        "20000 are withheld, the law gives 1",
    ]
