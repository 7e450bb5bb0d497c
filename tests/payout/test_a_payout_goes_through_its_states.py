"""The table of states is the only one that decides, and it lets no money go twice."""

from itertools import product
from typing import Any

import pytest
from attrs import evolve
from tests.money import ANN, CNY, on

from distcore.kernel import Actor
from distcore.payout import (
    LIVE,
    OUTSIDE,
    TRANSITIONS,
    PayeeAccount,
    Payout,
    PayoutId,
    PayoutRecord,
    PayoutState,
    Step,
    approval_refusal,
    content_of,
    step_refusal,
    submission_refusal,
)

DAY = on("2026-02-10")
DESK, BOSS = Actor("desk"), Actor("boss")
PAYOUT = Payout(PayoutId("p1"), ANN, CNY, 1_000, 1, "bank", DAY, DESK)
ACCOUNT = PayeeAccount(ANN, 1, "bank", DAY, DESK, verified_at=DAY)


def in_state(state: PayoutState, content: bytes | None = None) -> PayoutRecord:
    return PayoutRecord(PAYOUT, (Step(1, state, DAY, BOSS, content=content),))


APPROVED = in_state(PayoutState.APPROVED, content_of(PAYOUT))


@pytest.mark.parametrize(("state", "wanted"), list(product(PayoutState, repeat=2)))
def test_a_step_is_refused_unless_the_table_allows_it(state: PayoutState, wanted: PayoutState) -> None:
    refusal = step_refusal(in_state(state), wanted)

    assert (refusal is None) == (wanted in TRANSITIONS[state])


def test_the_refusal_says_what_is_allowed() -> None:
    refusal = step_refusal(in_state(PayoutState.SUBMITTED), PayoutState.CANCELLED)
    ended = step_refusal(in_state(PayoutState.FAILED), PayoutState.SUBMITTED)

    assert str(refusal) == (
        "payout_state_not_reachable: p1 is submitted and can't become cancelled "
        "(allowed from here: failed, succeeded, unknown)"
    )
    assert str(ended).endswith("(allowed from here: nothing)")


def test_every_state_has_a_row_and_can_be_reached() -> None:
    assert set(TRANSITIONS) == set(PayoutState)
    assert {PayoutState.REQUESTED}.union(*TRANSITIONS.values()) == set(PayoutState)


def test_money_is_reserved_exactly_while_something_can_still_happen() -> None:
    assert {state for state, after in TRANSITIONS.items() if after} == LIVE


def test_what_was_handed_over_is_never_handed_over_again() -> None:
    """No way leads from outside back to a submission, so an unknown outcome is asked for and not repeated."""
    reachable = set(OUTSIDE)
    while (more := reachable.union(*(TRANSITIONS[state] for state in reachable))) != reachable:
        reachable = more

    assert reachable & {PayoutState.REQUESTED, PayoutState.APPROVED, PayoutState.CANCELLED} == set()
    assert PayoutState.SUBMITTED not in set().union(*(TRANSITIONS[state] for state in OUTSIDE))


def test_an_approval_is_by_somebody_else() -> None:
    requested = in_state(PayoutState.REQUESTED)

    assert approval_refusal(requested, BOSS) is None
    assert str(approval_refusal(requested, DESK)).startswith("same_approver: desk requested p1")
    assert str(approval_refusal(APPROVED, DESK)).startswith("payout_state_not_reachable: ")


@pytest.mark.parametrize(
    "changed",
    [
        {"id": PayoutId("p2")},
        {"payee": "ben"},
        {"account": 2},
        {"amount_minor": 1_001},
        {"currency": "USD"},
    ],
)
def test_an_approval_is_for_one_payee_account_amount_and_currency(changed: dict[str, Any]) -> None:
    other = evolve(PAYOUT, **changed)

    assert content_of(other) != content_of(PAYOUT)
    refusal = submission_refusal(evolve(APPROVED, payout=other), None, 0, DAY)
    assert str(refusal).startswith(
        f"approval_void: the approval of {other.id} is void: it was given for some"
    )


def test_a_submission_needs_an_approval_and_the_account_that_it_was_given_for() -> None:
    assert submission_refusal(APPROVED, ACCOUNT, 0, DAY) is None

    codes = [
        str(submission_refusal(record, account, hold_days, DAY)).split(":")[0]
        for record, account, hold_days in (
            (in_state(PayoutState.REQUESTED), ACCOUNT, 0),
            (in_state(PayoutState.APPROVED), ACCOUNT, 0),
            (APPROVED, evolve(ACCOUNT, number=2), 0),
            (APPROVED, evolve(ACCOUNT, verified_at=None), 0),
            (APPROVED, ACCOUNT, 1),
            (APPROVED, None, 0),
        )
    ]
    assert codes == [
        "payout_state_not_reachable",
        "approval_void",
        "approval_void",
        "account_not_verified",
        "account_on_hold",
        "no_account",
    ]
