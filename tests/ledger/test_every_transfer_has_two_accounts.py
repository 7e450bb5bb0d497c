"""An amount above zero leaves one account and comes to another: nothing else can be written."""

from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from tests.money import ANN, BEN, CNY, on

from distcore.kernel import Currency, Origin, OriginKind, limits
from distcore.ledger import (
    CHART,
    COMMISSION,
    FROZEN,
    RELEASED,
    Account,
    AccountBalance,
    Transfer,
    account_problem,
    balances_of,
    channel_account,
    moved,
    transfer_id,
    transfer_problems,
)

DAY = on("2026-01-10")
SOLD = Origin(OriginKind.SALE, "order 1")
EARNED = Transfer(SOLD, ANN, CNY, COMMISSION, FROZEN, 327, DAY, DAY)


def move(amount_minor: int) -> tuple[Transfer, ...]:
    return moved(SOLD, ANN, CNY, amount_minor, COMMISSION, FROZEN, valid_at=DAY, at=DAY)


def test_an_amount_goes_from_the_first_account_to_the_second() -> None:
    assert move(327) == (EARNED,)


def test_a_negative_amount_goes_the_other_way() -> None:
    assert move(-327) == (evolve(EARNED, debit=FROZEN, credit=COMMISSION),)


def test_nothing_is_no_transfer() -> None:
    assert move(0) == ()


AMOUNTS = st.integers(-limits.AMOUNT_MINOR_MAX, limits.AMOUNT_MINOR_MAX)
ACCOUNTS = st.sampled_from(sorted(CHART)).map(Account)


@given(
    st.lists(
        st.tuples(AMOUNTS, ACCOUNTS, ACCOUNTS, st.sampled_from([ANN, BEN]), st.sampled_from(["CNY", "USD"]))
    )
)
def test_whatever_moves_all_accounts_add_up_to_zero(
    moves: list[tuple[int, Account, Account, Any, str]],
) -> None:
    transfers = [
        transfer
        for amount, debit, credit, payee, currency in moves
        for transfer in moved(SOLD, payee, Currency(currency), amount, debit, credit, valid_at=DAY, at=DAY)
    ]

    balances = balances_of(transfers)

    for payee in (ANN, BEN):
        for currency in ("CNY", "USD"):
            of = [each.minor for each in balances if (each.payee, each.currency) == (payee, currency)]
            assert sum(of) == 0
    assert all(each.amount_minor > 0 for each in transfers)


def test_balances_stand_by_account_payee_and_currency_and_zero_is_left_out() -> None:
    transfers = [
        EARNED,
        evolve(EARNED, payee=BEN, amount_minor=5),
        evolve(EARNED, debit=FROZEN, credit=RELEASED),
        evolve(EARNED, currency=Currency("USD"), amount_minor=7),
    ]

    assert balances_of(transfers) == (
        AccountBalance(COMMISSION, ANN, CNY, -327),
        AccountBalance(COMMISSION, ANN, Currency("USD"), -7),
        AccountBalance(COMMISSION, BEN, CNY, -5),
        AccountBalance(FROZEN, ANN, Currency("USD"), 7),
        AccountBalance(FROZEN, BEN, CNY, 5),
        AccountBalance(RELEASED, ANN, CNY, 327),
    )


@pytest.mark.parametrize(
    "changed",
    [
        {"origin": Origin(OriginKind.SALE, "order 1", 1)},
        {"origin": Origin(OriginKind.SALE, "order 2")},
        {"origin": Origin(OriginKind.RELEASE, "order 1")},
        {"payee": BEN},
        {"currency": Currency("USD")},
        {"debit": RELEASED},
        {"credit": RELEASED},
    ],
)
def test_a_transfer_is_named_by_its_natural_key(changed: dict[str, Any]) -> None:
    assert transfer_id(evolve(EARNED, **changed)) != transfer_id(EARNED)
    assert transfer_id(evolve(EARNED, amount_minor=1, posted_at=on("2026-02-01"))) == transfer_id(EARNED)
    assert len(transfer_id(EARNED)) == 16


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        ({"debit": "nowhere"}, "t.debit"),
        ({"credit": "channel/"}, "t.credit"),
        ({"amount_minor": 0}, "t.amount_minor"),
        ({"amount_minor": -1}, "t.amount_minor"),
        ({"amount_minor": True}, "t.amount_minor"),
        ({"amount_minor": 2**63}, "t.amount_minor"),
        ({"debit": FROZEN}, "t"),
    ],
)
def test_what_is_impossible_about_a_transfer_is_said(changed: dict[str, Any], where: str) -> None:
    assert transfer_problems(EARNED, "t") == ()
    assert [each.where for each in transfer_problems(evolve(EARNED, **changed), "t")] == [where]


@pytest.mark.parametrize("account", [*CHART, channel_account("bank"), channel_account("channel/bank")])
def test_the_accounts_are_those_of_the_chart_and_one_for_each_channel(account: Account) -> None:
    assert account_problem(account, "a") is None


@pytest.mark.parametrize("account", ["", "Commission", "channel", "channel/", "bank", None, 7, ["released"]])
def test_there_are_no_others(account: Any) -> None:
    problem = account_problem(account, "a")

    assert problem is not None
    assert problem.message.startswith("no such account: ")
