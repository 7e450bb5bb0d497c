"""What would not fit into 64 bits is refused before anything of it is written.

It takes thousands of the largest amounts to come so far, so here dues and balances are written at once.
"""

import pytest
from attrs import evolve
from tests.money import ANN, BEN, CNY, POLICY, a_shop, close, figures, on, payees

from distcore import engine
from distcore.kernel import Currency, InputError, MemberId, Origin, OriginKind, limits
from distcore.ledger import Balance
from distcore.settlement import Due, Review, SettlementPolicy
from distcore.testing.builders import Shop

MAX = limits.TOTAL_MINOR_MAX
USD = Currency("USD")


def owed(
    shop: Shop, *amounts: int, payee: MemberId = ANN, currency: Currency = CNY, day: str = "2026-01-05"
) -> Shop:
    """Let a payee have amounts that were released on a day."""
    dues = [
        Due(Origin(OriginKind.ADJUSTMENT, f"{day} {number}"), payee, currency, amount, on(day), on(day))
        for number, amount in enumerate(amounts)
    ]
    with shop.store.begin() as tx:
        tx.dues.add(dues)
    return shop


def has(shop: Shop, carried_minor: int, payable_minor: int) -> Shop:
    """Let ann have balances."""
    with shop.store.begin() as tx:
        tx.balances.change([Balance(ANN, CNY, carried_minor, payable_minor)])
    return shop


def refused(shop: Shop) -> str:
    """Return the code with which January is refused; then nothing was written."""
    before = shop.dump()
    code = shop.refused(engine.close_period, CNY, "2026-01", at=on("2026-12-01"))
    assert shop.dump() == before or not code
    return code


@pytest.mark.parametrize("sign", [1, -1])
def test_a_statement_of_the_largest_total_is_made(sign: int) -> None:
    shop = owed(a_shop(), sign * (MAX - 1), sign)

    close(shop, "2026-01")

    total = sign * MAX
    assert figures(shop, 1) == (0, total, max(0, total), min(0, total))


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("policy", [POLICY, evolve(POLICY, review=Review.REVIEWED)])
def test_a_statement_of_a_unit_more_is_refused(sign: int, policy: SettlementPolicy) -> None:
    assert refused(owed(a_shop(policy), sign * MAX, sign)) == "total_too_large"


def test_what_takes_back_helps() -> None:
    shop = owed(a_shop(), MAX, 1, -1)

    assert refused(shop) == ""


def test_what_is_too_much_together_is_not_for_each() -> None:
    shop = owed(owed(a_shop(), MAX), MAX, payee=BEN)

    close(shop, "2026-01")

    assert payees(shop, 1) == ["ann", "ben"]


@pytest.mark.parametrize(
    ("carried_minor", "payable_minor", "amount_minor", "code"),
    [
        (-MAX, 0, -1, "total_too_large"),
        (-MAX, 0, 1, ""),
        (MAX, 0, 1, "total_too_large"),
        (1, 0, MAX, "total_too_large"),
        (-1, 0, MAX, ""),
        (0, MAX, 1, "total_too_large"),
        (0, 1, MAX, "total_too_large"),
        (0, MAX, -1, ""),
        (-1, MAX, 1, ""),
        (MAX, 1, -1, ""),
        (MAX, 2, -1, "total_too_large"),
        (1, MAX - 2, 1, ""),
    ],
)
def test_what_was_carried_and_what_is_payable_count(
    carried_minor: int, payable_minor: int, amount_minor: int, code: str
) -> None:
    shop = owed(has(a_shop(), carried_minor, payable_minor), amount_minor)

    assert refused(shop) == code


def test_what_is_due_without_a_line_counts() -> None:
    """A hold is lifted, and all that was carried becomes payable."""
    assert refused(has(a_shop(), MAX, 1)) == "total_too_large"
    assert refused(has(a_shop(), MAX, 0)) == ""


def test_what_comes_later_does_not_count_yet() -> None:
    shop = owed(owed(a_shop(), MAX), 1, day="2026-02-01")

    assert refused(shop) == ""


def test_another_currency_does_not_count() -> None:
    shop = owed(a_shop(currencies=("CNY", "USD")), MAX)
    shop.do(engine.set_settlement, evolve(POLICY, currency=USD))
    owed(shop, MAX, 1, currency=USD, day="2026-01-06")

    assert refused(shop) == ""
    assert shop.refused(engine.close_period, USD, "2026-01", at=on("2026-12-01")) == "total_too_large"


def test_no_payout_is_larger_than_an_amount() -> None:
    shop = has(a_shop(), 0, MAX)

    with pytest.raises(InputError, match=r"^amount_minor: out of range: "):
        shop.do(engine.request_payout, "p1", ANN, CNY, limits.AMOUNT_MINOR_MAX + 1, at=on("2026-02-05"))
