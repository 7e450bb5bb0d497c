"""What the auditors of money add up, held against what a store holds."""

from collections import Counter

from distcore.ports import Transaction
from distcore.settlement import Due
from distcore.testing.auditor_money import Closed, MoneyAuditor
from distcore.testing.auditor_payouts import PayoutAuditor


def assert_balances(tx: Transaction, money: MoneyAuditor) -> None:
    """Every account holds what the auditor adds up, and so do the balances that decisions are made by."""
    found = {(each.account, each.payee, each.currency): each.minor for each in tx.transfers.balances()}
    expected = money.balances()
    assert found == expected
    totals: Counter[str] = Counter()
    for (_, _, currency), minor in found.items():
        totals[currency] += minor
    assert not any(totals.values()), "the accounts do not add up to zero"
    for each in tx.balances.all():
        whose = (each.payee, each.currency)
        assert each.carried_minor == expected.pop(("carried", *whose), 0)
        assert each.payable_minor == expected.pop(("payable", *whose), 0)
    assert not [key for key in expected if key[0] in {"carried", "payable"}]
    dues = [
        (_origin(each), each.payee, each.currency, each.amount_minor, each.released_at)
        for each in tx.dues.all()
    ]
    assert sorted(dues) == sorted(map(tuple, money.dues()))


def assert_closings(tx: Transaction, money: MoneyAuditor) -> None:
    """Every closing has the period, the lines, the statements and the assessments that it must have."""
    assert tx.closings.count() == len(money.closings)
    for closing, expected in zip(tx.closings.all(), money.closings, strict=True):
        assert (closing.currency, closing.state.value) == (expected.currency, expected.state)
        assert (closing.period.label, closing.period.start, closing.period.end) == expected.span
        assert closing.policy_version == expected.policy.policy_version
        _assert_statements(tx, closing.number, expected)


def _assert_statements(tx: Transaction, number: int, expected: Closed) -> None:
    statements = {
        each.payee: (
            each.opening_minor,
            each.lines_minor,
            each.line_count,
            each.gross_minor,
            each.held,
        )
        for each in tx.closings.statements(number)
    }
    assert statements == expected.statements
    assessed = tx.assessments.of(number, list(statements))
    assert {
        payee: (each.month, each.gross_minor, each.withheld_minor) for payee, each in assessed.items()
    } == expected.assessments
    lines = [
        (_origin(line.due), payee, line.due.amount_minor)
        for payee in statements
        for line in tx.closings.lines(number, payee)
    ]
    assert sorted(lines) == sorted((each.origin, each.payee, each.minor) for each in expected.lines)


def assert_payouts(tx: Transaction, payouts: PayoutAuditor) -> None:
    """Every payout and every account of a payee is as it must be."""
    found = {}
    for record in tx.payouts.all():
        each = record.payout
        whose = (each.payee, each.currency, each.amount_minor)
        found[each.id] = (*whose, each.account, each.channel, record.state.value)
    assert found == {
        id: (x.payee, x.currency, x.minor, x.account, x.channel, x.state)
        for id, x in payouts.money.payouts.items()
    }
    accounts = [(x.payee, x.number, x.channel, x.verified_at is not None) for x in tx.accounts.all()]
    assert accounts == [
        (payee, number, each.channel, each.verified)
        for payee in sorted(payouts.accounts)
        for number, each in enumerate(payouts.accounts[payee], 1)
    ]


def _origin(due: Due) -> tuple[str, str, int]:
    return due.origin.kind.value, due.origin.ref, due.origin.number
