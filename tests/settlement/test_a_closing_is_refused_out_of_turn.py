"""A period is closed when it is over, in order; a closing is decided once, and approved by somebody else."""

from datetime import timedelta

import pytest
from attrs import evolve
from tests.builders import NOW, month
from tests.settlement.payments import CNY

from distcore.kernel import Actor, Period, Refusal
from distcore.settlement import (
    TRANSITIONS,
    Closing,
    ClosingState,
    Decision,
    closing_refusal,
    decision_refusal,
)

MAKER, OTHER = Actor("maker"), Actor("other")
JANUARY, FEBRUARY = month("2026-01"), month("2026-02")
DRAFT = Closing(4, CNY, JANUARY, 1, NOW, MAKER)
APPROVED, REJECTED = (
    evolve(DRAFT, decision=Decision(state, NOW, OTHER))
    for state in (ClosingState.APPROVED, ClosingState.REJECTED)
)


def said(refusal: Refusal | None) -> str:
    return "" if refusal is None else str(refusal)


@pytest.mark.parametrize("closings", [(), (REJECTED,), (APPROVED,), (REJECTED, APPROVED)])
def test_the_next_period_is_closed_from_its_end_on(closings: tuple[Closing, ...]) -> None:
    assert closing_refusal(FEBRUARY.label, FEBRUARY, closings, FEBRUARY.end) is None


def test_a_period_that_is_not_over_is_not_closed() -> None:
    early = FEBRUARY.end - timedelta(microseconds=1)

    assert said(closing_refusal(FEBRUARY.label, FEBRUARY, [], early)) == (
        "period_not_ended: 2026-02 ends at 2026-02-28T16:00:00Z, it is 2026-02-28T15:59:59.999999Z "
        "(close a period when it is over)"
    )


@pytest.mark.parametrize(("asked", "expected"), [(FEBRUARY, JANUARY), (JANUARY, FEBRUARY)])
def test_periods_are_closed_in_order(asked: Period, expected: Period) -> None:
    assert said(closing_refusal(asked.label, expected, [], FEBRUARY.end)) == (
        f"period_out_of_order: {asked.label} can't be closed: {expected.label} comes first "
        "(close periods one by one)"
    )


def test_a_draft_is_decided_before_anything_else_is_closed() -> None:
    early = FEBRUARY.end - timedelta(days=1)

    assert said(closing_refusal(FEBRUARY.label, JANUARY, [APPROVED, DRAFT], early)) == (
        "draft_waits: closing 4 of 2026-01 is neither approved nor rejected (decide it first)"
    )


@pytest.mark.parametrize(
    ("closing", "state"),
    [
        (DRAFT, ClosingState.DRAFT),
        (APPROVED, ClosingState.APPROVED),
        (REJECTED, ClosingState.REJECTED),
    ],
)
def test_a_closing_is_a_draft_until_it_is_decided(closing: Closing, state: ClosingState) -> None:
    assert closing.state is state


@pytest.mark.parametrize("actor", [MAKER, OTHER])
def test_anybody_may_reject_a_draft(actor: Actor) -> None:
    assert decision_refusal(DRAFT, ClosingState.REJECTED, actor) is None


def test_whoever_made_a_draft_does_not_approve_it() -> None:
    assert decision_refusal(DRAFT, ClosingState.APPROVED, OTHER) is None
    assert said(decision_refusal(DRAFT, ClosingState.APPROVED, MAKER)) == (
        "same_reviewer: maker made closing 4, and can't approve it (somebody else has to look at it)"
    )


@pytest.mark.parametrize("wanted", ClosingState)
@pytest.mark.parametrize("closing", [DRAFT, APPROVED, REJECTED], ids=lambda each: each.state.value)
def test_what_the_table_does_not_allow_is_refused(closing: Closing, wanted: ClosingState) -> None:
    refusal = decision_refusal(closing, wanted, OTHER)

    if wanted in TRANSITIONS[closing.state]:
        assert refusal is None
    else:
        assert refusal is not None
        assert refusal.code == "closing_decided"
        assert refusal.facts == (("closing", 4), ("state", closing.state.value), ("wanted", wanted.value))


def test_what_was_decided_stays() -> None:
    assert TRANSITIONS[ClosingState.DRAFT] == {ClosingState.APPROVED, ClosingState.REJECTED}
    assert not TRANSITIONS[ClosingState.APPROVED] | TRANSITIONS[ClosingState.REJECTED]
