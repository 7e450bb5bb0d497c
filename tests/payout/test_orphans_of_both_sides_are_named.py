"""A provider's rows and our payouts are matched by id alone; whatever is left over has a name."""

from typing import Any

import pytest
from attrs import evolve
from tests.money import ANN, CNY, on

from distcore.kernel import Actor, Currency, InputError
from distcore.payout import (
    Finding,
    Payout,
    PayoutId,
    PayoutRecord,
    PayoutState,
    ProviderRow,
    Reconciliation,
    Step,
    reconcile,
    row_problems,
)

DAY = on("2026-02-10")
FEBRUARY = on("2026-02-01"), on("2026-03-01")


def known(id: str, state: PayoutState = PayoutState.SUCCEEDED, amount_minor: int = 1_000) -> PayoutRecord:
    payout = Payout(PayoutId(id), ANN, CNY, amount_minor, 1, "bank", DAY, Actor("desk"))
    return PayoutRecord(payout, (Step(1, state, DAY, Actor("bank")),))


def row(id: str, amount_minor: int = 1_000, currency: str = "CNY") -> ProviderRow:
    return ProviderRow(PayoutId(id), Currency(currency), amount_minor, DAY)


def found(reconciliation: Reconciliation) -> list[tuple[str, Finding, str, str]]:
    return [(each.payout, each.finding, each.theirs, each.ours) for each in reconciliation.mismatches]


def test_rows_that_agree_are_counted() -> None:
    payouts = [known("p1"), known("p2", amount_minor=7)]

    assert reconcile([row("p2", 7), row("p1")], payouts, payouts, *FEBRUARY) == Reconciliation(2, ())


def test_nothing_and_nothing_agree() -> None:
    assert reconcile([], [], [], *FEBRUARY) == Reconciliation(0, ())


@pytest.mark.parametrize(
    ("rows", "payouts", "expected"),
    [
        ([row("p9")], [], [("p9", Finding.UNKNOWN_HERE, "10.00 CNY", "")]),
        ([], [known("p1")], [("p1", Finding.MISSING_THERE, "", "10.00 CNY, succeeded")]),
        (
            [row("p1", 999)],
            [known("p1")],
            [("p1", Finding.AMOUNT_DIFFERS, "9.99 CNY", "10.00 CNY, succeeded")],
        ),
        (
            [row("p1", 1_000, "USD")],
            [known("p1")],
            [("p1", Finding.AMOUNT_DIFFERS, "10.00 USD", "10.00 CNY, succeeded")],
        ),
        (
            [row("p1"), row("p1")],
            [known("p1")],
            [("p1", Finding.PAID_TWICE, "10.00 CNY", "10.00 CNY, succeeded")],
        ),
        (
            [row("p1"), row("p1", 999), row("p1")],
            [known("p1")],
            [
                ("p1", Finding.PAID_TWICE, "9.99 CNY", "10.00 CNY, succeeded"),
                ("p1", Finding.PAID_TWICE, "10.00 CNY", "10.00 CNY, succeeded"),
            ],
        ),
    ],
)
def test_what_does_not_agree_is_named(
    rows: list[ProviderRow], payouts: list[PayoutRecord], expected: list[tuple[str, Finding, str, str]]
) -> None:
    assert found(reconcile(rows, payouts, payouts, *FEBRUARY)) == expected


@pytest.mark.parametrize("state", [each for each in PayoutState if each is not PayoutState.SUCCEEDED])
def test_what_they_paid_and_we_have_not_is_named(state: PayoutState) -> None:
    (mismatch,) = found(reconcile([row("p1")], [known("p1", state)], [], *FEBRUARY))

    assert mismatch == ("p1", Finding.NOT_SUCCEEDED, "10.00 CNY", f"10.00 CNY, {state.value}")


@pytest.mark.parametrize(
    ("settled", "finding"),
    [
        ("2026-01-31 23:59", Finding.OUTSIDE_TIME),
        ("2026-02-01", None),
        ("2026-02-28 23:59", None),
        ("2026-03-01", Finding.OUTSIDE_TIME),
    ],
)
def test_a_row_of_another_time_is_named(settled: str, finding: Finding | None) -> None:
    late = evolve(row("p1"), settled_at=on(settled))

    named = reconcile([late], [known("p1")], [known("p1")], *FEBRUARY).mismatches

    assert [each.finding for each in named] == ([] if finding is None else [finding])


def test_a_second_payment_a_month_later_is_found() -> None:
    again = evolve(row("p1"), settled_at=on("2026-03-10"))

    named = found(reconcile([again], [known("p1")], [], on("2026-03-01"), on("2026-04-01")))

    assert named == [("p1", Finding.OTHER_TIME, "2026-03-09T16:00:00Z", "2026-02-09T16:00:00Z")]


def test_ids_are_compared_exactly() -> None:
    payouts = [known("p1")]

    assert [each[:2] for each in found(reconcile([row("P1")], [], payouts, *FEBRUARY))] == [
        ("P1", Finding.UNKNOWN_HERE),
        ("p1", Finding.MISSING_THERE),
    ]


def test_every_row_and_every_payout_is_matched_or_named_once() -> None:
    rows = [row("p1"), row("p2", 5), row("p3"), row("p9"), row("p1")]
    payouts = [known("p1"), known("p2"), known("p3", PayoutState.UNKNOWN), known("p4")]
    expected = [each for each in payouts if each.state is PayoutState.SUCCEEDED]

    result = reconcile(rows, payouts, expected, *FEBRUARY)

    assert result.matched + len(result.mismatches) == len(rows) + 1
    assert {each.payout for each in result.mismatches} == {"p1", "p2", "p3", "p4", "p9"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("payout", ""),
        ("payout", 7),
        ("currency", "cny"),
        ("currency", None),
        ("amount_minor", 0),
        ("amount_minor", -1),
        ("amount_minor", True),
        ("amount_minor", "１２３"),
        ("amount_minor", float("nan")),
        ("amount_minor", 10**30),
    ],
)
def test_a_row_that_is_malformed_says_where(field: str, value: Any) -> None:
    (problem, *_) = row_problems(evolve(row("p1"), **{field: value}))

    assert problem.where == field


def test_what_is_no_row_is_said_to_be_none() -> None:
    assert [each.message for each in row_problems("p1")] == ["not a ProviderRow: 'p1'"]  # type: ignore[arg-type]


def test_a_row_has_an_instant_with_an_offset() -> None:
    with pytest.raises(InputError, match=r"^settled_at: "):
        evolve(row("p1"), settled_at=DAY.replace(tzinfo=None))
