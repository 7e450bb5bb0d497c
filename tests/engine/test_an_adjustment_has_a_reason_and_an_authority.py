"""What somebody gives or takes by decision is under its reason, and allowed by somebody else."""

import pytest
from tests.money import ANN, a_shop, an_adjustment, close, figures, give, holds, on

from distcore import engine
from distcore.kernel import Origin, OriginKind
from distcore.ledger import ADJUSTMENTS, CARRIED, PAYABLE, POINTS, POINTS_ISSUED, RELEASED
from distcore.settlement import Adjustment

NOW = on("2026-01-10")


@pytest.mark.parametrize("amount_minor", [1_000, -1_000])
def test_an_adjustment_is_released_at_once(amount_minor: int) -> None:
    shop = a_shop()

    give(shop, "ann", amount_minor, NOW)

    assert holds(shop) == {ADJUSTMENTS: -amount_minor, RELEASED: amount_minor}
    shop.assert_sound()


def test_it_is_on_the_statement_of_the_period_in_which_it_was_posted_and_says_when_it_was_valid() -> None:
    shop = a_shop()
    prize = an_adjustment("ann", 1_000, on("2025-12-24"), id="a7")
    shop.do(engine.adjust, prize, at=NOW)
    close(shop, "2026-01")

    with shop.store.begin() as tx:
        (line,) = engine.statement_lines(tx, 1, ANN)
        assert tx.adjustments.find(["a7"]) == {"a7": prize}
    assert (line.due.origin, line.due.valid_at) == (Origin(OriginKind.ADJUSTMENT, "a7"), on("2025-12-24"))
    assert line.due.released_at == NOW


def test_a_negative_balance_is_written_off_by_an_adjustment_alone() -> None:
    shop = a_shop()
    give(shop, "ann", -1_000, NOW)
    close(shop, "2026-01")
    assert holds(shop) == {ADJUSTMENTS: 1_000, CARRIED: -1_000}

    give(shop, "ann", 1_000, on("2026-02-05"))
    close(shop, "2026-02")

    assert figures(shop, 2) == (-1_000, 1_000, 0, 0)
    assert holds(shop) == {}
    shop.assert_sound()


@pytest.mark.parametrize("amount_minor", [50, -20])
def test_points_are_given_and_never_settled(amount_minor: int) -> None:
    shop = a_shop()
    give(shop, "ann", 100, NOW, currency="POINT", id="a1")
    give(shop, "ann", amount_minor, NOW, currency="POINT", id="a2")

    close(shop, "2026-01")

    assert holds(shop) == {POINTS_ISSUED: -100 - amount_minor, POINTS: 100 + amount_minor}
    assert PAYABLE not in holds(shop)
    shop.assert_sound()


@pytest.mark.parametrize(
    ("adjustment", "code"),
    [
        (an_adjustment("ann", 1, NOW, authority="tester"), "same_authority"),
        (an_adjustment("nobody", 1, NOW), "payee_unknown"),
        (an_adjustment("ann", 1, on("2026-01-10 00:01")), "adjusted_in_future"),
        (an_adjustment("ann", 1, NOW, currency="USD"), "currency_not_of_shop"),
        (an_adjustment("ann", 2, NOW, id="there"), "adjustment_exists"),
    ],
)
def test_an_adjustment_that_can_not_be(adjustment: Adjustment, code: str) -> None:
    shop = a_shop()
    give(shop, "ann", 1, NOW, id="there")
    before = shop.dump()

    assert shop.refused(engine.adjust, adjustment, at=NOW) == code
    assert shop.dump() == before


def test_of_many_adjustments_each_is_posted_or_refused_by_itself() -> None:
    shop = a_shop()
    report = shop.do(
        engine.adjust_all,
        [
            an_adjustment("ann", 1_000, NOW, id="a1"),
            an_adjustment("nobody", 1_000, NOW, id="a2"),
            an_adjustment("ben", -7, NOW, id="a3"),
            an_adjustment("ben", 0, NOW, id="a4"),
        ],
        at=NOW,
    )

    assert [each.id for each in report.done] == ["a1", "a3"]
    assert [(each.item, each.refusal.code) for each in report.refused] == [("a2", "payee_unknown")]
    assert [str(each) for each in report.problems] == [
        "a4: amount_minor: nothing is moved (an amount above or below zero)"
    ]
    assert holds(shop) == {ADJUSTMENTS: -993, RELEASED: 993}
