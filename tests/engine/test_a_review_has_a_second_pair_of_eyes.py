"""A closing that is reviewed is a draft until somebody else approves it; a rejected one has taken nothing."""

from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve
from tests.money import ANN, CNY, POLICY, a_shop, close, figures, give, holds, on, payees

from distcore import engine
from distcore.kernel import Actor, InputError
from distcore.ledger import ADJUSTMENTS, PAYABLE, RELEASED, WITHHELD
from distcore.settlement import ClosingState as State
from distcore.settlement import CnLabour, CustomWithholding, Decision, Review
from distcore.testing.builders import Shop

REVIEWED = evolve(POLICY, review=Review.REVIEWED)


def drafted() -> Shop:
    shop = a_shop(REVIEWED)
    give(shop, "ann", 1_000, on("2026-01-05"))
    assert close(shop, "2026-01", actor="desk").state is State.DRAFT
    return shop


def test_a_draft_moves_no_money() -> None:
    shop = drafted()

    assert figures(shop, 1) == (0, 1_000, 1_000, 0)
    assert holds(shop) == {ADJUSTMENTS: -1_000, RELEASED: 1_000}
    shop.assert_sound()


def test_an_approved_draft_is_payable() -> None:
    shop = drafted()

    closing = shop.do(engine.approve_closing, 1, at=on("2026-02-03"), actor="boss", reason="looked at it")

    assert closing.decision == Decision(State.APPROVED, on("2026-02-03"), Actor("boss"), "looked at it")
    assert holds(shop) == {ADJUSTMENTS: -1_000, PAYABLE: 1_000}
    shop.assert_sound()


def test_nobody_approves_the_own_draft() -> None:
    shop = drafted()

    assert shop.refused(engine.approve_closing, 1, at=on("2026-02-03"), actor="desk") == "same_reviewer"


def test_whoever_made_a_draft_may_reject_it() -> None:
    shop = drafted()

    closing = shop.do(engine.reject_closing, 1, "a sale is missing", at=on("2026-02-03"), actor="desk")

    assert closing.decision == Decision(State.REJECTED, on("2026-02-03"), Actor("desk"), "a sale is missing")


@pytest.mark.parametrize("label", ["2026-02", None])
def test_a_draft_blocks_the_next_closing(label: str | None) -> None:
    shop = drafted()

    assert shop.refused(engine.close_period, CNY, label, at=on("2026-03-02")) == "draft_waits"


def test_closing_the_same_period_again_gives_the_draft_that_waits() -> None:
    shop = drafted()

    assert close(shop, "2026-01", on("2026-03-02"), actor="another desk").number == 1


def test_what_a_rejected_draft_had_taken_is_free() -> None:
    """The new draft of the same period takes it, with what has come since."""
    shop = drafted()
    shop.do(engine.reject_closing, 1, "a sale is missing", at=on("2026-02-03"))
    assert holds(shop) == {ADJUSTMENTS: -1_000, RELEASED: 1_000}
    give(shop, "ben", 500, on("2026-01-31"))

    anew = close(shop, "2026-01")

    assert (anew.number, anew.state) == (2, State.DRAFT)
    assert (figures(shop, 2), figures(shop, 2, "ben")) == ((0, 1_000, 1_000, 0), (0, 500, 500, 0))
    shop.do(engine.approve_closing, 2, at=on("2026-02-04"), actor="boss")
    assert holds(shop) == {ADJUSTMENTS: -1_500, PAYABLE: 1_500}
    shop.assert_sound()


def test_a_rejected_draft_stays_as_a_record() -> None:
    shop = drafted()
    shop.do(engine.reject_closing, 1, "a sale is missing", at=on("2026-02-03"))

    assert payees(shop, 1) == ["ann"]
    with shop.store.begin() as tx:
        assert [line.due.amount_minor for line in engine.statement_lines(tx, 1, ANN)] == [1_000]
        assert engine.statements(tx, ANN) == []


@pytest.mark.parametrize("first", ["approve", "reject"])
def test_a_closing_is_decided_once(first: str) -> None:
    shop = drafted()
    if first == "approve":
        shop.do(engine.approve_closing, 1, at=on("2026-02-03"), actor="boss")
    else:
        shop.do(engine.reject_closing, 1, "wrong", at=on("2026-02-03"), actor="boss")

    assert shop.refused(engine.approve_closing, 1, actor="boss") == "closing_decided"
    assert shop.refused(engine.reject_closing, 1, "wrong", actor="boss") == "closing_decided"


@pytest.mark.parametrize(
    ("when", "code"), [("2026-02-01 09:59", "decided_too_early"), ("2026-02-01 10:00", "")]
)
@pytest.mark.parametrize("verb", [engine.approve_closing, engine.reject_closing])
def test_nothing_is_decided_before_it_was_made(verb: Callable[..., object], when: str, code: str) -> None:
    shop = drafted()
    given = [1] if verb is engine.approve_closing else [1, "wrong"]

    assert shop.refused(verb, *given, at=on(when), actor="boss") == code


@pytest.mark.parametrize("withheld", [-1, 1_001, 1.0, True, None])
def test_a_function_that_withholds_what_can_not_be_rolls_everything_back(withheld: Any) -> None:
    shop = a_shop(evolve(POLICY, withholding=CustomWithholding("house rule")))
    give(shop, "ann", 1_000, on("2026-01-05"))
    before = shop.dump()
    wrong = {("house rule", 1): lambda gross_minor, month, so_far: withheld}

    with pytest.raises(InputError, match=r"^withholding house rule: "):
        shop.do(engine.close_period, CNY, "2026-01", at=on("2026-02-03"), customs=wrong)

    assert shop.dump() == before


def test_a_closing_that_nobody_reviews_can_not_be_rejected() -> None:
    shop = a_shop()
    close(shop, "2026-01")

    assert shop.refused(engine.reject_closing, 1, "wrong", actor="boss") == "closing_decided"


def test_tax_is_withheld_by_the_month_of_the_approval() -> None:
    """January is approved in March, and February too: for the law that is one payment of 2,000 yuan."""
    shop = a_shop(evolve(REVIEWED, withholding=CnLabour()))
    give(shop, "ann", 100_000, on("2026-01-05"))
    close(shop, "2026-01")
    shop.do(engine.approve_closing, 1, at=on("2026-03-01"), actor="boss")
    give(shop, "ann", 100_000, on("2026-02-05"))
    close(shop, "2026-02")
    shop.do(engine.approve_closing, 2, at=on("2026-03-31 23:59"), actor="boss")

    with shop.store.begin() as tx:
        assessed = [each.assessment for each in engine.statements(tx, ANN)]
    assert [(each.month, each.gross_minor, each.withheld_minor) for each in assessed if each] == [
        ("2026-03", 100_000, 4_000),
        ("2026-03", 100_000, 20_000),
    ]
    shop.assert_sound()


def test_the_month_of_the_approval_is_that_of_the_shop() -> None:
    shop = a_shop(evolve(REVIEWED, withholding=CnLabour()))
    give(shop, "ann", 100_000, on("2026-01-05"))
    close(shop, "2026-01")
    shop.do(engine.approve_closing, 1, at=on("2026-03-01"), actor="boss")  # in UTC it is still February

    with shop.store.begin() as tx:
        (found,) = engine.statements(tx, ANN)
    assert found.assessment is not None
    assert found.assessment.month == "2026-03"


def test_a_draft_can_wait_for_a_function_that_is_not_there() -> None:
    shop = a_shop(evolve(REVIEWED, withholding=CustomWithholding("house rule")))
    give(shop, "ann", 1_000, on("2026-01-05"))
    close(shop, "2026-01")

    refused = shop.refused(engine.approve_closing, 1, at=on("2026-02-03"), actor="boss")
    assert refused == "custom_withholding_unknown"
    ten = {("house rule", 1): lambda gross_minor, month, so_far: gross_minor // 10}
    shop.do(engine.approve_closing, 1, at=on("2026-02-03"), actor="boss", customs=ten)
    assert holds(shop) == {ADJUSTMENTS: -1_000, PAYABLE: 900, WITHHELD: 100}


def test_a_closing_at_once_needs_its_function_before_anything_is_written() -> None:
    shop = a_shop(evolve(POLICY, withholding=CustomWithholding("house rule")))
    give(shop, "ann", 1_000, on("2026-01-05"))
    before = shop.dump()

    refused = shop.refused(engine.close_period, CNY, "2026-01", at=on("2026-02-03"))

    assert refused == "custom_withholding_unknown"
    assert shop.dump() == before
