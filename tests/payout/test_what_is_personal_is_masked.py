"""Personal texts are masked wherever they are shown, and what is wrong with them is said without them."""

from typing import Any

import pytest
from tests.money import ANN, BANK, on

from distcore.kernel import Actor
from distcore.payout import AccountDetails, PayeeAccount, account_problems, masked

CANARY = "canary 6222020200112233445"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("6222020200112233445", "****3445"),
        ("123456789012", "****9012"),
        ("12345678901", "****"),
        ("", "****"),
        (["6222020200112233445"], "****"),
    ],
)
def test_at_most_the_last_four_characters_of_a_long_account_are_shown(text: object, shown: str) -> None:
    assert masked(text) == shown


def test_details_show_nothing_that_can_be_used() -> None:
    assert repr(BANK) == "AccountDetails(holder=****, account=****3445, bank=****)"
    assert f"{BANK}" == repr(BANK)


def test_nothing_of_a_name_is_shown_however_long() -> None:
    details = AccountDetails("Zhang Wei of Hangzhou", "1", "Bank of Communications")

    assert repr(details) == "AccountDetails(holder=****, account=****, bank=****)"


def test_an_account_holds_nothing_personal() -> None:
    account = PayeeAccount(ANN, 1, "bank", on("2026-02-10"), Actor("desk"))

    assert "6222" not in repr(account)


@pytest.mark.parametrize(
    ("details", "where"),
    [
        (AccountDetails(CANARY + "\n", "1", "b"), "details.holder"),
        (AccountDetails("h", CANARY + "\0", "b"), "details.account"),
        (AccountDetails("h", "1", CANARY + "\ud800"), "details.bank"),
        (AccountDetails(CANARY * 100, "1", "b"), "details.holder"),
        (AccountDetails("h", CANARY + "\u202e", "b"), "details.account"),
        (AccountDetails("h", "\u200b1" + CANARY, "b"), "details.account"),
        (AccountDetails("h", " ", CANARY), "details.account"),
        (AccountDetails("h", "", CANARY), "details.account"),
        (AccountDetails([CANARY], "1", "b"), "details.holder"),  # type: ignore[arg-type]
        (AccountDetails("h", CANARY.encode(), "b"), "details.account"),  # type: ignore[arg-type]
        (AccountDetails("h", "1", None), "details.bank"),  # type: ignore[arg-type]
        (CANARY, "details"),
        ({"holder": CANARY}, "details"),
    ],
)
def test_what_is_wrong_is_said_without_it(details: Any, where: str) -> None:
    (problem,) = account_problems("ann", "bank", details)

    assert problem.where == where
    assert "canary" not in str(problem)
    assert "6222" not in str(problem)


def test_names_may_be_spelled_with_characters_that_nobody_sees() -> None:
    assert account_problems("ann", "bank", AccountDetails("a\u200db", "1", "c\u200cd")) == ()


def test_payee_and_channel_are_ids() -> None:
    problems = account_problems("", 7, BANK)

    assert [each.where for each in problems] == ["payee", "channel"]


def test_stored_value_needs_no_account_and_every_other_channel_does() -> None:
    assert account_problems("ann", "stored_value", AccountDetails()) == ()
    assert [each.message for each in account_problems("ann", "bank", AccountDetails())] == ["is blank"]


@pytest.mark.parametrize("details", [BANK, AccountDetails("canary"), AccountDetails(bank="canary")])
def test_stored_value_is_given_no_account(details: AccountDetails) -> None:
    """It would stand in a bank file, and be paid there too."""
    (problem,) = account_problems("ann", "stored_value", details)

    assert (problem.where, problem.message) == ("details", "stored value needs none")
    assert "canary" not in str(problem)
