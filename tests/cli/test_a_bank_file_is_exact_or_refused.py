"""The bank file has every character that the payee gave, or it does not have the payout."""

import csv
import io
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distcore.kernel import Actor, Currency, MemberId, RefusedError
from distcore.payout import AccountDetails, Payout, PayoutId
from distcore.ports import PayoutOrder
from distcore.testing.strategies import amounts, currencies, ids, texts
from distcore_cli.bank_file import COLUMNS, bank_file, unfit
from distcore_cli.render import FORMULA_MARKS

NOW = datetime(2026, 7, 6, tzinfo=UTC)


def order(
    details: AccountDetails, id: str = "p1", payee: str = "ben", minor: int = 100, currency: str = "CNY"
) -> PayoutOrder:
    """Return an order to pay somebody."""
    to = Payout(PayoutId(id), MemberId(payee), Currency(currency), minor, 1, "bank", NOW, Actor("amy"))
    return PayoutOrder(to, details)


def read(file: bytes) -> list[list[str]]:
    """Return the rows of a bank file below its header, as a bank reads them."""
    header, *rows = csv.reader(io.StringIO(file.decode(), newline=""))
    assert tuple(header) == COLUMNS
    return rows


orders = st.builds(
    order,
    st.builds(AccountDetails, texts(), texts(), texts()),
    ids(),
    ids(),
    amounts().filter(bool),
    currencies(),
)


@given(st.lists(orders, max_size=4))
def test_whatever_is_in_it_is_exact(drawn: list[PayoutOrder]) -> None:
    fit = [each for each in drawn if unfit(each) is None]

    rows = read(bank_file(fit))

    assert [row[:5] for row in rows] == [
        [
            each.payout.id,
            each.payout.payee,
            each.details.holder,
            each.details.account,
            each.details.bank,
        ]
        for each in fit
    ]
    assert not [cell for row in rows for cell in row if cell.startswith(FORMULA_MARKS)]


@pytest.mark.parametrize(
    "holder", ['O\'Hara, "Ben"', "Müller; Söhne", "吴本", "a\u200db", " ben ", "1e5", "007"]
)
def test_what_only_looks_odd_is_quoted_or_left_alone(holder: str) -> None:
    (row,) = read(bank_file([order(AccountDetails(holder, "0012345", "CCB"))]))

    assert row == ["p1", "ben", holder, "0012345", "CCB", "1.00", "CNY"]


@pytest.mark.parametrize(
    ("minor", "currency", "amount"),
    [(1, "CNY", "0.01"), (10**15, "CNY", "10000000000000.00"), (5, "JPY", "5"), (1_234, "KWD", "1.234")],
)
def test_amounts_are_in_major_units_with_all_decimals(minor: int, currency: str, amount: str) -> None:
    (row,) = read(bank_file([order(AccountDetails("Ben", "1", "CCB"), minor=minor, currency=currency)]))

    assert row[5:] == [amount, currency]


GOOD = {"holder": "Ben", "account": "12345", "bank": "CCB"}


@pytest.mark.parametrize("mark", FORMULA_MARKS)
@pytest.mark.parametrize("field", GOOD)
def test_what_begins_like_a_formula_is_refused_and_not_repeated(field: str, mark: str) -> None:
    refusal = unfit(order(AccountDetails(**GOOD | {field: f"{mark}1+2"})))

    assert refusal is not None
    assert refusal.code == "bank_file_unfit"
    assert refusal.message == f"the {field} of payout p1 begins like a formula of a spreadsheet"


@pytest.mark.parametrize("blank", [" ", "\u3000", "\u200b", "\ufeff"])
def test_also_behind_blanks(blank: str) -> None:
    assert unfit(order(AccountDetails(**GOOD | {"holder": f"{blank}=1"}))) is not None


@pytest.mark.parametrize("end", ["\n", "\r", "\x85", "\u2028", "\u2029", "\0", "\x1f"])
def test_what_some_reader_takes_for_the_end_of_a_line_is_refused(end: str) -> None:
    refusal = unfit(order(AccountDetails(**GOOD | {"bank": f"C{end}B"})))

    assert refusal is not None
    assert refusal.message == "the bank of payout p1 has a character that ends a line"


@pytest.mark.parametrize("behind", ["x;=1", "x; =1", ";;@1", "x;\u200b-1"])
def test_also_behind_a_semicolon_at_which_some_spreadsheets_split(behind: str) -> None:
    refusal = unfit(order(AccountDetails(**GOOD | {"holder": behind})))

    assert refusal is not None
    assert refusal.message.startswith("the holder of payout p1 has a semicolon before")


@pytest.mark.parametrize("unseen", ["\u202e", "\u200b", "\ufeff", "\u2066", "\u00ad"])
@pytest.mark.parametrize("field", GOOD)
def test_what_nobody_sees_is_refused(field: str, unseen: str) -> None:
    refusal = unfit(order(AccountDetails(**GOOD | {field: f"1{unseen}2"})))

    assert refusal is not None
    assert refusal.message == f"the {field} of payout p1 has a character that is not seen"


@pytest.mark.parametrize("joiner", ["\u200c", "\u200d"])
def test_names_are_spelled_with_joiners_and_accounts_are_not(joiner: str) -> None:
    assert unfit(order(AccountDetails(f"a{joiner}b", "1", f"c{joiner}d"))) is None
    assert unfit(order(AccountDetails("Ben", f"1{joiner}2", "CCB"))) is not None


@pytest.mark.parametrize(("id", "payee"), [("=p1", "ben"), ("p1", "@ben")])
def test_ids_are_no_better(id: str, payee: str) -> None:
    assert unfit(order(AccountDetails(**GOOD), id, payee)) is not None


@pytest.mark.parametrize("account", ["", " ", "\u3000"])
def test_without_an_account_there_is_nothing_to_pay_to(account: str) -> None:
    assert unfit(order(AccountDetails(**GOOD | {"account": account}))) is not None


def test_a_file_with_such_a_payout_is_not_made() -> None:
    with pytest.raises(RefusedError, match="the holder of payout p1 begins"):
        bank_file([order(AccountDetails("=1", "1", "CCB"))])
