"""Opening balances come from another mall once, before the first closing, and then are like all others."""

import pytest
from attrs import evolve
from tests.money import (
    ANN,
    CNY,
    POLICY,
    a_shop,
    an_opening,
    close,
    figures,
    give,
    holds,
    on,
    payees,
    release,
)

from distcore import engine
from distcore.engine import Released
from distcore.kernel import Currency, Instant, Origin, OriginKind
from distcore.ledger import CARRIED, FROZEN, OPENING, PAYABLE, RELEASED
from distcore.settlement import Opening, Review
from distcore.testing.builders import Shop

MOVED = on("2026-01-10")
FROZEN_UNTIL = on("2026-01-31 20:00")


def moved_in(shop: Shop, *openings: Opening, when: Instant = MOVED) -> list[str]:
    """Take openings over; return the codes of those that are refused."""
    report = shop.do(engine.open_balances, openings, at=when)
    assert not report.problems
    return [each.refusal.code for each in report.refused]


def test_what_was_owed_is_owed() -> None:
    shop = a_shop()

    assert moved_in(shop, an_opening("ann", 1_000, MOVED)) == []

    assert holds(shop) == {OPENING: -1_000, RELEASED: 1_000}
    close(shop, "2026-01")
    assert figures(shop, 1) == (0, 1_000, 1_000, 0)
    assert holds(shop) == {OPENING: -1_000, PAYABLE: 1_000}
    shop.assert_sound()


def test_its_line_leads_back_to_the_old_mall() -> None:
    shop = a_shop()
    moved_in(shop, an_opening("ann", 1_000, on("2025-12-31"), id="row 7"))
    close(shop, "2026-01")

    with shop.store.begin() as tx:
        (line,) = engine.statement_lines(tx, 1, ANN)
        found = tx.openings.find([line.due.origin.ref])["row 7"]
    assert (line.due.origin, line.due.valid_at) == (Origin(OriginKind.OPENING, "row 7"), on("2025-12-31"))
    assert found.provenance == "old mall, row 7"


def test_what_the_payee_owed_is_offset_first() -> None:
    shop = a_shop()
    moved_in(shop, an_opening("ann", -1_000, MOVED))
    give(shop, "ann", 300, on("2026-01-20"))

    close(shop, "2026-01")
    give(shop, "ann", 900, on("2026-02-20"))
    close(shop, "2026-02")

    assert figures(shop, 1) == (0, -700, 0, -700)
    assert figures(shop, 2) == (-700, 900, 200, 0)
    shop.assert_sound()


@pytest.mark.parametrize("amount_minor", [1_000, -1_000])
def test_a_freeze_that_runs_goes_on_running(amount_minor: int) -> None:
    shop = a_shop()
    moved_in(shop, an_opening("ann", amount_minor, MOVED, frozen_until=FROZEN_UNTIL))
    assert holds(shop) == {OPENING: -amount_minor, FROZEN: amount_minor}

    assert release(shop, on("2026-01-31 19:59")) == Released(0, 0)
    assert release(shop, FROZEN_UNTIL) == Released(0, 1)

    assert holds(shop) == {OPENING: -amount_minor, RELEASED: amount_minor}
    assert release(shop, on("2026-02-28")) == Released(0, 0)
    shop.assert_sound()


@pytest.mark.parametrize("batch", [FROZEN_UNTIL, on("2026-02-01 03:00")])
def test_the_hour_at_which_a_batch_runs_changes_nothing(batch: Instant) -> None:
    """The freeze ends in January, so January's statement has it, also where the batch runs later."""
    shop = a_shop()
    moved_in(shop, an_opening("ann", 1_000, MOVED, frozen_until=FROZEN_UNTIL))

    release(shop, batch)
    close(shop, "2026-01")

    assert figures(shop, 1) == (0, 1_000, 1_000, 0)
    shop.assert_sound()


def test_a_freeze_that_was_over_before_moving_in_is_released_with_it() -> None:
    shop = a_shop()

    moved_in(shop, an_opening("ann", 1_000, MOVED, frozen_until=MOVED))

    with shop.store.begin() as tx:
        (due,) = tx.dues.all()
    assert due.released_at == MOVED


def test_an_opening_balance_is_imported_once() -> None:
    shop = a_shop()
    opening = an_opening("ann", 1_000, MOVED)
    assert moved_in(shop, opening, opening) == []

    assert moved_in(shop, opening) == []
    assert moved_in(shop, evolve(opening, amount_minor=1_001)) == ["opening_exists"]
    assert holds(shop) == {OPENING: -1_000, RELEASED: 1_000}
    shop.assert_sound()


def test_two_rows_of_one_file_with_one_id_and_other_amounts_are_one_too_many() -> None:
    shop = a_shop()

    report = shop.do(
        engine.open_balances, [an_opening("ann", 1_000, MOVED), an_opening("ann", 7, MOVED)], at=MOVED
    )

    assert [each.amount_minor for each in report.done] == [1_000]
    assert [each.refusal.code for each in report.refused] == ["key_reused"]


def test_nothing_is_taken_over_after_the_first_closing_of_its_currency() -> None:
    shop = a_shop(currencies=("CNY", "USD"))
    close(shop, "2026-01")

    late = moved_in(
        shop,
        an_opening("ann", 1_000, MOVED, id="o1"),
        an_opening("ann", 1_000, MOVED, id="o2", currency="USD"),
        when=on("2026-02-10"),
    )

    assert late == ["opened_too_late"]


def test_nothing_is_taken_over_while_a_draft_waits_and_it_is_after_the_draft_was_rejected() -> None:
    """A reviewer who misses the opening balances rejects the draft, and then they can come."""
    shop = a_shop(evolve(POLICY, review=Review.REVIEWED))
    close(shop, "2026-01")
    assert moved_in(shop, an_opening("ann", 1_000, MOVED), when=on("2026-02-10")) == ["opened_too_late"]

    shop.do(engine.reject_closing, 1, "opening balances are missing", at=on("2026-02-11"))

    assert moved_in(shop, an_opening("ann", 1_000, MOVED), when=on("2026-02-11")) == []
    shop.assert_sound()


@pytest.mark.parametrize(
    ("opening", "code"),
    [
        (an_opening("nobody", 1_000, MOVED), "payee_unknown"),
        (an_opening("ann", 1_000, on("2026-01-10 00:01")), "adjusted_in_future"),
        (an_opening("ann", 1_000, MOVED, currency="USD"), "currency_not_of_shop"),
        (an_opening("ann", 1_000, MOVED, currency="JPY"), "currency_not_of_shop"),
    ],
)
def test_an_opening_balance_that_can_not_be(opening: Opening, code: str) -> None:
    shop = a_shop()
    before = shop.dump()

    assert moved_in(shop, opening) == [code]
    assert shop.dump() == before


def test_what_is_refused_does_not_stop_the_rest() -> None:
    shop = a_shop()

    codes = moved_in(
        shop,
        an_opening("nobody", 1_000, MOVED, id="o1"),
        an_opening("ann", 1_000, MOVED, id="o2"),
        an_opening("ben", -7, MOVED, id="o3", frozen_until=FROZEN_UNTIL),
    )

    assert codes == ["payee_unknown"]
    close(shop, "2026-01")
    assert payees(shop, 1) == ["ann"]
    assert holds(shop, "ben") == {OPENING: 7, FROZEN: -7}
    assert CARRIED not in holds(shop)


def test_currencies_do_not_mix() -> None:
    shop = a_shop(currencies=("CNY", "USD"))
    shop.do(engine.set_settlement, evolve(POLICY, currency=Currency("USD")))
    moved_in(shop, an_opening("ann", 1_000, MOVED), an_opening("ann", 7, MOVED, id="o2", currency="USD"))

    close(shop, "2026-01")
    shop.do(engine.close_period, Currency("USD"), "2026-01", at=on("2026-02-10"))

    with shop.store.begin() as tx:
        found = [(each.statement.currency, each.statement.gross_minor) for each in engine.statements(tx, ANN)]
    assert found == [(CNY, 1_000), ("USD", 7)]
    shop.assert_sound()
